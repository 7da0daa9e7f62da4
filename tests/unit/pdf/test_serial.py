from __future__ import annotations

import random
import secrets
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterai.domain import serial
from meterai.domain.errors import SerialMistyped

bodies = st.text(alphabet=serial.ALPHABET, min_size=20, max_size=20)


def whole(body: str) -> str:
    """A serial with this body, by the definition in the standard: the weighted sum of all characters is 1 modulo
    1271."""
    for first in serial.ALPHABET:
        for second in serial.ALPHABET:
            text = body + first + second
            total = sum(serial.ALPHABET.index(one) * pow(36, 21 - place, 1271) for place, one in enumerate(text))
            if total % 1271 == 1:
                return text
    raise AssertionError("every body has check characters")


def test_minted_serials_have_the_field_form_and_pass_the_check() -> None:
    for _ in range(200):
        number = serial.mint(secrets.token_bytes)
        assert len(number) == 22
        assert set(number) <= set(serial.ALPHABET)
        assert serial.check(number) == number


@given(bodies)
def test_check_characters_are_those_of_iso_7064_mod_1271_36(body: str) -> None:
    assert serial.is_own(whole(body))


@given(bodies, st.integers(0, 21), st.sampled_from(serial.ALPHABET))
def test_every_single_substitution_is_caught(body: str, place: int, other: str) -> None:
    number = whole(body)
    changed = number[:place] + other + number[place + 1 :]
    assert serial.is_own(changed) == (changed == number)


@given(bodies, st.integers(0, 20))
def test_every_adjacent_transposition_is_caught(body: str, place: int) -> None:
    number = whole(body)
    changed = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
    assert serial.is_own(changed) == (changed == number)


def test_what_people_type_is_normalised() -> None:
    number = serial.mint(random.Random(1).randbytes)
    typed = f" {number[:11].lower()} {number[11:16]}-{number[16:]}\n"
    assert serial.check(typed) == number


@pytest.mark.parametrize("text", ["", "0" * 22, "A" * 21, "A" * 23, "É" * 22, "ı" * 22, "0" * 10_000])
def test_what_is_no_serial_is_refused(text: str) -> None:
    with pytest.raises(SerialMistyped):
        serial.check(text)


def test_bytes_that_would_favour_a_character_are_thrown_away() -> None:
    source = iter([bytes(range(230, 252)), bytes(range(235, 256)) + b"\x00", bytes(range(22))])
    number = serial.mint(lambda n: next(source))
    assert number.startswith("".join(serial.ALPHABET[byte % 36] for byte in range(230, 247)))
    assert number[17:20] == "".join(serial.ALPHABET[byte % 36] for byte in (247, 248, 249))


def test_every_character_is_equally_likely() -> None:
    seeded = random.Random(7)
    counts = Counter("".join(serial.mint(seeded.randbytes)[:20] for _ in range(3600)))
    assert all(abs(counts[one] - 2000) < 250 for one in serial.ALPHABET)
