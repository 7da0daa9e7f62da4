"""What a stamp looks like: one square label in vectors, read at arm's length, whose QR is read from paper.

The marks are those of PMK 134/2021 article 16: METERAI ELEKTRONIK, the tariff in figures and words, the serial
number, the QR; and an ornament of our own. It does not draw the state's emblem. Outside production SPESIMEN crosses
the whole stamp."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

import segno

from meterai.domain.placement import QR_SHARE, modules

SIDE = 100.0
"""The appearance is drawn in a square of this many units, which the annotation's rectangle scales."""
FONTS = {"/F1": "/Helvetica-Bold", "/F2": "/Courier-Bold"}
OPACITIES = {"/G1": 0.18, "/G2": 0.5}
"""Named graphics states and their fill opacity: over the QR never more than 0.2, or it is not read."""

_INK = (0.07, 0.20, 0.34)
_ACCENT = (0.66, 0.10, 0.19)
_TINT = (0.72, 0.80, 0.86)
_PAPER = (1.0, 1.0, 1.0)
_QUIET = 2
_MASK = 4
_BAND = 8.6
_FRAME = 1.5
_WIDTHS = dict(
    zip(
        "ABEHIKLMNOPRSTU ",
        (722, 722, 667, 722, 278, 722, 611, 833, 722, 778, 667, 722, 667, 611, 722, 278),
        strict=True,
    )
) | dict.fromkeys("0123456789", 556)
"""Helvetica-Bold, thousandths of the size (Adobe Font Metrics)."""
_SERIAL = re.compile(r"[0-9A-Z]{22}", re.ASCII)
_ADDRESS = re.compile(r"[0-9A-Z $%*+\-./:]{1,114}", re.ASCII)


def draw(serial: str, verify_url: str, *, specimen: bool) -> bytes:
    """The content stream of the stamp, in a square of SIDE units, upright. `verify_url` goes into the QR as it
    stands: upper case, at most 114 characters of the alphanumeric mode. Raises ValueError for a serial or an address
    of another form."""
    if not _SERIAL.fullmatch(serial) or not _ADDRESS.fullmatch(verify_url):
        raise ValueError("not a serial number, or not an address that the QR can carry")
    code = 100 * QR_SHARE * (modules(verify_url) + 2 * _QUIET) / modules(verify_url)
    left, bottom = SIDE - _FRAME - code, _FRAME + _BAND
    bottom += (SIDE - _FRAME - _BAND - bottom - code) / 2
    parts = [
        *_label(left),
        *_ornament(left),
        *_words(serial, left),
        *_qr(verify_url, left, bottom, code),
    ]
    if specimen:
        parts += _specimen((left, bottom, code))
    return "\n".join(["q", *parts, "Q"]).encode("ascii")


def _label(left: float) -> Iterator[str]:
    """The sheet, its perforated edge, and the two bands."""
    yield f"{_fill(_INK)} {_box(0, 0, SIDE, SIDE)} f"
    yield f"{_fill(_PAPER)} {_box(_FRAME, _FRAME + _BAND, SIDE - 2 * _FRAME, SIDE - 2 * (_FRAME + _BAND))} f"
    yield f"{_fill(_ACCENT)} {_box(0, _FRAME + _BAND - 0.5, left, 0.5)} {_box(0, SIDE - _FRAME - _BAND, left, 0.5)} f"
    steps = 25
    dots = [SIDE * (step + 0.5) / steps for step in range(steps)]
    edge = [
        *((at, 0.0) for at in dots),
        *((at, SIDE) for at in dots),
        *((0.0, at) for at in dots),
        *((SIDE, at) for at in dots),
    ]
    yield _fill(_PAPER) + " " + " ".join(_disc(x, y, 0.85) for x, y in edge) + " f"


def _ornament(left: float) -> Iterator[str]:
    """A guilloche down the left strip: waves of two families, drawn as curves, clipped to the strip."""
    low, high = _FRAME + _BAND, SIDE - _FRAME - _BAND
    yield f"q {_box(_FRAME, low, left - _FRAME, high - low)} W n {_stroke(_TINT)} 0.22 w"
    middle, reach, steps = (_FRAME + left) / 2, (left - _FRAME) / 2, 56
    for family in range(9):
        phase = 2 * math.pi * family / 9
        for turns in (2, 3):
            points = []
            for step in range(steps + 1):
                along = step / steps
                swing = math.sin(2 * math.pi * turns * along + phase) * math.cos(math.pi * turns * along) * 0.95
                points.append((middle + reach * swing, low + (high - low) * along))
            yield _line(points)
    yield "Q"


def _words(serial: str, left: float) -> Iterator[str]:
    top = SIDE - _FRAME - _BAND
    yield _centred("METERAI ELEKTRONIK", SIDE / 2, top + 2.0, 6.6, _PAPER)
    size = 7.0
    start = (SIDE - len(serial) * 0.6 * size) / 2
    yield f"BT /F2 {_n(size)} Tf {_fill(_PAPER)} 1 0 0 1 {_n(start)} {_n(_FRAME + 2.3)} Tm ({serial}) Tj ET"
    middle = SIDE / 2
    yield _centred("10000", left - 6.4, middle, 12.2, _ACCENT, upward=True, spread=2)
    yield _centred("SEPULUH RIBU RUPIAH", left - 1.3, middle, 4.9, _INK, upward=True, spread=0.9)


def _qr(verify_url: str, left: float, bottom: float, code: float) -> Iterator[str]:
    """The symbol in black on its own white square: runs of modules as rectangles, a hair wider than high gaps would
    show."""
    symbol = segno.make_qr(verify_url, error="l", mode="alphanumeric", mask=_MASK, boost_error=False)
    matrix = tuple(symbol.matrix)
    step = code / (len(matrix) + 2 * _QUIET)
    yield f"{_fill(_PAPER)} {_box(left, bottom, code, code)} f"
    runs = []
    for row, line in enumerate(matrix):
        y = bottom + code - (row + 1 + _QUIET) * step
        column = 0
        while column < len(line):
            end = column
            while end < len(line) and line[end]:
                end += 1
            if end > column:
                runs.append(_box(left + (column + _QUIET) * step, y, (end - column) * step, step))
            column = end + 1
    yield "0 g " + " ".join(runs) + " f"


def _specimen(code: tuple[float, float, float]) -> Iterator[str]:
    """SPESIMEN from corner to corner: faint over the QR's square, plain everywhere else."""
    left, bottom, side = code
    size = 23.5
    half = _width("SPESIMEN", size) / 2
    turn = math.sqrt(0.5)
    x, y = SIDE / 2 - half * turn + 0.36 * size * turn, SIDE / 2 - half * turn - 0.36 * size * turn
    text = f"BT /F1 {_n(size)} Tf {_n(turn)} {_n(turn)} {_n(-turn)} {_n(turn)} {_n(x)} {_n(y)} Tm (SPESIMEN) Tj ET"
    inner, outer = _box(left, bottom, side, side), _box(0, 0, SIDE, SIDE)
    yield f"q {inner} W n /G1 gs {_fill(_ACCENT)} {text} Q"
    yield f"q {outer} {inner} W* n /G2 gs {_fill((0.85, 0.16, 0.22))} {text} Q"


def _centred(
    text: str,
    x: float,
    y: float,
    size: float,
    colour: tuple[float, float, float],
    *,
    upward: bool = False,
    spread: float = 0,
) -> str:
    """Text centred on x, or upward (read from the right) centred on y with its baseline at x; `spread` between
    letters."""
    half = (_width(text, size) + spread * (len(text) - 1)) / 2
    place = f"0 1 -1 0 {_n(x)} {_n(y - half)}" if upward else f"1 0 0 1 {_n(x - half)} {_n(y)}"
    return f"BT /F1 {_n(size)} Tf {_n(spread)} Tc {_fill(colour)} {place} Tm ({text}) Tj 0 Tc ET"


def _width(text: str, size: float) -> float:
    return sum(_WIDTHS[character] for character in text) * size / 1000


def _disc(x: float, y: float, radius: float) -> str:
    bend = radius * 0.5523
    return (
        f"{_n(x + radius)} {_n(y)} m "
        f"{_n(x + radius)} {_n(y + bend)} {_n(x + bend)} {_n(y + radius)} {_n(x)} {_n(y + radius)} c "
        f"{_n(x - bend)} {_n(y + radius)} {_n(x - radius)} {_n(y + bend)} {_n(x - radius)} {_n(y)} c "
        f"{_n(x - radius)} {_n(y - bend)} {_n(x - bend)} {_n(y - radius)} {_n(x)} {_n(y - radius)} c "
        f"{_n(x + bend)} {_n(y - radius)} {_n(x + radius)} {_n(y - bend)} {_n(x + radius)} {_n(y)} c h"
    )


def _line(points: list[tuple[float, float]]) -> str:
    return " ".join(f"{_n(x)} {_n(y)} {'l' if index else 'm'}" for index, (x, y) in enumerate(points)) + " S"


def _box(x: float, y: float, width: float, height: float) -> str:
    return f"{_n(x)} {_n(y)} {_n(width)} {_n(height)} re"


def _fill(colour: tuple[float, float, float]) -> str:
    return " ".join(_n(value) for value in colour) + " rg"


def _stroke(colour: tuple[float, float, float]) -> str:
    return " ".join(_n(value) for value in colour) + " RG"


def _n(value: float) -> str:
    return f"{value:.3f}".rstrip("0").rstrip(".")
