"""The one move of breakers."""

from __future__ import annotations

from meterai.domain.ledger import Change, Is, Move, Put
from meterai.domain.rows import Breaker


def turn(before: Breaker | None, after: Breaker) -> Move:
    """A breaker changes its state, unless somebody turned it since it was read: so one alone opens, probes or closes it."""
    if before is None:
        return Move("turn", (Put(after.key, after.row()),))
    gone = () if after.until is not None else ("until",)
    return Move("turn", (Change(after.key, {"turn": Is(before.turn)}, put=after.row(), remove=gone),))
