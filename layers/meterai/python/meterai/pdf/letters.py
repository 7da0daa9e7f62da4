"""The stamp's letters: a subset of Barlow Condensed SemiBold, made once by `ops.fonts`, embedded in every stamp.

Two fonts share one program: `WORDS` as the family draws it, `SERIAL` with a slashed zero, so that 0 and O are told
apart."""

from __future__ import annotations

import json
import zlib
from functools import cache
from pathlib import Path
from typing import Any

WORDS, SERIAL = "/F1", "/F2"
_ASSETS = Path(__file__).with_name("assets")
_FIRST, _LAST = " ", "Z"
_NOT_SYMBOLIC = 32


@cache
def facts() -> dict[str, Any]:
    """Name, box, cap height and the characters' widths, in thousandths of the size."""
    made: dict[str, Any] = json.loads((_ASSETS / "letters.json").read_text())
    return made


def width(text: str, size: float, spread: float = 0) -> float:
    """How long a line of this size is, with `spread` between its letters."""
    widths: dict[str, int] = facts()["widths"]
    return sum(widths[letter] for letter in text) * size / 1000 + spread * (len(text) - 1)


def cap_height(size: float) -> float:
    """How high its capitals and figures are."""
    return float(facts()["cap_height"]) * size / 1000


@cache
def program() -> bytes:
    """The outlines as a PDF stream object (ISO 32000-2, 9.9: Type1C)."""
    data = zlib.compress((_ASSETS / "letters.cff").read_bytes(), 9)
    return b"<< /Subtype /Type1C /Filter /FlateDecode /Length %d >>\nstream\n%s\nendstream" % (len(data), data)


@cache
def descriptor() -> bytes:
    """The font descriptor; `%d` stands for the number of the program."""
    known = facts()
    return (
        f"<< /Type /FontDescriptor /FontName /{known['name']} /Flags {_NOT_SYMBOLIC} "
        f"/FontBBox [{' '.join(map(str, known['box']))}] /ItalicAngle 0 /Ascent {known['cap_height']} /Descent 0 "
        f"/CapHeight {known['cap_height']} /StemV {known['stem']} /FontFile3 %d 0 R >>"
    ).encode("ascii")


@cache
def font(kind: str) -> bytes:
    """One of the two fonts; `%d` stands for the number of the descriptor."""
    known = facts()
    codes = range(ord(_FIRST), ord(_LAST) + 1)
    widths = " ".join(str(known["widths"].get(chr(code), 0)) for code in codes)
    encoding = "/WinAnsiEncoding"
    if kind == SERIAL:
        encoding = f"<< /BaseEncoding /WinAnsiEncoding /Differences [{ord('0')} /{known['slashed_zero']}] >>"
    return (
        f"<< /Type /Font /Subtype /Type1 /BaseFont /{known['name']} /FirstChar {ord(_FIRST)} /LastChar {ord(_LAST)} "
        f"/Widths [{widths}] /FontDescriptor %d 0 R /Encoding {encoding} >>"
    ).encode("ascii")
