"""Mails that came in: one that means a refund becomes a request that its owner is asked to confirm."""

from __future__ import annotations

from datetime import timedelta

import boto3

from meterai.aws.mail import Arrival, S3Mailbag, arrivals
from meterai.aws.table import DynamoLedger
from meterai.operations.take_mail import take_mail
from meterai.runtime import batches, clock
from meterai.runtime.inbound import read_mail
from meterai.runtime.settings import settings

here = settings()
ledger = DynamoLedger(boto3.client("dynamodb"), here.table_name)
mailbag = S3Mailbag(boto3.client("s3"), here.mail_bucket)
own = frozenset({here.contact_address.lower(), here.sender_address.lower()})
day = timedelta(seconds=here.refund_day_seconds)


@batches.from_notices(arrivals)
def handler(arrival: Arrival) -> None:
    """Read the mail in the file that the notice names."""
    take_mail(ledger, mailbag, read_mail, key=arrival.key, arrived_at=arrival.at, own=own, now=clock.now(), day=day)
