"""The payment simulator's money out: whose key may pay, and the name check of its banks."""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from local.paysim.app import App
from local.paysim.book import Book
from local.paysim.iluma import Iluma
from local.paysim.wire import Answer, Request
from local.paysim.xendit import Xendit

CHARGES, PAYS, CHECKS = "xnd-charges", "xnd-pays", "iluma-checks"
NAMES = "/v1.2/identity/bank_account_validation_details"
ACCOUNT = {"bank_code": "ID_BCA", "bank_account_number": "1234567890"}


class Simulated:
    def __init__(self) -> None:
        self.now = datetime(2024, 9, 4, 10, 0, tzinfo=UTC)
        self.book = Book(":memory:")
        dice = random.Random(3).randbytes
        xendit = Xendit(self.book, CHARGES, "token", "http://sim", lambda: self.now, dice, PAYS)
        names = Iluma(self.book, CHECKS, lambda: self.now, dice)
        self.app = App(self.book, {"xendit": xendit}, sleep=lambda _: None, names=names)

    def ask(self, method: str, path: str, body: object = None, *, user: str) -> Answer:
        path, _, query = path.partition("?")
        headers = {
            "authorization": "Basic " + base64.b64encode(f"{user}:".encode()).decode(),
            "content-type": "application/json",
        }
        content = b"" if body is None else json.dumps(body).encode()
        pairs = (pair.partition("=") for pair in query.split("&") if pair)
        return self.app(Request(method, path, headers, content, {name: value for name, _, value in pairs}))

    def check(self, body: object = ACCOUNT) -> Any:
        return json.loads(self.ask("POST", NAMES, body, user=CHECKS).body)

    def turn(self, **knobs: object) -> None:
        assert self.ask("POST", "/_knobs", knobs, user="").status == 200


@pytest.fixture
def simulated() -> Iterator[Simulated]:
    simulated = Simulated()
    yield simulated
    simulated.book.close()


@pytest.mark.parametrize(
    ("path", "user", "status"),
    [
        ("/v2/payouts?reference_id=x", PAYS, 200),
        ("/v2/payouts?reference_id=x", CHARGES, 403),
        ("/v2/payouts?reference_id=x", CHECKS, 401),
        ("/payment_requests?reference_id=x", CHARGES, 200),
        ("/payment_requests?reference_id=x", PAYS, 403),
        (f"{NAMES}/bknv_1", CHECKS, 404),
        (f"{NAMES}/bknv_1", PAYS, 401),
        (f"{NAMES}/bknv_1/more", CHECKS, 404),
    ],
)
def test_each_key_opens_its_own_door(simulated: Simulated, path: str, user: str, status: int) -> None:
    assert simulated.ask("GET", path, user=user).status == status


def test_every_account_is_fira_diyankas_unless_a_knob_says_otherwise(simulated: Simulated) -> None:
    first = simulated.check()
    assert (first["status"], first["bank_code"], first["bank_account_number"]) == ("COMPLETED", *ACCOUNT.values())
    assert first["result"]["account_holder_name"] == "FIRA DIYANKA"
    simulated.turn(account_holder="SITI AMINAH", account_virtual=True)
    result = simulated.check()["result"]
    assert (result["account_holder_name"], result["is_virtual_account"]) == ("SITI AMINAH", True)
    simulated.turn(account_unknown=True)
    result = simulated.check()["result"]
    assert (result["is_found"], "account_holder_name" in result) == (False, False)


def test_a_slow_bank_answers_later_under_the_checks_id(simulated: Simulated) -> None:
    simulated.turn(name_check_pending_seconds=5)
    pending = simulated.check()
    assert (pending["status"], pending["result"]) == ("PENDING", None)
    simulated.now += timedelta(seconds=5)
    later = json.loads(simulated.ask("GET", f"{NAMES}/{pending['id']}", user=CHECKS).body)
    assert (later["id"], later["status"]) == (pending["id"], "COMPLETED")


@pytest.mark.parametrize("changes", [{"bank_account_number": "x"}, {"bank_account_number": ""}, {"bank_code": "BCA"}])
def test_a_malformed_check_is_400(simulated: Simulated, changes: dict[str, str]) -> None:
    assert simulated.check(ACCOUNT | changes)["error_code"] == "API_VALIDATION_ERROR"


def test_the_name_check_may_be_down_alone(simulated: Simulated) -> None:
    simulated.turn(name_check_outage=True)
    assert simulated.ask("POST", NAMES, ACCOUNT, user=CHECKS).status == 503
    assert simulated.ask("GET", "/v2/payouts?reference_id=x", user=PAYS).status == 200
