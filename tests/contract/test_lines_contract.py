"""What workers' shares and dead letters promise, in memory and on AWS' clients (moto)."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import boto3
import pytest
from moto import mock_aws

from meterai.aws.lines import LambdaWorkers, SqsDeadLetters
from meterai.domain.errors import Busy
from meterai.domain.rows import LINES, Line
from meterai.domain.shares import Shares
from meterai.ports.outside import DeadLetters, Workers
from tests.fakes.outside import MemoryDeadLetters, MemoryWorkers

FIRST = Shares(104, 6)
NOWHERE = "https://sqs.ap-southeast-3.amazonaws.com/123456789012/nobody"
TRUST = {
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]
}


@dataclass
class House:
    """The adapters under test; `die` puts a message that names this stamping among the dead."""

    workers: Workers
    dead: DeadLetters
    die: Callable[[str], object]


def mapped() -> dict[Line, str]:
    """Two mappings of one function, as the template begins."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as files:
        files.writestr("app.py", "def handler(event, context): ...")
    functions, queues = boto3.client("lambda"), boto3.client("sqs")
    role = boto3.client("iam").create_role(RoleName="seal", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
    functions.create_function(
        FunctionName="seal",
        Runtime="python3.13",
        Role=role,
        Handler="app.handler",
        Code={"ZipFile": archive.getvalue()},
    )
    mappings: dict[Line, str] = {}
    for line in LINES:
        url = queues.create_queue(QueueName=line)["QueueUrl"]
        arn = queues.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        mappings[line] = functions.create_event_source_mapping(
            EventSourceArn=arn, FunctionName="seal", ScalingConfig={"MaximumConcurrency": FIRST.of(line)}
        )["UUID"]
    return mappings


@pytest.fixture(params=["memory", "aws"])
def house(request: pytest.FixtureRequest) -> Iterator[House]:
    if request.param == "memory":
        letters = MemoryDeadLetters()
        yield House(MemoryWorkers(FIRST), letters, letters.die)
        return
    with mock_aws():
        queues = boto3.client("sqs")
        url = queues.create_queue(QueueName="dead")["QueueUrl"]

        def die(stamping: str) -> object:
            return queues.send_message(QueueUrl=url, MessageBody=json.dumps({"stamping": stamping}))

        yield House(LambdaWorkers(boto3.client("lambda"), mapped()), SqsDeadLetters(queues, url), die)


def test_a_lines_share_is_what_it_was_given_and_the_others_stays(house: House) -> None:
    assert house.workers.shares() == FIRST
    house.workers.give("bulk", 17)
    assert house.workers.shares() == Shares(104, 17)
    house.workers.give("paid", 2)
    assert house.workers.shares() == Shares(2, 17)


def test_a_dead_letter_that_was_taken_is_hidden_until_it_is_dropped(house: House) -> None:
    assert house.dead.take() == []
    house.die("stp_1")
    house.die("stp_2")
    found = house.dead.take()
    assert sorted(letter.stamping or "" for letter in found) == ["stp_1", "stp_2"]
    assert len({letter.id for letter in found}) == 2
    assert house.dead.take() == []
    for letter in found:
        house.dead.drop(letter)
    assert house.dead.take() == []


@pytest.fixture
def nothing_there() -> Iterator[None]:
    with mock_aws():
        yield


@pytest.mark.usefixtures("nothing_there")
@pytest.mark.parametrize("body", ["{", "[]", "3", "null", '{"stamping": 3}', '{"stamping": ""}', '{"letter": "ltr_1"}'])
def test_a_dead_letter_that_nobody_can_read_names_no_stamping(body: str) -> None:
    queues = boto3.client("sqs")
    url = queues.create_queue(QueueName="dead")["QueueUrl"]
    queues.send_message(QueueUrl=url, MessageBody=body)
    assert [letter.stamping for letter in SqsDeadLetters(queues, url).take()] == [None]


@pytest.mark.usefixtures("nothing_there")
def test_mappings_and_dead_letters_that_do_not_answer_are_busy() -> None:
    workers = LambdaWorkers(boto3.client("lambda"), {"paid": "nobody", "bulk": "nobody"})
    dead = SqsDeadLetters(boto3.client("sqs"), NOWHERE)
    asked: list[Callable[[], object]] = [workers.shares, lambda: workers.give("paid", 5), dead.take]
    for ask in asked:
        with pytest.raises(Busy):
            ask()
