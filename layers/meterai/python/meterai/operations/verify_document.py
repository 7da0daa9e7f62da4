"""Is this stamp genuine? Writes nothing."""

from __future__ import annotations

from dataclasses import dataclass

from meterai.domain.errors import DocumentNotReady, Missing
from meterai.domain.rows import Document, EarlierVersion, Serial, Stamping
from meterai.domain.serial import check, spelled
from meterai.domain.verdict import Affixed, RegisterEntry, Trust, Verdict, judge, serials_to_look_up
from meterai.operations.find import load, loaded
from meterai.ports.documents_pdf import Inspector, Limits
from meterai.ports.ledger import Ledger
from meterai.ports.outside import Sources


@dataclass(frozen=True, slots=True)
class Verified:
    """The verdict, and the affixed stamps that the document or picture shows without carrying their seal: what anybody may
    know of them, for whoever holds a copy to compare."""

    verdict: Verdict
    shown: tuple[Affixed, ...]


def verify_document(ledger: Ledger, inspector: Inspector, data: bytes, *, trust: Trust, limits: Limits) -> Verified:
    """The verdict (putusan keaslian) on the bytes of a document, or of a picture of a page, and on each stamp in it. Raises
    Busy, nothing else."""
    inspection = inspector(data, trust, limits)
    numbers = [*serials_to_look_up(inspection)]
    if not inspection.signatures and (
        later := load(ledger, EarlierVersion, EarlierVersion.id_of(inspection.document_sha256))
    ):
        numbers.append(later.serial)
    found = [load(ledger, Serial, number) for number in numbers]
    register = {serial.id: serial for serial in found if serial is not None}
    return Verified(
        judge(inspection, {number: _entry(serial) for number, serial in register.items()}),
        tuple(
            Affixed(register[number], loaded(ledger, Stamping, register[number].stamping))
            for number in inspection.claimed
            if number in register and register[number].state == "affixed"
        ),
    )


def verify_brought_document(
    ledger: Ledger, sources: Sources, inspector: Inspector, document_id: str, *, trust: Trust, limits: Limits
) -> Verified:
    """The verdict on a document that was uploaded to be verified. Raises Missing, DocumentNotReady, DocumentTooLarge, Busy."""
    document = load(ledger, Document, document_id)
    if document is None or document.purpose != "verify" or document.status == "deleted":
        raise Missing("no document to verify has this id")
    stored = sources.latest(document_id, most_bytes=limits.size_max)
    if stored is None:
        raise DocumentNotReady("nothing was uploaded yet")
    return verify_document(ledger, inspector, stored.data, trust=trust, limits=limits)


def look_up_serial(ledger: Ledger, text: str) -> Affixed:
    """The public state of one serial number. One that is unknown and one that is not affixed are never told apart: Missing, or
    SerialMistyped where the check characters of our own do not fit and no upstream issuer's is so called."""
    serial = spelled(text)
    row = load(ledger, Serial, serial)
    if row is None or row.state != "affixed":
        check(serial)
        raise Missing("no affixed stamp has this serial")
    return Affixed(row, loaded(ledger, Stamping, row.stamping))


def _entry(serial: Serial) -> RegisterEntry:
    return RegisterEntry(
        serial=serial.id,
        state=serial.state,
        input_sha256=serial.input_sha256,
        input_length=serial.input_length,
        sealed_sha256=serial.sealed_sha256,
    )
