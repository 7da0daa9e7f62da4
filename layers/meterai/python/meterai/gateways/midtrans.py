"""Midtrans, Core API: a PaymentGateway for QRIS, GoPay and bank transfer.

Sources: docs.midtrans.com (charge, get status, direct refund, receiving notifications, code 2xx and 4xx). Midtrans says
what became of a request in the body's `status_code`; of the HTTP status only 5xx is believed. Its times are WIB without
an offset.
"""

from __future__ import annotations

import hashlib
import hmac
import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Annotated, Literal
from urllib.parse import quote

import httpx
from pydantic import ConfigDict, StringConstraints, ValidationError

from meterai.domain.errors import NotificationForged, PaymentProviderUnavailable, RequestInvalid
from meterai.gateways.wire import Line, Wire, parsed
from meterai.ports.gateway import Charge, Method, Notice, Payment, PaymentStatus, RefundAnswer

TIMEOUT_SECONDS = 15.0
WIB = timezone(timedelta(hours=7))
REASON_LENGTH_MAX = 255
VA_BANK = "bni"

_PAID = frozenset({"settlement", "capture", "refund", "partial_refund", "chargeback", "partial_chargeback"})
_UNPAID: Mapping[str, PaymentStatus] = {
    "pending": "pending",
    "authorize": "pending",
    "expire": "expired",
    "deny": "denied",
    "cancel": "denied",
    "failure": "denied",
}
# Direct refund: 202 denied by the bank, 400 and 413 malformed, 402 no access, 407 expired, 410 payer blocked, 412 the
# state forbids it, 414 no funds or bad amount. Nothing definite: 406 (this key exists), 401, 403, 404, 429, 5xx.
_REFUND_REFUSED = frozenset({"202", "400", "402", "407", "410", "412", "413", "414"})
_AMOUNT = re.compile(r"([0-9]{1,15})(?:\.([0-9]{1,2}))?")
_DEEPLINK = re.compile(r"(https?|gojek|gopay)://[^\s\"'<>]+")
_IMAGE = re.compile(r"https?://[^\s\"'<>]+")

OrderId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._~-]{0,49}$")]
TransactionId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9-]{0,63}$")]


class _Outcome(Wire):
    """What every answer has, refusals too."""

    status_code: Annotated[str, StringConstraints(pattern=r"^[1-5][0-9]{2}$")]


class _Action(Wire):
    name: str
    url: str


class _Account(Wire):
    bank: str
    va_number: Annotated[str, StringConstraints(pattern=r"^[0-9]{6,32}$")]


class _Refund(Wire):
    refund_key: str | None = None
    refund_amount: str
    refund_chargeback_id: str | int | None = None


class _Transaction(Wire):
    """A transaction as charge and status show it."""

    status_code: str
    order_id: OrderId
    transaction_id: TransactionId
    gross_amount: str
    currency: str
    transaction_status: str
    transaction_time: str
    fraud_status: str | None = None
    settlement_time: str | None = None
    expiry_time: str | None = None
    qr_string: str | None = None
    actions: tuple[_Action, ...] = ()
    va_numbers: tuple[_Account, ...] = ()
    refunds: tuple[_Refund, ...] = ()


class _Refunded(Wire):
    order_id: OrderId
    transaction_status: Literal["refund", "partial_refund"]
    refund_key: str
    refund_chargeback_id: str | int | None = None


class _Notification(Wire):
    """The signed members, exactly as they came, and the transaction id, which the signature does not cover."""

    model_config = ConfigDict(extra="ignore", frozen=True, strict=True)

    order_id: OrderId
    status_code: str
    gross_amount: str
    signature_key: str
    transaction_id: TransactionId | None = None


class Midtrans:
    """A PaymentGateway on the Midtrans Core API (see the port for what each method promises).

    `base_url` is without `/v2`; `simulator_url` is the base address of the payment simulator, None in production.
    Nothing is retried here: whoever asks knows whether asking again is safe."""

    name = "midtrans"

    def __init__(self, base_url: str, server_key: str, client: httpx.Client, simulator_url: str | None = None) -> None:
        self._line = Line(base_url, server_key, client, timeout_seconds=TIMEOUT_SECONDS)
        self._server_key = server_key
        self._simulator_url = simulator_url.rstrip("/") if simulator_url else None

    def probe(self) -> None:
        """Ask for the status of an order that nobody made."""
        self.payments("meterai-probe")

    def charge(self, order_id: str, amount_idr: int, method: Method, *, now: datetime, expires_at: datetime) -> Charge:
        """Ask for a code that lives until `expires_at` (to the second, one second at least).

        A repeated order id answers 406, and the charge is rebuilt from its status where that shows how to pay it: a
        virtual account is shown again, a QR or a deeplink is not, so `qris` and `gopay` raise
        PaymentProviderUnavailable then."""
        order = {"order_id": order_id, "gross_amount": amount_idr}
        body: dict[str, object] = {
            "transaction_details": order,
            "custom_expiry": {
                "order_time": now.astimezone(WIB).strftime("%Y-%m-%d %H:%M:%S +0700"),
                "expiry_duration": max(1, math.ceil((expires_at - now).total_seconds())),
                "unit": "second",
            },
        }
        match method:
            case "qris":
                body |= {"payment_type": "qris", "qris": {"acquirer": "gopay"}}
            case "gopay":
                body |= {"payment_type": "gopay"}
            case "va":
                body |= {"payment_type": "bank_transfer", "bank_transfer": {"bank": VA_BANK}}
        code, content = self._ask("POST", "/v2/charge", body)
        if code == "406":
            code, content = self._ask("GET", f"/v2/{quote(order_id, safe='')}/status")
        if code != "201":
            raise PaymentProviderUnavailable("the payment provider did not open the charge")
        opened = parsed(_Transaction, content)
        if (opened.order_id, _rupiah(opened.gross_amount), opened.currency) != (order_id, amount_idr, "IDR"):
            raise PaymentProviderUnavailable("the payment provider answered about another charge")
        return self._shown(opened, method, expires_at)

    def read(self, headers: Mapping[str, str], body: bytes) -> Notice:  # noqa: ARG002 (the port's; others sign there)
        """Check `signature_key` = sha512(order_id + status_code + gross_amount + server key), over members as received.

        Source: docs.midtrans.com/reference/receiving-notifications. The transaction id is outside the signature: it
        only says where to ask, and `payments` drops what does not belong to the order."""
        try:
            notification = _Notification.model_validate_json(body)
        except ValidationError:
            raise RequestInvalid("the body is not a notification of this provider") from None
        signed = notification.order_id + notification.status_code + notification.gross_amount + self._server_key
        expected = hashlib.sha512(signed.encode()).hexdigest()
        if not hmac.compare_digest(expected.encode(), notification.signature_key.encode()):
            raise NotificationForged("signature_key does not match")
        return Notice(order_id=notification.order_id, transaction_id=notification.transaction_id)

    def payments(self, order_id: str, transaction_id: str | None = None) -> tuple[Payment, ...]:
        """Ask by order id and, when it names another payment, by transaction id.

        `amount_idr` is None when the amount is not whole rupiah; `currency` is as told: the caller compares them."""
        main = self._status(order_id)
        if main is None:
            return (Payment(order_id, "absent", None, None, None, None),)
        if main.order_id != order_id:
            raise PaymentProviderUnavailable("the payment provider answered about another order")
        if transaction_id is None or transaction_id == main.transaction_id:
            return (_payment(main),)
        other = self._status(transaction_id)
        if other is None or (other.order_id, other.transaction_id) != (order_id, transaction_id):
            return (_payment(main),)
        return (_payment(main), _payment(other))

    def refund(
        self, order_id: str, *, key: str, amount_idr: int, reason: str, transaction_id: str | None = None
    ) -> RefundAnswer:
        """Direct refund. Midtrans is asked first whether it already holds a refund of this key, and again after a
        refusal, so that a lost answer is found rather than repeated."""
        payment_id = transaction_id or order_id
        try:
            known = self._refund_known(payment_id, order_id, key, amount_idr)
            if known is not None:
                return known
            code, content = self._ask(
                "POST",
                f"/v2/{quote(payment_id, safe='')}/refund/online/direct",
                {"refund_key": key, "amount": amount_idr, "reason": reason[:REASON_LENGTH_MAX]},
            )
            if code == "200":
                done = parsed(_Refunded, content)
                if (done.order_id, done.refund_key) == (order_id, key):
                    return RefundAnswer("settled", _reference(done.refund_chargeback_id))
                return RefundAnswer("unknown")
            known = self._refund_known(payment_id, order_id, key, amount_idr)
            if known is not None:
                return known
            return RefundAnswer("refused" if code in _REFUND_REFUSED else "unknown")
        except PaymentProviderUnavailable:
            return RefundAnswer("unknown")

    def _refund_known(self, payment_id: str, order_id: str, key: str, amount_idr: int) -> RefundAnswer | None:
        """What Midtrans lists under this refund key; None when it lists none. A payment that it does not know, or a
        refund of another amount under the key, is nothing to build on: PaymentProviderUnavailable."""
        transaction = self._status(payment_id)
        if transaction is None or transaction.order_id != order_id:
            raise PaymentProviderUnavailable("the payment provider does not know the payment")
        for refund in transaction.refunds:
            if refund.refund_key == key:
                if _rupiah(refund.refund_amount) != amount_idr:
                    raise PaymentProviderUnavailable("the payment provider holds another amount under this refund key")
                return RefundAnswer("settled", _reference(refund.refund_chargeback_id))
        return None

    def _shown(self, opened: _Transaction, method: Method, expires_at: datetime) -> Charge:
        urls = {action.name: action.url for action in opened.actions}
        image, deeplink = urls.get("generate-qr-code"), urls.get("deeplink-redirect")
        account = opened.va_numbers[0].va_number if opened.va_numbers else None
        payable = {"qris": opened.qr_string, "gopay": deeplink, "va": account}[method]
        if not payable or (image and not _IMAGE.fullmatch(image)) or (deeplink and not _DEEPLINK.fullmatch(deeplink)):
            raise PaymentProviderUnavailable("the payment provider's charge cannot be paid")
        return Charge(
            qr_string=opened.qr_string,
            qr_image_url=image,
            deeplink_url=deeplink,
            va_number=account,
            expires_at=_instant(opened.expiry_time) if opened.expiry_time else expires_at,
            simulator_url=self._simulator_url and f"{self._simulator_url}/simulate/{quote(opened.order_id, safe='')}",
        )

    def _status(self, payment_id: str) -> _Transaction | None:
        """The transaction of an order id or a transaction id; None when Midtrans says that there is none."""
        code, content = self._ask("GET", f"/v2/{quote(payment_id, safe='')}/status")
        if code == "404":
            return None
        return parsed(_Transaction, content)

    def _ask(
        self, verb: Literal["GET", "POST"], path: str, body: Mapping[str, object] | None = None
    ) -> tuple[str, bytes]:
        """One call: the body's status code and the body."""
        _, content = self._line.ask(verb, path, body=body)
        return parsed(_Outcome, content).status_code, content


def _payment(transaction: _Transaction) -> Payment:
    """Paid = status_code 200, fraud_status accept where there is one, and settlement, capture or what follows them."""
    status: PaymentStatus
    if transaction.transaction_status in _PAID:
        if transaction.status_code != "200":
            raise PaymentProviderUnavailable("the payment provider contradicts itself")
        match transaction.fraud_status:
            case None | "accept":
                status = "paid"
            case "challenge":
                status = "pending"
            case _:
                status = "denied"
    elif transaction.transaction_status in _UNPAID:
        status = _UNPAID[transaction.transaction_status]
    else:
        raise PaymentProviderUnavailable("the payment provider names an unknown state")
    amount = _rupiah(transaction.gross_amount)
    if status != "paid":
        return Payment(transaction.order_id, status, None, amount, transaction.currency, None)
    paid_at = _instant(transaction.settlement_time or transaction.transaction_time)
    return Payment(transaction.order_id, "paid", transaction.transaction_id, amount, transaction.currency, paid_at)


def _rupiah(amount: str) -> int | None:
    """Whole rupiah of "10000.00"; None when there is a fraction."""
    found = _AMOUNT.fullmatch(amount)
    if found is None:
        raise PaymentProviderUnavailable("the payment provider's amount cannot be read")
    return None if (found[2] or "").strip("0") else int(found[1])


def _instant(wib: str) -> datetime:
    """UTC of a WIB "YYYY-MM-DD HH:MM:SS"."""
    try:
        return datetime.strptime(wib, "%Y-%m-%d %H:%M:%S").replace(tzinfo=WIB).astimezone(UTC)
    except (ValueError, OverflowError):
        raise PaymentProviderUnavailable("the payment provider's time cannot be read") from None


def _reference(chargeback_id: str | int | None) -> str | None:
    return None if chargeback_id is None else str(chargeback_id)
