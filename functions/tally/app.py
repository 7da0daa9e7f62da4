"""The tally: what changes count for, from its queue, is added up in batches, each change once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from operator import attrgetter

import boto3

from meterai.aws.room import sent_count
from meterai.aws.table import DynamoLedger
from meterai.domain.tally import Count
from meterai.operations.count_changes import count_changes
from meterai.runtime import batches, clock
from meterai.runtime.settings import settings

ledger = DynamoLedger(boto3.client("dynamodb"), settings().table_name)


@batches.from_queue_together(sent_count, attrgetter("change"))
def handler(counts: Iterable[Count]) -> Mapping[str, str]:
    """Add up what the messages count for."""
    return count_changes(ledger, counts, now=clock.now())
