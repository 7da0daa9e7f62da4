"""The page's own QR code: segno's, module for module, where the text fills the symbol, and read by zxing everywhere else.

Between the text and the end of a symbol segno puts a byte of zeros that the standard does not ask for, so the two agree where
there is nothing between."""

from __future__ import annotations

import pytest
import segno
import zxingcpp
from PIL import Image

from local.paysim.qris import payload
from tests.unit.web.node import told

FULL = (14, 26, 42, 62, 84, 106, 122, 152, 180, 213, 251, 287, 331, 362, 412, 450, 504, 560, 624, 666)
"""How many bytes versions 1 to 20 hold at level M (ISO/IEC 18004, table 7)."""
ENCODE = "const { encode } = await import(`${WEB}/page/qr.js`); "


def test_full_symbols_of_every_version_are_segnos_module_for_module() -> None:
    texts = [("meterai/" * 100)[:length] for length in FULL]
    for version, (text, made) in enumerate(
        zip(texts, told(ENCODE + "tell(given.map(encode));", texts), strict=True), 1
    ):
        theirs = segno.make(text.encode(), error="m", mode="byte", boost_error=False, micro=False, mask=made["mask"])
        assert made["version"] == theirs.version == version
        assert made["rows"] == [[int(module) for module in row] for row in theirs.matrix]


def test_what_is_shown_is_read_as_it_was_written() -> None:
    texts = ["A", payload(12_500, "pay_" + "0" * 26), "Rp10.000 é 印", *("x" * length for length in range(1, 667, 35))]
    for text, made in zip(texts, told(ENCODE + "tell(given.map(encode));", texts), strict=True):
        rows = made["rows"]
        picture = Image.new("L", (len(rows) + 8, len(rows) + 8), 255)
        for y, row in enumerate(rows):
            for x, dark in enumerate(row):
                picture.putpixel((x + 4, y + 4), 0 if dark else 255)
        (read,) = zxingcpp.read_barcodes(picture.resize((picture.width * 4,) * 2, Image.Resampling.NEAREST))
        assert read.text == text


@pytest.mark.parametrize("length", [667, 2_000])
def test_a_text_beyond_what_phones_read_well_is_refused(length: int) -> None:
    assert told(ENCODE + "try { tell(encode(given).version) } catch (e) { tell(e.name) }", "x" * length) == "RangeError"


def test_the_path_has_every_dark_module_inside_its_quiet_zone() -> None:
    side, d, dark = told(
        "const { encode, path } = await import(`${WEB}/page/qr.js`); const { side, d } = path(given);"
        "tell([side, d, encode(given).rows.flat().filter(Boolean).length]);",
        payload(12_500, "pay_1"),
    )
    runs = [run.split("h")[:2] for run in d.removeprefix("M").split("M")]
    assert sum(int(width.split("v")[0]) for _, width in runs) == dark
    corners = [tuple(map(int, corner.split(" "))) for corner, _ in runs]
    assert min(x for x, _ in corners) == min(y for _, y in corners) == 4
    assert max(y for _, y in corners) == side - 5
