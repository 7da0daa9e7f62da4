"""The board's keeper: every minute it knocks at each channel's door and writes the public board."""

from __future__ import annotations

from typing import Any

import boto3

from meterai.aws.messages import SqsSealQueue
from meterai.aws.room import S3PublicFiles
from meterai.aws.table import DynamoLedger
from meterai.issuers.doors import HttpDoors
from meterai.operations.keep_board import keep_board
from meterai.runtime import clock, tasks
from meterai.runtime.board import status_json
from meterai.runtime.settings import settings
from meterai.runtime.status_page import status_page

here = settings()
ledger = DynamoLedger(boto3.client("dynamodb"), here.table_name)
queue = SqsSealQueue(boto3.client("sqs"), here.seal_queues)
files = S3PublicFiles(boto3.client("s3"), here.room_bucket)
doors = HttpDoors()
written = {"status.json": status_json, "status.html": status_page(here.fallback_url)}


@tasks.told
def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Whatever comes in; how each channel is, out."""
    return keep_board(ledger, queue, doors, files, written, front=f"{here.public_url}/v1/status", now=clock.now())
