from __future__ import annotations

import io
import random
import zlib
from typing import Any

import pikepdf
import pytest
from PIL import Image

from meterai.domain.errors import (
    DocumentCertified,
    DocumentEncrypted,
    DocumentSigned,
    DocumentTooComplex,
    DocumentTooLarge,
    DocumentUnreadable,
)
from meterai.pdf.preflight import examine, refusal
from meterai.pdf.repair import repair
from meterai.ports.documents_pdf import Limits, Repair
from tests.unit.pdf import papers
from tests.unit.pdf.conftest import House

GOOD = papers.classical(papers.objects(pages=2))


def locked(user: str, owner: str = "pemilik", version: Any = 6) -> bytes:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(GOOD)) as pdf:
        pdf.save(
            out,
            encryption=pikepdf.Encryption(user=user, owner=owner, R=version, aes=version >= 4, metadata=version >= 4),
        )
    return out.getvalue()


def scanned(edge: int = 1200, pages: int = 2) -> bytes:
    """Pages that are pictures, as a scanner makes them."""
    dice = random.Random(1)
    body = papers.objects(pages=pages)
    for index in range(pages):
        noise = Image.frombytes("RGB", (edge // 8, edge // 8), dice.randbytes(3 * (edge // 8) ** 2))
        pixels = noise.resize((edge, edge), Image.Resampling.BICUBIC).tobytes()
        data = zlib.compress(pixels)
        content = b"595 0 0 842 0 0 cm /Im Do"
        body[100 + index] = (
            b"<< /Type /XObject /Subtype /Image /Width %d /Height %d /ColorSpace /DeviceRGB /BitsPerComponent 8"
            b" /Filter /FlateDecode /Length %d >>\nstream\n%s\nendstream" % (edge, edge, len(data), data)
        )
        body[4 + 2 * index] = (
            b"<< /Type /Page /Parent 2 0 R /Contents %d 0 R /Resources << /XObject << /Im %d 0 R >> >> >>"
            % (5 + 2 * index, 100 + index)
        )
        body[5 + 2 * index] = b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content)
    return papers.classical(body)


BROKEN = GOOD.replace(b"startxref", b"startxxxx")


def certified(permission: int) -> bytes:
    reference = f"<< /TransformMethod /DocMDP /TransformParams << /P {permission} >> >>"
    signature = f"<< /Type /Sig /ByteRange [0 1 2 3] /Contents <00> /Reference [{reference}] >>"
    body = papers.objects(catalog_extra="/Perms << /DocMDP 30 0 R >>", more={30: signature.encode()})
    return papers.classical(body)


def test_a_broken_structure_is_offered_a_rewrite_and_then_passes() -> None:
    before = examine(BROKEN)
    assert isinstance(refusal(before), DocumentUnreadable)
    assert [(found.repairable, found.repair) for found in before.findings] == [(True, "rewrite")]
    mended = repair(BROKEN, "rewrite", None)
    after = examine(mended)
    assert (refusal(after), after.findings, len(after.pages)) == (None, (), 2)
    assert repair(BROKEN, "rewrite", None) == mended


def tangled(tree: str, *, catalog: str = "/Pages 2 0 R", more: dict[int, bytes] | None = None, end: str = "") -> bytes:
    """Two pages, 4 and 6, under a page tree and a catalog that somebody wrote wrongly."""
    body = papers.objects(pages=2, more=more)
    body[1] = f"<< /Type /Catalog {catalog} >>".encode()
    body[2] = f"<< /Type /Pages /MediaBox [0 0 595 842] {tree} >>".encode()
    made = papers.classical(body)
    return made.replace(b"/Size 8", b"") if end == "no size" else made


BOTH = "/Count 2 /Kids [4 0 R 6 0 R]"
EMPTY = b"<< /Type /Pages /Parent 2 0 R /Count 0 /Kids [] >>"
TANGLED = {
    "a kid is the tree itself": tangled("/Count 3 /Kids [4 0 R 2 0 R 6 0 R]"),
    "a page twice": tangled("/Count 2 /Kids [4 0 R 4 0 R]"),
    "a page that is no object": tangled("/Count 2 /Kids [4 0 R << /Type /Page >>]"),
    "a page is missing": tangled("/Count 3 /Kids [4 0 R 99 0 R 6 0 R]"),
    "a page is a drawing": tangled("/Count 3 /Kids [4 0 R 5 0 R 6 0 R]"),
    "a tree that is no object": tangled("", catalog=f"/Pages << /Type /Pages /MediaBox [0 0 595 842] {BOTH} >>"),
    "said to be flat": tangled("/Count 3 /Kids [30 0 R 4 0 R 6 0 R]", more={30: EMPTY}),
    "no size": tangled(BOTH, end="no size"),
    "a form that loops": tangled(
        BOTH,
        catalog="/Pages 2 0 R /AcroForm << /Fields [30 0 R] >>",
        more={30: b"<< /T (a) /Kids [31 0 R] >>", 31: b"<< /T (b) /Kids [30 0 R] >>"},
    ),
}


@pytest.mark.parametrize("source", TANGLED.values(), ids=TANGLED)
def test_a_tangle_is_refused_and_a_rewrite_undoes_it(house: House, source: bytes) -> None:
    before = examine(source)
    assert isinstance(refusal(before), DocumentUnreadable)
    assert [found.repair for found in before.findings] == ["rewrite"]
    mended = repair(source, "rewrite", None)
    after = examine(mended)
    assert (refusal(after), len(after.pages)) == (None, 2)
    assert house.stamp(mended, after.suggested_placement).startswith(mended)


def test_pages_inherit_after_a_rewrite_what_they_did_before() -> None:
    inner = b"<< /Type /Pages /Parent 2 0 R /Count 1 /Kids [6 0 R] /Rotate 90 /CropBox [10 10 300 400] >>"
    leaf = b"<< /Type /Page /Parent 30 0 R >>"
    source = tangled("/Count 2 /Kids [4 0 R 30 0 R] /Rotate 180", more={30: inner, 6: leaf})
    mended = repair(source, "rewrite", None)
    assert mended != source
    assert examine(mended).pages == examine(source).pages
    assert [page.rotation for page in examine(mended).pages] == [180, 90]


def test_an_empty_password_is_taken_away_and_a_real_one_is_not() -> None:
    open_to_read, closed = locked(""), locked("rahasia")
    assert [found.repair for found in examine(open_to_read).findings] == ["unlock"]
    assert [(found.code, found.repair) for found in examine(closed).findings] == [("document_encrypted", None)]
    assert refusal(examine(repair(open_to_read, "unlock", None))) is None
    ways: tuple[Repair, ...] = ("unlock", "rewrite", "shrink_images")
    for how in ways:
        with pytest.raises(DocumentEncrypted):
            repair(closed, how, 10_000)
    with pytest.raises(DocumentEncrypted):
        repair(open_to_read, "rewrite", None)


@pytest.mark.parametrize("version", [3, 4, 6])
@pytest.mark.parametrize(("user", "owner"), [("", ""), ("", "pemilik"), ("rahasia", "")])
def test_every_encryption_that_an_empty_password_opens_is_taken_away(user: str, owner: str, version: int) -> None:
    source = locked(user, owner, version)
    opens = user == "" or version == 6  # before revision 5 an empty owner password is the user's (ISO 32000-2, 7.6.4.4)
    assert [found.repair for found in examine(source).findings] == ["unlock" if opens else None]
    if opens:
        seen = examine(repair(source, "unlock", None))
        assert (refusal(seen), len(seen.pages)) == (None, 2)


def test_what_needs_no_repair_stays_as_it_is() -> None:
    assert repair(GOOD, "unlock", None) == GOOD
    assert repair(GOOD, "shrink_images", len(GOOD)) == GOOD


@pytest.mark.parametrize("how", ["rewrite", "shrink_images", "unlock"])
def test_a_signed_document_is_never_rewritten(house: House, how: Any) -> None:
    with pytest.raises(DocumentSigned):
        repair(house.stamp(GOOD), how, 10_000)
    with pytest.raises(DocumentSigned):
        repair(certified(2), how, 10_000)
    with pytest.raises(DocumentCertified):
        repair(certified(1), how, 10_000)


def test_images_are_shrunk_to_the_limit_and_no_further_than_that() -> None:
    source = scanned()
    for limit in (400_000, 150_000):
        mended = repair(source, "shrink_images", limit)
        assert limit * 0.4 < len(mended) <= limit < len(source)
        seen = examine(mended)
        assert (refusal(seen), len(seen.pages)) == (None, 2)
        with pikepdf.open(io.BytesIO(mended)) as pdf:
            picture: Any = pdf.pages[0].Resources.XObject.Im
            assert pikepdf.PdfImage(picture).as_pil_image().mode == "RGB"


def test_a_limit_that_cannot_be_reached_is_said_with_what_was_reached() -> None:
    source = papers.classical(
        papers.objects(more={30: b"<< /Length 60000 >>\nstream\n" + b"x" * 60000 + b"\nendstream"})
    )
    linked = source.replace(b"/Type /Catalog", b"/Kept 30 0 R /Type /Catalog")
    noisy = linked.replace(b"x" * 60000, random.Random(2).randbytes(60000).replace(b"e", b"f"))
    with pytest.raises(DocumentTooLarge) as refused:
        repair(noisy, "shrink_images", 20_000)
    assert int(refused.value.facts["size"] or 0) > int(refused.value.facts["limit"] or 0) == 20_000


@pytest.mark.parametrize("source", [b"", b"%PDF-1.7", b"no pdf at all", GOOD[:200]])
@pytest.mark.parametrize("how", ["rewrite", "shrink_images", "unlock"])
def test_what_nobody_can_open_is_unreadable(source: bytes, how: Any) -> None:
    with pytest.raises(DocumentUnreadable):
        repair(source, how, 10_000)


def test_a_repair_that_takes_too_much_is_too_complex() -> None:
    with pytest.raises(DocumentTooComplex):
        repair(scanned(), "shrink_images", 10_000, Limits(repair_seconds=0))
