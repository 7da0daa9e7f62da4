"""What the page says of a file before it sends anything."""

from __future__ import annotations

import base64
import io

import pikepdf
from PIL import Image
from pypdf import PdfWriter

from tests.unit.web.node import told

SCRIPT = """
const { look } = await import(`${WEB}/page/looks.js`);
tell(given.map((each) => look(new Uint8Array(Buffer.from(each, "base64")))));
"""


def looked(*files: bytes) -> list[dict[str, object]]:
    found: list[dict[str, object]] = told(SCRIPT, [base64.b64encode(each).decode() for each in files])
    return found


def pdf(width: float = 595.28, height: float = 841.89, password: str | None = None) -> bytes:
    writer, out = PdfWriter(), io.BytesIO()
    writer.add_blank_page(width, height)
    if password is not None:
        writer.encrypt(password, owner_password="pemilik")
    writer.write(out)
    return out.getvalue()


def packed(source: bytes) -> bytes:
    """The same with its cross references and its objects in streams."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(source)) as opened:
        opened.save(out, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    return out.getvalue()


def test_a_file_of_another_kind_is_named() -> None:
    photo = io.BytesIO()
    Image.new("RGB", (9, 9)).save(photo, "JPEG")
    kinds = [each["kind"] for each in looked(b"", b"bukan PDF", photo.getvalue(), b"PK\x03\x04word", b"\x89PNG\r\n")]
    assert kinds == ["empty", "other", "picture", "office", "picture"]


def test_a_file_that_no_one_would_take_is_too_large() -> None:
    (found,) = looked(pdf() + b"\n%" + b"0" * (10 * 1024 * 1024))
    assert found == {"kind": "too_large"}


def test_a_pdf_tells_its_paper() -> None:
    papers = [
        each["paper"]
        for each in looked(pdf(), pdf(841.89, 595.28), pdf(609.4, 935.4), pdf(612, 792), pdf(300, 300), packed(pdf()))
    ]
    assert papers[:5] == ["A4", "A4", "F4", "Letter", "106 × 106 mm"]
    assert papers[5] in ("A4", None)


def test_an_encrypted_pdf_is_seen_and_a_plain_one_is_not() -> None:
    assert [each["encrypted"] for each in looked(pdf(password="rahasia"), pdf(password=""), pdf(), packed(pdf()))] == [
        True,
        True,
        False,
        False,
    ]


def test_a_certified_pdf_is_seen() -> None:
    certified = pdf().replace(b"/Type /Catalog", b"/Type /Catalog /Perms << /DocMDP 9 0 R >>")
    assert [each["certified"] for each in looked(certified, pdf())] == [True, False]
