"""The sweep: every minute what is due, daily and after a restart whatever has not ended; and a probe of every channel."""

from __future__ import annotations

from dataclasses import asdict
from functools import cache, partial
from typing import Any

import boto3
import httpx

from meterai.aws.files import S3SealedFiles, S3Sources
from meterai.aws.keys import KmsSigner, secret
from meterai.aws.messages import RefundExecutions, SqsSealQueue
from meterai.aws.table import DynamoLedger
from meterai.gateways.configured import configured
from meterai.issuers import configured as issuers
from meterai.issuers.own import Own
from meterai.issuers.timestamps import http_timestamps
from meterai.operations.guard import GuardedIssuer, guarded_gateways, guarded_issuer, guarded_timestamps
from meterai.operations.probe_channels import any_of, probe_channels
from meterai.operations.sweep import sweep
from meterai.ports.gateway import Gateways
from meterai.runtime import clock, tasks
from meterai.runtime.settings import settings

here = settings()
ledger = DynamoLedger(boto3.client("dynamodb"), here.table_name)
storage = boto3.client("s3")
sources = S3Sources(storage, here.sources_bucket)
sealed = S3SealedFiles(storage, here.sealed_bucket)
queue = SqsSealQueue(boto3.client("sqs"), here.seal_queues)
executions = RefundExecutions(boto3.client("stepfunctions"), here.refund_machine_arn)


@cache
def gateways() -> Gateways:
    """The payment providers; their keys are read when they are first needed."""
    keys = secret(boto3.client("secretsmanager"), here.payment_secret_id)
    return guarded_gateways(ledger, configured(keys, httpx.Client(), **here.payment), clock.now)


@cache
def issuer() -> GuardedIssuer:
    """Who mints the stamps; the keys are read when they are first needed."""
    signer = KmsSigner(boto3.client("kms"), here.seal_key_id, ())
    found = issuers.configured(
        here.issuer,
        Own(signer, signer.probe),
        url=here.issuer_url,
        keys=partial(secret, boto3.client("secretsmanager"), here.issuer_secret_id),
        chain=(),
        client=httpx.Client(),
        clock=clock.now,
    )
    return guarded_issuer(ledger, found, clock.now)


timestamps = guarded_timestamps(ledger, http_timestamps(httpx.Client(), here.timestamp_urls), clock.now)
probes = {
    "issuer": lambda: issuer().probe(),
    "timestamp": timestamps.probe,
    "payment": lambda: any_of(gateways().probes)(),
}


@tasks.told
def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """`{"rows": "due" | "open"}` in; how many rows were looked at, what failed, and how the channels are, out."""
    swept = sweep(
        ledger,
        sources,
        sealed,
        queue,
        executions,
        gateways(),
        rows=event["rows"],
        now=clock.now(),
        upstream=issuer().upstream,
    )
    return asdict(swept) | {"channels": probe_channels(ledger, probes, now=clock.now(), timer=clock.timer)}
