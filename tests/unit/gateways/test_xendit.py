"""The Xendit adapter against every answer that an upstream can give."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from meterai.domain.errors import NotificationForged, PaymentProviderUnavailable, RequestInvalid
from meterai.gateways.xendit import Xendit
from meterai.ports.gateway import Charge, Method
from tests.unit.gateways.xendit_answers import (
    CODE,
    NOW,
    ORDER,
    PAYMENT,
    PRICE,
    SECRET,
    TOKEN,
    Desk,
    code,
    listed,
    payment,
    request,
    webhook,
    xendit,
)


def charge(gateway: Xendit, method: Method = "qris") -> Charge:
    return gateway.charge(ORDER, PRICE, method, now=NOW, expires_at=NOW + timedelta(minutes=15))


def account(**properties: object) -> dict[str, object]:
    """A payment method that is a virtual account."""
    shown = {"customer_name": "METERAI", "virtual_account_number": "8808069475028047"} | properties
    return code(
        type="VIRTUAL_ACCOUNT", qr_code=None, virtual_account={"channel_code": "BNI", "channel_properties": shown}
    )


# Charge ---------------------------------------------------------------------------------------------------------------


def test_a_qris_charge_is_sent_in_the_providers_form_under_the_order_id_as_its_key() -> None:
    desk = Desk(posted=request(), status=201)
    shown = charge(xendit(desk))
    (asked,) = desk.asked
    assert (asked.method, str(asked.url)) == ("POST", "https://api.invalid/payment_requests")
    assert asked.headers["authorization"] == "Basic " + base64.b64encode(f"{SECRET}:".encode()).decode()
    assert asked.headers["idempotency-key"] == ORDER
    assert json.loads(asked.content) == {
        "reference_id": ORDER,
        "amount": PRICE,
        "currency": "IDR",
        "country": "ID",
        "payment_method": {
            "type": "QR_CODE",
            "reusability": "ONE_TIME_USE",
            "reference_id": ORDER,
            "qr_code": {"channel_code": "QRIS", "channel_properties": {"expires_at": "2024-09-04T17:45:00.000Z"}},
        },
    }
    assert shown == Charge("00020101021226", None, None, None, NOW + timedelta(minutes=15), None)


def test_a_bank_transfer_shows_its_account() -> None:
    desk = Desk(posted=request(payment_method=account(expires_at="2024-09-04T17:40:00+00:00")))
    shown = charge(xendit(desk), "va")
    assert (shown.va_number, shown.qr_string) == ("8808069475028047", None)
    assert shown.expires_at == NOW + timedelta(minutes=10)
    assert json.loads(desk.posts[0].content)["payment_method"]["virtual_account"]["channel_code"] == "BNI"


def test_gopay_is_refused_and_nobody_is_asked() -> None:
    desk = Desk()
    with pytest.raises(RequestInvalid) as refused:
        charge(xendit(desk), "gopay")
    assert refused.value.pointer == "/payment_method"
    assert desk.asked == []


def test_a_simulator_is_shown_only_when_there_is_one() -> None:
    assert charge(xendit(Desk(posted=request()))).simulator_url is None
    sandbox = xendit(Desk(posted=request()), "http://127.0.0.1:9999/")
    assert charge(sandbox).simulator_url == f"http://127.0.0.1:9999/simulate/{ORDER}"


def test_a_key_that_is_known_shows_the_request_that_stands() -> None:
    desk = Desk(posted={"error_code": "IDEMPOTENCY_ERROR"}, status=409)
    assert charge(xendit(desk)).qr_string == "00020101021226"
    assert [(asked.method, asked.url.params.get("reference_id")) for asked in desk.asked] == [
        ("POST", None),
        ("GET", ORDER),
    ]


def test_a_call_may_take_10_seconds_and_follows_no_redirection() -> None:
    desk = Desk(posted={}, status=302)
    with pytest.raises(PaymentProviderUnavailable):
        charge(xendit(desk))
    assert len(desk.asked) == 1
    assert set(desk.asked[0].extensions["timeout"].values()) == {10.0}


@pytest.mark.parametrize(
    ("posted", "status"),
    [
        pytest.param(request(reference_id="pay_other"), 201, id="another order"),
        pytest.param(request(amount=12501), 201, id="another amount"),
        pytest.param(request(amount=12500.5), 201, id="an amount with sen"),
        pytest.param(request(amount="a lot"), 201, id="no amount"),
        pytest.param(request(amount=-1), 201, id="a negative amount"),
        pytest.param(request(currency="PHP"), 201, id="another currency"),
        pytest.param(request(status="FAILED"), 201, id="failed"),
        pytest.param(request(status="SUCCEEDED"), 201, id="paid before it is shown"),
        pytest.param(request(status="A NEW STATE"), 201, id="an unknown state"),
        pytest.param(request(payment_method=code(status="EXPIRED")), 201, id="an expired code"),
        pytest.param(request(payment_method=code(qr_code=None)), 201, id="no code"),
        pytest.param(request(payment_method=code(qr_code={"channel_properties": {}})), 201, id="an empty code"),
        pytest.param(request(payment_method=account()), 201, id="an account"),
        pytest.param(request(created="yesterday"), 201, id="no time"),
        pytest.param({}, 201, id="nothing"),
        pytest.param([], 201, id="a list"),
        pytest.param({"error_code": "API_VALIDATION_ERROR"}, 400, id="malformed"),
        pytest.param({"error_code": "INVALID_API_KEY"}, 401, id="a wrong key"),
        pytest.param({"error_code": "SERVER_ERROR"}, 500, id="down"),
        pytest.param(request(), 503, id="down with a good body"),
        pytest.param(httpx.ReadTimeout("slow"), 200, id="no answer"),
        pytest.param(httpx.ConnectError("refused"), 200, id="no connection"),
    ],
)
def test_an_answer_that_cannot_be_paid_is_unavailable(posted: object, status: int) -> None:
    with pytest.raises(PaymentProviderUnavailable):
        charge(xendit(Desk(posted=posted, status=status)))


def test_a_conflict_about_nothing_is_unavailable() -> None:
    with pytest.raises(PaymentProviderUnavailable):
        charge(xendit(Desk(posted={"error_code": "DUPLICATE_ERROR"}, status=409, requests=[])))


# Payments -------------------------------------------------------------------------------------------------------------


def test_a_payment_is_told_with_its_own_amount_currency_and_time() -> None:
    desk = Desk(requests=[request(status="SUCCEEDED", amount=12500)], payments=[payment(amount=12499, currency="SGD")])
    (told,) = xendit(desk).payments(ORDER)
    assert (told.status, told.transaction_id, told.amount_idr, told.currency) == ("paid", PAYMENT, 12499, "SGD")
    assert told.paid_at == datetime(2024, 9, 4, 17, 31, 7, 500_000, tzinfo=UTC)
    assert [asked.url.path for asked in desk.asked] == ["/payment_requests", f"/v2/payment_methods/{CODE}/payments"]


def test_sen_are_no_whole_rupiah() -> None:
    (told,) = xendit(Desk(payments=[payment(amount=12500.5)])).payments(ORDER)
    assert (told.status, told.amount_idr) == ("paid", None)


def test_every_payment_of_a_code_is_told_first_one_first() -> None:
    rows = [payment(id="py-2", created="2024-09-04T17:32:00Z"), payment(id="py-1"), payment(id="py-3", status="FAILED")]
    told = xendit(Desk(payments=rows)).payments(ORDER)
    assert [each.transaction_id for each in told] == ["py-1", "py-2"]


@pytest.mark.parametrize("status", ["PENDING", "EXPIRED", "FAILED"])
def test_a_payment_that_went_through_counts_whatever_its_request_says(status: str) -> None:
    (told,) = xendit(Desk(requests=[request(status=status)])).payments(ORDER)
    assert told.status == "paid"


@pytest.mark.parametrize(
    ("status", "of_code", "told"),
    [
        ("PENDING", "ACTIVE", "pending"),
        ("REQUIRES_ACTION", "ACTIVE", "pending"),
        ("UNKNOWN", "ACTIVE", "pending"),
        ("EXPIRED", "EXPIRED", "expired"),
        ("PENDING", "EXPIRED", "expired"),
        ("FAILED", "EXPIRED", "expired"),
        ("FAILED", "FAILED", "denied"),
        ("CANCELED", "INACTIVE", "denied"),
        ("VOIDED", "INACTIVE", "denied"),
    ],
)
def test_an_unpaid_request_is_in_the_state_that_it_says(status: str, of_code: str, told: str) -> None:
    desk = Desk(requests=[request(status=status, payment_method=code(status=of_code))], payments=[])
    (found,) = xendit(desk).payments(ORDER)
    assert (found.status, found.transaction_id, found.paid_at) == (told, None, None)


@pytest.mark.parametrize("status", ["SUCCEEDED", "A NEW STATE"])
def test_a_request_that_contradicts_its_payments_is_asked_again_later(status: str) -> None:
    with pytest.raises(PaymentProviderUnavailable):
        xendit(Desk(requests=[request(status=status)], payments=[])).payments(ORDER)


def test_requests_of_other_orders_in_the_list_are_passed_over() -> None:
    desk = Desk(requests=[request(reference_id="pay_other"), request()])
    assert [told.status for told in xendit(desk).payments(ORDER)] == ["paid"]
    (absent,) = xendit(Desk(requests=[request(reference_id="pay_other")])).payments(ORDER)
    assert absent.status == "absent"


def test_two_requests_of_one_order_are_nothing_to_build_on() -> None:
    with pytest.raises(PaymentProviderUnavailable):
        xendit(Desk(requests=[request(), request(id="pr-2")])).payments(ORDER)


def test_a_list_is_read_to_its_end() -> None:
    pages = [listed(payment(id="py-1", status="FAILED"), has_more=True), listed(payment(id="py-2"))]
    asked: list[str | None] = []

    def answer(question: httpx.Request) -> httpx.Response:
        if question.url.path == "/payment_requests":
            return httpx.Response(200, json=listed(request()))
        asked.append(question.url.params.get("after_id"))
        return httpx.Response(200, json=pages.pop(0))

    assert [told.transaction_id for told in xendit(answer).payments(ORDER)] == ["py-2"]
    assert asked == [None, "py-1"]


def test_a_list_without_an_end_is_unavailable() -> None:
    with pytest.raises(PaymentProviderUnavailable):
        xendit(lambda _: httpx.Response(200, json=listed(request(), has_more=True))).payments(ORDER)


@pytest.mark.parametrize(
    "body", [b"", b"\xff", b"[]", b'{"data": 1}', b'{"data": [1]}', b'{"data": [{}]}', b"[" * 99_999]
)
def test_a_list_that_cannot_be_read_is_unavailable(body: bytes) -> None:
    with pytest.raises(PaymentProviderUnavailable):
        xendit(lambda _: httpx.Response(200, content=body)).payments(ORDER)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500, 503])
def test_a_question_that_is_not_answered_is_unavailable(status: int) -> None:
    with pytest.raises(PaymentProviderUnavailable):
        xendit(lambda _: httpx.Response(status, json=listed())).payments(ORDER)


# Notifications --------------------------------------------------------------------------------------------------------


def read(body: object, token: str = TOKEN, header: str = "X-CALLBACK-TOKEN") -> object:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return xendit(Desk()).read({header: token}, content)


def test_a_webhook_points_at_its_order_and_payment() -> None:
    for header in ("x-callback-token", "X-Callback-Token"):
        notice = xendit(Desk()).read({header: TOKEN}, json.dumps(webhook()).encode())
        assert (notice.order_id, notice.transaction_id) == (ORDER, PAYMENT)


def test_a_webhook_about_an_expired_code_points_at_its_order_alone() -> None:
    body = webhook("payment_method.expired") | {"data": code(status="EXPIRED")}
    notice = xendit(Desk()).read({"x-callback-token": TOKEN}, json.dumps(body).encode())
    assert (notice.order_id, notice.transaction_id) == (ORDER, None)


@pytest.mark.parametrize("token", ["", "token-of-this-tesT", TOKEN + "x", TOKEN[:-1], "\u212atoken", "\x00"])
def test_another_token_is_forged_whatever_the_body_says(token: str) -> None:
    with pytest.raises(NotificationForged):
        read(webhook(), token)
    with pytest.raises(NotificationForged):
        read(b"no JSON", token)


def test_a_webhook_without_a_token_is_forged() -> None:
    with pytest.raises(NotificationForged):
        xendit(Desk()).read({}, json.dumps(webhook()).encode())


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe",
        b"null",
        b"[]",
        b"{}",
        b"[" * 100_000,
        webhook("refund.succeeded"),
        webhook("payout.failed"),
        webhook("payment."),
        webhook(""),
        webhook() | {"event": 1},
        webhook() | {"data": None},
        webhook(reference_id=None),
        webhook(reference_id=""),
        webhook(reference_id="pay/../x"),
        webhook(reference_id="p" * 51),
        webhook(id="py 1"),
        webhook(id=["py-1"]),
    ],
)
def test_another_body_is_invalid(body: object) -> None:
    with pytest.raises(RequestInvalid):
        read(body)


def test_a_probe_asks_and_moves_nothing() -> None:
    desk = Desk(requests=[])
    xendit(desk).probe()
    assert [asked.method for asked in desk.asked] == ["GET"]
    with pytest.raises(PaymentProviderUnavailable):
        xendit(lambda _: httpx.Response(503)).probe()
