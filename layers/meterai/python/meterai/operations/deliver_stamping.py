"""Handing a stamping to its owner, with a link to the sealed file once there is one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from meterai.domain.room import Turn
from meterai.domain.rows import Document, Stamping
from meterai.operations.admit import expected_turn
from meterai.operations.find import find, load
from meterai.ports.ledger import Ledger
from meterai.ports.outside import SealedFiles

LINK_LASTS = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Delivery:
    """A stamping as its owner gets it. Only a done one has a link; one in line has an `eta`, where that is known.
    `replayed`: the request had been answered before."""

    stamping: Stamping
    download_url: str | None
    download_expires_at: datetime | None
    replayed: bool = False
    eta: Turn | None = None


def deliver_stamping(ledger: Ledger, sealed: SealedFiles, *, account: str, stamping_id: str, now: datetime) -> Delivery:
    """The owner's stamping. Raises Missing, Busy."""
    return delivery(ledger, sealed, find(ledger, Stamping, stamping_id, owner=account), now)


def delivery(
    ledger: Ledger, sealed: SealedFiles, stamping: Stamping, now: datetime, *, replayed: bool = False
) -> Delivery:
    """A stamping with a fresh link, if it is done: only its bytes are ever served. One in line, with when its turn is."""
    if not stamping.ended:
        eta = expected_turn(ledger, line=stamping.line, joined_at=stamping.joined_at, now=now)
        return Delivery(stamping, None, None, replayed, eta)
    if stamping.status != "done" or stamping.serial is None:
        return Delivery(stamping, None, None, replayed)
    document = load(ledger, Document, stamping.document)
    name = (document.filename if document else stamping.id).removesuffix(".pdf")
    link = sealed.link(
        stamping.id, stamping.serial, filename=f"{name}-bermeterai.pdf", seconds=int(LINK_LASTS.total_seconds())
    )
    return Delivery(stamping, link, now + LINK_LASTS, replayed)
