"""The provider's answers as its pages show them, to be bent by tests, and an adapter that gets them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import httpx

from meterai.gateways.midtrans import Midtrans

ORDER = "pay_01J6X7Q2M3N4P5R6S7T8V9W0XY"
TRANSACTION = "ad75c44d-24ef-4255-973b-a127bb894673"
NOW = datetime(2024, 9, 4, 17, 30, tzinfo=UTC)
PRICE = 12_500
# docs.midtrans.com/reference/receiving-notifications: the example's inputs; the page prints no hash, this one is sha512sum's.
EXAMPLE_KEY = "askvnoibnosifnboseofinbofinfgbiufglnbfg"
EXAMPLE = {"order_id": "1111", "status_code": "200", "gross_amount": "100000.00"}
EXAMPLE_SIGNATURE = (
    "edc076b21793ebe3e17926350f5b8ae67d902fe657b3d0aa31b932d5c127e237"
    "5d308a2bc94f3265ac2d80a1f181a79b997ac178a236fcff35af263fc4d4c231"
)
Answering = Callable[[httpx.Request], httpx.Response]


def midtrans(answering: Answering, simulator_url: str | None = None) -> Midtrans:
    client = httpx.Client(transport=httpx.MockTransport(answering))
    return Midtrans("https://api.invalid/", EXAMPLE_KEY, client, simulator_url)


def always(body: object, status: int = 200) -> Midtrans:
    return midtrans(lambda _: httpx.Response(status, json=body))


def opened(**changes: object) -> dict[str, object]:
    """A charge's answer."""
    return {
        "status_code": "201",
        "status_message": "QRIS transaction is created",
        "transaction_id": TRANSACTION,
        "order_id": ORDER,
        "merchant_id": "G490526303",
        "gross_amount": "12500.00",
        "currency": "IDR",
        "payment_type": "qris",
        "transaction_time": "2024-09-05 00:30:00",
        "transaction_status": "pending",
        "fraud_status": "accept",
        "acquirer": "gopay",
        "actions": [
            {"name": "generate-qr-code", "method": "GET", "url": f"https://api.invalid/v2/qris/{TRANSACTION}/qr-code"}
        ],
        "qr_string": "00020101021226",
        "expiry_time": "2024-09-05 00:45:00",
    } | changes


def settled(**changes: object) -> dict[str, object]:
    """The status of a paid order."""
    return {
        "status_code": "200",
        "status_message": "Success, transaction is found",
        "transaction_id": TRANSACTION,
        "order_id": ORDER,
        "gross_amount": "12500.00",
        "currency": "IDR",
        "payment_type": "qris",
        "transaction_time": "2024-09-05 00:30:00",
        "transaction_status": "settlement",
        "fraud_status": "accept",
        "settlement_time": "2024-09-05 00:31:07",
    } | changes


def without(body: dict[str, object], member: str) -> dict[str, object]:
    return {name: value for name, value in body.items() if name != member}
