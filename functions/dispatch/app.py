"""The table's stream becomes work: seal messages, refund executions, entries to be chained, letters, the agenda, counts."""

from __future__ import annotations

import boto3

from meterai.aws.changes import RowChange, row_change
from meterai.aws.messages import RefundExecutions, SqsEntryQueue, SqsLetterQueue, SqsSealQueue
from meterai.aws.room import SqsCountQueue
from meterai.aws.table import DynamoLedger
from meterai.operations.carry_out import dispatch_change
from meterai.runtime import batches
from meterai.runtime.settings import settings

here = settings()
ledger = DynamoLedger(boto3.client("dynamodb"), here.table_name)
messages = boto3.client("sqs")
queue = SqsSealQueue(messages, here.seal_queues)
entries = SqsEntryQueue(messages, here.entry_queue_url)
letters = SqsLetterQueue(messages, here.mail_queue_url)
counts = SqsCountQueue(messages, here.tally_queue_url)
executions = RefundExecutions(boto3.client("stepfunctions"), here.refund_machine_arn)


@batches.from_stream(row_change)
def handler(change: RowChange) -> None:
    """Do what one change asks for."""
    dispatch_change(
        ledger,
        queue,
        executions,
        entries,
        letters,
        counts,
        key=change.key,
        old=change.old,
        new=change.new,
        place=change.place,
    )
