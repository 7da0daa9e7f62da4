"""Xendit's rules: payment requests, the payments of their codes, refunds and payouts, and its webhooks.

Sources: github.com/xendit/xendit-php docs/PaymentRequest.yaml, PaymentMethod.yaml, Refund.yaml and Payout.yaml (the
OpenAPI documents of its clients); docs.xendit.co/apidocs/webhook-behavior and docs.xendit.co/webhook (delivery attempts
and retries). What those leave open is chosen here: a code that nobody paid in time has the status EXPIRED, as its
request has; a repeated idempotency key answers the first payment request again, with another body 409.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, Field, StringConstraints, ValidationError

from local.paysim import qris
from local.paysim.book import Book, Knobs, Notice, Payout, PayoutStatus, Refund, Status, Transaction
from local.paysim.provider import Outcome, Provider, first_fault
from local.paysim.wire import Answer, Request, Wire, authorized, json_answer

BUSINESS = "000000000000000000000000"
RETRY_MINUTES = (15, 45, 120, 180, 360, 720)
_PATHS: dict[str | None, list[PayoutStatus]] = {
    None: ["SUCCEEDED"],
    "failed": ["FAILED"],
    "reversed": ["SUCCEEDED", "REVERSED"],
}
"""What becomes of an accepted payout, by the knob that makes it bounce."""
LIFETIME = timedelta(hours=48)
PAYOUT_ARRIVES = timedelta(minutes=15)

_REQUEST_STATUS: dict[Status, str] = {
    "pending": "PENDING",
    "settlement": "SUCCEEDED",
    "refund": "SUCCEEDED",
    "partial_refund": "SUCCEEDED",
    "deny": "FAILED",
    "expire": "EXPIRED",
}
_CODE_STATUS: dict[Status, str] = {
    "pending": "ACTIVE",
    "settlement": "INACTIVE",
    "refund": "INACTIVE",
    "partial_refund": "INACTIVE",
    "deny": "FAILED",
    "expire": "EXPIRED",
}
_ERRORS: dict[str, tuple[int, str]] = {
    "API_VALIDATION_ERROR": (400, "There was an error with the format submitted to the server."),
    "INELIGIBLE_TRANSACTION": (400, "The transaction cannot be refunded."),
    "MAXIMUM_REFUND_AMOUNT_REACHED": (400, "The amount is greater than the allowed refund amount."),
    "REFUND_NOT_SUPPORTED": (400, "Refunds are not supported for this channel."),
    "INVALID_API_KEY": (401, "API key is not valid."),
    "REQUEST_FORBIDDEN_ERROR": (403, "The API key is forbidden to perform this request."),
    "CHANNEL_CODE_NOT_SUPPORTED": (400, "channel_code is not supported."),
    "MAXIMUM_TRANSFER_LIMIT_ERROR": (400, "amount is more than the maximum supported for the channel."),
    "DATA_NOT_FOUND": (404, "Could not find what was asked for."),
    "DUPLICATE_ERROR": (409, "Duplicate value on idempotency_key, try again with a new key."),
    "IDEMPOTENCY_ERROR": (409, "The idempotency key was used with another request."),
    "SERVER_ERROR": (500, "An unexpected error occurred."),
}

Reference = Annotated[str, StringConstraints(min_length=1, max_length=255)]
Rupiah = Annotated[Decimal, Field(ge=1, le=10**12, decimal_places=0)]


class _Properties(BaseModel):
    expires_at: AwareDatetime | None = None


class _Qr(BaseModel):
    channel_code: Literal["QRIS"]
    channel_properties: _Properties = _Properties()


class _AccountProperties(_Properties):
    customer_name: Annotated[str, StringConstraints(min_length=1)]


class _Account(BaseModel):
    channel_code: Literal["BCA", "BNI", "BRI", "MANDIRI", "PERMATA", "CIMB"]
    channel_properties: _AccountProperties


class _QrMethod(BaseModel):
    type: Literal["QR_CODE"]
    reusability: Literal["ONE_TIME_USE"]
    reference_id: Reference | None = None
    qr_code: _Qr


class _AccountMethod(BaseModel):
    type: Literal["VIRTUAL_ACCOUNT"]
    reusability: Literal["ONE_TIME_USE"]
    reference_id: Reference | None = None
    virtual_account: _Account


class _Charge(BaseModel):
    reference_id: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._~-]{1,50}$")]
    amount: Rupiah
    currency: Literal["IDR"]
    country: Literal["ID"] = "ID"
    payment_method: Annotated[_QrMethod | _AccountMethod, Field(discriminator="type")]


class _RefundCall(BaseModel):
    payment_request_id: str
    reference_id: Reference | None = None
    amount: Rupiah
    currency: Literal["IDR"] = "IDR"
    reason: Literal["FRAUDULENT", "DUPLICATE", "REQUESTED_BY_CUSTOMER", "CANCELLATION", "OTHERS"]


class _Holder(BaseModel):
    account_holder_name: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    account_number: Annotated[str, StringConstraints(pattern=r"^[0-9]{5,34}$")]


class _PayoutCall(BaseModel):
    reference_id: Reference
    channel_code: Annotated[str, StringConstraints(pattern=r"^ID_[A-Z0-9_]{2,40}$")]
    channel_properties: _Holder
    amount: Rupiah
    currency: Literal["IDR"]
    description: Annotated[str, StringConstraints(max_length=100)] = ""


class Xendit(Provider):
    """`secret_key` authenticates the merchant, `callback_token` goes with every webhook. With a `payout_key` payouts are that
    key's alone: Xendit's keys have their permissions product by product."""

    name = "xendit"

    def __init__(
        self,
        book: Book,
        secret_key: str,
        callback_token: str,
        base_url: str,
        clock: Callable[[], datetime],
        token: Callable[[int], bytes],
        payout_key: str | None = None,
    ) -> None:
        super().__init__(book, base_url, clock, token)
        self.secret_key = secret_key
        self.payout_key = payout_key or secret_key
        self.callback_token = callback_token

    def serves(self, parts: tuple[str, ...]) -> bool:
        """/payment_requests, /v2/payment_methods/{id}/payments, /refunds, /v2/payouts."""
        return parts[0] in ("payment_requests", "refunds") or parts[:2] in (
            ("v2", "payment_methods"),
            ("v2", "payouts"),
        )

    def answer(self, request: Request, parts: tuple[str, ...]) -> Answer:
        needed = self.payout_key if parts[:2] == ("v2", "payouts") else self.secret_key
        if not authorized(request, needed):
            known = authorized(request, self.secret_key) or authorized(request, self.payout_key)
            return _error("REQUEST_FORBIDDEN_ERROR" if known else "INVALID_API_KEY")
        self.pass_time()
        key = request.headers.get("idempotency-key", "")
        match (request.method, *parts):
            case ("POST", "payment_requests"):
                return self._charge(request.body, key)
            case ("GET", "payment_requests"):
                return self._requests(request)
            case ("GET", "payment_requests", request_id):
                return _one(self._shown(each) for each in self.book.of_request(request_id)[:1])
            case ("GET", "v2", "payment_methods", method_id, "payments"):
                return _listed(request, [self._payment(each) for each in self._paid(method_id)])
            case ("POST", "refunds"):
                return self._refund(request.body, key)
            case ("GET", "refunds"):
                asked = request.query.get("payment_request_id", "")
                found = [(each, refund) for each in self.book.of_request(asked) for refund in each.refunds]
                return _listed(request, [self._refund_shown(each, refund) for each, refund in found])
            case ("POST", "v2", "payouts"):
                return self._pay_out(request.body, key)
            case ("GET", "v2", "payouts"):
                reference = request.query.get("reference_id")
                return _listed(
                    request, [_payout(each) for each in self.book.payouts() if each.reference_id == reference]
                )
            case ("GET", "v2", "payouts", payout_id):
                return _one(_payout(each) for each in self.book.payouts() if each.payout_id == payout_id)
            case _:
                return _error("DATA_NOT_FOUND")

    def retry_minutes(self, outcome: Outcome) -> tuple[float, ...]:
        """Whatever is no 2xx is sent again, six times within 24 hours; a time-out (30 s) is never sent again by itself."""
        delivered = isinstance(outcome, int) and 200 <= outcome < 300
        return () if delivered or outcome == "timeout" else RETRY_MINUTES

    def notice(self, transaction: Transaction, knobs: Knobs) -> Notice:
        """payment.succeeded, payment.failed, payment.pending or payment_method.expired, with the callback token."""
        if transaction.status == "expire":
            return self._webhook("payment_method.expired", self._code(transaction), "payments", knobs)
        event = {"pending": "payment.pending", "deny": "payment.failed"}.get(transaction.status, "payment.succeeded")
        return self._webhook(event, self._payment(transaction), "payments", knobs)

    def carry_on(self, kind: str, id: str) -> None:
        if kind == "refund":
            self._judge(id)
        else:
            self._move_payout(id)

    # Payment requests ----------------------------------------------------------------------------------------------

    def _charge(self, body: bytes, key: str) -> Answer:
        try:
            asked = _Charge.model_validate_json(body)
        except ValidationError as wrong:
            return _error("API_VALIDATION_ERROR", first_fault(wrong))
        digest = hashlib.sha256(key.encode() + body).hexdigest()
        now, method = self.clock(), asked.payment_method
        channel = method.qr_code if isinstance(method, _QrMethod) else method.virtual_account
        ends = (channel.channel_properties.expires_at or now + LIFETIME).astimezone(UTC)
        if ends <= now:
            return _error("API_VALIDATION_ERROR", "expires_at is in the past")
        amount = int(asked.amount)
        with self.book.writing():
            known = self.book.of_order(asked.reference_id)
            if known:
                again = bool(key) and known[0].provider == self.name and known[0].asked == digest
                return json_answer(200, self._shown(known[0])) if again else _error("IDEMPOTENCY_ERROR")
            transaction = Transaction(
                provider=self.name,
                transaction_id=self._id_of_payment(),
                order_id=asked.reference_id,
                payment_type="qris" if isinstance(method, _QrMethod) else "bank_transfer",
                charged_idr=amount,
                gross_amount=f"{amount}.00",
                transaction_at=now,
                expires_at=ends,
                request_id=f"pr-{self._uuid()}",
                method_id=f"pm-{self._uuid()}",
                asked=digest,
            )
            if isinstance(method, _QrMethod):
                transaction.qr_string = qris.payload(amount, transaction.order_id)
            else:
                transaction.bank = method.virtual_account.channel_code
                transaction.va_number = f"8808{int.from_bytes(self._token(5), 'big') % 10**12:012d}"
            self.book.put(transaction)
        return (
            _error("SERVER_ERROR")
            if self.book.knobs().charge_answer_lost
            else json_answer(201, self._shown(transaction))
        )

    def _requests(self, request: Request) -> Answer:
        reference = request.query.get("reference_id", "")
        mine = [each for each in self.book.of_order(reference) if each.provider == self.name and each.rank == 0]
        return _listed(request, [self._shown(each) for each in mine])

    def _paid(self, method_id: str) -> list[Transaction]:
        """The payments of a code: none while it only waits or expired."""
        return [each for each in self.book.of_method(method_id) if each.status not in ("pending", "expire")]

    # Refunds -------------------------------------------------------------------------------------------------------

    def _refund(self, body: bytes, key: str) -> Answer:
        try:
            asked = _RefundCall.model_validate_json(body)
        except ValidationError as wrong:
            return _error("API_VALIDATION_ERROR", first_fault(wrong))
        knobs = self.book.knobs()
        with self.book.writing():
            transactions = self.book.of_request(asked.payment_request_id)
            if not transactions:
                return _error("DATA_NOT_FOUND")
            transaction = transactions[0]
            if key and any(refund.key == key for each in transactions for refund in each.refunds):
                return _error("DUPLICATE_ERROR")
            if transaction.settled_at is None:
                return _error("INELIGIBLE_TRANSACTION")
            if transaction.payment_type == "bank_transfer":
                return _error("REFUND_NOT_SUPPORTED")
            given = sum(each.amount_idr for each in transaction.refunds if each.status != "FAILED")
            if int(asked.amount) > int(Decimal(transaction.gross_amount)) - given:
                return _error("MAXIMUM_REFUND_AMOUNT_REACHED")
            now = self.clock()
            refund = Refund(
                key=key,
                reference_id=asked.reference_id,
                amount_idr=int(asked.amount),
                reason=asked.reason,
                number=len(transaction.refunds) + 1,
                created_at=now,
                id=f"rfd-{self._uuid()}",
                status="PENDING",
            )
            transaction.refunds.append(refund)
            self.book.put(transaction)
            self.book.plan(
                self.name,
                "refund",
                f"{transaction.transaction_id} {refund.id}",
                now + timedelta(seconds=knobs.refund_pending_seconds),
            )
        shown = self._refund_shown(transaction, refund)
        return _error("SERVER_ERROR") if knobs.refund_answer_lost else json_answer(200, shown)

    def _judge(self, which: str) -> None:
        """A refund that was under way succeeds, or the payer's bank refuses it."""
        transaction_id, refund_id = which.split()
        transaction, knobs = self._find(transaction_id), self.book.knobs()
        if transaction is None:
            return
        refund = next(each for each in transaction.refunds if each.id == refund_id)
        refund.status = "FAILED" if knobs.refund_refused else "SUCCEEDED"
        given = sum(each.amount_idr for each in transaction.refunds if each.status == "SUCCEEDED")
        if given:
            transaction.status = "refund" if given == int(Decimal(transaction.gross_amount)) else "partial_refund"
        self.book.put(transaction)
        shown = self._refund_shown(transaction, refund)
        self._tell(self._webhook(f"refund.{refund.status.lower()}", shown, "refunds", knobs))

    # Payouts -------------------------------------------------------------------------------------------------------

    def _pay_out(self, body: bytes, key: str) -> Answer:
        try:
            asked = _PayoutCall.model_validate_json(body)
        except ValidationError as wrong:
            return _error("API_VALIDATION_ERROR", first_fault(wrong))
        if not key:
            return _error("API_VALIDATION_ERROR", "Idempotency-key is required")
        knobs, now = self.book.knobs(), self.clock()
        if knobs.payout_never_made:
            return _error(knobs.payout_never_made)
        payout = Payout(
            payout_id=f"disb-{self._uuid()}",
            asked_key=key,
            reference_id=asked.reference_id,
            channel_code=asked.channel_code,
            account_holder_name=asked.channel_properties.account_holder_name,
            account_number=asked.channel_properties.account_number,
            amount_idr=int(asked.amount),
            description=asked.description,
            created_at=now,
            updated_at=now,
            next=_PATHS[knobs.payout_bounced],
        )
        with self.book.writing():
            if any(each.asked_key == key for each in self.book.payouts()):
                return _error("DUPLICATE_ERROR")
            self.book.put_payout(payout)
            for step in range(1, len(payout.next) + 1):
                self.book.plan(
                    self.name, "payout", payout.payout_id, now + step * timedelta(seconds=knobs.payout_pending_seconds)
                )
        return _error("SERVER_ERROR") if knobs.payout_answer_lost else json_answer(200, _payout(payout))

    def _move_payout(self, payout_id: str) -> None:
        payout = next(each for each in self.book.payouts() if each.payout_id == payout_id)
        payout.status = payout.next.pop(0)
        payout.updated_at = self.clock()
        payout.failure_code = None if payout.status == "SUCCEEDED" else "INVALID_DESTINATION"
        self.book.put_payout(payout)
        event = f"payout.{payout.status.lower()}"
        self._tell(self._webhook(event, _payout(payout), "payouts", self.book.knobs()))

    # What is shown -------------------------------------------------------------------------------------------------

    def _webhook(
        self, event: str, data: Wire, topic: Literal["payments", "refunds", "payouts"], knobs: Knobs
    ) -> Notice:
        body = {"event": event, "business_id": BUSINESS, "created": utc(self.clock()), "data": data}
        token = self.callback_token + ("wrong" if knobs.wrong_signature else "")
        return Notice(provider=self.name, topic=topic, headers={"x-callback-token": token}, body=json.dumps(body))

    def _code(self, transaction: Transaction) -> Wire:
        ends = {"expires_at": utc(transaction.expires_at)}
        money = {"amount": transaction.charged_idr, "currency": "IDR"}
        qr = transaction.payment_type == "qris"
        properties = {"qr_string": transaction.qr_string} | ends
        account = {"customer_name": qris.NAME, "virtual_account_number": transaction.va_number} | ends
        return {
            "id": transaction.method_id,
            "type": "QR_CODE" if qr else "VIRTUAL_ACCOUNT",
            "reference_id": transaction.order_id,
            "reusability": "ONE_TIME_USE",
            "status": _CODE_STATUS[transaction.status],
            "qr_code": money | {"channel_code": "QRIS", "channel_properties": properties} if qr else None,
            "virtual_account": None
            if qr
            else money | {"channel_code": transaction.bank, "channel_properties": account},
            "created": utc(transaction.transaction_at),
            "updated": utc(self.clock()),
        }

    def _shown(self, transaction: Transaction) -> Wire:
        return {
            "id": transaction.request_id,
            "reference_id": transaction.order_id,
            "business_id": BUSINESS,
            "amount": transaction.charged_idr,
            "currency": "IDR",
            "country": "ID",
            "status": _REQUEST_STATUS[transaction.status],
            "payment_method": self._code(transaction),
            "actions": [],
            "capture_method": "AUTOMATIC",
            "failure_code": "PAYMENT_REJECTED" if transaction.status == "deny" else None,
            "created": utc(transaction.transaction_at),
            "updated": utc(self.clock()),
        }

    def _payment(self, transaction: Transaction) -> Wire:
        amount = Decimal(transaction.gross_amount)
        paid = transaction.settled_at is not None
        return {
            "id": transaction.transaction_id,
            "payment_request_id": transaction.request_id,
            "reference_id": transaction.order_id,
            "amount": int(amount) if amount == int(amount) else float(amount),
            "currency": transaction.currency,
            "country": "ID",
            "status": "SUCCEEDED" if paid else "FAILED" if transaction.status == "deny" else "PENDING",
            "payment_method": self._code(transaction),
            "failure_code": None,
            "created": utc(transaction.settled_at or transaction.transaction_at),
            "updated": utc(self.clock()),
        }

    def _refund_shown(self, transaction: Transaction, refund: Refund) -> Wire:
        return {
            "id": refund.id,
            "payment_request_id": transaction.request_id,
            "reference_id": refund.reference_id,
            "amount": refund.amount_idr,
            "currency": "IDR",
            "country": "ID",
            "channel_code": "QRIS",
            "status": refund.status,
            "reason": refund.reason,
            "failure_code": "REFUND_FAILED" if refund.status == "FAILED" else None,
            "created": utc(refund.created_at),
            "updated": utc(self.clock()),
        }

    def _id_of_payment(self) -> str:
        return f"py-{self._uuid()}"


def _payout(payout: Payout) -> Wire:
    return {
        "id": payout.payout_id,
        "reference_id": payout.reference_id,
        "channel_code": payout.channel_code,
        "channel_properties": {
            "account_holder_name": payout.account_holder_name,
            "account_number": payout.account_number,
        },
        "amount": payout.amount_idr,
        "currency": "IDR",
        "description": payout.description,
        "business_id": BUSINESS,
        "status": payout.status,
        "failure_code": payout.failure_code,
        "created": utc(payout.created_at),
        "updated": utc(payout.updated_at),
        "estimated_arrival_time": utc(payout.created_at + PAYOUT_ARRIVES),
    }


def _one(found: Iterable[Wire]) -> Answer:
    shown = next(iter(found), None)
    return _error("DATA_NOT_FOUND") if shown is None else json_answer(200, shown)


def _listed(request: Request, rows: list[Wire]) -> Answer:
    """A page of a list: `limit` (10) rows after the one with the id `after_id`."""
    limit, after = request.query.get("limit", "10"), request.query.get("after_id")
    if not limit.isascii() or not limit.isdecimal() or not 1 <= int(limit) <= 100:
        return _error("API_VALIDATION_ERROR", "limit is 1 to 100")
    ids = [row["id"] for row in rows]
    rest = rows[ids.index(after) + 1 :] if after in ids else rows
    return json_answer(200, {"data": rest[: int(limit)], "has_more": len(rest) > int(limit)})


def _error(code: str, message: str | None = None) -> Answer:
    status, words = _ERRORS[code]
    return json_answer(status, {"error_code": code, "message": message or words})


def utc(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
