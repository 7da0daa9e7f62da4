"""The payment simulator as Xendit: its wire, its webhooks, its refunds and payouts; and both providers on one server."""

from __future__ import annotations

import base64
import json
import random
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from local.paysim.app import App
from local.paysim.book import Book, Notice, ProviderName
from local.paysim.midtrans import Midtrans
from local.paysim.notify import Notifier
from local.paysim.provider import Outcome, Provider
from local.paysim.wire import Answer, Request
from local.paysim.xendit import RETRY_MINUTES, Xendit

SECRET, TOKEN, SERVER_KEY = "xnd-of-this-test", "token-of-this-test", "SB-Mid-server-of-this-test"
ORDER = "pay_01J6X7Q2M3N4P5R6S7T8V9W0XY"
QRIS = {"type": "QR_CODE", "reusability": "ONE_TIME_USE", "qr_code": {"channel_code": "QRIS"}}
BANK = {
    "type": "VIRTUAL_ACCOUNT",
    "reusability": "ONE_TIME_USE",
    "virtual_account": {"channel_code": "BNI", "channel_properties": {"customer_name": "METERAI"}},
}
PAYOUT = {
    "reference_id": "rfd_1",
    "channel_code": "ID_BCA",
    "channel_properties": {"account_holder_name": "Budi", "account_number": "1234567890"},
    "amount": 9375,
    "currency": "IDR",
    "description": "Pengembalian",
}


class Simulated:
    def __init__(self) -> None:
        self.now = datetime(2024, 9, 4, 10, 0, tzinfo=UTC)
        self.book = Book(":memory:")
        dice = random.Random(3)
        self.xendit = Xendit(self.book, SECRET, TOKEN, "http://sim", lambda: self.now, dice.randbytes)
        midtrans = Midtrans(self.book, SERVER_KEY, "http://sim", lambda: self.now, dice.randbytes)
        self.providers: dict[ProviderName, Provider] = {"midtrans": midtrans, "xendit": self.xendit}
        self.app = App(self.book, self.providers, sleep=lambda _: None)
        self.outcome: Outcome = 200
        self.sent: list[Notice] = []
        self.notifier = Notifier(self.book, self.providers, lambda: self.now, self._post, retry_scale=1)

    def _post(self, notice: Notice) -> Outcome:
        self.sent.append(notice)
        return self.outcome

    def ask(self, method: str, path: str, body: object = None, *, user: str = SECRET, key: str = "") -> Answer:
        path, _, query = path.partition("?")
        content = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {
            "authorization": "Basic " + base64.b64encode(f"{user}:".encode()).decode(),
            "content-type": "application/json",
        } | ({"idempotency-key": key} if key else {})
        pairs = (pair.partition("=") for pair in query.split("&") if pair)
        return self.app(Request(method, path, headers, content, {name: value for name, _, value in pairs}))

    def told(self, method: str, path: str, body: object = None, *, key: str = "") -> Any:
        return json.loads(self.ask(method, path, body, key=key).body)

    def charge(self, method: dict[str, Any] = QRIS, amount: object = 12500, key: str = ORDER) -> Any:
        body = {"reference_id": ORDER, "amount": amount, "currency": "IDR", "payment_method": method}
        return self.told("POST", "/payment_requests", body, key=key)

    def act(self, action: str) -> Answer:
        return self.ask("POST", f"/simulate/{ORDER}", {"action": action})

    def turn(self, **knobs: object) -> None:
        assert self.ask("POST", "/_knobs", knobs).status == 200

    def delivered(self) -> list[Any]:
        for provider in self.providers.values():
            provider.pass_time()
        self.sent.clear()
        self.notifier.deliver_due()
        return [json.loads(notice.body) for notice in self.sent]

    def paid(self) -> Any:
        charged = self.charge()
        self.act("settle")
        self.delivered()
        return charged

    def refund(self, request_id: str, amount: int = 9375, key: str = "rfd_1") -> Any:
        body = {"payment_request_id": request_id, "reference_id": key, "amount": amount, "reason": "CANCELLATION"}
        return self.told("POST", "/refunds", body, key=key)


@pytest.fixture
def simulated() -> Iterator[Simulated]:
    simulated = Simulated()
    yield simulated
    simulated.book.close()


# Payment requests -----------------------------------------------------------------------------------------------------


def test_a_request_shows_its_code_and_is_found_under_its_reference(simulated: Simulated) -> None:
    charged = simulated.charge()
    assert (charged["status"], charged["reference_id"], charged["amount"]) == ("PENDING", ORDER, 12500)
    assert charged["payment_method"]["qr_code"]["channel_properties"]["qr_string"].startswith("000201")
    found = simulated.told("GET", f"/payment_requests?reference_id={ORDER}&limit=50")
    assert (found["has_more"], [each["id"] for each in found["data"]]) == (False, [charged["id"]])
    assert simulated.told("GET", f"/payment_requests/{charged['id']}")["id"] == charged["id"]
    assert simulated.told("GET", "/payment_requests?reference_id=other")["data"] == []


def test_the_same_key_shows_the_same_request_and_another_body_is_a_conflict(simulated: Simulated) -> None:
    first = simulated.charge()
    assert simulated.charge()["id"] == first["id"]
    assert simulated.charge(amount=12501)["error_code"] == "IDEMPOTENCY_ERROR"
    assert simulated.charge(key="")["error_code"] == "IDEMPOTENCY_ERROR"
    assert simulated.told("GET", f"/payment_requests?reference_id={ORDER}")["data"][0]["amount"] == 12500


@pytest.mark.parametrize("amount", [0, -1, 12500.5, "x", None, 10**13])
def test_a_malformed_charge_is_400(simulated: Simulated, amount: object) -> None:
    assert simulated.charge(amount=amount)["error_code"] == "API_VALIDATION_ERROR"
    assert simulated.told("GET", f"/payment_requests?reference_id={ORDER}")["data"] == []


@pytest.mark.parametrize(
    "body", [b"", b"\xff", b"[]", b"[" * 90_000, {"reference_id": ORDER, "payment_method": {"type": "CARD"}}]
)
def test_another_body_is_400_everywhere(simulated: Simulated, body: object) -> None:
    for path in ("/payment_requests", "/refunds", "/v2/payouts"):
        answer = simulated.ask("POST", path, body, key="k")
        assert (answer.status, json.loads(answer.body)["error_code"]) == (400, "API_VALIDATION_ERROR")


def test_each_provider_takes_its_own_key_alone(simulated: Simulated) -> None:
    for path, user in (("/payment_requests", SERVER_KEY), ("/refunds", ""), ("/v2/payouts", "x")):
        answer = simulated.ask("GET", path, user=user)
        assert (answer.status, json.loads(answer.body)["error_code"]) == (401, "INVALID_API_KEY")
    assert simulated.ask("GET", f"/v2/{ORDER}/status", user=SECRET).status == 401
    assert simulated.ask("GET", f"/v2/{ORDER}/status", user=SERVER_KEY).status == 404


def test_no_provider_knows_an_order_of_the_other(simulated: Simulated) -> None:
    simulated.charge()
    assert simulated.ask("GET", f"/v2/{ORDER}/status", user=SERVER_KEY).status == 404
    other = {"payment_type": "qris", "transaction_details": {"order_id": "pay_m", "gross_amount": 1}}
    assert simulated.ask("POST", "/v2/charge", other, user=SERVER_KEY).status == 200
    assert simulated.told("GET", "/payment_requests?reference_id=pay_m")["data"] == []


def test_a_code_expires_at_its_time_and_says_so_once(simulated: Simulated) -> None:
    ends = {"channel_code": "QRIS", "channel_properties": {"expires_at": "2024-09-04T10:15:00Z"}}
    simulated.charge(QRIS | {"qr_code": ends})
    simulated.now += timedelta(minutes=14, seconds=59)
    assert simulated.delivered() == []
    simulated.now += timedelta(seconds=1)
    (told,) = simulated.delivered()
    assert (told["event"], told["data"]["reference_id"]) == ("payment_method.expired", ORDER)
    assert simulated.delivered() == []
    found = simulated.told("GET", f"/payment_requests?reference_id={ORDER}")["data"][0]
    assert (found["status"], found["payment_method"]["status"]) == ("EXPIRED", "EXPIRED")


def test_the_page_is_the_same_and_names_the_provider(simulated: Simulated) -> None:
    simulated.charge(BANK)
    page = simulated.app(Request("GET", f"/simulate/{ORDER}", {}, b""))
    html = page.body.decode()
    assert "Xendit" in html
    assert "8808" in html
    assert simulated.ask("GET", f"/simulate/{ORDER}/qr-code").status == 404


def test_the_page_shows_the_qr(simulated: Simulated) -> None:
    simulated.charge()
    html = simulated.app(Request("GET", f"/simulate/{ORDER}", {}, b"")).body.decode()
    assert f"/simulate/{ORDER}/qr-code" in html
    assert simulated.ask("GET", f"/simulate/{ORDER}/qr-code").body.startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("actions", "payments", "events"),
    [
        (["settle"], ["SUCCEEDED"], ["payment.succeeded"]),
        (["deny"], ["FAILED"], ["payment.failed"]),
        (["deny", "settle_late"], ["SUCCEEDED"], ["payment.failed", "payment.succeeded"]),
        (["expire"], [], ["payment_method.expired"]),
        (["settle_late"], ["SUCCEEDED"], ["payment_method.expired", "payment.succeeded"]),
        (["settle_twice"], ["SUCCEEDED", "SUCCEEDED"], ["payment.succeeded", "payment.succeeded"]),
    ],
)
def test_customers_make_payments_of_the_code(
    simulated: Simulated, actions: list[str], payments: list[str], events: list[str]
) -> None:
    code = simulated.charge()["payment_method"]["id"]
    for action in actions:
        assert simulated.act(action).status == 200
    assert [told["event"] for told in simulated.delivered()] == events
    found = simulated.told("GET", f"/v2/payment_methods/{code}/payments")["data"]
    assert [each["status"] for each in found] == payments
    assert len({each["id"] for each in found}) == len(payments)


# Webhooks -------------------------------------------------------------------------------------------------------------


def test_a_webhook_carries_the_token_or_another_when_it_is_to_be_forged(simulated: Simulated) -> None:
    simulated.charge()
    simulated.act("settle")
    simulated.delivered()
    assert [notice.headers["x-callback-token"] for notice in simulated.sent] == [TOKEN]
    simulated.turn(wrong_signature=True)
    simulated.act("settle_twice")
    simulated.delivered()
    assert [notice.headers["x-callback-token"] for notice in simulated.sent] == [TOKEN + "wrong"]


@pytest.mark.parametrize(
    ("outcome", "times"),
    [(200, 0), (204, 0), ("timeout", 0), (301, 6), (400, 6), (404, 6), (500, 6), (503, 6), ("unreachable", 6)],
)
def test_a_failed_webhook_is_sent_again_as_documented_and_a_time_out_never(
    simulated: Simulated, outcome: Outcome, times: int
) -> None:
    simulated.charge()
    simulated.act("settle")
    simulated.outcome = outcome
    assert len(simulated.delivered()) == 1
    began = simulated.now
    for minutes in RETRY_MINUTES[:times]:
        simulated.now += timedelta(minutes=minutes, seconds=-1)
        assert simulated.delivered() == []
        simulated.now += timedelta(seconds=1)
        assert len(simulated.delivered()) == 1
    assert simulated.book.waiting() == 0
    assert simulated.now - began == (timedelta(days=1) if times else timedelta(0))


def test_webhooks_can_be_dropped_doubled_delayed_and_reordered(simulated: Simulated) -> None:
    simulated.charge()
    simulated.turn(drop_notifications=True)
    simulated.act("deny")
    assert simulated.delivered() == []
    simulated.turn(drop_notifications=False, duplicate_notifications=True, delay_notifications_seconds=30)
    simulated.act("settle_late")
    assert simulated.delivered() == []
    simulated.now += timedelta(seconds=30)
    first, second = simulated.delivered()
    assert first == second
    simulated.turn(duplicate_notifications=False, delay_notifications_seconds=0, reorder_notifications=True)
    payment = first["data"]["payment_request_id"]
    simulated.refund(payment, 1, "rfd_1")
    simulated.refund(payment, 2, "rfd_2")
    assert [told["data"]["amount"] for told in simulated.delivered()] == [2]
    simulated.now += timedelta(seconds=5)
    assert [told["data"]["amount"] for told in simulated.delivered()] == [1]


def test_a_wrong_amount_and_currency_show_in_the_payment(simulated: Simulated) -> None:
    code = simulated.charge()["payment_method"]["id"]
    simulated.turn(wrong_amount="12499.50", wrong_currency="PHP")
    simulated.act("settle")
    (told,) = simulated.delivered()
    (shown,) = simulated.told("GET", f"/v2/payment_methods/{code}/payments")["data"]
    for payment in (told["data"], shown):
        assert (payment["amount"], payment["currency"]) == (12499.5, "PHP")


def test_a_booked_charge_whose_answer_was_lost_is_shown_again(simulated: Simulated) -> None:
    simulated.turn(charge_answer_lost=True)
    assert simulated.charge()["error_code"] == "SERVER_ERROR"
    simulated.turn(charge_answer_lost=False)
    assert simulated.charge()["status"] == "PENDING"


def test_an_outage_is_for_both(simulated: Simulated) -> None:
    simulated.turn(outage=True)
    for path in ("/payment_requests", "/refunds", "/v2/payouts", f"/v2/{ORDER}/status"):
        assert simulated.ask("GET", path).status == 503


# Refunds --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("refused", "status"), [(False, "SUCCEEDED"), (True, "FAILED")])
def test_a_refund_is_pending_first_and_tells_how_it_ended(simulated: Simulated, refused: bool, status: str) -> None:
    request = simulated.paid()["id"]
    simulated.turn(refund_pending_seconds=60, refund_refused=refused)
    assert simulated.refund(request)["status"] == "PENDING"
    simulated.now += timedelta(seconds=59)
    listed = f"/refunds?payment_request_id={request}"
    assert simulated.told("GET", listed)["data"][0]["status"] == "PENDING"
    simulated.now += timedelta(seconds=1)
    (shown,) = simulated.told("GET", listed)["data"]
    assert (shown["status"], shown["reference_id"], shown["amount"]) == (status, "rfd_1", 9375)
    (told,) = simulated.delivered()
    assert (told["event"], simulated.sent[0].topic) == (f"refund.{status.lower()}", "refunds")


def test_the_same_refund_key_is_a_duplicate_and_pays_once(simulated: Simulated) -> None:
    request = simulated.paid()["id"]
    simulated.turn(refund_answer_lost=True)
    assert simulated.refund(request)["error_code"] == "SERVER_ERROR"
    simulated.turn(refund_answer_lost=False)
    assert simulated.refund(request)["error_code"] == "DUPLICATE_ERROR"
    assert len(simulated.told("GET", f"/refunds?payment_request_id={request}")["data"]) == 1


def test_refunds_that_cannot_be_are_refused_at_once(simulated: Simulated) -> None:
    assert simulated.refund("pr-unknown")["error_code"] == "DATA_NOT_FOUND"
    request = simulated.charge()["id"]
    assert simulated.refund(request)["error_code"] == "INELIGIBLE_TRANSACTION"
    simulated.act("settle")
    assert simulated.refund(request, 12_501)["error_code"] == "MAXIMUM_REFUND_AMOUNT_REACHED"
    assert simulated.refund(request, 12_500, "rfd_2")["status"] == "PENDING"
    assert simulated.refund(request, 1, "rfd_3")["error_code"] == "MAXIMUM_REFUND_AMOUNT_REACHED"


def test_a_bank_transfer_is_not_refunded(simulated: Simulated) -> None:
    request = simulated.charge(BANK)["id"]
    simulated.act("settle")
    assert simulated.refund(request)["error_code"] == "REFUND_NOT_SUPPORTED"


# Payouts --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bounced", "states"),
    [(None, ["SUCCEEDED"]), ("failed", ["FAILED"]), ("reversed", ["SUCCEEDED", "REVERSED"])],
)
def test_a_payout_is_accepted_first_and_may_bounce_later(
    simulated: Simulated, bounced: str | None, states: list[str]
) -> None:
    simulated.turn(payout_bounced=bounced, payout_pending_seconds=60)
    accepted = simulated.told("POST", "/v2/payouts", PAYOUT, key="rfd_1-1")
    assert accepted["status"] == "ACCEPTED"
    for status in states:
        assert simulated.delivered() == []
        simulated.now += timedelta(seconds=60)
        (told,) = simulated.delivered()
        assert (told["event"], simulated.sent[0].topic) == (f"payout.{status.lower()}", "payouts")
        shown = simulated.told("GET", f"/v2/payouts/{accepted['id']}")
        assert (shown["status"], shown["failure_code"] is None) == (status, status == "SUCCEEDED")
    assert simulated.told("GET", "/v2/payouts?reference_id=rfd_1")["data"] == [shown]


def test_time_that_two_threads_let_pass_moves_a_payout_once(
    simulated: Simulated, monkeypatch: pytest.MonkeyPatch
) -> None:
    simulated.turn(payout_pending_seconds=60)
    simulated.told("POST", "/v2/payouts", PAYOUT, key="rfd_1")
    simulated.now += timedelta(minutes=1)
    both, ripe, failed = threading.Barrier(2), simulated.book.ripe, []

    def looked(provider: ProviderName, now: datetime) -> list[tuple[int, str, str]]:
        found = ripe(provider, now)
        with suppress(threading.BrokenBarrierError):
            both.wait(0.2)  # both have looked before either acts, if they may
        return found

    def passing() -> None:
        try:
            simulated.xendit.pass_time()
        except Exception as error:
            failed.append(error)

    monkeypatch.setattr(simulated.book, "ripe", looked)
    threads = [threading.Thread(target=passing) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert [each.status for each in simulated.book.payouts()] == ["SUCCEEDED"]


def test_the_same_payout_key_is_a_duplicate_and_pays_once(simulated: Simulated) -> None:
    simulated.turn(payout_answer_lost=True)
    assert simulated.told("POST", "/v2/payouts", PAYOUT, key="k")["error_code"] == "SERVER_ERROR"
    simulated.turn(payout_answer_lost=False)
    assert simulated.told("POST", "/v2/payouts", PAYOUT, key="k")["error_code"] == "DUPLICATE_ERROR"
    assert len(simulated.told("GET", "/v2/payouts?reference_id=rfd_1")["data"]) == 1
    assert simulated.told("POST", "/v2/payouts", PAYOUT)["error_code"] == "API_VALIDATION_ERROR"


@pytest.mark.parametrize(
    "changes", [{"amount": 0}, {"currency": "PHP"}, {"channel_code": "PH_BDO"}, {"channel_properties": {}}]
)
def test_a_malformed_payout_is_400(simulated: Simulated, changes: dict[str, object]) -> None:
    assert simulated.told("POST", "/v2/payouts", PAYOUT | changes, key="k")["error_code"] == "API_VALIDATION_ERROR"


def test_a_list_is_given_in_pages(simulated: Simulated) -> None:
    for number in range(3):
        simulated.told("POST", "/v2/payouts", PAYOUT, key=f"k-{number}")
    first = simulated.told("GET", "/v2/payouts?reference_id=rfd_1&limit=2")
    assert (len(first["data"]), first["has_more"]) == (2, True)
    rest = simulated.told("GET", f"/v2/payouts?reference_id=rfd_1&limit=2&after_id={first['data'][-1]['id']}")
    assert (len(rest["data"]), rest["has_more"]) == (1, False)
    assert simulated.told("GET", "/v2/payouts?reference_id=rfd_1&limit=x")["error_code"] == "API_VALIDATION_ERROR"
