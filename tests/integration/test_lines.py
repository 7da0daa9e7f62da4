"""The two lines on the running stack: who waits where, who moves the shares, and what is sent again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from meterai.aws.messages import SqsSealQueue
from meterai.domain.instants import read
from meterai.domain.rows import Seat
from meterai.domain.seats import CLOSED_FOR
from meterai.domain.shares import Bounds, ceiling, floor
from meterai.operations.await_stamping import MOST_SECONDS
from ops.openapi import template
from tests.integration.client import Person, connect, letter, seen, until
from tests.integration.conftest import Stack
from tests.integration.test_road import nobody_seals
from tests.integration.test_shards import command

pytestmark = pytest.mark.xdist_group("stack")


@pytest.fixture(scope="module")
def http(stack: Stack) -> Iterator[httpx.Client]:
    with connect(stack.api_url) as client:
        yield client


@pytest.fixture(scope="module")
def person(http: httpx.Client) -> Person:
    somebody = Person.new(http)
    somebody.buy(4)
    return somebody


@pytest.fixture(scope="module")
def partner(stack: Stack, http: httpx.Client) -> Person:
    somebody = Person(http, command(stack, "ops.keys", stack.access["table_name"], "partner"))
    somebody.buy(2)
    return somebody


def physical(stack: Stack, logical: str) -> str:
    """What a resource of the template is called."""
    found = stack.client("cloudformation").describe_stack_resource(StackName="meterai", LogicalResourceId=logical)
    return str(found["StackResourceDetail"]["PhysicalResourceId"])


def test_partners_and_people_wait_in_lines_of_their_own(stack: Stack, person: Person, partner: Person) -> None:
    with nobody_seals(stack):
        mine = seen(person.ask_stamping(person.bring(letter())), 202)
        theirs = seen(partner.ask_stamping(partner.bring(letter())), 202)
        partner.wait_stamping(theirs["id"], "done")
        assert person.get(f"/v1/stampings/{mine['id']}")["status"] == "queued"
    person.wait_stamping(mine["id"], "done")


def test_while_the_line_stands_still_nobody_is_kept_waiting(stack: Stack, person: Person) -> None:
    document = person.bring(letter())
    with nobody_seals(stack):
        asked = person.ask_stamping(document, wait=20)
        assert (asked.status_code, asked.json()["status"]) == (202, "queued")
        assert asked.headers["retry-after"]
    stamping = asked.json()
    for seat in seats_of(stack, stamping["id"]):  # none, where the line was known to stand still before
        sat = read(seat["until"]["S"]) - CLOSED_FOR - read(stamping["joined_at"])
        assert sat < timedelta(seconds=MOST_SECONDS)
    person.wait_stamping(stamping["id"], "done")


def seats_of(stack: Stack, stamping: str) -> list[dict[str, Any]]:
    """The seats that this stamping's request sat on last."""
    found: list[dict[str, Any]] = stack.client("dynamodb").scan(
        TableName=stack.access["table_name"],
        FilterExpression="sk = :seat AND stamping = :stamping",
        ExpressionAttributeValues={":seat": {"S": Seat.name}, ":stamping": {"S": stamping}},
        ConsistentRead=True,
    )["Items"]
    return found


def test_the_share_function_moves_both_mappings_inside_their_range(stack: Stack) -> None:
    functions, rules = stack.client("lambda"), stack.client("events")
    name, pool = physical(stack, "ShareFunction"), template()["Mappings"]["Pool"]["1000"]
    mappings = {"paid": physical(stack, "SealFunctionPaid"), "bulk": physical(stack, "SealFunctionBulk")}
    asked = [
        json.loads(target["Input"])
        for rule in rules.list_rules()["Rules"]
        for target in rules.list_targets_by_rule(Rule=rule["Name"])["Targets"]
        if target["Arn"].rpartition(":")[2] == name
    ]
    assert asked == [mappings]
    defaults = {name: one.get("Default") for name, one in template()["Parameters"].items()}
    most = Bounds(
        workers=pool["Seal"],
        signatures=defaults["SealSignaturesPerSecond"],
        timestamps=defaults["TimestampsPerSecond"],
        write_units=defaults["TableWriteUnits"],
        milliseconds=defaults["SealMilliseconds"],
    ).bearable

    def moved() -> dict[str, int]:
        answer = functions.invoke(FunctionName=name, Payload=json.dumps(mappings))
        assert "FunctionError" not in answer, answer["Payload"].read()
        shares: dict[str, int] = json.loads(answer["Payload"].read())
        return shares

    def agree() -> bool:
        """The schedule may come in between: then once more."""
        shares = moved()
        found = {
            line: functions.get_event_source_mapping(UUID=id)["ScalingConfig"]["MaximumConcurrency"]
            for line, id in mappings.items()
        }
        assert floor(most) <= shares["bulk"] <= ceiling(most)
        assert shares["paid"] + shares["bulk"] == most
        return bool(found == shares)

    until(agree)


def test_the_share_function_may_move_these_mappings_and_no_other(stack: Stack) -> None:
    policies = template()["Resources"]["ShareFunction"]["Properties"]["Policies"]
    assert len(policies) == 1
    name = physical(stack, "ShareFunction")
    other = next(
        one["UUID"]
        for one in stack.client("lambda").list_event_source_mappings()["EventSourceMappings"]
        if ":sqs:" in one["EventSourceArn"] and "SealFunction" not in one["FunctionArn"]
    )
    event: dict[str, Any] = {"paid": other, "bulk": other}
    answer = stack.client("lambda").invoke(FunctionName=name, Payload=json.dumps(event))
    assert "FunctionError" in answer


def test_a_dead_letter_is_sent_to_its_line_again_and_stamps_once(stack: Stack, person: Person) -> None:
    queues, dead = stack.client("sqs"), physical(stack, "SealDeadLetters")
    lines = SqsSealQueue(queues, {"paid": stack.access["paid_queue_url"], "bulk": stack.access["bulk_queue_url"]})
    before = person.quota()
    with nobody_seals(stack):
        asked = seen(person.ask_stamping(person.bring(letter())), 202)
        for _ in range(2):
            queues.send_message(QueueUrl=dead, MessageBody=json.dumps({"stamping": asked["id"]}))
        assert redriven(stack, dead) == "2 sent again, 0 had ended, 0 name no stamping and stay"
    done = person.wait_stamping(asked["id"], "done")
    until(lambda: lines.waiting() == 0)
    sealed = stack.client("s3").list_objects_v2(Bucket=stack.access["sealed_bucket"], Prefix=f"{asked['id']}/")
    assert [one["Key"] for one in sealed["Contents"]] == [f"{asked['id']}/{done['serial']}"]
    after = person.quota()
    assert (before["available"] - after["available"], after["used"] - before["used"]) == (1, 1)
    queues.send_message(QueueUrl=dead, MessageBody=json.dumps({"stamping": asked["id"]}))
    assert redriven(stack, dead) == "0 sent again, 1 had ended, 0 name no stamping and stay"


def redriven(stack: Stack, dead: str) -> str:
    """What an operator is told who sends the dead letters again."""
    access = stack.access
    return command(stack, "ops.redrive", access["table_name"], dead, access["paid_queue_url"], access["bulk_queue_url"])
