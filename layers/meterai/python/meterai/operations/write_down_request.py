"""The contact centre's other ways: an officer writes down what somebody asked for by WhatsApp, post office, phone or letter."""

from __future__ import annotations

from datetime import datetime, timedelta

from meterai.domain.errors import IdempotencyKeyReused, InvoiceNotPaid, Missing, RequestInvalid
from meterai.domain.ids import derived
from meterai.domain.rows import Invoice, Refund, RefundChannel, Submission
from meterai.operations.find import load
from meterai.operations.note_request import note_request
from meterai.operations.request_refund import Asked
from meterai.ports.ledger import Ledger


def write_down_request(
    ledger: Ledger,
    *,
    by: str,
    key: str,
    fingerprint: str,
    invoice_id: str,
    channel: RefundChannel,
    arrived_at: datetime,
    reason: str,
    now: datetime,
    day: timedelta,
) -> Asked:
    """The same `unconfirmed` request as a mail makes, with the officer `by` in its timeline and in an entry. It arrived at
    `arrived_at`, which is not later than now nor earlier than the payment, and is judged as of then once its owner follows
    the link. `day` is how long a day of the workflow lasts.

    Raises RequestInvalid, Missing, ContactUnverified, InvoiceNotPaid, RefundAlreadyRequested, IdempotencyKeyReused, Busy."""
    id = derived("rfd", by, "POST /v1/desk/refunds", key)
    if (known := load(ledger, Refund, id)) is not None:
        if known.fingerprint != fingerprint:
            raise IdempotencyKeyReused("this Idempotency-Key asked for another refund")
        return Asked(known, replayed=True)
    invoice = load(ledger, Invoice, invoice_id)
    if invoice is None:
        raise Missing("no invoice has this id")
    if invoice.paid_at is None:
        raise InvoiceNotPaid("nothing was paid for this invoice")
    if arrived_at > now:
        raise RequestInvalid("a request has not arrived in the future", pointer="/arrived_at")
    if arrived_at < invoice.paid_at:
        raise RequestInvalid("a request does not arrive before its invoice is paid", pointer="/arrived_at")
    noted = note_request(
        ledger,
        id=id,
        invoice_id=invoice_id,
        door="officer",
        reason=reason,
        fingerprint=fingerprint,
        received_at=arrived_at,
        now=now,
        day=day,
        submission=Submission(id=id, channel=channel),
        by=by,
    )
    return Asked(noted, replayed=False)
