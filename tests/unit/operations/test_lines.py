"""Stampings wait in two lines: people's, and partners' batches. Which one is decided once, when a piece is reserved."""

from __future__ import annotations

from datetime import timedelta

import pytest

from meterai.domain.outbox import SendToSeal, work
from meterai.domain.rows import Line, Stamping, line_of
from meterai.runtime.http import Caller
from tests.fakes.world import World


def asked(world: World, line: Line) -> Stamping:
    opened = world.account()
    world.pay(world.buy(opened.account.id).attempt.id)
    return world.stamp(opened.account.id, world.document(opened.token), line=line).stamping


@pytest.mark.parametrize(("kind", "line"), [("account", "paid"), ("partner", "bulk"), ("officer", "paid")])
def test_partners_batches_have_a_line_of_their_own(kind: str, line: Line) -> None:
    assert line_of(kind) == Caller("acc_1", kind, frozenset()).line == line


@pytest.mark.parametrize("line", ["paid", "bulk"])
def test_a_stamping_is_sent_to_its_line_and_to_no_other_when_it_is_sent_again(line: Line) -> None:
    world = World()
    stamping = asked(world, line)
    world.flow()
    assert world.queue.lines == {stamping.id: line}
    world.queue.lines.clear()
    world.wait(timedelta(minutes=11))
    world.sweep()
    assert world.queue.lines == {stamping.id: line}


@pytest.mark.parametrize("line", ["paid", "bulk"])
def test_a_stamping_whose_worker_died_goes_back_into_its_own_line(line: Line) -> None:
    world = World()
    stamping = asked(world, line)
    world.flow()
    world.timestamps.down = True
    world.work()
    world.timestamps.down = False
    assert world.stamping(stamping.id).status == "sealing"
    world.queue.lines.clear()
    world.wait(timedelta(minutes=1))
    world.sweep()
    world.flow()
    assert world.queue.lines == {stamping.id: line}
    world.work()
    assert world.stamping(stamping.id).status == "done"


def test_a_stamping_kept_before_there_were_lines_is_a_persons() -> None:
    world = World()
    stamping = asked(world, "bulk")
    row = {name: value for name, value in stamping.row().items() if name != "line"}
    assert next(work(stamping.key, None, row)) == SendToSeal(stamping.id, "paid")
