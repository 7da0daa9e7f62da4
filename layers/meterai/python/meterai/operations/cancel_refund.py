"""The owner changes their mind while no money has moved."""

from __future__ import annotations

from datetime import datetime

from meterai.domain.errors import RefundNotCancellable
from meterai.domain.ledger import GateClosed
from meterai.domain.moves import refund as moves
from meterai.domain.rows import Refund
from meterai.operations.find import find, loaded
from meterai.ports.ledger import Ledger


def cancel_refund(ledger: Ledger, *, account: str, refund_id: str, now: datetime) -> Refund:
    """End a refund and give its pieces back. Doing it twice is doing it once. Raises Missing, RefundNotCancellable, Busy."""
    refund = find(ledger, Refund, refund_id, owner=account)
    if refund.status != "cancelled":
        if refund.kind != "quota":
            raise RefundNotCancellable("a payment that bought nothing always goes back")
        ending = moves.drop if refund.status in ("unconfirmed", "pending") else moves.unhold
        try:
            ledger.apply(ending(refund, "cancelled", "owner", now))
        except GateClosed:
            stands = loaded(ledger, Refund, refund_id)
            if stands.status != "cancelled":
                raise RefundNotCancellable(f"the refund is {stands.status}") from None
    return loaded(ledger, Refund, refund_id)
