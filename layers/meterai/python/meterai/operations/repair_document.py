"""A repair (perbaikan): the owner has something done to an unsigned document, and the result is what will be sealed."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

from meterai.domain.errors import (
    Busy,
    DocumentInUse,
    DocumentNotReady,
    DocumentTooComplex,
    DocumentUnreadable,
    refusal_of,
)
from meterai.domain.instants import spell
from meterai.domain.ledger import GateClosed
from meterai.domain.moves import stamping as moves
from meterai.domain.rows import Document, Report
from meterai.operations.examine_document import Examined, examine_document, judged, reported
from meterai.operations.find import load, loaded
from meterai.ports.documents_pdf import Examiner, Limits, Repair, Repairer
from meterai.ports.ledger import Ledger
from meterai.ports.outside import RepairedSources

REPAIRS_MAX = 10
"""How often one document may be repaired: each time keeps a version more of it."""


def repair_document(
    ledger: Ledger,
    sources: RepairedSources,
    examiner: Examiner,
    repairer: Repairer,
    *,
    account: str,
    document_id: str,
    how: Repair,
    size_max: int | None,
    limits: Limits,
    now: datetime,
) -> Examined:
    """The owner's document after this repair; `size_max` (bytes) belongs to `shrink_images`. The repaired bytes are a new
    version of the same document: they are examined again and pinned, and the one before stays in storage until the
    document goes. Doing it twice is doing it once.

    Raises Missing, DocumentNotReady, DocumentInUse (a stamping claims it), what the repair or the second examination
    refuses (a subclass of Unacceptable; nothing changes then), Busy."""
    examined = examine_document(ledger, sources, examiner, account=account, document_id=document_id, limits=limits)
    document, report = examined.document, examined.report
    if document.status not in ("ready", "refused") or document.purpose != "stamp" or report is None:
        raise DocumentNotReady(f"the document is {document.status}")
    if _done(document, report, how, size_max):
        return examined
    if document.claim:
        raise DocumentInUse("a stamping has this document")
    if len(report.repairs or []) >= REPAIRS_MAX:
        raise DocumentTooComplex(f"a document is repaired at most {REPAIRS_MAX} times", limit=REPAIRS_MAX)
    source = _pinned(sources, document)
    mended = repairer(source, how, size_max, limits)
    if mended == source:
        return examined
    seen = examiner(mended, limits)
    found = judged(document, seen, version="", announced=False)
    if found.refusal is not None:
        raise refusal_of(found.refusal)("what the repair made would still be refused")
    if len(seen.pages) < len(report.pages):
        raise DocumentUnreadable("the repair would lose pages")
    found = judged(document, seen, version=sources.keep(document.id, mended), announced=False)
    after = reported(document, seen, announced=False, repairs=[*(report.repairs or []), _record(examined, how, now)])
    try:
        ledger.apply(moves.repaired(document, found, after))
    except GateClosed:
        return _refused(ledger, sources, document_id, how, size_max)
    return Examined(loaded(ledger, Document, document_id), load(ledger, Report, document_id))


def _done(document: Document, report: Report, how: Repair, size_max: int | None) -> bool:
    """Whether the document is as this repair would make it already, because of this repair."""
    done = any(one["repair"] == how for one in report.repairs or [])
    return done and (how != "shrink_images" or document.size <= (size_max or 0))


def _pinned(sources: RepairedSources, document: Document) -> bytes:
    """The very bytes that were examined. Raises DocumentUnreadable when they are gone, or never were what their owner
    announced."""
    announced = document.announced_sha256
    if document.version is None or (document.status == "refused" and announced not in (None, document.sha256)):
        raise DocumentUnreadable("the upload is not what was announced: bring the document again")
    source = sources.pinned(document.id, document.version)
    if source is None or hashlib.sha256(source).hexdigest() != document.sha256:
        raise DocumentUnreadable("what was examined is gone")
    return source


def _record(examined: Examined, how: Repair, now: datetime) -> dict[str, Any]:
    """What the document was before this repair."""
    document, report = examined.document, examined.report
    return {
        "repair": how,
        "at": spell(now),
        "version": document.version,
        "sha256": document.sha256,
        "size": document.size,
        "findings": [finding["code"] for finding in (report.findings if report else [])],
        "previews": list((report.previews if report else None) or []),
    }


def _refused(ledger: Ledger, sources: RepairedSources, document_id: str, how: Repair, size_max: int | None) -> Examined:
    """The document moved on meanwhile: deleted, claimed, or repaired by somebody who was first."""
    document = loaded(ledger, Document, document_id)
    report = load(ledger, Report, document_id)
    if document.status == "deleted":
        sources.delete(document_id)  # the version that was put a moment ago goes with the others
        raise DocumentNotReady("the document is deleted")
    if report is not None and _done(document, report, how, size_max):
        return Examined(document, report)
    if document.claim:
        raise DocumentInUse("a stamping has this document")
    raise Busy("the document changed while it was being repaired")
