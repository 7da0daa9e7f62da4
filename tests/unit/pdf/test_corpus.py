"""Real files of public collections, straight through preflight, the repairs it offers, seal and verdict: stamped, valid and
fully visible, or refused by name."""

from __future__ import annotations

import io
import json
import logging
from ctypes import c_int
from pathlib import Path
from typing import Any

import pypdfium2  # type: ignore[import-untyped]
import pytest
import zxingcpp
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import enumerate_sig_fields

from bench.corpus import HOUSE, WANTED, Row, summary, within_reach
from meterai.domain.errors import Refusal
from meterai.domain.placement import Placement
from meterai.domain.verdict import judge
from meterai.pdf.preflight import examine, refusal
from meterai.pdf.repair import repair
from tests.unit.pdf import odd
from tests.unit.pdf.conftest import House
from tests.unit.pdf.lean import inspected, there
from tests.unit.pdf.test_seal import status

CORPUS = Path(__file__).parents[4] / "shared" / "corpus"
FILES = sorted(CORPUS.glob("*.pdf")) if CORPUS.is_dir() else []
REFUSED = {
    "document_encrypted",
    "document_unreadable",
    "document_certified",
    "document_too_complex",
    "document_too_many_pages",
    "document_too_large",
}
NO_PLACE = "placement_too_small"
"""No page is large enough for a stamp that can be read."""
MISSED = {"0f2076573bfed110": NO_PLACE, "1bfa13db0b154b8a": NO_PLACE}
"""Files of the corpus within reach of a stamp that do not get one, and why."""


@pytest.fixture(autouse=True)
def _quiet() -> None:
    logging.getLogger("pyhanko").setLevel(logging.CRITICAL)


def stampable(source: bytes) -> tuple[str, bytes, Placement | None]:
    """`ready`, or the code of what refuses the file after every repair that preflight offers; its bytes by then, and where
    the stamp would go."""
    seen = there(examine, source)
    while (refused := refusal(seen)) is not None:
        offered = [found.repair for found in seen.findings if found.code == refused.code and found.repair]
        if not offered:
            return refused.code, source, None
        try:
            mended = there(repair, source, offered[0], None)
        except Refusal as failed:
            return failed.code, source, None
        if mended == source:
            return refused.code, source, None
        source = mended
        seen = there(examine, source)
    return ("ready" if seen.suggested_placement else NO_PLACE), source, seen.suggested_placement


@pytest.mark.skipif(not FILES, reason="../shared/corpus is not here")
def test_95_percent_of_what_can_be_stamped_is() -> None:
    """Which are missed, every file's own test says."""
    assert len(FILES) >= 100
    assert MISSED.keys() <= {path.stem for path in FILES}
    reach = sum(within_reach(path.read_bytes()) for path in FILES)
    assert 1 - len(MISSED) / reach >= WANTED


def test_the_kept_record_of_the_running_api_has_that_share_too_and_nobody_contradicts_a_stamp() -> None:
    record = json.loads((HOUSE / "bench" / "results" / "corpus.json").read_text())
    counts = record["summary"]
    rows = [Row(**row | {"repairs": tuple(row["repairs"])}) for row in record["rows"]]
    assert counts == summary(rows)
    assert counts["files"] >= 100
    assert counts["in_reach_done"] >= WANTED * counts["in_reach"] > 0
    done = counts["outcomes"]["done"]
    assert (counts["pdfsig"], counts["pyhanko"], counts["qpdf_worse"]) == (
        {"Signature is Valid": done},
        {"trusted": done},
        0,
    )
    assert set(counts["outcomes"]) <= {"done", NO_PLACE, *REFUSED}
    told = (HOUSE / "docs" / "corpus.md").read_text()
    assert f"commit {record['commit']}" in told
    assert f"**{counts['in_reach_done']} of the {counts['in_reach']} within reach are stamped" in told
    lines = [line for line in told.splitlines() if line.startswith("| ") and line.count("|") == 12]
    assert [(line[2:10], row.outcome in line) for line, row in zip(lines[1:], rows, strict=True)] == [
        (row.file[:8], True) for row in rows
    ]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_real_file_is_stamped_and_valid_or_refused_by_name(house: House, path: Path) -> None:
    outcome, source, where = stampable(path.read_bytes())
    if within_reach(path.read_bytes()):
        assert outcome == MISSED.get(path.stem, "ready")
    if outcome != "ready":
        assert outcome in {*REFUSED, NO_PLACE}
        with pytest.raises(Refusal):
            house.stamp(source, Placement(1, 0.1, 0.1, 0.2))
        return
    assert where is not None
    assert_stamped(house, source, where)


@pytest.mark.parametrize("name", odd.STAMPED)
def test_an_odd_file_is_stamped_and_valid(house: House, name: str) -> None:
    outcome, source, where = stampable(odd.STAMPED[name])
    assert outcome == "ready"
    assert where is not None
    assert_stamped(house, source, where)


@pytest.mark.parametrize("name", odd.REFUSED)
def test_an_odd_file_that_cannot_be_stamped_is_refused_by_name(name: str) -> None:
    source, expected = odd.REFUSED[name]
    assert stampable(source)[0] == expected


def assert_stamped(house: House, source: bytes, where: Placement) -> None:
    """Stamp it and ask everybody: pyHanko, our own verdict, and a renderer with a reader of QR codes."""
    sealed = house.stamp(source, where)
    assert sealed.startswith(source)
    ours = status(sealed, house.pki, "Emet")[-1]
    assert (ours.intact, ours.valid, ours.bottom_line) == (True, True, True)
    assert ours.coverage.name == "ENTIRE_FILE"
    assert judge(inspected(sealed, house.pki.trust), house.register).stamps[-1].verdict == "authentic"
    assert_visible(sealed, where.page, list(house.register)[-1])


def assert_visible(sealed: bytes, number: int, serial: str) -> None:
    """The stamp's rectangle is inside the page as a renderer shows it, and its QR is read there, upright."""
    reader = PdfFileReader(io.BytesIO(sealed), strict=False)
    (field,) = [field.get_object() for name, _, field in enumerate_sig_fields(reader) if name == f"Emet{serial}"]
    box = [float(edge) for edge in field["/Rect"]]
    document = pypdfium2.PdfDocument(sealed)
    document.init_forms()
    page = document[number - 1]
    width, height = page.get_size()
    fine = 1000
    corners = [_device(page, fine, x, y) for x, y in ((box[0], box[1]), (box[2], box[3]))]
    (left, right), (top, bottom) = (sorted(corner[axis] / fine for corner in corners) for axis in (0, 1))
    slack = 2 / fine
    assert -slack <= left < right <= 1 + slack, (left, right)
    assert -slack <= top < bottom <= 1 + slack, (top, bottom)
    around = (left * width, (1 - bottom) * height, (1 - right) * width, top * height)
    crop = tuple(max(0.0, edge - 0.1 * (right - left) * width) for edge in around)
    picture = page.render(scale=250 / ((right - left) * width), crop=crop).to_pil()
    (code,) = zxingcpp.read_barcodes(picture)
    assert code.text.endswith(serial)
    assert abs(code.orientation) <= 2


def _device(page: Any, fine: int, x: float, y: float) -> tuple[int, int]:
    across, down = c_int(), c_int()
    pypdfium2.raw.FPDF_PageToDevice(page.raw, 0, 0, fine, fine, 0, x, y, across, down)
    return across.value, down.value
