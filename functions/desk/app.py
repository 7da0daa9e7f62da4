"""The officers' desk: the queue of refunds, one case, a decision, a payout's second person."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus
from typing import Any

import boto3
from aws_lambda_powertools.event_handler import Response

from meterai.aws.table import DynamoLedger
from meterai.operations.decide_refund import decide_refund
from meterai.operations.list_desk import list_desk
from meterai.operations.order_payout import order_payout
from meterai.operations.show_case import show_case
from meterai.operations.write_down_request import write_down_request
from meterai.runtime import clock, http
from meterai.runtime.desk import DECIDES, PAYS, CaseShown, Decision, DeskList, PayoutOrder, StatusAsked, WrittenDown
from meterai.runtime.settings import settings
from meterai.runtime.shown import RefundShown

here = settings()
ledger = DynamoLedger(boto3.client("dynamodb"), here.table_name)
day = timedelta(seconds=here.refund_day_seconds)
app = http.api()


@app.get("/v1/desk/refunds")
def queue(status: StatusAsked = None, limit: http.Limit = 20, cursor: http.Cursor = None) -> Response[DeskList]:
    """Every refund that has not ended, whose promise is due first before the others."""
    http.caller(app).must_have_one_of(DECIDES, PAYS)
    page = list_desk(ledger, status=status, limit=limit, cursor=cursor)
    return http.listed(app, DeskList.of(page.data, page.next_cursor, clock.now()), page.next_cursor)


@app.get("/v1/desk/refunds/<refund_id>")
def case(refund_id: str) -> CaseShown:
    """Everything about one refund; an account number in full only for who may pay to it."""
    officer = http.caller(app).must_have_one_of(DECIDES, PAYS)
    return CaseShown.of_case(show_case(ledger, refund_id=refund_id), officer, clock.now())


@app.post("/v1/desk/refunds", status_code=202)
def write_down(body: WrittenDown, idempotency_key: http.IdempotencyKey) -> Response[RefundShown]:
    """Write down what somebody asked for at the contact centre; it counts once its owner follows the link in our letter."""
    asked = write_down_request(
        ledger,
        by=http.caller(app).must_have(DECIDES).account,
        key=idempotency_key,
        fingerprint=http.fingerprint(body),
        invoice_id=body.invoice_id,
        channel=body.channel,
        arrived_at=body.arrived_at,
        reason=body.reason,
        now=clock.now(),
        day=day,
    )
    shown = RefundShown.of(asked.refund)
    return http.answer(HTTPStatus.ACCEPTED, shown, location=f"/v1/desk/refunds/{shown.id}", replayed=asked.replayed)


@app.post("/v1/refunds/<refund_id>/decision")
def decide(refund_id: str, body: Decision) -> RefundShown:
    """An officer decides a refund that the machine could not finish."""
    officer = http.caller(app).must_have(DECIDES)
    decided = decide_refund(
        ledger,
        refund_id=refund_id,
        by=officer.account,
        approve=body.decision == "approve",
        note=body.reason,
        way=body.way,
        now=clock.now(),
    )
    return RefundShown.of(decided)


@app.post("/v1/refunds/<refund_id>/payout")
def payout(refund_id: str, body: PayoutOrder) -> RefundShown:
    """Another officer than the one who approved has an approved payout paid. Ordered twice, it is ordered once."""
    http.only_media_type(app, "application/json")  # an empty form would pass for an order without a reason
    officer = http.caller(app).must_have(PAYS)
    return RefundShown.of(
        order_payout(ledger, refund_id=refund_id, by=officer.account, reason=body.reason, now=clock.now())
    )


handler: Any = http.serve(app)
