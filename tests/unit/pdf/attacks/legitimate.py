"""What is honest: every one of these keeps its stamps authentic."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

import pikepdf
from asn1crypto import x509
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.signers.pdf_signer import PdfTimeStamper
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko_certvalidator import ValidationContext

from meterai.domain.placement import Placement
from meterai.domain.verdict import Trust
from tests.unit.pdf import papers
from tests.unit.pdf.attacks.kinds import Scene
from tests.unit.pdf.attacks.storing import packed_validation_data
from tests.unit.pdf.pki import NOW, Pki, _der, _Stamper
from tests.unit.pdf.test_seal import KINDS, signed_by_somebody


@dataclass(frozen=True)
class Honest:
    """An honest file: what it makes, how many stamps it has, the code of the first one's reason, what is believed."""

    make: Callable[[Scene], bytes]
    stamps: int
    code: str
    trust: Callable[[Scene], Trust]


LEGITIMATE: dict[str, Honest] = {}


def honest(stamps: int = 1, code: str = "whole", trust: Callable[[Scene], Trust] | None = None) -> Callable[..., None]:
    def keep(make: Callable[[Scene], bytes]) -> None:
        LEGITIMATE[make.__name__] = Honest(make, stamps, code, trust or (lambda scene: scene.house.pki.trust))

    return keep


def _with_signer(scene: Scene) -> Trust:
    return replace(scene.house.pki.trust, signers=(scene.stranger.pin(),))


def _stamped(scene: Scene, document: bytes, times: int) -> bytes:
    for index in range(times):
        document = scene.house.stamp(document, Placement(1, 0.05 + 0.17 * index, 0.4, 0.1))
    return document


@honest()
def one_stamp(scene: Scene) -> bytes:
    return _stamped(scene, papers.classical(papers.objects()), 1)


@honest(2)
def two_stamps(scene: Scene) -> bytes:
    return _stamped(scene, papers.classical(papers.objects()), 2)


@honest(5)
def five_stamps(scene: Scene) -> bytes:
    return _stamped(scene, papers.streamed(papers.objects()), 5)


@honest()
def the_state_between_two_stamps(scene: Scene) -> bytes:
    """cut off where the first stamp ended: what was stamped once is there, and no more is said"""
    first = _stamped(scene, papers.classical(papers.objects()), 1)
    return _stamped(scene, first, 2)[: len(first)]


@honest()
def sealed_at_b_b_with_validation_left_out(scene: Scene) -> bytes:
    return scene.house.stamp(papers.classical(papers.objects()), validation=None)


@honest()
def unlocked_before_stamping(scene: Scene) -> bytes:
    """a document with an empty password, unlocked and then stamped"""
    locked, opened = io.BytesIO(), io.BytesIO()
    with pikepdf.open(io.BytesIO(papers.classical(papers.objects()))) as document:
        document.save(locked, encryption=pikepdf.Encryption(owner="pemilik", user="", R=6))
    with pikepdf.open(io.BytesIO(locked.getvalue())) as document:
        document.save(opened)
    return scene.house.stamp(opened.getvalue())


@honest(code="signed_later_by_known", trust=_with_signer)
def signed_later_by_somebody_known(scene: Scene) -> bytes:
    return signed_by_somebody(one(scene), scene.stranger)


@honest(2, "signed_later_by_known", _with_signer)
def stamped_signed_and_stamped(scene: Scene) -> bytes:
    return scene.house.stamp(signed_by_somebody(one(scene), scene.stranger), Placement(1, 0.1, 0.5, 0.1))


@honest(code="signed_later_by_known", trust=_with_signer)
def signed_later_twice_by_somebody_known(scene: Scene) -> bytes:
    return signed_by_somebody(signed_by_somebody(one(scene), scene.stranger), scene.stranger, "Saksi")


@honest(trust=_with_signer)
def signed_before_by_somebody_known(scene: Scene) -> bytes:
    return scene.house.stamp(signed_by_somebody(papers.classical(papers.objects()), scene.stranger))


@honest(code="validation_data_added")
def validation_data_later(scene: Scene) -> bytes:
    return with_validation_data(one(scene), scene)


@honest(code="validation_data_added")
def validation_data_later_on_cross_reference_streams(scene: Scene) -> bytes:
    return with_validation_data(scene.house.stamp(papers.streamed(papers.objects())), scene)


@honest(code="validation_data_added")
def validation_data_where_there_was_none(scene: Scene) -> bytes:
    return with_validation_data(scene.house.stamp(papers.classical(papers.objects()), validation=None), scene)


@honest(code="validation_data_added")
def validation_data_on_pdf_1_4(scene: Scene) -> bytes:
    """validation data on a PDF 1.4, where pyHanko declares a newer version in the catalog"""
    return with_validation_data(scene.house.stamp(papers.classical(papers.objects(), version="1.4")), scene)


@honest(code="validation_data_added")
def validation_data_in_an_object_stream(scene: Scene) -> bytes:
    """validation data as others append it: dictionaries in an object stream, and a cross-reference stream"""
    return packed_validation_data(replace(scene, sealed=one(scene)))


@honest(code="validation_data_added")
def validation_data_twice(scene: Scene) -> bytes:
    first = with_validation_data(one(scene), scene)
    return with_validation_data(first, scene, scene.stranger.signer.chain[1])


@honest(code="validation_data_added")
def validation_data_on_a_document_with_a_title(scene: Scene) -> bytes:
    titled = papers.classical(papers.objects(more={30: b"<< /Title (Surat) >>"}), trailer_extra="/Info 30 0 R")
    return with_validation_data(scene.house.stamp(titled), scene)


@honest(code="validation_data_added", trust=_with_signer)
def validation_data_after_somebody_known(scene: Scene) -> bytes:
    return with_validation_data(signed_by_somebody(one(scene), scene.stranger), scene)


@honest(code="timestamped_later")
def timestamped_for_the_archive(scene: Scene) -> bytes:
    """PAdES B-LTA as pyHanko makes it: a document timestamp, and its validation data"""
    return archived(one(scene), scene.house.pki)


@honest(code="timestamped_later")
def timestamped_for_the_archive_twice(scene: Scene) -> bytes:
    return archived(archived(one(scene), scene.house.pki), scene.house.pki)


def one(scene: Scene) -> bytes:
    return scene.house.stamp(papers.classical(papers.objects()))


def with_validation_data(sealed: bytes, scene: Scene, certificate: bytes | None = None) -> bytes:
    """What pyHanko appends when it keeps validation data for somebody else's certificate."""
    out = io.BytesIO(sealed)
    kept = x509.Certificate.load(certificate or scene.stranger.signer.chain[0])
    DocumentSecurityStore.add_dss(out, sig_contents=b"AB" * 40, certs=[kept])
    assert len(out.getvalue()) > len(sealed)
    return out.getvalue()


def archived(sealed: bytes, pki: Pki) -> bytes:
    """A document timestamp by the clock of these authorities, as pyHanko makes one."""
    clock = pki.clock
    stamper = _Stamper(x509.Certificate.load(_der(clock.certificate)), clock.key, fixed_dt=NOW + timedelta(days=1))
    context = ValidationContext(
        trust_roots=[x509.Certificate.load(root) for root in pki.trust.roots],
        allow_fetching=False,
        crls=[pki.crl()],
        moment=NOW,
    )
    made = PdfTimeStamper(stamper).timestamp_pdf(IncrementalPdfFileWriter(io.BytesIO(sealed)), "sha256", context)
    return bytes(made.getvalue())


def _of_every_kind(kind: str) -> None:
    def make(scene: Scene) -> bytes:
        return scene.house.stamp(KINDS[kind](scene.stranger))

    make.__name__ = "on_" + kind.replace(",", "").replace(" ", "_")
    honest()(make)


for _kind in sorted(KINDS):
    _of_every_kind(_kind)
