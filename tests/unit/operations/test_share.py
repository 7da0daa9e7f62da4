"""The shares of the two lines move once a minute, and whatever fails in between, no worker is added to what is borne."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterai.domain.errors import Busy
from meterai.domain.rows import LINES, Line, Standing
from meterai.domain.shares import Bounds, Shares, ceiling, floor, step
from meterai.operations.share_workers import share_workers
from tests.fakes.outside import MemoryWorkers
from tests.fakes.world import World

BOUNDS = Bounds(workers=240, signatures=1000, timestamps=250, write_units=4000, milliseconds=500)
MOST = BOUNDS.bearable


def minute(world: World, workers: MemoryWorkers, waited: timedelta | None) -> Shares:
    """One more minute, in which the first of a crowd has waited that long; None: nobody looked."""
    world.wait(timedelta(minutes=1))
    if waited is not None:
        oldest = world.now - waited - timedelta(minutes=1)
        standing = Standing(id=Standing.ID, kept_at=world.now, paid_waiting=5000, oldest_paid_at=oldest)
        world.ledger.project(put=[(standing.key, standing.row())])
    return share_workers(world.ledger, workers, BOUNDS, now=world.now)


def test_the_bulk_line_gives_way_while_people_wait_long_and_gets_it_back() -> None:
    world, workers = World(), MemoryWorkers()
    assert minute(world, workers, timedelta(0)) == Shares(MOST - 6 - step(MOST), 6 + step(MOST))
    for _ in range(6):
        minute(world, workers, timedelta(0))
    assert workers.now == Shares(MOST - ceiling(MOST), ceiling(MOST))
    for _ in range(6):
        minute(world, workers, timedelta(minutes=2))
    assert workers.now == Shares(MOST - floor(MOST), floor(MOST))


def test_nothing_is_moved_where_nothing_changes() -> None:
    world, workers = World(), MemoryWorkers(Shares(MOST - 20, 20))
    minute(world, workers, timedelta(seconds=10))
    assert workers.given == []


def test_where_nobody_looked_the_bulk_line_gives_way() -> None:
    world, workers = World(), MemoryWorkers(Shares(MOST - 40, 40))
    assert minute(world, workers, None).bulk == 40 - step(MOST)


@given(st.lists(st.tuples(st.integers(0, 600), st.sampled_from([frozenset(), *map(frozenset, LINES)])), max_size=30))
def test_whatever_moves_or_does_not_the_sum_stays_what_is_borne(minutes: list[tuple[int, frozenset[Line]]]) -> None:
    world, workers = World(), MemoryWorkers()
    for waited, down in minutes:
        workers.down = set(down)
        with suppress(Busy):
            minute(world, workers, timedelta(seconds=waited))
        assert workers.now.workers <= MOST
        assert workers.now.bulk >= floor(MOST)
    workers.down = set()
    assert minute(world, workers, timedelta(0)).workers == MOST


def test_a_mapping_that_does_not_move_is_tried_again_the_next_minute() -> None:
    world, workers = World(), MemoryWorkers(Shares(80, 31), down={"paid"})
    with pytest.raises(Busy):
        minute(world, workers, timedelta(minutes=5))
    assert workers.now == Shares(80, 20)
    workers.down.clear()
    assert minute(world, workers, timedelta(minutes=5)) == Shares(MOST - 9, 9)
