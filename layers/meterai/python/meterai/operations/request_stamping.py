"""Asking for a stamp: one piece is set aside for one place on one document, once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from meterai.domain import errors, placement
from meterai.domain.errors import (
    AlreadyStamped,
    Busy,
    DocumentNotReady,
    IdempotencyKeyReused,
    QuotaExhausted,
)
from meterai.domain.ids import derived
from meterai.domain.ledger import GateClosed
from meterai.domain.moves import stamping as moves
from meterai.domain.placement import PageGeometry, Placement
from meterai.domain.rows import Document, Joined, Line, Quota, Report, Stamping
from meterai.domain.seats import NO_SEATS, Seating
from meterai.operations.await_stamping import await_stamping
from meterai.operations.deliver_stamping import Delivery, delivery
from meterai.operations.examine_document import Examined, examine_document, millionths
from meterai.operations.find import load, loaded
from meterai.operations.take_piece import take_piece
from meterai.ports.documents_pdf import Examiner, Limits
from meterai.ports.ledger import Ledger
from meterai.ports.outside import Pause, SealedFiles, Sources


@dataclass(frozen=True, slots=True)
class _Requested:
    stamping: Stamping
    replayed: bool


def request_stamping(
    ledger: Ledger,
    sources: Sources,
    sealed: SealedFiles,
    examiner: Examiner,
    *,
    account: str,
    line: Line,
    document_id: str,
    key: str,
    fingerprint: str,
    where: Placement | None,
    another: bool,
    document_type: str | None,
    reference: str | None,
    metadata: dict[str, str] | None,
    verify_url: Callable[[str], str],
    limits: Limits,
    wait_seconds: float,
    now: datetime,
    pause: Pause,
    seating: Seating = NO_SEATS,
) -> Delivery:
    """Reserve a piece of the document's owner for this document, to be sealed in this line; `where` None takes the suggested
    place. With `wait_seconds` the answer waits that long, at most, for the stamp, where it finds a seat.

    The same Idempotency-Key gives the same stamping; another key for a document that has a stamping gives that one, unless
    `another`. Raises Missing, IdempotencyKeyReused, DocumentNotReady, the document's own refusal, PlacementOffPage,
    PlacementTooSmall, AlreadyStamped (it came with a stamp of ours), QuotaExhausted, Busy."""
    examined = examine_document(ledger, sources, examiner, account=account, document_id=document_id, limits=limits)
    asked = _request(
        ledger, examined, line, key, fingerprint, where, another, document_type, reference, metadata, verify_url, now
    )
    stamping = await_stamping(ledger, asked.stamping, seconds=wait_seconds, seating=seating, now=now, pause=pause)
    return delivery(ledger, sealed, stamping, now, replayed=asked.replayed)


def _request(
    ledger: Ledger,
    examined: Examined,
    line: Line,
    key: str,
    fingerprint: str,
    where: Placement | None,
    another: bool,
    document_type: str | None,
    reference: str | None,
    metadata: dict[str, str] | None,
    verify_url: Callable[[str], str],
    now: datetime,
) -> _Requested:
    document = examined.document
    id = derived("stp", document.account, "POST /v1/stampings", key)
    if (known := load(ledger, Stamping, id)) is not None:
        return _replayed(known, fingerprint)
    if (joined := load(ledger, Joined, id)) is not None:  # read after the document: see moves.join
        return _joined(ledger, joined, fingerprint)
    if document.claim and not another:
        return _join(ledger, document, id, fingerprint)
    version, sha256 = _ready(document)
    if document.stamped and not another:
        raise AlreadyStamped("the document carries a stamp; `another` spends a second piece on it")
    place = _place(examined.report, where, verify_url(ANY_SERIAL))
    stamping = Stamping(
        id=id,
        account=document.account,
        document=document.id,
        fingerprint=fingerprint,
        status="queued",
        version=version,
        sha256=sha256,
        size=document.size,
        page=place.page,
        x=millionths(place.x),
        y=millionths(place.y),
        width=millionths(place.width),
        joined_at=now,
        sent_at=now,
        document_type=document_type,
        reference=reference,
        metadata=metadata,
        line=line,
    )
    try:
        reserved = take_piece(ledger, stamping, another=another, now=now)
    except GateClosed as gate:
        return _refused(ledger, stamping, gate, another)
    return _Requested(reserved, replayed=False)


def _refused(ledger: Ledger, wanted: Stamping, gate: GateClosed, another: bool) -> _Requested:
    """Several reasons can come at once: what is already done is returned before anything is called exhausted."""
    if (known := load(ledger, Stamping, wanted.id)) is not None:
        return _replayed(known, wanted.fingerprint)
    document = loaded(ledger, Document, wanted.document)
    if document.claim and not another:
        return _join(ledger, document, wanted.id, wanted.fingerprint)
    _ready(document)
    if Quota.key_of(wanted.account) in gate.keys:
        raise QuotaExhausted("no piece is available") from None
    raise Busy("the document changed meanwhile") from None


def _replayed(known: Stamping, fingerprint: str) -> _Requested:
    if known.fingerprint != fingerprint:
        raise IdempotencyKeyReused("this Idempotency-Key asked for another stamping")
    return _Requested(known, replayed=True)


def _join(ledger: Ledger, document: Document, id: str, fingerprint: str) -> _Requested:
    """Answer with the stamping that the document has, and keep that this request was answered so."""
    first = _claiming(ledger, document)
    joined = Joined(id=id, stamping=first.id, fingerprint=fingerprint)
    try:
        ledger.apply(moves.join(joined, document))
    except GateClosed:
        known = load(ledger, Joined, id)
        if known is None:
            raise Busy("the document's claim changed meanwhile") from None
        return _joined(ledger, known, fingerprint)
    return _Requested(first, replayed=True)


def _joined(ledger: Ledger, joined: Joined, fingerprint: str) -> _Requested:
    if joined.fingerprint != fingerprint:
        raise IdempotencyKeyReused("this Idempotency-Key asked for another stamping")
    return _Requested(loaded(ledger, Stamping, joined.stamping), replayed=True)


def _claiming(ledger: Ledger, document: Document) -> Stamping:
    """The stamping that a document has: the first that joined."""
    claims = [stamping for id in sorted(document.claim) if (stamping := load(ledger, Stamping, id)) is not None]
    return min(claims, key=lambda stamping: (stamping.joined_at, stamping.id))


def _ready(document: Document) -> tuple[str, str]:
    """The pinned version and its hash. Raises DocumentNotReady, or what preflight refused the document for."""
    if document.status == "refused":
        raise errors.refusal_of(document.refusal or errors.DocumentUnreadable.code)("preflight refused this document")
    if document.status != "ready" or document.purpose != "stamp" or not document.version or not document.sha256:
        raise DocumentNotReady(f"the document is {document.status}")
    return document.version, document.sha256


ANY_SERIAL = "0" * 22
"""What the QR will hold is as long as this (PMK 134/2021 art. 16: 22 characters)."""


def _place(report: Report | None, where: Placement | None, longest_verify_url: str) -> Placement:
    pages: Sequence[PageGeometry] = [
        PageGeometry(page["width"] / 1000, page["height"] / 1000, page["rotation"])
        for page in (report.pages if report else [])
    ]
    suggested = report.suggested_placement if report else None
    if where is None and suggested is not None:
        x, y, width = (suggested[name] / 1_000_000 for name in ("x", "y", "width"))
        where = Placement(suggested["page"], x, y, width)
    if where is None:
        raise errors.PlacementTooSmall("no page can hold a stamp that can be read", pointer="/placement")
    placement.check(where, pages, longest_verify_url)
    return where
