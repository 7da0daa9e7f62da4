"""A document as its owner looks at it: examined, and with a picture of its pages."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from meterai.domain.ledger import GateClosed
from meterai.domain.moves import stamping as moves
from meterai.domain.rows import Document, Report
from meterai.operations.examine_document import examine_document
from meterai.operations.find import load, loaded
from meterai.ports.documents_pdf import Examiner, Limits, Previewer
from meterai.ports.ledger import Ledger
from meterai.ports.outside import Documents

LINK_SECONDS = 900
"""How long a link to a picture works."""


@dataclass(frozen=True, slots=True)
class Looked:
    """A document, what was found in it, and links to pictures of its pages by version and page."""

    document: Document
    report: Report | None
    previews: Mapping[tuple[str, int], str] = field(default_factory=dict)


def show_document(
    ledger: Ledger,
    documents: Documents,
    examiner: Examiner,
    previewer: Previewer,
    *,
    account: str,
    document_id: str,
    limits: Limits,
) -> Looked:
    """The owner's document; pictures are made when it is first looked at, and once. Raises Missing, Busy."""
    examined = examine_document(ledger, documents, examiner, account=account, document_id=document_id, limits=limits)
    document, report = examined.document, examined.report
    if document.status == "ready" and report is not None and report.previews is None:
        _make(ledger, documents, previewer, document, report, limits)
        document, report = loaded(ledger, Document, document_id), load(ledger, Report, document_id)
    return Looked(document, report, _links(documents, document, report))


def _make(
    ledger: Ledger, documents: Documents, previewer: Previewer, document: Document, report: Report, limits: Limits
) -> None:
    version = document.version or ""
    source = documents.pinned(document.id, version)
    if source is None or hashlib.sha256(source).hexdigest() != document.sha256:
        return
    pictures = previewer(source, len(report.pages), limits)
    for page, picture in pictures.items():
        documents.keep_preview(document.id, version, page, picture)
    try:
        ledger.apply(moves.previewed(document, report, sorted(pictures)))
    except GateClosed:
        if loaded(ledger, Document, document.id).status == "deleted":
            documents.delete(document.id)  # pictures of a document that went meanwhile go too


def _links(documents: Documents, document: Document, report: Report | None) -> dict[tuple[str, int], str]:
    if report is None or document.status == "deleted":
        return {}
    kept = [(str(one["version"]), page) for one in report.repairs or [] for page in one["previews"][:1]]
    kept += [(document.version or "", page) for page in report.previews or []]
    return {
        (version, page): documents.preview_link(document.id, version, page, seconds=LINK_SECONDS)
        for version, page in kept
    }
