from __future__ import annotations

import io
from typing import Any

import pypdfium2  # type: ignore[import-untyped]
import pytest
from PIL import Image

from meterai.domain.placement import Placement, check
from meterai.pdf.preflight import examine
from meterai.pdf.preview import draw
from meterai.ports.documents_pdf import Examination, Limits
from tests.unit.pdf import letters, papers

ADDRESS = "HTTPS://EMET.CONTOH.ID/V/" + "0" * 22


def line(text: str, x: int, y: int) -> bytes:
    return b"BT /F1 12 Tf %d %d Td (%s) Tj ET\n" % (x, y, text.encode())


def letter(*lines: bytes, tree_extra: str = "", pages: int = 1) -> bytes:
    body = papers.objects(pages=pages, tree_extra=tree_extra)
    content = b"".join(lines)
    body[5] = b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content)
    return papers.classical(body)


def suggestion(source: bytes) -> tuple[Examination, Placement]:
    seen = examine(source)
    assert seen.suggested_placement is not None
    check(seen.suggested_placement, seen.pages, ADDRESS)
    return seen, seen.suggested_placement


def ink_of(source: bytes, at: Placement) -> float:
    """What a renderer shows there, counted anew: the share of pixels that are darker than the page mostly is."""
    page = pypdfium2.PdfDocument(source)[at.page - 1]
    drawn = page.render(scale=2, grayscale=True).to_pil().convert("L")
    counts = drawn.histogram()
    paper = counts.index(max(counts))
    side = at.width * drawn.width
    left, top = at.x * drawn.width, at.y * drawn.height
    place = drawn.crop((round(left), round(top), round(left + side), round(top + side)))
    return float(sum(place.histogram()[: paper - 55]) / (place.width * place.height))


@pytest.mark.parametrize("phrase", ["Yang menyatakan,", "Hormat saya,", "Pemohon", "Materai 10.000", "HORMAT KAMI"])
def test_the_stamp_goes_beside_the_signature_line_and_not_over_ink(phrase: str) -> None:
    source = letter(line("Surat pernyataan", 72, 760), line(phrase, 350, 260), line("Budi Santoso", 350, 180))
    seen, at = suggestion(source)
    assert abs(at.x * 595 - 350) < 90
    assert abs(at.y * 842 - (842 - 260)) < 60
    assert seen.suggested_ink == 0.0
    assert ink_of(source, at) == 0.0


def test_a_sentence_that_mentions_the_phrase_is_not_a_signature_line() -> None:
    source = letter(line("Dengan ini pemohon menyatakan bahwa semua keterangan dalam surat ini adalah benar", 72, 500))
    _, at = suggestion(source)
    assert (at.x > 0.7, at.y > 0.8) == (True, True)


def test_the_last_page_that_has_a_signature_line_is_taken() -> None:
    source = letter(line("Yang menyatakan", 100, 400), pages=3)
    assert suggestion(source)[1].page == 1


@pytest.mark.parametrize(
    ("extra", "across", "down"),
    [
        ("/Rotate 90", 400, 300),
        ("/Rotate 180", 295, 400),
        ("/Rotate 270 /CropBox [50 50 545 800]", 400, 245),
        ("/CropBox [100 100 560 700]", 200, 300),
    ],
)
def test_rotation_and_crop_are_followed(extra: str, across: float, down: float) -> None:
    source = letter(line("Hormat saya,", 300, 400), line("Budi", 300, 320), tree_extra=extra)
    seen, at = suggestion(source)
    assert (seen.suggested_ink, ink_of(source, at)) == (0.0, 0.0)
    shown = seen.pages[0]
    x, y = at.x * shown.width, at.y * shown.height
    assert abs(x - across) < 140
    assert abs(y - down) < 140


def test_without_a_line_the_emptiest_corner_is_taken() -> None:
    black = b"0 g 400 0 195 200 re f\n"
    seen, at = suggestion(letter(black))
    assert (at.x < 0.2, at.y > 0.8, seen.suggested_ink) == (True, True, 0.0)


def test_corners_that_are_all_written_on_leave_the_free_place_between_them() -> None:
    edges = (b"0 0 595 120", b"0 722 595 120", b"0 0 100 842", b"495 0 100 842", b"101 121 150 600")
    source = letter(b"0 g " + b" re f ".join(edges) + b" re f")
    seen, at = suggestion(source)
    assert seen.suggested_ink == ink_of(source, at) == 0.0


def test_a_page_without_room_says_how_much_ink_there_is() -> None:
    stripes = b"".join(b"0 g 0 %d 595 4 re f\n" % y for y in range(0, 842, 12))
    seen, _ = suggestion(letter(stripes))
    assert seen.suggested_ink is not None
    assert 0.2 < seen.suggested_ink < 0.6


def test_grey_paper_is_paper() -> None:
    source = letter(b"0.85 g 0 0 595 842 re f 0 g\n", line("Yang menyatakan", 300, 300))
    seen, at = suggestion(source)
    assert (seen.suggested_ink, abs(at.x * 595 - 300) < 90) == (0.0, True)


def test_previews_are_small_pictures_of_the_first_pages_and_the_last() -> None:
    source = papers.classical(papers.objects(pages=30, tree_extra="/Rotate 90"))
    pictures = draw(source, 30, Limits(previews_max=4, preview_edge=300))
    assert sorted(pictures) == [1, 2, 3, 30]
    shown: Any = Image.open(io.BytesIO(pictures[30]))
    assert (shown.format, shown.size) == ("WEBP", (300, 212))


@pytest.mark.parametrize("source", [b"", b"no pdf", papers.classical(papers.objects(pages=0))])
def test_what_cannot_be_drawn_has_no_preview(source: bytes) -> None:
    assert draw(source, 1) == {}


def test_a_preview_larger_than_allowed_is_left_out() -> None:
    assert draw(papers.classical(papers.objects()), 1, Limits(preview_size_max=10)) == {}


@pytest.mark.parametrize("name", letters.LETTERS)
def test_a_letter_gets_its_stamp_where_it_is_signed_and_over_nothing(name: str) -> None:
    written = letters.LETTERS[name]()
    seen, at = suggestion(written.source)
    page = seen.pages[at.page - 1]
    x, y, side = at.x * page.width, at.y * page.height, at.width * page.width
    left, top, right, bottom = written.block
    away = max(left - (x + side), x - right, top - (y + side), y - bottom)
    assert (at.page, seen.suggested_ink, away <= written.near) == (written.page, 0.0, True), (x, y, written.block)
    assert top - side / 2 <= y, "above what is signed"
    assert y + side <= bottom + side / 2, "below the name"
    assert ink_of(written.source, at) == 0.0


@pytest.mark.parametrize(
    "said", ["Nama Pemohon: Budi", "Pemohon : Budi Santoso", "materai dengan sebenarnya.", "2. Materai"]
)
def test_a_label_and_the_end_of_a_sentence_are_no_signature_line(said: str) -> None:
    _, at = suggestion(letter(line(said, 72, 500)))
    assert (at.x > 0.7, at.y > 0.8) == (True, True)


def test_what_begins_a_line_of_its_own_is_taken_before_what_only_mentions_it_further_down() -> None:
    source = letter(line("Pemohon,", 350, 500), line("Salinan untuk pemohon", 72, 200))
    _, at = suggestion(source)
    assert (abs(at.x * 595 - 350) < 90, abs(at.y * 842 - 342) < 60) == (True, True)


def test_a_phrase_at_the_very_edge_has_its_stamp_beside_it() -> None:
    seen, at = suggestion(letter(line("Hormat saya,", 500, 4)))
    assert (seen.suggested_ink, at.x * 595 > 380, at.y * 842 > 700) == (0.0, True, True)


def test_a_page_as_small_as_its_stamp_keeps_it_inside_whatever_is_written_there() -> None:
    body = papers.objects(media=(0, 0, 60, 60))
    content = b"BT /F1 12 Tf 0 40 Td (Pemohon,) Tj ET 0 0 60 20 re f"
    seen, _ = suggestion(
        papers.classical(body | {5: b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content)})
    )
    assert seen.suggested_ink is not None
    assert seen.suggested_ink > 0.1


def test_a_picture_alone_has_its_stamp_in_a_corner() -> None:
    """Nothing on it looks like a name."""
    _, at = suggestion(letter(b"0 g 40 300 515 400 re f"))
    assert (at.x > 0.7, at.y > 0.8) == (True, True)
