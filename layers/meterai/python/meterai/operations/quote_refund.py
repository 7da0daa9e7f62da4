"""What asking a refund for an invoice would bring, or why it would not."""

from __future__ import annotations

from datetime import datetime

from meterai.domain.policy import Quote, quote
from meterai.domain.rows import Invoice
from meterai.operations.find import find, quota_of
from meterai.ports.ledger import Ledger


def quote_refund(ledger: Ledger, *, account: str, invoice_id: str, received_at: datetime) -> Quote:
    """Judge a request for this invoice as if it arrived at `received_at`. Writes nothing. Raises Missing, Busy."""
    invoice = find(ledger, Invoice, invoice_id, owner=account)
    return quote(invoice, quota_of(ledger, account), received_at)
