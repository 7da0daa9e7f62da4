"""What the box reckons from its walks: stamps a second, when the road is as it was, who was lost, what was promised."""

from __future__ import annotations

import asyncio
import copy
import json
import random
from typing import Any

import pytest
from aiohttp import ContentTypeError
from yarl import URL

from bench import box
from bench.crowd import BUYING_TRIES, Crowd, Walk, WentHome


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


class Answer:
    """An answer without a socket."""

    def __init__(self, status: int, body: Any, kind: str, wait: str | None) -> None:
        self.status, self._body, self._kind = status, body, kind
        self.method, self.url = "POST", URL("http://house/v1/accounts")
        self.headers = {} if wait is None else {"Retry-After": wait}

    async def __aenter__(self) -> Answer:
        return self

    async def __aexit__(self, *_: object) -> None: ...

    async def text(self) -> str:
        return json.dumps(self._body)

    async def json(self, content_type: str = "application/json") -> Any:
        if content_type != self._kind:
            raise ContentTypeError(None, (), message=self._kind)  # type: ignore[arg-type]
        return self._body


def problem(status: int, *, retryable: bool = True, wait: str | None = "7", **more: Any) -> Answer:
    body = {"type": "/problems.html#busy", "title": "Sibuk", "status": status, "detail": "busy", "instance": "urn:uuid:1",
            "code": "busy", "errors": [], "retryable": retryable, "request_id": "1", **more}  # fmt: skip
    return Answer(status, body, "application/problem+json", wait)


class House(Crowd):
    """A crowd at a house that gives these answers; `waited` is how long it waited between them."""

    def __init__(self, *answers: Answer) -> None:
        super().__init__(self, "http://house", random.Random(1))  # type: ignore[arg-type]
        self.answers, self.waited = list(answers), list[float]()

    def request(self, *_: Any, **__: Any) -> Answer:
        return self.answers.pop(0)

    async def _pause(self, seconds: float, buying: bool) -> None:
        self.waited.append(seconds)


CREATED = Answer(201, {"id": "acc_1"}, "application/json", None)


def test_somebody_who_buys_comes_again_as_told_and_then_goes_home() -> None:
    house = House(*[problem(503)] * BUYING_TRIES, CREATED)
    with pytest.raises(WentHome):
        asyncio.run(house._ask("POST", "/v1/accounts", buying=True))
    assert (house.met.refusals, house.answers) == ({"arriving: busy": BUYING_TRIES}, [CREATED])
    assert all(7.0 <= seconds <= 10.5 for seconds in house.waited)
    assert len(set(house.waited)) == BUYING_TRIES


def test_somebody_who_has_paid_comes_again_until_there_is_an_answer() -> None:
    house = House(*[problem(503), problem(429)] * 5, CREATED)
    assert asyncio.run(house._ask("POST", "/v1/stampings")) == {"id": "acc_1"}
    assert (len(house.waited), house.met.bare) == (10, [])


@pytest.mark.parametrize(
    "answer",
    [
        Answer(502, {"message": "Internal server error"}, "application/json", "1"),
        Answer(503, {"message": "Service Unavailable"}, "application/json", "1"),
        problem(503, wait=None),
        problem(429, wait=None),
        problem(500),
        problem(503, wait="soon"),
        Answer(503, {"status": 503}, "application/problem+json", "1"),
    ],
)
def test_a_refusal_that_does_not_say_what_it_should_is_taken_down(answer: Answer) -> None:
    house = House(answer, CREATED)
    asyncio.run(house._ask("POST", "/v1/accounts"))
    assert (len(house.met.bare), house.met.refusals) == (1, {})


def test_a_final_refusal_is_wrong_and_not_tried_again() -> None:
    house = House(problem(409, retryable=False, wait=None), CREATED)
    walk = asyncio.run(house.walk())
    assert walk.wrong.startswith("AssertionError")
    assert house.answers == [CREATED]
