"""The steps of the refund workflow. The row is the truth: a step loads it, does what its status asks, can be repeated."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from meterai.domain import money
from meterai.domain.desk import turn
from meterai.domain.ledger import GateClosed
from meterai.domain.moves import refund as moves
from meterai.domain.rows import Invoice, Refund
from meterai.operations.find import loaded
from meterai.operations.judge_refund import judge_refund
from meterai.operations.request_refund import still_under_way
from meterai.ports.gateway import Gateways
from meterai.ports.ledger import Ledger

CALL_LASTS = timedelta(seconds=30)
"""How long a call to the provider can still reach it: past the time-out of the function that makes it (template.yaml)."""
AGAIN_AFTER_DAYS = 1
"""How many days of the workflow pass before an unknown answer is asked about again, with the same key."""


@dataclass(frozen=True, slots=True)
class Step:
    """Where the refund stands and, unless it has ended for the machine, the instant at which to look again."""

    refund: Refund
    look_at: datetime | None


def advance_refund(ledger: Ledger, gateways: Gateways, *, refund_id: str, now: datetime, day: timedelta) -> Step:
    """Take one refund as far as it can go now.

    pending is judged once its stampings have ended; received is approved by the policy; approved waits for `pay_at`, in which
    the owner may still cancel; paying asks the provider, with one key until its answer is definite. `day` is how long a day of
    the workflow lasts. Raises Busy and PaymentProviderUnavailable: the workflow comes again."""
    refund = loaded(ledger, Refund, refund_id)
    with suppress(GateClosed):  # the owner, an officer or another execution moved first: the row says where it stands
        match refund.status:
            case "pending" if not still_under_way(ledger, refund):
                judge_refund(ledger, refund, now=now)
            case "received":
                ledger.apply(moves.approve(refund, now, "policy"))
            case "approved" if now >= refund.pay_at and turn(refund) != "payout":
                ledger.apply(moves.start(refund, f"{refund.id}-{refund.tries + 1}", now))
            case "paying" if refund.call_until is None or now > refund.call_until:
                _call(ledger, gateways, refund, now)
    moved = loaded(ledger, Refund, refund_id)
    return Step(moved, _look_at(refund, moved, now, day))


def _call(ledger: Ledger, gateways: Gateways, refund: Refund, now: datetime) -> None:
    """Ask the provider that was paid to pay back. Unknown is not dead: the call stays recorded, and the same key is asked
    again later."""
    gateway = gateways.of(refund.provider)
    ledger.apply(moves.call(refund, now, now + CALL_LASTS))
    answer = gateway.refund(
        refund.order,
        key=refund.provider_key or "",
        amount_idr=refund.amount_idr,
        reason=refund.reason,
        transaction_id=refund.transaction,
    )
    if answer.outcome == "settled":
        invoice = loaded(ledger, Invoice, refund.invoice)
        bought = money.Price(invoice.quantity, invoice.unit_price_idr, invoice.fee_idr)
        ledger.apply(moves.settle(refund, bought if refund.kind == "quota" else None, answer.provider_reference, now))
    elif answer.outcome == "refused":
        ledger.apply(moves.refused(refund, now))


def _look_at(before: Refund, refund: Refund, now: datetime, day: timedelta) -> datetime | None:
    if turn(refund) != "machine":
        return None
    if refund.status != before.status:
        return max(now, refund.pay_at) if refund.status == "approved" else now
    if refund.status == "approved":
        return refund.pay_at
    if refund.status == "paying" and refund.call_until is not None:
        return max(refund.call_until, now + AGAIN_AFTER_DAYS * day)
    return now + AGAIN_AFTER_DAYS * day
