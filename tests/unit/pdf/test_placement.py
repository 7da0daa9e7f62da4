"""Placement, compared with a renderer: the QR is found and read where the person put it."""

from __future__ import annotations

import math
import subprocess
import sys
from itertools import product

import pypdfium2  # type: ignore[import-untyped]
import pytest
import zxingcpp
from hypothesis import given
from hypothesis import strategies as st

from meterai.domain.errors import PlacementOffPage, PlacementTooSmall
from meterai.domain.placement import (
    POINTS_PER_MM,
    QR_SHARE,
    PageGeometry,
    Placement,
    check,
    modules,
    suggested,
    width_min_mm,
)
from meterai.pdf.placement import page_box, rectangle
from tests.unit.pdf import papers
from tests.unit.pdf.conftest import House

URL = "HTTPS://EMET.CONTOH.ID/V/0123456789012345678901"
A4 = PageGeometry(595, 842, 0)


def found(document: bytes, page: int = 0) -> tuple[str, int, tuple[float, float], float]:
    """The QR on a rendered page: its text, orientation, centre and width as fractions of the displayed page."""
    opened = pypdfium2.PdfDocument(document)
    opened.init_forms()
    image = opened[page].render(scale=200 / 72 * 595 / max(300, min(opened[page].get_size()))).to_pil()
    (code,) = zxingcpp.read_barcodes(image)
    where = code.position
    corners = [where.top_left, where.top_right, where.bottom_right, where.bottom_left]
    centre = (
        sum(corner.x for corner in corners) / 4 / image.width,
        sum(corner.y for corner in corners) / 4 / image.height,
    )
    side = math.dist((where.top_left.x, where.top_left.y), (where.top_right.x, where.top_right.y))
    return code.text, code.orientation, centre, side / image.width


CASES = [
    (rotate, crop, unit)
    for rotate, crop, unit in product(
        (0, 90, 180, 270, -90, 450), (None, (50, 40, 545, 700), (-30, -20, 400, 900)), (None, 1.5)
    )
]


@pytest.mark.parametrize(("rotate", "crop", "unit"), CASES)
def test_the_qr_is_read_upright_where_the_person_put_it(
    house: House, rotate: int, crop: tuple[int, ...] | None, unit: float | None
) -> None:
    extra = f"/Rotate {rotate} " + (f"/CropBox [{' '.join(map(str, crop))}] " if crop else "")
    page = f"/UserUnit {unit}" if unit else ""
    source = papers.classical(papers.objects(media=(-10, -10, 595, 842), tree_extra=extra, page_extra=page))
    box = page_box((-10, -10, 595, 842), crop, rotate, unit)
    shown = box.displayed
    where = Placement(1, 0.07, 0.71, 60 / shown.width * (unit or 1))
    sealed = house.stamp(source, where)
    text, orientation, (x, y), width = found(sealed)
    (number,) = house.register
    assert text == f"HTTPS://EMET.CONTOH.ID/V/{number}"
    assert orientation == 0
    # In the stamp the QR sits right of its middle: a strip is left of it; see appearance.
    left, top = where.x * shown.width, where.y * shown.height
    side = where.width * shown.width
    assert x * shown.width == pytest.approx(left + side * (1 - 0.015 - 0.8004 / 2), abs=side * 0.03)
    assert y * shown.height == pytest.approx(top + side / 2, abs=side * 0.03)
    assert width * shown.width == pytest.approx(side * QR_SHARE, rel=0.04)


@given(
    st.floats(0, 1),
    st.floats(0, 1),
    st.floats(0.05, 0.6),
    st.sampled_from([0, 90, 180, 270, -90, -360, 810]),
    st.tuples(st.floats(-500, 500), st.floats(-500, 500), st.floats(300, 900), st.floats(300, 900)),
    st.sampled_from([0.5, 1.0, 2.5]),
)
def test_what_is_accepted_is_square_and_inside_the_crop_box(
    x: float, y: float, width: float, rotate: int, crop: tuple[float, float, float, float], unit: float
) -> None:
    x0, y0, across, up = crop
    box = page_box((x0 - 50, y0 - 50, x0 + across + 50, y0 + up + 50), (x0, y0, x0 + across, y0 + up), rotate, unit)
    try:
        ax, ay, bx, by = rectangle(Placement(1, x, y, width), [box], URL)
    except (PlacementOffPage, PlacementTooSmall):
        return
    assert bx - ax == pytest.approx(by - ay, rel=1e-6)
    assert (bx - ax) * unit == pytest.approx(width * box.displayed.width, rel=1e-6)
    slack = 1e-4 * max(across, up)
    assert x0 - slack <= ax < bx <= x0 + across + slack
    assert y0 - slack <= ay < by <= y0 + up + slack


@pytest.mark.parametrize(
    "placement",
    [
        Placement(0, 0.1, 0.1, 0.1),
        Placement(2, 0.1, 0.1, 0.1),
        Placement(1, -0.01, 0.1, 0.1),
        Placement(1, 0.1, -0.01, 0.1),
        Placement(1, 0.91, 0.1, 0.1),
        Placement(1, 0.1, 0.94, 0.1),
        Placement(1, float("nan"), 0.1, 0.1),
        Placement(1, 0.1, float("nan"), 0.1),
        Placement(1, 0.1, 0.1, float("nan")),
        Placement(1, 0.1, 0.1, float("inf")),
        Placement(1, 0.1, 0.1, 0),
        Placement(1, 0.1, 0.1, -0.1),
        Placement(1, 0.0, 0.0, 1.5),
    ],
)
def test_a_stamp_that_leaves_the_page_is_refused(placement: Placement) -> None:
    with pytest.raises(PlacementOffPage):
        check(placement, [A4], URL)


def test_the_least_width_keeps_modules_readable_and_grows_with_the_address() -> None:
    for url, side in ((URL, 25), ("H" * 47, 25), ("H" * 48, 29), ("H" * 77, 29), ("H" * 114, 33)):
        least = width_min_mm(url)
        assert least * QR_SHARE / side == pytest.approx(0.43)
        assert modules(url) == side
        width = least * POINTS_PER_MM / A4.width
        check(Placement(1, 0.1, 0.1, width), [A4], url)
        with pytest.raises(PlacementTooSmall):
            check(Placement(1, 0.1, 0.1, width * 0.99), [A4], url)
    with pytest.raises(ValueError, match="114"):
        modules("H" * 115)


@given(st.lists(st.builds(PageGeometry, st.floats(1, 3000), st.floats(1, 3000), st.just(0)), max_size=4))
def test_a_suggested_placement_is_always_accepted(pages: list[PageGeometry]) -> None:
    where = suggested(pages, URL)
    if where is None:
        assert all(min(page.width, page.height) < width_min_mm(URL) * POINTS_PER_MM for page in pages)
    else:
        check(where, pages, URL)


def test_nonsense_boxes_are_read_as_viewers_read_them() -> None:
    assert page_box(None).crop == (0, 0, 612, 792)
    assert page_box([595, 842, 0, 0]).crop == (0, 0, 595, 842)
    assert page_box([0, 0, 0, 0]).crop == (0, 0, 612, 792)
    assert page_box([0, 0, 595, 842], [700, 900, 800, 1000]).crop == (0, 0, 595, 842)
    assert page_box([0, 0, 595, 842], [-100, 100, 300, 5000]).crop == (0, 100, 300, 842)
    assert page_box([0, 0, 595, 842], None, 45).rotation == 0
    assert page_box([0, 0, 595, 842], None, float("nan"), -1).user_unit == 1


def test_geometry_alone_imports_no_pdf_library() -> None:
    heavy = "{'pyhanko', 'pypdfium2', 'segno'}"
    program = f"import sys, meterai.pdf.placement; print({{n.split('.')[0] for n in sys.modules}} & {heavy})"
    seen = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": ":".join(sys.path)},
    )
    assert seen.stdout.strip() in ("[]", "set()")


def test_sealing_imports_nothing_of_pyhankos_signing_half() -> None:
    program = "import sys, meterai.pdf.seal; print([n for n in sys.modules if n.startswith('pyhanko.sign') or n == 'aiohttp'])"
    seen = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": ":".join(sys.path)},
    )
    assert seen.stdout.strip() in ("[]", "set()")
