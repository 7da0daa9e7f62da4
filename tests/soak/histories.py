"""Running histories: dry ones that count the calls, then one for every call of every scenario and every fault, then pairs."""

from __future__ import annotations

import time
import traceback
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from typing import NamedTuple

from tests.soak.books import judge, rest
from tests.soak.faults import CONFLICTING, Fault, Saboteur, Site, sabotage_boto, sabotage_httpx
from tests.soak.functions import Clock, Functions
from tests.soak.house import House
from tests.soak.life import Life
from tests.soak.scenarios import SCENARIOS

Plan = dict[int, Fault]


class History(NamedTuple):
    """What happens, and which calls fail how."""

    scenario: int
    plan: Plan

    def __str__(self) -> str:
        faults = ", ".join(f"{fault} at call {number}" for number, fault in sorted(self.plan.items()))
        return f"{SCENARIOS[self.scenario]}: {faults or 'nothing fails'}"


@dataclass
class Outcome:
    """What came of one history."""

    calls: list[Site]
    struck: list[tuple[Site, Fault]]
    seconds: float
    deaths: int
    broken: str | None = None
    unforeseen: list[str] = field(default_factory=list)


class Soak:
    """A house, its functions, and what befalls their calls."""

    def __init__(self, house: House, seed: int) -> None:
        self.house, self.seed = house, seed
        clock = Clock()
        self.saboteur = Saboteur(clock.now)
        sabotage_boto(self.saboteur)
        sabotage_httpx(self.saboteur, house.origins)
        self.functions = Functions(house.environment, self.saboteur, clock)

    def run(self, history: History, number: int) -> Outcome:
        """One history from an empty ledger to rest, and judged."""
        began, deaths = time.monotonic(), self.functions.deaths
        self.house.clear()
        self.functions.unforeseen.clear()
        self.saboteur.start(history.plan)
        broken = None
        calls: list[Site] = []
        road = SCENARIOS[history.scenario]
        self.functions.prefer(road.provider)
        try:
            life = Life(self.house, self.functions, self.saboteur, f"{self.seed}-{number}")
            road.play(life)
            calls = list(self.saboteur.calls)
            rows = rest(life)
            self.saboteur.plan = {}
            judge(life, rows)
        except Exception:
            broken = traceback.format_exc()
        return Outcome(
            calls=calls or list(self.saboteur.calls),
            struck=list(self.saboteur.struck),
            seconds=time.monotonic() - began,
            deaths=self.functions.deaths - deaths,
            broken=broken,
            unforeseen=list(self.functions.unforeseen),
        )


def marked(calls: list[Site]) -> str:
    """A scenario's calls, a letter each: those that can conflict are c."""
    return "".join("c" if site.operation in CONFLICTING else "-" for site in calls)


def histories(scenarios: list[str], seed: int) -> Iterator[History]:
    """First every call of every scenario with every fault, in an order that spreads over all; then pairs drawn by seed.
    `scenarios` are the marked calls of each."""

    def faults(mark: str) -> list[Fault]:
        return [fault for fault in Fault if mark == "c" or fault is not Fault.CONFLICT]

    singles = [
        History(scenario, {number: fault})
        for scenario, marks in enumerate(scenarios)
        for number, mark in enumerate(marks)
        for fault in faults(mark)
    ]
    dice = Random(seed)
    dice.shuffle(singles)
    yield from singles
    while True:
        scenario = dice.randrange(len(scenarios))
        marks = scenarios[scenario]
        numbers = (dice.randrange(len(marks)) for _ in range(2))
        yield History(scenario, {number: dice.choice(faults(marks[number])) for number in numbers})
