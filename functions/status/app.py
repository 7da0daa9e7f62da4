"""How the road is: the channels it leans on, and the length of the line."""

from __future__ import annotations

from typing import Any

import boto3

from meterai.aws.messages import SqsSealQueue
from meterai.aws.table import DynamoLedger
from meterai.operations.probe_channels import condition
from meterai.runtime import http
from meterai.runtime.settings import settings
from meterai.runtime.shown import StatusShown

here = settings()
ledger = DynamoLedger(boto3.client("dynamodb"), here.table_name)
queue = SqsSealQueue(boto3.client("sqs"), here.seal_queues)
app = http.api()


@app.get("/v1/status")
def status() -> StatusShown:
    """Each channel as it was last probed, and how many stampings are in line."""
    found = condition(ledger, queue)
    return StatusShown.of(found.channels, found.backlog)


handler: Any = http.serve(app)
