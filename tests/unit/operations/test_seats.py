"""Whoever wishes to wait for their stamp does so on a seat, while the line moves; else the answer comes at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from meterai.domain.errors import Busy
from meterai.domain.ledger import GateClosed
from meterai.domain.moves.seats import leave_seat, take_seat
from meterai.domain.rows import Line, Seat, Standing
from meterai.domain.seats import CLOSED_FOR, TRIES, Seating
from meterai.operations.await_stamping import SEAT_LASTS
from tests.fakes.world import START, World

ONE = Seating(seats=1, workers=50)


@dataclass
class Visit:
    """A request that wishes to wait `seconds`; the stamp is there after `worked_after` (None: never)."""

    world: World
    seating: Seating = ONE
    seconds: float = 10
    worked_after: float | None = 0.95
    line: Line = "paid"
    passed: float = 0
    meanwhile: Callable[[], None] | None = None
    status: str = field(init=False)

    def __post_init__(self) -> None:
        opened = self.world.account()
        self.world.pay(self.world.buy(opened.account.id).attempt.id)
        document = self.world.document(opened.token)
        asked = self.world.stamp(
            opened.account.id,
            document,
            line=self.line,
            wait_seconds=self.seconds,
            seating=self.seating,
            pause=self._pause,
        )
        self.status = asked.stamping.status
        self.world.wait(timedelta(seconds=self.passed + 1))

    def _pause(self, seconds: float) -> None:
        self.passed += seconds
        if self.meanwhile is not None:
            meanwhile, self.meanwhile = self.meanwhile, None
            meanwhile()
        if self.worked_after is not None and self.passed >= self.worked_after:
            self.world.work()


def test_with_a_seat_the_answer_comes_with_the_stamp_and_the_seat_is_free_again() -> None:
    world = World()
    for _ in range(3):
        visit = Visit(world)
        assert (visit.status, round(visit.passed, 1)) == ("done", 1.0)


def test_who_wishes_for_nothing_takes_no_seat() -> None:
    world = World()
    assert Visit(world, seconds=0).status == "queued"
    assert not [key for key in world.ledger.rows if key[1] == "seat"]


def test_without_a_free_seat_the_answer_comes_at_once() -> None:
    world = World()
    seen: list[Visit] = []
    first = Visit(world, meanwhile=lambda: seen.append(Visit(world)))
    assert [(one.status, one.passed) for one in seen] == [("queued", 0)]
    assert first.status == "done"


class Killed(Exception):
    """The request's function ended here."""


def dies(*_: object) -> None:
    raise Killed


@pytest.mark.parametrize("seats", [0, 1, 2, 40])
def test_never_more_wait_than_there_are_seats(seats: int) -> None:
    world = World()
    sat = 0
    for _ in range(200):
        opened = world.account()
        world.pay(world.buy(opened.account.id).attempt.id)
        document = world.document(opened.token)
        try:  # whoever sits stays there: they die on their first look
            world.stamp(opened.account.id, document, wait_seconds=10, seating=Seating(seats, 50), pause=dies)
        except Killed:
            sat += 1
    assert sat == seats


def test_whoever_died_on_a_seat_gives_it_back_when_its_time_is_over() -> None:
    world = World()
    with pytest.raises(Killed):
        Visit(world, meanwhile=dies)
    assert Visit(world).passed == 0
    world.wait(timedelta(seconds=10) + SEAT_LASTS)
    assert Visit(world).status == "done"


def test_where_the_line_stands_still_the_wish_is_given_up_after_two_seconds_and_the_seat_is_closed() -> None:
    world = World()
    visit = Visit(world, worked_after=None)
    assert (visit.status, round(visit.passed, 1)) == ("queued", 2.0)
    assert Visit(world).passed == 0
    world.wait(CLOSED_FOR)
    assert Visit(world).status == "done"


def test_partners_line_that_stands_still_closes_no_seat_to_people() -> None:
    world = World()
    assert round(Visit(world, worked_after=None, line="bulk").passed, 1) == 2.0
    assert Visit(world).status == "done"


def test_a_stamp_that_a_worker_has_is_waited_for_as_long_as_was_wished() -> None:
    world = World()
    world.timestamps.down = True
    visit = Visit(world)
    assert (visit.status, round(visit.passed, 1)) == ("sealing", 10.0)


@pytest.mark.parametrize(
    ("waiting", "waited", "kept", "sits"),
    [
        (51, timedelta(minutes=1, seconds=2), timedelta(0), False),
        (51, timedelta(minutes=1, seconds=1), timedelta(0), True),
        (50, timedelta(hours=1), timedelta(0), True),
        (51, timedelta(hours=1), timedelta(minutes=5), True),
    ],
)
def test_nobody_sits_where_people_are_known_to_wait_for_a_worker(
    waiting: int, waited: timedelta, kept: timedelta, *, sits: bool
) -> None:
    world = World()
    at = world.now - kept
    standing = Standing(id=Standing.ID, kept_at=at, paid_waiting=waiting, oldest_paid_at=at - waited)
    world.ledger.project(put=[(standing.key, standing.row())])
    assert (Visit(world).passed > 0) is sits


def test_a_table_that_does_not_answer_meanwhile_refuses_nothing_that_was_reserved() -> None:
    world = World()
    get = world.ledger.get

    def busy_once(_: object) -> None:
        world.ledger.get = get  # type: ignore[method-assign]
        raise Busy("no answer")

    def goes_down() -> None:
        world.ledger.get = busy_once  # type: ignore[method-assign, assignment]

    visit = Visit(world, worked_after=None, meanwhile=goes_down)
    assert (visit.status, round(visit.passed, 1)) == ("queued", 0.1)


def test_only_who_sits_there_gets_up() -> None:
    world = World()
    mine = Seat(id=Seat.id_of(0), stamping="stp_1", until=START)
    world.ledger.apply(take_seat(mine, None, START))
    with pytest.raises(GateClosed):
        world.ledger.apply(take_seat(mine, mine, START))
    later = START + timedelta(seconds=1)
    theirs = Seat(id=mine.id, stamping="stp_2", until=later)
    world.ledger.apply(take_seat(theirs, mine, later))
    with pytest.raises(GateClosed):
        world.ledger.apply(leave_seat(mine, START))
    world.ledger.apply(leave_seat(theirs, START))


def test_a_crowd_looks_at_a_few_seats_each_and_at_all_together() -> None:
    seating = Seating(seats=40, workers=50)
    places = [list(seating.places(f"stp_{number}")) for number in range(1000)]
    assert {len(each) for each in places} == {TRIES}
    assert {number for each in places for number in each} == set(range(40))
