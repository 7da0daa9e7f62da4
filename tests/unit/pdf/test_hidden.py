from __future__ import annotations

from pathlib import Path

import pytest

from meterai.domain.errors import DocumentTooManyPages
from meterai.pdf.preflight import examine, refusal
from meterai.ports.documents_pdf import Limits
from tests.unit.pdf import papers
from tests.unit.pdf.conftest import House

ATTACKS = Path(__file__).parents[4] / "shared" / "attacks"
TEXT = b"BT /F1 18 Tf 72 700 Td (Seratus juta rupiah) Tj ET "
OVER = b"60 680 300 50 re "


def drawn(content: bytes, *, page_extra: str = "", more: dict[int, bytes] | None = None) -> bytes:
    body = papers.objects(page_extra=page_extra, more=more)
    body[5] = b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content)
    return papers.classical(body)


def codes(source: bytes) -> list[str]:
    seen = examine(source)
    assert refusal(seen) is None
    assert all(found.severity != "error" for found in seen.findings)
    return [found.code for found in seen.findings]


def annotated(flags: str) -> bytes:
    drawing = (
        b"<< /Type /XObject /Subtype /Form /BBox [0 0 300 50] /Length 22 >>\nstream\n1 g 0 0 300 50 re f    \nendstream"
    )
    mark = f"<< /Type /Annot /Subtype /Stamp /Rect [60 680 360 730] /F {flags} /AP << /N 31 0 R >> >>".encode()
    return drawn(TEXT, page_extra="/Annots [30 0 R]", more={30: mark, 31: drawing})


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (drawn(TEXT), []),
        (drawn(TEXT + b"1 g " + OVER + b"f"), ["covered_content"]),
        (drawn(b"1 g " + OVER + b"f 0 g " + TEXT), []),
        (drawn(TEXT + OVER + b"S"), []),
        (drawn(b"3 Tr " + TEXT + b"1 g " + OVER + b"f"), []),
        (annotated("4"), ["covered_content"]),
        (annotated("2"), []),
        (
            papers.classical(papers.objects(catalog_extra="/OpenAction << /S /JavaScript /JS (x) >>")),
            ["scripts"],
        ),
        (papers.classical(papers.objects(page_extra="/AA << /O << /S /Launch /F (x) >> >>")), ["scripts"]),
        (
            papers.classical(
                papers.objects(
                    catalog_extra="/OCProperties << /OCGs [30 0 R] /D << /OFF [30 0 R] >> >>",
                    more={30: b"<< /Type /OCG /Name (Lapis) >>"},
                )
            ),
            ["optional_content", "hidden_layers"],
        ),
        (
            papers.classical(papers.objects(more={30: b"<< /Type /Page /Parent 2 0 R /Contents 5 0 R >>"})),
            ["unreferenced_content"],
        ),
        (papers.classical(papers.objects(more={30: b"<< /Producer (x) >>"})), []),
    ],
    ids=[
        "plain",
        "filled shape over text",
        "text over a filled shape",
        "outline",
        "invisible text under a scan",
        "annotation",
        "hidden annotation",
        "script",
        "launch",
        "layer that is off",
        "page that nothing leads to",
        "leftover",
    ],
)
def test_content_that_could_come_up_later_is_told(source: bytes, expected: list[str]) -> None:
    assert codes(source) == expected


def test_an_object_that_one_revision_defines_twice_is_told_and_an_update_is_not() -> None:
    source = drawn(TEXT)
    assert codes(papers.appended(source, {4: b"<< /Type /Page /Parent 2 0 R /Contents 5 0 R >>"})) == []
    planted = source.replace(b"xref\n0", b"5 0 obj\n<< /Length 1 >>\nstream\nx\nendstream\nendobj\nxref\n0", 1)
    moved = planted.replace(
        b"startxref\n%d" % source.rindex(b"xref\n0"), b"startxref\n%d" % planted.rindex(b"xref\n0 ")
    )
    assert "duplicate_objects" in codes(moved)


def test_our_own_stamp_plants_nothing(house: House) -> None:
    assert codes(house.stamp(house.stamp(drawn(TEXT)))) == ["already_stamped"]


@pytest.mark.skipif(not ATTACKS.is_dir(), reason="../shared/attacks is not here")
@pytest.mark.parametrize(
    "name",
    [
        "hide-and-replace_variant-1_change_object_references_2",
        "hide_variant-2_hide-via-referenced-object_hide-text-via-form_2",
        "hide_variant-1_hide-via-referenced-object_3",
    ],
)
def test_what_published_attacks_plant_before_signing_is_told(name: str) -> None:
    (path,) = [path for path in ATTACKS.glob("*.pdf") if name in path.name]
    found = {finding.code for finding in examine(path.read_bytes()).findings}
    assert found & {"unreferenced_content", "duplicate_objects", "covered_content"}


def test_papers_other_than_a4_are_named_whichever_way_they_are_turned() -> None:
    for size, expected in {
        (595, 842): [],
        (842, 595): [],
        (612, 792): ["page_letter"],
        (792, 612): ["page_letter"],
        (609, 935): ["page_f4"],
        (595, 935): ["page_f4"],
        (612, 1008): ["page_not_a4"],
    }.items():
        assert codes(papers.classical(papers.objects(media=(0, 0, *size)))) == expected


def test_too_many_pages_have_a_name_of_their_own() -> None:
    assert isinstance(
        refusal(examine(papers.classical(papers.objects(pages=5)), Limits(pages_max=4))), DocumentTooManyPages
    )
