"""The line is drained after the issuer was down: every minute, whoever waited for it is sent on, oldest first."""

from __future__ import annotations

from typing import Any

import boto3

from meterai.aws.messages import SqsSealQueue
from meterai.aws.table import DynamoLedger
from meterai.operations.drain_line import drain_line
from meterai.runtime import clock, tasks
from meterai.runtime.settings import settings

here = settings()
ledger = DynamoLedger(boto3.client("dynamodb"), here.table_name)
queue = SqsSealQueue(boto3.client("sqs"), here.seal_queues)


@tasks.told
def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """How many were sent on."""
    return {"sent": drain_line(ledger, queue, now=clock.now(), pause=clock.pause)}
