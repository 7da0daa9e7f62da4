"""A stamping gets a serial of the upstream issuer's, kept with its picture before anything is signed for it."""

from __future__ import annotations

import base64
from contextlib import suppress
from datetime import datetime

from meterai.domain.errors import Busy
from meterai.domain.ledger import GateClosed
from meterai.domain.moves import serials as moves
from meterai.domain.outbox import spares_of
from meterai.domain.rows import Serial, SerialImage, Stamping
from meterai.operations.find import load, loaded
from meterai.ports.issuer import Issued, Upstream
from meterai.ports.ledger import Ledger

SPARES = 8
"""How many spare serials are looked at before a new one is spent: others may be taking them."""


def number_stamping(ledger: Ledger, upstream: Upstream, stamping: Stamping, now: datetime) -> Stamping:
    """The stamping, whose lease the caller has, with a serial: a spare one, else the one that an earlier attempt was given and
    could not keep, else a new one. Raises Busy."""
    for row in ledger.page(spares_of(upstream.name), after=None, limit=SPARES, newest_first=False):
        spare = load(ledger, Serial, str(row["id"]))
        if spare is not None and spare.state == "spare" and _spent(ledger, upstream, stamping, spare, now):
            return loaded(ledger, Stamping, stamping.id)
    issued = _given(ledger, upstream, stamping)
    serial = Serial(id=issued.serial, state="issued", stamping=stamping.id, issuer=upstream.name, issued_at=now)
    try:
        ledger.apply(moves.number(stamping, serial, _kept(issued)))
    except GateClosed:
        burn_serial(ledger, upstream.name, issued.serial, stamping.id, now)
        raise Busy("the stamping moved on") from None
    return loaded(ledger, Stamping, stamping.id)


def picture_of(ledger: Ledger, stamping: Stamping) -> bytes | None:
    """The picture that the issuer gave out with the stamping's serial; None for our own, which we draw. Raises Busy."""
    if stamping.issuer is None or stamping.serial is None:
        return None
    return base64.b64decode(loaded(ledger, SerialImage, stamping.serial).png)


def burn_serial(ledger: Ledger, issuer: str, serial: str, stamping: str, now: datetime) -> None:
    """Keep a serial that was given out for a stamping which cannot have it, unless it is known already. Raises Busy."""
    burnt = Serial(id=serial, state="burnt", stamping=stamping, issuer=issuer, issued_at=now, burnt_at=now)
    with suppress(GateClosed):
        ledger.apply(moves.burn(burnt))


def _spent(ledger: Ledger, upstream: Upstream, stamping: Stamping, spare: Serial, now: datetime) -> bool:
    """Whether the spare serial is the stamping's now; if not, somebody else was first. Raises Busy when it is the stamping that
    moved on."""
    image = None
    if load(ledger, SerialImage, spare.id) is None:
        image = _kept(Issued(spare.id, upstream.image(spare.id)))
    try:
        ledger.apply(moves.spend(stamping, spare, image, now))
    except GateClosed as gate:
        if stamping.key in gate.keys:
            raise Busy("the stamping moved on") from None
        return False
    return True


def _given(ledger: Ledger, upstream: Upstream, stamping: Stamping) -> Issued:
    """A serial given out under the stamping's id. An attempt before this one may have been given one, and have died before it
    was kept: it is asked for before another is spent."""
    if stamping.attempt > 1:
        for lost in upstream.unsigned(stamping.id):
            if load(ledger, Serial, lost.serial) is None:
                return Issued(lost.serial, upstream.image(lost.serial))
    return upstream.issue(stamping.id)


def _kept(issued: Issued) -> SerialImage:
    return SerialImage(id=issued.serial, png=base64.b64encode(issued.image).decode())
