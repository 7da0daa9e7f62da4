"""What is sealed is believed by other people's tools: pyHanko's validator, pdfsig, qpdf."""

from __future__ import annotations

import hashlib
import io
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pypdfium2  # type: ignore[import-untyped]
import pytest
from asn1crypto import cms as asn1_cms
from asn1crypto import x509
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import SigFieldSpec, enumerate_sig_fields
from pyhanko.sign.signers.pdf_cms import SimpleSigner
from pyhanko.sign.signers.pdf_signer import PdfSignatureMetadata, PdfSigner
from pyhanko.sign.validation import async_validate_pdf_signature
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore
from pypdf import PdfReader

from meterai.domain.errors import (
    Busy,
    DocumentCertified,
    DocumentEncrypted,
    DocumentUnreadable,
    PlacementOffPage,
    TimestampUnavailable,
)
from meterai.domain.placement import Placement
from meterai.domain.verdict import judge
from meterai.pdf import cms
from meterai.pdf import seal as sealing
from meterai.pdf.inspect import inspect
from meterai.ports.documents_pdf import STAMP_SIZE_MAX
from tests.unit.pdf import papers
from tests.unit.pdf.conftest import House
from tests.unit.pdf.pki import NOW, Clock, KeySigner, Pki

_Registry: Any = SimpleCertificateStore
FORM = "/AcroForm << /Fields [20 0 R] /DR << /Font << /Helv 3 0 R >> >> /DA (/Helv 0 Tf) /NeedAppearances true >>"
FIELD = b"<< /Type /Annot /Subtype /Widget /FT /Tx /T (nama) /V (Budi) /Rect [72 600 300 620] /P 4 0 R /F 4 >>"


def signed_by_somebody(
    source: bytes, who: Pki, field: str = "Pihak", box: tuple[int, int, int, int] | None = None
) -> bytes:
    """A signature as pyHanko makes it, by somebody else."""
    from asn1crypto import keys
    from cryptography.hazmat.primitives import serialization

    private = keys.PrivateKeyInfo.load(
        who.signer.key.private_bytes(
            serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    registry: Any = _Registry()
    registry.register(x509.Certificate.load(who.signer.chain[1]))
    signer: Any = SimpleSigner(x509.Certificate.load(who.signer.chain[0]), private, registry)
    new: Any = SigFieldSpec(field, on_page=0, box=box) if box else None
    out: Any = PdfSigner(PdfSignatureMetadata(field_name=field, reason="Setuju"), signer, new_field_spec=new).sign_pdf(
        IncrementalPdfFileWriter(io.BytesIO(source))
    )
    return bytes(out.getvalue())


def linearized(source: bytes) -> bytes:
    if shutil.which("qpdf") is None:
        pytest.skip("qpdf is not installed")
    with tempfile.TemporaryDirectory() as folder:
        plain, made = Path(folder, "plain.pdf"), Path(folder, "made.pdf")
        plain.write_bytes(source)
        subprocess.run(["qpdf", "--linearize", plain, made], check=True)
        return made.read_bytes()


KINDS: dict[str, Callable[[Pki], bytes]] = {
    "table": lambda _: papers.classical(papers.objects(pages=2)),
    "stream": lambda _: papers.streamed(papers.objects(pages=2)),
    "hybrid": lambda _: papers.hybrid(papers.objects()),
    "old version": lambda _: papers.classical(papers.objects(), version="1.3"),
    "no last line end": lambda _: papers.classical(papers.objects(), end=b""),
    "form": lambda _: papers.classical(
        papers.objects(catalog_extra=FORM, page_extra="/Annots [20 0 R]", more={20: FIELD})
    ),
    "form apart": lambda _: papers.streamed(
        papers.objects(
            catalog_extra="/AcroForm 21 0 R",
            page_extra="/Annots 22 0 R",
            more={20: FIELD, 21: b"<< /Fields 23 0 R /SigFlags 0 >>", 22: b"[20 0 R]", 23: b"[20 0 R]"},
        )
    ),
    "null form": lambda _: papers.classical(
        papers.objects(catalog_extra="/AcroForm null", page_extra="/Annots 30 0 R", more={30: b"null"})
    ),
    "rotated": lambda _: papers.classical(papers.objects(tree_extra="/Rotate 270")),
    "cropped": lambda _: papers.classical(papers.objects(page_extra="/CropBox [100 100 400 500] /UserUnit 2")),
    "updated": lambda _: papers.appended(papers.classical(papers.objects()), {40: b"<< /Later true >>"}),
    "signed": lambda who: signed_by_somebody(papers.classical(papers.objects()), who),
    "signed, stream": lambda who: signed_by_somebody(papers.streamed(papers.objects()), who),
    "small size entry": lambda _: papers.classical(papers.objects()).replace(b"/Size 6", b"/Size 3"),
    "linearized": lambda _: linearized(papers.classical(papers.objects(pages=3))),
}


@pytest.fixture(params=KINDS, scope="module")
def source(request: pytest.FixtureRequest, stranger: Pki) -> bytes:
    return KINDS[request.param](stranger)


def status(document: bytes, pki: Pki, only: str = "") -> list[Any]:
    """pyHanko's word on each signature (whose field's name starts with `only`) in the order of signing, with our root as the
    only one."""
    reader = PdfFileReader(io.BytesIO(document), strict=False)
    names = enumerate_sig_fields(reader, filled_status=True)
    signatures = [EmbeddedPdfSignature(reader, field, name) for name, _, field in names if name.startswith(only)]
    found = []
    for signature in sorted(signatures, key=lambda one: one.signed_revision):
        roots = [x509.Certificate.load(pki.trust.roots[0])]
        context = ValidationContext(trust_roots=roots, allow_fetching=False, moment=NOW + timedelta(hours=1))
        found.append(at_once(async_validate_pdf_signature(signature, context)))
    return found


def at_once(work: Any) -> Any:
    """What a coroutine gives that never waits."""
    try:
        work.send(None)
    except StopIteration as end:
        return end.value
    raise AssertionError("it wanted to wait")


def test_earlier_bytes_are_untouched_and_pyhanko_trusts_the_seal(house: House, source: bytes) -> None:
    sealed = house.stamp(source)
    assert sealed.startswith(source)
    assert len(sealed) - len(source) < 40_960
    last = status(sealed, house.pki)[-1]
    assert last.bottom_line
    assert last.coverage.name == "ENTIRE_FILE"
    assert last.timestamp_validity.valid
    assert last.timestamp_validity.trusted
    assert last.timestamp_validity.timestamp == NOW
    assert last.md_algorithm == "sha256"


@pytest.mark.skipif(shutil.which("pdfsig") is None, reason="pdfsig is not installed")
def test_pdfsig_calls_every_signature_valid_and_the_last_one_total(house: House, source: bytes, tmp_path: Path) -> None:
    (tmp_path / "sealed.pdf").write_bytes(house.stamp(house.stamp(source)))
    said = subprocess.run(
        ["pdfsig", "-nocert", tmp_path / "sealed.pdf"], capture_output=True, text=True, check=False
    ).stdout
    assert said.count("Signature is Valid") == said.count("Signature #") >= 2
    assert said.count("Total document signed") == 1
    assert said.index("Total document signed") > said.rindex("Signature #")


@pytest.mark.skipif(shutil.which("qpdf") is None, reason="qpdf is not installed")
def test_qpdf_finds_no_more_than_before(house: House, source: bytes, tmp_path: Path) -> None:
    worse = {0: 0, 3: 1, 2: 2}  # qpdf's exit codes: clean, warnings, errors
    codes = []
    for name, data in (("before.pdf", source), ("after.pdf", house.stamp(source))):
        (tmp_path / name).write_bytes(data)
        codes.append(
            worse[subprocess.run(["qpdf", "--check", tmp_path / name], capture_output=True, check=False).returncode]
        )
    assert codes[1] <= codes[0]
    assert codes[0] == 0 or b"/Size 3" in source


def test_the_signature_dictionary_is_as_the_field_has_it(house: House) -> None:
    sealed = house.stamp(papers.classical(papers.objects()))
    (number,) = house.register
    reader = PdfFileReader(io.BytesIO(sealed))
    form = reader.root["/AcroForm"]
    (field,) = list(form["/Fields"])
    value = field.get_object()["/V"]
    assert form["/SigFlags"] == 3
    assert field.get_object()["/T"] == f"Emet{number}"
    assert (value["/SubFilter"], value["/Name"]) == ("/ETSI.CAdES.detached", "e-meterai_signatures")
    assert re.fullmatch(rf"\[{number}\] .+", value["/Reason"])
    assert value["/M"] == "D:20240904170000Z"
    assert "/Reference" not in value
    assert "/Perms" not in reader.root


def test_a_form_keeps_what_it_held(house: House, stranger: Pki) -> None:
    for kind in ("form", "form apart"):
        sealed = house.stamp(KINDS[kind](stranger))
        form = PdfFileReader(io.BytesIO(sealed)).root["/AcroForm"]
        names = [str(field.get_object()["/T"]) for field in form["/Fields"]]
        assert names[0] == "nama"
        assert len(names) == 2
        assert form["/SigFlags"] == 3
    assert PdfFileReader(io.BytesIO(house.stamp(KINDS["form"](stranger)))).root["/AcroForm"]["/DA"] == "/Helv 0 Tf"


def dss(document: bytes) -> dict[str, list[bytes]]:
    """What the document's DSS holds, key by key."""
    store = PdfFileReader(io.BytesIO(document)).root["/DSS"]
    return {key: [stream.get_object().data for stream in store[key]] for key in store if key != "/Type"}


def test_a_fresh_stamp_is_b_lt_in_its_own_revision(house: House) -> None:
    source = papers.classical(papers.objects())
    sealed = house.stamp(source)
    data = house.pki.validation.data
    assert dss(sealed) == {"/Certs": [*data.certificates], "/CRLs": [*data.crls]}
    assert sealed.count(b"%%EOF") == source.count(b"%%EOF") + 1
    assert b"/VRI" not in sealed


def test_pyhanko_needs_nothing_but_the_file_and_the_root_to_know_that_nothing_was_revoked(house: House) -> None:
    for before in (papers.classical(papers.objects()), house.stamp(papers.streamed(papers.objects()))):
        sealed = house.stamp(before, Placement(1, 0.5, 0.1, 0.35))
        reader = PdfFileReader(io.BytesIO(sealed))
        given: dict[str, Any] = {
            "trust_roots": [x509.Certificate.load(house.pki.trust.roots[0])],
            "allow_fetching": False,
            "revocation_mode": "hard-fail",
            "moment": NOW + timedelta(hours=1),
        }
        for signature in reader.embedded_signatures:
            context: Any = DocumentSecurityStore.read_dss(reader).as_validation_context(given)
            found = at_once(async_validate_pdf_signature(signature, context, context))
            assert found.bottom_line
            assert found.timestamp_validity.trusted
        bare = house.stamp(papers.classical(papers.objects()), validation=None)
        (signature,) = PdfFileReader(io.BytesIO(bare)).embedded_signatures
        assert not at_once(async_validate_pdf_signature(signature, ValidationContext(**given, crls=[]))).trusted


def test_a_second_stamp_adds_nothing_to_the_store_that_it_has(house: House) -> None:
    first = house.stamp(papers.classical(papers.objects()))
    second = house.stamp(first, Placement(1, 0.5, 0.1, 0.35))
    assert dss(second) == dss(first)


def test_a_store_that_somebody_made_is_extended(house: House, stranger: Pki) -> None:
    theirs = stranger.signer.chain[1]
    stream = b"<< /Length %d >>\nstream\n%s\nendstream" % (len(theirs), theirs)
    made = {
        "in the catalog": papers.objects(catalog_extra="/DSS << /Certs [50 0 R] /VRI << >> >>", more={50: stream}),
        "apart": papers.objects(
            catalog_extra="/DSS 51 0 R", more={50: stream, 51: b"<< /Certs 52 0 R /VRI << >> >>", 52: b"[50 0 R]"}
        ),
    }
    for body in made.values():
        sealed = house.stamp(papers.classical(body))
        store = PdfFileReader(io.BytesIO(sealed)).root["/DSS"]
        certificates = [one.get_object().data for one in store["/Certs"]]
        assert certificates == [theirs, *house.pki.validation.data.certificates]
        assert "/VRI" in store
        assert len(store["/CRLs"]) == 1
        assert status(sealed, house.pki)[-1].bottom_line


@pytest.mark.parametrize("level", ["B-B", "B-T", "B-LT"])
@pytest.mark.parametrize("key", ["rsa", "p256"])
def test_every_level_with_either_kind_of_key_is_valid_and_small(house: House, key: str, level: str) -> None:
    pki = house.pki.elliptic() if key == "p256" else house.pki
    other: dict[str, Any] = {"B-B": {"timestamps": None, "validation": None}, "B-T": {"validation": None}, "B-LT": {}}[
        level
    ]
    source = papers.classical(papers.objects())
    sealed = House(pki, house.random, house.register).stamp(source, **other)
    last = status(sealed, pki)[-1]
    assert last.bottom_line
    assert last.coverage.name == "ENTIRE_FILE"
    assert (last.timestamp_validity is None) == (level == "B-B")
    assert len(sealed) - len(source) < STAMP_SIZE_MAX
    verdict = judge(inspect(sealed, pki.trust), house.register).verdict
    assert verdict == ("review" if level == "B-B" else "authentic")


@pytest.mark.parametrize("key", ["rsa2048", "p256"])
def test_what_the_template_encodes_is_what_another_encoder_would(house: House, key: str) -> None:
    pki = house.pki if key == "rsa2048" else house.pki.elliptic()
    template = cms.template(pki.signer.chain)
    attributes = template.attributes(bytes(32))
    der = template.signature(b"value", attributes, house.pki.clock.token(bytes(32)))
    parsed = asn1_cms.ContentInfo.load(der, strict=True)
    assert parsed.debug is not None
    again = asn1_cms.ContentInfo.load(der).copy()
    assert again.dump(force=True) == der
    (info,) = parsed["content"]["signer_infos"]
    assert info["signature"].native == b"value"
    assert info["signed_attrs"].untag().dump(force=True) == attributes
    certificate = x509.Certificate.load(pki.signer.chain[0])
    assert info["sid"].native == {"issuer": certificate.issuer.native, "serial_number": certificate.serial_number}
    assert info["signature_algorithm"].signature_algo == {"rsa2048": "rsassa_pkcs1v15", "p256": "ecdsa"}[key]
    assert {one.chosen.dump() for one in parsed["content"]["certificates"]} == set(pki.signer.chain)
    assert [one["type"].native for one in info["unsigned_attrs"]] == ["signature_time_stamp_token"]
    assert {one["type"].native for one in info["signed_attrs"]} == {
        "content_type",
        "message_digest",
        "signing_certificate_v2",
    }


def test_the_last_page_of_a_flat_tree_and_of_a_deep_one_is_found(house: House) -> None:
    deep = papers.objects(pages=3) | {
        2: b"<< /Type /Pages /Count 3 /Kids [30 0 R 8 0 R] /MediaBox [0 0 595 842] >>",
        30: b"<< /Type /Pages /Count 2 /Kids [4 0 R 6 0 R] /Parent 2 0 R >>",
    }
    for body in (papers.objects(pages=3), deep):
        sealed = house.stamp(papers.classical(body), Placement(3, 0.1, 0.1, 0.35))
        stamped = [bool(page.get("/Annots")) for page in PdfReader(io.BytesIO(sealed)).pages]
        assert stamped == [False, False, True]
    with pytest.raises(PlacementOffPage):
        house.stamp(papers.classical(deep), Placement(4, 0.1, 0.1, 0.35))


def test_the_seal_is_loaded_without_pyhankos_signing_half() -> None:
    """What that saves at a cold start is in bench/results/seal.json."""
    program = (
        "import sys, meterai.pdf.seal;"
        "print([name for name in sys.modules if name.startswith(('pyhanko.sign', 'aiohttp'))], 'pyhanko' in sys.modules)"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[] True"


def test_somebody_elses_earlier_signature_stays_intact(house: House, stranger: Pki) -> None:
    sealed = house.stamp(signed_by_somebody(papers.classical(papers.objects()), stranger))
    before, after = status(sealed, house.pki)
    assert before.intact
    assert before.valid
    assert before.modification_level.name in ("LTA_UPDATES", "FORM_FILLING")
    assert after.bottom_line


def test_three_stamps_leave_each_other_intact(house: House) -> None:
    document = papers.streamed(papers.objects(pages=2))
    for index in range(3):
        document = house.stamp(document, Placement(1 + index % 2, 0.1 + 0.25 * index, 0.5, 0.1))
    assert [one.bottom_line for one in status(document, house.pki)] == [True] * 3


@pytest.mark.parametrize("signed", [False, True], ids=["unsigned", "signed"])
def test_pages_that_share_their_annotations_do_not_share_the_stamp(house: House, stranger: Pki, signed: bool) -> None:
    """Writers may let several pages name one array (ISO 32000-2, 7.3.10): what is added to it shows on all of them."""
    source = papers.classical(papers.objects(pages=3, page_extra="/Annots 30 0 R", more={30: b"[ ]"}))
    source = signed_by_somebody(source, stranger) if signed else source
    sealed = house.stamp(source, Placement(2, 0.1, 0.1, 0.35))
    pages = PdfReader(io.BytesIO(sealed)).pages
    marks = [[mark.get_object().get("/T") for mark in page.get("/Annots", [])] for page in pages]
    (number,) = house.register
    assert [f"Emet{number}" in names for names in marks] == [False, True, False]
    assert [one.intact and one.valid for one in status(sealed, house.pki)] == [True] * (1 + signed)
    if signed:
        assert status(sealed, house.pki)[0].modification_level.name in ("LTA_UPDATES", "FORM_FILLING")


def test_the_stamped_page_is_not_rendered_blank(house: House) -> None:
    source = papers.classical(papers.objects())
    sums = []
    for document in (source, house.stamp(source)):
        opened = pypdfium2.PdfDocument(document)
        opened.init_forms()
        sums.append(sum(opened[0].render(scale=1).to_pil().convert("L").histogram()[:128]))
    assert sums[0] > 50
    assert sums[1] > sums[0] + 500


def test_a_token_larger_than_its_room_is_asked_for_once_more(house: House) -> None:
    clock = replace(house.pki.clock, ballast=20_000, asked=[])
    sealed = house.stamp(papers.classical(papers.objects()), timestamps=clock)
    assert len(clock.asked) == 2
    assert status(sealed, house.pki)[-1].bottom_line


class Silent:
    def token(self, digest: bytes) -> bytes:
        raise TimestampUnavailable


class Confused:
    def __init__(self, clock: Clock) -> None:
        self.clock = clock

    def token(self, digest: bytes) -> bytes:
        return self.clock.token(hashlib.sha256(digest).digest())


class Garbled:
    def token(self, digest: bytes) -> bytes:
        return b"<html>502 Bad Gateway</html>"


def test_a_timestamp_that_is_not_ours_is_unavailable_never_the_documents_fault(house: House) -> None:
    for clock in (Silent(), Confused(house.pki.clock), Garbled()):
        with pytest.raises(TimestampUnavailable):
            house.stamp(papers.classical(papers.objects()), timestamps=clock)


def test_a_key_that_does_not_fit_its_certificate_never_seals(house: House, stranger: Pki) -> None:
    with pytest.raises(Busy):
        house.stamp(papers.classical(papers.objects()), signer=KeySigner(stranger.signer.key, house.pki.signer.chain))


class Broken(Exception):
    pass


class BrokenSigner:
    chain: tuple[bytes, ...] = ()

    def sign(self, data: bytes) -> bytes:
        raise Broken


def test_a_failing_signer_is_not_blamed_on_the_document(house: House) -> None:
    signer = BrokenSigner()
    signer.chain = house.pki.signer.chain
    with pytest.raises(Broken):
        house.stamp(papers.classical(papers.objects()), signer=signer)


def test_want_of_memory_is_not_blamed_on_the_document(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def exhausted(*_: Any, **__: Any) -> None:
        raise MemoryError

    monkeypatch.setattr("meterai.pdf.seal.PdfFileReader", exhausted)
    with pytest.raises(Busy):
        house.stamp(papers.classical(papers.objects()), Placement(1, 0.1, 0.1, 0.1))


def test_what_cannot_be_sealed_is_refused_by_name(house: House) -> None:
    where = Placement(1, 0.1, 0.1, 0.1)
    locked = papers.classical(papers.objects(), trailer_extra="/Encrypt << /Filter /Standard /V 1 /R 2 >>")
    reference = "<< /TransformMethod /DocMDP /TransformParams << /P 1 >> >>"
    closed = papers.classical(
        papers.objects(catalog_extra=f"/Perms << /DocMDP << /Type /Sig /Reference [{reference}] >> >>")
    )

    def refused(source: bytes, placement: Placement) -> type:
        with pytest.raises(Exception) as caught:  # noqa: PT011
            sealing.seal(
                source,
                placement=placement,
                serial="0" * 22,
                verify_url="HTTPS://X.ID/V/" + "0" * 22,
                specimen=True,
                signer=house.pki.signer,
                timestamps=house.pki.clock,
                now=NOW,
            )
        return caught.type

    assert refused(b"", where) is DocumentUnreadable
    assert refused(papers.classical(papers.objects())[:200], where) is DocumentUnreadable
    assert refused(locked, where) is DocumentEncrypted
    assert refused(closed, where) is DocumentCertified
    assert refused(papers.classical(papers.objects()), Placement(2, 0.1, 0.1, 0.1)) is PlacementOffPage


def test_a_form_that_is_not_there_is_as_good_as_none(house: House) -> None:
    """A reference to an object that does not exist is null (ISO 32000-2, 7.3.10)."""
    sealed = house.stamp(papers.classical(papers.objects(catalog_extra="/AcroForm 70 0 R")))
    assert status(sealed, house.pki)[-1].bottom_line


def test_an_identifier_keeps_its_first_part_and_one_that_is_none_is_made(house: House) -> None:
    """ISO 32000-2, 14.4: two strings, the first of which stays for good."""
    for written, kept in (("[<0011> <2233>]", b"\x00\x11"), ("[<0011>]", None), ("null", None), ("[1 2]", None)):
        sealed = house.stamp(papers.classical(papers.objects(), trailer_extra=f"/ID {written}"))
        first, second = PdfFileReader(io.BytesIO(sealed)).document_id
        assert (first == kept, len(second)) == (kept is not None, 16)


def test_the_same_arguments_and_another_run_give_a_stamp_that_differs_only_in_its_identifier(house: House) -> None:
    source = papers.classical(papers.objects(), trailer_extra="/ID [<00> <00>]")
    one, two = (house.stamp(source, number="0" * 22) for _ in range(2))
    assert len(one) == len(two)
    assert hashlib.sha256(one[: len(source)]).digest() == hashlib.sha256(source).digest()
