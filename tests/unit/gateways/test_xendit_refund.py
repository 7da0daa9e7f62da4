"""Refunds by the Xendit adapter: settled or refused only on a definite word, else unknown."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from tests.unit.gateways.xendit_answers import ORDER, PAYMENT, REFUND, REQUEST, Desk, payment, refund, request, xendit


def asked(desk: Desk, transaction_id: str | None = None) -> str:
    answer = xendit(desk).refund(ORDER, key="rfd_1", amount_idr=9_375, reason="Batal", transaction_id=transaction_id)
    return answer.outcome


def refusal(code: str) -> dict[str, Any]:
    return {"posted": {"error_code": code, "message": "no"}, "status": 400}


def test_a_refund_is_posted_once_in_the_providers_form_under_its_key() -> None:
    desk = Desk()
    answer = xendit(desk).refund(ORDER, key="rfd_1", amount_idr=9_375, reason="Batal")
    assert (answer.outcome, answer.provider_reference) == ("settled", REFUND)
    (post,) = desk.posts
    assert (post.url.path, post.headers["idempotency-key"]) == ("/refunds", "rfd_1")
    assert json.loads(post.content) == {
        "payment_request_id": REQUEST,
        "reference_id": "rfd_1",
        "amount": 9_375,
        "currency": "IDR",
        "reason": "REQUESTED_BY_CUSTOMER",
    }


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        ("SUCCEEDED", "settled"),
        ("FAILED", "refused"),
        ("CANCELLED", "refused"),
        ("PENDING", "unknown"),
        ("REQUIRES_ACTION", "unknown"),
        ("A NEW STATE", "unknown"),
        (None, "unknown"),
    ],
)
def test_only_a_final_state_is_definite_when_posted_and_when_found(status: str | None, outcome: str) -> None:
    assert asked(Desk(posted=refund(status=status))) == outcome
    found = Desk(refunds=[refund(status=status)])
    assert asked(found) == outcome
    assert found.posts == []


@pytest.mark.parametrize(
    "code",
    [
        "API_VALIDATION_ERROR",
        "INELIGIBLE_TRANSACTION",
        "INSUFFICIENT_BALANCE",
        "MAXIMUM_REFUND_AMOUNT_REACHED",
        "PARTIAL_REFUND_NOT_SUPPORTED",
        "REFUND_NOT_SUPPORTED",
    ],
)
def test_a_documented_refusal_is_definite_unless_the_key_is_listed(code: str) -> None:
    assert asked(Desk(**refusal(code))) == "refused"
    assert asked(Desk(refunds_after=[refund()], **refusal(code))) == "settled"
    assert asked(Desk(refunds_after=[refund(status="PENDING")], **refusal(code))) == "unknown"
    assert asked(Desk(refunds_after=[refund(reference_id="rfd_0")], **refusal(code))) == "refused"


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("TRANSACTION_NOT_FOUND", 400),
        ("A_NEW_ERROR", 400),
        ("UNAUTHORIZED", 403),
        ("DATA_NOT_FOUND", 404),
        ("DUPLICATE_ERROR", 409),
        ("IDEMPOTENCY_ERROR", 409),
        ("RATE_LIMIT_EXCEEDED", 429),
        ("SERVER_ERROR", 500),
        ("CHANNEL_UNAVAILABLE", 503),
    ],
)
def test_a_refusal_that_says_nothing_about_the_money_is_unknown(code: str, status: int) -> None:
    assert asked(Desk(posted={"error_code": code}, status=status)) == "unknown"


def test_a_conflict_about_a_key_that_is_listed_is_what_the_list_says() -> None:
    desk = Desk(posted={"error_code": "DUPLICATE_ERROR"}, status=409, refunds_after=[refund()])
    assert asked(desk) == "settled"
    assert len(desk.posts) == 1


@pytest.mark.parametrize(
    "changes", [{"amount": 9376}, {"amount": 9375.5}, {"currency": "PHP"}, {"reference_id": "rfd_2"}]
)
def test_an_answer_about_another_refund_is_unknown(changes: dict[str, object]) -> None:
    assert asked(Desk(posted=refund(**changes))) == "unknown"


def test_another_amount_under_the_same_key_is_unknown_and_nothing_is_posted() -> None:
    desk = Desk(refunds=[refund(amount=9376)])
    assert asked(desk) == "unknown"
    assert desk.posts == []


@pytest.mark.parametrize("failure", [httpx.ReadTimeout("slow"), httpx.ConnectError("refused")])
def test_a_refund_without_an_answer_is_unknown_and_not_posted_again(failure: Exception) -> None:
    desk = Desk(posted=failure)
    assert asked(desk) == "unknown"
    assert len(desk.posts) == 1


@pytest.mark.parametrize("posted", [{}, [], {"id": REFUND}])
def test_a_success_that_cannot_be_read_is_unknown(posted: object) -> None:
    assert asked(Desk(posted=posted)) == "unknown"


def test_the_one_payment_of_a_request_may_be_named() -> None:
    assert asked(Desk(), PAYMENT) == "settled"


def test_a_payment_that_the_order_does_not_have_is_unknown_and_nothing_is_posted() -> None:
    desk = Desk()
    assert asked(desk, "py-other") == "unknown"
    assert desk.posts == []


def test_one_of_two_payments_of_a_code_is_left_to_a_person() -> None:
    """A refund names the request: which of two payers would get it is not said."""
    desk = Desk(payments=[payment(), payment(id="py-2", created="2024-09-04T17:33:00Z")])
    assert asked(desk, "py-2") == asked(desk, PAYMENT) == asked(desk) == "refused"
    assert desk.posts == []


def test_an_unpaid_order_is_refused_and_an_unknown_one_is_unknown() -> None:
    assert asked(Desk(payments=[])) == "refused"
    assert asked(Desk(requests=[])) == "unknown"
    assert asked(Desk(requests=[request(reference_id="pay_other")])) == "unknown"
