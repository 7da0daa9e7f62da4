"""Refund policies: dated data, kept with the invoice and shown before paying. Sources: docs/glossary.md."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from meterai.domain import errors, instants, money
from meterai.domain.rows import Invoice, PaymentMethod, Quota, RefundWay


@dataclass(frozen=True, slots=True)
class Policy:
    """One version of the rules, as dated data: a later one is another row.

    `window` counts from the provider's payment time to the request's arrival, None where the rules name none. `percent` of what
    the given-up pieces cost is returned, less `transfer_fee_idr`. `unused_only`: the invoice's unused pieces go back, whichever
    they are; otherwise all of it or nothing. `promise_days` are calendar days in WIB; `grace_days` of the workflow pass before
    money moves, in which the person may still cancel. `our_fault_percent` is what an offer made for our own failure returns, of
    the whole price and without a fee."""

    id: str
    window: timedelta | None
    percent: int
    promise_days: int
    grace_days: int
    cites: str
    transfer_fee_idr: int = 0
    unused_only: bool = False
    our_fault_percent: int = 100


VERSION_A = Policy(
    id="A",
    window=timedelta(days=3),
    percent=75,
    promise_days=45,
    grace_days=1,
    cites="Within 3 days of payment, one whole invoice, enough quota left, 75 % of its total, within 45 calendar days.",
)
VERSION_B = Policy(
    id="B",
    window=None,
    percent=100,
    promise_days=45,
    grace_days=1,
    cites="From 9 September 2024: the unused pieces of an invoice, 100 % less the transfer fee, within 45 calendar days.",
    transfer_fee_idr=2_500,  # the most that a bank may ask for a transfer by BI-FAST (Bank Indonesia)
    unused_only=True,
)
POLICIES = {policy.id: policy for policy in (VERSION_A, VERSION_B)}
CREDITED_WITHIN = timedelta(minutes=30)
"""How soon after the provider's payment time its pieces are to be there; later is our failure, and a refund is offered."""
STAMPED_WITHIN = timedelta(days=1)
"""How soon a stamp is to be on its document; later is our failure, and the person chooses: wait, piece back, or money."""
REFUNDABLE_FOR: Mapping[PaymentMethod, timedelta] = {"qris": timedelta(days=45), "gopay": timedelta(days=45)}
"""For how long after the payment a provider may give it back (Midtrans: QRIS on-us 45 days; virtual accounts never)."""
REFUNDABLE_SURELY_FOR = timedelta(days=7)
"""For how long it does so whoever issued the payer's wallet (Midtrans: QRIS off-us 7 days): a decision comes before that."""
MILESTONES = (7, 14, 30, 40, 44, 45)
"""Days after the request on which a refund that has not ended is told of again."""
ALARM_DAY = 30
"""From this day on officers are told too: the promise is near (day 45)."""


def in_force(activations: Iterable[Mapping[str, Any]], at: datetime) -> Policy:
    """The policy for invoices made at `at`: A until an operator activated another from a date ({"policy", "from"})."""
    begun = [one for one in activations if instants.read(one["from"]) <= at]
    return POLICIES[max(begun, key=lambda one: str(one["from"]))["policy"]] if begun else VERSION_A


@dataclass(frozen=True, slots=True)
class Quote:
    """What a request for this invoice would get at the instant it was judged: how many pieces go back for how much, by which
    way and by when, or why not."""

    eligible: bool
    code: str | None
    quantity: int
    amount_idr: int
    way: RefundWay
    promise_at: datetime
    policy: Policy


def quote(
    invoice: Invoice,
    quota: Quota,
    received_at: datetime,
    *,
    paid_with: PaymentMethod | None = None,
    unused: int | None = None,
    own_refund: str | None = None,
) -> Quote:
    """Judge a request for `invoice` that arrived at `received_at`: the one function behind the quote and the decision.

    `paid_with` is the method of the attempt that was paid (the invoice's own by default). `unused` is how many of the invoice's
    pieces are unused, which a policy with `unused_only` asks for (`unused_of`). `own_refund` is the request being judged, whose
    own mark on the invoice does not stand in its way. Rule 5 reads the pool: pieces still queued or sealing may come back, so
    they give `stamp_in_progress`, not a refusal. Where a refund was offered for our own failure it is `our_fault_percent`, and
    the window counts from the offer: nobody could ask before.
    """
    policy = POLICIES[invoice.policy]
    quantity = invoice.quantity if unused is None or not policy.unused_only else unused
    return Quote(
        eligible=(code := _against(policy, invoice, quota, quantity, received_at, own_refund)) is None,
        code=code,
        quantity=quantity,
        amount_idr=_amount(policy, invoice, quantity),
        way=way_back(paid_with or invoice.method, invoice.paid_at, received_at),
        promise_at=instants.end_of_wib_day(received_at, policy.promise_days),
        policy=policy,
    )


def unused_of(invoice: Invoice, bought: Iterable[Invoice], used: int) -> int:
    """How many pieces of `invoice` are unused: which invoice a use counts against is derived, oldest paid first. `bought` are
    the account's invoices, of which those that were paid count; `used` are its used pieces."""
    paid = {one.id: one for one in (*bought, invoice) if one.paid_at is not None}
    for one in sorted(paid.values(), key=lambda one: (str(one.paid_at), one.id)):
        kept = one.quantity - one.given_back if one.status == "refunded" else one.quantity
        if one.id == invoice.id:
            return max(0, kept - used)
        used = max(0, used - kept)
    return invoice.quantity


def way_back(method: PaymentMethod, paid_at: datetime | None, at: datetime) -> RefundWay:
    """The provider's own refund while it has one for this payment at `at`, else a payout to the person's account."""
    window = REFUNDABLE_FOR.get(method)
    return "provider" if window is not None and (paid_at is None or at <= paid_at + window) else "payout"


def pay_at(policy: Policy, way: RefundWay, paid_at: datetime | None, received_at: datetime, day: timedelta) -> datetime:
    """When the money may move: after the days of grace, but while the provider surely still gives it back. `day` is how long a
    day of the workflow lasts."""
    after_grace = received_at + policy.grace_days * day
    if way == "payout" or paid_at is None:
        return after_grace
    return max(received_at, min(after_grace, paid_at + REFUNDABLE_SURELY_FOR - policy.grace_days * day))


def milestones(received_at: datetime, day: timedelta) -> list[dict[str, Any]]:
    """The instants at which a refund that has not ended is told of again: {"day", "at"}, absolute, computed once and kept."""
    return [{"day": number, "at": instants.spell(received_at + number * day)} for number in MILESTONES]


def _amount(policy: Policy, invoice: Invoice, quantity: int) -> int:
    """In rupiah: what `quantity` of the invoice's pieces cost, by the policy's percent and less its fee, never below 0."""
    cost = money.share(money.Price(invoice.quantity, invoice.unit_price_idr, invoice.fee_idr), quantity).total_idr
    if invoice.offered_at:
        return money.percent_of(cost, policy.our_fault_percent)
    return max(0, money.percent_of(cost, policy.percent) - policy.transfer_fee_idr)


def _against(
    policy: Policy, invoice: Invoice, quota: Quota, quantity: int, received_at: datetime, own: str | None
) -> str | None:
    if invoice.status in ("refunding", "refunded") or invoice.open_refund not in (None, own):
        return errors.RefundAlreadyRequested.code
    if invoice.status != "paid" or invoice.paid_at is None:
        return errors.InvoiceNotPaid.code
    if policy.window is not None and received_at > (invoice.offered_at or invoice.paid_at) + policy.window:
        return errors.RefundWindowClosed.code
    if quantity == 0:
        return errors.RefundQuotaInsufficient.code
    if quota.available < quantity:
        waiting = quota.available + quota.reserved >= quantity
        return errors.StampInProgress.code if waiting else errors.RefundQuotaInsufficient.code
    return None
