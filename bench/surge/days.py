"""The days that are simulated: who comes when, and what breaks. Seconds are counted from the day's beginning."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

DEADLINE = datetime(2024, 9, 10, 17, 0, tzinfo=UTC)
"""Midnight in Jakarta."""
HOUR = 3_600
STAMPS = 6_500_000
APPLICANTS = 4_000_000
PEAK_HOURS = 3


@dataclass(frozen=True, slots=True)
class Break:
    """Something is down from `begin` to `end`. `said` are what an operator tells meanwhile: at a second, until which second."""

    begin: int
    end: int
    said: tuple[tuple[int, int], ...] = ()

    def holds(self, second: int) -> bool:
        return self.begin <= second < self.end


@dataclass(frozen=True, slots=True)
class Day:
    """One simulated day. `shape` are pairs of a second and how many stamps a second are wanted from then on; `stamps` is what
    they come to. `of_partners` of them come in partners' batches, `bought` of the people's were bought before. `a_second` is
    what the workers do, `deadline` the second of the deadline, None where none is set."""

    name: str
    title: str
    seconds: int
    shape: tuple[tuple[int, float], ...]
    a_second: float
    deadline: int | None
    of_partners: float = 0.3
    bought: float = 0.0
    api_a_second: int = 2_500
    issuer: Break | None = None
    payments: Break | None = None
    tail: int = 6 * HOUR

    def wanted(self) -> NDArray[np.float64]:
        """Stamps wanted in each second."""
        found = np.zeros(self.seconds)
        for (begin, rate), end in zip(self.shape, [*(at for at, _ in self.shape[1:]), self.seconds], strict=True):
            found[begin:end] = rate
        return found

    @property
    def peak(self) -> int:
        """The second at which the busiest time begins."""
        return max(self.shape, key=lambda one: one[1])[0]

    def at(self, second: float) -> datetime:
        """The instant of a second; the day ends at the deadline, or at its own last second where none is set."""
        return DEADLINE + timedelta(seconds=second - self.seconds)


def shaped(seconds: int, peak: int, busy: float, evening: float) -> tuple[tuple[int, float], ...]:
    """Days that come to STAMPS: `busy` a second in the last `peak` seconds, `evening` in the eight hours of the evenings
    before, and as many as are left in all other seconds."""
    evenings = [(begin, begin + 4 * HOUR) for begin in (17 * HOUR, 41 * HOUR) if begin + 4 * HOUR <= seconds - peak]
    taken = sum(end - begin for begin, end in evenings)
    rest = (STAMPS - busy * peak - evening * taken) / (seconds - peak - taken)
    marks: list[tuple[int, float]] = [(0, rest)]
    for begin, end in evenings:
        marks += [(begin, evening), (end, rest)]
    return (*marks, (seconds - peak, busy))


WHOLE = 48 * HOUR
PLAIN = Day(
    "plain", "38 a second in the mean, 113 in the evenings", WHOLE, shaped(WHOLE, 4 * HOUR, 113, 70), 400, WHOLE
)
TEN = Day(
    "ten", "10x: 376 a second in the last three hours", WHOLE, shaped(WHOLE, PEAK_HOURS * HOUR, 376, 60), 400, WHOLE
)
HOUR_AFTER = Day(
    "hour",
    "48x: everybody in the hour after an outage",
    HOUR,
    ((0, STAMPS / HOUR),),
    680,
    None,
    bought=1.0,
    api_a_second=10_000,
)
DOOR = replace(HOUR_AFTER, name="door", title="48x, at the gateway's default quota", api_a_second=2_500)
FAILURES = replace(
    TEN,
    name="failures",
    title="10x, the payment provider dead for 30 minutes and the issuer for 60",
    issuer=Break(
        WHOLE - 150 * 60, WHOLE - 90 * 60, ((WHOLE - 140 * 60, WHOLE - 110 * 60), (WHOLE - 115 * 60, WHOLE - 90 * 60))
    ),
    payments=Break(WHOLE - 120 * 60, WHOLE - 90 * 60),
)
DAYS = {day.name: day for day in (PLAIN, TEN, HOUR_AFTER, DOOR, FAILURES)}


def scaled(day: Day, *, keep: int, by: float) -> Day:
    """The last `keep` seconds of a day, with so much smaller a crowd and house."""
    cut = day.seconds - keep

    def moved(broken: Break | None) -> Break | None:
        return broken and Break(
            broken.begin - cut, broken.end - cut, tuple((at - cut, until - cut) for at, until in broken.said)
        )

    before = [rate for at, rate in day.shape if at <= cut][-1]
    shape = ((0, before * by), *((at - cut, rate * by) for at, rate in day.shape if at > cut))
    return replace(
        day,
        seconds=keep,
        shape=shape,
        a_second=day.a_second * by,
        deadline=None if day.deadline is None else keep,
        api_a_second=round(day.api_a_second * by),
        issuer=moved(day.issuer),
        payments=moved(day.payments),
    )
