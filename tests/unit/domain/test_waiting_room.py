"""The waiting room: a place and a range for whoever knows when they joined."""

from __future__ import annotations

import json
import random
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from meterai.domain import tally, waiting_room
from meterai.domain.pace import Rates, stated
from meterai.domain.waiting_room import Bin, Estimate, ahead, bins, estimate, standstill

T0 = datetime(2024, 9, 10, 14, 14, tzinfo=UTC)
M0 = tally.minute_of(T0)


def test_ahead_are_all_of_earlier_minutes_and_a_share_of_one_s_own() -> None:
    line = [Bin(M0 - 2, 1, 50, 10), Bin(M0 - 1, 1, 50, 50), Bin(M0, 1, 60, 60), Bin(M0 + 1, 1, 9, 9)]
    assert ahead(line, T0) == 60
    assert ahead(line, T0 + timedelta(seconds=30)) == 90
    assert ahead(line, T0 + timedelta(seconds=59)) == 119
    assert ahead(line, T0 - timedelta(minutes=9)) == 0


def test_who_has_gone_of_one_s_own_minute_went_first() -> None:
    line = [Bin(M0, 1, 100, 50)]
    assert ahead(line, T0 + timedelta(seconds=36)) == 10
    assert ahead(line, T0 + timedelta(seconds=15)) == 0
    assert ahead(line, T0 + timedelta(seconds=59, milliseconds=999)) == 48


def test_an_hour_that_is_long_ago_is_shared_out_as_a_minute_is() -> None:
    line = [Bin(M0 - 14 - 60 * 24 * 2, 60, 600, 600)]
    joined_at = tally.instant_of(line[0].minute + 30)
    assert ahead(line, joined_at) == 300


@given(st.integers(0, 2**32), st.integers(1, 200), st.integers(0, 199))
def test_the_place_is_off_by_no_more_than_one_s_own_minute(seed: int, people: int, gone: int) -> None:
    dice = random.Random(seed)
    came = sorted(T0 + timedelta(seconds=dice.randrange(600)) for _ in range(people))
    left = came[min(gone, people - 1) :]
    totals = tally.total(
        [{tally.joined("paid", tally.minute_of(at)): 1} for at in came]
        + [{tally.waiting("paid", tally.minute_of(at)): 1} for at in left]
    )
    line = bins(totals, "paid", M0 + 20)
    assert waiting_room.waiting(line) == len(left)
    places = [ahead(line, at) for at in left]
    assert places == sorted(places)
    for number, (at, place) in enumerate(zip(left, places, strict=True)):
        own = sum(tally.minute_of(one) == tally.minute_of(at) for one in left)
        assert abs(place - number) <= own
    assert places[0] < sum(tally.minute_of(one) == tally.minute_of(left[0]) for one in left)


def test_lines_are_apart_and_a_number_below_zero_is_nobody() -> None:
    totals = {"paid.waiting@5": 3, "paid.joined@5": 4, "bulk.waiting@5": 7, "bulk.joined@5": 7, "paid.waiting@6": -1}
    assert bins(totals, "paid", 5) == (Bin(5, 1, 4, 3),)
    assert bins(totals, "bulk", 5) == (Bin(5, 1, 7, 7),)


def test_an_estimate_is_a_range_of_whole_seconds() -> None:
    assert estimate(0, Rates(3600, 3600, 3600)) == Estimate(1, 1, 61)
    assert estimate(48_199, Rates(300_000, 400_000, 500_000)) == Estimate(347, 434, 639)
    assert estimate(9, stated(10), waits_seconds=100) == Estimate(3700, 3700, 3760)


def test_nobody_knows_is_said_and_never_a_turn() -> None:
    assert estimate(0, None) is None
    assert estimate(0, stated(1000), waits_seconds=None) is None


def test_the_line_stands_still_until_the_issuer_is_back_if_anybody_said_when() -> None:
    assert standstill(T0, issuer_up=True, back_at=None) == 0
    assert standstill(T0, issuer_up=False, back_at=None) is None
    assert standstill(T0, issuer_up=False, back_at=T0 + timedelta(hours=1)) == 3600
    assert standstill(T0, issuer_up=False, back_at=T0 - timedelta(seconds=1)) is None


@given(st.integers(0, 10**7), st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 10**6))
def test_a_range_is_in_order_and_grows_with_the_place(before: int, a: int, b: int, c: int) -> None:
    low, middle, high = sorted((a, b, c))
    one, next_ = estimate(before, Rates(low, middle, high)), estimate(before + 1, Rates(low, middle, high))
    assert one is not None
    assert next_ is not None
    assert one.p10 <= one.p50 <= one.p90
    assert next_.p90 >= one.p90


@given(st.integers(1, 3000), st.integers(60, 36000), st.integers(0, 2**32))
def test_a_line_served_within_its_rates_serves_each_inside_the_range_told(people: int, rate: int, seed: int) -> None:
    dice = random.Random(seed)
    rates = Rates(rate * 9 // 10, rate, rate * 11 // 10)
    second = 0.0
    for before in range(people):
        second += 3600 / dice.uniform(rates.p10 or 1, rates.p90)
        told = estimate(before, rates)
        assert told is not None
        assert told.p10 <= second + 1
        assert second <= told.p90


CASES = json.loads((Path(__file__).resolve().parents[2] / "room_cases.json").read_text())
"""The page's arithmetic is held to the same ones (tests/web/test_waiting.py)."""


def test_places_are_those_of_the_cases_that_the_page_is_held_to() -> None:
    for case in CASES["places"]:
        joined_at = datetime.fromtimestamp(case["second"], UTC)
        assert ahead([Bin(*one) for one in case["bins"]], joined_at) == case["ahead"], case


def test_estimates_are_those_of_the_cases_that_the_page_is_held_to() -> None:
    for case in CASES["estimates"]:
        rates = Rates(*case["rates"]) if case["rates"] else None
        found = estimate(case["before"], rates, waits_seconds=case["standstill"])
        assert (asdict(found) if found else None) == case["estimate"], case
