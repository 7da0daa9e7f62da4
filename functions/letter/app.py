"""Letters leave the house: one message of the mail queue is one letter handed to the post."""

from __future__ import annotations

from typing import Any

import boto3

from meterai.aws.ses import SesPost
from meterai.aws.table import DynamoLedger
from meterai.operations.send_letter import Sender, send_letter
from meterai.runtime import batches, clock
from meterai.runtime.letters import written
from meterai.runtime.settings import settings

here = settings()
ledger = DynamoLedger(boto3.client("dynamodb"), here.table_name)
sender = Sender(written, SesPost(boto3.client("sesv2"), here.sender_address), here.public_url, here.desk_address)


@batches.from_queue
def handler(message: dict[str, Any]) -> None:
    """`{letter}`: hand it to the post, once."""
    send_letter(ledger, sender, letter_id=message["letter"], now=clock.now(), random=clock.random)
