"""Invoices and how to pay them, as they are shown."""

from __future__ import annotations

from collections.abc import Sequence

from meterai.domain.policy import POLICIES
from meterai.domain.room import Turn
from meterai.domain.rows import Attempt, Invoice
from meterai.runtime.shown.base import Instant, Shown
from meterai.runtime.shown.eta import EtaShown
from meterai.runtime.shown.policy import PolicyShown


class PaymentShown(Shown):
    """How to pay an invoice now."""

    id: str
    status: str
    method: str
    qr_string: str | None
    qr_image_url: str | None
    deeplink_url: str | None
    va_number: str | None
    expires_at: Instant
    simulator_url: str | None

    @classmethod
    def of(cls, attempt: Attempt) -> PaymentShown:
        return cls.model_validate({name: getattr(attempt, name) for name in cls.model_fields})


class InvoiceShown(Shown):
    """Tagihan. While it awaits payment `eta` is when a stamp would be made of who pays now (null: nobody knows). `receipt` is
    the queue receipt (docs/waiting-room.md)."""

    id: str
    status: str
    quantity: int
    unit_price_idr: int
    fee_idr: int
    total_idr: int
    payment: PaymentShown | None
    refund_policy: PolicyShown
    eta: EtaShown | None
    receipt: str | None
    created_at: Instant
    paid_at: Instant | None
    reference: str | None
    metadata: dict[str, str] | None

    @classmethod
    def of(
        cls, invoice: Invoice, attempt: Attempt | None, *, eta: Turn | None = None, receipt: str | None = None
    ) -> InvoiceShown:
        return cls(
            id=invoice.id,
            status=invoice.status,
            quantity=invoice.quantity,
            unit_price_idr=invoice.unit_price_idr,
            fee_idr=invoice.fee_idr,
            total_idr=invoice.total_idr,
            payment=PaymentShown.of(attempt) if attempt else None,
            refund_policy=PolicyShown.of(POLICIES[invoice.policy]),
            eta=EtaShown.of(eta),
            receipt=receipt,
            created_at=invoice.created_at,
            paid_at=invoice.paid_at,
            reference=invoice.reference,
            metadata=invoice.metadata,
        )


class InvoiceList(Shown):
    data: list[InvoiceShown]
    next_cursor: str | None

    @classmethod
    def of(cls, found: Sequence[Invoice], next_cursor: str | None) -> InvoiceList:
        return cls(data=[InvoiceShown.of(one, None) for one in found], next_cursor=next_cursor)


class NoticeTaken(Shown):
    """A notification was kept."""

    received: bool = True
