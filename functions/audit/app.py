"""The chains' keeper: entries from their queue become links; every hour, or when told, all heads are signed and locked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from operator import attrgetter
from typing import Any

import boto3

from meterai.aws.keys import KmsHeadsSigner
from meterai.aws.locked_files import S3LockedFiles
from meterai.aws.messages import sent_entry
from meterai.aws.table import DynamoLedger
from meterai.domain.chains import Recorded
from meterai.operations.chain_entries import chain_entries
from meterai.operations.lock_heads import lock_heads
from meterai.runtime import batches, clock, tasks
from meterai.runtime.settings import settings

here = settings()
ledger = DynamoLedger(boto3.client("dynamodb"), here.table_name)
signer = KmsHeadsSigner(boto3.client("kms"), here.ledger_key_id)
files = S3LockedFiles(boto3.client("s3"), here.lock_bucket)


@tasks.told
def lock(event: dict[str, Any], context: object) -> dict[str, Any]:
    """`{"heads": "lock"}` in; the locked file's number, how many entries it covers, and what must come again, out."""
    return asdict(lock_heads(ledger, signer, files, now=clock.now()))


@batches.from_queue_together(sent_entry, attrgetter("entry"), otherwise=lock)
def handler(entries: Iterable[Recorded]) -> Mapping[str, str]:
    """Append the entries that the messages name to their chains."""
    return chain_entries(ledger, entries)
