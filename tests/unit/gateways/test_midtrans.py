"""The Midtrans adapter against every answer that an upstream can give."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from meterai.domain.errors import NotificationForged, PaymentProviderUnavailable, RequestInvalid
from meterai.gateways.midtrans import Midtrans
from meterai.ports.gateway import Method
from tests.unit.gateways.answers import (
    EXAMPLE,
    EXAMPLE_KEY,
    EXAMPLE_SIGNATURE,
    NOW,
    ORDER,
    PRICE,
    TRANSACTION,
    always,
    midtrans,
    opened,
    settled,
    without,
)


def charge(gateway: Midtrans, method: Method = "qris", lifetime: timedelta = timedelta(minutes=15)) -> object:
    return gateway.charge(ORDER, PRICE, method, now=NOW, expires_at=NOW + lifetime)


# Charge ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "form"),
    [
        ("qris", {"payment_type": "qris", "qris": {"acquirer": "gopay"}}),
        ("gopay", {"payment_type": "gopay"}),
        ("va", {"payment_type": "bank_transfer", "bank_transfer": {"bank": "bni"}}),
    ],
)
def test_a_charge_is_sent_in_the_providers_form_always_with_custom_expiry(
    method: Method, form: dict[str, object]
) -> None:
    sent: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        link = {"name": "deeplink-redirect", "method": "GET", "url": "gojek://gopay/merchanttransfer?tref=1"}
        return httpx.Response(
            200, json=opened(actions=[link], va_numbers=[{"bank": "bni", "va_number": "9880069475028047"}])
        )

    charge(midtrans(answer), method, timedelta(minutes=10, milliseconds=1))
    (request,) = sent
    assert (request.method, str(request.url)) == ("POST", "https://api.invalid/v2/charge")
    assert request.headers["authorization"] == "Basic " + base64.b64encode(f"{EXAMPLE_KEY}:".encode()).decode()
    assert json.loads(request.content) == form | {
        "transaction_details": {"order_id": ORDER, "gross_amount": PRICE},
        "custom_expiry": {"order_time": "2024-09-05 00:30:00 +0700", "expiry_duration": 601, "unit": "second"},
    }


def test_a_call_may_take_15_seconds_and_follows_no_redirection() -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(302, headers={"Location": "https://elsewhere.invalid/"}, json={"status_code": "302"})

    with pytest.raises(PaymentProviderUnavailable):
        charge(midtrans(answer))
    assert len(asked) == 1
    assert set(asked[0].extensions["timeout"].values()) == {15.0}


def test_the_expiry_is_the_providers_in_utc() -> None:
    shown = always(opened(expiry_time="2024-09-05 00:44:59")).charge(
        ORDER, PRICE, "qris", now=NOW, expires_at=NOW + timedelta(minutes=15)
    )
    assert shown.expires_at == datetime(2024, 9, 4, 17, 44, 59, tzinfo=UTC)


def test_without_an_expiry_in_the_answer_the_one_asked_for_holds() -> None:
    expires_at = NOW + timedelta(minutes=15)
    body = without(opened(), "expiry_time")
    assert always(body).charge(ORDER, PRICE, "qris", now=NOW, expires_at=expires_at).expires_at == expires_at


def test_a_simulator_is_shown_only_when_there_is_one() -> None:
    production = midtrans(lambda _: httpx.Response(200, json=opened()))
    sandbox = midtrans(lambda _: httpx.Response(200, json=opened()), "http://127.0.0.1:9999/")
    ends = NOW + timedelta(minutes=15)
    assert production.charge(ORDER, PRICE, "qris", now=NOW, expires_at=ends).simulator_url is None
    assert (
        sandbox.charge(ORDER, PRICE, "qris", now=NOW, expires_at=ends).simulator_url
        == f"http://127.0.0.1:9999/simulate/{ORDER}"
    )


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(opened(order_id="pay_other"), id="another order"),
        pytest.param(opened(gross_amount="12501.00"), id="another amount"),
        pytest.param(opened(gross_amount="12500.50"), id="an amount with sen"),
        pytest.param(opened(gross_amount="a lot"), id="no amount"),
        pytest.param(opened(currency="USD"), id="another currency"),
        pytest.param(opened(qr_string=""), id="an empty code"),
        pytest.param(without(opened(), "qr_string"), id="no code"),
        pytest.param(without(opened(), "transaction_id"), id="no transaction id"),
        pytest.param(without(opened(), "status_code"), id="no status code"),
        pytest.param(opened(status_code="202", transaction_status="deny"), id="denied"),
        pytest.param(opened(expiry_time="tomorrow"), id="no time"),
        pytest.param(
            opened(actions=[{"name": "generate-qr-code", "url": "javascript:alert(1)"}]), id="an address that runs"
        ),
        pytest.param(opened(actions="none"), id="actions of another type"),
        pytest.param({"status_code": "402", "status_message": "no access"}, id="no access"),
    ],
)
def test_a_charge_answered_oddly_is_unavailable(body: object) -> None:
    with pytest.raises(PaymentProviderUnavailable):
        charge(always(body))


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", 'https://x/"onload=1']
)
def test_a_deeplink_that_is_no_address_of_a_payment_application_is_unavailable(url: str) -> None:
    with pytest.raises(PaymentProviderUnavailable):
        charge(always(opened(actions=[{"name": "deeplink-redirect", "url": url}])), "gopay")


@pytest.mark.parametrize("number", ["", "12", "98800694750280471x", "<b>9880069475</b>"])
def test_an_account_number_that_is_no_number_is_unavailable(number: str) -> None:
    with pytest.raises(PaymentProviderUnavailable):
        charge(always(opened(va_numbers=[{"bank": "bni", "va_number": number}])), "va")


# Status ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status_code", "transaction_status", "fraud_status", "status"),
    [
        ("200", "settlement", "accept", "paid"),
        ("200", "settlement", None, "paid"),
        ("200", "capture", "accept", "paid"),
        ("200", "refund", "accept", "paid"),
        ("200", "partial_refund", "accept", "paid"),
        ("200", "capture", "challenge", "pending"),
        ("200", "settlement", "deny", "denied"),
        ("201", "pending", "accept", "pending"),
        ("200", "authorize", "accept", "pending"),
        ("202", "deny", "deny", "denied"),
        ("200", "cancel", None, "denied"),
        ("202", "failure", None, "denied"),
        ("407", "expire", None, "expired"),
    ],
)
def test_paid_is_status_code_200_accepted_and_settled_or_captured(
    status_code: str, transaction_status: str, fraud_status: str | None, status: str
) -> None:
    body = settled(status_code=status_code, transaction_status=transaction_status, fraud_status=fraud_status)
    (payment,) = always(body).payments(ORDER)
    assert payment.status == status
    assert (payment.transaction_id == TRANSACTION) == (status == "paid")
    assert (payment.paid_at is not None) == (status == "paid")


def test_the_payment_time_is_the_settlement_time_in_utc() -> None:
    (payment,) = always(settled()).payments(ORDER)
    assert payment.paid_at == datetime(2024, 9, 4, 17, 31, 7, tzinfo=UTC)


def test_a_capture_without_settlement_time_was_paid_at_its_transaction_time() -> None:
    (payment,) = always(without(settled(transaction_status="capture"), "settlement_time")).payments(ORDER)
    assert payment.paid_at == NOW


@pytest.mark.parametrize(
    ("gross_amount", "amount_idr"),
    [("12500.00", 12500), ("12500", 12500), ("12500.5", None), ("12500.01", None), ("0.00", 0), ("0012500.0", 12500)],
)
def test_the_amount_is_whole_rupiah_or_none(gross_amount: str, amount_idr: int | None) -> None:
    (payment,) = always(settled(gross_amount=gross_amount)).payments(ORDER)
    assert payment.amount_idr == amount_idr


@pytest.mark.parametrize("http_status", [200, 404])
def test_an_unknown_order_is_absent_whatever_the_http_status(http_status: int) -> None:
    body = {"status_code": "404", "status_message": "Transaction doesn't exist.", "id": "x"}
    (payment,) = always(body, http_status).payments(ORDER)
    assert payment.status == "absent"


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(settled(order_id="pay_other"), id="another order"),
        pytest.param(settled(status_code="201"), id="settled and pending at once"),
        pytest.param(settled(transaction_status="teleported"), id="an unknown state"),
        pytest.param(settled(gross_amount="NaN"), id="not a number"),
        pytest.param(settled(gross_amount="-12500.00"), id="a negative amount"),
        pytest.param(settled(gross_amount="1e4"), id="an exponent"),
        pytest.param(settled(gross_amount="12.500"), id="three decimals"),
        pytest.param(settled(gross_amount="١٢٥٠٠"), id="digits of another script"),
        pytest.param(settled(gross_amount="9" * 5000), id="an endless amount"),
        pytest.param(settled(gross_amount=12500), id="an amount of another type"),
        pytest.param(settled(settlement_time="2024-09-05T00:31:07Z"), id="another time format"),
        pytest.param(settled(settlement_time="2024-13-05 00:31:07"), id="no such month"),
        pytest.param(settled(settlement_time="0001-01-01 00:00:00"), id="before time began"),
        pytest.param(settled(transaction_id="../../charge"), id="a transaction id that is a path"),
        *(
            pytest.param(without(settled(), member), id=f"no {member}")
            for member in (
                "status_code",
                "order_id",
                "transaction_id",
                "gross_amount",
                "currency",
                "transaction_status",
                "transaction_time",
            )
        ),
        pytest.param([], id="a list"),
        pytest.param(None, id="null"),
        pytest.param("ok", id="a string"),
        pytest.param({"status_code": "401"}, id="wrong key"),
        pytest.param({"status_code": "429"}, id="too fast"),
    ],
)
def test_a_status_answered_oddly_is_unavailable(body: object) -> None:
    with pytest.raises(PaymentProviderUnavailable):
        always(body).payments(ORDER)


@pytest.mark.parametrize(
    "response",
    [
        pytest.param(httpx.Response(200, content=b"<html>Maintenance</html>"), id="not JSON"),
        pytest.param(httpx.Response(200, content=b""), id="empty"),
        pytest.param(httpx.Response(200, content=b"\xff\xfe{}"), id="not UTF-8"),
        pytest.param(httpx.Response(200, content=b"[" * 100_000), id="deep"),
        pytest.param(httpx.Response(404, content=b"404 page not found"), id="a 404 that is not the provider's"),
        pytest.param(httpx.Response(500, json=settled()), id="500 with a body that looks right"),
        pytest.param(httpx.Response(502, content=b"bad gateway"), id="bad gateway"),
        pytest.param(httpx.Response(503, json={"status_code": "404"}), id="503 that says absent"),
    ],
)
def test_what_is_no_answer_is_unavailable_and_never_shown(response: httpx.Response) -> None:
    gateway = midtrans(lambda _: response)
    with pytest.raises(PaymentProviderUnavailable) as raised:
        gateway.payments(ORDER)
    assert raised.value.__cause__ is None
    assert "aintenance" not in str(raised.value)
    with pytest.raises(PaymentProviderUnavailable):
        charge(gateway)
    assert gateway.refund(ORDER, key="rfd_1", amount_idr=1, reason="").outcome == "unknown"


@pytest.mark.parametrize(
    "failure",
    [
        httpx.ConnectError("connection refused by 10.0.0.1"),
        httpx.ConnectTimeout("slow"),
        httpx.ReadTimeout("slow"),
        httpx.RemoteProtocolError("closed"),
        httpx.DecodingError("gzip"),
        httpx.InvalidURL("what"),
    ],
)
def test_a_provider_that_cannot_be_reached_is_unavailable(failure: Exception) -> None:
    def answer(_: httpx.Request) -> httpx.Response:
        raise failure

    gateway = midtrans(answer)
    asks: list[Callable[[], object]] = [lambda: charge(gateway), lambda: gateway.payments(ORDER)]
    for ask in asks:
        with pytest.raises(PaymentProviderUnavailable) as raised:
            ask()
        assert str(failure) not in str(raised.value)
    assert gateway.refund(ORDER, key="rfd_1", amount_idr=1, reason="").outcome == "unknown"


def test_a_transaction_id_cannot_leave_its_place_in_the_address() -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.raw_path.decode())
        return httpx.Response(200, json=settled())

    midtrans(answer).payments(ORDER, "../v2/charge?x=1#")
    assert asked == [f"/v2/{ORDER}/status", "/v2/..%2Fv2%2Fcharge%3Fx%3D1%23/status"]


# Notification ---------------------------------------------------------------------------------------------------------


def test_the_documented_example_is_authentic() -> None:
    body = json.dumps(EXAMPLE | {"signature_key": EXAMPLE_SIGNATURE, "transaction_id": TRANSACTION}).encode()
    notice = always(None).read({}, body)
    assert (notice.order_id, notice.transaction_id) == ("1111", TRANSACTION)


def test_a_notification_without_transaction_id_is_read() -> None:
    body = json.dumps(EXAMPLE | {"signature_key": EXAMPLE_SIGNATURE}).encode()
    assert always(None).read({}, body).transaction_id is None


@pytest.mark.parametrize(
    "changes",
    [
        {"order_id": "1112"},
        {"status_code": "201"},
        {"gross_amount": "100000.0"},
        {"gross_amount": "100000"},
        {"gross_amount": "99999.00"},
        {"signature_key": ""},
        {"signature_key": EXAMPLE_SIGNATURE[:-1]},
        {"signature_key": EXAMPLE_SIGNATURE + "0"},
        {"signature_key": EXAMPLE_SIGNATURE.upper()},
        {"signature_key": "é" * 128},
        {"signature_key": hashlib.sha512(b"1111200100000.00").hexdigest()},
    ],
)
def test_a_notification_with_another_signature_or_other_members_is_forged(changes: dict[str, str]) -> None:
    body = json.dumps(EXAMPLE | {"signature_key": EXAMPLE_SIGNATURE} | changes).encode()
    with pytest.raises(NotificationForged):
        always(None).read({}, body)


@pytest.mark.parametrize(
    "changes",
    [
        {"order_id": None},
        {"order_id": ""},
        {"order_id": "../1111"},
        {"order_id": ".."},
        {"order_id": "1" * 51},
        {"gross_amount": 100000.00},
        {"status_code": 200},
        {"signature_key": None},
        {"transaction_id": "../../v2/charge"},
        {"transaction_id": 5},
    ],
)
def test_a_notification_of_another_form_is_invalid(changes: dict[str, object]) -> None:
    body = json.dumps(EXAMPLE | {"signature_key": EXAMPLE_SIGNATURE} | changes).encode()
    with pytest.raises(RequestInvalid):
        always(None).read({}, body)


@pytest.mark.parametrize("member", ["order_id", "status_code", "gross_amount", "signature_key"])
def test_a_notification_without_a_signed_member_is_invalid(member: str) -> None:
    body = {name: value for name, value in (EXAMPLE | {"signature_key": EXAMPLE_SIGNATURE}).items() if name != member}
    with pytest.raises(RequestInvalid):
        always(None).read({}, json.dumps(body).encode())
