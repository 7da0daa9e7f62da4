"""Breadth first through every state that a system can reach; a broken invariant comes with the shortest way to it."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from time import process_time
from typing import NamedTuple, Protocol

State = tuple[int, ...]


class Step(NamedTuple):
    """One way on. `whim`: something that may never happen (a fault, a change of mind); nobody may have to rely on it."""

    whim: bool
    label: str
    state: State


class System(Protocol):
    """What is explored. `steps` raises Broken when a step breaks an invariant."""

    def beginning(self) -> State: ...

    def steps(self, state: State) -> Iterable[Step]: ...

    def judge(self, state: State) -> None:
        """Raises Broken when the state breaks an invariant."""

    def ended(self, state: State) -> bool:
        """Whether everything has come to its end."""


class Broken(Exception):
    """An invariant is broken, by this step."""

    def __init__(self, invariant: str, label: str = "") -> None:
        super().__init__(f"{invariant} (after {label})" if label else invariant)
        self.invariant = invariant
        self.label = label


@dataclass(frozen=True)
class Explored:
    """What was found, in how many seconds of one core. `broken` is the first invariant that is broken, or that a state is
    stuck; `trace` leads to it."""

    states: int
    transitions: int
    depth: int
    seconds: float
    finished: bool
    ended: int = 0
    broken: str | None = None
    trace: tuple[str, ...] = ()


@dataclass
class _Seen:
    states: list[State]
    parents: array[int]
    sources: array[int]
    targets: array[int]


def explore(
    system: System, *, most: int | None = None, progress: Callable[[int, int, int], object] = lambda *_: None
) -> Explored:
    """Explore a system whole, or up to `most` states. `progress` is told states, transitions and depth now and then.

    Of a system explored whole, every state is asked whether everything can still come to its end without whims."""
    began = process_time()
    first = system.beginning()
    seen = _Seen([first], array("q", [-1]), array("q"), array("q"))
    numbers = {first: 0}
    transitions = depth = at = 0
    horizon = 1
    try:
        system.judge(first)
        while at < len(seen.states) and (most is None or len(seen.states) < most):
            if at == horizon:
                depth, horizon = depth + 1, len(seen.states)
            for whim, _, state in system.steps(seen.states[at]):
                transitions += 1
                number = numbers.get(state)
                if number is None:
                    number = numbers[state] = len(seen.states)
                    seen.states.append(state)
                    seen.parents.append(at)
                    system.judge(state)
                if not whim and number != at:
                    seen.sources.append(at)
                    seen.targets.append(number)
            at += 1
            if at % 10_000 == 0:
                progress(len(seen.states), transitions, depth)
    except Broken as broken:
        culprit = at if broken.label else len(seen.states) - 1
        trace = (*_trace(system, seen, culprit), *([broken.label] if broken.label else []))
        spent = process_time() - began
        return Explored(len(seen.states), transitions, depth, spent, False, broken=broken.invariant, trace=trace)
    finished = at == len(seen.states)
    ends = bytearray(system.ended(state) for state in seen.states) if finished else bytearray()
    ended = sum(ends)
    stuck = _stuck(seen, ends) if finished else None
    return Explored(
        len(seen.states),
        transitions,
        depth,
        process_time() - began,
        finished,
        ended,
        "stuck: from here nothing leads to an end" if stuck is not None else None,
        _trace(system, seen, stuck) if stuck is not None else (),
    )


def _stuck(seen: _Seen, ends: bytearray) -> int | None:
    """The first state from which no end can be reached, if there is one."""
    changed = True
    while changed:
        changed = False
        for edge in range(len(seen.sources) - 1, -1, -1):  # most steps lead on: backwards, few rounds are needed
            if ends[seen.targets[edge]] and not ends[seen.sources[edge]]:
                ends[seen.sources[edge]] = changed = True
    return None if all(ends) else ends.index(0)


def _trace(system: System, seen: _Seen, at: int) -> tuple[str, ...]:
    """The labels of the steps that lead to a state."""
    way = [at]
    while (parent := seen.parents[way[-1]]) >= 0:
        way.append(parent)
    labels = []
    for source, target in zip(way[:0:-1], way[-2::-1], strict=True):
        wanted = seen.states[target]
        labels.append(next(step.label for step in system.steps(seen.states[source]) if step.state == wanted))
    return tuple(labels)
