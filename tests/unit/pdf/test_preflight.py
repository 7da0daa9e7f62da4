from __future__ import annotations

import base64
import hashlib
import random
import shutil
import subprocess
import sys
import zlib
from dataclasses import replace
from pathlib import Path

import pytest
from pypdf._codecs._codecs import LzwCodec

from meterai.domain.errors import (
    Busy,
    DocumentCertified,
    DocumentEncrypted,
    DocumentTooComplex,
    DocumentTooLarge,
    DocumentTooManyPages,
    DocumentUnreadable,
)
from meterai.domain.placement import PageGeometry, check
from meterai.pdf.inflation import inflated
from meterai.pdf.preflight import examine, refusal
from meterai.ports.documents_pdf import Limits
from tests.unit.pdf import papers
from tests.unit.pdf.conftest import House
from tests.unit.pdf.pki import Pki
from tests.unit.pdf.test_repair import scanned
from tests.unit.pdf.test_seal import KINDS, signed_by_somebody


def stream(data: bytes, filters: str, extra: str = "") -> bytes:
    return b"<< /Length %d /Filter %s %s >>\nstream\n%s\nendstream" % (
        len(data),
        filters.encode(),
        extra.encode(),
        data,
    )


def with_stream(data: bytes, filters: str) -> bytes:
    return papers.classical(papers.objects(more={20: stream(data, filters)}))


def test_an_ordinary_document_is_described() -> None:
    source = papers.classical(papers.objects(pages=3, tree_extra="/Rotate 90 /CropBox [0 0 500 800]"))
    seen = examine(source)
    assert seen.pages == (PageGeometry(800, 500, 90),) * 3
    assert [found.code for found in seen.findings] == ["page_not_a4"]
    assert (seen.signatures, seen.stamps, refusal(seen)) == (0, (), None)
    assert (seen.sha256, seen.size) == (hashlib.sha256(source).hexdigest(), len(source))
    assert seen.suggested_placement is not None
    assert seen.suggested_placement.page == 3
    check(seen.suggested_placement, seen.pages, "HTTPS://EMET.CONTOH.ID/V/" + "0" * 22)


def test_stamps_and_other_signatures_are_told_but_do_not_refuse(house: House) -> None:
    once = house.stamp(papers.streamed(papers.objects()))
    twice = house.stamp(once)
    seen = examine(twice)
    assert seen.signatures == 2
    assert seen.stamps == tuple(house.register)
    assert [(finding.code, finding.severity) for finding in seen.findings] == [("already_stamped", "info")]
    assert refusal(seen) is None


@pytest.mark.parametrize(
    "source",
    [
        b"",
        b"%PDF-1.7",
        b"hello",
        b"\x00" * 5000,
        b"PK\x03\x04" + b"x" * 100,
        papers.classical(papers.objects())[:300],
        papers.classical(papers.objects(pages=0)),
        papers.classical(papers.objects() | {2: b"<< /Type /Pages /Count 1 /Kids [2 0 R] >>"}),
        papers.classical(papers.objects() | {2: b"2 0 R"}),
        papers.classical(papers.objects() | {1: b"null"}),
        papers.classical(papers.objects() | {1: b"[" * 5000}),
    ],
    ids=["empty", "header", "text", "zeros", "zip", "cut", "no page", "loop", "self", "null", "deep"],
)
def test_what_no_reader_opens_is_unreadable(source: bytes) -> None:
    seen = examine(source)
    assert isinstance(refusal(seen), DocumentUnreadable)
    assert (seen.pages, seen.suggested_placement) == ((), None)


def test_a_field_named_twice_is_one_field(house: House) -> None:
    form = "/AcroForm << /Fields [30 0 R 30 0 R] >>"
    field = b"<< /FT /Sig /T (Pihak) /V << /Type /Sig /Contents <00> >> >>"
    source = papers.classical(papers.objects(catalog_extra=form, more={30: field}))
    seen = examine(source)
    assert (refusal(seen), seen.signatures) == (None, 1)


def test_a_page_deep_in_its_tree_is_found() -> None:
    body = papers.objects() | {2: b"<< /Type /Pages /Count 1 /Kids [100 0 R] /MediaBox [0 0 595 842] /Rotate 270 >>"}
    for number in range(100, 400):
        kid = 4 if number == 399 else number + 1
        body[number] = b"<< /Type /Pages /Count 1 /Kids [%d 0 R] >>" % kid
    seen = examine(papers.classical(body))
    assert (refusal(seen), seen.pages) == (None, (PageGeometry(842, 595, 270),))


def test_a_closed_certification_is_refused_and_an_open_one_is_not() -> None:
    for permission, expected in ((1, DocumentCertified), (2, type(None)), (3, type(None))):
        reference = f"<< /TransformMethod /DocMDP /TransformParams << /P {permission} >> >>"
        body = papers.objects(
            catalog_extra="/Perms << /DocMDP 30 0 R >>",
            more={30: f"<< /Type /Sig /Reference [{reference}] >>".encode()},
        )
        assert isinstance(refusal(examine(papers.classical(body))), expected)


def test_what_could_not_be_sealed_is_known_before_anything_is_promised() -> None:
    """The revision is made, read again and thrown away: no piece is reserved for a document that would be refused later."""
    for body, offered in (
        (papers.objects(catalog_extra="/AcroForm 5 0 R"), "rewrite"),
        (papers.objects(catalog_extra="/AcroForm 5 0 R", more={30: b"<< /Type /Sig /ByteRange [0 1 2 3] >>"}), None),
    ):
        seen = examine(papers.classical(body))
        assert isinstance(refusal(seen), DocumentUnreadable)
        assert [found.repair for found in seen.findings if found.severity == "error"] == [offered]
        assert len(seen.pages) == 1


@pytest.mark.skipif(shutil.which("qpdf") is None, reason="qpdf is not installed")
@pytest.mark.parametrize("password", ["", "rahasia"])
def test_an_encrypted_document_is_refused_whatever_its_password(tmp_path: Path, password: str) -> None:
    (tmp_path / "plain.pdf").write_bytes(papers.classical(papers.objects()))
    subprocess.run(
        ["qpdf", "--encrypt", password, "owner", "256", "--", tmp_path / "plain.pdf", tmp_path / "locked.pdf"],
        check=True,
    )
    assert isinstance(refusal(examine((tmp_path / "locked.pdf").read_bytes())), DocumentEncrypted)


def test_a_document_larger_than_allowed_is_not_even_read() -> None:
    seen = examine(papers.classical(papers.objects()), Limits(size_max=100))
    assert isinstance(refusal(seen), DocumentTooLarge)


def test_more_pages_objects_or_revisions_than_allowed_are_too_complex() -> None:
    source = papers.classical(papers.objects(pages=5))
    for number in range(3):
        source = papers.appended(source, {40: b"<< /Number %d >>" % number})
    assert refusal(examine(source)) is None
    assert isinstance(refusal(examine(source, Limits(pages_max=4))), DocumentTooManyPages)
    for limits in (Limits(objects_max=12), Limits(xref_sections_max=3)):
        assert isinstance(refusal(examine(source, limits)), DocumentTooComplex)


def test_a_bomb_is_too_complex() -> None:
    layers = zlib.compress(zlib.compress(zlib.compress(bytes(100_000_000), 9), 9), 9)
    assert len(layers) < 400
    for filters, data in (
        ("[/FlateDecode /FlateDecode /FlateDecode]", layers),
        ("/FlateDecode", zlib.compress(bytes(80_000_000), 9)),
        ("[/Fl /ASCIIHexDecode /Fl /Fl]", b"x"),
    ):
        assert isinstance(refusal(examine(with_stream(data, filters))), DocumentTooComplex)
    assert refusal(examine(with_stream(zlib.compress(bytes(60_000_000), 9), "/FlateDecode"))) is None


PACKED = zlib.compress(bytes(1_000_000), 9)


@pytest.mark.parametrize(
    ("filters", "data"),
    [
        ("[/ASCIIHexDecode /FlateDecode]", PACKED.hex().encode() + b">"),
        ("[/AHx /Fl]", PACKED.hex("\n", 40).encode() + b">"),
        ("[/ASCII85Decode /FlateDecode]", base64.a85encode(PACKED) + b"~>"),
        ("[/A85 /Fl]", base64.a85encode(PACKED, wrapcol=72) + b"~>"),
        ("[/FlateDecode /RunLengthDecode]", zlib.compress(b"\x81\x00" * 8_000)),
        ("/RunLengthDecode", b"\x81\x00" * 8_000),
        ("[/FlateDecode /LZWDecode]", zlib.compress(LzwCodec().encode(bytes(1_000_000)))),
        ("/FlateDecode", PACKED[:-4] + b"oops"),
        ("/FlateDecode", PACKED[:-4]),
    ],
    ids=["hex", "short hex", "ascii85", "lines", "runs", "plain runs", "lzw", "damaged", "cut"],
)
def test_a_bomb_is_found_behind_every_filter(filters: str, data: bytes) -> None:
    source = with_stream(data, filters)
    assert isinstance(refusal(examine(source, Limits(inflated_max=950_000))), DocumentTooComplex)
    assert refusal(examine(source, Limits(inflated_max=2_000_000))) is None


@pytest.mark.parametrize("data", [b"", b"a", b"abc" * 3000, bytes(70_000), random.Random(4).randbytes(30_000)])
def test_what_a_filter_makes_is_counted_as_another_decoder_makes_it(data: bytes) -> None:
    made = LzwCodec().encode(data)
    for filters, packed, before in (
        (("/FlateDecode",), zlib.compress(data), 0),
        (("/ASCII85Decode", "/LZWDecode"), base64.a85encode(made) + b"~>", len(made)),
        (("/ASCIIHexDecode",), data.hex().encode() + b">", 0),
        (("/FlateDecode", "/DCTDecode"), zlib.compress(data), 0),
        (("/DCTDecode", "/FlateDecode"), zlib.compress(data), -len(data)),
    ):
        assert inflated(packed, filters, 10**7) == before + len(data)


def test_many_streams_count_together() -> None:
    part = stream(zlib.compress(bytes(10_000_000), 9), "/FlateDecode")
    assert refusal(examine(papers.classical(papers.objects(more=dict.fromkeys(range(20, 26), part))))) is None
    assert isinstance(
        refusal(examine(papers.classical(papers.objects(more=dict.fromkeys(range(20, 29), part))))), DocumentTooComplex
    )


def test_the_child_needs_nothing_that_was_not_imported_before(house: House, stranger: Pki, tmp_path: Path) -> None:
    """It can open no file: whatever a document makes a library import has to be there already."""
    for name, make in KINDS.items():
        document = house.stamp(make(stranger))
        (tmp_path / f"{name}.pdf").write_bytes(
            signed_by_somebody(document, stranger, "Lain") if name not in ("hybrid", "small size entry") else document
        )
    twice = signed_by_somebody(house.stamp(papers.classical(papers.objects())), stranger.elliptic(), "Saksi")
    (tmp_path / "elliptic.pdf").write_bytes(twice)
    program = """if True:
        import sys
        from datetime import UTC, datetime
        from pathlib import Path
        from meterai.domain.verdict import PinnedKey, Trust
        from meterai.pdf import inspect, preflight, preview, repair
        from meterai.ports.documents_pdf import Limits
        key, root, folder, unsigned = sys.argv[1:]
        ever = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
        trust = Trust((bytes.fromhex(root),), (PinnedKey("own", key, *ever),))
        limits = Limits(cpu_seconds=600)  # of this one process, for all the documents
        before = set(sys.modules)
        for path in sorted(Path(folder).iterdir()):
            seen = preflight._look(limits, path.read_bytes())
            pages = [preflight.PageGeometry(**page) for page in seen["pages"]]
            preflight._draw(pages, limits, path.read_bytes())
            assert preview._drawn(len(pages), [1], limits, path.read_bytes()).told == [1]
            repair._mended("rewrite", None, path.read_bytes())
            looked = inspect._look(trust, Limits(), path.read_bytes())
            assert all(one["issuer"] in ("own", None) for one in looked["signatures"])
        for how in ("rewrite", "shrink_images", "unlock"):
            assert repair._mended(how, 1, Path(unsigned).read_bytes()).files
        print(sorted(set(sys.modules) - before))
    """
    trust = house.pki.trust
    scan = tmp_path.with_suffix(".pdf")
    scan.write_bytes(scanned(edge=200))
    said = subprocess.run(
        [sys.executable, "-c", program, trust.keys[0].spki_sha256, trust.roots[0].hex(), tmp_path, scan],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": ":".join(sys.path)},
    )
    assert said.stdout.strip() == "[]"


def test_a_document_that_takes_too_long_or_too_much_is_too_complex() -> None:
    source = papers.classical(papers.objects(more=dict.fromkeys(range(20, 9000), b"<< /A [1 2 3] >>")))
    assert isinstance(refusal(examine(source, replace(Limits(), cpu_seconds=0, wall_seconds=0.05))), DocumentTooComplex)


def test_a_child_that_is_given_no_processor_says_nothing_about_the_document() -> None:
    source = papers.classical(papers.objects(more=dict.fromkeys(range(20, 9000), b"<< /A [1 2 3] >>")))
    with pytest.raises(Busy):
        examine(source, replace(Limits(), wall_seconds=0.001))
