"""Moves of seats: a request sits on one until it leaves or its time there is over."""

from __future__ import annotations

from datetime import datetime

from meterai.domain.instants import spell
from meterai.domain.ledger import Before, Change, Is, Move, Put
from meterai.domain.rows import Seat


def take_seat(seat: Seat, found: Seat | None, now: datetime) -> Move:
    """Sit down until `seat.until`, where nobody ever sat (`found` is None) or whoever did is gone."""
    if found is None:
        return Move("take_seat", (Put(seat.key, seat.row()),))
    sits = {"stamping": seat.stamping, "until": spell(seat.until)}
    return Move("take_seat", (Change(seat.key, {"until": Before(spell(now))}, put=sits),))


def leave_seat(seat: Seat, free_at: datetime) -> Move:
    """Get up, if it is one's seat still; nobody sits there before `free_at`."""
    gate = {"stamping": Is(seat.stamping), "until": Is(spell(seat.until))}
    return Move("leave_seat", (Change(seat.key, gate, put={"until": spell(free_at)}),))
