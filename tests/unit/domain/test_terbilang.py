"""Numbers in Indonesian words, and back again by a reader of its own."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterai.domain.money import MOST_PIECES, price
from meterai.domain.terbilang import MOST, in_words

KNOWN = {
    0: "nol",
    1: "satu",
    10: "sepuluh",
    11: "sebelas",
    12: "dua belas",
    19: "sembilan belas",
    20: "dua puluh",
    21: "dua puluh satu",
    99: "sembilan puluh sembilan",
    100: "seratus",
    101: "seratus satu",
    111: "seratus sebelas",
    200: "dua ratus",
    999: "sembilan ratus sembilan puluh sembilan",
    1_000: "seribu",
    1_001: "seribu satu",
    1_100: "seribu seratus",
    2_000: "dua ribu",
    10_000: "sepuluh ribu",
    11_000: "sebelas ribu",
    12_500: "dua belas ribu lima ratus",
    37_500: "tiga puluh tujuh ribu lima ratus",
    100_000: "seratus ribu",
    101_000: "seratus satu ribu",
    1_000_000: "satu juta",
    1_001_000: "satu juta seribu",
    12_487_500: "dua belas juta empat ratus delapan puluh tujuh ribu lima ratus",
    1_000_000_000: "satu miliar",
    2_000_000_000_000: "dua triliun",
}
UNITS = {
    "nol": 0,
    "satu": 1,
    "dua": 2,
    "tiga": 3,
    "empat": 4,
    "lima": 5,
    "enam": 6,
    "tujuh": 7,
    "delapan": 8,
    "sembilan": 9,
}
SIZES = {"ribu": 10**3, "juta": 10**6, "miliar": 10**9, "triliun": 10**12}


def read(text: str) -> int:
    """The number that a person hears."""
    total = below = digit = 0
    for word in text.split():
        if word in UNITS:
            digit = UNITS[word]
        elif word in ("sepuluh", "sebelas"):
            below += {"sepuluh": 10, "sebelas": 11}[word]
        elif word == "belas":
            below, digit = below + 10 + digit, 0
        elif word == "puluh":
            below, digit = below + 10 * digit, 0
        elif word == "seratus":
            below += 100
        elif word == "ratus":
            below, digit = below + 100 * digit, 0
        elif word == "seribu":
            total += 1000
        else:
            total, below, digit = total + SIZES[word] * (below + digit), 0, 0
    return total + below + digit


@pytest.mark.parametrize(("number", "words"), KNOWN.items(), ids=[str(number) for number in KNOWN])
def test_what_people_say(number: int, words: str) -> None:
    assert in_words(number) == words
    assert read(words) == number


@given(st.integers(0, MOST))
def test_whoever_hears_it_hears_the_number(number: int) -> None:
    assert read(in_words(number)) == number
    assert not {"satu puluh", "satu ratus", "satu belas"} & {in_words(number)}


def test_every_total_of_an_invoice_has_words_of_its_own() -> None:
    totals = [price(quantity).total_idr for quantity in range(1, MOST_PIECES + 1)]
    assert len({in_words(total) for total in totals}) == len(totals)


@pytest.mark.parametrize("number", [-1, MOST + 1])
def test_what_has_no_words_here_is_refused(number: int) -> None:
    with pytest.raises(ValueError, match="have words"):
        in_words(number)
