"""The simulation: one day, second by second, with the production tally, waiting room, admission, pace and shares.

Only the outside is made up: the crowd, the gateway's bucket, the workers. How the lines stand is worked out from sums of what
rows count for, as in production, some seconds after it happened; who may buy, who works for which line and what people are
told follow from that alone. At every step each piece and each stamping is in exactly one place, or the simulation stops.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from bench.surge.bounds import Bounds, bounds
from bench.surge.crowd import Crowd
from bench.surge.days import DAYS, HOUR, Day
from bench.surge.lines import Line, Token, Workers
from bench.surge.told import Followed
from meterai.domain import pace, room, shares, tally, waiting_room
from meterai.domain.pace import Rates
from meterai.domain.rows import LINES, Announcement, Channel, Standing, Tally
from meterai.domain.waiting_room import Bin, Estimate

COUNTED_AFTER = 10
"""Seconds from a change to its being in the sums: the stream, the tally queue's window of 5 s, one batch
(docs/waiting-room.md)."""
PROBED_AFTER = 60
"""How long a channel is down, or up again, before it is known: the sweep probes each minute."""
Admission = Callable[[Standing, datetime], int | None]


class Broken(Exception):
    """Something is in two places or in none, or a bound was passed."""


@dataclass(frozen=True, slots=True)
class Room:
    """room.json as it was at one round."""

    bins: dict[str, tuple[Bin, ...]]
    rates: dict[str, Rates | None]
    standing: Standing


@dataclass
class Series:
    """Figures by minute, for the plots."""

    minutes: list[int] = field(default_factory=list)
    waiting: list[int] = field(default_factory=list)
    bulk_waiting: list[int] = field(default_factory=list)
    oldest: list[int] = field(default_factory=list)
    done: list[float] = field(default_factory=list)
    wanted: list[float] = field(default_factory=list)


class Paper:
    """One day on paper. `admission` is production's unless a test puts another in its place."""

    def __init__(
        self, day: Day, bears: Bounds, *, seed: int, follow: int = 1_500, admission: Admission = room.admission_of
    ) -> None:
        self.day, self.bounds, self._admission = day, bears, admission
        crowd, workers, looks, self._dice = (np.random.default_rng([seed, number]) for number in range(4))
        self.length = day.seconds + day.tail
        self.crowd = Crowd(day, crowd, self.length)
        self.lines: dict[str, Line] = {name: Line(name) for name in LINES}
        self.workers = Workers(bears, workers)
        self.followed = Followed(looks)
        self.series = Series()
        self.shares = shares.shared(shares.Shares(bears.workers, 0), timedelta(0), bears.workers)
        self._wanted = day.wanted()
        self._share_followed = follow / self._wanted.sum()
        stock = {tally.AVAILABLE: self.crowd.stock, tally.bought(tally.EARLIER): self.crowd.stock}
        self.kept = Tally(id=Tally.ID, totals={name: number for name, number in stock.items() if number})
        self._blocks: deque[tuple[int, dict[str, int]]] = deque()
        self._sums: dict[str, int] = {}
        self._done_in_minute = 0
        self.ended = 0
        self.rooms = [self._keep(0)]

    def run(self, tick: Callable[[int], object] = lambda _: None) -> None:
        """All of it, until nobody waits and nobody is on their way. Raises Broken."""
        for second in range(self.length):
            self._step(second)
            if second % HOUR == 0:
                tick(second)
            if second >= self.day.seconds and self._over(second):
                self.ended = second
                return
        raise Broken(f"{self.waiting()} still wait {self.day.tail} seconds after the day")

    def waiting(self) -> int:
        """How many stampings wait in both lines."""
        return sum(line.waiting for line in self.lines.values())

    def _over(self, second: int) -> bool:
        return not self.waiting() and (second % 60 == 0) and self.crowd.resting(second + 1)

    # One second ----------------------------------------------------------------------------------------------------------

    def _step(self, second: int) -> None:
        now, minute = self.day.at(second), self._minute(second)
        standing = self.rooms[-1].standing
        joins = self.crowd.step(second, self._admission(standing, now), self._sums)
        self._serve(second, minute)
        for name, several in zip(LINES, joins, strict=True):
            self._join(second, minute, name, several)
        self.followed.look(second, self._told)
        if second % 5 == 4:
            self._blocks.append((second, self._sums))
            self._sums = {}
        if second % room.EVERY_SECONDS == 0:
            self.rooms = [self.rooms[-1], self._keep(second)]
        if second % 60 == 0:
            self._minutely(second)
        if second % 10 == 0:
            self._check(second)

    def _join(self, second: int, minute: int, name: str, several: int) -> None:
        if not several:
            return
        chosen = int(self._dice.binomial(several, self._share_followed))
        ranks = (
            sorted(int(one) for one in self._dice.choice(several, min(chosen, several), replace=False))
            if chosen
            else []
        )
        tokens = [Token(name, second, rank) for rank in ranks]
        self.lines[name].join(second, several, tokens)
        for token in tokens:
            self.followed.follow(token)
        for what in (tally.joined(name, minute), tally.waiting(name, minute)):
            self._sums[what] = self._sums.get(what, 0) + several
        if name == "paid":
            for what, number in ((tally.AVAILABLE, -several), (tally.USED, several)):
                self._sums[what] = self._sums.get(what, 0) + number

    def _serve(self, second: int, minute: int) -> None:
        """Each line's workers do what they can; while the issuer is down nobody does anything."""
        if self.day.issuer and self.day.issuer.holds(second):
            return
        able = self.workers.can(second, self.waiting())
        bulk = min(self.lines["bulk"].waiting, able * self.shares.bulk // self.shares.workers)
        paid = min(self.lines["paid"].waiting, able * self.shares.paid // self.shares.workers)
        for name, several in (("paid", paid), ("bulk", bulk)):
            done = self.lines[name].serve(second, several, self.day.deadline)
            for joined, some in done:
                what = tally.waiting(name, self._minute(joined))
                self._sums[what] = self._sums.get(what, 0) - some
            if several:
                what = tally.served(name, minute)
                self._sums[what] = self._sums.get(what, 0) + several
        self.crowd.fetch(second, paid)
        self._done_in_minute += paid + bulk

    # How the lines stand -------------------------------------------------------------------------------------------------

    def _keep(self, second: int) -> Room:
        """A round of the room's keeper (operations/keep_room.py), with the sums that have arrived."""
        now, minute = self.day.at(second), self._minute(second)
        arrived = []
        while self._blocks and self._blocks[0][0] <= second - COUNTED_AFTER:
            arrived.append(self._blocks.popleft()[1])
        channels, said = self._channels(second), self._said(second)
        watched = pace.watching(room.watched(self.kept), minute, room.watch(self.kept, channels, minute))
        self.kept = Tally(
            id=Tally.ID,
            totals=tally.folded(self.kept.totals, arrived, minute),
            watched={str(at): word for at, word in watched.items()},
        )
        standing = room.standing_of(self.kept, channels, said, now)
        bins: dict[str, tuple[Bin, ...]] = {line: waiting_room.bins(self.kept.totals, line, minute) for line in LINES}
        return Room(bins, {line: room.rates_of(standing, line) for line in LINES}, standing)

    def _channels(self, second: int) -> dict[str, Channel | None]:
        """The issuer as it was probed last."""
        down = self.day.issuer is not None and self.day.issuer.holds(second - PROBED_AFTER)
        at = self.day.at(second)
        return {"issuer": Channel(id="channel_issuer", state="down" if down else "up", checked_at=at)}

    def _said(self, second: int) -> Announcement | None:
        """What the operator has announced: the deadline and the stated rate from the beginning, and meanwhile until when the
        issuer is thought to be down."""
        said = [until for at, until in (self.day.issuer.said if self.day.issuer else ()) if at <= second]
        return Announcement(
            id=Announcement.ID,
            made_at=self.day.at(0),
            by="operator",
            deadline_at=None if self.day.deadline is None else self.day.at(self.day.deadline),
            stated_rate=int(self.day.a_second * HOUR),
            back_at=self.day.at(said[-1]) if said else None,
        )

    def _told(self, token: Token, second: int) -> Estimate | None:
        """What the page tells of a token: with the room as it is, or as it was a round ago where a copy is handed on."""
        seen = self.rooms[int(self._dice.integers(0, 2)) if len(self.rooms) > 1 else 0]
        before = waiting_room.ahead(seen.bins[token.line], self.day.at(token.joined))
        still = room.standstill_of(seen.standing, self.day.at(second))
        return waiting_room.estimate(before, seen.rates[token.line], waits_seconds=still)

    def _minutely(self, second: int) -> None:
        """The controller of the shares, and a point of each series."""
        standing, now = self.rooms[-1].standing, self.day.at(second)
        self.shares = shares.shared(
            self.shares, shares.paid_wait(standing, self.bounds.workers, now), self.bounds.workers
        )
        oldest = self.lines["paid"].oldest()
        series = self.series
        series.minutes.append(second // 60)
        series.waiting.append(self.lines["paid"].waiting)
        series.bulk_waiting.append(self.lines["bulk"].waiting)
        series.oldest.append(second - oldest if oldest is not None else 0)
        series.done.append(self._done_in_minute / 60)
        series.wanted.append(float(self._wanted[second]) if second < self.day.seconds else 0.0)
        self._done_in_minute = 0

    def _minute(self, second: int) -> int:
        return int(self.day.at(second).timestamp()) // 60

    # What must hold ------------------------------------------------------------------------------------------------------

    def _check(self, second: int) -> None:
        crowd, paid = self.crowd, self.lines["paid"]
        equal: dict[str, tuple[int, int]] = {
            "pieces sold": (crowd.sold, crowd.paid + crowd.abandoned + sum(crowd.open_codes.values())),
            "pieces had": (crowd.paid + crowd.stock, crowd.asking() + crowd.asked),
            "stampings asked": (crowd.asked, paid.joined),
        }
        for line in self.lines.values():
            equal[f"{line.name} line"] = (line.joined, line.waiting + line.served)
            equal[f"{line.name} groups"] = (line.waiting, sum(one.size - one.served for one in line.groups))
        wrong = {name: pair for name, pair in equal.items() if pair[0] != pair[1]}
        if wrong or self.workers.several > self.bounds.workers:
            raise Broken(f"second {second}: {wrong}")

    def exact(self) -> bool:
        """Whether the tally, with every sum in it, says exactly who waits and what is had: no counter lost anything."""
        sums = [one for _, one in self._blocks]
        totals = tally.total([self.kept.totals, *sums, self._sums])
        said: dict[str, int] = {name: sum(tally.by_minute(totals, f"{name}.waiting").values()) for name in LINES}
        had = self.crowd.paid + self.crowd.stock - self.crowd.asked
        return totals.get(tally.AVAILABLE, 0) == had and all(
            said[one.name] == one.waiting for one in self.lines.values()
        )

    def figures(self) -> dict[str, Any]:
        """What came of the day."""
        paid, crowd = self.lines["paid"], self.crowd
        joined = sum(line.joined for line in self.lines.values())
        return {
            "title": self.day.title,
            "workers": self.bounds.workers,
            "a_second": round(self.bounds.a_second, 1),
            "api_a_second": self.bounds.api_a_second,
            "people_came": crowd.came,
            "pieces_sold": crowd.sold,
            "pieces_paid": crowd.paid,
            "people_turned_away": crowd.turned_away,
            "stampings": joined,
            "of_people": paid.joined,
            "lost": joined - sum(line.served for line in self.lines.values()),
            "late": paid.late,
            "late_in_batches": self.lines["bulk"].late,
            "wait_p50_seconds": paid.quantile(0.5),
            "wait_p99_seconds": paid.quantile(0.99),
            "wait_most_seconds": max(paid.waits, default=0),
            "batches_wait_p99_seconds": self.lines["bulk"].quantile(0.99),
            "busiest_waiting": max(a + b for a, b in zip(self.series.waiting, self.series.bulk_waiting, strict=True)),
            "drained_hours_after_the_peak_began": round((self.ended - self.day.peak) / HOUR, 2),
            "calls_to_come_again": crowd.refused_calls,
            "at_the_door_mean_seconds": round(crowd.door_seconds / max(1, joined), 1),
            "tally_exact": self.exact(),
            "estimates": {line: self.followed.judged(line) for line in LINES},
        }


def simulated(name: str, seed: int, tick: Callable[[tuple[str, int]], object] = lambda _: None) -> Paper:
    """One day from its beginning to its end."""
    day = DAYS[name]
    paper = Paper(day, bounds(day.a_second, api_a_second=day.api_a_second), seed=seed)
    paper.run(lambda second: tick((name, second)))
    tick((name, paper.length))
    return paper
