"""Midtrans' rules: what a charge, a status and a refund do, in its words, and how it notifies.

Sources: docs.midtrans.com (charge, get status, direct refund, HTTP(S) notification).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Annotated, Literal

from pydantic import BaseModel, Field, StringConstraints, ValidationError

from local.paysim import qris
from local.paysim.book import Book, Knobs, Notice, PaymentType, Refund, Status, Transaction
from local.paysim.provider import Outcome, Provider, first_fault
from local.paysim.wire import Answer, Request, Wire, authorized, json_answer

WIB = timezone(timedelta(hours=7))
MERCHANT = "G000000000"
RETRY_MINUTES = (2, 10, 30, 90, 210)

_STATUS_CODE: dict[Status, str] = {
    "settlement": "200",
    "refund": "200",
    "partial_refund": "200",
    "pending": "201",
    "deny": "202",
    "expire": "407",
}
_MESSAGES = {
    "400": "One or more parameters in the payload is invalid.",
    "401": "Transaction cannot be authorized with the current client/server key.",
    "404": "Transaction doesn't exist.",
    "406": "The request could not be completed due to a conflict with the current state of the target resource.",
    "412": "Merchant cannot modify the status of the transaction",
    "414": "Refund request is rejected due to invalid amount",
    "500": "Sorry, we encountered internal server error. We will fix this soon.",
}
_LIFETIME: dict[PaymentType, timedelta] = {
    "qris": timedelta(minutes=15),
    "gopay": timedelta(minutes=15),
    "bank_transfer": timedelta(hours=24),
}


class _Details(BaseModel):
    order_id: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._~-]{1,50}$")]
    gross_amount: Annotated[int, Field(strict=True, gt=0)]


class _Expiry(BaseModel):
    order_time: str | None = None
    expiry_duration: Annotated[int, Field(gt=0)]
    unit: Literal["second", "minute", "hour", "day"] = "minute"

    def end(self, now: datetime) -> datetime:
        start = datetime.strptime(self.order_time, "%Y-%m-%d %H:%M:%S %z") if self.order_time else now
        return start + timedelta(**{f"{self.unit}s": self.expiry_duration})


class _Transfer(BaseModel):
    bank: Literal["bca", "bni", "bri", "cimb", "permata"]


class _Acquirer(BaseModel):
    acquirer: Literal["gopay"] = "gopay"


class _Charge(BaseModel):
    payment_type: PaymentType
    transaction_details: _Details
    custom_expiry: _Expiry | None = None
    bank_transfer: _Transfer | None = None
    qris: _Acquirer | None = None


class _RefundCall(BaseModel):
    refund_key: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,100}$")]
    amount: Annotated[int, Field(strict=True, gt=0)]
    reason: Annotated[str, StringConstraints(max_length=255)] = ""


class Midtrans(Provider):
    """`server_key` signs and authenticates."""

    name = "midtrans"

    def __init__(
        self, book: Book, server_key: str, base_url: str, clock: Callable[[], datetime], token: Callable[[int], bytes]
    ) -> None:
        super().__init__(book, base_url, clock, token)
        self.server_key = server_key

    def serves(self, parts: tuple[str, ...]) -> bool:
        """POST /v2/charge; /v2/{id}/status; /v2/{id}/refund/online/direct."""
        return parts[0] == "v2"

    def answer(self, request: Request, parts: tuple[str, ...]) -> Answer:
        match (request.method, *parts[1:]):
            case _ if not authorized(request, self.server_key):
                return _wire(self.refusal("401"))
            case ("POST", "charge"):
                return _wire(self.charge(request.body))
            case ("GET", payment_id, "status"):
                return _wire(self.status(payment_id))
            case ("POST", payment_id, "refund", "online", "direct"):
                return _wire(self.refund(payment_id, request.body))
            case _:
                return _wire(self.refusal("404"))

    def retry_minutes(self, outcome: Outcome) -> tuple[float, ...]:
        """A failed notification is tried again after 2, 10, 30, 90 and 210 minutes, five times in general, four times after a
        503, twice after a 400 or 404, once after a 500, never after a redirection."""
        if isinstance(outcome, int) and 200 <= outcome < 400:
            return ()
        times = {500: 1, 503: 4, 400: 2, 404: 2}.get(outcome, len(RETRY_MINUTES)) if isinstance(outcome, int) else 5
        return RETRY_MINUTES[:times]

    def notice(self, transaction: Transaction, knobs: Knobs) -> Notice:
        """Signed with sha512(order_id + status_code + gross_amount + server key)."""
        body = self._shown(transaction) | {"status_message": "midtrans payment notification"}
        signed = f"{body['order_id']}{body['status_code']}{body['gross_amount']}{self.server_key}"
        if knobs.wrong_signature:
            signed += "wrong"
        body["signature_key"] = hashlib.sha512(signed.encode()).hexdigest()
        return Notice(provider=self.name, headers={"User-Agent": "Veritrans"}, body=json.dumps(body))

    def charge(self, body: bytes) -> Wire:
        """POST /v2/charge."""
        now = self.clock()
        try:
            asked = _Charge.model_validate_json(body)
            end = asked.custom_expiry.end(now) if asked.custom_expiry else now + _LIFETIME[asked.payment_type]
        except (ValidationError, ValueError, OverflowError) as wrong:
            return self.refusal("400", validation_messages=[first_fault(wrong)])
        if asked.payment_type == "bank_transfer" and asked.bank_transfer is None:
            return self.refusal("400", validation_messages=["bank_transfer is required"])
        amount = asked.transaction_details.gross_amount
        transaction = Transaction(
            transaction_id=self._uuid(),
            order_id=asked.transaction_details.order_id,
            payment_type=asked.payment_type,
            charged_idr=amount,
            gross_amount=f"{amount}.00",
            transaction_at=now,
            expires_at=end,
        )
        if asked.payment_type != "bank_transfer":
            transaction.qr_string = qris.payload(amount, transaction.order_id)
        elif asked.bank_transfer:
            transaction.bank = asked.bank_transfer.bank
            transaction.va_number = f"9880{int.from_bytes(self._token(5), 'big') % 10**12:012d}"
        with self.book.writing():
            if self.book.of_order(transaction.order_id):
                return self.refusal("406")
            self.book.put(transaction)
            self._announce(transaction)
        return self.refusal("500") if self.book.knobs().charge_answer_lost else self._charged(transaction)

    def status(self, payment_id: str) -> Wire:
        """GET /v2/{order id or transaction id}/status. A QR, a deeplink and actions are not shown again."""
        self.pass_time()
        transaction = self._find(payment_id)
        return self.refusal("404") if transaction is None else self._shown(transaction)

    def refund(self, payment_id: str, body: bytes) -> Wire:
        """POST /v2/{order id or transaction id}/refund/online/direct. The same key answers the same refund again."""
        self.pass_time()
        try:
            asked = _RefundCall.model_validate_json(body)
        except ValidationError as wrong:
            return self.refusal("400", validation_messages=[first_fault(wrong)])
        knobs = self.book.knobs()
        with self.book.writing():
            transaction = self._find(payment_id)
            if transaction is None:
                return self.refusal("404")
            earlier = next((each for each in transaction.refunds if each.key == asked.refund_key), None)
            if earlier is not None:
                return (
                    self._refunded(transaction, earlier) if earlier.amount_idr == asked.amount else self.refusal("406")
                )
            if transaction.payment_type == "bank_transfer" or transaction.settled_at is None:
                return self.refusal("412")
            if knobs.refund_refused:
                return self.refusal("202", "Refund denied by the bank") | {
                    "transaction_status": transaction.status,
                    "refund_amount": "0.00",
                    "refund_key": asked.refund_key,
                }
            left = int(float(transaction.gross_amount)) - sum(each.amount_idr for each in transaction.refunds)
            if asked.amount > left:
                return self.refusal("414")
            refund = Refund(
                key=asked.refund_key,
                amount_idr=asked.amount,
                reason=asked.reason,
                number=len(transaction.refunds) + 1,
                created_at=self.clock(),
            )
            transaction.refunds.append(refund)
            transaction.status = "refund" if asked.amount == left else "partial_refund"
            self.book.put(transaction)
            self._announce(transaction)
        return self.refusal("500") if knobs.refund_answer_lost else self._refunded(transaction, refund)

    def refusal(self, code: str, message: str | None = None, **more: object) -> Wire:
        return {"status_code": code, "status_message": message or _MESSAGES[code], "id": self._uuid(), **more}

    def _shown(self, transaction: Transaction) -> Wire:
        shown: Wire = {
            "status_code": _STATUS_CODE[transaction.status],
            "status_message": "Success, transaction is found",
            "transaction_id": transaction.transaction_id,
            "order_id": transaction.order_id,
            "merchant_id": MERCHANT,
            "gross_amount": transaction.gross_amount,
            "currency": transaction.currency,
            "payment_type": transaction.payment_type,
            "transaction_time": _wib(transaction.transaction_at),
            "transaction_status": transaction.status,
            "fraud_status": "accept",
            "expiry_time": _wib(transaction.expires_at),
        }
        if transaction.payment_type == "qris":
            shown |= {"acquirer": "gopay"} | ({"issuer": "gopay"} if transaction.settled_at else {})
        if transaction.va_number:
            shown["va_numbers"] = [{"bank": transaction.bank, "va_number": transaction.va_number}]
        if transaction.settled_at:
            shown["settlement_time"] = _wib(transaction.settled_at)
        if transaction.refunds:
            shown["refund_amount"] = f"{sum(each.amount_idr for each in transaction.refunds)}.00"
            shown["refunds"] = [
                {
                    "refund_chargeback_id": each.number,
                    "refund_amount": f"{each.amount_idr}.00",
                    "created_at": _wib(each.created_at),
                    "reason": each.reason,
                    "refund_key": each.key,
                    "refund_method": "online",
                    "bank_confirmed_at": _wib(each.created_at),
                }
                for each in transaction.refunds
            ]
        return shown

    def _charged(self, transaction: Transaction) -> Wire:
        charged = self._shown(transaction)
        here = f"{self.base_url}/v2/{transaction.transaction_id}"
        image = {
            "name": "generate-qr-code",
            "method": "GET",
            "url": f"{self.base_url}/v2/{transaction.payment_type}/{transaction.transaction_id}/qr-code",
        }
        if transaction.payment_type == "qris":
            charged |= {"status_message": "QRIS transaction is created", "qr_string": transaction.qr_string}
            charged["actions"] = [image]
        elif transaction.payment_type == "gopay":
            link = f"{self.base_url}/simulate/{transaction.order_id}"
            charged["status_message"] = "GoPay transaction is created"
            charged["actions"] = [
                image,
                {"name": "deeplink-redirect", "method": "GET", "url": link},
                {"name": "get-status", "method": "GET", "url": f"{here}/status"},
            ]
        else:
            charged["status_message"] = "Success, Bank Transfer transaction is created"
        return charged

    def _refunded(self, transaction: Transaction, refund: Refund) -> Wire:
        shown = self._shown(transaction)
        shown.pop("refunds")
        return shown | {
            "status_message": "Success, refund request is approved",
            "refund_chargeback_id": refund.number,
            "refund_amount": f"{refund.amount_idr}.00",
            "refund_key": refund.key,
        }


def _wire(answer: Wire) -> Answer:
    """The HTTP status is 200 for what was done, the body's status_code where it was refused."""
    code = int(str(answer["status_code"]))
    return json_answer(code if code >= 400 and "transaction_id" not in answer else 200, answer)


def _wib(instant: datetime) -> str:
    return instant.astimezone(WIB).strftime("%Y-%m-%d %H:%M:%S")
