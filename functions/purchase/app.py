"""Accounts, quota, invoices and the codes to pay them with."""

from __future__ import annotations

from functools import cache
from http import HTTPStatus
from typing import Any

import boto3
import httpx
from aws_lambda_powertools.event_handler import Response

from meterai.aws.keys import secret
from meterai.aws.room import KmsReceiptSigner
from meterai.aws.table import DynamoLedger
from meterai.domain.rows import Invoice
from meterai.gateways.configured import configured
from meterai.operations.ask_confirmation import ask_confirmation
from meterai.operations.confirm_email import confirm_email
from meterai.operations.find import quota_of
from meterai.operations.give_email import give_email
from meterai.operations.guard import guarded_gateways
from meterai.operations.list_owned import list_events, list_owned
from meterai.operations.open_account import open_account
from meterai.operations.purchase import bill_of, purchase, renew_payment
from meterai.ports.gateway import Gateways
from meterai.runtime import clock, http
from meterai.runtime.asked import Followed, NewAccount, NewEmail, NewInvoice, NewPayment
from meterai.runtime.receipts import Receipts
from meterai.runtime.settings import settings
from meterai.runtime.shown import AccountShown, ContactShown, EventList, InvoiceList, InvoiceShown, QuotaShown

here = settings()
ledger = DynamoLedger(boto3.client("dynamodb"), here.table_name)
receipts = Receipts(KmsReceiptSigner(boto3.client("kms"), here.receipt_key_id))
app = http.api()


@cache
def gateways() -> Gateways:
    """The payment providers; their keys are read when they are first needed."""
    keys = secret(boto3.client("secretsmanager"), here.payment_secret_id)
    return guarded_gateways(ledger, configured(keys, httpx.Client(), **here.payment), clock.now)


@app.post("/v1/accounts", status_code=201)
def create_account(body: NewAccount) -> Response[AccountShown]:
    """Open a new account; nothing tells whether a contact is known."""
    opened = open_account(ledger, email=body.email, phone=body.phone, now=clock.now(), random=clock.random)
    return http.answer(HTTPStatus.CREATED, AccountShown.of(opened.account, opened.token))


@app.post("/v1/accounts/confirmations")
def confirm(body: Followed) -> ContactShown:
    """The link in an account's first letter was followed: its e-mail is its owner's."""
    return ContactShown.of(confirm_email(ledger, secret=body.secret, now=clock.now()))


@app.post("/v1/accounts/me/email")
def set_email(body: NewEmail) -> ContactShown:
    """Say where the account's owner reads mail; a letter that asks whose it is goes there."""
    return ContactShown.of(give_email(ledger, account=http.caller(app).account, email=body.email, now=clock.now()))


@app.post("/v1/accounts/me/confirmations", status_code=202)
def send_confirmation() -> Response[ContactShown]:
    """Send that letter again; nothing goes out once the e-mail is verified."""
    shown = ContactShown.of(ask_confirmation(ledger, account=http.caller(app).account, now=clock.now()))
    return http.answer(HTTPStatus.ACCEPTED, shown)


@app.get("/v1/quota")
def quota() -> QuotaShown:
    """The caller's pieces, by where they are."""
    return QuotaShown.of(quota_of(ledger, http.caller(app).account))


@app.post("/v1/invoices", status_code=201)
def create_invoice(body: NewInvoice, idempotency_key: http.IdempotencyKey) -> Response[InvoiceShown]:
    """Offer pieces at a price, with a code to pay for them."""
    bill = purchase(
        ledger,
        gateways(),
        account=http.caller(app).must_have("invoices:write").account,
        line=http.caller(app).line,
        key=idempotency_key,
        fingerprint=http.fingerprint(body),
        quantity=body.quantity,
        method=body.payment_method,
        reference=body.reference,
        metadata=body.metadata,
        now=clock.now(),
    )
    shown = InvoiceShown.of(bill.invoice, bill.attempt, eta=bill.eta, receipt=receipts(bill.invoice))
    return http.answer(HTTPStatus.CREATED, shown, location=f"/v1/invoices/{shown.id}", replayed=bill.replayed)


@app.get("/v1/invoices")
def invoices(
    limit: http.Limit = 20, cursor: http.Cursor = None, reference: http.Reference = None
) -> Response[InvoiceList]:
    """The caller's invoices, newest first."""
    owner = http.caller(app).account
    page = list_owned(ledger, Invoice, owner=owner, limit=limit, cursor=cursor, reference=reference)
    return http.listed(app, InvoiceList.of(page.data, page.next_cursor), page.next_cursor)


@app.get("/v1/invoices/<invoice_id>")
def invoice(invoice_id: str) -> InvoiceShown:
    """One invoice, with the attempt that can pay it now."""
    bill = bill_of(ledger, account=http.caller(app).account, invoice_id=invoice_id, now=clock.now())
    return InvoiceShown.of(bill.invoice, bill.attempt, eta=bill.eta, receipt=receipts.once_paid(bill.invoice))


@app.post("/v1/invoices/<invoice_id>/payments", status_code=201)
def create_payment(invoice_id: str, body: NewPayment, idempotency_key: http.IdempotencyKey) -> Response[InvoiceShown]:
    """Make a new code for an unpaid invoice: a new payment attempt."""
    bill = renew_payment(
        ledger,
        gateways(),
        account=http.caller(app).must_have("invoices:write").account,
        invoice_id=invoice_id,
        key=idempotency_key,
        method=body.payment_method,
        now=clock.now(),
    )
    shown = InvoiceShown.of(bill.invoice, bill.attempt, eta=bill.eta, receipt=receipts(bill.invoice))
    return http.answer(HTTPStatus.CREATED, shown, location=f"/v1/invoices/{shown.id}", replayed=bill.replayed)


@app.get("/v1/events")
def events(limit: http.Limit = 20, cursor: http.Cursor = None) -> Response[EventList]:
    """What happened to the caller's things, oldest first."""
    page = list_events(ledger, owner=http.caller(app).account, limit=limit, cursor=cursor)
    return http.listed(app, EventList.of(page.data, page.next_cursor), page.next_cursor)


handler: Any = http.serve(app)
