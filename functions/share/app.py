"""How many workers each line of the seal may have, moved once a minute by how long people wait."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import boto3

from meterai.aws.lines import LambdaWorkers
from meterai.aws.table import DynamoLedger
from meterai.operations.share_workers import share_workers
from meterai.runtime import clock, tasks
from meterai.runtime.settings import settings

here = settings()
ledger = DynamoLedger(boto3.client("dynamodb"), here.table_name)
functions = boto3.client("lambda")


@tasks.told
def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """`{"paid", "bulk"}` in, the ids of the two mappings; the shares that they have from now on, out."""
    mappings = LambdaWorkers(functions, {"paid": event["paid"], "bulk": event["bulk"]})
    return asdict(share_workers(ledger, mappings, here.bounds, now=clock.now()))
