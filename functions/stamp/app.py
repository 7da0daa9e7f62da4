"""Stampings: asked for, followed, cancelled."""

from __future__ import annotations

from typing import Any

import boto3
from aws_lambda_powertools.event_handler import Response
from botocore.config import Config

from meterai.aws.files import S3SealedFiles, S3Sources
from meterai.aws.room import KmsReceiptSigner
from meterai.aws.table import DynamoLedger
from meterai.domain.rows import Stamping
from meterai.operations.cancel_stamping import cancel_stamping
from meterai.operations.deliver_stamping import deliver_stamping
from meterai.operations.list_owned import list_owned
from meterai.operations.request_stamping import request_stamping
from meterai.pdf.preflight import examine
from meterai.runtime import clock, http
from meterai.runtime.asked import NewStamping
from meterai.runtime.receipts import Receipts
from meterai.runtime.settings import settings
from meterai.runtime.shown import StampingList, StampingShown

here = settings()
ledger = DynamoLedger(boto3.client("dynamodb"), here.table_name)
storage = boto3.client("s3", config=Config(signature_version="s3v4"))
sources = S3Sources(storage, here.sources_bucket)
sealed = S3SealedFiles(storage, here.sealed_bucket)
receipts = Receipts(KmsReceiptSigner(boto3.client("kms"), here.receipt_key_id))
app = http.api()


@app.post("/v1/stampings", status_code=202)
def create_stamping(
    body: NewStamping, idempotency_key: http.IdempotencyKey, prefer: http.Prefer = None
) -> Response[StampingShown]:
    """Set one piece aside for one place on one document; it is sealed behind the wire, in its turn: order is approximate."""
    caller = http.caller(app).must_have("stampings:write")
    delivery = request_stamping(
        ledger,
        sources,
        sealed,
        examine,
        account=caller.account,
        line=caller.line,
        document_id=body.document_id,
        key=idempotency_key,
        fingerprint=http.fingerprint(body),
        where=body.where(),
        another=body.another,
        document_type=body.document_type,
        reference=body.reference,
        metadata=body.metadata,
        verify_url=here.verify_url,
        limits=here.pdf_limits,
        wait_seconds=http.wait_wish(prefer),
        now=clock.now(),
        pause=clock.pause,
        seating=here.seating,
    )
    shown = StampingShown.of(
        delivery.stamping,
        download_url=delivery.download_url,
        download_expires_at=delivery.download_expires_at,
        eta=delivery.eta,
        receipt=receipts(delivery.stamping),
    )
    location = f"/v1/stampings/{shown.id}"
    return http.under_way(shown, ended=delivery.stamping.ended, location=location, replayed=delivery.replayed)


@app.get("/v1/stampings")
def stampings(
    limit: http.Limit = 20, cursor: http.Cursor = None, reference: http.Reference = None
) -> Response[StampingList]:
    """The caller's stampings, newest first."""
    owner = http.caller(app).account
    page = list_owned(ledger, Stamping, owner=owner, limit=limit, cursor=cursor, reference=reference)
    return http.listed(app, StampingList.of(page.data, page.next_cursor), page.next_cursor)


@app.get("/v1/stampings/<stamping_id>")
def stamping(stamping_id: str) -> StampingShown:
    """One stamping; once it is done, with a short-lived link to the sealed file."""
    account = http.caller(app).account
    delivery = deliver_stamping(ledger, sealed, account=account, stamping_id=stamping_id, now=clock.now())
    return StampingShown.of(
        delivery.stamping,
        download_url=delivery.download_url,
        download_expires_at=delivery.download_expires_at,
        eta=delivery.eta,
        receipt=receipts(delivery.stamping),
    )


@app.post("/v1/stampings/<stamping_id>/cancel")
def cancel(stamping_id: str) -> StampingShown:
    """Take a stamping back, if it has not become a stamp yet; its piece is available again."""
    account = http.caller(app).must_have("stampings:write").account
    delivery = cancel_stamping(ledger, sealed, account=account, stamping_id=stamping_id, now=clock.now())
    return StampingShown.of(delivery.stamping, download_url=None, download_expires_at=None)


handler: Any = http.serve(app)
