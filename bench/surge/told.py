"""What people are told of their turn, held against what came: some stampings are followed from look to look.

Whoever waits reads room.json, the later again the further off their turn is, and works their estimate out as the page does. An
estimate is kept if the turn comes inside its range. A promise (its late end) is broken silently if it passes without a later
one, or "nobody knows", having been read before.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from bench.surge.lines import Token
from meterai.domain.waiting_room import Estimate

NEAREST, FURTHEST, PART = 10, 120, 6
"""How soon and how late somebody looks again, in seconds: a sixth of the early end (web/page/queue.js), jittered by a
quarter."""
UNKNOWN_AGAIN = 60
Told = Callable[[Token, int], Estimate | None]
"""What a token's holder reads at a second."""


@dataclass(slots=True)
class Look:
    """One look: when, and what it said."""

    second: int
    told: Estimate | None


@dataclass
class Followed:
    """The tokens that are followed, and all their looks."""

    dice: np.random.Generator
    tokens: list[Token] = field(default_factory=list)
    looks: dict[int, list[Look]] = field(default_factory=lambda: defaultdict(list))
    due: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))

    def follow(self, token: Token) -> None:
        self.due[token.joined].append(len(self.tokens))
        self.tokens.append(token)

    def look(self, second: int, told: Told) -> None:
        """Let everybody look whose time it is and who waits still."""
        for number in self.due.pop(second, ()):
            token = self.tokens[number]
            if token.done is not None:
                continue
            estimate = told(token, second)
            self.looks[number].append(Look(second, estimate))
            again = UNKNOWN_AGAIN if estimate is None else min(FURTHEST, max(NEAREST, estimate.p10 // PART))
            self.due[second + max(1, round(again * self.dice.uniform(0.75, 1.25)))].append(number)

    # What came of it -----------------------------------------------------------------------------------------------------

    def judged(self, line: str) -> dict[str, float | int]:
        """How many looks of one line said something, what share of that held the truth, and how many promises were broken
        silently."""
        said = held = unknown = 0
        mine = [number for number in self.looks if self.tokens[number].line == line]
        for number in mine:
            done = self.tokens[number].done
            if done is None:
                continue
            for look in self.looks[number]:
                if look.told is None:
                    unknown += 1
                    continue
                said += 1
                held += look.told.p10 <= done - look.second <= look.told.p90
        return {
            "followed": len(mine),
            "looks": said + unknown,
            "unknown": unknown,
            "held": round(held / said, 4) if said else 1.0,
            "passed": sum(len(self._broken(number)) for number in mine),
            "silently_broken": sum(self._silent(number) for number in mine),
        }

    def _broken(self, number: int) -> list[Look]:
        """Looks whose promise passed before the turn came."""
        done = self.tokens[number].done
        return [
            one
            for one in self.looks[number]
            if one.told is not None and done is not None and done > one.second + one.told.p90
        ]

    def _silent(self, number: int) -> int:
        silent = 0
        for look in self._broken(number):
            assert look.told is not None
            until = look.second + look.told.p90
            silent += not any(
                look.second < later.second <= until and (later.told is None or later.second + later.told.p90 > until)
                for later in self.looks[number]
            )
        return silent

    def points(self, line: str, most: int) -> list[tuple[int, int, int, int]]:
        """Some first looks of one line that said something, for a plot: when, the range, and the truth."""
        first = [
            (looks[0].second, looks[0].told.p10, looks[0].told.p90, done - looks[0].second)
            for number, looks in sorted(self.looks.items())
            if self.tokens[number].line == line
            and looks[0].told is not None
            and (done := self.tokens[number].done) is not None
        ]
        step = max(1, len(first) // most)
        return sorted(first)[::step]
