"""The payment simulator: its wire, its page, its knobs, its retries, and what it keeps."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image

from local.paysim import qris
from local.paysim.app import App
from local.paysim.book import Book, Notice, ProviderName
from local.paysim.midtrans import RETRY_MINUTES, Midtrans
from local.paysim.notify import Notifier
from local.paysim.provider import Outcome, Provider
from local.paysim.wire import Answer, Request

KEY = "SB-Mid-server-of-this-test"
ORDER = "pay_01J6X7Q2M3N4P5R6S7T8V9W0XY"
PAGE = "http://127.0.0.1:3000"


class Simulated:
    def __init__(self, state: str = ":memory:") -> None:
        self.now = datetime(2024, 9, 4, 10, 0, tzinfo=UTC)
        self.book = Book(state)
        self.slept: list[float] = []
        self.provider = Midtrans(self.book, KEY, "http://sim", lambda: self.now, random.Random(3).randbytes)
        providers: dict[ProviderName, Provider] = {"midtrans": self.provider}
        self.app = App(self.book, providers, (PAGE,), sleep=self.slept.append)
        self.status: Outcome = 200
        self.sent: list[dict[str, object]] = []
        self.notifier = Notifier(self.book, providers, lambda: self.now, self._post, retry_scale=1)

    def _post(self, notice: Notice) -> Outcome:
        self.sent.append(json.loads(notice.body))
        return self.status

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> Answer:
        content = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        basic = "Basic " + base64.b64encode(f"{KEY}:".encode()).decode()
        return self.app(
            Request(method, path, {"authorization": basic, "content-type": "application/json"} | headers, content)
        )

    def told(self, method: str, path: str, body: object = None) -> dict[str, object]:
        answer: dict[str, object] = json.loads(self.ask(method, path, body).body)
        return answer

    def charge(self, payment_type: str = "qris", **more: object) -> dict[str, object]:
        asked = {"payment_type": payment_type, "transaction_details": {"order_id": ORDER, "gross_amount": 12500}}
        return self.told("POST", "/v2/charge", asked | more)

    def act(self, action: str) -> Answer:
        return self.ask("POST", f"/simulate/{ORDER}", {"action": action})

    def turn(self, **knobs: object) -> None:
        assert self.ask("POST", "/_knobs", knobs).status == 200

    def delivered(self) -> list[dict[str, object]]:
        self.sent.clear()
        self.notifier.deliver_due()
        return list(self.sent)


@pytest.fixture
def simulated() -> Iterator[Simulated]:
    simulated = Simulated()
    yield simulated
    simulated.book.close()


# QRIS -----------------------------------------------------------------------------------------------------------------


def test_the_checksum_is_that_of_the_emvco_specifications_example() -> None:
    example = (
        "00020101021229300012D156000000000510A93FO3230Q31280012D15600000001030812345678520441115802CN5914BEST TRANSPORT"
        "6007BEIJING64200002ZH0104最佳运输0202北京540523.7253031565502016233030412340603***0708A60086670902ME"
        "91320016A0112233449988770708123456786304"
    )
    assert qris.checksum(example) == 0xA13A


def test_the_checksum_is_the_published_check_value() -> None:
    assert qris.checksum("123456789") == 0x29B1


def test_a_payload_reads_as_tags_lengths_and_values_up_to_its_checksum() -> None:
    text = qris.payload(62_500, ORDER)
    fields: dict[str, str] = {}
    rest = text
    while rest:
        tag, length = rest[:2], int(rest[2:4])
        fields[tag], rest = rest[4 : 4 + length], rest[4 + length :]
    assert (fields["00"], fields["01"], fields["53"], fields["54"], fields["58"]) == ("01", "12", "360", "62500", "ID")
    assert fields["62"] == "0125" + ORDER[-25:]
    assert list(fields)[-1] == "63"
    assert fields["63"] == f"{qris.checksum(text[:-4]):04X}"


# The provider's wire --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("payment_type", ["qris", "gopay"])
def test_the_qr_image_is_a_picture_of_the_qr_string(simulated: Simulated, payment_type: str) -> None:
    charged = simulated.charge(payment_type)
    assert charged["status_code"] == "201"
    actions = charged["actions"]
    assert isinstance(actions, list)
    url = next(action["url"] for action in actions if action["name"] == "generate-qr-code")
    picture = simulated.ask("GET", url.removeprefix("http://sim"))
    assert picture.content_type == "image/png"
    (code,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(picture.body)))
    kept = simulated.book.find(ORDER)
    assert kept is not None
    assert code.text == kept.qr_string


def test_a_wrong_server_key_is_401(simulated: Simulated) -> None:
    for authorization in ("", "Basic x", "Basic " + base64.b64encode(b"other:").decode()):
        answer = simulated.ask("GET", f"/v2/{ORDER}/status", authorization=authorization)
        assert (answer.status, json.loads(answer.body)["status_code"]) == (401, "401")


def test_a_duplicate_order_id_is_406_and_changes_nothing(simulated: Simulated) -> None:
    first = simulated.charge()
    assert simulated.charge()["status_code"] == "406"
    assert simulated.told("GET", f"/v2/{ORDER}/status")["transaction_id"] == first["transaction_id"]


def test_an_unknown_order_is_404_in_the_providers_form(simulated: Simulated) -> None:
    answer = simulated.ask("GET", f"/v2/{ORDER}/status")
    assert (answer.status, json.loads(answer.body)["status_code"]) == (404, "404")


@pytest.mark.parametrize(
    "changes",
    [
        {"payment_type": "cash"},
        {"payment_type": "bank_transfer"},
        {"transaction_details": {"order_id": ORDER, "gross_amount": 0}},
        {"transaction_details": {"order_id": ORDER, "gross_amount": 10.5}},
        {"transaction_details": {"order_id": "a/b", "gross_amount": 1}},
        {"custom_expiry": {"expiry_duration": 0}},
        {"custom_expiry": {"expiry_duration": 10**18}},
        {"custom_expiry": {"order_time": "now", "expiry_duration": 1}},
    ],
)
def test_a_malformed_charge_is_400(simulated: Simulated, changes: dict[str, object]) -> None:
    asked = {"payment_type": "qris", "transaction_details": {"order_id": ORDER, "gross_amount": 12500}} | changes
    answer = simulated.ask("POST", "/v2/charge", asked)
    assert (answer.status, json.loads(answer.body)["status_code"]) == (400, "400")
    assert simulated.book.find(ORDER) is None


def test_an_order_expires_at_its_custom_expiry_and_says_so_once(simulated: Simulated) -> None:
    simulated.charge(custom_expiry={"order_time": "2024-09-04 17:00:00 +0700", "expiry_duration": 90, "unit": "second"})
    simulated.delivered()
    simulated.now += timedelta(seconds=89)
    assert simulated.told("GET", f"/v2/{ORDER}/status")["transaction_status"] == "pending"
    simulated.now += timedelta(seconds=1)
    expired = simulated.told("GET", f"/v2/{ORDER}/status")
    assert (expired["transaction_status"], expired["status_code"]) == ("expire", "407")
    simulated.provider.pass_time()
    assert [sent["transaction_status"] for sent in simulated.delivered()] == ["expire"]


def test_a_status_shows_no_qr_again(simulated: Simulated) -> None:
    simulated.charge()
    assert not {"qr_string", "actions"} & simulated.told("GET", f"/v2/{ORDER}/status").keys()


# Customers ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("actions", "statuses", "states"),
    [
        (["settle"], [200], ["settlement"]),
        (["settle", "settle"], [200, 409], ["settlement"]),
        (["deny", "settle", "settle_late"], [200, 409, 200], ["settlement"]),
        (["expire", "deny", "settle_late", "settle_late"], [200, 409, 200, 409], ["settlement"]),
        (["settle_late"], [200], ["settlement"]),
        (["settle_twice"], [200], ["settlement", "settlement"]),
        (["settle", "settle_twice"], [200, 200], ["settlement", "settlement"]),
        (["expire", "settle_twice"], [200, 409], ["expire"]),
    ],
)
def test_customers_do_what_the_state_allows(
    simulated: Simulated, actions: list[str], statuses: list[int], states: list[str]
) -> None:
    simulated.charge()
    answers = [simulated.act(action) for action in actions]
    assert [answer.status for answer in answers] == statuses
    shown = json.loads(answers[-1].body)["transactions"]
    assert [each["transaction_status"] for each in shown] == states
    assert len({each["transaction_id"] for each in shown}) == len(states)


@pytest.mark.parametrize(
    "body", [{"action": "steal"}, {"action": ["settle"]}, {}, [], "settle", b"{", b"\xff", b"[" * 100_000]
)
def test_another_action_is_400_and_nothing_happens(simulated: Simulated, body: object) -> None:
    simulated.charge()
    assert simulated.ask("POST", f"/simulate/{ORDER}", body).status == 400
    assert simulated.told("GET", f"/v2/{ORDER}/status")["transaction_status"] == "pending"


def test_the_page_works_as_a_form_without_script(simulated: Simulated) -> None:
    simulated.charge()
    page = simulated.ask("GET", f"/simulate/{ORDER}", **{"content-type": ""})
    assert (page.status, page.content_type) == (200, "text/html; charset=utf-8")
    html = page.body.decode()
    assert "Rp12.500" in html
    assert "menunggu pembayaran" in html
    assert "<script" not in html
    form = {"content-type": "application/x-www-form-urlencoded"}
    done = simulated.ask("POST", f"/simulate/{ORDER}", b"action=settle_twice", **form)
    assert (done.status, done.headers["Location"]) == (303, f"/simulate/{ORDER}")
    after = simulated.ask("GET", f"/simulate/{ORDER}", **{"content-type": ""}).body.decode()
    assert after.count("lunas") == 2
    again = simulated.ask("POST", f"/simulate/{ORDER}", b"action=settle", **form)
    assert again.status == 409
    assert "tidak mengizinkannya" in again.body.decode()


def test_a_page_of_an_unknown_order_is_a_plain_404_that_shows_nothing_of_the_request(simulated: Simulated) -> None:
    answer = simulated.ask("GET", "/simulate/%3Cscript%3E", **{"content-type": ""})
    assert answer.status == 404
    assert b"<script>" not in answer.body


def test_only_the_configured_page_may_call_from_a_browser(simulated: Simulated) -> None:
    simulated.charge()
    preflight = simulated.ask("OPTIONS", f"/simulate/{ORDER}", origin=PAGE)
    assert preflight.status == 204
    assert preflight.headers["Access-Control-Allow-Origin"] == PAGE
    assert preflight.headers["Access-Control-Allow-Headers"] == "Content-Type"
    allowed = simulated.ask("POST", f"/simulate/{ORDER}", {"action": "settle"}, origin=PAGE)
    assert allowed.headers["Access-Control-Allow-Origin"] == PAGE
    for path in (f"/simulate/{ORDER}", "/_knobs", f"/v2/{ORDER}/status"):
        assert not simulated.ask("OPTIONS", path, origin="http://evil.example").headers
    assert not simulated.ask("OPTIONS", "/_knobs", origin=PAGE).headers


# Notifications --------------------------------------------------------------------------------------------------------


def test_a_notification_is_signed_as_documented(simulated: Simulated) -> None:
    simulated.charge()
    simulated.act("settle")
    pending, settlement = simulated.delivered()
    assert (pending["transaction_status"], settlement["transaction_status"]) == ("pending", "settlement")
    expected = hashlib.sha512(f"{ORDER}20012500.00{KEY}".encode()).hexdigest()
    assert (settlement["gross_amount"], settlement["signature_key"]) == ("12500.00", expected)


def test_paying_twice_notifies_two_transactions_of_one_order(simulated: Simulated) -> None:
    simulated.charge()
    simulated.delivered()
    simulated.act("settle_twice")
    first, second = simulated.delivered()
    assert first["order_id"] == second["order_id"] == ORDER
    assert first["transaction_id"] != second["transaction_id"]
    assert simulated.told("GET", f"/v2/{second['transaction_id']}/status")["transaction_status"] == "settlement"


@pytest.mark.parametrize(
    ("status", "times"),
    [
        (200, 0),
        (204, 0),
        (301, 0),
        (400, 2),
        (404, 2),
        (500, 1),
        (503, 4),
        (502, 5),
        (403, 5),
        ("timeout", 5),
        ("unreachable", 5),
    ],
)
def test_a_failed_notification_is_tried_again_as_the_provider_documents(
    simulated: Simulated, status: Outcome, times: int
) -> None:
    assert simulated.provider.retry_minutes(status) == RETRY_MINUTES[:times]
    simulated.charge()
    simulated.status = status
    assert len(simulated.delivered()) == 1
    for minutes in RETRY_MINUTES[:times]:
        simulated.now += timedelta(minutes=minutes, seconds=-1)
        assert simulated.delivered() == []
        simulated.now += timedelta(seconds=1)
        assert len(simulated.delivered()) == 1
    assert simulated.book.waiting() == 0


def test_what_was_not_delivered_is_still_there_after_a_restart(tmp_path: Path) -> None:
    before = Simulated(str(tmp_path / "state.db"))
    before.charge()
    before.turn(refund_refused=True)
    before.act("settle")
    before.status = 503
    assert len(before.delivered()) == 2
    before.book.close()
    after = Simulated(str(tmp_path / "state.db"))
    assert after.book.waiting() == 2
    assert after.delivered() == []
    after.now += timedelta(minutes=2)
    assert [sent["transaction_status"] for sent in after.delivered()] == ["pending", "settlement"]
    assert after.told("GET", f"/v2/{ORDER}/status")["transaction_status"] == "settlement"
    assert after.told("GET", "/_knobs")["refund_refused"] is True
    after.book.close()


# Knobs ----------------------------------------------------------------------------------------------------------------


def test_notifications_can_be_dropped_doubled_delayed_and_wrongly_signed(simulated: Simulated) -> None:
    simulated.turn(drop_notifications=True)
    simulated.charge()
    assert simulated.delivered() == []
    simulated.turn(drop_notifications=False, duplicate_notifications=True, delay_notifications_seconds=30)
    simulated.turn(wrong_signature=True)
    simulated.act("settle")
    assert simulated.delivered() == []
    simulated.now += timedelta(seconds=30)
    first, second = simulated.delivered()
    assert first == second
    assert first["signature_key"] != hashlib.sha512(f"{ORDER}20012500.00{KEY}".encode()).hexdigest()


def test_a_wrong_amount_shows_in_status_and_notification_and_is_still_signed(simulated: Simulated) -> None:
    simulated.charge()
    simulated.delivered()
    simulated.turn(wrong_amount="12499.50", wrong_currency="USD")
    simulated.act("settle")
    (sent,) = simulated.delivered()
    assert (sent["gross_amount"], sent["currency"]) == ("12499.50", "USD")
    assert sent["signature_key"] == hashlib.sha512(f"{ORDER}20012499.50{KEY}".encode()).hexdigest()
    assert simulated.told("GET", f"/v2/{ORDER}/status")["gross_amount"] == "12499.50"


def test_a_charge_can_be_booked_with_its_answer_lost(simulated: Simulated) -> None:
    simulated.turn(charge_answer_lost=True)
    assert simulated.charge()["status_code"] == "500"
    simulated.turn(charge_answer_lost=False)
    assert simulated.charge()["status_code"] == "406"
    assert simulated.told("GET", f"/v2/{ORDER}/status")["transaction_status"] == "pending"


def test_notifications_overtake_each_other(simulated: Simulated) -> None:
    simulated.turn(reorder_notifications=True)
    simulated.charge()
    simulated.act("settle")
    assert [sent["transaction_status"] for sent in simulated.delivered()] == ["settlement"]
    simulated.now += timedelta(seconds=5)
    assert [sent["transaction_status"] for sent in simulated.delivered()] == ["pending"]


def test_an_outage_and_slow_answers(simulated: Simulated) -> None:
    simulated.turn(outage=True, delay_answers_seconds=2.5)
    answer = simulated.ask("GET", f"/v2/{ORDER}/status")
    assert (answer.status, answer.content_type, simulated.slept) == (503, "text/html", [2.5])


def test_a_refund_can_be_refused_or_booked_with_its_answer_lost(simulated: Simulated) -> None:
    simulated.charge()
    simulated.act("settle")
    asked = {"refund_key": "rfd_1", "amount": 9375, "reason": "batal"}
    path = f"/v2/{ORDER}/refund/online/direct"
    simulated.turn(refund_refused=True)
    refused = simulated.told("POST", path, asked)
    assert (refused["status_code"], refused["refund_amount"]) == ("202", "0.00")
    simulated.turn(refund_refused=False, refund_answer_lost=True)
    assert simulated.ask("POST", path, asked).status == 500
    simulated.turn(refund_answer_lost=False)
    assert simulated.told("POST", path, asked)["refund_key"] == "rfd_1"
    shown = simulated.told("GET", f"/v2/{ORDER}/status")
    assert (shown["transaction_status"], shown["refund_amount"]) == ("partial_refund", "9375.00")
    assert isinstance(shown["refunds"], list)
    assert len(shown["refunds"]) == 1


@pytest.mark.parametrize(
    "body",
    [
        {"gremlins": True},
        {"outage": "yes"},
        {"wrong_amount": "all"},
        {"delay_answers_seconds": -1},
        [],
        b"{",
        b"\xff",
        b"[" * 100_000,
    ],
)
def test_a_knob_of_another_name_or_type_is_400_and_turns_nothing(simulated: Simulated, body: object) -> None:
    before = simulated.told("GET", "/_knobs")
    assert simulated.ask("POST", "/_knobs", body).status == 400
    assert simulated.told("GET", "/_knobs") == before


def test_knobs_go_back_to_new_and_a_form_cannot_turn_them(simulated: Simulated) -> None:
    new = simulated.told("GET", "/_knobs")
    simulated.turn(outage=True)
    form = {"content-type": "application/x-www-form-urlencoded"}
    assert simulated.ask("POST", "/_knobs", b"outage=true", **form).status == 415
    assert simulated.ask("DELETE", "/_knobs").status == 200
    assert simulated.told("GET", "/_knobs") == new


def test_health_and_unknown_routes(simulated: Simulated) -> None:
    assert simulated.told("GET", "/_health") == {"status": "ok", "notifications_waiting": 0}
    for path in ("/", "/v3/charge", "/simulate", "/simulate/a/b"):
        assert simulated.ask("GET", path).status == 404
