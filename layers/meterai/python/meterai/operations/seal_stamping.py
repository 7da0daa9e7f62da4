"""The seal: a reserved piece becomes a stamp, or returns to its owner; whoever works on it, and wherever they are killed.

The sealed key decides. A worker, a sweep and a cancel all put there with If-None-Match and obey what they read back.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from meterai.domain.errors import Busy, DocumentAltered, DocumentUnreadable, Unacceptable
from meterai.domain.ids import RandomBytes
from meterai.domain.ledger import GateClosed
from meterai.domain.moves import stamping as moves
from meterai.domain.placement import Placement
from meterai.domain.rows import Document, Serial, Stamping
from meterai.domain.serial import mint
from meterai.domain.verdict import Trust
from meterai.operations.find import load, loaded
from meterai.operations.number_stamping import number_stamping, picture_of
from meterai.operations.verify_document import verify_document
from meterai.ports.documents_pdf import Inspector, Limits, Sealer
from meterai.ports.issuer import Issuer, Upstream
from meterai.ports.ledger import Ledger
from meterai.ports.outside import TOMBSTONE, SealedFiles, Sources
from meterai.ports.sealing import TimestampAuthority

LEASE = timedelta(seconds=25)
"""How long a worker holds a stamping: past the function's timeout (20 s), short of the message's visibility (30 s)."""


@dataclass(frozen=True, slots=True)
class Judge:
    """Who looks at a stamped document before it is stamped again."""

    inspector: Inspector
    trust: Trust
    limits: Limits = Limits()  # noqa: RUF009 - frozen


@dataclass(frozen=True, slots=True)
class Press:
    """What seals: the PDF package, the issuer, the witness of time, and how its stamps look here; who judges the documents that
    carry a stamp already (none: where no document ever does); the issuer once more where it is an upstream one, which gives
    serials out; and whether it can be asked now."""

    sealer: Sealer
    issuer: Issuer
    timestamps: TimestampAuthority
    verify_url: Callable[[str], str]
    specimen: bool
    judge: Judge | None = None
    upstream: Upstream | None = None
    ready: Callable[[], bool] = lambda: True


def seal_stamping(
    ledger: Ledger,
    sources: Sources,
    sealed: SealedFiles,
    press: Press,
    *,
    stamping_id: str,
    now: datetime,
    random: RandomBytes,
) -> Stamping:
    """Bring one stamping to its end: done, or released because of its document. Any number of workers, any number of times.

    While the issuer is left alone it is returned as it is: the row waits, and its message with it for nothing
    (operations/drain_line.py sends it again). Raises Busy or TimestampUnavailable when it must be tried again; the piece then
    stays reserved."""
    stamping = loaded(ledger, Stamping, stamping_id)
    if stamping.ended or not press.ready():
        return stamping
    resumed = stamping.serial is not None
    stamping = _assign(ledger, stamping, press, now, random)
    if stamping.serial is None and press.upstream is not None:
        stamping = number_stamping(ledger, press.upstream, stamping, now)
    serial = stamping.serial or ""
    if resumed and (there := sealed.read(stamping.id, serial)) is not None:
        return obey(ledger, stamping, there, now)  # a worker before this one came as far as the key
    source = sources.pinned(stamping.document, stamping.version)
    if source is None or hashlib.sha256(source).hexdigest() != stamping.sha256:
        return end(ledger, sealed, stamping, DocumentUnreadable.code, now)
    if press.judge is not None and _altered(ledger, press.judge, stamping, source):
        return end(ledger, sealed, stamping, DocumentAltered.code, now)
    try:
        stamped = press.sealer(
            source,
            placement=Placement(
                stamping.page, stamping.x / 1_000_000, stamping.y / 1_000_000, stamping.width / 1_000_000
            ),
            serial=serial,
            verify_url=press.verify_url(serial),
            specimen=press.specimen,
            signer=press.issuer.signer(serial, again=resumed),
            timestamps=press.timestamps,
            now=now,
            image=picture_of(ledger, stamping),
        )
    except Unacceptable as refusal:
        return end(ledger, sealed, stamping, refusal.code, now)
    return obey(ledger, stamping, sealed.keep(stamping.id, serial, stamped), now)


def _altered(ledger: Ledger, judge: Judge, stamping: Stamping, source: bytes) -> bool:
    """Whether this is a stamped document that somebody altered since: we never sign over somebody's alteration. Every signed
    document is judged, since an alteration may begin with the name of the stamp's field."""
    document = load(ledger, Document, stamping.document)
    if document is None or not document.signed:
        return False
    verdict = verify_document(ledger, judge.inspector, source, trust=judge.trust, limits=judge.limits).verdict
    return verdict.verdict not in ("authentic", "review") and bool(document.stamped or verdict.stamps)


def end(ledger: Ledger, sealed: SealedFiles, stamping: Stamping, reason: str, now: datetime) -> Stamping:
    """Release a stamping for `reason`, through a tombstone when it has a serial; if sealed bytes were there first, they win."""
    if stamping.serial:
        there = sealed.keep(stamping.id, stamping.serial, TOMBSTONE + reason.encode())
        return obey(ledger, stamping, there, now)
    return _released(ledger, stamping, reason, now)


def obey(ledger: Ledger, stamping: Stamping, there: bytes, now: datetime) -> Stamping:
    """Make the ledger agree with what was read back from the sealed key: a tombstone releases, bytes commit."""
    if there.startswith(TOMBSTONE):
        return _released(ledger, stamping, there.removeprefix(TOMBSTONE).decode(), now)
    serial = stamping.serial or ""
    with suppress(GateClosed):  # somebody committed these very bytes already
        digest = hashlib.sha256(there).hexdigest()
        ledger.apply(moves.commit(stamping, serial, digest, len(there), now))
    return loaded(ledger, Stamping, stamping.id)


def _released(ledger: Ledger, stamping: Stamping, reason: str, now: datetime) -> Stamping:
    with suppress(GateClosed):  # it ended meanwhile, or got a serial: the row says which
        ledger.apply(moves.release(stamping, reason, now))
    return loaded(ledger, Stamping, stamping.id)


def _assign(ledger: Ledger, stamping: Stamping, press: Press, now: datetime, random: RandomBytes) -> Stamping:
    """Take the stamping for this worker; a serial that it has stays its own, and one of ours is minted. Raises Busy while
    another's lease lives."""
    serial = None
    if stamping.serial is None and press.upstream is None:
        serial = Serial(id=mint(random), state="issued", stamping=stamping.id, issuer=press.issuer.name, issued_at=now)
    try:
        ledger.apply(moves.assign(stamping, serial, now, now + LEASE))
    except GateClosed:
        raise Busy("another worker has this stamping") from None
    taken = load(ledger, Stamping, stamping.id)
    if taken is None or taken.status != "sealing":
        raise Busy("the stamping moved on")
    return taken
