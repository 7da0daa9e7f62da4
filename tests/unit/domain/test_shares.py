"""How the seal's workers are divided: nobody starves, nothing outside is asked for more than it bears."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterai.domain.rows import Standing
from meterai.domain.shares import (
    WRITE_UNITS_A_STAMP,
    Bounds,
    Shares,
    ceiling,
    floor,
    paid_wait,
    shared,
    step,
)

NOW = datetime(2024, 9, 5, 21, 14, 5, tzinfo=UTC)
PLENTY = Bounds(workers=240, signatures=1000, timestamps=1000, write_units=40_000, milliseconds=500)
waits = st.none() | st.timedeltas(min_value=timedelta(0), max_value=timedelta(hours=9))
crews = st.integers(min_value=4, max_value=1000)


@given(crews, st.lists(waits, max_size=60), st.integers(0, 2000), st.integers(0, 2000))
def test_whatever_the_waits_nobody_starves_and_no_worker_is_added(
    workers: int, seen: list[timedelta | None], paid: int, bulk: int
) -> None:
    now = Shares(paid, bulk)
    for at, waited in enumerate(seen):
        before, now = now, shared(now, waited, workers)
        assert now.workers == workers
        assert floor(workers) <= now.bulk <= ceiling(workers)
        assert now.paid >= workers - ceiling(workers) >= workers // 2
        if at:
            assert abs(now.bulk - before.bulk) <= step(workers)


@given(crews, st.integers(2, 1000))
def test_people_who_wait_long_get_all_but_the_floor_and_give_it_back_when_they_do_not(workers: int, bulk: int) -> None:
    now = shared(Shares(0, bulk), timedelta(minutes=5), workers)
    for _ in range(10):
        now = shared(now, timedelta(minutes=5), workers)
    assert now == Shares(workers - floor(workers), floor(workers))
    for _ in range(11):
        now = shared(now, timedelta(0), workers)
    assert now == Shares(workers - ceiling(workers), ceiling(workers))


def test_between_short_and_long_nothing_moves_and_an_unknown_wait_is_none_to_give_way_for_bulk() -> None:
    now = Shares(180, 60)
    assert shared(now, timedelta(seconds=10), 240) == now
    assert shared(now, timedelta(seconds=30), 240) == shared(now, None, 240) == Shares(204, 36)
    assert shared(now, timedelta(seconds=1), 240) == Shares(156, 84)


@pytest.mark.parametrize(
    ("scarce", "most"),
    [
        ({}, 240),
        ({"signatures": 100}, 50),
        ({"timestamps": 90}, 45),
        ({"write_units": WRITE_UNITS_A_STAMP * 80 + 17}, 40),
        ({"milliseconds": 200}, 200),
    ],
)
def test_the_scarcest_bound_says_how_many_workers_there_are(scarce: dict[str, int], most: int) -> None:
    assert replace(PLENTY, **scarce).bearable == most


def test_bounds_that_leave_no_worker_to_a_line_are_refused() -> None:
    with pytest.raises(ValueError, match="too few"):
        _ = replace(PLENTY, timestamps=6).bearable


def test_a_wait_counted_by_the_minute_is_never_called_longer_than_it_was() -> None:
    joined = NOW.replace(second=0)
    crowd = Standing(id="room", kept_at=NOW, paid_waiting=101, oldest_paid_at=joined)
    assert paid_wait(crowd, 100, NOW) == timedelta(0)
    earlier = replace(crowd, oldest_paid_at=joined - timedelta(minutes=2))
    assert paid_wait(earlier, 100, NOW) == timedelta(minutes=1, seconds=5)
    assert paid_wait(Standing(id="room", kept_at=NOW), 100, NOW) == timedelta(0)


def test_who_waits_while_there_is_a_worker_for_everybody_does_not_wait_for_one() -> None:
    stuck = Standing(id="room", kept_at=NOW, paid_waiting=100, oldest_paid_at=NOW - timedelta(hours=3))
    assert paid_wait(stuck, 100, NOW) == timedelta(0)
    assert paid_wait(stuck, 99, NOW) == timedelta(hours=2, minutes=59)


def test_a_standing_that_is_old_or_absent_says_nothing() -> None:
    standing = Standing(id="room", kept_at=NOW)
    assert paid_wait(standing, 100, NOW + timedelta(seconds=90)) == timedelta(0)
    assert paid_wait(standing, 100, NOW + timedelta(seconds=91)) is None
    assert paid_wait(None, 100, NOW) is None
