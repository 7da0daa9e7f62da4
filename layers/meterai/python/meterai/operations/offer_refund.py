"""A stamp that is later than its promise is our failure: its money is offered back without anybody asking."""

from __future__ import annotations

from datetime import datetime

from meterai.domain.moves.stamping import offer
from meterai.domain.policy import STAMPED_WITHIN, unused_of
from meterai.domain.rows import Invoice, Stamping
from meterai.operations.find import newest_stampings, quota_of
from meterai.operations.quote_refund import bought
from meterai.ports.ledger import Ledger

NEWEST_STAMPINGS = 1_000


def offer_refund(ledger: Ledger, stamping: Stamping, now: datetime) -> bool:
    """Mark a stamping that has waited longer than STAMPED_WITHIN, once, and offer the money of the invoice that its piece
    counts against, in full: the stream tells its owner, who may wait, take the piece back (cancel) or the money (a refund,
    whose window begins now). Whether it was marked. Raises GateClosed when it ended meanwhile, or the invoice moved; Busy."""
    if stamping.ended or stamping.offered_at is not None or now <= stamping.joined_at + STAMPED_WITHIN:
        return False
    invoice = _counts_against(ledger, stamping)
    offered = invoice is not None and invoice.offered_at is None and invoice.open_refund is None
    ledger.apply(offer(stamping, invoice if offered else None, now))
    return True


def _counts_against(ledger: Ledger, stamping: Stamping) -> Invoice | None:
    """The oldest paid invoice with a piece left for this stamping once those that stand in line before it have theirs."""
    used = quota_of(ledger, stamping.account).used + _ahead(ledger, stamping)
    invoices = bought(ledger, stamping.account)
    paid = [one for one in invoices if one.status == "paid" and unused_of(one, invoices, used)]
    return min(paid, key=lambda one: (str(one.paid_at), one.id), default=None)


def _ahead(ledger: Ledger, stamping: Stamping) -> int:
    place = (stamping.joined_at, stamping.id)
    others = newest_stampings(ledger, stamping.account, NEWEST_STAMPINGS)
    return sum(not one.ended and (one.joined_at, one.id) < place for one in others)
