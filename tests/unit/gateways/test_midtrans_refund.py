"""Direct refund by the Midtrans adapter: settled or refused only on a definite word, else unknown."""

from __future__ import annotations

import json

import httpx
import pytest

from tests.unit.gateways.answers import ORDER, TRANSACTION, midtrans, settled


class Bank:
    """Answers status with `before` until a refund is posted, then with `after`; the post itself with `posted`."""

    def __init__(self, posted: object, *, before: object = None, after: object = None, http_status: int = 200) -> None:
        self.posted = posted
        self.before = settled() if before is None else before
        self.after = self.before if after is None else after
        self.http_status = http_status
        self.posts: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return httpx.Response(200, json=self.after if self.posts else self.before)
        self.posts.append(request)
        if isinstance(self.posted, Exception):
            raise self.posted
        return httpx.Response(self.http_status, json=self.posted)

    def refund(self, transaction_id: str | None = None) -> str:
        return (
            midtrans(self)
            .refund(ORDER, key="rfd_1", amount_idr=9_375, reason="Batal " * 100, transaction_id=transaction_id)
            .outcome
        )


REFUNDED = settled(
    transaction_status="partial_refund", refund_key="rfd_1", refund_amount="9375.00", refund_chargeback_id=47594
)


def listing(key: str = "rfd_1", amount: str = "9375.00") -> dict[str, object]:
    return settled(
        transaction_status="partial_refund",
        refunds=[{"refund_chargeback_id": 1, "refund_amount": amount, "refund_key": key, "reason": "Batal"}],
    )


def test_a_refund_is_posted_once_in_the_providers_form() -> None:
    bank = Bank(REFUNDED)
    assert bank.refund() == "settled"
    (post,) = bank.posts
    assert post.url.path == f"/v2/{ORDER}/refund/online/direct"
    sent = json.loads(post.content)
    assert (sent["refund_key"], sent["amount"], len(sent["reason"])) == ("rfd_1", 9_375, 255)


def test_a_refund_of_one_payment_is_posted_to_its_transaction() -> None:
    bank = Bank(REFUNDED)
    assert bank.refund(TRANSACTION) == "settled"
    assert bank.posts[0].url.path == f"/v2/{TRANSACTION}/refund/online/direct"


def test_a_refund_that_the_provider_already_lists_is_settled_without_a_second_post() -> None:
    bank = Bank(REFUNDED, before=listing())
    assert bank.refund() == "settled"
    assert bank.posts == []


@pytest.mark.parametrize("code", ["202", "400", "402", "407", "410", "412", "413", "414"])
def test_a_documented_refusal_is_definite(code: str) -> None:
    assert Bank({"status_code": code, "status_message": "no"}).refund() == "refused"


@pytest.mark.parametrize("code", ["401", "403", "404", "406", "429"])
def test_a_refusal_that_says_nothing_about_the_money_is_unknown(code: str) -> None:
    assert Bank({"status_code": code, "status_message": "no"}).refund() == "unknown"


@pytest.mark.parametrize("code", ["202", "406", "412", "414"])
def test_a_refusal_of_what_is_listed_under_the_key_was_a_repetition(code: str) -> None:
    assert Bank({"status_code": code}, after=listing()).refund() == "settled"


def test_a_refusal_with_another_key_listed_is_a_refusal() -> None:
    assert Bank({"status_code": "412"}, after=listing("rfd_0")).refund() == "refused"


def test_another_amount_under_the_same_key_is_unknown_and_nothing_is_posted() -> None:
    bank = Bank(REFUNDED, before=listing(amount="9376.00"))
    assert bank.refund() == "unknown"
    assert bank.posts == []


@pytest.mark.parametrize("failure", [httpx.ReadTimeout("slow"), httpx.ConnectError("refused")])
def test_a_refund_without_an_answer_is_unknown_and_not_posted_again(failure: Exception) -> None:
    bank = Bank(failure)
    assert bank.refund() == "unknown"
    assert len(bank.posts) == 1


@pytest.mark.parametrize(
    "posted",
    [
        pytest.param(REFUNDED | {"refund_key": "rfd_2"}, id="another key"),
        pytest.param(REFUNDED | {"order_id": "pay_other"}, id="another order"),
        pytest.param(REFUNDED | {"transaction_status": "settlement"}, id="still settled"),
        pytest.param({"status_code": "200"}, id="nothing else"),
        pytest.param([], id="a list"),
    ],
)
def test_a_success_that_does_not_fit_is_unknown(posted: object) -> None:
    assert Bank(posted).refund() == "unknown"


def test_a_server_error_is_unknown_even_when_its_body_refuses() -> None:
    assert Bank({"status_code": "412"}, http_status=500).refund() == "unknown"


def test_a_refusal_that_cannot_be_confirmed_is_unknown() -> None:
    assert Bank({"status_code": "412"}, after={"status_code": "500"}).refund() == "unknown"


def test_a_payment_of_another_order_is_never_given_back() -> None:
    bank = Bank(REFUNDED, before=settled(order_id="pay_other"))
    assert bank.refund(TRANSACTION) == "unknown"
    assert bank.posts == []
