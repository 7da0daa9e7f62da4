from __future__ import annotations

import io
import zlib

import pytest
from fontTools.agl import UV2AGL  # type: ignore[import-untyped]
from fontTools.cffLib import CFFFontSet  # type: ignore[import-untyped]
from fontTools.pens.recordingPen import RecordingPen  # type: ignore[import-untyped]

from meterai.domain.serial import ALPHABET
from meterai.pdf import letters


@pytest.fixture(scope="module")
def embedded() -> CFFFontSet:
    """The font program as it is embedded, read by somebody else's reader."""
    stream = letters.program()
    fonts = CFFFontSet()
    fonts.decompile(
        io.BytesIO(zlib.decompress(stream[stream.index(b"stream\n") + 7 : stream.rindex(b"\nendstream")])), None
    )
    return fonts


def drawing(fonts: CFFFontSet, name: str) -> tuple[list[object], float]:
    outline, pen = fonts[0].CharStrings[name], RecordingPen()
    outline.draw(pen)
    return pen.value, outline.width


def test_every_letter_that_a_stamp_sets_is_embedded_as_wide_as_the_document_says(embedded: CFFFontSet) -> None:
    widths = letters.facts()["widths"]
    assert set(widths) == {*ALPHABET, " "}
    for character, wide in widths.items():
        strokes, advance = drawing(embedded, UV2AGL[ord(character)])
        assert advance == wide, character
        assert bool(strokes) is (character != " "), character


def test_the_name_is_the_programs_and_says_that_it_is_a_subset(embedded: CFFFontSet) -> None:
    name = letters.facts()["name"]
    assert embedded.fontNames == [name]
    assert name[6] == "+"
    assert f"/FontName /{name} ".encode() in letters.descriptor()
    assert all(f"/BaseFont /{name} ".encode() in letters.font(kind) for kind in (letters.WORDS, letters.SERIAL))


def test_a_serials_zero_has_a_slash(embedded: CFFFontSet) -> None:
    plain, slashed = drawing(embedded, "zero"), drawing(embedded, letters.facts()["slashed_zero"])
    assert slashed[0][: len(plain[0])] == plain[0]
    assert len(slashed[0]) > len(plain[0])
    assert slashed[1] == plain[1]


def test_a_line_is_as_long_as_its_letters_and_the_space_between_them() -> None:
    assert letters.width("10000", 1000) == sum(letters.facts()["widths"][figure] for figure in "10000")
    assert letters.width("AB", 10, 2) == pytest.approx(letters.width("A", 10) + letters.width("B", 10) + 2)
