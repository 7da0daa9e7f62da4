"""The two lines and the workers behind them: first come, first served in each, and a share of the workers for the batches."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

import numpy as np

from bench.surge.bounds import FIRST_WORKERS, MORE_WORKERS_A_MINUTE, Bounds

SWAY = 0.03
"""How much a minute's pace strays from the mean: neighbours, networks, the authority."""


@dataclass(slots=True)
class Token:
    """One stamping that is followed: when it joined, as which of those of its second, when it was done."""

    line: str
    joined: int
    rank: int
    done: int | None = None


@dataclass(slots=True)
class Group:
    """Those who joined a line in one second."""

    joined: int
    size: int
    served: int = 0
    followed: list[Token] = field(default_factory=list)


@dataclass
class Line:
    """One line. `waits` counts stampings by whole seconds waited, `served` all that were done."""

    name: str
    groups: deque[Group] = field(default_factory=deque)
    waiting: int = 0
    joined: int = 0
    served: int = 0
    late: int = 0
    waits: dict[int, int] = field(default_factory=dict)

    def join(self, second: int, several: int, followed: list[Token]) -> None:
        self.groups.append(Group(second, several, 0, sorted(followed, key=lambda one: one.rank)))
        self.waiting += several
        self.joined += several

    def serve(self, second: int, several: int, deadline: int | None) -> list[tuple[int, int]]:
        """Do up to so many, oldest first; how many of which second were done."""
        left, done = min(several, self.waiting), []
        while left:
            group = self.groups[0]
            some = min(left, group.size - group.served)
            group.served += some
            left -= some
            done.append((group.joined, some))
            waited = second - group.joined
            self.waits[waited] = self.waits.get(waited, 0) + some
            if deadline is not None and group.joined < deadline < second:
                self.late += some
            while group.followed and group.followed[0].rank < group.served:
                group.followed.pop(0).done = second
            if group.served == group.size:
                self.groups.popleft()
        several_done = sum(some for _, some in done)
        self.waiting -= several_done
        self.served += several_done
        return done

    def oldest(self) -> int | None:
        """The second at which the first in line joined."""
        return self.groups[0].joined if self.groups else None

    def quantile(self, share: float) -> int:
        """How long so large a share of the stampings waited at most, in seconds."""
        total, seen = sum(self.waits.values()), 0
        for waited in sorted(self.waits):
            seen += self.waits[waited]
            if seen >= share * total:
                return waited
        return 0


@dataclass
class Workers:
    """Those who seal. They begin as few and become more while there is work; their pace sways from minute to minute."""

    bounds: Bounds
    dice: np.random.Generator
    several: float = FIRST_WORKERS
    carried: float = 0.0
    sway: float = 0.0

    def can(self, second: int, wanted: int) -> int:
        """How many stampings they do in this second, if so many are wanted."""
        if second % 60 == 0:
            self.sway = 0.7 * self.sway + float(self.dice.normal(0, SWAY * 0.7))
        need = wanted * self.bounds.seconds
        grown = (
            self.several + MORE_WORKERS_A_MINUTE / 60
            if need > self.several
            else max(FIRST_WORKERS, need, self.several * 0.99)
        )
        self.several = min(float(self.bounds.workers), grown)
        exact = max(0.0, self.several / self.bounds.seconds * (1 + self.sway)) + self.carried
        done = int(exact)
        self.carried = exact - done
        return done
