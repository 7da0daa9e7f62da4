from __future__ import annotations

import io
import random
import zlib

import pypdfium2  # type: ignore[import-untyped]
import pytest
import zxingcpp
from PIL import Image, ImageFilter

from meterai.domain import serial
from meterai.domain.placement import POINTS_PER_MM, QR_MODULE_MIN_MM, Placement, modules, width_min_mm
from meterai.pdf import appearance
from tests.unit.pdf import papers
from tests.unit.pdf.conftest import House

HOSTS = ("HTTPS://EMET.CONTOH.ID/V/", "HTTP://127.0.0.1:3000/V/")


def scanned(document: bytes, dpi: int = 150) -> Image.Image:
    opened = pypdfium2.PdfDocument(document)
    opened.init_forms()
    image: Image.Image = opened[0].render(scale=dpi / 72).to_pil().convert("L")
    return image


def jpeg(image: Image.Image) -> Image.Image:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=60)
    return Image.open(out)


def noisy(image: Image.Image) -> Image.Image:
    seeded = random.Random(image.width)
    noise = Image.frombytes("L", image.size, seeded.randbytes(image.width * image.height))
    return Image.blend(image.filter(ImageFilter.GaussianBlur(0.8)), noise, 0.12)


@pytest.mark.parametrize("number", range(8))
def test_the_qr_is_read_tilted_blurred_and_compressed_at_the_default_size(house: House, number: int) -> None:
    seeded = random.Random(number)
    text = serial.mint(seeded.randbytes)
    url = HOSTS[number % 2] + text
    page = papers.classical(papers.objects(media=(0, 0, 200, 200)))
    image = scanned(house.stamp(page, Placement(1, 0.35, 0.35, 19 * POINTS_PER_MM / 200), text, verify_url=url))
    for angle in (0, 7, -7, 90, 180):
        turned = image.rotate(angle, Image.Resampling.BICUBIC, fillcolor=255)
        for seen in (turned, noisy(turned), jpeg(turned)):
            assert [code.text for code in zxingcpp.read_barcodes(seen)] == [url]


def test_the_least_width_that_is_accepted_is_read(house: House) -> None:
    for length in (47, 60):
        text = serial.mint(random.Random(length).randbytes)
        url = ("HTTPS://" + "X" * (length - 33) + "/V/" + text)[:length]
        page = papers.classical(papers.objects(media=(0, 0, 200, 200)))
        width = width_min_mm(url) * POINTS_PER_MM / 200
        image = scanned(house.stamp(page, Placement(1, 0.35, 0.35, width), text, verify_url=url))
        assert [code.text for code in zxingcpp.read_barcodes(image)] == [url]
        assert width_min_mm(url) * 0.69 / modules(url) == pytest.approx(QR_MODULE_MIN_MM)


def test_the_label_carries_the_marks_that_the_rule_names(house: House) -> None:
    sealed = house.stamp(papers.classical(papers.objects(text="isi")))
    (number,) = house.register
    opened = pypdfium2.PdfDocument(sealed)
    opened.init_forms()
    opened[0].flatten()
    text = opened[0].get_textpage().get_text_range()
    for mark in ("METERAI ELEKTRONIK", "10000", "SEPULUH RIBU RUPIAH", number, "SPESIMEN"):
        assert mark in text


def test_specimen_is_faint_over_the_qr_and_absent_in_production() -> None:
    number = "0" * 22
    with_it = appearance.draw(number, "HTTPS://X.ID/V/" + number, specimen=True)
    without = appearance.draw(number, "HTTPS://X.ID/V/" + number, specimen=False)
    assert with_it.count(b"(SPESIMEN)") == 2
    assert b"SPESIMEN" not in without
    assert appearance.OPACITIES["/G1"] <= 0.2
    assert len(zlib.compress(with_it, 9)) < 15_000


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
