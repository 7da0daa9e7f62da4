"""Burnt serials of an upstream issuer's come back into use: each was paid for when it was given out."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime

from meterai.domain.ledger import GateClosed
from meterai.domain.moves import serials as moves
from meterai.domain.rows import Serial, Stamping
from meterai.operations.find import load
from meterai.operations.number_stamping import burn_serial
from meterai.ports.issuer import Upstream
from meterai.ports.ledger import Ledger


def reclaim_serial(ledger: Ledger, upstream: Upstream, serial: Serial) -> None:
    """Ask the issuer about a burnt serial: not signed for, it is the next stamping's; signed for, or unknown there, it is void.
    Raises Busy."""
    if serial.state != "burnt" or serial.issuer != upstream.name:
        return
    with suppress(GateClosed):  # somebody asked before
        ledger.apply(moves.reclaim(serial, spare=upstream.signed(serial.id) is False))


def adopt_strays(ledger: Ledger, upstream: Upstream, *, now: datetime) -> int:
    """Serials that the issuer has given out and that the register does not know, because an answer was lost, are burnt, so that
    they are reclaimed; how many. One whose stamping is under way without a serial is left to its next attempt. Raises Busy."""
    strays = [one for one in upstream.unsigned() if load(ledger, Serial, one.serial) is None]
    found = 0
    for stray in strays:
        stamping = load(ledger, Stamping, stray.reference)
        if stamping is None or stamping.ended or stamping.serial is not None:
            burn_serial(ledger, upstream.name, stray.serial, stray.reference, now)
            found += 1
    return found
