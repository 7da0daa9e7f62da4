"""Terbilang: a number in Indonesian words, as receipts have it beside the figures so that nobody changes one of them alone."""

from __future__ import annotations

_UNITS = ("nol", "satu", "dua", "tiga", "empat", "lima", "enam", "tujuh", "delapan", "sembilan", "sepuluh", "sebelas")
_GROUPS = ((10**12, "triliun"), (10**9, "miliar"), (10**6, "juta"), (10**3, "ribu"))
MOST = 10**15 - 1


def in_words(number: int) -> str:
    """37500 -> "tiga puluh tujuh ribu lima ratus", for 0 to MOST. Raises ValueError for any other."""
    if not 0 <= number <= MOST:
        raise ValueError(f"0 to {MOST} have words here")
    return " ".join(_words(number)) or _UNITS[0]


def _words(number: int) -> list[str]:
    """The words of a number, none for nothing. One thousand and one hundred are `seribu` and `seratus`; one million is not."""
    if number == 0:
        return []
    if number < 12:
        return [_UNITS[number]]
    if number < 20:
        return [_UNITS[number - 10], "belas"]
    if number < 100:
        return [_UNITS[number // 10], "puluh", *_words(number % 10)]
    if number < 200:
        return ["seratus", *_words(number - 100)]
    if number < 1000:
        return [_UNITS[number // 100], "ratus", *_words(number % 100)]
    if number < 2000:
        return ["seribu", *_words(number - 1000)]
    size, name = next(group for group in _GROUPS if number >= group[0])
    return [*_words(number // size), name, *_words(number % size)]
