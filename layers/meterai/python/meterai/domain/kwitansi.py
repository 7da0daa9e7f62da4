"""Kwitansi: the receipt of a payment, as the rows have it. The queue receipt (bukti antre) is another: domain/receipt.py."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from meterai.domain.rows import Attempt, Invoice, Refund


@dataclass(frozen=True, slots=True)
class Kwitansi:
    """What a receipt tells. `payer` is the account's e-mail as it is now, None while it has none. `transaction` is the
    provider's own number of the payment, None while the lists do not have it yet. `refunds` are those that gave back pieces
    of this invoice, or are on their way to: oldest first."""

    invoice: Invoice
    paid_at: datetime
    paid_with: Attempt
    payer: str | None
    transaction: str | None
    refunds: tuple[Refund, ...]
