"""An officer has an approved payout paid: never the one who approved it."""

from __future__ import annotations

from datetime import datetime

from meterai.domain.desk import turn
from meterai.domain.errors import Missing, RefundNotAwaitingPayout, SameOfficer
from meterai.domain.ledger import GateClosed
from meterai.domain.moves import desk as moves
from meterai.domain.rows import Destination, Refund
from meterai.operations.find import load, loaded
from meterai.ports.ledger import Ledger


def order_payout(ledger: Ledger, *, refund_id: str, by: str, reason: str, now: datetime) -> Refund:
    """Two persons to a payout: an approved refund that goes to an account is ordered by `by`; the stream wakes its execution.
    Once is enough: who orders it again is answered with the refund as it stands.

    Raises Missing, SameOfficer (`by` decided it), RefundNotAwaitingPayout (not approved, not a payout, no account yet, or
    somebody else ordered it), Busy."""
    refund = load(ledger, Refund, refund_id)
    if refund is None:
        raise Missing("no refund has this id")
    if _ordered(refund, by):
        return refund
    destination = load(ledger, Destination, refund_id)
    if turn(refund) != "payout" or destination is None:
        raise RefundNotAwaitingPayout(f"the refund is {refund.status}, its way is {refund.way}")
    try:
        ledger.apply(moves.order_payout(refund, destination, by=by, reason=reason, now=now))
    except GateClosed:
        stands = loaded(ledger, Refund, refund_id)
        if _ordered(stands, by):  # an answer was lost, or the same order came twice at once
            return stands
        if stands.decided_by == by:
            raise SameOfficer("who approves a payout is never who pays it") from None
        raise RefundNotAwaitingPayout("somebody else ordered it, or it changed meanwhile") from None
    return loaded(ledger, Refund, refund_id)


def _ordered(refund: Refund, by: str) -> bool:
    return refund.paid_by == by and refund.status in ("approved", "paying", "refunded")
