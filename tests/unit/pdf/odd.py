"""Files as writers of all kinds make them: valid but seldom seen, and not quite valid."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

import pikepdf
import pypdf

from tests.unit.pdf import papers


def plain(pages: int = 2, **other: Any) -> bytes:
    return papers.classical(papers.objects(pages=pages, **other))


def page(extra: str, more: Mapping[int, bytes] | None = None) -> bytes:
    return plain(1, page_extra=extra, more=more)


def catalog(extra: str, more: Mapping[int, bytes] | None = None) -> bytes:
    return plain(1, catalog_extra=extra, more=more)


def tree(extra: bytes, more: Mapping[int, bytes] | None = None) -> bytes:
    return papers.classical(
        papers.objects(pages=2, more=more) | {2: b"<< /Type /Pages /MediaBox [0 0 595 842] %s >>" % extra}
    )


def saved(**how: Any) -> bytes:
    """As qpdf writes it."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(plain())) as pdf:
        pdf.save(out, **how)
    return out.getvalue()


def cloned() -> bytes:
    """As pypdf writes it, with what it can add."""
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(plain()))
    writer.add_attachment("lampiran.txt", b"x" * 500)
    writer.add_outline_item(title="Halaman", page_number=0)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def revised(times: int) -> bytes:
    made = plain()
    for number in range(times):
        made = papers.appended(made, {40 + number: b"<< >>"})
    return made


TAGGED = "/MarkInfo << /Marked true >> /StructTreeRoot << /Type /StructTreeRoot /K [] /ParentTree << /Nums [] >> >>"
NESTED = {
    30: b"<< /Type /Pages /Parent 2 0 R /Count 1 /Kids [4 0 R] /CropBox [10 10 500 800] >>",
    31: b"<< /Type /Pages /Parent 2 0 R /Count 1 /Kids [6 0 R] /Rotate 90 >>",
    4: b"<< /Type /Page /Parent 30 0 R >>",
    6: b"<< /Type /Page /Parent 31 0 R >>",
}
STEPCHILDREN = NESTED | {4: b"<< /Type /Page /Parent 31 0 R >>", 6: b"<< /Type /Page /Parent 2 0 R >>"}
GARBLED = b"<< /Length 9 /Filter /FlateDecode >>\nstream\nnot zlib!\nendstream"
NUMBERS = {30: b"[0 0 600 800]", 31: b"10", 32: b"20", 33: b"500", 34: b"700.5", 35: b"270"}
LOOSE = {
    1: b"<< /Pages 2 0 R >>",
    2: b"<< /Count 1 /Kids [3 0 R] /MediaBox [0 0 595 842] >>",
    3: b"<< /Parent 2 0 R >>",
}
STAMPED: Mapping[str, bytes] = {
    "linearized": saved(linearize=True),
    "object streams": saved(object_stream_mode=pikepdf.ObjectStreamMode.generate),
    "encrypted RC4": saved(encryption=pikepdf.Encryption(user="", owner="x", R=3, aes=False, metadata=False)),
    "encrypted AES": saved(encryption=pikepdf.Encryption(user="", owner="x")),
    "hybrid": papers.hybrid(papers.objects(pages=2)),
    "pypdf": cloned(),
    "PDF 2.0": papers.classical(papers.objects(), version="2.0"),
    "PDF 1.0": papers.classical(papers.objects(), version="1.0"),
    "newer by its catalog": catalog("/Version /2.0"),
    "tagged": catalog(TAGGED),
    "XFA": catalog("/AcroForm << /Fields [] /NeedAppearances true /XFA [(template) 5 0 R] >>"),
    "an empty signature field": catalog(
        "/AcroForm << /Fields [30 0 R] >>",
        {30: b"<< /FT /Sig /T (Tanda tangan) /Type /Annot /Subtype /Widget /Rect [0 0 0 0] >>"},
    ),
    "a form that is an array": catalog("/AcroForm [ ]"),
    "a form that is null": catalog("/AcroForm null"),
    "a form that is a stream": catalog("/AcroForm 5 0 R"),
    "fields that are null": catalog("/AcroForm << /Fields null /SigFlags null >>"),
    "a store that is an array": catalog("/DSS [ ]"),
    "a store that nobody unpacks": catalog("/DSS << /Certs [30 0 R] >>", {30: GARBLED}),
    "an identifier of one part": papers.classical(papers.objects(), trailer_extra="/ID [<00>]"),
    "an identifier that is null": papers.classical(papers.objects(), trailer_extra="/ID null"),
    "an identifier of numbers": papers.classical(papers.objects(), trailer_extra="/ID [1 2]"),
    "a script": catalog("/Names << /JavaScript << /Names [(a) << /S /JavaScript /JS (x) >>] >> >>"),
    "annotations by reference": page("/Annots 30 0 R", {30: b"[ ]"}),
    "annotations shared": plain(3, page_extra="/Annots 30 0 R", more={30: b"[ ]"}),
    "annotations that are null": page("/Annots null"),
    "annotations that are a dictionary": page("/Annots << >>"),
    "contents in parts": page("/Contents [5 0 R 5 0 R]"),
    "200 pages": plain(200),
    "64 revisions": revised(62),
    "70 revisions": revised(70),
    "a page just large enough": plain(media=(0, 0, 60, 60)),
    "a huge page": plain(media=(0, 0, 20_000, 20_000)),
    "below zero": plain(media=(-500, -700, 95, 142)),
    "far away": plain(media=(100_000, 100_000, 100_595, 100_842)),
    "fractions": plain(media=(0.5, 0.25, 595.276, 841.89)),
    "corners swapped": plain(media=(595, 842, 0, 0)),
    "crop larger than the page": page("/CropBox [-100 -100 900 900]"),
    "crop beside the page": page("/CropBox [900 900 1000 1000]"),
    "boxes by reference": page("/MediaBox 30 0 R /CropBox [31 0 R 32 0 R 33 0 R 34 0 R] /Rotate 35 0 R", NUMBERS),
    "no box": papers.classical(LOOSE | {2: b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>"}),
    "no types": papers.classical(LOOSE),
    "inherited boxes": tree(b"/Count 2 /Kids [30 0 R 31 0 R] /Rotate 180", NESTED),
    "boxes inherited from others than listed": tree(b"/Count 2 /Kids [30 0 R 31 0 R]", STEPCHILDREN),
    "kids by reference": tree(b"/Count 2 /Kids 30 0 R", {30: b"[4 0 R 6 0 R]"}),
    "kids that are no objects": tree(b"/Count 1 /Kids [<< /Type /Page >>]"),
    "kids that loop": tree(b"/Count 2 /Kids [4 0 R 2 0 R]"),
    "kids that are missing": tree(b"/Count 3 /Kids [99 0 R 4 0 R 6 0 R]"),
    "one kid twice": tree(b"/Count 2 /Kids [4 0 R 4 0 R]"),
    "a count too high": tree(b"/Count 7 /Kids [4 0 R 6 0 R]"),
    "another generation": plain().replace(b"4 0 obj", b"4 7 obj").replace(b"[4 0 R", b"[4 7 R"),
    "names spelt out": plain().replace(b"/Type /Page ", b"/Ty#70e /P#61ge "),
    "a size too large": plain().replace(b"/Size 8", b"/Size 8388608"),
    "carriage returns": plain().replace(b"\n", b"\r"),
    "no last line": plain().rstrip(),
    "words before": b"MIME-Version: 1.0\n\n" * 3 + plain(),
    "zeros behind": plain() + bytes(3000),
    **{f"user unit {unit}": page(f"/UserUnit {unit}") for unit in ("0.5", "2.5", "10", "0", "-3", "(x)")},
    "user unit, crop and rotation": page("/UserUnit 2.5 /CropBox [-50 -50 300 400] /Rotate -90"),
    **{
        f"rotated {angle}": page(f"/Rotate {angle} /CropBox [20 30 420 700]")
        for angle in ("-90", "-270", "450", "720", "-1080", "(90)", "90.0", "1 0 R", "null", "-0", "1e30")
    },
}
REFUSED: Mapping[str, tuple[bytes, str]] = {
    "a page of one point": (plain(media=(0, 0, 1, 1)), "placement_too_small"),
    "a page too low": (plain(media=(0, 0, 14_400, 20)), "placement_too_small"),
    "201 pages": (plain(201), "document_too_many_pages"),
    "no kids": (tree(b"/Count 0 /Kids []"), "document_unreadable"),
    "a catalog that is no dictionary": (papers.classical(papers.objects() | {1: b"[ ]"}), "document_unreadable"),
    "a reference to itself": (papers.classical(papers.objects() | {2: b"2 0 R"}), "document_unreadable"),
}
"""The file, and the code that refuses it after every repair."""
