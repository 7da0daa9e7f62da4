"""How the road is: the channel board, and the length of the line."""

from __future__ import annotations

from typing import Any

import boto3

from meterai.aws.messages import SqsSealQueue
from meterai.aws.table import DynamoLedger
from meterai.operations.list_channels import list_channels
from meterai.runtime import clock, http
from meterai.runtime.board import StatusShown
from meterai.runtime.settings import settings

here = settings()
ledger = DynamoLedger(boto3.client("dynamodb"), here.table_name)
queue = SqsSealQueue(boto3.client("sqs"), here.seal_queues)
app = http.api()


@app.get("/v1/status")
def status() -> StatusShown:
    """Where a stamp can be had now, each channel as it was last probed and spoken of, and how many stampings are in line.
    Who only looks reads `/status.json`, which has the same and is written every minute."""
    return StatusShown.of(list_channels(ledger, queue, now=clock.now()))


handler: Any = http.serve(app)
