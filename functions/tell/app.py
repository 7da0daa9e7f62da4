"""The table's stream becomes tidings: its owner's lists, events and letters."""

from __future__ import annotations

import boto3

from meterai.aws.changes import RowChange, row_change
from meterai.aws.table import DynamoLedger
from meterai.operations.carry_out import tell_change
from meterai.runtime import batches
from meterai.runtime.settings import settings

ledger = DynamoLedger(boto3.client("dynamodb"), settings().table_name)


@batches.from_stream(row_change)
def handler(change: RowChange) -> None:
    """Tell what one change means to its owner."""
    tell_change(ledger, key=change.key, old=change.old, new=change.new, place=change.place)
