"""The serial number (nomor seri) of a stamp: `^[0-9A-Z]{22}$`.

Own serials are 20 characters from a CSPRNG and 2 check characters (ISO/IEC 7064, MOD 1271-36): no counter, nothing to
enumerate; every single substitution and every adjacent transposition is caught before the register is asked.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from meterai.domain.errors import SerialMistyped

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_LENGTH = 22
_MODULUS, _RADIX = 1271, 36
_FORM = re.compile(r"[0-9A-Z]{22}", re.ASCII)
_FAIR = 256 - 256 % len(ALPHABET)


def mint(random: Callable[[int], bytes]) -> str:
    """A new serial from a source of n random bytes (`secrets.token_bytes`). Bytes that would favour a character are
    thrown away, so that each of the 36^20 serials is equally likely."""
    body = ""
    while len(body) < _LENGTH - 2:
        body += "".join(ALPHABET[byte % 36] for byte in random(_LENGTH) if byte < _FAIR)
    body = body[: _LENGTH - 2]
    return body + _check_characters(body)


def check(text: str) -> str:
    """The serial that a person typed, in its one form: case, spaces and dashes do not matter.

    Raises SerialMistyped when it is not 22 characters of 0-9A-Z or its check characters do not fit: those of our own serials
    do, an upstream issuer's need not."""
    serial = spelled(text)
    if not is_own(serial):
        raise SerialMistyped("the serial number does not agree with its check characters")
    return serial


def spelled(text: str) -> str:
    """The serial that a person typed, whoever gave it out. Raises SerialMistyped when it is not 22 characters of 0-9A-Z."""
    serial = re.sub(r"[\s\-]", "", text).upper() if len(text) <= 100 and text.isascii() else ""
    if not _FORM.fullmatch(serial):
        raise SerialMistyped("a serial number has 22 letters and digits")
    return serial


def is_own(serial: str) -> bool:
    """Whether these 22 characters fit each other as those of our own serials do (upstream ones need not)."""
    return _FORM.fullmatch(serial) is not None and _check_characters(serial[:-2]) == serial[-2:]


def _check_characters(body: str) -> str:
    """ISO/IEC 7064, pure recursive computation with two check characters: the whole, check included, is 1 modulo
    1271."""
    remainder = 0
    for character in body:
        remainder = (remainder + ALPHABET.index(character)) * _RADIX % _MODULUS
    remainder = remainder * _RADIX % _MODULUS
    check = (_MODULUS + 1 - remainder) % _MODULUS
    return ALPHABET[check // _RADIX] + ALPHABET[check % _RADIX]
