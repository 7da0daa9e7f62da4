"""A request that did not come through the API, by mail or at an officer's desk: recorded, until its owner confirms it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from meterai.domain.errors import Busy, ContactUnverified, IdempotencyKeyReused, InvoiceNotPaid, RefundAlreadyRequested
from meterai.domain.ledger import GateClosed
from meterai.domain.moves import desk
from meterai.domain.moves import refund as moves
from meterai.domain.rows import Account, Attempt, Invoice, Refund, RefundDoor, Submission
from meterai.operations.find import load, loaded
from meterai.operations.quote_refund import judged
from meterai.operations.request_refund import new_refund
from meterai.ports.ledger import Ledger


def note_request(
    ledger: Ledger,
    *,
    id: str,
    invoice_id: str,
    door: RefundDoor,
    reason: str,
    fingerprint: str,
    received_at: datetime,
    now: datetime,
    day: timedelta,
    submission: Submission | None = None,
    by: str | None = None,
    reference: str | None = None,
    metadata: dict[str, str] | None = None,
) -> Refund:
    """Record a request as `unconfirmed`: it holds nothing and pays nothing until the link in the letter to the account's
    verified e-mail is followed (operations/confirm_refund.py), and lapses without that. `received_at` is when it reached us,
    at which it will be judged; `submission` (its id is the refund's) is what came with it; `by` is the officer who wrote it
    down, whose act it is.

    The same id and fingerprint again give the same refund. Raises Missing, ContactUnverified (there is nobody to ask),
    InvoiceNotPaid, RefundAlreadyRequested, IdempotencyKeyReused, Busy."""
    if (known := _known(ledger, id, fingerprint)) is not None:
        return known
    invoice = loaded(ledger, Invoice, invoice_id)
    account = loaded(ledger, Account, invoice.account)
    if account.email is None or account.email_verified_at is None:
        raise ContactUnverified("the account's e-mail was never confirmed: there is nobody to ask")
    if invoice.paid_at is None:
        raise InvoiceNotPaid("nothing was paid for this invoice")
    if invoice.status != "paid" or invoice.open_refund is not None:
        raise RefundAlreadyRequested("this invoice has a refund already")
    found = judged(ledger, invoice, received_at)
    paid = loaded(ledger, Attempt, invoice.paid_by or invoice.attempt)
    asked = new_refund(id, invoice, paid, found, fingerprint, reason, reference, metadata, received_at, day)
    refund = replace(
        asked,
        status="unconfirmed",
        door=door,
        updated_at=now,
        timeline=[moves.happening("unconfirmed", received_at, door)],
    )
    try:
        ledger.apply(
            moves.note(refund, submission) if by is None else desk.written_down(refund, submission, by=by, now=now)
        )
    except GateClosed:
        if (known := _known(ledger, id, fingerprint)) is None:
            raise Busy("the request kept changing") from None
        return known
    return loaded(ledger, Refund, id)


def _known(ledger: Ledger, id: str, fingerprint: str) -> Refund | None:
    known = load(ledger, Refund, id)
    if known is not None and known.fingerprint != fingerprint:
        raise IdempotencyKeyReused("this Idempotency-Key asked for another refund")
    return known
