"""The QR that a stamp carries is the one that segno makes."""

from __future__ import annotations

import random
import string

import pytest
import segno
import zxingcpp
from PIL import Image, ImageOps

from meterai.domain.placement import modules
from meterai.pdf import qr

ALPHANUMERIC = string.digits + string.ascii_uppercase + " $%*+-./:"


LENGTHS = range(1, 115)
SEGNO_PADS_ONE_WORD_TOO_MANY = {length for length in LENGTHS if (17 + 11 * (length // 2) + 6 * (length % 2)) % 8 == 0}
"""Where the terminator ends at a codeword's end, segno adds a codeword of zeros; ISO/IEC 18004, 7.4.10, adds none."""


def address_of(length: int) -> str:
    return "".join(random.Random(length).choices(ALPHANUMERIC, k=length))


@pytest.mark.parametrize("length", sorted({*LENGTHS} - SEGNO_PADS_ONE_WORD_TOO_MANY))
def test_an_address_gives_the_symbol_that_segno_gives(length: int) -> None:
    address = address_of(length)
    version = (modules(address) - 17) // 4
    expected = segno.make_qr(address, version=version, error="l", mode="alphanumeric", mask=4, boost_error=False).matrix
    assert qr.matrix(address) == [bytes(row) for row in expected]


def test_every_length_of_address_is_read_back() -> None:
    for length in LENGTHS:
        rows = qr.matrix(address_of(length))
        black = bytes.maketrans(b"\0\1", b"\xff\0")
        symbol = Image.frombytes("L", (len(rows), len(rows)), b"".join(rows).translate(black))
        image = ImageOps.expand(symbol.resize((4 * len(rows), 4 * len(rows)), Image.Resampling.NEAREST), 16, 255)
        (found,) = zxingcpp.read_barcodes(image)
        assert found.text == address_of(length)


def test_addresses_that_differ_in_one_character_give_symbols_that_differ_as_segnos_do() -> None:
    before = "HTTPS://EMET.CONTOH.ID/V/" + "0" * 22
    for character in ALPHANUMERIC:
        address = before[:-1] + character
        expected = segno.make_qr(address, error="l", mode="alphanumeric", mask=4, boost_error=False).matrix
        assert qr.matrix(address) == [bytes(row) for row in expected]


def test_an_address_that_is_too_long_is_refused() -> None:
    with pytest.raises(ValueError, match="114"):
        qr.matrix("H" * 115)
