"""Who acts next and which day it is: one story for the API, the letters and the page."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest

from meterai.domain import instants
from meterai.domain.refund_story import refund_story
from meterai.domain.rows import REFUND_ENDED, Refund, RefundStatus

LATE_EVENING = datetime(2024, 9, 3, 16, 59, 59, tzinfo=UTC)
"""23.59.59 WIB on 3 September."""


def refund(status: RefundStatus, received_at: datetime = LATE_EVENING) -> Refund:
    return Refund(
        id="rfd_1",
        kind="quota",
        account="acc_1",
        invoice="inv_1",
        provider="midtrans",
        order="pay_1",
        status=status,
        fingerprint="f",
        quantity=1,
        amount_idr=9_375,
        total_idr=12_500,
        policy="A",
        reason="batal",
        received_at=received_at,
        promise_at=instants.end_of_wib_day(received_at, 45),
        pay_at=received_at,
        updated_at=received_at,
        timeline=[],
    )


@pytest.mark.parametrize("status", get_args(RefundStatus))
def test_somebody_acts_next_until_it_has_ended(status: RefundStatus) -> None:
    assert (refund_story(refund(status), LATE_EVENING).acts_next is None) == (status in REFUND_ENDED)


@pytest.mark.parametrize(
    ("status", "acts"),
    [
        ("unconfirmed", "you"),
        ("awaiting_destination", "you"),
        ("awaiting_decision", "officer"),
        ("approved", "us"),
        ("paying", "provider"),
    ],
)
def test_who_acts_is_who_can(status: RefundStatus, acts: str) -> None:
    assert refund_story(refund(status), LATE_EVENING).acts_next == acts


def test_a_payout_that_one_officer_approved_waits_for_the_other() -> None:
    approved = replace(refund("approved"), way="payout")
    decided = replace(approved, decided_by="acc_officer")
    assert refund_story(approved, LATE_EVENING).acts_next == "us"
    assert refund_story(decided, LATE_EVENING).acts_next == "officer"
    assert refund_story(replace(decided, paid_by="acc_other"), LATE_EVENING).acts_next == "us"
    assert refund_story(replace(decided, way="provider"), LATE_EVENING).acts_next == "us"


@pytest.mark.parametrize(("seconds", "day"), [(-1, 0), (0, 0), (1, 1), (86_400, 1), (86_401, 2), (45 * 86_400, 45)])
def test_days_are_calendar_days_in_wib(seconds: int, day: int) -> None:
    story = refund_story(refund("paying"), LATE_EVENING + timedelta(seconds=seconds))
    assert (story.day, story.promise_days, story.late) == (day, 45, False)


def test_the_promise_is_broken_a_second_after_its_last_day() -> None:
    asked = refund("paying")
    assert not refund_story(asked, asked.promise_at).late
    assert refund_story(asked, asked.promise_at + timedelta(seconds=1)).late


def test_the_days_of_a_refund_that_has_ended_stand_still() -> None:
    ended = replace(refund("refunded"), updated_at=LATE_EVENING + timedelta(days=9))
    assert refund_story(ended, LATE_EVENING + timedelta(days=400)).day == 9
