"""What the box reckons from its walks: stamps a second, when the road is as it was, who was lost, what was promised."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from bench import box
from bench.crowd import Walk


def at_home(stamped: float) -> Walk:
    return Walk(began=stamped - 5, paid=stamped - 3, stamped=stamped, home=stamped + 1)


def test_stamps_are_counted_when_they_were_done_and_not_when_they_were_asked_for() -> None:
    walks = [at_home(9.9), at_home(10.0), at_home(12.0), at_home(19.99), at_home(20.0), Walk(began=11.0)]
    assert box.goodput(walks, 10.0, 20.0) == pytest.approx(0.3)


def test_the_road_is_as_it_was_once_three_walks_in_a_row_are_quick_and_the_line_is_short() -> None:
    quick, slow = 1.4, 1.6
    assert box.back_to_normal([(101, quick, 0), (102, quick, 0)], 100, 1.0) is None
    assert box.back_to_normal([(101, quick, 0), (102, slow, 0), (103, quick, 0)], 100, 1.0) == 3
    assert box.back_to_normal([(101, slow, 0), (102, quick, 0), (103, slow, 0), (105, quick, 0)], 100, 1.0) == 5
    assert box.back_to_normal([(101, slow, 0), (102, slow, 0), (103, slow, 0)], 100, 1.0) is None
    long_line = box.SHORT_LINE + 1
    assert box.back_to_normal([(101, quick, 0), (102, quick, 0), (103, quick, long_line)], 100, 1.0) is None
    probes = [(101.0, quick, long_line), (102.0, quick, long_line), (103.0, quick, long_line), (104.0, quick, 1)]
    assert box.back_to_normal(probes, 100, 1.0) == 4


def test_who_paid_and_has_no_file_is_lost_and_who_never_paid_gave_up() -> None:
    broken = Walk(began=0, paid=1, wrong="AssertionError: not the register's file")
    refused = Walk(began=0, wrong="AssertionError: refused for good")
    found = box.books([at_home(9), at_home(10), Walk(began=0), Walk(began=0, paid=1, stamped=2), broken, refused])
    counts = {name: number for name, number in found.items() if name != "wrong"}
    assert counts == {"arrived": 6, "gave_up_buying": 1, "paid": 4, "stamped": 2, "lost": 2}
    assert found["wrong"] == [broken.wrong, refused.wrong]


def level(stamps: float, **more: Any) -> dict[str, Any]:
    return {
        "offered_per_second": 2.0, "seconds": 60.0, "stamps_per_second": stamps, "arrived": 9, "gave_up_buying": 4, "paid": 5,
        "stamped": 5, "lost": 0, "wrong": [], "refusals": {"arriving: busy": 7}, "bare": [], "unanswered": [],
        "p50_seconds": 8.0, "p90_seconds": 20.0, "back_to_normal_seconds": 4.0, **more,
    }  # fmt: skip


RECORD: dict[str, Any] = {
    "day": "2026-11-29", "commit": "0123456789ab", "processors": 2, "load_average": 0.2, "minutes": 11.0,
    "unloaded": {"p50_seconds": 0.6}, "holds": {"stamps_per_second": 2.0, "walkers": 8},
    "levels": {"1x": level(1.0), "3x": level(0.9), "4x": level(0.8), "10x": level(0.5)},
    "audit": {"findings": []}, "left_behind": 0,
}  # fmt: skip
MISSED = {
    "stamps_per_second": 0.79, "back_to_normal_seconds": 30.1, "bare": ["POST /v1/accounts: 502"], "unanswered": ["x"],
    "lost": 1, "wrong": ["x"],
}  # fmt: skip


def test_a_record_that_keeps_every_promise_is_kept_to_the_edge() -> None:
    assert box.kept(RECORD)
    assert [what for what, _, _, is_kept in box.promised(RECORD) if not is_kept] == []


@pytest.mark.parametrize(("name", "value"), [*MISSED.items(), ("back_to_normal_seconds", None)])
def test_each_promise_of_a_level_can_be_missed(name: str, value: Any) -> None:
    record = copy.deepcopy(RECORD)
    record["levels"]["4x"][name] = value
    assert not box.kept(record)
    assert "**missed**" in box.figures(record)


@pytest.mark.parametrize(("name", "value"), [("audit", {"findings": ["entry_changed"]}), ("left_behind", 1)])
def test_books_that_do_not_agree_and_processes_left_behind_are_missed_promises(name: str, value: Any) -> None:
    assert not box.kept({**RECORD, name: value})


def test_the_page_keeps_its_words_and_shows_the_figures_once() -> None:
    text = f"before\n\n{box.FIGURES}\nstale\n{box.FIGURES}\n\nafter\n"
    once = box.written(text, RECORD)
    assert once == box.written(once, RECORD)
    assert once.startswith("before\n")
    assert once.endswith("\n\nafter\n")
    assert "stale" not in once
    assert "| 4x (2.00/s) | 9 | 0.80 | 4 | 5 | 5 | 7 `arriving: busy` | 8.0 s, 20.0 s | 4 s |" in once
