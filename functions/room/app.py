"""The waiting room's keeper: every minute, some times, sums go into the tally and room.json is made anew."""

from __future__ import annotations

from typing import Any

import boto3

from meterai.aws.room import KmsReceiptSigner, S3PublicFiles
from meterai.aws.table import DynamoLedger
from meterai.operations.keep_room import keep_rounds
from meterai.runtime import clock, tasks
from meterai.runtime.settings import settings

here = settings()
ledger = DynamoLedger(boto3.client("dynamodb"), here.table_name)
files = S3PublicFiles(boto3.client("s3"), here.room_bucket)
signer = KmsReceiptSigner(boto3.client("kms"), here.receipt_key_id)


@tasks.told
def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """`{"rounds": 6}` in; what each round did, out."""
    return {"rounds": keep_rounds(ledger, files, signer, rounds=event["rounds"], clock=clock.now, pause=clock.pause)}
