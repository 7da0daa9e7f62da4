"""An upstream issuer's own picture in the place of our label: sealed, believed and read like any other stamp of ours."""

from __future__ import annotations

import base64
import io

import pypdfium2  # type: ignore[import-untyped]
import pytest
import zxingcpp
from PIL import Image

from local.perurisim.issuer import picture
from meterai.domain.errors import Busy
from meterai.domain.verdict import judge
from meterai.pdf import own_signature
from meterai.pdf.inspect import inspect
from meterai.ports.documents_pdf import STAMP_SIZE_MAX
from tests.unit.pdf import papers
from tests.unit.pdf.conftest import House

SERIAL = "7Q2ZK0W1N5T8C3Y6H4B9XM"
PICTURE = base64.b64decode(picture(SERIAL))


def noise(edge: int) -> bytes:
    """A picture that hardly packs."""
    written = io.BytesIO()
    Image.effect_noise((edge, edge), 90).convert("RGB").save(written, "PNG")
    return written.getvalue()


@pytest.mark.parametrize("specimen", [True, False])
def test_a_stamp_with_the_issuers_picture_is_authentic_and_its_code_is_read_from_the_page(
    house: House, specimen: bool
) -> None:
    sealed = house.stamp(papers.classical(papers.objects()), number=SERIAL, image=PICTURE, specimen=specimen)
    inspection = inspect(sealed, house.pki.trust)
    assert judge(inspection, house.register).verdict == "authentic"
    assert [one.serial for one in inspection.signatures] == [SERIAL]
    document = pypdfium2.PdfDocument(sealed)
    document.init_forms()
    drawn = document[0].render(scale=150 / 72, may_draw_forms=True).to_pil()
    assert f"SPESIMEN {SERIAL}" in [code.text for code in zxingcpp.read_barcodes(drawn)]


def test_outside_production_the_issuers_picture_is_crossed_too(house: House) -> None:
    source = papers.classical(papers.objects())
    pages = []
    for specimen in (True, False):
        document = pypdfium2.PdfDocument(house.stamp(source, number=SERIAL, image=PICTURE, specimen=specimen))
        document.init_forms()
        pages.append(document[0].render(scale=2, may_draw_forms=True).to_pil().tobytes())
    assert pages[0] != pages[1]


def test_the_quick_reader_knows_it_as_ours(house: House) -> None:
    sealed = house.stamp(papers.classical(papers.objects()), number=SERIAL, image=PICTURE)
    assert [one.serial for one in own_signature.read(sealed, house.pki.trust) or []] == [SERIAL]


@pytest.mark.parametrize("edge", [40, 300, 1200])
def test_a_picture_of_any_size_stays_a_small_stamp(house: House, edge: int) -> None:
    source = papers.classical(papers.objects())
    sealed = house.stamp(source, number=SERIAL, image=noise(edge))
    assert len(sealed) - len(source) < STAMP_SIZE_MAX
    assert judge(inspect(sealed, house.pki.trust), house.register).verdict == "authentic"


@pytest.mark.parametrize("wrong", [b"", b"\x89PNG\r\n\x1a\n", b"GIF89a", PICTURE[: len(PICTURE) // 2]])
def test_a_picture_that_cannot_be_drawn_is_never_the_documents_fault(house: House, wrong: bytes) -> None:
    with pytest.raises(Busy):
        house.stamp(papers.classical(papers.objects()), number=SERIAL, image=wrong)
