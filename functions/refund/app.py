"""Refunds: quoted, asked for, followed, cancelled."""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from http import HTTPStatus
from typing import Any

import boto3
import httpx
from aws_lambda_powertools.event_handler import Response

from meterai.aws.keys import secret
from meterai.aws.table import DynamoLedger
from meterai.domain.rows import Refund
from meterai.gateways.configured import configured_payouts
from meterai.operations.cancel_refund import cancel_refund
from meterai.operations.confirm_refund import confirm_refund
from meterai.operations.find import find
from meterai.operations.follow_refund import follow_refund
from meterai.operations.list_banks import list_banks
from meterai.operations.list_owned import list_owned
from meterai.operations.quote_refund import quote_refund
from meterai.operations.request_refund import request_refund
from meterai.operations.tell_destination import tell_destination
from meterai.ports.payouts import Payouts
from meterai.runtime import clock, http
from meterai.runtime.asked import Followed, NewDestination, NewRefund
from meterai.runtime.settings import settings
from meterai.runtime.shown import BankList, FollowedShown, QuoteShown, RefundList, RefundShown

here = settings()
ledger = DynamoLedger(boto3.client("dynamodb"), here.table_name)
day = timedelta(seconds=here.refund_day_seconds)
app = http.api()


@cache
def payouts() -> Payouts:
    """The way to pay out; its keys are read when they are first needed."""
    return configured_payouts(
        secret(boto3.client("secretsmanager"), here.payment_secret_id), httpx.Client(), **here.payouts
    )


@app.get("/v1/refund-quotes")
def quote(invoice_id: http.InvoiceId, reason: http.ReasonText = None) -> QuoteShown:
    """What asking a refund for this invoice now would bring, or why it would not."""
    account = http.caller(app).account
    return QuoteShown.of(quote_refund(ledger, account=account, invoice_id=invoice_id, received_at=http.arrived_at(app)))


@app.post("/v1/refunds", status_code=202)
def create_refund(body: NewRefund, idempotency_key: http.IdempotencyKey) -> Response[RefundShown]:
    """Ask for an invoice's money back; judged at the instant the request arrived."""
    asked = request_refund(
        ledger,
        account=http.caller(app).must_have("refunds:write").account,
        key=idempotency_key,
        fingerprint=http.fingerprint(body),
        invoice_id=body.invoice_id,
        reason=body.reason,
        reference=body.reference,
        metadata=body.metadata,
        received_at=http.arrived_at(app),
        day=day,
    )
    shown = RefundShown.of(asked.refund)
    return http.answer(
        HTTPStatus.ACCEPTED, shown, location=f"/v1/refunds/{shown.id}", retry_after=2, replayed=asked.replayed
    )


@app.get("/v1/refunds")
def refunds(
    limit: http.Limit = 20, cursor: http.Cursor = None, reference: http.Reference = None
) -> Response[RefundList]:
    """The caller's refunds, newest first."""
    owner = http.caller(app).account
    page = list_owned(ledger, Refund, owner=owner, limit=limit, cursor=cursor, reference=reference)
    return http.listed(app, RefundList.of(page.data, page.next_cursor), page.next_cursor)


@app.post("/v1/refunds/followings")
def following(body: Followed) -> FollowedShown:
    """One refund, to be read by whoever has the link in its letter."""
    return FollowedShown.of(follow_refund(ledger, secret=body.secret, now=clock.now()))


@app.get("/v1/refunds/<refund_id>")
def refund(refund_id: str) -> RefundShown:
    """One refund with its timeline."""
    return RefundShown.of(find(ledger, Refund, refund_id, owner=http.caller(app).account))


@app.post("/v1/refunds/<refund_id>/cancel")
def cancel(refund_id: str) -> RefundShown:
    """Take a request back while no money has moved; the pieces are available again."""
    account = http.caller(app).must_have("refunds:write").account
    return RefundShown.of(cancel_refund(ledger, account=account, refund_id=refund_id, now=clock.now()))


@app.post("/v1/refunds/confirmations")
def confirm(body: Followed) -> RefundShown:
    """Follow the link in the letter about a request that came by mail or through an officer: it is judged at the instant it
    arrived, like any other. Whoever has the link's secret may."""
    return RefundShown.of(confirm_refund(ledger, secret=body.secret, now=clock.now()))


@app.get("/v1/banks")
def banks() -> BankList:
    """The banks that a refund can be sent to where the payment's provider cannot give it back."""
    return BankList.of(list_banks(payouts()))


@app.post("/v1/refunds/<refund_id>/destination")
def destination(refund_id: str, body: NewDestination) -> RefundShown:
    """Say which bank account the money goes to. The bank is asked for its holder's name, which must be the one given."""
    told = tell_destination(
        ledger,
        payouts(),
        account=http.caller(app).must_have("refunds:write").account,
        refund_id=refund_id,
        bank=body.bank,
        number=body.number,
        given=body.given,
        now=clock.now(),
        day=day,
    )
    return RefundShown.of(told)


handler: Any = http.serve(app)
