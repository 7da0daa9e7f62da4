"""What is bought: invoices, the refund policies in force, attempts to pay, and payments."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Literal

from meterai.domain.rows.line import Line
from meterai.domain.rows.noun import Noun

InvoiceStatus = Literal["awaiting_payment", "paid", "expired", "refunding", "refunded"]
AttemptStatus = Literal["open", "expired", "denied", "settled", "overpaid"]
PaymentMethod = Literal["qris", "gopay", "va"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoice(Noun):
    """Tagihan: an offer of `quantity` pieces at a price, under the refund policy that was shown with it. `returning` is how
    many of them its refund gives back, where that is not all. `line` is the one that its pieces will wait in: a partner's are
    `bulk`, and no promise to anybody before they are queued."""

    name = "invoice"
    account: str
    fingerprint: str
    status: InvoiceStatus
    quantity: int
    unit_price_idr: int
    fee_idr: int
    total_idr: int
    method: PaymentMethod
    policy: str
    attempt: str
    attempts: int
    created_at: datetime
    expires_at: datetime
    paid_at: datetime | None = None
    paid_by: str | None = None
    offered_at: datetime | None = None
    open_refund: str | None = None
    returning: int | None = None
    checkout: str | None = None
    reference: str | None = None
    metadata: dict[str, str] | None = None
    line: Line = "paid"

    @property
    def given_back(self) -> int:
        """How many of its pieces its refund gives or gave back."""
        return self.quantity if self.returning is None else self.returning


@dataclass(frozen=True, slots=True, kw_only=True)
class Activations(Noun):
    """Which refund policy is in force from when ({"policy", "from", "by", "at"}), oldest first; there is one such row."""

    name = "activations"
    ID: ClassVar[str] = "refund_policy"
    made: list[dict[str, Any]] = dataclasses.field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt(Noun):
    """A payment attempt: one QR with its own provider order id (= `id`), written before the provider is asked."""

    name = "attempt"
    account: str
    invoice: str
    status: AttemptStatus
    provider: str
    amount_idr: int
    method: PaymentMethod
    created_at: datetime
    expires_at: datetime
    ask_at: datetime | None = None
    asked: int = 0
    settled_at: datetime | None = None
    qr_string: str | None = None
    qr_image_url: str | None = None
    deeplink_url: str | None = None
    va_number: str | None = None
    simulator_url: str | None = None

    @property
    def charged(self) -> bool:
        """Whether the provider's code has been kept."""
        return bool(self.qr_string or self.deeplink_url or self.va_number)


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment(Noun):
    """A provider's payment (`id` = "txn_" + provider + "_" + its transaction id). None is ever ignored."""

    name = "payment"
    attempt: str
    invoice: str
    account: str
    amount_idr: int
    paid_at: datetime
    kept_as: Literal["pay", "overpay"]
