"""Where a payout goes, told through the gateway to a stack whose banks are simulated."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from local.paysim.book import Knobs
from meterai.aws.table import DynamoLedger
from meterai.domain.instants import spell
from meterai.domain.ledger import Change, Move, OneOf
from meterai.domain.rows import Account, Refund
from tests.integration.client import Json, Person, problem, seen

pytestmark = pytest.mark.xdist_group("stack")

HOLDER = Knobs().account_holder
BCA: Json = {"bank": "ID_BCA", "number": "123-456-7890", "given": HOLDER.title()}


@contextmanager
def turned(stack: Any, http: httpx.Client, **knobs: object) -> Iterator[None]:
    """The simulator with these knobs turned, and as new afterwards."""
    url = f"{stack.access['simulator_url']}/_knobs"
    http.post(url, json=knobs).raise_for_status()
    try:
        yield
    finally:
        http.delete(url).raise_for_status()


def ledger(stack: Any) -> DynamoLedger:
    return DynamoLedger(stack.client("dynamodb"), stack.access["table_name"])


def verified(stack: Any, person: Person) -> None:
    """As if the person had followed the link in our letter."""
    put = {"email_verified_at": spell(datetime.now(UTC))}
    ledger(stack).apply(Move("verified", (Change(Account.key_of(person.id), {}, put=put),)))


def waiting(stack: Any, person: Person) -> str:
    """The path of a refund that its provider refused, and that waits to be told where the money goes instead."""
    refund = person.refund(person.buy(1)["id"])["id"]
    person.wait_refund(refund, "awaiting_decision", "awaiting_destination")
    when = {"status": OneOf(("awaiting_decision", "awaiting_destination"))}
    put = {"status": "awaiting_destination", "way": "payout"}
    ledger(stack).apply(Move("waits", (Change(Refund.key_of(refund), when, put=put),)))
    return f"/v1/refunds/{refund}"


@pytest.fixture
def http(stack: Any) -> httpx.Client:
    client: httpx.Client = stack.http()
    return client


def test_a_payout_is_told_its_account_by_a_verified_owner_once(stack: Any, http: httpx.Client) -> None:
    person, stranger = Person.new(http), Person.new(http)
    officer = Person(http, stack.access["officer_key"])
    with turned(stack, http, refund_refused=True):
        refund = waiting(stack, person)
        where = f"{refund}/destination"
        problem(stranger.ask("POST", where, json=BCA), 404, "not_found")
        problem(officer.ask("POST", where, json=BCA), 403, "scope_missing")
        problem(person.ask("POST", where, json=BCA), 409, "contact_unverified")
        verified(stack, person)
        fault = problem(person.ask("POST", where, json=BCA | {"bank": "ID_NOBODY"}), 400, "request_invalid")
        assert [error["pointer"] for error in fault["errors"]] == ["/bank"]
        wrong = problem(person.ask("POST", where, json=BCA | {"given": "Siti Aminah"}), 422, "destination_mismatch")
        assert HOLDER.lower() not in str(wrong).lower()
        told = seen(person.ask("POST", where, json=BCA), 200)
        assert told["destination"] == {"bank": "ID_BCA", "number": "••••7890"}
        assert told["way"] in ("provider", "payout")
        again = seen(person.ask("POST", where, json=BCA), 200)
        assert again["destination"] == told["destination"]
        problem(person.ask("POST", where, json=BCA | {"number": "9988776655"}), 409, "refund_not_awaiting_destination")
        shown = person.get(refund)
        assert shown["destination"] == told["destination"]
        assert "1234567890" not in str(shown)
        assert [one["destination"] for one in person.get("/v1/refunds")["data"]] == [told["destination"]]
        person.wait_refund(shown["id"], "awaiting_decision")
    rejected = officer.ask("POST", f"{refund}/decision", json={"decision": "reject", "reason": "percobaan"})
    assert seen(rejected, 200)["status"] == "rejected"
    assert person.quota() == {**person.quota(), "available": 1, "held": 0}


def test_what_the_banks_say_is_told_by_name(stack: Any, http: httpx.Client) -> None:
    person = Person.new(http)
    officer = Person(http, stack.access["officer_key"])
    verified(stack, person)
    with turned(stack, http, refund_refused=True):
        refund = waiting(stack, person)
        where = f"{refund}/destination"
        with turned(stack, http, account_unknown=True):
            problem(person.ask("POST", where, json=BCA), 422, "destination_unknown")
        with turned(stack, http, name_check_outage=True):
            problem(person.ask("POST", where, json=BCA), 503, "payment_provider_unavailable")
        assert person.get(refund)["status"] == "awaiting_destination"
    seen(person.ask("POST", f"{refund}/cancel"), 200)
    problem(person.ask("POST", where, json=BCA), 409, "refund_not_awaiting_destination")
    problem(officer.ask("POST", f"{refund}/decision", json={"decision": "reject", "reason": "x"}), 409)


def test_the_banks_are_listed_by_name(http: httpx.Client) -> None:
    problem(http.get("/v1/banks"), 401, "token_invalid")
    listed = Person.new(http).get("/v1/banks")
    assert listed["next_cursor"] is None
    names = [bank["name"] for bank in listed["data"]]
    assert names == sorted(names, key=str.casefold)
    assert {"code": "ID_BCA", "name": "BCA"} in listed["data"]
