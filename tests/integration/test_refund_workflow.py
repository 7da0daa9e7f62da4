"""The refund's state machine on the engine, path by path: what the road does not walk (tests/integration/test_road.py has the
happy path, one pending behind a queued stamp, a cancelled one, and one that the provider refuses)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.integration.client import Json, Person, connect, letter, problem, seen, until
from tests.integration.test_road import nobody_seals, provider, refunds_at_provider

pytestmark = pytest.mark.xdist_group("stack")
DAYS_TOLD = ["day_7", "day_14", "day_30", "day_40", "day_44", "day_45"]


@pytest.fixture(scope="module")
def http(stack: Any) -> Iterator[httpx.Client]:
    with connect(stack.api_url) as client:
        yield client


def notes(refund: Json) -> list[str]:
    return [line["note"] for line in refund["timeline"] if (line["note"] or "").startswith("day_")]


def execution(stack: Any, refund: Json, number: int = 1) -> str:
    arn: str = stack.access["refund_machine"].replace(":stateMachine:", ":execution:") + f":{refund['id']}-{number}"
    return arn


def status_of(stack: Any, arn: str) -> str | None:
    machine = stack.client("stepfunctions")
    try:
        return str(machine.describe_execution(executionArn=arn)["status"])
    except machine.exceptions.ExecutionDoesNotExist:
        return None


def refused(stack: Any, http: httpx.Client, person: Person) -> Json:
    """A refund that the provider refused, and whose execution waits for an officer."""
    bought = person.buy(1)
    with provider(stack, http, refund_refused=True):
        refund = person.refund(bought["id"])
        person.wait_refund(refund["id"], "awaiting_decision")
    return refund


def decide(officer: Person, refund: Json, decision: str) -> Json:
    body = {"decision": decision, "reason": "bank sudah pulih"}
    return seen(officer.ask("POST", f"/v1/refunds/{refund['id']}/decision", json=body), 200)


def test_an_officer_who_is_late_is_reminded_to_day_45_and_the_same_execution_still_hears_the_decision(
    stack: Any, http: httpx.Client
) -> None:
    person, officer = Person.new(http), Person(http, stack.access["officer_key"])
    refund = refused(stack, http, person)
    path = f"/v1/refunds/{refund['id']}"
    until(lambda: notes(person.get(path)) == DAYS_TOLD, seconds=60)
    assert person.get(path)["status"] == "awaiting_decision"
    assert status_of(stack, execution(stack, refund)) == "RUNNING"
    decide(officer, refund, "approve")
    ended = person.wait_refund(refund["id"], "refunded")
    assert [line["status"] for line in ended["timeline"][-3:]] == ["approved", "paying", "refunded"]
    until(lambda: status_of(stack, execution(stack, refund)) == "SUCCEEDED")
    assert status_of(stack, execution(stack, refund, 2)) is None


def test_a_rejected_refund_gives_its_pieces_back_and_its_execution_ends(stack: Any, http: httpx.Client) -> None:
    person, officer = Person.new(http), Person(http, stack.access["officer_key"])
    refund = refused(stack, http, person)
    decide(officer, refund, "reject")
    assert person.quota() == {**person.quota(), "available": 1, "held": 0}
    until(lambda: status_of(stack, execution(stack, refund)) == "SUCCEEDED")


def test_a_decision_survives_an_execution_that_died_while_it_waited(stack: Any, http: httpx.Client) -> None:
    person, officer = Person.new(http), Person(http, stack.access["officer_key"])
    refund = refused(stack, http, person)
    stack.client("stepfunctions").stop_execution(executionArn=execution(stack, refund))
    until(lambda: status_of(stack, execution(stack, refund)) == "ABORTED")
    decide(officer, refund, "approve")
    person.wait_refund(refund["id"], "refunded")
    until(lambda: status_of(stack, execution(stack, refund, 2)) == "SUCCEEDED")


def test_the_sweep_starts_again_what_died_before_anybody_acted(stack: Any, http: httpx.Client) -> None:
    person, officer = Person.new(http), Person(http, stack.access["officer_key"])
    refund = refused(stack, http, person)
    stack.client("stepfunctions").stop_execution(executionArn=execution(stack, refund))
    sweep = next(
        one["FunctionName"]
        for one in stack.client("lambda").list_functions()["Functions"]
        if one["FunctionName"].startswith("meterai-SweepFunction-")
    )
    stack.client("lambda").invoke(FunctionName=sweep, Payload=b'{"rows": "open"}')
    until(lambda: status_of(stack, execution(stack, refund, 2)) == "RUNNING")
    decide(officer, refund, "approve")
    person.wait_refund(refund["id"], "refunded")


def test_a_recorded_refund_is_rejected_once_its_piece_has_become_a_stamp(stack: Any, http: httpx.Client) -> None:
    person = Person.new(http)
    bought = person.buy(1)
    with nobody_seals(stack):
        stamping = seen(person.ask_stamping(person.bring(letter())), 202)
        until(lambda: person.get("/v1/stampings")["data"])
        refund = person.refund(bought["id"])
        assert refund["status"] == "pending"
    person.wait_stamping(stamping["id"], "done")
    ended = person.wait_refund(refund["id"], "rejected")
    assert ended["timeline"][-1]["note"] == "refund_quota_insufficient"
    problem(person.ask_refund(bought["id"]), 409, "refund_quota_insufficient")


def test_day_45_passes_while_the_provider_is_dark_and_the_money_still_comes_once(
    stack: Any, http: httpx.Client
) -> None:
    person = Person.new(http)
    bought = person.buy(1)
    with provider(stack, http, outage=True):
        refund = person.refund(bought["id"])
        person.wait_refund(refund["id"], "paying")
        until(lambda: notes(person.get(f"/v1/refunds/{refund['id']}")) == DAYS_TOLD, seconds=60)
    ended = person._wait(f"/v1/refunds/{refund['id']}", ("refunded",), 90)
    assert notes(ended) == DAYS_TOLD
    paid = [(one["refund_key"], one["refund_amount"]) for one in refunds_at_provider(stack, http, bought)]
    assert paid == [(f"{refund['id']}-1", "9375.00")]


def test_the_tasks_environment_dies_again_and_again_and_every_refund_is_paid_once(
    stack: Any, http: httpx.Client
) -> None:
    people = [Person.new(http) for _ in range(6)]
    invoices = [person.buy(1) for person in people]
    refunds = [person.refund(invoice["id"]) for person, invoice in zip(people, invoices, strict=True)]
    killed = 0
    for person, refund in zip(people, refunds, strict=True):
        killed += stack.kill_worker("RefundTaskFunction")
        person._wait(f"/v1/refunds/{refund['id']}", ("refunded",), 90)
    assert killed
    for invoice in invoices:
        assert len(refunds_at_provider(stack, http, invoice)) == 1
