"""A payment provider in memory, which passes the contract tests of the real adapters. Tests play its customers."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from meterai.domain.errors import NotificationForged, PaymentProviderUnavailable, RequestInvalid
from meterai.ports.gateway import Charge, Method, Notice, Payment, PaymentStatus, RefundAnswer

RefundFate = Literal["settled", "refused", "lost before", "lost after"]
SIGNATURE_HEADER = "x-fake-signature"


@dataclass
class _Refund:
    transaction_id: str
    amount_idr: int


@dataclass
class _Order:
    charge: Charge
    method: Method
    amount_idr: int
    status: PaymentStatus = "pending"
    payments: list[Payment] = field(default_factory=list)


class FakeGateway:
    """As the real ones: a second payment of an order is shown only when asked for by its transaction id; a QR or
    deeplink is shown once.

    `outage` makes every call fail before it does anything; `charge_answer_lost` makes charges happen and fail; `forges`
    signs notifications wrongly;
    `refund_fates` decides the next refunds that move money, in order ("settled" when it is empty); "lost before" and
    "lost after" answer `unknown` without and with the money moved; `transactions` are the ids of the next payments, before it
    makes its own. `calls` is what was asked, for tests that count."""

    name = "fake"

    def __init__(self, secret: bytes = b"of the fake alone") -> None:
        self._secret = secret
        self._orders: dict[str, _Order] = {}
        self._refunds: dict[str, _Refund] = {}
        self.outage = False
        self.charge_answer_lost = False
        self.forges = False
        self.refund_fates: list[RefundFate] = []
        self.transactions: Iterator[str] = iter(())
        self.calls: list[tuple[str, str]] = []

    # The port ------------------------------------------------------------------------------------------------------

    def probe(self) -> None:
        self._called("probe", "")

    def charge(self, order_id: str, amount_idr: int, method: Method, *, now: datetime, expires_at: datetime) -> Charge:
        self._called("charge", order_id)
        known = self._orders.get(order_id)
        if known is not None:
            if known.method == "va" and known.status == "pending" and known.amount_idr == amount_idr:
                return known.charge
            raise PaymentProviderUnavailable("a code is shown once")
        number = len(self._orders) + 1
        charge = Charge(
            qr_string=f"fake-qr-{order_id}" if method == "qris" else None,
            qr_image_url=f"https://fake.invalid/{order_id}.png" if method != "va" else None,
            deeplink_url=f"https://fake.invalid/{order_id}" if method == "gopay" else None,
            va_number=f"9880{number:012d}" if method == "va" else None,
            expires_at=expires_at,
            simulator_url=f"https://fake.invalid/simulate/{order_id}",
        )
        self._orders[order_id] = _Order(charge, method, amount_idr)
        if self.charge_answer_lost:
            raise PaymentProviderUnavailable("the answer was lost")
        return charge

    def read(self, headers: Mapping[str, str], body: bytes) -> Notice:
        signature = {name.lower(): value for name, value in headers.items()}.get(SIGNATURE_HEADER, "")
        try:
            said = json.loads(body)
            notice = Notice(said["order_id"], said["transaction_id"])
        except (ValueError, KeyError, TypeError, RecursionError):
            raise RequestInvalid("not a notification") from None
        if not hmac.compare_digest(self._signature(body).encode(), signature.encode()):
            raise NotificationForged("the signature does not match")
        return notice

    def payments(self, order_id: str, transaction_id: str | None = None) -> tuple[Payment, ...]:
        self._called("payments", order_id)
        order = self._orders.get(order_id)
        if order is None:
            return (Payment(order_id, "absent", None, None, None, None),)
        if order.status != "paid":
            return (Payment(order_id, order.status, None, order.amount_idr, "IDR", None),)
        main, *others = order.payments
        return (main, *(other for other in others if other.transaction_id == transaction_id))

    def refund(
        self, order_id: str, *, key: str, amount_idr: int, reason: str, transaction_id: str | None = None
    ) -> RefundAnswer:
        try:
            self._called("refund", order_id)
        except PaymentProviderUnavailable:
            return RefundAnswer("unknown")
        order = self._orders.get(order_id)
        if order is None:
            return RefundAnswer("unknown")
        if key in self._refunds:
            same = self._refunds[key].amount_idr == amount_idr
            return RefundAnswer("settled", key) if same else RefundAnswer("unknown")
        paid = {payment.transaction_id: payment for payment in order.payments}
        payment = paid.get(transaction_id) if transaction_id else next(iter(order.payments), None)
        if transaction_id is not None and payment is None:
            return RefundAnswer("unknown")
        if payment is None or payment.transaction_id is None or order.method == "va":
            return RefundAnswer("refused")
        given = sum(each.amount_idr for each in self._refunds.values() if each.transaction_id == payment.transaction_id)
        if amount_idr > (payment.amount_idr or 0) - given:
            return RefundAnswer("refused")
        fate = self.refund_fates.pop(0) if self.refund_fates else "settled"
        if fate == "refused":
            return RefundAnswer("refused")
        if fate == "lost before":
            return RefundAnswer("unknown")
        self._refunds[key] = _Refund(payment.transaction_id, amount_idr)
        return RefundAnswer("unknown") if fate == "lost after" else RefundAnswer("settled", key)

    # What customers and tests do -----------------------------------------------------------------------------------

    def pay(
        self,
        order_id: str,
        *,
        at: datetime,
        amount_idr: int | None = None,
        fraction: bool = False,
        currency: str = "IDR",
    ) -> Notice:
        """A customer pays, in time, late, or once more: each call is a payment of its own. `amount_idr` is what is paid
        when it is not what was asked; `fraction` pays some sen on top, which no whole number of rupiah can show."""
        order = self._orders[order_id]
        transaction_id = next(self.transactions, f"fake-{order_id}-{len(order.payments) + 1}")
        amount = None if fraction else order.amount_idr if amount_idr is None else amount_idr
        order.payments.append(Payment(order_id, "paid", transaction_id, amount, currency, at))
        order.status = "paid"
        return Notice(order_id, transaction_id)

    def deny(self, order_id: str) -> Notice:
        return self._end(order_id, "denied")

    def expire(self, order_id: str) -> Notice:
        return self._end(order_id, "expired")

    def notification(self, notice: Notice) -> tuple[dict[str, str], bytes]:
        """The authentic headers and body that tell a notice."""
        body = json.dumps({"order_id": notice.order_id, "transaction_id": notice.transaction_id}).encode()
        return {SIGNATURE_HEADER: self._signature(b"wrong" if self.forges else body)}, body

    def refunded_idr(self, transaction_id: str) -> int:
        """How much of one payment was given back."""
        return sum(each.amount_idr for each in self._refunds.values() if each.transaction_id == transaction_id)

    def all_refunded_idr(self) -> int:
        """How much was given back, of all payments."""
        return sum(each.amount_idr for each in self._refunds.values())

    def _end(self, order_id: str, status: PaymentStatus) -> Notice:
        order = self._orders[order_id]
        if order.status != "pending":
            raise ValueError(f"{order_id} is {order.status}")
        order.status = status
        return Notice(order_id, None)

    def _called(self, verb: str, order_id: str) -> None:
        self.calls.append((verb, order_id))
        if self.outage:
            raise PaymentProviderUnavailable("the provider is down")

    def _signature(self, body: bytes) -> str:
        return hmac.new(self._secret, body, hashlib.sha256).hexdigest()
