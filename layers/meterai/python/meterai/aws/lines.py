"""The two lines of the seal in SQS and Lambda: shares as mappings' maximum concurrency, and dead letters (ports.outside)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from meterai.domain.errors import Busy
from meterai.domain.rows import Line
from meterai.domain.shares import Shares
from meterai.ports.outside import DeadLetter

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_sqs import SQSClient

MOST_TAKEN = 10
HIDDEN_SECONDS = 60
"""For how long a dead letter that was taken is nobody else's: far longer than it takes to send it again."""


class LambdaWorkers:
    """Two event source mappings of one function, by their ids."""

    def __init__(self, client: LambdaClient, mappings: Mapping[Line, str]) -> None:
        self._client = client
        self._mappings = mappings

    def shares(self) -> Shares:
        return Shares(self._most("paid"), self._most("bulk"))

    def give(self, line: Line, most: int) -> None:
        try:
            self._client.update_event_source_mapping(
                UUID=self._mappings[line], ScalingConfig={"MaximumConcurrency": most}
            )
        except (ClientError, BotoCoreError) as error:
            raise Busy(f"the {line} line's mapping did not move") from error

    def _most(self, line: Line) -> int:
        try:
            found = self._client.get_event_source_mapping(UUID=self._mappings[line])
        except (ClientError, BotoCoreError) as error:
            raise Busy(f"the {line} line's mapping did not answer") from error
        return int(found.get("ScalingConfig", {}).get("MaximumConcurrency", 0))


class SqsDeadLetters:
    """The queue that both lines' messages end in."""

    def __init__(self, client: SQSClient, url: str) -> None:
        self._client = client
        self._url = url

    def take(self) -> list[DeadLetter]:
        try:
            found = self._client.receive_message(
                QueueUrl=self._url,
                MaxNumberOfMessages=MOST_TAKEN,
                VisibilityTimeout=HIDDEN_SECONDS,
                WaitTimeSeconds=1,  # asks every server of the queue, not some (SQS: long polling)
            )
        except (ClientError, BotoCoreError) as error:
            raise Busy("the dead letters did not answer") from error
        letters = found.get("Messages", [])
        return [DeadLetter(one["MessageId"], one["ReceiptHandle"], _named(one["Body"])) for one in letters]

    def drop(self, letter: DeadLetter) -> None:
        try:
            self._client.delete_message(QueueUrl=self._url, ReceiptHandle=letter.handle)
        except (ClientError, BotoCoreError) as error:
            raise Busy("the dead letter was not removed") from error


def _named(body: str) -> str | None:
    """The stamping that a message names, if it can be read."""
    try:
        found = json.loads(body)["stamping"]
    except (ValueError, KeyError, TypeError):
        return None
    return found if isinstance(found, str) and found else None
