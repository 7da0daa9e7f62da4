"""Payouts by the Xendit adapter: settled or refused only on a definite word about this very payout, else unknown."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from meterai.domain.errors import DestinationUnknown, PaymentProviderUnavailable
from meterai.domain.rows import Destination
from meterai.gateways.iluma import LOOKS, Iluma
from meterai.gateways.xendit_payouts import BANKS, XenditPayouts

KEY, AMOUNT = "rfd_01J6X7Q2M3N4P5R6S7T8V9W0XY-1", 9_375
BUDI = Destination(
    id="rfd_01J6X7Q2M3N4P5R6S7T8V9W0XY",
    account="acc_1",
    bank="ID_BCA",
    number="000000000099",
    given="Budi Santoso",
    holder="BUDI SANTOSO",
    checked_at=datetime(2024, 9, 4, tzinfo=UTC),
)


def payout(**changes: object) -> dict[str, object]:
    """A payout as Xendit's documents show one."""
    return {
        "id": "disb-571f3644d2b4edf0745e9703",
        "reference_id": KEY,
        "channel_code": "ID_BCA",
        "channel_properties": {"account_number": "000000000099", "account_holder_name": "BUDI SANTOSO"},
        "amount": 9375,
        "currency": "IDR",
        "description": "Pengembalian dana e-meterai",
        "status": "SUCCEEDED",
        "created": "2024-12-31T23:53:59Z",
        "updated": "2024-12-31T23:53:59Z",
        "estimated_arrival_time": "2024-12-31T23:59:59Z",
        "business_id": "6018306aa16ad90cb3c43ba7",
    } | changes


class Desk:
    """`listed` is found before a payout is posted, `after` from then on; `posted` with `status` is the answer to a post."""

    def __init__(self, **answers: Any) -> None:
        self.listed: object = {"data": [], "has_more": False}
        self.after: object = None
        self.posted: object = payout()
        self.status = 200
        self.__dict__.update(answers)
        self.asked: list[httpx.Request] = []

    @property
    def posts(self) -> list[httpx.Request]:
        return [asked for asked in self.asked if asked.method == "POST"]

    def __call__(self, asked: httpx.Request) -> httpx.Response:
        self.asked.append(asked)
        if asked.method == "POST":
            if isinstance(self.posted, Exception):
                raise self.posted
            return httpx.Response(self.status, json=self.posted)
        shown = self.after if self.posts and self.after is not None else self.listed
        return shown if isinstance(shown, httpx.Response) else httpx.Response(200, json=shown)


def found(*payouts: dict[str, object], has_more: bool = False) -> dict[str, object]:
    return {"data": list(payouts), "has_more": has_more}


def payouts(desk: Any) -> XenditPayouts:
    client = httpx.Client(transport=httpx.MockTransport(desk))
    names = Iluma("https://iluma.invalid/", "iluma-of-this-test", client, lambda _: None)
    return XenditPayouts("https://api.invalid/", "xnd-of-this-test", client, names)


def paid(desk: Desk) -> str:
    return payouts(desk).pay_out(BUDI, key=KEY, amount_idr=AMOUNT, reason="Batal").outcome


def test_a_payout_is_posted_once_in_the_providers_form_under_its_key() -> None:
    desk = Desk(posted=payout(status="ACCEPTED"))
    answer = payouts(desk).pay_out(BUDI, key=KEY, amount_idr=AMOUNT, reason="Batal")
    assert (answer.outcome, answer.provider_reference) == ("under_way", "disb-571f3644d2b4edf0745e9703")
    (post,) = desk.posts
    assert (post.url.path, post.headers["idempotency-key"]) == ("/v2/payouts", KEY)
    assert post.headers["authorization"].startswith("Basic ")
    assert json.loads(post.content) == {
        "reference_id": KEY,
        "channel_code": "ID_BCA",
        "channel_properties": {"account_holder_name": "BUDI SANTOSO", "account_number": "000000000099"},
        "amount": 9375,
        "currency": "IDR",
        "description": "Pengembalian dana e-meterai",
    }


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        ("SUCCEEDED", "settled"),
        ("FAILED", "refused"),
        ("REVERSED", "refused"),
        ("CANCELLED", "refused"),
        ("COMPLIANCE_REJECTED", "refused"),
        ("ACCEPTED", "under_way"),
        ("REQUESTED", "under_way"),
        ("PENDING_COMPLIANCE_ASSESSMENT", "under_way"),
        ("LOCKED", "unknown"),
        ("succeeded", "unknown"),
        ("A NEW STATE", "unknown"),
    ],
)
def test_every_state_has_one_meaning_when_posted_when_found_and_when_asked(status: str, outcome: str) -> None:
    assert paid(Desk(posted=payout(status=status))) == outcome
    known = Desk(listed=found(payout(status=status)))
    assert paid(known) == outcome
    assert known.posts == []
    answer = payouts(known).ask(KEY)
    assert answer is not None
    assert answer.outcome == outcome


@pytest.mark.parametrize(
    "changes",
    [
        {"amount": 9376},
        {"amount": 9375.5},
        {"currency": "PHP"},
        {"channel_code": "ID_BRI"},
        {"channel_properties": {"account_number": "000000000098"}},
    ],
)
def test_another_payout_under_the_key_is_nothing_to_build_on(changes: dict[str, object]) -> None:
    assert paid(Desk(listed=found(payout(**changes)))) == "unknown"
    assert paid(Desk(posted=payout(**changes))) == "unknown"


def test_an_answer_about_another_key_is_nothing_to_build_on_and_one_in_the_list_is_passed_over() -> None:
    assert paid(Desk(posted=payout(reference_id="rfd_2-1"))) == "unknown"
    other = Desk(listed=found(payout(reference_id="rfd_2-1")), posted=payout(status="ACCEPTED"))
    assert paid(other) == "under_way"


@pytest.mark.parametrize("listed", [found(payout(), payout(id="disb-2")), found(payout(), has_more=True)])
def test_two_payouts_of_one_key_are_nothing_to_build_on(listed: object) -> None:
    desk = Desk(listed=listed)
    assert paid(desk) == "unknown"
    assert desk.posts == []
    with pytest.raises(PaymentProviderUnavailable):
        payouts(desk).ask(KEY)


def test_a_payout_in_another_currency_is_unknown_to_whoever_asks() -> None:
    answer = payouts(Desk(listed=found(payout(currency="PHP")))).ask(KEY)
    assert answer is not None
    assert answer.outcome == "unknown"


@pytest.mark.parametrize(
    ("status", "code", "outcome"),
    [
        (400, "API_VALIDATION_ERROR", "refused"),
        (400, "CHANNEL_CODE_NOT_SUPPORTED", "refused"),
        (400, "MINIMUM_TRANSFER_LIMIT_ERROR", "refused"),
        (400, "MAXIMUM_TRANSFER_LIMIT_ERROR", "refused"),
        (400, "RECIPIENT_ACCOUNT_NUMBER_ERROR", "refused"),
        (400, "A_NEW_CODE", "unknown"),
        (401, "INVALID_API_KEY", "unknown"),
        (403, "REQUEST_FORBIDDEN_ERROR", "unknown"),
        (403, "API_VALIDATION_ERROR", "unknown"),
        (409, "DUPLICATE_ERROR", "unknown"),
        (429, "RATE_LIMIT_EXCEEDED", "unknown"),
        (500, "SERVER_ERROR", "unknown"),
    ],
)
def test_only_a_named_error_is_a_refusal(status: int, code: str, outcome: str) -> None:
    assert paid(Desk(status=status, posted={"error_code": code, "message": "no"})) == outcome


@pytest.mark.parametrize(("status", "code"), [(409, "DUPLICATE_ERROR"), (400, "API_VALIDATION_ERROR")])
def test_what_is_found_after_an_error_counts_and_the_error_does_not(status: int, code: str) -> None:
    desk = Desk(status=status, posted={"error_code": code, "message": "no"}, after=found(payout(status="ACCEPTED")))
    assert paid(desk) == "under_way"


@pytest.mark.parametrize("posted", [httpx.ReadTimeout("slow"), httpx.ConnectError("down"), [], {"id": 1}, None])
def test_an_answer_that_does_not_come_or_cannot_be_read_is_unknown(posted: object) -> None:
    assert paid(Desk(posted=posted)) == "unknown"


@pytest.mark.parametrize(
    "listed",
    [
        httpx.Response(404, json={"error_code": "DATA_NOT_FOUND"}),
        httpx.Response(503),
        httpx.Response(302, headers={"Location": "https://elsewhere.invalid"}),
        httpx.Response(200, content=b"<html>"),
        {"data": [{"id": "x"}]},
        {"data": None},
        [],
    ],
)
def test_nothing_is_paid_before_it_is_known_that_nothing_was(listed: object) -> None:
    desk = Desk(listed=listed)
    assert paid(desk) == "unknown"
    assert desk.posts == []
    with pytest.raises(PaymentProviderUnavailable):
        payouts(desk).ask(KEY)


def test_banks_are_channel_codes_each_once_with_a_name_of_its_own() -> None:
    assert all(code.startswith("ID_") and code == code.upper() for code in BANKS)
    assert len(set(BANKS.values())) == len(BANKS)
    assert {"ID_BCA", "ID_BRI", "ID_BNI", "ID_MANDIRI", "ID_BSI"} <= BANKS.keys()


# The name check -------------------------------------------------------------------------------------------------------


def checked(*, status: str = "COMPLETED", result: object = None, **changes: object) -> dict[str, object]:
    """A check as Iluma's documents show one."""
    return {
        "status": status,
        "bank_account_number": "1234567890",
        "bank_code": "ID_BCA",
        "created": "2017-07-03T10:51:44.484Z",
        "updated": "2017-07-03T10:51:44.484Z",
        "id": "bknv_5c6ba591cf3c3867d75053d7",
        "result": result,
    } | changes


FIRA = {"is_found": True, "account_holder_name": " FIRA DIYANKA ", "is_virtual_account": False}


class Names:
    """The name check: one answer after the other, the last one for ever."""

    def __init__(self, *answers: object) -> None:
        self.answers = list(answers)
        self.asked: list[httpx.Request] = []

    def __call__(self, asked: httpx.Request) -> httpx.Response:
        self.asked.append(asked)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, httpx.Response) else httpx.Response(200, json=answer)


def holder(names: Names) -> str:
    return payouts(names).holder("ID_BCA", "1234567890")


def test_a_name_is_asked_for_in_the_providers_form() -> None:
    names = Names(checked(result=FIRA))
    assert holder(names) == "FIRA DIYANKA"
    (asked,) = names.asked
    assert str(asked.url) == "https://iluma.invalid/v1.2/identity/bank_account_validation_details"
    assert json.loads(asked.content) == {"bank_code": "ID_BCA", "bank_account_number": "1234567890"}


@pytest.mark.parametrize("waiting", ["PENDING", "WAITING_ON_BANK"])
def test_a_pending_check_is_looked_at_by_its_id_and_never_asked_for_again(waiting: str) -> None:
    names = Names(checked(status=waiting), checked(status=waiting), checked(result=FIRA))
    assert holder(names) == "FIRA DIYANKA"
    assert [asked.method for asked in names.asked] == ["POST", "GET", "GET"]
    assert names.asked[1].url.path.endswith("/bknv_5c6ba591cf3c3867d75053d7")


def test_a_bank_that_does_not_answer_in_time_is_unavailable() -> None:
    names = Names(checked(status="PENDING"))
    with pytest.raises(PaymentProviderUnavailable):
        holder(names)
    assert len(names.asked) == 1 + LOOKS


@pytest.mark.parametrize(
    "answer",
    [
        checked(result={"is_found": False}),
        checked(result=FIRA | {"is_virtual_account": True}),
        httpx.Response(400, json={"error_code": "API_VALIDATION_ERROR", "message": "no"}),
    ],
)
def test_an_account_that_is_no_persons_is_unknown(answer: object) -> None:
    with pytest.raises(DestinationUnknown):
        holder(Names(answer))


@pytest.mark.parametrize(
    "answer",
    [
        checked(status="FAILED"),
        checked(status="COMPLETED"),
        checked(result={"is_found": "perhaps"}),
        checked(result=FIRA | {"account_holder_name": None}),
        checked(result=FIRA | {"account_holder_name": "  "}),
        checked(result=FIRA, bank_code="ID_BRI"),
        checked(result=FIRA, bank_account_number="1234567891"),
        checked(result=FIRA, id="../../v2/payouts"),
        httpx.Response(400, json={"error_code": "BANK_CODE_NOT_SUPPORTED_ERROR"}),
        httpx.Response(400, content=b"no"),
        httpx.Response(401, json={"error_code": "INVALID_API_KEY"}),
        httpx.Response(429),
        httpx.Response(503),
        httpx.Response(200, content=b"<html>"),
        httpx.ReadTimeout("slow"),
    ],
)
def test_whatever_is_no_clear_answer_lets_nobody_pass_and_blames_nobody(answer: object) -> None:
    with pytest.raises(PaymentProviderUnavailable):
        holder(Names(answer))
