"""The queues in SQS and refund workflows in Step Functions (ports.outside, ports.chains, ports.post)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Literal

from botocore.exceptions import BotoCoreError, ClientError

from meterai.domain.chains import Recorded
from meterai.domain.errors import Busy
from meterai.domain.rows import Line

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_stepfunctions import SFNClient


_COUNTED: tuple[Literal["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"], ...] = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
)


class SqsSealQueue:
    """A standard queue for each line; what dies in them is sent again by the sweep, or by an operator (ops/redrive.py)."""

    def __init__(self, client: SQSClient, urls: Mapping[Line, str]) -> None:
        self._client = client
        self._urls = urls

    def send(self, stamping: str, line: Line) -> None:
        try:
            self._client.send_message(QueueUrl=self._urls[line], MessageBody=json.dumps({"stamping": stamping}))
        except (ClientError, BotoCoreError) as error:
            raise Busy("the queue did not take the stamping") from error

    def waiting(self, line: Line | None = None) -> int:
        return sum(map(self._waiting, [self._urls[line]] if line else self._urls.values()))

    def _waiting(self, url: str) -> int:
        try:
            found = self._client.get_queue_attributes(QueueUrl=url, AttributeNames=[*_COUNTED])["Attributes"]
        except (ClientError, BotoCoreError) as error:
            raise Busy("the queue did not answer") from error
        return sum(int(found.get(name, "0")) for name in _COUNTED)


class SqsEntryQueue:
    """One standard queue; what dies in it is chained from the agenda (operations/lock_heads.py)."""

    def __init__(self, client: SQSClient, url: str) -> None:
        self._client = client
        self._url = url

    def send(self, entry: Recorded) -> None:
        try:
            self._client.send_message(QueueUrl=self._url, MessageBody=json.dumps(asdict(entry)))
        except (ClientError, BotoCoreError) as error:
            raise Busy("the queue did not take the entry") from error


class SqsLetterQueue:
    """One standard queue; its dead letters are sent again by the sweep."""

    def __init__(self, client: SQSClient, url: str) -> None:
        self._client = client
        self._url = url

    def send(self, letter: str) -> None:
        try:
            self._client.send_message(QueueUrl=self._url, MessageBody=json.dumps({"letter": letter}))
        except (ClientError, BotoCoreError) as error:
            raise Busy("the queue did not take the letter") from error


def sent_entry(message: dict[str, str]) -> Recorded:
    """The entry in a message's body. Raises KeyError or ValueError when there is none."""
    bytes.fromhex(message["hash"])
    return Recorded(message["entry"], message["hash"], message["at"])


class RefundExecutions:
    """Standard workflows, named `{refund}-{number}`: Step Functions refuses a name twice for 90 days."""

    def __init__(self, client: SFNClient, machine_arn: str) -> None:
        self._client = client
        self._machine = machine_arn

    def start(self, refund: str, number: int) -> None:
        try:
            self._client.start_execution(
                stateMachineArn=self._machine, name=f"{refund}-{number}", input=json.dumps({"refund": refund})
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ExecutionAlreadyExists":
                raise Busy("the workflow did not start") from error
        except BotoCoreError as error:
            raise Busy("the workflow did not start") from error

    def running(self, refund: str, number: int) -> bool:
        arn = self._machine.replace(":stateMachine:", ":execution:") + f":{refund}-{number}"
        try:
            return self._client.describe_execution(executionArn=arn)["status"] == "RUNNING"
        except ClientError as error:
            if error.response["Error"]["Code"] == "ExecutionDoesNotExist":
                return False
            raise Busy("the workflow did not answer") from error
        except BotoCoreError as error:
            raise Busy("the workflow did not answer") from error

    def wake(self, refund: str, token: str) -> bool:
        try:
            self._client.send_task_success(taskToken=token, output=json.dumps({"refund": refund}))
        except ClientError as error:
            if error.response["Error"]["Code"] in ("TaskDoesNotExist", "TaskTimedOut", "InvalidToken"):
                return False
            raise Busy("the workflow did not answer") from error
        except BotoCoreError as error:
            raise Busy("the workflow did not answer") from error
        return True
