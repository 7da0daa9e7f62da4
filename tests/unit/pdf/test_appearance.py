from __future__ import annotations

import io
import random
import zlib

import pypdfium2  # type: ignore[import-untyped]
import pytest
import segno
import zxingcpp
from PIL import Image, ImageChops, ImageFilter

from meterai.domain import serial
from meterai.domain.placement import POINTS_PER_MM, STAMP_DEFAULT_MM, Placement, modules, width_min_mm
from meterai.pdf import appearance
from tests.unit.pdf import papers
from tests.unit.pdf.conftest import House

HOSTS = ("HTTPS://EMET.CONTOH.ID/V/", "HTTP://127.0.0.1:3000/V/")
SIZE = 100


def scanned(document: bytes, dpi: int = 150) -> Image.Image:
    opened = pypdfium2.PdfDocument(document)
    opened.init_forms()
    image: Image.Image = opened[0].render(scale=dpi / 72).to_pil().convert("L")
    return image


def stamped(house: House, text: str, url: str, points: float, **other: bool) -> bytes:
    page = papers.classical(papers.objects(media=(0, 0, SIZE, SIZE)))
    return house.stamp(page, Placement(1, 0.2, 0.2, points / SIZE), text, verify_url=url, **other)


def content(form: bytes) -> bytes:
    return zlib.decompress(form[form.index(b"stream\n") + 7 : form.rindex(b"\nendstream")])


def jpeg(image: Image.Image) -> Image.Image:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=60)
    return Image.open(out)


def noisy(image: Image.Image) -> Image.Image:
    seeded = random.Random(image.width)
    noise = Image.frombytes("L", image.size, seeded.randbytes(image.width * image.height))
    return Image.blend(image.filter(ImageFilter.GaussianBlur(0.8)), noise, 0.12)


@pytest.mark.parametrize("number", range(25))
def test_the_qr_is_read_tilted_blurred_and_compressed_at_the_default_size(house: House, number: int) -> None:
    seeded = random.Random(number)
    text = serial.mint(seeded.randbytes)
    url = HOSTS[number % 2] + text
    image = scanned(stamped(house, text, url, STAMP_DEFAULT_MM * POINTS_PER_MM, specimen=number % 5 > 0))
    for angle in (0, 7, -7, 90, 180):
        turned = image.rotate(angle, Image.Resampling.BICUBIC, fillcolor=255)
        for seen in (turned, noisy(turned), jpeg(turned)):
            assert [code.text for code in zxingcpp.read_barcodes(seen)] == [url]


@pytest.mark.parametrize(("length", "version"), [(47, 2), (48, 3), (77, 3), (78, 4), (114, 4)])
def test_the_least_width_that_is_accepted_is_read(house: House, length: int, version: int) -> None:
    text = serial.mint(random.Random(length).randbytes)
    url = "HTTPS://" + "X" * (length - 33) + "/V/" + text
    image = scanned(stamped(house, text, url, width_min_mm(url) * POINTS_PER_MM))
    (code,) = zxingcpp.read_barcodes(image)
    assert code.text == url
    assert modules(url) == 17 + 4 * version
    assert code.extra["Version"] == str(version)
    assert code.ec_level == "L"


def test_the_label_carries_the_marks_that_the_rule_names(house: House) -> None:
    sealed = house.stamp(papers.classical(papers.objects(text="isi")))
    (number,) = house.register
    opened = pypdfium2.PdfDocument(sealed)
    opened.init_forms()
    opened[0].flatten()
    text = opened[0].get_textpage().get_text_range()
    for mark in ("METERAI ELEKTRONIK", "10000", "SEPULUH RIBU RUPIAH", number, "SPESIMEN"):
        assert mark in text


def test_specimen_crosses_the_whole_stamp_faint_over_the_qr_and_is_absent_in_production(house: House) -> None:
    number = "0" * 22
    url = "HTTPS://EMET.CONTOH.ID/V/" + number
    assert b"SPESIMEN" not in appearance.draw(number, url, specimen=False)
    assert appearance.OPACITIES["/G1"] <= 0.2
    plain, marked = (
        scanned(stamped(house, number, url, 54, specimen=specimen), 600).crop((167, 167, 617, 617))
        for specimen in (False, True)
    )
    where = ImageChops.difference(plain, marked).getbbox()
    assert where is not None
    left, top, right, bottom = where
    assert max(left, top, 450 - right, 450 - bottom) < 60
    x, y, side = (part * 4.5 for part in appearance.qr_square(url))
    over = ImageChops.difference(plain, marked).crop((x, 450 - y - side, x + side, 450 - y))
    changed = max(shade for shade, count in enumerate(over.histogram()) if count)
    assert 0 < changed <= 0.2 * 255


def test_nothing_but_black_modules_is_drawn_on_the_qrs_square_and_its_quiet_zone(house: House) -> None:
    number = serial.mint(random.Random(1).randbytes)
    url = "HTTPS://EMET.CONTOH.ID/V/" + number
    image = scanned(stamped(house, number, url, 54, specimen=False), 1200).crop((333, 333, 1233, 1233))
    left, bottom, side = (part * 9 for part in appearance.qr_square(url))
    module = side / 25
    top = 900 - bottom - side
    expected = segno.make_qr(url, error="l", mode="alphanumeric", mask=4, boost_error=False).matrix
    for row in range(-2, 27):
        for column in range(-2, 27):
            inked = 0 <= row < 25 and 0 <= column < 25 and expected[row][column]
            spot = image.getpixel((int(left + (column + 0.5) * module), int(top + (row + 0.5) * module)))
            assert spot == (0 if inked else 255), (row, column)
    edge = image.crop((left - 1.9 * module, top - 1.9 * module, left - 2, top + side))
    assert edge.getextrema() == (255, 255)


def test_a_stamp_adds_less_than_fifteen_kilobytes_its_letters_embedded() -> None:
    number = "0" * 22
    for specimen in (True, False):
        made = appearance.objects(number, "HTTPS://EMET.CONTOH.ID/V/" + number, specimen=specimen, rotation=0, first=9)
        assert sum(map(len, made)) < 15_000
        assert made[0].startswith(b"<< /Subtype /Type1C")
        assert b"/FontFile3 9 0 R" in made[1]
        assert all(b"/FontDescriptor 10 0 R" in font for font in made[2:4])


def test_every_form_is_balanced_and_has_the_letters_that_it_sets() -> None:
    for serial_ in (serial.mint(random.Random(2).randbytes), "W" * 22, "1" * 22):
        *_, label, stamp = appearance.objects(serial_, "HTTPS://X.ID/V/" + serial_, specimen=True, rotation=90, first=1)
        for drawing in (content(label), content(stamp)):
            operators = drawing.split()
            assert operators.count(b"q") == operators.count(b"Q")
            assert operators.count(b"BT") == operators.count(b"ET")
        assert f"({serial_}) Tj".encode() in content(stamp)


def test_a_serial_of_wide_letters_stays_in_its_strip(house: House) -> None:
    url = "HTTPS://EMET.CONTOH.ID/V/" + "W" * 22
    image = scanned(stamped(house, "W" * 22, url, 54, specimen=False), 600).crop((167, 167, 617, 617))
    x, y, side = (part * 4.5 for part in appearance.qr_square(url))
    beside = image.crop((round(x - 2 * side / 25) + 1, round(450 - y - side), round(x) - 1, round(450 - y)))
    assert beside.getextrema() == (255, 255)


def test_a_zero_and_an_o_of_a_serial_are_told_apart() -> None:
    made = appearance.objects("0" * 22, "HTTPS://X.ID", specimen=False, rotation=0, first=1)
    assert b"/Differences [48 /zero.slash]" in made[3]
    assert b"Differences" not in made[2]


@pytest.mark.parametrize(
    ("number", "url"),
    [
        ("short", "HTTPS://X.ID"),
        ("(" * 22, "HTTPS://X.ID"),
        ("0" * 22, "https://x.id/v/1"),
        ("0" * 22, ""),
        ("0" * 22, "H" * 115),
    ],
)
def test_what_could_not_be_drawn_is_refused(number: str, url: str) -> None:
    with pytest.raises(ValueError, match="serial number"):
        appearance.draw(number, url, specimen=True)
