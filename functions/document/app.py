"""Documents: announced, uploaded to storage, examined, deleted."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import boto3
from aws_lambda_powertools.event_handler import Response
from botocore.config import Config

from meterai.aws.files import S3Sources
from meterai.aws.table import DynamoLedger
from meterai.operations.bring_document import bring_document
from meterai.operations.delete_document import delete_document
from meterai.operations.repair_document import repair_document
from meterai.operations.show_document import show_document
from meterai.pdf.preflight import examine
from meterai.pdf.preview import draw
from meterai.pdf.repair import repair
from meterai.ports.documents_pdf import STAMP_SIZE_MAX
from meterai.runtime import clock, http
from meterai.runtime.asked import NewDocument, NewRepair
from meterai.runtime.settings import settings
from meterai.runtime.shown import DocumentShown

here = settings()
ledger = DynamoLedger(boto3.client("dynamodb"), here.table_name)
sources = S3Sources(boto3.client("s3", config=Config(signature_version="s3v4")), here.sources_bucket)
limits = here.pdf_limits
app = http.api()


@app.post("/v1/documents", status_code=201)
def create_document(body: NewDocument) -> Response[DocumentShown]:
    """Announce a document and get a form to upload it with; without a token, only one to be verified."""
    brought = bring_document(
        ledger,
        sources,
        bearer=http.header(app, "Authorization"),
        filename=body.filename,
        size=body.size,
        sha256=body.sha256,
        purpose=body.purpose,
        reference=body.reference,
        metadata=body.metadata,
        most_bytes=limits.size_max,
        now=clock.now(),
        random=clock.random,
    )
    shown = DocumentShown.of(brought.document, None, brought.upload, stamp_size_max=STAMP_SIZE_MAX)
    return http.answer(HTTPStatus.CREATED, shown, location=f"/v1/documents/{shown.id}")


@app.get("/v1/documents/<document_id>")
def document(document_id: str) -> DocumentShown:
    """One document; once its bytes have arrived, what was found in them."""
    account = http.caller(app).account
    seen = show_document(ledger, sources, examine, draw, account=account, document_id=document_id, limits=limits)
    return DocumentShown.of(seen.document, seen.report, stamp_size_max=STAMP_SIZE_MAX, previews=seen.previews)


@app.post("/v1/documents/<document_id>/repair")
def repair_one(document_id: str, body: NewRepair) -> DocumentShown:
    """Have something done to an unsigned document; the result is examined again and is what will be sealed."""
    seen = repair_document(
        ledger,
        sources,
        examine,
        repair,
        account=http.caller(app).must_have("stampings:write").account,
        document_id=document_id,
        how=body.repair,
        size_max=body.size_max,
        limits=limits,
        now=clock.now(),
    )
    return DocumentShown.of(seen.document, seen.report, stamp_size_max=STAMP_SIZE_MAX)


@app.delete("/v1/documents/<document_id>", status_code=204)
def remove_document(document_id: str) -> Response[None]:
    """Delete a source that no stamping needs any more."""
    account = http.caller(app).must_have("stampings:write").account
    delete_document(ledger, sources, account=account, document_id=document_id)
    return http.answer(HTTPStatus.NO_CONTENT, None)


handler: Any = http.serve(app)
