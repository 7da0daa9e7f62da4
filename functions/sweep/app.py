"""The sweep: every minute what is due, daily and after a restart whatever has not ended."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import boto3
import httpx

from meterai.aws.files import S3SealedFiles
from meterai.aws.keys import secret
from meterai.aws.messages import RefundExecutions, SqsSealQueue
from meterai.aws.table import DynamoLedger
from meterai.gateways.midtrans import Midtrans
from meterai.operations.sweep import sweep
from meterai.runtime import clock
from meterai.runtime.settings import settings

here = settings()
ledger = DynamoLedger(boto3.client("dynamodb"), here.table_name)
sealed = S3SealedFiles(boto3.client("s3"), here.sealed_bucket)
queue = SqsSealQueue(boto3.client("sqs"), here.seal_queue_url)
executions = RefundExecutions(boto3.client("stepfunctions"), here.refund_machine_arn)
key = secret(boto3.client("secretsmanager"), here.payment_secret_id)
gateway = Midtrans(here.payment_url, key, httpx.Client(), here.simulator_url or None)


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """`{"rows": "due" | "open"}` in; how many rows were looked at, and what failed, out."""
    return asdict(sweep(ledger, sealed, queue, executions, gateway, rows=event["rows"], now=clock.now()))
