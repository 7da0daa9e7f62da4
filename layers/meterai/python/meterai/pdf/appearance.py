"""What a stamp looks like: one square label in vectors, read at arm's length, whose QR is read from paper.

The marks are those of PMK 134/2021 article 16 without the state's emblem: METERAI ELEKTRONIK, the tariff in figures and
words, the serial number; and the QR, and an ornament of our own. Outside production SPESIMEN crosses the whole stamp.
docs/stamp.md shows it and says why it is as it is."""

from __future__ import annotations

import math
import re
import zlib
from collections.abc import Iterator
from functools import cache

from meterai.domain.placement import QR_SHARE, modules
from meterai.pdf import letters, qr
from meterai.pdf.ornament import Colour, box, fill, guilloche, kawung, n, stroke
from meterai.pdf.placement import upright

SIDE = 100.0
"""The appearance is drawn in a square of this many units, which the annotation's rectangle scales."""
OPACITIES = {"/G1": 0.19, "/G2": 0.55, "/G3": 0.3}
"""Named graphics states and their fill opacity: of SPESIMEN over the QR, where more than 0.2 is not read from paper, over
the strip beside it, and over the band."""

_WINE: Colour = (0.47, 0.05, 0.2)
_WINE_LINE: Colour = (0.6, 0.17, 0.32)
_ROSE: Colour = (0.97, 0.9, 0.92)
_INK: Colour = (0.1, 0.07, 0.12)
_WARNING: Colour = (0.86, 0.07, 0.12)
_PAPER: Colour = (1, 1, 1)
_QUIET = 2
_EDGE = 2.5
_CODE = 100 * QR_SHARE * 29 / 25
"""The QR with its quiet zone, at its widest (version 2)."""
_INNER = SIDE - 2 * _EDGE
_STRIP = _INNER - _CODE
"""What is left beside and above the QR."""
_CELLS = 10
_SERIAL = re.compile(r"[0-9A-Z]{22}", re.ASCII)
_BLACK = re.compile(b"\x01+")
_ADDRESS = re.compile(r"[0-9A-Z $%*+\-./:]{1,114}", re.ASCII)


def objects(serial: str, verify_url: str, *, specimen: bool, rotation: int, first: int) -> list[bytes]:
    """The stamp as PDF objects, encoded, for consecutive object numbers from `first` on: letters, label, and last the
    form XObject that a widget shows, upright on a page of this rotation.

    `verify_url` goes into the QR as it stands: upper case, at most 114 characters of the alphanumeric mode. Raises
    ValueError for a serial or an address of another form."""
    program, descriptor, words, figures, label = range(first, first + 5)
    shared = f"/Font << {letters.WORDS} {words} 0 R"
    resources = (
        f"{shared} {letters.SERIAL} {figures} 0 R >> /XObject << /L {label} 0 R >> /ExtGState << "
        + " ".join(f"{name} << /ca {n(share)} >>" for name, share in OPACITIES.items())
        + " >>"
    )
    drawing = zlib.compress(draw(serial, verify_url, specimen=specimen))
    return [
        letters.program(),
        letters.descriptor() % program,
        letters.font(letters.WORDS) % descriptor,
        letters.font(letters.SERIAL) % descriptor,
        form(_label(), shared + " >>"),
        form(drawing, resources, upright(rotation, SIDE)),
    ]


def draw(serial: str, verify_url: str, *, specimen: bool) -> bytes:
    """The content stream of the stamp, in a square of SIDE units, upright: the label, which is the same on every stamp,
    and what is this one's own. Raises ValueError as `add` does."""
    if not _SERIAL.fullmatch(serial) or not _ADDRESS.fullmatch(verify_url):
        raise ValueError("not a serial number, or not an address that the QR can carry")
    parts = ["q /L Do Q", _number(serial), *_qr(verify_url), *(_crossed() if specimen else ())]
    return "\n".join(parts).encode("ascii")


def qr_square(verify_url: str) -> tuple[float, float, float]:
    """Left, bottom and side of the QR symbol, quiet zone left out, in the square of SIDE units."""
    left, bottom, module = _symbol(modules(verify_url))
    return left, bottom, module * modules(verify_url)


def form(content: bytes, resources: str, matrix: tuple[float, ...] = (1, 0, 0, 1, 0, 0)) -> bytes:
    """A form XObject in that square, of compressed content."""
    head = (
        f"<< /Type /XObject /Subtype /Form /BBox [0 0 {n(SIDE)} {n(SIDE)}] /Matrix [{' '.join(map(n, matrix))}] "
        f"/Resources << {resources} >> /Filter /FlateDecode /Length {len(content)} >>"
    )
    return b"%s\nstream\n%s\nendstream" % (head.encode("ascii"), content)


@cache
def _label() -> bytes:
    """What every stamp has in common, compressed: edge, band, ornament, words."""
    band = SIDE - _EDGE - _STRIP
    parts = [
        f"{fill(_WINE)} {box(0, 0, SIDE, SIDE)} f",
        f"{fill(_PAPER)} {box(_EDGE, _EDGE, _INNER, _CODE)} f",
        f"{stroke(_WINE_LINE)} 0.15 w",
        *guilloche(_EDGE, band + 0.6, _INNER, _STRIP - 0.6, periods=6, waves=14),
        *kawung(_EDGE, _EDGE, _CODE / _CELLS, _CELLS, line=_WINE, petal=_ROSE),
        # The perforation: dashes too short to see, with round ends.
        f"q {stroke(_PAPER)} 2.3 w 1 J [0.01 3.99] 0 d 0 0 m {n(SIDE)} 0 l {n(SIDE)} {n(SIDE)} l 0 {n(SIDE)} l h S Q",
        *_words(band),
    ]
    return zlib.compress("\n".join(parts).encode("ascii"), 9)


def _words(band: float) -> Iterator[str]:
    pad = 2.6
    high = _STRIP - 2 * pad + 1.2
    low = band + (_STRIP - high) / 2 + 0.4
    figures = high / letters.cap_height(1)
    start = _EDGE + pad
    yield _text("10000", start, low, figures, _PAPER)
    rule = start + letters.width("10000", figures) + 2.2
    yield f"{fill(_PAPER)} {box(rule, low, 0.35, high)} f"
    left = rule + 2.5
    room = SIDE - _EDGE - pad - left
    title, words = 7.35, 5.0
    yield _text("METERAI ELEKTRONIK", left, low + high - letters.cap_height(title), title, _PAPER, room=room)
    yield _text("SEPULUH RIBU RUPIAH", left, low, words, _PAPER, room=room)


def _number(serial: str) -> str:
    size = 6.9
    strip = _EDGE + _CODE / _CELLS
    baseline = (strip + SIDE - _EDGE - _CODE + letters.cap_height(size)) / 2 + 0.7
    return _text(serial, baseline, _EDGE + 1.5, size, _INK, room=_CODE - 3, font=letters.SERIAL, upward=True)


def _text(
    text: str,
    x: float,
    y: float,
    size: float,
    colour: Colour,
    *,
    room: float = 0,
    font: str = letters.WORDS,
    upward: bool = False,
) -> str:
    """Text from (x, y) on, to the right or upward; with `room` spaced to fill exactly that, narrowed if it must."""
    spread, scale = 0.0, 100.0
    if room:
        least = 0.02 * size
        scale = min(100.0, 100 * room / letters.width(text, size, least))
        spread = (room * 100 / scale - letters.width(text, size)) / (len(text) - 1)
    turn = "0 1 -1 0" if upward else "1 0 0 1"
    return f"BT {font} {n(size)} Tf {spread:.3f} Tc {n(scale)} Tz {fill(colour)} {turn} {n(x)} {n(y)} Tm ({text}) Tj ET"


def _symbol(count: int) -> tuple[float, float, float]:
    """Left and bottom of a QR of `count` modules a side, and the module: with its quiet zone it is centred in the room."""
    module = 100 * QR_SHARE / count
    rest = (_CODE - module * count) / 2
    return SIDE - _EDGE - _CODE + rest, _EDGE + rest, module


def _qr(verify_url: str) -> Iterator[str]:
    """The symbol in black, on the label's white: each run of modules is one rectangle, in modules."""
    matrix = qr.matrix(verify_url)
    left, bottom, module = _symbol(len(matrix))
    yield f"q {module:.5f} 0 0 {module:.5f} {left:.4f} {bottom:.4f} cm 0 g"
    runs = (
        f"{run.start()} {row} {run.end() - run.start()} 1 re"
        for row, line in enumerate(reversed(matrix))
        for run in _BLACK.finditer(line)
    )
    yield " ".join(runs) + " f Q"


def specimen() -> list[str]:
    """SPESIMEN over a stamp that is not ours, from corner to corner: faint, so that a code under it is read from paper."""
    return [f"q /G1 gs {fill(_WARNING)} {_crossing()} Q"]


@cache
def _crossed() -> tuple[str, ...]:
    """SPESIMEN from corner to corner: faint over the QR's square, plain everywhere else."""
    text = _crossing()
    band = SIDE - _EDGE - _STRIP
    code, strip, top = (
        box(SIDE - _EDGE - _CODE, _EDGE, _CODE, _CODE),
        box(0, 0, SIDE - _EDGE - _CODE, band),
        box(0, band, SIDE, SIDE - band),
    )
    return (
        f"q {code} W n /G1 gs {fill(_WARNING)} {text} Q",
        f"q {strip} W n /G2 gs {fill(_WARNING)} {text} Q",
        f"q {top} W n /G3 gs {fill(_PAPER)} {text} Q",
    )


def _crossing() -> str:
    size = 31.0
    reach, rise, turn = letters.width("SPESIMEN", size, 1.6) / 2, letters.cap_height(size) / 2, math.sqrt(0.5)
    x, y = SIDE / 2 - (reach - rise) * turn, SIDE / 2 - (reach + rise) * turn
    return f"BT {letters.WORDS} {n(size)} Tf 1.6 Tc {n(turn)} {n(turn)} {n(-turn)} {n(turn)} {n(x)} {n(y)} Tm (SPESIMEN) Tj ET"
