"""One history: a seed becomes people, disasters and a verdict. The same seed gives the same history, step for step."""

from __future__ import annotations

import hashlib
from bisect import bisect
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from tests.simulation.aims import AIMS, AIMS_UP_TO
from tests.simulation.at_rest import judge_at_rest
from tests.simulation.house import NOTICE_TRIES, Ask, House, Person
from tests.simulation.invariants import Broken
from tests.simulation.payees import everybody_acts
from tests.simulation.payouts import PAYOUT_RACES, PAYOUT_THEMES
from tests.simulation.people import Crowd
from tests.simulation.races import RACES
from tests.simulation.themes import THEMES

CALLS = 25
"""A history has at least so many remote calls before it may come to rest."""
CALLS_AT_MOST = 80
CALLS_WHEN_AIMED = 45
PROCESSES = 5
ROUNDS_TO_REST = 40
BEGINNINGS = (*THEMES, *RACES, *PAYOUT_THEMES, *PAYOUT_RACES)
TOLD = 0.3
"""How eager `tell` is: what it does matters less than that it lags."""
AIMED = 0.8
"""The share of histories that aim a fault at one call site that few histories reach."""
PORTS = ("table", "provider", "sealed", "sources", "queue", "payouts", "executions", "entries", "witness", "key")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a history: `broken` names the invariant that did not hold, or is None."""

    seed: int
    calls: int
    befallen: list[tuple[str, str, str]]
    visited: dict[tuple[str, str], int]
    broken: str | None
    digest: str | None


@dataclass
class _Trace:
    """A hash over every step, to compare two runs of one seed; `lines` when somebody wants to read it."""

    digest: Any = field(default_factory=hashlib.sha256)
    lines: Callable[[str], None] | None = None

    def __call__(self, line: str) -> None:
        self.digest.update(line.encode() + b"\n")
        if self.lines:
            self.lines(line)


def history(seed: int, *, traced: bool = False, lines: Callable[[str], None] | None = None) -> Outcome:
    """Run the history of one seed. Never raises for what it finds: that is the outcome."""
    trace = _Trace(lines=lines) if traced or lines else None
    house = House(seed, tell=trace)
    broken = None
    try:
        crowd = Crowd(house)
        _begin(house, crowd)
        _disaster(house)
        _rest(house)
        judge_at_rest(house, crowd)
    except Broken as found:
        broken = str(found)
    finally:
        for invocation, _ in house.ready:
            invocation.kill()
    if trace:
        trace(f"{broken} {sorted(house.table.rows)}")
    network = house.network
    return Outcome(
        seed, network.calls, network.befallen, network.visited, broken, trace.digest.hexdigest() if trace else None
    )


def _begin(house: House, crowd: Crowd) -> None:
    """Who is there, what they had before, and what will go wrong."""
    dice, plan = house.dice, house.network.plan
    plan.forced = dice.randrange(1, CALLS - 8)
    if dice.random() < AIMED:
        scene, plan.target = AIMS[bisect(AIMS_UP_TO, dice.random() * AIMS_UP_TO[-1])]
        scene(crowd)
    else:
        plan.focus = BEGINNINGS[int(dice.random() * len(BEGINNINGS))](crowd)
    if dice.random() < 0.1:
        plan.outage = PORTS[int(dice.random() * len(PORTS))]
        plan.outage_from = dice.randrange(0, 30)
        plan.outage_until = plan.outage_from + dice.randrange(4, 25)
    house.network.quiet = False


def _disaster(house: House) -> None:
    """Everybody at once, until the scripts are over and enough has been called."""
    dice, network, ready = house.dice, house.network, house.ready
    enough = dice.randrange(CALLS, CALLS_WHEN_AIMED if network.plan.target else CALLS_AT_MOST)
    while network.calls < enough:
        if ready and (len(ready) >= PROCESSES or dice.random() < 0.8):
            house.turn(int(dice.random() * len(ready)))
            continue
        starts = _starts(house)
        if starts:
            starts[int(dice.random() * len(starts))]()
        elif not ready:
            house.pass_time(timedelta(seconds=dice.choice((1, 31, 31, 70, 700, 50_000))))
            if dice.random() < 0.05:
                house.chain_late()
            elif dice.random() < 0.4:
                house.sweep("due" if dice.random() < 0.2 else "open")
    network.quiet = True


def _starts(house: House) -> list[Callable[[], None]]:
    """What could begin now."""
    now, dice, network = house.now, house.dice, house.network
    starts: list[Callable[[], None]] = []
    for reader, shards in enumerate(house.streams):
        for shard, changes in enumerate(shards):
            if changes and (reader, shard) not in house.reading and (reader == 0 or dice.random() < TOLD):
                starts.append(lambda r=reader, s=shard: house.read_stream(r, s))  # type: ignore[misc]
    starts.extend(
        lambda m=message: house.deliver_message(m)  # type: ignore[misc]
        for message in house.line.messages
        if message.visible_at <= now or dice.random() < 0.02
    )
    starts.extend(
        lambda n=notice: house.deliver_notice(n)  # type: ignore[misc]
        for notice in house.notices
        if notice.tries < NOTICE_TRIES
    )
    starts.extend(
        lambda n=name: house.advance(n)  # type: ignore[misc]
        for name, due in house.clocks.due.items()
        if due is not None and due <= now
    )
    starts.extend(
        lambda p=person: _next(house, p)  # type: ignore[misc]
        for person in house.people
        if not person.gone and person.awaited == 0
    )
    if network.packets:
        starts.append(lambda: _arrive(house))
    if house.recorded.messages:
        starts.append(house.chain)
    if starts and dice.random() < 0.06:
        starts.append(lambda: house.sweep("open"))
    if dice.random() < 0.1:
        starts.append(lambda: house.pass_time(timedelta(seconds=dice.choice((1, 5, 31)))))
    return starts


def _arrive(house: House) -> None:
    packets = house.network.packets
    packet = packets.pop(int(house.dice.random() * len(packets)))
    house.network.deliver(packet)


def _next(house: House, person: Person) -> None:
    """A person goes on with their script."""
    answer, person.answer = person.answer, None
    try:
        asked: Ask | None = person.script.send(answer)
    except StopIteration:
        person.gone = True
        return
    if asked is None:
        return

    def ended(outcome: Any) -> None:
        person.awaited -= 1
        lost = outcome[0] == "answered" and house.dice.random() < 0.05
        person.answer = ("lost", None) if lost or outcome[0] == "crashed" else outcome

    for _ in range(asked.copies):
        person.awaited += 1
        house.invoke(asked.name, asked.work, ended)


# Rest ----------------------------------------------------------------------------------------------------------------------


def _rest(house: House) -> None:
    """The disaster is over: what was in flight ends or is dead, the sweep comes by, clocks ring, until nothing moves."""
    network = house.network
    house.provider.refuses = house.banks.refuses = 0.0
    house.banks.names_outage, house.banks.always = False, None
    while house.ready:
        if house.dice.random() < 0.5:
            house.ready[0][0].kill()
        house.turn(0)
    while network.packets:
        network.deliver(network.packets.pop(0))
    for day in range(ROUNDS_TO_REST):
        before = house.sequence
        _drain(house)
        house.now += timedelta(days=8 if day else 1)  # the last day on which a provider settles is the seventh
        house.sweep("open")
        house.chain_late()
        _finish(house)
        if house.sequence == before and not any(house.clocks.due.values()):
            break
    else:
        raise Broken("it does not come to rest")


def _finish(house: House) -> None:
    while house.ready:
        house.turn(0)


def _drain(house: House) -> None:
    """Everything that runs by itself runs, without faults, until it has nothing to do."""
    for notice in house.notices:
        if not notice.kept:
            house.deliver_notice(notice)
            _finish(house)
    house.notices = [notice for notice in house.notices if not notice.kept]
    for _ in range(ROUNDS_TO_REST):
        moved = False
        for reader, shards in enumerate(house.streams):
            for shard, changes in enumerate(shards):
                while changes:
                    moved = True
                    house.read_stream(reader, shard)
                    _finish(house)
        for message in list(house.line.messages):
            moved = True
            house.deliver_message(message)
            _finish(house)
            if message in house.line.messages:
                house.line.messages.remove(message)  # tried once: the sweep sends another when it is still wanted
        for name, due in list(house.clocks.due.items()):
            if due is not None and due <= house.now:
                moved = True
                house.advance(name)
                _finish(house)
        if house.recorded.messages:
            moved = True
            house.chain()
            _finish(house)
        if not moved and not everybody_acts(house):
            return
    raise Broken("it goes round in circles")
