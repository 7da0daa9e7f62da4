"""The surge on paper, short: an hour or so of a small house with every promise of the long run, and one that sells too much."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from bench.surge import plots
from bench.surge.__main__ import PAGE, RESULTS, promised, written
from bench.surge.bounds import Bounds, bounds, quotas
from bench.surge.days import DAYS, FAILURES, HOUR, HOUR_AFTER, STAMPS, TEN, Break, Day, scaled
from bench.surge.lines import Line, Token
from bench.surge.paper import Admission, Broken, Paper
from bench.surge.told import Followed, Look
from meterai.domain import room
from meterai.domain.rows import Standing
from meterai.domain.waiting_room import Estimate

SMALL = 0.2
"""Of the house of 400 a second."""
SHORT = scaled(TEN, keep=HOUR, by=SMALL)
BROKEN = replace(
    scaled(FAILURES, keep=90 * 60, by=SMALL),
    issuer=Break(1_200, 3_600, ((1_800, 3_000), (2_900, 3_600))),
    payments=Break(1_800, 3_000),
)


@cache
def ran(day: Day, admission: Admission = room.admission_of, seed: int = 3) -> Paper:
    """A day, its gateway wide open so that the line is what is looked at."""
    paper = Paper(
        day, Bounds(round(day.a_second * 0.25), 0.25, 5_000, 5_000), seed=seed, follow=400, admission=admission
    )
    paper.run()
    return paper


def unbounded(standing: Standing, now: object) -> int | None:
    return None


def test_at_ten_times_every_paid_stamp_lands_in_time_within_a_minute() -> None:
    came = ran(SHORT).figures()
    assert came["stampings"] > 200_000
    assert (came["lost"], came["late"], came["tally_exact"]) == (0, 0, True)
    assert came["wait_p99_seconds"] < 60
    assert came["estimates"]["paid"]["held"] >= 0.95
    assert came["estimates"]["paid"]["looks"] > 200


def test_a_crowd_after_an_outage_is_served_and_told_the_truth() -> None:
    came = ran(scaled(HOUR_AFTER, keep=HOUR, by=SMALL)).figures()
    assert (came["lost"], came["tally_exact"]) == (0, True)
    assert came["busiest_waiting"] > 500_000
    assert came["drained_hours_after_the_peak_began"] <= 3.5
    assert came["estimates"]["paid"]["held"] >= 0.95
    assert came["estimates"]["paid"]["silently_broken"] == 0


def test_while_things_fail_nothing_is_lost_nor_silently_broken_nor_sold_in_vain() -> None:
    came = ran(BROKEN).figures()
    assert (came["lost"], came["late"], came["tally_exact"]) == (0, 0, True)
    assert came["people_turned_away"] > 0
    assert came["wait_most_seconds"] >= 2_400
    estimates = came["estimates"].values()
    assert sum(one["passed"] for one in estimates) > 0  # the failure did break promises, each of which was taken back
    assert sum(one["silently_broken"] for one in estimates) == 0
    assert sum(one["unknown"] for one in estimates) > 0


def test_who_sells_without_asking_how_much_can_be_applied_breaks_what_was_sold() -> None:
    came = ran(BROKEN, unbounded).figures()
    assert came["lost"] == 0
    assert came["late"] > 1_000


def test_the_same_seed_is_the_same_day() -> None:
    day = scaled(TEN, keep=600, by=0.1)
    one, other, third = (ran.__wrapped__(day, seed=seed) for seed in (5, 5, 6))
    assert one.figures() == other.figures() != third.figures()


def test_a_piece_that_is_nowhere_stops_the_simulation() -> None:
    paper = Paper(scaled(TEN, keep=HOUR, by=0.1), Bounds(10, 0.25), seed=1)
    paper.lines["paid"].joined += 1
    with pytest.raises(Broken, match="paid line"):
        paper.run()


def test_a_line_serves_first_come_first_and_counts_what_was_late() -> None:
    line, first, last = Line("paid"), Token("paid", 10, 1), Token("paid", 11, 0)
    line.join(10, 2, [first])
    line.join(11, 1, [last])
    assert line.serve(12, 1, deadline=14) == [(10, 1)]
    assert (first.done, line.waiting) == (None, 2)
    assert line.serve(15, 5, deadline=14) == [(10, 1), (11, 1)]
    assert (first.done, last.done, line.late, line.oldest()) == (15, 15, 2, None)
    assert line.waits == {2: 1, 5: 1, 4: 1}
    assert line.quantile(0.5) == 4


@pytest.mark.parametrize(
    ("looks", "passed", "silent"),
    [
        ([Look(0, Estimate(0, 5, 10)), Look(5, Estimate(0, 50, 100))], 1, 0),  # a later one was told in time
        ([Look(0, Estimate(0, 5, 10)), Look(5, None)], 1, 0),  # that nobody knows, too
        ([Look(0, Estimate(0, 5, 10)), Look(5, Estimate(0, 2, 4))], 2, 2),
        ([Look(0, Estimate(0, 5, 10)), Look(20, Estimate(0, 50, 100))], 1, 1),  # too late to be told
        ([Look(0, Estimate(0, 5, 100))], 0, 0),
    ],
)
def test_a_promise_is_broken_silently_unless_a_later_one_was_read_before_it_passed(
    looks: list[Look], passed: int, silent: int
) -> None:
    followed = Followed(np.random.default_rng(1))
    followed.follow(Token("paid", 0, 0, done=60))
    followed.looks[0] = looks
    assert followed.judged("paid") | {"passed": passed, "silently_broken": silent} == followed.judged("paid")


def test_the_days_are_as_large_as_the_nation() -> None:
    for day in DAYS.values():
        assert abs(day.wanted().sum() - STAMPS) < 1
    assert TEN.wanted().max() == 376
    assert HOUR_AFTER.wanted().max() == pytest.approx(1_806, abs=1)


def test_no_more_workers_are_asked_for_than_the_quotas_bear() -> None:
    assert bounds(400).a_second == pytest.approx(400, rel=0.01)
    with pytest.raises(ValueError, match="more than these bear"):
        bounds(min(quotas().values()) + 1)


def test_every_promise_was_kept_in_the_record_and_the_page_shows_it() -> None:
    kept = json.loads(RESULTS.read_text())
    assert list(kept["days"]) == list(DAYS)
    assert sum(day["stampings"] for day in kept["days"].values()) > 4 * STAMPS
    assert [what for what, _, is_kept in promised(kept["days"]) if not is_kept] == []
    assert written(PAGE.read_text(), kept) == PAGE.read_text()
    for name in ("backlog", "wait", "estimate", "goodput"):
        assert (plots.IMAGES / f"surge-{name}.svg").read_text().startswith("<?xml")
