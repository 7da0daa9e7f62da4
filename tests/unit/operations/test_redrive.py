"""Dead letters are sent again, and nothing that is sent again stamps twice."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from meterai.domain.ledger import Move
from meterai.domain.rows import Line
from meterai.operations.redrive import Redriven, redrive
from tests.fakes.outside import MemoryDeadLetters
from tests.fakes.world import World


class Killed(Exception):
    """The worker's environment ended here."""


def died(world: World, line: Line = "paid", *, before: str = "") -> tuple[str, MemoryDeadLetters]:
    """A stamping whose message was received too often, and whose last worker died before this move."""
    opened = world.account()
    world.pay(world.buy(opened.account.id).attempt.id)
    asked = world.stamp(opened.account.id, world.document(opened.token), line=line).stamping
    world.flow()
    apply = world.ledger.apply

    def dies(move: Move) -> None:
        if move.name == before:
            raise Killed
        apply(move)

    world.ledger.apply = dies  # type: ignore[method-assign]
    with pytest.raises(Killed):
        world.seal(asked.id)
    world.ledger.apply = apply  # type: ignore[method-assign]
    world.queue.messages.clear()
    world.queue.lines.clear()
    dead = MemoryDeadLetters()
    dead.die(asked.id)
    return asked.id, dead


@pytest.mark.parametrize("line", ["paid", "bulk"])
def test_a_dead_letter_is_sent_to_its_stampings_line_and_is_gone(line: Line) -> None:
    world = World()
    stamping, dead = died(world, line, before="assign")
    assert redrive(world.ledger, dead, world.queue) == Redriven(sent=1)
    assert (world.queue.lines, dead.letters) == ({stamping: line}, {})
    world.work()
    assert world.stamping(stamping).status == "done"


@pytest.mark.parametrize("before", ["assign", "commit"])
def test_a_stamping_whose_worker_died_and_that_is_redriven_again_and_again_is_one_stamp(before: str) -> None:
    world = World()
    stamping, dead = died(world, before=before)
    dead.die(stamping, stamping)
    assert redrive(world.ledger, dead, world.queue) == Redriven(sent=3)
    world.wait(timedelta(minutes=1))  # the dead worker's lease is over
    world.work()
    dead.die(stamping, stamping)
    assert redrive(world.ledger, dead, world.queue) == Redriven(ended=2)
    world.work()
    done = world.stamping(stamping)
    assert (done.status, world.sealer.calls, len(world.sealed.files)) == ("done", 1, 1)
    quota = world.quota(done.account)
    assert (quota.available, quota.reserved, quota.used) == (0, 0, 1)
    affixed = [key for key, row in world.ledger.rows.items() if key[1] == "serial" and row["state"] == "affixed"]
    assert affixed == [(done.serial, "serial")]


def test_a_worker_that_lives_is_not_disturbed_by_a_redrive() -> None:
    world = World()
    stamping, dead = died(world, before="commit")
    redrive(world.ledger, dead, world.queue)
    world.work()  # the lease lives: the message comes again
    assert (world.stamping(stamping).status, world.sealer.calls) == ("sealing", 1)
    world.wait(timedelta(minutes=1))
    world.sweep()
    world.work()
    assert world.stamping(stamping).status == "done"
    assert world.sealer.calls == 1


def test_whoever_dies_between_sending_and_removing_leaves_the_letter_where_it_was() -> None:
    world = World()
    stamping, dead = died(world, before="assign")

    def killed(_: Any) -> None:
        raise Killed

    drop, dead.drop = dead.drop, killed  # type: ignore[method-assign, assignment]
    with pytest.raises(Killed):
        redrive(world.ledger, dead, world.queue)
    dead.drop = drop  # type: ignore[method-assign]
    dead.seen_again()
    assert redrive(world.ledger, dead, world.queue) == Redriven(sent=1)
    world.work()
    assert (world.stamping(stamping).status, world.sealer.calls) == ("done", 1)


def test_letters_that_name_no_stamping_stay_for_somebody_to_read() -> None:
    world, dead = World(), MemoryDeadLetters()
    dead.die(None, "stp_unknown", *[None] * 20)
    assert redrive(world.ledger, dead, world.queue) == Redriven(unknown=22)
    assert len(dead.letters) == 22
    assert world.queue.messages == []
