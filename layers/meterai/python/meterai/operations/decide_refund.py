"""An officer decides a refund that the machine could not finish."""

from __future__ import annotations

from datetime import datetime

from meterai.domain.errors import Missing, RefundNotAwaitingDecision
from meterai.domain.ledger import GateClosed
from meterai.domain.moves import desk as moves
from meterai.domain.rows import Refund, RefundWay
from meterai.operations.find import load, loaded
from meterai.ports.ledger import Ledger


def decide_refund(
    ledger: Ledger,
    *,
    refund_id: str,
    by: str,
    approve: bool,
    note: str,
    now: datetime,
    way: RefundWay | None = None,
) -> Refund:
    """awaiting_decision -> approved (to be paid `way`, or as it was) or rejected (the pieces return), with the
    officer's account and reason in the timeline and in an entry. A payment that bought nothing cannot be rejected.

    Raises Missing, RefundNotAwaitingDecision, Busy."""
    refund = load(ledger, Refund, refund_id)
    if refund is None:
        raise Missing("no refund has this id")
    if refund.status != "awaiting_decision" or (refund.kind == "payment" and not approve):
        raise RefundNotAwaitingDecision(f"the refund is {refund.status}")
    try:
        ledger.apply(moves.decided(refund, approve=approve, by=by, reason=note, now=now, way=way))
    except GateClosed:
        raise RefundNotAwaitingDecision("somebody else decided first") from None
    return loaded(ledger, Refund, refund_id)
