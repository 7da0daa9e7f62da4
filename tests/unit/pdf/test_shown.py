"""What anybody sees of a stamp: read from pages and pictures, compared with what is signed, and what a copy proves."""

from __future__ import annotations

import io
import random
import struct
import zlib
from functools import partial
from typing import Any

import pypdfium2  # type: ignore[import-untyped]
import pytest
from PIL import Image, ImageFilter

from meterai.domain import serial
from meterai.domain.errors import Busy
from meterai.domain.placement import Placement
from meterai.domain.verdict import Inspection, Verdict, judge
from meterai.pdf import child, shown
from meterai.pdf.inspect import inspect
from meterai.ports.documents_pdf import Limits
from tests.unit.pdf import papers
from tests.unit.pdf.conftest import House

ADDRESS = "HTTPS://EMET.CONTOH.ID/V/"


def plain(pages: int = 1, **more: Any) -> bytes:
    return papers.classical(papers.objects(pages=pages, **more))


def seen(document: bytes, house: House, **limits: Any) -> Inspection:
    return inspect(document, house.pki.trust, Limits(**limits))


def verdict(document: bytes, house: House) -> Verdict:
    return judge(seen(document, house), house.register)


def drawn(document: bytes, dots: int = 150, page: int = 0) -> Image.Image:
    opened = pypdfium2.PdfDocument(document)
    opened.init_forms()
    picture: Image.Image = opened[page].render(scale=dots / 72).to_pil().convert("RGB")
    return picture


def encoded(picture: Image.Image, form: str, **how: Any) -> bytes:
    out = io.BytesIO()
    picture.save(out, form, **how)
    return out.getvalue()


def scan(picture: Image.Image, pages: int = 1, at: int = 0) -> bytes:
    """A document one page of which is nothing but this picture, as a scanner makes it."""
    data = encoded(picture.convert("L"), "JPEG", quality=60)
    image = (
        b"<< /Type /XObject /Subtype /Image /Width %d /Height %d /BitsPerComponent 8 /ColorSpace /DeviceGray"
        b" /Filter /DCTDecode /Length %d >>\nstream\n%s\nendstream" % (*picture.size, len(data), data)
    )
    draw = b"q 595 0 0 842 0 0 cm /I Do Q"
    body = papers.objects(pages=pages) | {400: image}
    body[4 + 2 * at] = body[4 + 2 * at].replace(b"/Resources <<", b"/Resources << /XObject << /I 400 0 R >>")
    body[5 + 2 * at] = b"<< /Length %d >>\nstream\n%s\nendstream" % (len(draw), draw)
    return papers.classical(body)


def on_pages(address: str, document: bytes) -> Any:
    """In a child, where it belongs: its shares are of the processor time of a process."""
    return child.run(partial(shown.on_pages, address, Limits()), document, Limits())


# Pages -------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
@pytest.mark.parametrize("specimen", [True, False])
def test_the_code_of_a_stamp_is_read_from_its_page_under_the_word_specimen_too(
    house: House, turn: int, specimen: bool
) -> None:
    sealed = house.stamp(plain(tree_extra=f"/Rotate {turn}"), specimen=specimen)
    assert on_pages(ADDRESS, sealed) == {"serials": list(house.register), "left": []}


def test_what_the_page_of_a_genuine_stamp_shows_is_what_is_signed(house: House) -> None:
    sealed = house.stamp(house.stamp(plain()), Placement(1, 0.1, 0.5, 0.1))
    found = seen(sealed, house)
    assert (found.claimed, found.pages_not_looked_at) == ((), ())
    assert verdict(sealed, house).verdict == "authentic"


def test_a_stamp_whose_code_says_another_serial_is_a_copy(house: House) -> None:
    other = serial.mint(house.random)
    sealed = house.stamp(plain(), verify_url=ADDRESS + other)
    assert seen(sealed, house).claimed == (other,)
    assert verdict(sealed, house).verdict == "copied"


def test_codes_of_others_say_nothing(house: House) -> None:
    number = serial.mint(house.random)
    for url in ("HTTPS://CONTOH.COM/X/" + number, ADDRESS + "0" * 22, ADDRESS + number[:-1], ADDRESS + number + "7"):
        assert on_pages("", marked(house, url))["serials"] == []
    elsewhere = "HTTPS://LAIN.ID/V/" + number
    assert on_pages(ADDRESS, marked(house, elsewhere))["serials"] == []
    assert on_pages("", marked(house, elsewhere))["serials"] == [number]
    assert on_pages("", marked(house, (ADDRESS + number)))["serials"] == [number]


def marked(house: House, url: str) -> bytes:
    """A scan of a page that carries a code of this address."""
    aside = House(house.pki, random.Random(1).randbytes)
    return scan(drawn(aside.stamp(plain(), verify_url=url)))


def test_a_scan_of_a_stamped_page_is_a_copy_wherever_it_is(house: House) -> None:
    picture = drawn(house.stamp(plain()))
    for pages, at in ((1, 0), (12, 6)):
        found = verdict(scan(picture, pages, at), house)
        assert (found.verdict, [reason.code for reason in found.reasons]) == ("copied", ["marks_without_seal"])


def test_pages_that_nobody_looked_at_are_named(house: House) -> None:
    sealed = house.stamp(plain(pages=30), Placement(17, 0.1, 0.1, 0.15))
    found = seen(sealed, house)
    assert found.claimed == ()
    assert found.pages_not_looked_at == ((2, 16), (18, 29))
    assert seen(sealed, house, pages_read=1).pages_not_looked_at == ((1, 16), (18, 30))
    assert judge(found, house.register).pages_not_looked_at == ((2, 16), (18, 29))
    assert seen(scan(drawn(sealed), 30, 20), house).pages_not_looked_at == ((2, 20), (22, 29))


def test_a_page_that_nobody_can_draw_takes_nothing_from_a_signature(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    sealed = house.stamp(plain())

    def nobody(*_: object) -> None:
        raise ValueError("no drawing")

    monkeypatch.setattr(shown, "on_pages", nobody)
    found = seen(sealed, house)
    assert found.pages_not_looked_at is None
    assert judge(found, house.register).verdict == "authentic"


def test_a_child_that_was_given_no_time_says_nothing_about_the_document(house: House) -> None:
    for source in (house.stamp(plain()), encoded(drawn(plain()), "PNG")):
        with pytest.raises(Busy):
            seen(source, house, wall_seconds=0.0)


# Pictures ----------------------------------------------------------------------------------------------------------------


def photo(document: bytes) -> Image.Image:
    """As a hand-held telephone takes it: turned a little, not sharp."""
    page = drawn(document, dots=200).rotate(4, expand=True, fillcolor="white")
    return page.filter(ImageFilter.GaussianBlur(0.7))


@pytest.mark.parametrize(("form", "how"), [("PNG", {}), ("JPEG", {"quality": 70})])
def test_a_picture_of_a_stamped_page_is_told_what_a_copy_can_prove(
    house: House, form: str, how: dict[str, int]
) -> None:
    taken = encoded(photo(house.stamp(plain())), form, **how)
    found = seen(taken, house)
    assert (found.picture, found.claimed, found.signatures) == (True, tuple(house.register), ())
    said = judge(found, house.register)
    assert (said.verdict, [reason.code for reason in said.reasons]) == ("copied", ["picture_of_a_stamp"])
    assert said.stamps == ()


def test_a_picture_without_a_code_of_ours_is_unstamped(house: House) -> None:
    said = verdict(encoded(drawn(plain()), "PNG"), house)
    assert (said.verdict, [reason.code for reason in said.reasons]) == ("unstamped", ["no_code_in_picture"])


def bomb(side: int) -> bytes:
    """A small PNG that says it has side x side pixels, and has."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    pack = zlib.compressobj(9)
    rows = b"".join(pack.compress(bytes(1 + side // 8)) for _ in range(side)) + pack.flush()
    head = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def test_a_picture_that_would_be_too_large_or_is_broken_is_unreadable(house: House) -> None:
    assert len(bomb(16_000)) < 100_000
    whole = encoded(drawn(plain()), "PNG")
    for source in (bomb(16_000), whole[:2000], whole[:20], b"\xff\xd8\xff", b"\xff\xd8\xff" + bytes(5000)):
        assert verdict(source, house).verdict == "unreadable"
    assert seen(whole, house, picture_pixels_max=1000).readable is False
    assert seen(bomb(4000), house).readable is True


def test_a_document_that_begins_like_a_picture_is_still_a_document(house: House) -> None:
    assert not shown.is_picture(b"\xff\xd8\xff" + house.stamp(plain()))
    assert not shown.is_picture(b"")
    assert shown.is_picture(encoded(drawn(plain()), "JPEG"))
