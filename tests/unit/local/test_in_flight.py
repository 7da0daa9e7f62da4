"""Requests in flight at the local origin: no kind takes another's slots, bursts wait a moment, crowds are refused."""

from __future__ import annotations

import asyncio
import functools
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest

from local.in_flight import COME_AGAIN, LINE, LONGEST_REST_SECONDS, RESTS, InFlight, Kind, come_again, kind_of, slots

FOREVER = 3600.0


def in_a_loop(test: Callable[..., Awaitable[None]]) -> Callable[..., None]:
    """A test that is a coroutine, run to its end."""

    @functools.wraps(test)
    def run(*arguments: Any, **named: Any) -> None:
        asyncio.run(test(*arguments, **named))  # type: ignore[arg-type]

    return run


@pytest.mark.parametrize(
    ("method", "path", "kind"),
    [
        ("POST", "/v1/payments/midtrans", "notification"),
        ("POST", "/v1/payments/xendit?x=1", "notification"),
        ("POST", "/v1/accounts", "arriving"),
        ("POST", "/v1/invoices", "buying"),
        ("POST", "/v1/invoices/inv_1/payments", "buying"),
        ("POST", "/v1/checkouts", "arriving"),
        ("GET", "/v1/invoices/inv_1", "reading"),
        ("GET", "/v1/stampings/stp_1", "reading"),
        ("GET", "/v1/quota", "reading"),
        ("POST", "/v1/documents", "work"),
        ("POST", "/v1/stampings", "work"),
        ("POST", "/v1/refunds", "work"),
        ("POST", "/v1/accounts/confirmations", "work"),
        ("DELETE", "/v1/documents/doc_1", "work"),
        ("GET", "/v1/status", "looking"),
        ("POST", "/v1/verifications", "looking"),
        ("GET", "/v1/serials/0123456789ABCDEFGHIJKL", "looking"),
        ("GET", "/V/0123456789ABCDEFGHIJKL", "looking"),
        ("GET", "/v/0123456789abcdefghijkl?lang=en", "looking"),
        ("GET", "/v1/", "reading"),
    ],
)
def test_what_a_request_is_for(method: str, path: str, kind: Kind) -> None:
    assert kind_of(method, path) == kind


def test_seats_grow_with_the_processors_and_there_are_48_for_two() -> None:
    assert sum(slots(2).values()) == 48
    assert all(number >= 1 for number in slots(1).values())
    assert slots(0) == slots(1)
    paid = min(slots(2)[kind] for kind in ("reading", "work", "notification"))
    assert slots(2)["arriving"] < slots(2)["buying"] < paid


async def _enter(limit: InFlight, kind: Kind, leave: asyncio.Event, found: list[bool]) -> None:
    async with limit.slot(kind) as slot:
        found.append(slot is not None)
        if slot is not None:
            await leave.wait()


async def _until_free(limit: InFlight, slots: dict[Kind, int]) -> None:
    for _ in range(10_000):
        if limit.free == slots:
            return
        await asyncio.sleep(0)


async def _settled() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


@in_a_loop
async def test_buyers_never_take_a_seat_of_those_who_have_paid() -> None:
    limit, leave = InFlight({"buying": 1, "work": 1}, FOREVER), asyncio.Event()
    buying: list[bool] = []
    working: list[bool] = []
    buyers = [asyncio.create_task(_enter(limit, "buying", leave, buying)) for _ in range(1 + LINE + 3)]
    await _settled()
    assert Counter(buying) == {True: 1, False: 3}
    worker = asyncio.create_task(_enter(limit, "work", leave, working))
    await _settled()
    assert working == [True]
    leave.set()
    await asyncio.gather(worker, *buyers)
    await _until_free(limit, {"buying": 1, "work": 1})
    assert Counter(buying) == {True: 1 + LINE, False: 3}
    assert limit.free == {"buying": 1, "work": 1}


@in_a_loop
async def test_who_waits_in_vain_is_refused_and_takes_nothing() -> None:
    limit, leave = InFlight({"work": 1}, 0.0), asyncio.Event()
    found: list[bool] = []
    first = asyncio.create_task(_enter(limit, "work", leave, found))
    await _settled()
    await _enter(limit, "work", leave, found)
    assert found == [True, False]
    leave.set()
    await first
    await _settled()
    await _enter(limit, "work", leave, found)
    await _settled()
    assert (found, limit.free) == ([True, False, True], {"work": 1})


@in_a_loop
async def test_first_come_first_served() -> None:
    limit = InFlight({"reading": 1}, FOREVER)
    order: list[int] = []

    async def come(name: int) -> None:
        async with limit.slot("reading") as slot:
            assert slot is not None
            order.append(name)
            await asyncio.sleep(0)

    await asyncio.gather(*(come(name) for name in range(LINE)))
    assert order == list(range(LINE))


@pytest.mark.parametrize("given_a_slot", [False, True])
@in_a_loop
async def test_who_hangs_up_in_line_leaves_no_seat_taken(given_a_slot: bool) -> None:
    limit, leave = InFlight({"work": 1}, FOREVER), asyncio.Event()
    found: list[bool] = []
    first = asyncio.create_task(_enter(limit, "work", leave, found))
    await _settled()
    waiting = asyncio.create_task(_enter(limit, "work", leave, found))
    await _settled()
    if given_a_slot:
        leave.set()
        while limit._lines["work"]:  # until the slot is the waiting one's, who has not been told yet
            await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    leave.set()
    await first
    await _settled()
    assert found == [True]
    assert limit.free == {"work": 1}


@in_a_loop
async def test_a_failure_in_the_block_gives_the_seat_back() -> None:
    limit = InFlight({"work": 1})
    with pytest.raises(RuntimeError):
        async with limit.slot("work"):
            raise RuntimeError
    await _settled()
    assert limit.free == {"work": 1}


def test_those_refused_together_are_spread_and_buyers_stay_away_for_longer() -> None:
    ids = [str(UUID(int=number)) for number in range(1000)]
    for kind, (first, last) in COME_AGAIN.items():
        assert {come_again(kind, id) for id in ids} == set(range(first, last + 1))
    for kind in ("buying", "arriving"):
        assert COME_AGAIN[kind][0] >= COME_AGAIN["work"][1]


@pytest.mark.parametrize(
    ("kind", "took", "made_work", "rest"),
    [
        ("arriving", 0.4, True, 0.4 * RESTS["arriving"]),
        ("buying", 0.4, True, 0.4 * RESTS["buying"]),
        ("arriving", 9.0, True, LONGEST_REST_SECONDS),
        ("arriving", 0.4, False, 0.0),
        ("work", 0.4, True, 0.0),
    ],
)
@in_a_loop
async def test_the_slower_the_house_the_longer_a_slot_rests_after_somebody_was_let_in(
    kind: Kind, took: float, made_work: bool, rest: float
) -> None:
    loop, limit = asyncio.get_running_loop(), InFlight({kind: 1}, FOREVER)
    clock, later = [100.0], list[Any]()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loop, "time", lambda: clock[0])
        patch.setattr(loop, "call_later", lambda seconds, *call: later.append((seconds, call)))
        async with limit.slot(kind) as slot:
            assert slot is not None
            slot.made_work = made_work
            clock[0] += took
    ((seconds, (give_back, *given)),) = later
    assert seconds == pytest.approx(rest)
    assert limit.free == {kind: 0}
    give_back(*given)
    assert limit.free == {kind: 1}
