"""The pace: only minutes in which somebody waited all the while, away from standstills, measure it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from meterai.domain import pace
from meterai.domain.pace import Rates, Watch

NOW = 28_765_432


def hour(word: Watch) -> dict[int, Watch]:
    return {NOW - back: word for back in range(61)}


def test_busy_minutes_give_rates_an_hour() -> None:
    served = {NOW - back: 100 + back for back in range(61)}
    assert pace.measured(served, hour("busy"), minute=NOW) == Rates(107 * 60, 131 * 60, 155 * 60)


def test_slack_minutes_measure_how_many_came_not_how_many_can_be_done() -> None:
    served = {NOW - back: 3 for back in range(61)}
    assert pace.measured(served, hour("slack"), minute=NOW) is None


def test_a_standstill_and_the_minutes_beside_it_are_no_measure() -> None:
    watched = hour("busy") | {NOW - back: "still" for back in range(20, 40)}
    served = {NOW - back: 0 if 19 <= back <= 40 else 50 for back in range(61)}
    assert pace.measured(served, watched, minute=NOW) == Rates(3000, 3000, 3000)


def test_too_few_busy_minutes_are_no_measure() -> None:
    watched: dict[int, Watch] = {NOW - back: "busy" for back in range(2, 6)}
    assert pace.measured(dict.fromkeys(watched, 9), watched, minute=NOW) is None
    watched[NOW - 6] = "busy"
    assert pace.measured(dict.fromkeys(watched, 9), watched, minute=NOW) == Rates(540, 540, 540)


def test_the_minutes_that_are_not_whole_yet_are_left_out() -> None:
    served = {NOW - back: 10 for back in range(2, 61)} | {NOW: 1, NOW - 1: 4}
    assert pace.measured(served, hour("busy"), minute=NOW) == Rates(600, 600, 600)


def test_nothing_done_is_no_rate() -> None:
    assert pace.measured({}, hour("busy"), minute=NOW) is None


@given(st.lists(st.sampled_from(["busy", "slack", "still"]), min_size=1, max_size=8))
def test_a_minute_is_as_the_worst_look_at_it(looks: list[Watch]) -> None:
    watched: dict[int, Watch] = {}
    for look in looks:
        watched = pace.watching(watched, NOW, look)
    assert watched[NOW] == max(looks, key=("busy", "slack", "still").index)


def test_only_the_last_hour_is_kept() -> None:
    watched = pace.watching({NOW - 62: "busy", NOW - 61: "busy"}, NOW, "slack")
    assert watched == {NOW - 61: "busy", NOW: "slack"}


@given(st.lists(st.integers(0, 5000), min_size=5, max_size=59))
def test_rates_are_in_order_and_seen(done: list[int]) -> None:
    served = {NOW - 2 - back: many for back, many in enumerate(done)}
    rates = pace.measured(served, dict.fromkeys(served, "busy"), minute=NOW)
    if rates is not None:
        assert 0 <= rates.p10 <= rates.p50 <= rates.p90
        assert {rates.p10, rates.p50, rates.p90} <= {60 * many for many in done}
