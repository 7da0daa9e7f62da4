"""The receipt of a payment, as a PDF."""

from __future__ import annotations

from typing import Any

import boto3
from aws_lambda_powertools.event_handler import Response

from meterai.aws.table import DynamoLedger
from meterai.operations.show_kwitansi import show_kwitansi
from meterai.pdf.sheet import draw
from meterai.runtime import http
from meterai.runtime.kwitansi import written
from meterai.runtime.settings import settings

PDF = "application/pdf"
here = settings()
ledger = DynamoLedger(boto3.client("dynamodb"), here.table_name)
app = http.api()


@app.get("/v1/invoices/<invoice_id>/receipt")
def receipt(invoice_id: str) -> Response[str]:
    """The receipt of an invoice that was paid, a PDF: send `Accept: application/pdf` and nothing beside it. In the language of
    Accept-Language."""
    http.only_accepts(app, PDF)
    kwitansi = show_kwitansi(ledger, account=http.caller(app).account, invoice_id=invoice_id)
    sheet = written(kwitansi, http.language(app), specimen=here.specimen)
    return http.file(app, draw(sheet), PDF, f"kwitansi-{kwitansi.invoice.id}.pdf")


handler: Any = http.serve(app)
