"""Waiting, for a moment, for a stamp that is on its way: on one of a few seats, and only while the line moves."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta

from meterai.domain.errors import Busy
from meterai.domain.ledger import GateClosed
from meterai.domain.moves import seats as moves
from meterai.domain.rows import Seat, Stamping, Standing
from meterai.domain.seats import CLOSED_FOR, Seating, stalls
from meterai.operations.find import load, loaded
from meterai.ports.ledger import Ledger
from meterai.ports.outside import Pause

STEP_SECONDS = 0.1
MOST_SECONDS = 20.0
SEAT_LASTS = timedelta(seconds=5)
"""How much longer than its request wished a seat is held: whoever dies on it gives it back then."""


def await_stamping(
    ledger: Ledger, stamping: Stamping, *, seconds: float, seating: Seating, now: datetime, pause: Pause
) -> Stamping:
    """The stamping once it has ended, or as it stands after `seconds` (20 at most). A wish, not a promise (RFC 7240): without a
    seat, or when the line turns out to stand still, as it stands at once. Never a reason to refuse what was reserved."""
    seconds = min(seconds, MOST_SECONDS)
    if stamping.ended or seconds <= 0:
        return stamping
    with suppress(Busy):
        if seating.open(load(ledger, Standing, Standing.ID), now) and (
            seat := _sit(ledger, stamping, seating, now + timedelta(seconds=seconds) + SEAT_LASTS, now)
        ):
            stamping = _wait(ledger, stamping, seat, seconds, now, pause)
    return stamping


def _sit(ledger: Ledger, stamping: Stamping, seating: Seating, until: datetime, now: datetime) -> Seat | None:
    for number in seating.places(stamping.id):
        seat = Seat(id=Seat.id_of(number), stamping=stamping.id, until=until)
        found = load(ledger, Seat, seat.id)
        if found is None or found.until < now:
            with suppress(GateClosed):  # somebody was faster
                ledger.apply(moves.take_seat(seat, found, now))
                return seat
    return None


def _wait(ledger: Ledger, stamping: Stamping, seat: Seat, seconds: float, now: datetime, pause: Pause) -> Stamping:
    """Look at the stamping until it ends, the wish is over, or it is plain that its line stands still. Partners' line says
    nothing about people's, for whom the seats are."""
    end = now + timedelta(seconds=seconds)
    stands = False
    while not stamping.ended and now < end and not stands:
        pause(STEP_SECONDS)
        now += timedelta(seconds=STEP_SECONDS)
        stamping = loaded(ledger, Stamping, stamping.id)
        stands = stamping.status == "queued" and stalls(stamping.joined_at, now)
    closed = CLOSED_FOR if stands and stamping.line == "paid" else timedelta(0)
    with suppress(GateClosed):  # it lasted longer than the seat
        ledger.apply(moves.leave_seat(seat, now + closed))
    return stamping
