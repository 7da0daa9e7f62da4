"""Xendit's answers as its OpenAPI documents show them, to be bent by tests, and an adapter that gets them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import httpx

from meterai.gateways.xendit import Xendit

ORDER = "pay_01J6X7Q2M3N4P5R6S7T8V9W0XY"
REQUEST = "pr-1fdaf346-dd2e-4b6c-b938-124c7167a822"
CODE = "pm-9685a196-81e9-4c73-8d62-97df5aab2762"
PAYMENT = "py-1fdaf346-dd2e-4b6c-b938-124c7167a822"
REFUND = "rfd-6f4a377d-a201-437f-9119-f8b00cbbe857"
NOW = datetime(2024, 9, 4, 17, 30, tzinfo=UTC)
PRICE = 12_500
SECRET, TOKEN = "xnd_development_of_this_test", "token-of-this-test"
Answering = Callable[[httpx.Request], httpx.Response]


def xendit(answering: Answering, simulator_url: str | None = None) -> Xendit:
    client = httpx.Client(transport=httpx.MockTransport(answering))
    return Xendit("https://api.invalid/", SECRET, TOKEN, client, simulator_url)


def code(**changes: object) -> dict[str, object]:
    """A payment method: a QR that is paid once."""
    return {
        "id": CODE,
        "type": "QR_CODE",
        "reference_id": ORDER,
        "reusability": "ONE_TIME_USE",
        "status": "ACTIVE",
        "qr_code": {
            "channel_code": "QRIS",
            "channel_properties": {"qr_string": "00020101021226", "expires_at": "2024-09-04T17:45:00Z"},
        },
        "virtual_account": None,
        "created": "2024-09-04T17:30:00.123456789Z",
    } | changes


def request(**changes: object) -> dict[str, object]:
    """A payment request."""
    return {
        "id": REQUEST,
        "reference_id": ORDER,
        "business_id": "5f27a14a9bf05c73dd040bc8",
        "amount": 12500,
        "currency": "IDR",
        "country": "ID",
        "status": "PENDING",
        "payment_method": code(),
        "actions": [],
        "created": "2024-09-04T17:30:00.123456789Z",
        "updated": "2024-09-04T17:30:00.123456789Z",
    } | changes


def payment(**changes: object) -> dict[str, object]:
    """A payment of the code."""
    return {
        "id": PAYMENT,
        "payment_request_id": REQUEST,
        "reference_id": ORDER,
        "amount": 12500,
        "currency": "IDR",
        "status": "SUCCEEDED",
        "created": "2024-09-04T17:31:07.5Z",
        "updated": "2024-09-04T17:31:08Z",
    } | changes


def refund(**changes: object) -> dict[str, object]:
    """A refund of the request."""
    return {
        "id": REFUND,
        "payment_request_id": REQUEST,
        "reference_id": "rfd_1",
        "amount": 9375,
        "currency": "IDR",
        "status": "SUCCEEDED",
        "failure_code": None,
    } | changes


def webhook(event: str = "payment.succeeded", **changes: object) -> dict[str, object]:
    """A webhook about the payment."""
    return {
        "event": event,
        "business_id": "5f27a14a9bf05c73dd040bc8",
        "created": "2024-09-04T17:31:08Z",
        "data": payment(**changes),
    }


def listed(*rows: object, has_more: bool = False) -> dict[str, object]:
    return {"data": list(rows), "has_more": has_more}


class Desk:
    """Answers by path: `requests` and `payments` are the rows of the lists; `refunds` before a refund is posted, and
    `refunds_after` from then on; `posted` is the answer to a post. What was asked is kept."""

    def __init__(self, **answers: object) -> None:
        self.requests: list[object] = [request()]
        self.payments: list[object] = [payment()]
        self.refunds: list[object] = []
        self.refunds_after: list[object] | None = None
        self.posted: object = refund()
        self.status = 200
        self.__dict__.update(answers)
        self.asked: list[httpx.Request] = []

    @property
    def posts(self) -> list[httpx.Request]:
        return [asked for asked in self.asked if asked.method == "POST"]

    def __call__(self, asked: httpx.Request) -> httpx.Response:
        self.asked.append(asked)
        if asked.method == "POST":
            if isinstance(self.posted, Exception):
                raise self.posted
            return httpx.Response(self.status, json=self.posted)
        refunds = self.refunds_after if self.posts and self.refunds_after is not None else self.refunds
        path = asked.url.path
        rows = {"/payment_requests": self.requests, "/refunds": refunds}.get(path, self.payments)
        return httpx.Response(200, json=listed(*rows))
