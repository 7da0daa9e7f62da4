"""The steps of the refund workflow. The row is the truth: a step loads it, does what its status asks, can be repeated."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from meterai.domain import instants, money
from meterai.domain.errors import Busy
from meterai.domain.ledger import GateClosed
from meterai.domain.moves import refund as moves
from meterai.domain.rows import Destination, Invoice, Refund
from meterai.operations.find import loaded
from meterai.operations.judge_refund import judge_refund
from meterai.operations.request_refund import still_under_way
from meterai.ports.gateway import Gateways
from meterai.ports.ledger import Ledger
from meterai.ports.payouts import Payouts

CALL_LASTS = timedelta(seconds=30)
"""How long a call to the provider can still reach it: past the time-out of the function that makes it (template.yaml)."""
AGAIN_AFTER_DAYS = 1
"""How many days of the workflow pass before an unknown answer is asked about again, with the same key."""


PAYOUT_ASKED_A_DAY = 24
"""How often a day of the workflow a payout that is under way is asked about: it arrives within minutes, as a rule."""


@dataclass(frozen=True, slots=True)
class Step:
    """Where the refund stands and, unless it has ended, the instant at which to look again at the latest. `waits_for_person`:
    until then nothing goes on by itself, and whoever acts wakes the execution."""

    refund: Refund
    look_at: datetime | None
    waits_for_person: bool = False


def advance_refund(
    ledger: Ledger, gateways: Gateways, payouts: Payouts | None, *, refund_id: str, now: datetime, day: timedelta
) -> Step:
    """Take one refund one move on, as far as it can go now.

    pending is judged once its stampings have ended; received is approved by the policy; approved goes up the ladder: the
    provider's own refund at `pay_at` (until then the owner may cancel), else a payout, which needs a destination from the owner
    and an officer who approves and another who orders it; paying asks, with one key until the answer is definite. Each
    milestone that passes is told. `day` is how long a day of the workflow lasts; `payouts` is None where none is configured.
    Raises Busy and PaymentProviderUnavailable: the workflow comes again."""
    refund = loaded(ledger, Refund, refund_id)
    if not refund.ended and (told_at := _milestone(refund)) is not None and told_at <= now:
        with suppress(GateClosed):  # another execution told it
            ledger.apply(moves.remind(refund, now))
    with suppress(GateClosed):  # the owner, an officer or another execution moved first: the row says where it stands
        _advance(ledger, gateways, payouts, refund, now)
    moved = loaded(ledger, Refund, refund_id)
    return Step(moved, _look_at(refund, moved, now, day), moved.waits_for_person)


def _advance(ledger: Ledger, gateways: Gateways, payouts: Payouts | None, refund: Refund, now: datetime) -> None:
    match refund.status:
        case "pending" if not still_under_way(ledger, refund):
            judge_refund(ledger, refund, now=now)
        case "received":
            ledger.apply(moves.approve(refund, now, "policy"))
        case "approved" if refund.way == "payout" and refund.destination is None:
            ledger.apply(moves.destine(refund, now))
        case "approved" if refund.way == "payout" and refund.decided_by is None:
            ledger.apply(moves.submit(refund, now))
        case "approved" if now >= refund.pay_at and not refund.waits_for_person:
            ledger.apply(moves.start(refund, f"{refund.id}-{refund.tries + 1}", now))
        case "paying" if refund.call_until is None or now > refund.call_until:
            _call(ledger, gateways, payouts, refund, now)


def _call(ledger: Ledger, gateways: Gateways, payouts: Payouts | None, refund: Refund, now: datetime) -> None:
    """Ask for the money to go. Unknown is not dead: the call stays recorded, and the same key is asked about again later."""
    outcome, reference = (
        _provider(ledger, gateways, refund, now) if refund.way == "provider" else _payout(ledger, payouts, refund, now)
    )
    if outcome == "settled":
        invoice = loaded(ledger, Invoice, refund.invoice)
        price = money.Price(invoice.quantity, invoice.unit_price_idr, invoice.fee_idr)
        bought = money.share(price, refund.quantity) if refund.kind == "quota" else None
        ledger.apply(moves.settle(refund, bought, reference, now))
    elif outcome == "refused":
        ledger.apply(moves.refused(refund, now))


def _provider(ledger: Ledger, gateways: Gateways, refund: Refund, now: datetime) -> tuple[str, str | None]:
    """The provider that was paid pays back."""
    gateway = gateways.of(refund.provider)
    ledger.apply(moves.call(refund, now, now + CALL_LASTS))
    answer = gateway.refund(
        refund.order,
        key=refund.provider_key or "",
        amount_idr=refund.amount_idr,
        reason=refund.reason,
        transaction_id=refund.transaction,
    )
    return answer.outcome, answer.provider_reference


def _payout(ledger: Ledger, payouts: Payouts | None, refund: Refund, now: datetime) -> tuple[str, str | None]:
    """The money goes to the person's account; what became of an earlier call is asked first."""
    if payouts is None:
        raise Busy("no payouts are configured here yet")
    destination = loaded(ledger, Destination, refund.id)
    key = refund.provider_key or ""
    ledger.apply(moves.call(refund, now, now + CALL_LASTS))
    answer = payouts.ask(key) or payouts.pay_out(
        destination, key=key, amount_idr=refund.amount_idr, reason=refund.reason
    )
    return answer.outcome, answer.provider_reference


def _milestone(refund: Refund) -> datetime | None:
    """When the refund is next told of, if it has not ended by then."""
    if refund.milestone >= len(refund.milestones):
        return None
    return instants.read(refund.milestones[refund.milestone]["at"])


def _look_at(before: Refund, refund: Refund, now: datetime, day: timedelta) -> datetime | None:
    if refund.ended:
        return None
    return min(_by_itself(before, refund, now, day), _milestone(refund) or now + AGAIN_AFTER_DAYS * day)


def _by_itself(before: Refund, refund: Refund, now: datetime, day: timedelta) -> datetime:
    """When the refund's own status asks to be looked at again."""
    later = now + AGAIN_AFTER_DAYS * day
    if refund.waits_for_person:
        return _milestone(refund) or later
    if refund.status == "approved" and refund.way == "provider":
        return max(now, refund.pay_at)
    if (refund.status, refund.milestone) != (before.status, before.milestone):
        return now
    if refund.status == "approved":
        return max(now, refund.pay_at)
    if refund.status == "paying" and refund.call_until is not None:
        return max(refund.call_until, now + day / PAYOUT_ASKED_A_DAY if refund.way == "payout" else later)
    return later
