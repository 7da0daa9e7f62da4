"""Admission: what the house can still apply before the deadline, less what it owes already."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from meterai.domain.admission import admission, backlog, likely_permille

NOW = datetime(2024, 9, 10, 14, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_admission_is_the_rate_for_the_time_left_less_the_backlog() -> None:
    assert admission(rate=1000, backlog=700, counted_at=NOW, now=NOW, deadline_at=NOW + 2 * HOUR) == 1300
    assert admission(rate=1000, backlog=3000, counted_at=NOW, now=NOW, deadline_at=NOW + 2 * HOUR) == 0


def test_without_a_deadline_ahead_or_a_rate_there_is_no_limit() -> None:
    assert admission(rate=1000, backlog=9, counted_at=NOW, now=NOW, deadline_at=None) is None
    assert admission(rate=1000, backlog=9, counted_at=NOW, now=NOW, deadline_at=NOW) is None
    assert admission(rate=None, backlog=9, counted_at=NOW, now=NOW, deadline_at=NOW + HOUR) is None


def test_what_was_sold_since_the_count_is_taken_to_be_as_much_as_the_house_applies() -> None:
    now = NOW + timedelta(minutes=6)
    fresh = admission(rate=1000, backlog=0, counted_at=now, now=now, deadline_at=NOW + HOUR)
    late = admission(rate=1000, backlog=0, counted_at=NOW, now=now, deadline_at=NOW + HOUR)
    assert (fresh, late) == (900, 800)


def test_while_the_line_stands_still_its_time_begins_when_it_moves_again() -> None:
    at = NOW + HOUR
    assert admission(rate=1000, backlog=0, counted_at=NOW, now=NOW, deadline_at=NOW + 3 * HOUR, starts_at=at) == 2000
    assert admission(rate=1000, backlog=0, counted_at=NOW, now=NOW, deadline_at=NOW + HOUR / 2, starts_at=at) == 0


def test_the_backlog_is_who_waits_what_is_offered_and_the_likely_share_of_what_is_available() -> None:
    assert backlog(waiting=10, offered=5, available=101, likely=1000) == 116
    assert backlog(waiting=10, offered=5, available=101, likely=500) == 66
    assert backlog(waiting=-1, offered=-1, available=-1, likely=1000) == 0


def test_every_available_piece_counts_until_enough_were_bought_to_know_better() -> None:
    assert likely_permille(0, 999) == 1000
    assert likely_permille(800, 1000) == 800
    assert likely_permille(801, 1001) == 801
    assert likely_permille(5000, 1000) == 1000


@given(st.integers(1, 10**6), st.integers(0, 10**6), st.integers(1, 48 * 3600), st.integers(0, 48 * 3600))
def test_it_never_rises_as_time_passes(rate: int, owed: int, left: int, passed: int) -> None:
    end = NOW + timedelta(seconds=left)
    first = admission(rate=rate, backlog=owed, counted_at=NOW, now=NOW, deadline_at=end)
    then = NOW + timedelta(seconds=min(passed, left - 1))
    later = admission(rate=rate, backlog=owed, counted_at=then, now=then, deadline_at=end)
    assert first is not None
    assert later is not None
    assert 0 <= later <= first


@given(st.integers(1, 10**5), st.integers(0, 10**5), st.integers(60, 48 * 3600))
def test_what_is_admitted_and_owed_can_be_applied_in_time(rate: int, owed: int, left: int) -> None:
    end = NOW + timedelta(seconds=left)
    found = admission(rate=rate, backlog=owed, counted_at=NOW, now=NOW, deadline_at=end)
    assert found is not None
    if found:
        assert (owed + found) * 3600 <= rate * left
