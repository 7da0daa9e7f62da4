"""Jatah: how the seal's workers are divided between the two lines.

People's line has whatever the bulk line has not. The bulk line's share moves by one step a minute: down while people wait long,
up while they do not, and never out of its range, so that nobody starves. All workers together stay inside what the outside
bears. Plain data and arithmetic: a simulation can use it as it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from meterai.domain.rows import Line, Standing

WRITE_UNITS_A_STAMP = 18
"""What the table pays for one stamp, from reserve to commit (docs/measured.md)."""
LEAST = 2
"""A mapping's maximum concurrency is 2 or more (AWS: ScalingConfig)."""
FLOOR_PERCENT = 5
CEILING_PERCENT = 50
STEP_PERCENT = 10
LONG = timedelta(seconds=30)
"""From this wait on the bulk line gives way."""
SHORT = timedelta(seconds=2)
"""Under this wait people's line has more than it needs."""
FRESH = timedelta(seconds=90)
"""A standing that is older says nothing about now: it is kept some times a minute."""
GRAIN = timedelta(minutes=1)
"""Who waits is counted by the minute in which they joined."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What bounds the workers: their own number, and what key, time-stamping authority and table bear, each in one second.
    A worker has a stamping for `milliseconds` at least, so that this many workers never ask for more."""

    workers: int
    signatures: int
    timestamps: int
    write_units: int
    milliseconds: int

    @property
    def bearable(self) -> int:
        """Workers of both lines together, at most. Raises ValueError when not even two lines of the least fit."""
        a_second = min(self.signatures, self.timestamps, self.write_units // WRITE_UNITS_A_STAMP)
        found = min(self.workers, a_second * self.milliseconds // 1000)
        if found < 2 * LEAST:
            raise ValueError(f"{found} workers are too few for two lines")
        return found

    @property
    def least_paid(self) -> int:
        """Workers of people's line, whatever the bulk line has. Raises ValueError as `bearable`."""
        return self.bearable - ceiling(self.bearable)


@dataclass(frozen=True, slots=True)
class Shares:
    """How many workers each line may have at once."""

    paid: int
    bulk: int

    @property
    def workers(self) -> int:
        """Both together."""
        return self.paid + self.bulk

    def of(self, line: Line) -> int:
        """One line's."""
        return self.paid if line == "paid" else self.bulk


def floor(workers: int) -> int:
    """The bulk line's share, however long people wait."""
    return max(LEAST, -(-workers * FLOOR_PERCENT // 100))


def ceiling(workers: int) -> int:
    """The bulk line's share, however little people wait: the other half is there when they come."""
    return max(LEAST, workers * CEILING_PERCENT // 100)


def step(workers: int) -> int:
    """By how much the bulk line's share moves at once."""
    return max(1, workers * STEP_PERCENT // 100)


def shared(now: Shares, waited: timedelta | None, workers: int) -> Shares:
    """The shares from now on: `workers` in all. `waited` is for how long the first of people's line has waited at least; None
    is not known, and nobody's wait is called short that nobody has looked at."""
    bulk = now.bulk
    if waited is None or waited >= LONG:
        bulk -= step(workers)
    elif waited < SHORT:
        bulk += step(workers)
    bulk = min(max(bulk, floor(workers)), ceiling(workers))
    return Shares(workers - bulk, bulk)


def paid_wait(standing: Standing | None, workers: int, now: datetime) -> timedelta | None:
    """For how long the first of people's line has waited at least for want of a worker, when the standing was kept: whoever
    joined in a minute joined before its end, and where there are `workers` for all who wait, something else is waited for.
    None when nobody has looked lately."""
    if standing is None or standing.kept_at + FRESH < now:
        return None
    if standing.oldest_paid_at is None or standing.paid_waiting <= workers:
        return timedelta(0)
    return max(standing.kept_at - standing.oldest_paid_at - GRAIN, timedelta(0))
