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
    """A charge's answer, as the provider's pages show it."""
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


# Refund ---------------------------------------------------------------------------------------------------------------


class Bank:
    """Answers status with `before` until a refund is posted, then with `after`; the post itself with `posted`."""

    def __init__(self, posted: object, *, before: object = None, after: object = None, http_status: int = 200) -> None:
        self.posted = posted
        self.before = settled() if before is None else before
        self.after = self.before if after is None else after
        self.http_status = http_status
        self.posts: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return httpx.Response(200, json=self.after if self.posts else self.before)
        self.posts.append(request)
        if isinstance(self.posted, Exception):
            raise self.posted
        return httpx.Response(self.http_status, json=self.posted)

    def refund(self, transaction_id: str | None = None) -> str:
        return (
            midtrans(self)
            .refund(ORDER, key="rfd_1", amount_idr=9_375, reason="Batal " * 100, transaction_id=transaction_id)
            .outcome
        )


REFUNDED = settled(
    transaction_status="partial_refund", refund_key="rfd_1", refund_amount="9375.00", refund_chargeback_id=47594
)


def listing(key: str = "rfd_1", amount: str = "9375.00") -> dict[str, object]:
    return settled(
        transaction_status="partial_refund",
        refunds=[{"refund_chargeback_id": 1, "refund_amount": amount, "refund_key": key, "reason": "Batal"}],
    )


def test_a_refund_is_posted_once_in_the_providers_form() -> None:
    bank = Bank(REFUNDED)
    assert bank.refund() == "settled"
    (post,) = bank.posts
    assert post.url.path == f"/v2/{ORDER}/refund/online/direct"
    sent = json.loads(post.content)
    assert (sent["refund_key"], sent["amount"], len(sent["reason"])) == ("rfd_1", 9_375, 255)


def test_a_refund_of_one_payment_is_posted_to_its_transaction() -> None:
    bank = Bank(REFUNDED)
    assert bank.refund(TRANSACTION) == "settled"
    assert bank.posts[0].url.path == f"/v2/{TRANSACTION}/refund/online/direct"


def test_a_refund_that_the_provider_already_lists_is_settled_without_a_second_post() -> None:
    bank = Bank(REFUNDED, before=listing())
    assert bank.refund() == "settled"
    assert bank.posts == []


@pytest.mark.parametrize("code", ["202", "400", "402", "407", "410", "412", "413", "414"])
def test_a_documented_refusal_is_definite(code: str) -> None:
    assert Bank({"status_code": code, "status_message": "no"}).refund() == "refused"


@pytest.mark.parametrize("code", ["401", "403", "404", "406", "429"])
def test_a_refusal_that_says_nothing_about_the_money_is_unknown(code: str) -> None:
    assert Bank({"status_code": code, "status_message": "no"}).refund() == "unknown"


@pytest.mark.parametrize("code", ["202", "406", "412", "414"])
def test_a_refusal_of_what_is_listed_under_the_key_was_a_repetition(code: str) -> None:
    assert Bank({"status_code": code}, after=listing()).refund() == "settled"


def test_a_refusal_with_another_key_listed_is_a_refusal() -> None:
    assert Bank({"status_code": "412"}, after=listing("rfd_0")).refund() == "refused"


def test_another_amount_under_the_same_key_is_unknown_and_nothing_is_posted() -> None:
    bank = Bank(REFUNDED, before=listing(amount="9376.00"))
    assert bank.refund() == "unknown"
    assert bank.posts == []


@pytest.mark.parametrize("failure", [httpx.ReadTimeout("slow"), httpx.ConnectError("refused")])
def test_a_refund_without_an_answer_is_unknown_and_not_posted_again(failure: Exception) -> None:
    bank = Bank(failure)
    assert bank.refund() == "unknown"
    assert len(bank.posts) == 1


@pytest.mark.parametrize(
    "posted",
    [
        pytest.param(REFUNDED | {"refund_key": "rfd_2"}, id="another key"),
        pytest.param(REFUNDED | {"order_id": "pay_other"}, id="another order"),
        pytest.param(REFUNDED | {"transaction_status": "settlement"}, id="still settled"),
        pytest.param({"status_code": "200"}, id="nothing else"),
        pytest.param([], id="a list"),
    ],
)
def test_a_success_that_does_not_fit_is_unknown(posted: object) -> None:
    assert Bank(posted).refund() == "unknown"


def test_a_server_error_is_unknown_even_when_its_body_refuses() -> None:
    assert Bank({"status_code": "412"}, http_status=500).refund() == "unknown"


def test_a_refusal_that_cannot_be_confirmed_is_unknown() -> None:
    assert Bank({"status_code": "412"}, after={"status_code": "500"}).refund() == "unknown"


def test_a_payment_of_another_order_is_never_given_back() -> None:
    bank = Bank(REFUNDED, before=settled(order_id="pay_other"))
    assert bank.refund(TRANSACTION) == "unknown"
    assert bank.posts == []
