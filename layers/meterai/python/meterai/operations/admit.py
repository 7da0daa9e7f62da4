"""Selling only what can be applied: before a code to pay with is given."""

from __future__ import annotations

from datetime import datetime

from meterai.domain import room
from meterai.domain.errors import SoldOut
from meterai.domain.room import Turn
from meterai.domain.rows import Line, Standing
from meterai.operations.find import load
from meterai.ports.ledger import Ledger

LOOK_AGAIN_SECONDS = 60
"""When to ask again: by then other invoices have expired unpaid, or more was applied than the rate had promised."""


def admit(ledger: Ledger, *, line: Line, quantity: int, now: datetime) -> None:
    """Let an offer of so many pieces through, if the house can still apply them before the deadline. A partner's goes through:
    its stock counts once it is queued.

    Raises SoldOut with how many can be bought now (`admission`), Busy."""
    standing = load(ledger, Standing, Standing.ID)
    left = room.admission_of(standing, now) if standing is not None and line == "paid" else None
    if left is not None and quantity > left:
        raise SoldOut("no more can be applied before the deadline", admission=left, retry_after=LOOK_AGAIN_SECONDS)


def expected_turn(ledger: Ledger, *, line: Line, joined_at: datetime | None, now: datetime) -> Turn | None:
    """When the stamp is made of somebody who joined then, or (None) who buys now. None: nobody knows. Raises Busy."""
    standing = load(ledger, Standing, Standing.ID)
    if standing is None:
        return None
    waiting = (
        room.before_paying(standing, line, now)
        if joined_at is None
        else room.while_waiting(standing, line, joined_at, now)
    )
    return room.turn(waiting, now)
