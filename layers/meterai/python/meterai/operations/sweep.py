"""The sweep: whatever stopped on its way is set going again, and documents go when their time is over.

It heals; it never releases a stamping, and never gives up."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache, partial
from itertools import chain
from typing import Literal

from meterai.domain.errors import Refusal
from meterai.domain.instants import spell
from meterai.domain.ledger import GateClosed, Key, Row
from meterai.domain.moves import letters, purchase, refund, stamping
from meterai.domain.outbox import AGENDA_SHARDS, LAPSES_AFTER, LOOK_AGAIN_AFTER, RESEND_AFTER, agenda, agenda_key
from meterai.domain.rows import Attempt, Document, Letter, Noun, Refund, Serial, Stamping
from meterai.operations.credit import credit
from meterai.operations.delete_document import delete_document
from meterai.operations.find import load
from meterai.operations.guard import issuer_waits
from meterai.operations.offer_refund import offer_refund
from meterai.operations.reclaim_serials import adopt_strays, reclaim_serial
from meterai.operations.seal_stamping import obey
from meterai.ports.gateway import Gateways
from meterai.ports.issuer import Upstream
from meterai.ports.ledger import Ledger
from meterai.ports.outside import Executions, SealedFiles, SealQueue, Sources

SWEPT: tuple[type[Noun], ...] = (Stamping, Attempt, Refund, Document)
DUE: tuple[type[Noun], ...] = (*SWEPT, Letter, Serial)
"""What the agenda knows. Letters and burnt serials are found there alone: one that a restart cut short is due soon enough."""
ASK_AT = (timedelta(minutes=5), timedelta(minutes=15), timedelta(minutes=60))
"""After the first question at one minute: when an attempt is asked about again, counted from its beginning; then daily."""
LAST_SETTLEMENT = timedelta(days=7)
"""The provider settles nothing later than this; from then on the settlement report decides."""


@dataclass(slots=True)
class Swept:
    """How many rows were looked at and set going, and the codes of what must be tried again."""

    looked_at: int = 0
    failed: list[str] = field(default_factory=list)


def sweep(
    ledger: Ledger,
    sources: Sources,
    sealed: SealedFiles,
    queue: SealQueue,
    executions: Executions,
    gateways: Gateways,
    *,
    rows: Literal["due", "open"],
    now: datetime,
    upstream: Upstream | None = None,
    most: int = 500,
) -> Swept:
    """Look at what the agenda says is due, or (`open`, daily and after a restart) at every row that has not ended.

    One row that cannot be helped now never keeps the sweep from the next."""
    swept = Swept()
    waits = cache(partial(issuer_waits, ledger))
    for kind, id, place in _due(ledger, now, most) if rows == "due" else _open(ledger):
        swept.looked_at += 1
        try:
            with suppress(GateClosed):  # it moved by itself
                restart = rows == "open"
                if kind is Serial:
                    _reclaim(ledger, upstream, id)
                else:
                    _heal(
                        ledger,
                        sources,
                        sealed,
                        queue,
                        executions,
                        gateways,
                        kind,
                        id,
                        now,
                        restart=restart,
                        waits=waits,
                    )
            if place is not None:
                _tick_off(ledger, kind, id, place, now)
        except Refusal as refusal:
            swept.failed.append(refusal.code)
    if rows == "open" and upstream is not None:
        try:
            swept.looked_at += adopt_strays(ledger, upstream, now=now)
        except Refusal as refusal:
            swept.failed.append(refusal.code)
    return swept


_Task = tuple[type[Noun], str, Key | None]


def _due(ledger: Ledger, now: datetime, most: int) -> Iterator[_Task]:
    for kind in DUE:
        for shard in range(AGENDA_SHARDS):
            partition = agenda(kind.name, shard)
            for row in ledger.page(partition, after=None, limit=most, newest_first=False):
                if str(row["sk"]) < spell(now):
                    yield kind, str(row["id"]), (partition, str(row["sk"]))


def _open(ledger: Ledger) -> Iterator[_Task]:
    rows = chain.from_iterable(((kind, row) for row in ledger.scan(kind.name)) for kind in SWEPT)
    yield from ((kind, str(row["pk"]), None) for kind, row in rows if not _ended(kind, row))


def _ended(kind: type[Noun], row: Row) -> bool:
    if kind is Attempt:
        return "ask_at" not in row
    if kind is Serial:
        return row["state"] != "burnt"
    if kind is Document:
        return row["status"] == "deleted"
    if kind is Letter:
        return row["status"] != "queued"
    return row["status"] in ("done", "released", "refunded", "rejected", "cancelled")


def _tick_off(ledger: Ledger, kind: type[Noun], id: str, place: Key, now: datetime) -> None:
    """Take a row off the agenda when it rests. A change of the row moves its place through the stream; a refund whose clock
    runs does not change, so it is looked at again later."""
    row = ledger.get(kind.key_of(id))
    if row is None or _ended(kind, row):
        ledger.project(drop=[place])
    elif kind is Refund:
        later = agenda_key(kind.key_of(id), spell(now + LOOK_AGAIN_AFTER))
        ledger.project(put=[(later, {"id": id, "noun": kind.name})], drop=[place])


def _heal(
    ledger: Ledger,
    sources: Sources,
    sealed: SealedFiles,
    queue: SealQueue,
    executions: Executions,
    gateways: Gateways,
    kind: type[Noun],
    id: str,
    now: datetime,
    *,
    restart: bool,
    waits: Callable[[], bool],
) -> None:
    found = load(ledger, kind, id)
    if isinstance(found, Stamping):
        _heal_stamping(ledger, sealed, queue, found, now, restart=restart, waits=waits)
    elif isinstance(found, Attempt):
        _ask(ledger, gateways, found, now)
    elif isinstance(found, Document) and found.kept_until < now:
        delete_document(ledger, sources, account=found.account, document_id=found.id)
    elif isinstance(found, Refund) and found.status == "unconfirmed":
        if found.updated_at + LAPSES_AFTER <= now:
            ledger.apply(refund.drop(found, "cancelled", "lapsed", now))
    elif isinstance(found, Letter) and found.status == "queued":
        ledger.apply(letters.resend_letter(found, now))
    elif isinstance(found, Refund) and not found.ended and not executions.running(found.id, found.execution):
        ledger.apply(refund.rewind(found))


def _reclaim(ledger: Ledger, upstream: Upstream | None, id: str) -> None:
    serial = load(ledger, Serial, id)
    if serial is not None and upstream is not None:
        reclaim_serial(ledger, upstream, serial)


def _heal_stamping(
    ledger: Ledger,
    sealed: SealedFiles,
    queue: SealQueue,
    found: Stamping,
    now: datetime,
    *,
    restart: bool,
    waits: Callable[[], bool],
) -> None:
    """Bytes or a tombstone at the key: obey them. Else a dead lease goes back into the line, an old message is resent, unless
    the issuer is left alone: then the whole line keeps its order until it is back (operations/drain_line.py). What is late is
    offered back: the sweep looks at whatever waits every ten minutes."""
    with suppress(GateClosed):  # it ended, or its invoice moved: the next sweep looks again
        offer_refund(ledger, found, now)
    if found.status == "sealing" and found.lease_until is not None and found.lease_until < now:
        there = sealed.read(found.id, found.serial or "")
        if there is not None:
            obey(ledger, found, there, now)
        else:
            ledger.apply(stamping.requeue(found, now))
    elif found.status == "queued" and (restart or found.sent_at + RESEND_AFTER < now) and not waits():
        queue.send(found.id, found.line)
        ledger.apply(stamping.resent(found, now))


def _ask(ledger: Ledger, gateways: Gateways, attempt: Attempt, now: datetime) -> None:
    """Ask about an attempt, ended or not, and note when to ask again."""
    if attempt.ask_at is None or attempt.ask_at > now:
        return
    credit(ledger, gateways, attempt, now=now)
    ledger.apply(purchase.asked(attempt, _next_question(attempt, now)))


def _next_question(attempt: Attempt, now: datetime) -> datetime | None:
    if now > attempt.created_at + LAST_SETTLEMENT:
        return None
    planned = (attempt.created_at + after for after in ASK_AT)
    return next((at for at in planned if at > now), now + timedelta(days=1))
