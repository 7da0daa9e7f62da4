"""Waiting, for a moment, for a stamp that is on its way."""

from __future__ import annotations

from meterai.domain.rows import Stamping
from meterai.operations.find import loaded
from meterai.ports.ledger import Ledger
from meterai.ports.outside import Pause

STEP_SECONDS = 0.1
MOST_SECONDS = 20.0


def await_stamping(ledger: Ledger, stamping: Stamping, *, seconds: float, pause: Pause) -> Stamping:
    """The stamping once it has ended, or as it stands after `seconds` (20 at most). A wish, not a promise (RFC 7240)."""
    left = min(seconds, MOST_SECONDS)
    while not stamping.ended and left > 0:
        pause(STEP_SECONDS)
        left -= STEP_SECONDS
        stamping = loaded(ledger, Stamping, stamping.id)
    return stamping
