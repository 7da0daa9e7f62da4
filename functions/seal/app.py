"""The worker: one message, one stamping brought to its end."""

from __future__ import annotations

from dataclasses import replace
from functools import cache, partial
from typing import Any

import boto3
import httpx

from meterai.aws.files import S3SealedFiles, S3Sources, S3Trust
from meterai.aws.keys import KmsSigner, secret
from meterai.aws.table import DynamoLedger
from meterai.domain.verdict import Inspection, Trust
from meterai.issuers import own
from meterai.issuers.configured import configured
from meterai.issuers.revocation import HttpValidation
from meterai.issuers.timestamps import http_timestamps
from meterai.operations.guard import guarded_issuer, guarded_timestamps
from meterai.operations.seal_stamping import Judge, Press, seal_stamping
from meterai.pdf.seal import seal
from meterai.ports.documents_pdf import Limits
from meterai.runtime import batches, clock
from meterai.runtime.settings import settings

here = settings()
ledger = DynamoLedger(boto3.client("dynamodb"), here.table_name)
storage = boto3.client("s3")
sources = S3Sources(storage, here.sources_bucket)
sealed = S3SealedFiles(storage, here.sealed_bucket)


@cache
def press() -> Press:
    """What seals; the certificates, and the issuer's keys, are read when they are first needed."""
    store = S3Trust(storage, here.trust_bucket)
    chain = own.certificates(store.read("seal-chain.pem"))
    timestamp_chain = own.certificates(store.read("tsa-chain.pem"))
    client = httpx.Client()
    signer = KmsSigner(boto3.client("kms"), here.seal_key_id, chain)
    issuer = configured(
        here.issuer,
        own.Own(signer, signer.probe),
        url=here.issuer_url,
        keys=partial(secret, boto3.client("secretsmanager"), here.issuer_secret_id),
        chain=chain,
        client=client,
        clock=clock.now,
    )
    guarded = guarded_issuer(ledger, issuer, clock.now)
    validation = HttpValidation(client, chain, timestamp_chain)
    authorities = http_timestamps(client, here.timestamp_urls, validation.revoked)
    return Press(
        sealer=partial(seal, validation=validation),
        issuer=guarded,
        timestamps=guarded_timestamps(ledger, authorities, clock.now),
        verify_url=here.verify_url,
        specimen=here.specimen,
        judge=Judge(
            inspect,
            own.trust(store.read("roots.pem"), store.read("issuers.json")),
            replace(here.pdf_limits, pages_read=0),
        ),
        upstream=guarded.upstream,
        ready=guarded.answers,
    )


def inspect(source: bytes, trust: Trust, limits: Limits = Limits()) -> Inspection:  # noqa: B008 - frozen
    """pdf.inspect, loaded when the first stamped document comes: what it needs takes longer to load than a seal to make."""
    from meterai.pdf import inspect

    return inspect.inspect(source, trust, limits)


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
