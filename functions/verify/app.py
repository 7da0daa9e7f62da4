"""The public check: is this stamp genuine?"""

from __future__ import annotations

from functools import cache
from typing import Any

import boto3
from aws_lambda_powertools.event_handler import Response
from botocore.config import Config

from meterai.aws.files import S3Sources, S3Trust
from meterai.aws.table import DynamoLedger
from meterai.domain.verdict import Trust
from meterai.issuers import own
from meterai.operations.verify_document import look_up_serial, verify_brought_document, verify_document
from meterai.pdf.inspect import inspect
from meterai.runtime import http
from meterai.runtime.asked import NewVerification
from meterai.runtime.serial_page import SerialPage
from meterai.runtime.settings import settings
from meterai.runtime.shown import SerialShown, VerdictShown

MOST_BYTES = 4 * 1024 * 1024
"""Larger files come as a document: the gateway and the function take 10 and 6 MB, base64 included."""
LARGER = "POST /v1/documents with purpose: verify, upload it there, then send its document_id here"
FILES = ("application/pdf", "image/png", "image/jpeg")
here = settings()
ledger = DynamoLedger(boto3.client("dynamodb"), here.table_name)
storage = boto3.client("s3", config=Config(signature_version="s3v4"))
sources = S3Sources(storage, here.sources_bucket)
limits = here.pdf_limits
page = SerialPage(sources.origin)
app = http.api({"v": page.refused})


@cache
def trust() -> Trust:
    """What verdicts lean on; read when it is first needed."""
    store = S3Trust(storage, here.trust_bucket)
    return own.trust(store.read("roots.pem"), store.read("issuers.json"), here.verify_url(""))


@app.post("/v1/verifications")
def verify() -> VerdictShown:
    """The verdict on a PDF or a picture of a page in the body (up to 4 MB), or on a document brought to be verified."""
    brought = http.json_body(app, NewVerification, *FILES)
    verified = (
        verify_brought_document(ledger, sources, inspect, brought.document_id, trust=trust(), limits=limits)
        if brought
        else verify_document(
            ledger, inspect, http.raw_body(app, most_bytes=MOST_BYTES, otherwise=LARGER), trust=trust(), limits=limits
        )
    )
    return VerdictShown.of(verified.verdict, verified.shown)


@app.get("/v1/serials/<serial>")
def serial(serial: str) -> SerialShown:
    """The public state of one serial number, masked."""
    return SerialShown.of(look_up_serial(ledger, serial))


@app.get("/v/<serial>")
def serial_page(serial: str, lang: http.PageLanguage = None) -> Response[str]:
    """The page behind the QR code of a stamp: the same for people, readable without a script."""
    return page.shown(look_up_serial(ledger, serial), lang)


handler: Any = http.serve(app)
