"""Make the letters of the stamp once: the few capitals and figures that it needs, cut from Barlow Condensed SemiBold.

    python -m ops.fonts BarlowCondensed-SemiBold.ttf

The source is version 1.408 of the family (SIL Open Font License 1.1, no reserved name), as the PyPI package
`fontpkg-barlow-condensed` carries it; its SHA-256 is checked. What is written is committed, with the licence beside
it: nobody needs this command to build or run the house."""

from __future__ import annotations

import argparse
import hashlib
import io
import json
from pathlib import Path
from string import ascii_uppercase, digits
from typing import Any

from fontTools.fontBuilder import FontBuilder  # type: ignore[import-untyped]
from fontTools.pens.qu2cuPen import Qu2CuPen  # type: ignore[import-untyped]
from fontTools.pens.roundingPen import RoundingPen  # type: ignore[import-untyped]
from fontTools.pens.t2CharStringPen import T2CharStringPen  # type: ignore[import-untyped]
from fontTools.ttLib import TTFont  # type: ignore[import-untyped]

ASSETS = Path(__file__).resolve().parent.parent / "layers/meterai/python/meterai/pdf/assets"
SOURCE_SHA256 = "7b619d14bc2327509a9ef32b0890f709626f7ecc9ff61191c2a4314c5499d2d9"
NAME = "METERA+BarlowCondensed-SemiBold"
CHARACTERS = digits + ascii_uppercase + " "
SLASHED = "zero.slash"
_STEM = 105
_TOLERANCE = 0.6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path, help="BarlowCondensed-SemiBold.ttf")
    source = parser.parse_args().source.read_bytes()
    if hashlib.sha256(source).hexdigest() != SOURCE_SHA256:
        parser.error("this is not the file that the letters were cut from")
    program, facts = cut(source)
    (ASSETS / "letters.cff").write_bytes(program)
    (ASSETS / "letters.json").write_text(json.dumps(facts, indent=1) + "\n")
    print(f"{len(program)} bytes of outlines")


def cut(source: bytes) -> tuple[bytes, dict[str, Any]]:
    """The bare CFF program of the stamp's characters, and what a PDF's font dictionary says of them."""
    font = TTFont(io.BytesIO(source), lazy=True)
    glyphs, named, advances = font.getGlyphSet(), font.getBestCmap(), font["hmtx"]
    order = [".notdef", *(named[ord(character)] for character in CHARACTERS), SLASHED]
    outlines, widths = {}, {}
    for name in order:
        origin = "zero" if name == SLASHED else name
        widths[name] = advances[origin][0]
        pen = T2CharStringPen(widths[name], glyphs)
        smooth = Qu2CuPen(RoundingPen(pen), _TOLERANCE, all_cubic=True)
        if name != ".notdef":
            glyphs[origin].draw(smooth)
        if name == SLASHED:
            _slash(smooth, font["glyf"]["zero"])
        outlines[name] = pen.getCharString()
    box = [
        min(font["glyf"][name].xMin for name in order[1:-2]),
        min(font["glyf"][name].yMin for name in order[1:-2]),
        max(font["glyf"][name].xMax for name in order[1:-2]),
        max(font["glyf"][name].yMax for name in order[1:-2]),
    ]
    builder = FontBuilder(font["head"].unitsPerEm, isTTF=False)
    builder.setupGlyphOrder(order)
    builder.setupCFF(NAME, {"FullName": NAME}, outlines, {})
    facts = {
        "name": NAME,
        "box": box,
        "cap_height": font["OS/2"].sCapHeight,
        "stem": _STEM,
        "slashed_zero": SLASHED,
        "widths": {character: widths[named[ord(character)]] for character in CHARACTERS},
    }
    return builder.font["CFF "].compile(builder.font), facts


def _slash(pen: Any, zero: Any) -> None:
    """A bar from corner to corner of the zero's counter, so that a serial's 0 and O are told apart."""
    middle, centre = (zero.xMin + zero.xMax) / 2, (zero.yMin + zero.yMax) / 2
    across, up, half = 62, 205, 38
    pen.moveTo((middle - across, centre - up + half))
    pen.lineTo((middle + across, centre + up + half))
    pen.lineTo((middle + across, centre + up - half))
    pen.lineTo((middle - across, centre - up - half))
    pen.closePath()


if __name__ == "__main__":
    main()
