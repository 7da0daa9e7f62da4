"""The QR of a stamp: alphanumeric mode, level L, versions 2 to 4, one fixed mask (ISO/IEC 18004).

segno makes one symbol of each version. Another address changes the modules that carry its message and no others, so only
the message is worked out anew for each stamp: a tenth of the time of a whole symbol."""

from __future__ import annotations

from functools import cache
from itertools import compress

import segno

from meterai.domain.placement import modules

_MASK = 4
_VALUES = {character: value for value, character in enumerate("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:")}
_CODEWORDS = {25: (34, 10), 29: (55, 15), 33: (80, 20)}
"""By modules a side: codewords of data and of error correction, all in one block (table 9)."""
_ALPHANUMERIC, _COUNT_BITS = 0b0010, 9
_PADS = (0xEC, 0x11)
_FIELD = 0x11D


def matrix(address: str) -> list[bytes]:
    """The symbol of an upper-case address, a row of 0 (white) and 1 (black) for each line from the top. Raises ValueError
    beyond 114 characters, KeyError for a character that is not in the alphanumeric mode."""
    side = modules(address)
    blank, places = _blank(side)
    drawn = bytearray(blank)
    for place in compress(places, _message(address, side)):
        drawn[place] ^= 1
    return [bytes(drawn[start : start + side]) for start in range(0, side * side, side)]


@cache
def _blank(side: int) -> tuple[bytes, tuple[int, ...]]:
    """The symbol whose message is all zeros, and the places of the message's bits in it, in their order (7.7.3): in columns
    two modules wide from the right, upwards and downwards in turn, past the timing pattern."""
    version = (side - 17) // 4
    symbol = segno.make_qr("0", version=version, error="l", mode="alphanumeric", mask=_MASK, boost_error=False)
    places = tuple(
        row * side + column
        for turn, right in enumerate((*range(side - 1, 6, -2), 5, 3, 1))
        for row in (range(side) if turn % 2 else reversed(range(side)))
        for column in (right, right - 1)
        if not _patterned(row, column, side)
    )
    drawn = bytearray(b"".join(map(bytes, symbol.matrix)))
    for place in compress(places, _message("0", side)):
        drawn[place] ^= 1
    return bytes(drawn), places


def _patterned(row: int, column: int, side: int) -> bool:
    """Whether a module is part of a pattern or of the format: three corners, timing, and the one alignment pattern of these
    versions (6.3, 7.9)."""
    far, centre = side - 8, side - 7
    return (
        (row < 9 and (column < 9 or column >= far))
        or (row >= far and column < 9)
        or 6 in (row, column)
        or (abs(row - centre) <= 2 and abs(column - centre) <= 2)
    )


def _message(address: str, side: int) -> list[int]:
    """The bits of the codewords: mode, count, characters in pairs, padding (7.4), then error correction (7.5)."""
    words, checks = _CODEWORDS[side]
    bits, size = _ALPHANUMERIC << _COUNT_BITS | len(address), 4 + _COUNT_BITS
    values = [_VALUES[character] for character in address]
    for first, second in zip(values[::2], values[1::2], strict=False):
        bits, size = bits << 11 | 45 * first + second, size + 11
    if len(values) % 2:
        bits, size = bits << 6 | values[-1], size + 6
    data = bytearray((bits << (8 * words - size)).to_bytes(words, "big"))
    for turn, word in enumerate(range((size + 4 + 7) // 8, words)):  # four zeros end the characters
        data[word] = _PADS[turn % 2]
    corrections, top, rest, room = _corrections(checks), 8 * (checks - 1), 0, (1 << 8 * checks) - 1
    for codeword in data:
        rest = rest << 8 & room ^ corrections[rest >> top ^ codeword]
    message = int.from_bytes(data, "big") << 8 * checks | rest
    return [bit & 1 for bit in f"{message:0{8 * (words + checks)}b}".encode()]


@cache
def _corrections(checks: int) -> tuple[int, ...]:
    """What each leading codeword leaves when it is divided by the generator of so many check words (annex A), as one
    number."""
    generator = [1]
    for power in range(checks):
        generator = [
            above ^ _times(below, power) for above, below in zip([*generator, 0], [0, *generator], strict=True)
        ]
    made = [0] * 256
    for word in range(1, 256):
        low = word & -word
        made[word] = made[word ^ low] ^ int.from_bytes(_times(one, low.bit_length() - 1) for one in generator[1:])
    return tuple(made)


def _times(word: int, power: int) -> int:
    """`word` times 2 to this power, in the field of the codewords."""
    for _ in range(power):
        word = word << 1 ^ (_FIELD if word & 0x80 else 0)
    return word
