"""Xendit, Payments API: a PaymentGateway for QRIS and virtual accounts. GoPay is not among its channels (`LACKS`).

Sources: the OpenAPI documents of Xendit's published clients, github.com/xendit/xendit-php docs/PaymentRequest.yaml,
PaymentMethod.yaml and Refund.yaml; docs.xendit.co (payment and refund webhooks, webhook delivery, QRIS). Payment requests
are asked for by our own order id (`reference_id`), which the newer /v3 endpoints cannot do: an answer that was lost is
found by asking. Its times are UTC, RFC 3339.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated
from urllib.parse import quote

import httpx
from pydantic import AwareDatetime, Field, StringConstraints, ValidationError

from meterai.domain.errors import NotificationForged, PaymentProviderUnavailable, RequestInvalid
from meterai.gateways.wire import AnyWire, Line, Problem, Wire, parsed, read
from meterai.ports.gateway import Charge, Method, Notice, Payment, PaymentStatus, RefundAnswer

TIMEOUT_SECONDS = 10.0
"""Two questions fit into the 28 s that a notification may take: Xendit gives up after 30 s and sends no time-out again."""
LACKS: frozenset[Method] = frozenset({"gopay"})
VA_BANK = "BNI"
PAYEE = "METERAI ELEKTRONIK"
PAGE_LENGTH, PAGES_MAX = 50, 20
TOKEN_HEADER = "x-callback-token"  # noqa: S105 (the header's name)
REASON = "REQUESTED_BY_CUSTOMER"

_UNPAID: Mapping[str, PaymentStatus] = {
    "PENDING": "pending",
    "REQUIRES_ACTION": "pending",
    "AWAITING_CAPTURE": "pending",
    "UNKNOWN": "pending",
    "EXPIRED": "expired",
    "FAILED": "denied",
    "CANCELED": "denied",
    "VOIDED": "denied",
}
# POST /refunds, 400: no money moved and none will. TRANSACTION_NOT_FOUND is not among them: we know that there is one.
_REFUND_REFUSED = frozenset(
    {
        "API_VALIDATION_ERROR",
        "INELIGIBLE_TRANSACTION",
        "INSUFFICIENT_BALANCE",
        "MAXIMUM_REFUND_AMOUNT_REACHED",
        "PARTIAL_REFUND_NOT_SUPPORTED",
        "REFUND_NOT_SUPPORTED",
    }
)

OrderId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._~-]{0,49}$")]
XenditId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9-]{0,63}$")]
Amount = Annotated[Decimal, Field(ge=0, lt=10**15)]


class _ChannelProperties(Wire):
    qr_string: str | None = None
    virtual_account_number: Annotated[str, StringConstraints(pattern=r"^[0-9]{6,32}$")] | None = None
    expires_at: AwareDatetime | None = None


class _Channel(Wire):
    channel_properties: _ChannelProperties = _ChannelProperties()


class _Code(Wire):
    """The payment method of a request: the code that is shown and paid."""

    id: XenditId
    status: str
    qr_code: _Channel | None = None
    virtual_account: _Channel | None = None


class _Request(Wire):
    id: XenditId
    reference_id: OrderId
    amount: Amount
    currency: str
    status: str
    created: AwareDatetime
    payment_method: _Code


class _Paid(Wire):
    """A payment of a code, or the try of one."""

    id: XenditId
    payment_request_id: XenditId | None = None
    amount: Amount
    currency: str
    status: str
    created: AwareDatetime


class _Refund(Wire):
    id: XenditId
    reference_id: str | None = None
    amount: Amount
    currency: str
    status: str | None = None


class _List(Wire):
    data: tuple[Mapping[str, object], ...]
    has_more: bool = False


class _Event(Wire):
    """What a webhook points at: a payment, or a payment method, made under our order id."""

    id: XenditId
    reference_id: OrderId


class _Webhook(Wire):
    event: Annotated[str, StringConstraints(pattern=r"^payment(_method)?\.[a-z_.]{1,40}$")]
    data: _Event


class Xendit:
    """A PaymentGateway on the Xendit Payments API (see the port for what each method promises).

    `secret_key` authenticates us, `callback_token` Xendit's webhooks; `simulator_url` is the base address of the payment
    simulator, None in production. Nothing is retried here: whoever asks knows whether asking again is safe."""

    name = "xendit"

    def __init__(
        self,
        base_url: str,
        secret_key: str,
        callback_token: str,
        client: httpx.Client,
        simulator_url: str | None = None,
    ) -> None:
        self._line = Line(base_url, secret_key, client, timeout_seconds=TIMEOUT_SECONDS)
        self._callback_token = callback_token
        self._simulator_url = simulator_url.rstrip("/") if simulator_url else None

    def probe(self) -> None:
        """Ask for the payment requests of an order that nobody made."""
        self.payments("meterai-probe")

    def charge(self, order_id: str, amount_idr: int, method: Method, *, now: datetime, expires_at: datetime) -> Charge:  # noqa: ARG002 (the port's; Xendit's clock begins by itself)
        """Ask for a code that can be paid once, until `expires_at`. Xendit shows a code again: the idempotency key is the order
        id, and where it is refused as known (409), the request that stands under the order id is shown.

        Raises RequestInvalid for a method that Xendit lacks."""
        if method in LACKS:
            raise RequestInvalid("this payment provider has no such method", pointer="/payment_method")
        until = expires_at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        code: dict[str, object] = {"reusability": "ONE_TIME_USE", "reference_id": order_id}
        if method == "qris":
            code |= {
                "type": "QR_CODE",
                "qr_code": {"channel_code": "QRIS", "channel_properties": {"expires_at": until}},
            }
        else:
            properties = {"customer_name": PAYEE, "expires_at": until}
            code |= {
                "type": "VIRTUAL_ACCOUNT",
                "virtual_account": {"channel_code": VA_BANK, "channel_properties": properties},
            }
        body = {
            "reference_id": order_id,
            "amount": amount_idr,
            "currency": "IDR",
            "country": "ID",
            "payment_method": code,
        }
        status, content = self._line.ask("POST", "/payment_requests", body=body, key=order_id)
        if status in (200, 201):
            opened = parsed(_Request, content)
        elif status == 409 and (known := self._request(order_id)) is not None:
            opened = known
        else:
            raise PaymentProviderUnavailable("the payment provider did not open the charge")
        if (opened.reference_id, _rupiah(opened.amount), opened.currency) != (order_id, amount_idr, "IDR"):
            raise PaymentProviderUnavailable("the payment provider answered about another charge")
        return self._shown(opened, method, expires_at)

    def read(self, headers: Mapping[str, str], body: bytes) -> Notice:
        """Compare `x-callback-token` with ours; then read what the webhook points at.

        Source: docs.xendit.co/apidocs/payment-webhook-notification. The token is the same for every webhook and the body is
        not signed: a true notice may be replayed or altered by whoever has seen one, so it only says where to ask."""
        given = {name.lower(): value for name, value in headers.items()}.get(TOKEN_HEADER, "")
        if not hmac.compare_digest(self._callback_token.encode(), given.encode()):
            raise NotificationForged("x-callback-token does not match")
        try:
            webhook = _Webhook.model_validate_json(body)
        except ValidationError:
            raise RequestInvalid("the body is not a payment webhook of this provider") from None
        payment_id = webhook.data.id if webhook.event.startswith("payment.") else None
        return Notice(order_id=webhook.data.reference_id, transaction_id=payment_id)

    def payments(self, order_id: str, transaction_id: str | None = None) -> tuple[Payment, ...]:  # noqa: ARG002 (Xendit lists every payment of a code)
        """Ask for the request of the order and for every payment of its code; `transaction_id` need not be told.

        `amount_idr` is None when the amount is not whole rupiah; `currency` is as told: the caller compares them."""
        request = self._request(order_id)
        if request is None:
            return (Payment(order_id, "absent", None, None, None, None),)
        paid = self._succeeded(request)
        if paid:
            return tuple(
                Payment(order_id, "paid", each.id, _rupiah(each.amount), each.currency, each.created.astimezone(UTC))
                for each in paid
            )
        return (Payment(order_id, _unpaid(request), None, _rupiah(request.amount), request.currency, None),)

    def refund(
        self,
        order_id: str,
        *,
        key: str,
        amount_idr: int,
        reason: str,  # noqa: ARG002 (Xendit takes one of five words)
        transaction_id: str | None = None,
    ) -> RefundAnswer:
        """Refund the payment request, under `key` as reference and idempotency key. Xendit pays back later: PENDING is
        `unknown` until it says SUCCEEDED or FAILED. It is asked first whether it already holds a refund of this key, and again
        after a refusal, so that a lost answer is found rather than repeated.

        A refund names a request, never one payment of it: where a code was paid more than once, it could go to the wrong payer,
        and is `refused` for a person to decide."""
        try:
            request = self._request(order_id)
            if request is None:
                return RefundAnswer("unknown")
            known = self._refund_known(request, key, amount_idr)
            if known is not None:
                return known
            paid = self._succeeded(request)
            if transaction_id is not None and transaction_id not in {each.id for each in paid}:
                return RefundAnswer("unknown")
            if len(paid) != 1:
                return RefundAnswer("refused")
            body = {
                "payment_request_id": request.id,
                "reference_id": key,
                "amount": amount_idr,
                "currency": "IDR",
                "reason": REASON,
            }
            status, content = self._line.ask("POST", "/refunds", body=body, key=key)
            if status in (200, 201):
                return _outcome(parsed(_Refund, content), key, amount_idr)
            known = self._refund_known(request, key, amount_idr)
            if known is not None:
                return known
            refused = status == 400 and parsed(Problem, content).error_code in _REFUND_REFUSED
            return RefundAnswer("refused" if refused else "unknown")
        except PaymentProviderUnavailable:
            return RefundAnswer("unknown")

    def _request(self, order_id: str) -> _Request | None:
        """The payment request made under an order id; None when Xendit has none."""
        found = [
            each
            for each in self._listed(_Request, "/payment_requests", reference_id=order_id)
            if each.reference_id == order_id
        ]
        if len(found) > 1:
            raise PaymentProviderUnavailable("the payment provider knows two charges of one order")
        return found[0] if found else None

    def _succeeded(self, request: _Request) -> tuple[_Paid, ...]:
        """The payments of a request's code that went through, first one first."""
        path = f"/v2/payment_methods/{quote(request.payment_method.id, safe='')}/payments"
        paid = [each for each in self._listed(_Paid, path) if each.status == "SUCCEEDED"]
        return tuple(sorted(paid, key=lambda each: each.created))

    def _refund_known(self, request: _Request, key: str, amount_idr: int) -> RefundAnswer | None:
        """What Xendit lists under this refund key; None when it lists none."""
        for refund in self._listed(_Refund, "/refunds", payment_request_id=request.id):
            if refund.reference_id == key:
                return _outcome(refund, key, amount_idr)
        return None

    def _shown(self, opened: _Request, method: Method, expires_at: datetime) -> Charge:
        code = opened.payment_method
        channel = code.qr_code if method == "qris" else code.virtual_account
        properties = channel.channel_properties if channel else _ChannelProperties()
        payable = properties.qr_string if method == "qris" else properties.virtual_account_number
        if not payable or _unpaid(opened) != "pending" or code.status not in ("ACTIVE", "PENDING"):
            raise PaymentProviderUnavailable("the payment provider's charge cannot be paid")
        return Charge(
            qr_string=payable if method == "qris" else None,
            qr_image_url=None,
            deeplink_url=None,
            va_number=payable if method == "va" else None,
            expires_at=(properties.expires_at or expires_at).astimezone(UTC),
            simulator_url=self._simulator_url
            and f"{self._simulator_url}/simulate/{quote(opened.reference_id, safe='')}",
        )

    def _listed(self, model: type[AnyWire], path: str, **query: str) -> Iterator[AnyWire]:
        """Every row of a list, page by page."""
        after: dict[str, str] = {}
        for _ in range(PAGES_MAX):
            status, content = self._line.ask("GET", path, query={**query, "limit": str(PAGE_LENGTH), **after})
            if status != 200:
                raise PaymentProviderUnavailable("the payment provider did not answer the question")
            page = parsed(_List, content)
            rows = tuple(read(model, row) for row in page.data)
            yield from rows
            if not page.has_more or not page.data:
                return
            after = {"after_id": str(page.data[-1].get("id"))}
        raise PaymentProviderUnavailable("the payment provider's list does not end")


def _unpaid(request: _Request) -> PaymentStatus:
    """The state of a request of which no payment is listed. A code that expired says so before its request does."""
    if request.status not in _UNPAID:  # SUCCEEDED without a payment, or a state of another day
        raise PaymentProviderUnavailable("the payment provider contradicts itself")
    return "expired" if request.payment_method.status == "EXPIRED" else _UNPAID[request.status]


def _outcome(refund: _Refund, key: str, amount_idr: int) -> RefundAnswer:
    """Final only in SUCCEEDED, FAILED and CANCELLED. Another key, amount or currency is nothing to build on."""
    if (refund.reference_id, _rupiah(refund.amount), refund.currency) != (key, amount_idr, "IDR"):
        return RefundAnswer("unknown")
    match refund.status:
        case "SUCCEEDED":
            return RefundAnswer("settled", refund.id)
        case "FAILED" | "CANCELLED":
            return RefundAnswer("refused", refund.id)
        case _:
            return RefundAnswer("unknown", refund.id)


def _rupiah(amount: Decimal) -> int | None:
    """Whole rupiah; None when there is a fraction."""
    return int(amount) if amount == amount.to_integral_value() else None
