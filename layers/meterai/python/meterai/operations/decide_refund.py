"""An officer decides a refund that the machine could not finish."""

from __future__ import annotations

from datetime import datetime

from meterai.domain.errors import Missing, RefundNotAwaitingDecision
from meterai.domain.ledger import GateClosed
from meterai.domain.moves import refund as moves
from meterai.domain.rows import Refund
from meterai.operations.find import load, loaded
from meterai.ports.ledger import Ledger


def decide_refund(ledger: Ledger, *, refund_id: str, approve: bool, note: str, now: datetime) -> Refund:
    """awaiting_decision -> approved (the provider is asked again, under a new key, by a new execution) or rejected (the pieces
    return). A payment that bought nothing cannot be rejected. Raises Missing, RefundNotAwaitingDecision, Busy."""
    refund = load(ledger, Refund, refund_id)
    if refund is None:
        raise Missing("no refund has this id")
    if refund.status != "awaiting_decision" or (refund.kind == "payment" and not approve):
        raise RefundNotAwaitingDecision(f"the refund is {refund.status}")
    try:
        ledger.apply(moves.approve(refund, now, note) if approve else moves.unhold(refund, "rejected", note, now))
    except GateClosed:
        raise RefundNotAwaitingDecision("somebody else decided first") from None
    return loaded(ledger, Refund, refund_id)
