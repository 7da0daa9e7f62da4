"""The worker: one message, one stamping brought to its end."""

from __future__ import annotations

from functools import cache
from typing import Any

import boto3
import httpx

from meterai.aws.files import S3SealedFiles, S3Sources, S3Trust
from meterai.aws.keys import KmsSigner
from meterai.aws.table import DynamoLedger
from meterai.issuers import own
from meterai.issuers.timestamps import HttpTimestamps
from meterai.operations.seal_stamping import Press, seal_stamping
from meterai.pdf.seal import seal
from meterai.runtime import batches, clock
from meterai.runtime.settings import settings

here = settings()
ledger = DynamoLedger(boto3.client("dynamodb"), here.table_name)
storage = boto3.client("s3")
sources = S3Sources(storage, here.sources_bucket)
sealed = S3SealedFiles(storage, here.sealed_bucket)


@cache
def press() -> Press:
    """What seals; the certificates are read when they are first needed."""
    chain = own.certificates(S3Trust(storage, here.trust_bucket).read("seal-chain.pem"))
    return Press(
        sealer=seal,
        signer=KmsSigner(boto3.client("kms"), here.seal_key_id, chain),
        timestamps=HttpTimestamps(httpx.Client(), here.timestamp_url),
        verify_url=here.verify_url,
        specimen=here.specimen,
        issuer=own.NAME,
    )


@batches.from_queue
def handler(message: dict[str, Any]) -> None:
    """Seal the stamping that the message names."""
    seal_stamping(
        ledger,
        sources,
        sealed,
        press(),
        stamping_id=message["stamping"],
        now=clock.now(),
        random=clock.random,
    )
