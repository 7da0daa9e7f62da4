"""Asking for money back: judged at once, at the instant the request arrived."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from meterai.domain import errors, money
from meterai.domain.errors import Busy, IdempotencyKeyReused, Refusal, StampInProgress
from meterai.domain.ids import derived
from meterai.domain.ledger import GateClosed
from meterai.domain.moves import refund as moves
from meterai.domain.policy import Quote, milestones, pay_at
from meterai.domain.rows import Attempt, Invoice, Refund, Stamping
from meterai.operations.find import find, load, loaded, newest_stampings, quota_of
from meterai.operations.gather_pieces import gather_pieces
from meterai.operations.quote_refund import judged
from meterai.ports.ledger import Ledger

ROUNDS = 3
NEWEST_STAMPINGS = 1_000
"""How far back pieces still under way are looked for; an account with more than this queued is a partner with another way."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The refund that a request made or found."""

    refund: Refund
    replayed: bool


def request_refund(
    ledger: Ledger,
    *,
    account: str,
    key: str,
    fingerprint: str,
    invoice_id: str,
    reason: str,
    reference: str | None,
    metadata: dict[str, str] | None,
    received_at: datetime,
    day: timedelta,
) -> Asked:
    """Hold the invoice's pieces and set its refund going; while pieces it needs are still queued or sealing, record it.

    `received_at` is the gateway's arrival time; `day` is how long a day of the workflow lasts. Raises Missing,
    IdempotencyKeyReused, InvoiceNotPaid, RefundWindowClosed, RefundQuotaInsufficient, RefundAlreadyRequested, Busy."""
    id = derived("rfd", account, "POST /v1/refunds", key)
    for _ in range(ROUNDS):  # quota and invoice may move between judging and holding; the clock does not
        if (known := load(ledger, Refund, id)) is not None:
            if known.fingerprint != fingerprint:
                raise IdempotencyKeyReused("this Idempotency-Key asked for another refund")
            return Asked(known, replayed=True)
        invoice = find(ledger, Invoice, invoice_id, owner=account)
        found = judged(ledger, invoice, received_at)
        paid = loaded(ledger, Attempt, invoice.paid_by or invoice.attempt)
        refund = new_refund(id, invoice, paid, found, fingerprint, reason, reference, metadata, received_at, day)
        try:
            if found.eligible:
                gather_pieces(ledger, account, refund.quantity, received_at)
                ledger.apply(moves.hold(refund, received_at, of=invoice.quantity, new=True))
            elif found.code == StampInProgress.code:
                refund = replace(
                    refund,
                    status="pending",
                    waits_for=under_way(ledger, account),
                    timeline=[moves.happening("pending", received_at, found.code)],
                )
                ledger.apply(moves.pend(refund))
            elif load(ledger, Refund, id) is None:
                raise refusal(found)
            else:
                continue  # the same request, sent twice, was faster: its refund is the answer
            return Asked(refund, replayed=False)
        except GateClosed:
            continue
    raise Busy("the invoice kept changing")


def refusal(quote: Quote) -> Refusal:
    """Why a request is refused, as the refusal to raise."""
    return errors.refusal_of(quote.code or errors.Busy.code)(f"policy {quote.policy.id}: {quote.policy.cites}")


def new_refund(
    id: str,
    invoice: Invoice,
    paid: Attempt,
    quote: Quote,
    fingerprint: str,
    reason: str,
    reference: str | None,
    metadata: dict[str, str] | None,
    received_at: datetime,
    day: timedelta,
) -> Refund:
    """A request for this invoice, as `judged` at the instant it arrived: `received`, its pieces not held yet."""
    return Refund(
        id=id,
        kind="quota",
        account=invoice.account,
        invoice=invoice.id,
        provider=paid.provider,
        order=paid.id,
        status="received",
        fingerprint=fingerprint,
        quantity=quote.quantity,
        amount_idr=quote.amount_idr,
        total_idr=cost_of(invoice, quote.quantity),
        policy=quote.policy.id,
        reason=reason,
        received_at=received_at,
        promise_at=quote.promise_at,
        pay_at=pay_at(quote.policy, quote.way, invoice.paid_at, received_at, day),
        updated_at=received_at,
        timeline=[moves.happening("received", received_at)],
        way=quote.way,
        milestones=milestones(received_at, day),
        reference=reference,
        metadata=metadata,
    )


def cost_of(invoice: Invoice, quantity: int) -> int:
    """What `quantity` of the invoice's pieces cost, in rupiah."""
    bought = money.Price(invoice.quantity, invoice.unit_price_idr, invoice.fee_idr)
    return money.share(bought, quantity).total_idr if quantity else 0


def under_way(ledger: Ledger, account: str) -> frozenset[str]:
    """The account's stampings that have not ended. Raises Busy while the list lags behind the quota: a piece that is reserved
    must not be overlooked, or the request would be judged without it. So those found must all have been under way when the
    quota was read, or one that ended would make up for one that is not listed."""
    stampings = newest_stampings(ledger, account, NEWEST_STAMPINGS)
    waiting = frozenset(stamping.id for stamping in stampings if not stamping.ended)
    reserved = quota_of(ledger, account).reserved
    if len(waiting) < reserved or any(loaded(ledger, Stamping, id).ended for id in sorted(waiting)):
        raise Busy("the account's stampings are on the move")
    return waiting


def still_under_way(ledger: Ledger, refund: Refund) -> bool:
    """Whether any stamping that a pending refund waits for has not ended."""
    return any(not loaded(ledger, Stamping, id).ended for id in sorted(refund.waits_for))
