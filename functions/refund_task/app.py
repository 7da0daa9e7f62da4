"""The steps of the refund workflow: as far as the refund can go now, and waiting for a person."""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from typing import Any

import boto3
import httpx

from meterai.aws.keys import secret
from meterai.aws.table import DynamoLedger
from meterai.gateways.configured import configured, payouts_if_any
from meterai.operations.advance_refund import advance_refund
from meterai.operations.await_person import await_person
from meterai.ports.gateway import Gateways
from meterai.ports.payouts import Payouts
from meterai.runtime import clock, tasks
from meterai.runtime.settings import settings

here = settings()
ledger = DynamoLedger(boto3.client("dynamodb"), here.table_name)
day = timedelta(seconds=here.refund_day_seconds)


@cache
def ways_back() -> tuple[Gateways, Payouts | None]:
    """The payment providers, and the way to a person's own account where there is one; keys are read when first needed."""
    keys, client = secret(boto3.client("secretsmanager"), here.payment_secret_id), httpx.Client()
    return configured(keys, client, **here.payment), payouts_if_any(keys, client, **here.payouts)


def advance(event: dict[str, Any], context: object) -> dict[str, Any]:
    """`{refund}` in; `{refund, status, next, look_at, seconds}` out."""
    now = clock.now()
    step = advance_refund(ledger, *ways_back(), refund_id=event["refund"], now=now, day=day)
    return tasks.refund_step(step.refund, step.look_at, now, waits_for_person=step.waits_for_person)


def wait_for_person(event: dict[str, Any], context: object) -> dict[str, Any]:
    """`{refund, token}` in: whoever acts on the refund wakes the execution with the token."""
    return {"refund": await_person(ledger, refund_id=event["refund"], token=event["token"]).id}


handler = tasks.steps({"token": wait_for_person}, otherwise=advance)
