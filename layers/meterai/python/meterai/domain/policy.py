"""Refund policies: dated data, kept with the invoice and shown before paying. Sources: docs/glossary.md."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from meterai.domain import errors, instants, money
from meterai.domain.rows import Invoice, Quota, RefundStatus


@dataclass(frozen=True, slots=True)
class Policy:
    """One version of the rules. `window` counts from the provider's payment time; `promise_days` are calendar days in WIB;
    `grace_days` of the workflow pass before money moves, in which the person may still cancel. `our_fault_percent` is what an
    offer made for our own failure gives back."""

    id: str
    window: timedelta
    percent: int
    promise_days: int
    grace_days: int
    cites: str
    our_fault_percent: int = 100


VERSION_A = Policy(
    id="A",
    window=timedelta(days=3),
    percent=75,
    promise_days=45,
    grace_days=1,
    cites="Within 3 days of payment, one whole invoice, enough quota left, 75 % of its total, within 45 calendar days.",
)
CREDITED_WITHIN = timedelta(minutes=30)
"""How soon after the provider's payment time its pieces are to be there; later is our failure, and a refund is offered."""
POLICIES = {VERSION_A.id: VERSION_A}
IN_FORCE = VERSION_A
"""Policy A is in force for every request until an operator activates another row."""


@dataclass(frozen=True, slots=True)
class Quote:
    """What a request for this invoice would get at the instant it was judged: how much and by when, or why not."""

    eligible: bool
    code: str | None
    amount_idr: int
    promise_at: datetime
    policy: Policy


def quote(invoice: Invoice, quota: Quota, received_at: datetime, *, own_refund: str | None = None) -> Quote:
    """Judge a request for `invoice` that arrived at `received_at`: the one function behind the quote and the decision.

    `own_refund` is the request being judged, whose own mark on the invoice does not stand in its way. Rule 5 reads the pool:
    pieces still queued or sealing may come back, so they give `stamp_in_progress`, not a refusal. Where a refund was offered
    (the pieces came too late), it is `our_fault_percent`, and the window counts from the offer: nobody could ask before.
    """
    policy = POLICIES[invoice.policy]
    return Quote(
        eligible=(code := _against(policy, invoice, quota, received_at, own_refund)) is None,
        code=code,
        amount_idr=money.percent_of(
            invoice.total_idr, policy.our_fault_percent if invoice.offered_at else policy.percent
        ),
        promise_at=instants.end_of_wib_day(received_at, policy.promise_days),
        policy=policy,
    )


def _against(policy: Policy, invoice: Invoice, quota: Quota, received_at: datetime, own: str | None) -> str | None:
    if invoice.status in ("refunding", "refunded") or invoice.open_refund not in (None, own):
        return errors.RefundAlreadyRequested.code
    if invoice.status != "paid" or invoice.paid_at is None:
        return errors.InvoiceNotPaid.code
    if received_at > (invoice.offered_at or invoice.paid_at) + policy.window:
        return errors.RefundWindowClosed.code
    if quota.available < invoice.quantity:
        waiting = quota.available + quota.reserved >= invoice.quantity
        return errors.StampInProgress.code if waiting else errors.RefundQuotaInsufficient.code
    return None


CANCELLABLE: tuple[RefundStatus, ...] = (
    "unconfirmed",
    "pending",
    "received",
    "awaiting_decision",
    "awaiting_destination",
    "approved",
)
"""States out of which the owner may cancel: no money has moved."""
