"""The crowd on its way to the line: who comes, buys, pays and asks for stamps, and whom the gateway tells to come again.

Everybody is counted in cohorts of one second. Two ways lead to a line: people buy, pay and bring their documents; partners
bring theirs in batches. Every request passes the gateway's bucket; a refused one comes again, as `Retry-After` says.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from bench.surge.days import Day

Counts = NDArray[np.int64]
PIECES = np.array([1, 2, 3])
SHARES = np.array([0.5, 0.375, 0.125])
"""How many pieces people buy: 1.625 in the mean, 6.5 million stamps for 4 million applicants (../shared/FACTS.md)."""
CODE_SECONDS = 900
ABANDONED = 0.08
"""The share of codes that nobody pays."""
KEPT_FOR_LATER = 0.05
"""The share of pieces that are bought and not used in these days."""
BATCH = 200
BUYING_CALLS, ASKING_CALLS, ENDING_CALLS, BATCH_CALLS = 2, 3, 1, 4
"""Requests to buy (account, invoice), to ask for a stamp (announce, examine, ask), to fetch it, and all of these for a
partner's."""
LOOK_EVERY = 8
"""How often somebody whose code is open looks whether the payment has come (web/page/api.js: from 1 s to 10 s), in seconds."""
AGAIN = (5, 18)
"""When a request that the gateway refused comes again, in seconds (template.yaml: Retry-After 5; web/page/api.js: 1.7 times as
late each time, and jittered)."""
SOLD_OUT_AGAIN, SOLD_OUT_PATIENCE = (60, 600), 0.7
"""When somebody comes again for whom nothing was left to sell, and how many of them do."""


def _spread(median: float, sigma: float, most: int, bins: int) -> tuple[Counts, NDArray[np.float64]]:
    """A log-normal delay in so many bins of seconds, with their shares."""
    edges = np.unique(np.round(np.geomspace(max(2.0, median / 8), most, bins)).astype(int))
    middle = np.log(edges / median)
    weight = np.exp(-(middle**2) / (2 * sigma**2)) * np.gradient(np.log(edges))
    return edges.astype(np.int64), weight / weight.sum()


PAYS_AFTER = _spread(70, 0.8, CODE_SECONDS - 10, 24)
ASKS_AFTER = _spread(90, 0.9, 1_800, 24)


@dataclass
class Crowd:
    """Everybody who is not in a line yet. All numbers are pieces, but for `trying` and what is called a person."""

    day: Day
    dice: np.random.Generator
    length: int
    came: int = 0
    turned_away: int = 0
    sold: int = 0
    abandoned: int = 0
    paid: int = 0
    asked: int = 0
    paying_people: int = 0
    unseen: int = 0
    refused_calls: int = 0
    door_seconds: int = 0
    sold_out: int = 0
    open_codes: dict[int, int] = field(default_factory=lambda: defaultdict(int))

    def __post_init__(self) -> None:
        slots = self.length + 4_000
        people = self.day.wanted() * (1 - self.day.of_partners) / float(PIECES @ SHARES)
        fresh = 1 - self.day.bought
        self._come = np.zeros(slots, np.int64)
        self._come[: self.day.seconds] = self.dice.poisson(people * fresh)
        self._buy = np.zeros(slots, np.int64)
        self._ask = np.zeros(slots, np.int64)
        stock = self.dice.poisson(self.day.wanted() * (1 - self.day.of_partners) * self.day.bought)
        self._ask[: self.day.seconds] = stock
        self.stock = int(stock.sum())
        self._bring = np.zeros(slots, np.int64)
        batches = self.dice.poisson(self.day.wanted() * self.day.of_partners / BATCH)
        self._bring[: self.day.seconds] = batches * BATCH
        self._pay: dict[int, list[tuple[int, Counts]]] = defaultdict(list)
        self._expire: dict[int, list[tuple[int, int]]] = defaultdict(list)
        self._fetch = np.zeros(slots, np.int64)
        self._tokens = float(self.day.api_a_second // 2)
        self.later = 0
        self._kept = 0

    # One second ----------------------------------------------------------------------------------------------------------

    def step(self, second: int, admission: int | None, sums: dict[str, int]) -> tuple[int, int]:
        """What happens in one second; how many stampings join the paid and the bulk line. `sums` takes what the rows that
        change count for, by the names of domain/tally.py."""
        self.came += int(self._come[second])
        self._buy[second] += self._come[second]
        self._settle(second, sums)
        buying, asking = int(self._buy[second]), int(self._ask[second])
        bringing, fetching = int(self._bring[second]), int(self._fetch[second])
        looking = (self.paying_people + self.unseen) / LOOK_EVERY
        calls = BUYING_CALLS * buying + ASKING_CALLS * asking + BATCH_CALLS * bringing + ENDING_CALLS * fetching
        have = self._tokens + self.day.api_a_second
        share = min(1.0, have / calls) if calls else 1.0
        bought, asked, brought = (self._let_in(second, wheel, share) for wheel in (self._buy, self._ask, self._bring))
        fetched = self._let_in(second, self._fetch, share)
        used = BUYING_CALLS * bought + ASKING_CALLS * asked + BATCH_CALLS * brought + ENDING_CALLS * fetched
        looks = min(looking, max(0.0, have - used))
        self._tokens = min(self.day.api_a_second / 2, max(0.0, have - used - looks))
        self._see(second, looks / looking if looking else 1.0)
        self._sell(second, bought, admission, sums)
        self.asked += asked
        return asked, brought

    def fetch(self, second: int, done: int) -> None:
        """So many stampings of people are done; they come for their files."""
        self._fetch[second + 1] += done

    def _let_in(self, second: int, wheel: Counts, share: float) -> int:
        several = int(wheel[second])
        inside = int(self.dice.binomial(several, share)) if share < 1 else several
        wheel[second] = 0
        if inside < several:
            self.refused_calls += several - inside
            self.door_seconds += self._later(wheel, second, several - inside, AGAIN)
        return inside

    def _later(self, wheel: Counts, second: int, several: int, between: tuple[int, int]) -> int:
        """They come again, spread over a time; how many seconds that takes all of them together."""
        first, last = between
        step = max(1, (last - first) // 20)
        spots = np.arange(second + first, second + last + 1, step)
        spread = self.dice.multinomial(several, np.full(len(spots), 1 / len(spots)))
        np.add.at(wheel, spots, spread)
        return int((spots - second) @ spread)

    def _sell(self, second: int, people: int, admission: int | None, sums: dict[str, int]) -> None:
        """Offer codes to those who ask, as far as pieces may be sold."""
        if not people:
            return
        if self.day.payments and self.day.payments.holds(second):
            self._later(self._buy, second, people, SOLD_OUT_AGAIN)
            return
        wanted = self.dice.multinomial(people, SHARES)
        fits = admission >= PIECES if admission is not None else np.full(3, True)
        refused = int(wanted[~fits].sum())
        wanted = np.where(fits, wanted, 0)
        if refused:
            stay = int(self.dice.binomial(refused, SOLD_OUT_PATIENCE)) if self._open(second) else 0
            self.sold_out += refused
            self.turned_away += refused - stay
            self._later(self._buy, second, stay, SOLD_OUT_AGAIN)
        pieces = int(wanted @ PIECES)
        if not pieces:
            return
        self.sold += pieces
        self.paying_people += int(wanted.sum())
        ends = self._minute(second + CODE_SECONDS)
        self.open_codes[ends] += pieces
        sums[f"offered@{ends}"] = sums.get(f"offered@{ends}", 0) + pieces
        gone = self.dice.binomial(wanted, ABANDONED)
        self._expire[second + CODE_SECONDS].append((int(gone @ PIECES), int(gone.sum())))
        delays, shares = PAYS_AFTER
        for delay, several in zip(delays, self.dice.multinomial(wanted - gone, shares).T, strict=True):
            if several.any():
                self._pay[second + int(delay)].append((ends, several))

    def _open(self, second: int) -> bool:
        return self.day.deadline is None or second < self.day.deadline

    def _settle(self, second: int, sums: dict[str, int]) -> None:
        """Codes that end, and payments that come; while the provider is down none is told of, and all are once it is back."""
        for pieces, people in self._expire.pop(second, ()):
            ends = self._minute(second)
            self.abandoned += pieces
            self.paying_people -= people
            self._close(ends, pieces, sums)
        if self.day.payments and self.day.payments.holds(second):
            later = self.day.payments.end + int(self.dice.integers(0, 60))
            self._pay[later].extend(self._pay.pop(second, ()))
            return
        for ends, several in self._pay.pop(second, ()):
            pieces, people = int(several @ PIECES), int(several.sum())
            self.paid += pieces
            self.paying_people -= people
            self.unseen += people
            self._kept += pieces
            self._close(ends, pieces, sums)
            hour = self._minute(second) // 60 * 60
            for name in ("available", f"bought@{hour}"):
                sums[name] = sums.get(name, 0) + pieces

    def _close(self, ends: int, pieces: int, sums: dict[str, int]) -> None:
        self.open_codes[ends] -= pieces
        if not self.open_codes[ends]:
            del self.open_codes[ends]
        sums[f"offered@{ends}"] = sums.get(f"offered@{ends}", 0) - pieces

    def _see(self, second: int, share: float) -> None:
        """Who has paid sees it at the next look, and goes on to their documents."""
        if not self.unseen:
            return
        seeing = int(self.dice.binomial(self.unseen, min(1.0, share / LOOK_EVERY)))
        pieces = self._kept if seeing == self.unseen else int(self._kept * seeing / self.unseen)
        self.unseen -= seeing
        self._kept -= pieces
        staying = int(self.dice.binomial(pieces, KEPT_FOR_LATER))
        self.later += staying
        delays, shares = ASKS_AFTER
        spots = np.minimum(second + delays, len(self._ask) - 1)
        np.add.at(self._ask, spots, self.dice.multinomial(pieces - staying, shares))

    def _minute(self, second: int) -> int:
        return int(self.day.at(second).timestamp()) // 60

    # What must hold ------------------------------------------------------------------------------------------------------

    def trying(self) -> int:
        """How many people are on their way to buy."""
        return int(self._buy.sum())

    def asking(self) -> int:
        """How many pieces people are about to ask stamps for."""
        return int(self._ask.sum()) + self._kept + self.later

    def bringing(self) -> int:
        """How many stampings partners are about to ask for, or will yet."""
        return int(self._bring.sum())

    def resting(self, second: int) -> bool:
        """Whether nobody is on their way any more."""
        wheels = (self._come, self._buy, self._ask, self._bring)
        return not self._pay and not self.unseen and not any(wheel[second:].any() for wheel in wheels)
