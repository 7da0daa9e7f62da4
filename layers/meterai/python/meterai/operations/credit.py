"""Payments: what the provider says happened becomes pieces, once, whatever arrives, however often, in any order."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta

from meterai.domain import instants, policy
from meterai.domain.errors import Busy, Missing, PaymentMismatch
from meterai.domain.ids import derived
from meterai.domain.ledger import GateClosed
from meterai.domain.moves import purchase as moves
from meterai.domain.moves.refund import happening
from meterai.domain.rows import Attempt, Invoice, Payment, Refund
from meterai.operations.find import load, loaded
from meterai.ports.gateway import Gateways
from meterai.ports.gateway import Payment as ProviderPayment
from meterai.ports.ledger import Ledger

ROUNDS = 4
"""Rows may move between reading and writing; each round reads them anew. More than this many is contention."""


def credit_notification(
    ledger: Ledger, gateways: Gateways, provider_name: str, headers: Mapping[str, str], body: bytes, *, now: datetime
) -> None:
    """Take a notification of `provider_name`: authenticate it, keep it raw, ask the provider for the truth, then move.

    Raises NotificationForged, RequestInvalid, PaymentProviderUnavailable or Busy (the provider sends it again), Missing for an
    order that is not ours or was made at another provider, PaymentMismatch for one that needs a person."""
    notice = gateways.of(provider_name).read(headers, body)
    with suppress(GateClosed):
        ledger.apply(moves.notice_put(hashlib.sha256(body).hexdigest(), provider_name, body.decode(), now))
    attempt = load(ledger, Attempt, notice.order_id)
    if attempt is None or attempt.provider != provider_name:
        raise Missing("no attempt of this provider has this order id")
    credit(ledger, gateways, attempt, transaction_id=notice.transaction_id, now=now)


def credit(
    ledger: Ledger, gateways: Gateways, attempt: Attempt, *, transaction_id: str | None = None, now: datetime
) -> None:
    """Ask the provider that made an attempt about it and make the ledger agree. Doing it twice changes nothing.

    One payment that needs a person never keeps the others from being credited. Raises PaymentProviderUnavailable, Busy,
    PaymentMismatch (another currency, or an amount that is no whole rupiah)."""
    mismatch: PaymentMismatch | None = None
    for told in gateways.of(attempt.provider).payments(attempt.id, transaction_id):
        if told.status == "paid":
            try:
                _settle(ledger, attempt, told, now)
            except PaymentMismatch as found:
                mismatch = found
        elif told.status in ("expired", "denied"):
            with suppress(GateClosed):
                ledger.apply(moves.close_attempt(attempt, told.status))
        elif told.status == "absent" and now >= attempt.expires_at:
            with suppress(GateClosed):
                ledger.apply(moves.close_attempt(attempt, "expired"))
    invoice = loaded(ledger, Invoice, attempt.invoice)
    if invoice.status == "awaiting_payment" and invoice.attempt == attempt.id:
        with suppress(GateClosed):
            ledger.apply(moves.expire_invoice(invoice))
    if mismatch is not None:
        raise mismatch


def _settle(ledger: Ledger, attempt: Attempt, told: ProviderPayment, now: datetime) -> None:
    """One paid payment: pay, or overpay, whichever the rows allow when they are looked at."""
    if told.transaction_id is None or told.amount_idr is None or told.currency != "IDR":
        raise PaymentMismatch("a payment without identity, whole rupiah or the right currency")
    id = f"txn_{attempt.provider}_{told.transaction_id}"
    for _ in range(ROUNDS):
        if load(ledger, Payment, id) is not None:
            return
        attempt = loaded(ledger, Attempt, attempt.id)
        invoice = loaded(ledger, Invoice, attempt.invoice)
        payment = Payment(
            id=id,
            attempt=attempt.id,
            invoice=invoice.id,
            account=attempt.account,
            amount_idr=told.amount_idr,
            paid_at=told.paid_at or now,
            kept_as="pay",
        )
        wanted = (
            told.amount_idr == attempt.amount_idr
            and attempt.status in ("open", "expired", "denied")
            and invoice.status in ("awaiting_payment", "expired")
        )
        with suppress(GateClosed):
            if wanted:
                ledger.apply(moves.pay(invoice, attempt, payment, now))
            else:
                back = _overpaid(payment, attempt, invoice, told.transaction_id, now)
                kept = Payment.of(payment.row() | {"kept_as": "overpay"})
                ledger.apply(moves.overpay(attempt, invoice, kept, back, now))
    if load(ledger, Payment, id) is None:
        raise Busy("the payment could not be kept yet")


def _overpaid(payment: Payment, attempt: Attempt, invoice: Invoice, transaction_id: str, now: datetime) -> Refund:
    """The refund of a payment that bought nothing: approved when it is made, so nobody can cancel or reject it."""
    id = derived("rfd", payment.id)
    return Refund(
        id=id,
        kind="payment",
        account=payment.account,
        invoice=invoice.id,
        provider=attempt.provider,
        order=payment.attempt,
        transaction=transaction_id,
        status="approved",
        fingerprint=payment.id,
        quantity=0,
        amount_idr=payment.amount_idr,
        total_idr=payment.amount_idr,
        policy=invoice.policy,
        reason="overpaid",
        received_at=now,
        promise_at=instants.end_of_wib_day(now, policy.POLICIES[invoice.policy].promise_days),
        pay_at=now,
        way=policy.way_back(attempt.method, payment.paid_at, now),
        milestones=policy.milestones(now, timedelta(days=1)),
        updated_at=now,
        timeline=[happening("approved", now, "overpaid")],
    )
