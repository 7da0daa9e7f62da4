"""The receipt of a payment (kwitansi). Writes nothing."""

from __future__ import annotations

from meterai.domain.errors import Busy, InvoiceNotPaid
from meterai.domain.kwitansi import Kwitansi
from meterai.domain.rows import Account, Attempt, Invoice, Payment, Refund
from meterai.operations.find import find, loaded, of_invoice
from meterai.ports.ledger import Ledger

_NOTHING_HELD = ("unconfirmed", "pending", "rejected", "cancelled")


def show_kwitansi(ledger: Ledger, *, account: str, invoice_id: str) -> Kwitansi:
    """What the receipt of the owner's invoice tells, once it was paid, whatever became of it since.

    Lists follow the table's stream and may lag a second: a receipt never keeps quiet about money that went back, so one whose
    refund is not listed yet is Busy. Raises Missing, InvoiceNotPaid, Busy."""
    invoice = find(ledger, Invoice, invoice_id, owner=account)
    if invoice.paid_at is None or invoice.paid_by is None:
        raise InvoiceNotPaid(f"the invoice is {invoice.status}: there is a receipt once it is paid")
    refunds = _refunds(ledger, invoice)
    if invoice.status == "refunded" and not any(one.status == "refunded" for one in refunds):
        raise Busy("its refund is not listed yet")
    attempt = loaded(ledger, Attempt, invoice.paid_by)
    payments = (one for one in of_invoice(ledger, Payment, invoice.id) if one.kept_as == "pay")
    return Kwitansi(
        invoice=invoice,
        paid_at=invoice.paid_at,
        paid_with=attempt,
        payer=loaded(ledger, Account, invoice.account).email,
        transaction=next((one.id.removeprefix(f"txn_{attempt.provider}_") for one in payments), None),
        refunds=refunds,
    )


def _refunds(ledger: Ledger, invoice: Invoice) -> tuple[Refund, ...]:
    """Those of its pieces whose money went back, or which are held for that; the open one even where the list lags. A payment
    that bought nothing is another matter."""
    found = {one.id: one for one in of_invoice(ledger, Refund, invoice.id)}
    if invoice.open_refund is not None and invoice.open_refund not in found:
        found[invoice.open_refund] = loaded(ledger, Refund, invoice.open_refund)
    bearing = [one for one in found.values() if one.kind == "quota" and one.status not in _NOTHING_HELD]
    return tuple(sorted(bearing, key=lambda one: (one.received_at, one.id)))
