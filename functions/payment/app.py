"""Notifications of payment providers."""

from __future__ import annotations

from functools import cache
from typing import Any

import boto3
import httpx

from meterai.aws.keys import secret
from meterai.aws.table import DynamoLedger
from meterai.gateways.configured import configured
from meterai.operations.credit import credit_notification
from meterai.ports.gateway import Gateways
from meterai.runtime import clock, http
from meterai.runtime.settings import settings
from meterai.runtime.shown import NoticeTaken

MOST_BYTES = 64_000
here = settings()
ledger = DynamoLedger(boto3.client("dynamodb"), here.table_name)
app = http.api()


@cache
def gateways() -> Gateways:
    """The payment providers; their keys are read when they are first needed."""
    keys = secret(boto3.client("secretsmanager"), here.payment_secret_id)
    return configured(keys, httpx.Client(), **here.payment)


@app.post("/v1/payments/midtrans")
def midtrans() -> NoticeTaken:
    """Keep a notification, ask the provider what is true, and credit it; anything but 200 makes the provider send it again."""
    body = http.raw_body(app, most_bytes=MOST_BYTES)
    credit_notification(ledger, gateways(), "midtrans", app.current_event.headers, body, now=clock.now())
    return NoticeTaken()


@app.post("/v1/payments/xendit")
def xendit() -> NoticeTaken:
    """The same of Xendit, which never sends again what it got no answer to: the function ends before Xendit gives up."""
    body = http.raw_body(app, most_bytes=MOST_BYTES)
    credit_notification(ledger, gateways(), "xendit", app.current_event.headers, body, now=clock.now())
    return NoticeTaken()


handler: Any = http.serve(app)
