"""Placement, compared with a renderer: the QR is found and read where the person put it."""

from __future__ import annotations

import math
import random
import subprocess
import sys

import pypdfium2  # type: ignore[import-untyped]
import pytest
import zxingcpp
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageChops

from meterai.domain.errors import PlacementOffPage, PlacementTooSmall
from meterai.domain.placement import (
    POINTS_PER_MM,
    STAMP_DEFAULT_MM,
    PageGeometry,
    Placement,
    check,
    modules,
    suggested,
    width_min_mm,
)
from meterai.pdf.appearance import SIDE, qr_square
from meterai.pdf.placement import page_box, rectangle
from tests.unit.pdf import papers
from tests.unit.pdf.conftest import House

URL = "HTTPS://EMET.CONTOH.ID/V/0123456789012345678901"
A4 = PageGeometry(595, 842, 0)


def drawn(document: bytes, page: int = 0, scale: float = 150 / 72) -> Image.Image:
    """A page as a viewer draws it: signature widgets only after the forms are set up."""
    opened = pypdfium2.PdfDocument(document)
    opened.init_forms()
    image: Image.Image = opened[page].render(scale=scale).to_pil()
    return image


def found(image: Image.Image) -> tuple[str, int, tuple[float, float], float]:
    """The only QR in a picture: its text, orientation, centre and width as fractions of the picture's size."""
    (code,) = zxingcpp.read_barcodes(image)
    where = code.position
    corners = [where.top_left, where.top_right, where.bottom_right, where.bottom_left]
    centre = (
        sum(corner.x for corner in corners) / 4 / image.width,
        sum(corner.y for corner in corners) / 4 / image.height,
    )
    side = math.dist((where.top_left.x, where.top_left.y), (where.top_right.x, where.top_right.y))
    return code.text, code.orientation, centre, side / image.width


MEDIA = (-20, 30, 280, 430)
CROPS = {
    "no crop": None,
    "an origin of its own": (5, 60, 255, 395),
    "negative corner": (-12, 40, 200, 410),
    "corners swapped": (270, 400, 15, 95),
    "beyond the sheet": (-500, 200, 170, 900),
}
ROTATIONS = (0, 90, 180, 270, 360, -90, -180, -270, 450, -630, 810)
UNITS = (None, 0.5, 2.5)


@pytest.mark.parametrize("rotate", ROTATIONS)
@pytest.mark.parametrize("crop", CROPS.values(), ids=CROPS)
@pytest.mark.parametrize("unit", UNITS)
def test_the_qr_is_read_upright_where_the_person_put_it(
    house: House, rotate: int, crop: tuple[int, ...] | None, unit: float | None
) -> None:
    seeded = random.Random(f"{rotate} {crop} {unit}")
    extra = f"/Rotate {rotate} " + (f"/CropBox [{' '.join(map(str, crop))}] " if crop else "")
    inherited = seeded.random() < 0.5
    source = papers.classical(
        papers.objects(
            media=MEDIA,
            tree_extra=extra if inherited else "/Rotate 90 /CropBox [0 200 90 300]",
            page_extra=(f"/UserUnit {unit} " if unit else "") + ("" if inherited else extra or "/Rotate 0 "),
        )
        if crop or inherited
        else papers.objects(media=MEDIA, page_extra=(f"/UserUnit {unit} " if unit else "") + extra)
    )
    box = page_box(MEDIA, crop, rotate, unit)
    shown = box.displayed
    side = max(54.0, 50 * (unit or 1))
    where = Placement(
        1,
        seeded.choice([0, 1, seeded.random()]) * (1 - side / shown.width),
        seeded.choice([0, 1, seeded.random()]) * (1 - side / shown.height),
        side / shown.width,
    )
    sealed = house.stamp(source, where)
    page = drawn(sealed, scale=150 / 72 * (unit or 1) * 54 / side)
    text, orientation, (x, y), width = found(page)
    (number,) = house.register
    assert text == f"HTTPS://EMET.CONTOH.ID/V/{number}"
    assert orientation == 0
    assert page.width / page.height == pytest.approx(shown.width / shown.height, rel=0.01)
    left, bottom, symbol = (part / SIDE for part in qr_square(text))
    slack = side * 0.015 + 0.5
    assert x * shown.width == pytest.approx(where.x * shown.width + side * (left + symbol / 2), abs=slack)
    assert y * shown.height == pytest.approx(where.y * shown.height + side * (1 - bottom - symbol / 2), abs=slack)
    assert width * shown.width == pytest.approx(side * symbol, rel=0.03)


@pytest.mark.parametrize(("width", "height"), [(300, 50), (14_000, 50), (50, 9_000), (595, 842), (50, 50)])
def test_what_is_suggested_is_accepted_as_the_table_keeps_it(width: float, height: float) -> None:
    pages = [PageGeometry(width, height, 0)]
    where = suggested(pages, URL)
    assert where is not None
    kept = Placement(1, *(round(part * 1_000_000) / 1_000_000 for part in (where.x, where.y, where.width)))
    check(kept, pages, URL)


def test_every_edge_of_the_stamp_is_on_the_page_that_it_fills(house: House) -> None:
    for rotate in (0, 90, 180, 270):
        source = papers.classical(papers.objects(media=(7, -9, 67, 51), page_extra=f"/Rotate {rotate}", text=" " * 90))
        image = drawn(house.stamp(source, Placement(1, 0, 0, 1)), scale=5).convert("RGB")
        middle, last = 150, 299  # holes at multiples of 12 pixels
        # The edge's colour, between two holes of the perforation, at all four sides: nothing is cut off.
        for at in ((middle, 1), (middle, last - 1), (1, middle), (last - 1, middle)):
            red, green, _ = image.getpixel(at)  # type: ignore[misc]
            assert red < 150, (rotate, at)
            assert green < 60, (rotate, at)


def test_a_stamped_page_shows_its_stamp_and_changes_nowhere_else(house: House) -> None:
    source = papers.classical(papers.objects())
    where = Placement(1, 0.6, 0.7, 0.1)
    before, after = drawn(source), drawn(house.stamp(source, where))
    left, top, right, bottom = ImageChops.difference(before, after).getbbox() or (0, 0, 0, 0)
    assert left / after.width == pytest.approx(where.x, abs=0.002)
    assert right / after.width == pytest.approx(where.x + where.width, abs=0.002)
    assert top / after.height == pytest.approx(where.y, abs=0.002)
    assert bottom / after.height == pytest.approx(where.y + where.width * 595 / 842, abs=0.002)


@pytest.mark.parametrize("rotate", [0, 90])
def test_what_a_page_does_not_say_is_inherited_from_far_above(house: House, rotate: int) -> None:
    body = papers.objects()
    body[2] = (
        f"<< /Type /Pages /Count 1 /Kids [40 0 R] /MediaBox [0 0 900 900] /CropBox [100 50 400 450] /Rotate {rotate} >>"
    ).encode()
    body[40] = b"<< /Type /Pages /Parent 2 0 R /Count 1 /Kids [4 0 R] /MediaBox [0 0 350 900] >>"
    body[4] = body[4].replace(b"/Parent 2 0 R", b"/Parent 40 0 R")
    shown = page_box((0, 0, 350, 900), (100, 50, 400, 450), rotate).displayed
    assert {shown.width, shown.height} == {250, 400}
    image = drawn(house.stamp(papers.classical(body), Placement(1, 0.2, 0.1, 54 / shown.width)))
    text, orientation, (x, y), _ = found(image)
    left, bottom, symbol = (part / SIDE for part in qr_square(text))
    assert orientation == 0
    assert x * shown.width == pytest.approx(0.2 * shown.width + 54 * (left + symbol / 2), abs=1)
    assert y * shown.height == pytest.approx(0.1 * shown.height + 54 * (1 - bottom - symbol / 2), abs=1)


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
    assert x0 <= ax < bx <= x0 + across
    assert y0 <= ay < by <= y0 + up


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


@pytest.mark.parametrize("size", [(595, 40), (40, 842), (10, 10)])
@pytest.mark.parametrize("width", [0.05, 0.5, 1, 3, float("nan")])
def test_a_page_that_can_hold_no_stamp_is_called_too_small(size: tuple[int, int], width: float) -> None:
    with pytest.raises(PlacementTooSmall):
        check(Placement(1, 0.0, 0.0, width), [PageGeometry(*size, 0)], URL)


def test_at_the_default_size_the_qr_is_thirteen_millimetres_wide_with_two_modules_of_quiet_zone() -> None:
    left, bottom, symbol = qr_square(URL)
    assert STAMP_DEFAULT_MM == 19
    assert symbol / SIDE * STAMP_DEFAULT_MM >= 13
    for address in (URL, URL + "0" * 20, URL + "0" * 60):
        left, bottom, symbol = qr_square(address)
        quiet = 2 * symbol / modules(address)
        assert min(left, bottom, SIDE - left - symbol, SIDE - bottom - symbol) >= quiet


def test_the_least_width_keeps_modules_readable_and_grows_with_the_address() -> None:
    for url, side in ((URL, 25), ("H" * 47, 25), ("H" * 48, 29), ("H" * 77, 29), ("H" * 114, 33)):
        least = width_min_mm(url)
        assert least * qr_square(url)[2] / SIDE / side == pytest.approx(0.43)
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
