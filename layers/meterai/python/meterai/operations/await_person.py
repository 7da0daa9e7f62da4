"""A refund's execution waits for a person."""

from __future__ import annotations

from contextlib import suppress

from meterai.domain.errors import Missing
from meterai.domain.ledger import GateClosed
from meterai.domain.moves import refund as moves
from meterai.domain.rows import Refund
from meterai.operations.find import load
from meterai.ports.ledger import Ledger


def await_person(ledger: Ledger, *, refund_id: str, token: str) -> Refund:
    """Keep the token that wakes the execution once somebody has acted; the stream wakes it. The last token counts: an execution
    that was started again waits with another. Raises Missing, Busy."""
    refund = load(ledger, Refund, refund_id)
    if refund is None:
        raise Missing("no refund has this id")
    with suppress(GateClosed):  # another execution has taken over, and waits by itself
        ledger.apply(moves.await_person(refund, token))
    return refund
