"""Preflight: an uploaded document is looked at once, and the version that was looked at is pinned."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from typing import Any

from meterai.domain.errors import DocumentTooLarge, DocumentUnreadable, Refusal
from meterai.domain.ledger import GateClosed
from meterai.domain.moves import stamping as moves
from meterai.domain.rows import Document, Report
from meterai.operations.find import find, load, loaded
from meterai.ports.documents_pdf import Examination, Examiner, Limits
from meterai.ports.ledger import Ledger
from meterai.ports.outside import Sources


@dataclass(frozen=True, slots=True)
class Examined:
    """A document and, once it has been uploaded and looked at, what was found."""

    document: Document
    report: Report | None


def examine_document(
    ledger: Ledger, sources: Sources, examiner: Examiner, *, account: str, document_id: str, limits: Limits
) -> Examined:
    """The owner's document; if its bytes have arrived and nobody has looked at them yet, they are looked at now.

    What is wrong with a document is its status and findings, never an exception. Raises Missing, Busy."""
    document = find(ledger, Document, document_id, owner=account)
    if document.status == "awaiting_upload":
        _examine(ledger, sources, examiner, document, limits)
        document = loaded(ledger, Document, document_id)
    return Examined(document, load(ledger, Report, document_id))


def _examine(ledger: Ledger, sources: Sources, examiner: Examiner, document: Document, limits: Limits) -> None:
    try:
        stored = sources.latest(document.id, most_bytes=limits.size_max)
    except DocumentTooLarge as refusal:
        found = replace(document, status="refused", refusal=refusal.code)
        report = Report(id=document.id, pages=[], findings=[_finding(refusal)])
    else:
        if stored is None:
            return
        seen = examiner(stored.data, limits)
        found = judged(document, seen, version=stored.version, announced=True)
        report = reported(document, seen, announced=True, repairs=None)
    with suppress(GateClosed):  # somebody else looked first: that finding stands
        ledger.apply(moves.examined(document, found, report))


def judged(document: Document, seen: Examination, *, version: str, announced: bool) -> Document:
    """The document's row as an examination of this version leaves it; `announced` asks whether the bytes are those whose hash
    the owner told beforehand."""
    first_error = _first_error(seen, document if announced else None)
    return replace(
        document,
        status="refused" if first_error else "ready",
        size=seen.size,
        version=version,
        sha256=seen.sha256,
        refusal=first_error,
        stamped=bool(seen.stamps),
        signed=seen.signatures > 0,
    )


def _first_error(seen: Examination, document: Document | None) -> str | None:
    if document is not None and document.announced_sha256 and document.announced_sha256 != seen.sha256:
        return DocumentUnreadable.code
    return next((finding.code for finding in seen.findings if finding.severity == "error"), None)


def reported(document: Document, seen: Examination, *, announced: bool, repairs: list[dict[str, Any]] | None) -> Report:
    """What an examination saw, as it is kept."""
    findings = [
        {name: value for name, value in asdict(finding).items() if value is not None} for finding in seen.findings
    ]
    if announced and document.announced_sha256 and document.announced_sha256 != seen.sha256:
        findings.insert(0, {"code": "upload_incomplete", "severity": "error", "repairable": False})
    pages: list[dict[str, Any]] = [
        {"width": round(page.width * 1000), "height": round(page.height * 1000), "rotation": page.rotation}
        for page in seen.pages
    ]
    suggested = None
    if (at := seen.suggested_placement) is not None:
        suggested = {"page": at.page, "x": millionths(at.x), "y": millionths(at.y), "width": millionths(at.width)}
        if seen.suggested_ink is not None:
            suggested["ink"] = millionths(seen.suggested_ink)
    return Report(id=document.id, pages=pages, findings=findings, suggested_placement=suggested, repairs=repairs)


def _finding(refusal: Refusal) -> dict[str, Any]:
    return {"code": refusal.code, "severity": "error", "repairable": False}


def millionths(fraction: float) -> int:
    """A fraction as the table keeps it: whole millionths."""
    return round(fraction * 1_000_000)
