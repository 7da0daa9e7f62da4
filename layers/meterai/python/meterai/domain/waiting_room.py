"""Ruang tunggu: whose turn is when, worked out by whoever reads room.json, from nothing but the instant at which they joined.

The page does the same arithmetic (web/page/queue.js), in whole numbers on both sides. Everything here is plain data, so that a
simulation can use it as it is. Order is approximate: a line hands out its messages about as they came.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from meterai.domain import tally
from meterai.domain.pace import Rates

SLACK_SECONDS = 60
"""How much later than worked out a turn may be: what is counted is up to half a minute old, and counted in minutes."""


@dataclass(frozen=True, slots=True)
class Bin:
    """Who joined one line from `minute` on for `width` minutes (1, or 60 where it is long ago): how many, and how many of them
    wait still."""

    minute: int
    width: int
    joined: int
    waiting: int


@dataclass(frozen=True, slots=True)
class Estimate:
    """In how many seconds a turn is: once in ten it is earlier than `p10`, once in ten later than `p90`."""

    p10: int
    p50: int
    p90: int


def bins(totals: tally.Sums, line: str, minute: int) -> tuple[Bin, ...]:
    """The bins of one line in which anybody waits, oldest first, as the totals are kept in this minute."""
    edge = tally.hours_before(minute)
    joined = tally.by_minute(totals, f"{line}.joined")
    return tuple(
        Bin(at, 1 if at >= edge else 60, max(joined.get(at, 0), number), number)
        for at, number in tally.by_minute(totals, f"{line}.waiting").items()
        if number > 0
    )


def waiting(line: Sequence[Bin]) -> int:
    """How many wait in a line."""
    return sum(one.waiting for one in line)


def ahead(line: Sequence[Bin], joined_at: datetime) -> int:
    """How many are ahead of somebody who joined then: all who joined in earlier bins, and of their own bin the share that
    joined before them, without those of it who have gone."""
    second = int(joined_at.timestamp())
    before = 0
    for one in line:
        start, end = one.minute * 60, (one.minute + one.width) * 60
        if end <= second:
            before += one.waiting
        elif start <= second:
            earlier = one.joined * (second - start) // (end - start)
            before += min(max(0, earlier - (one.joined - one.waiting)), one.waiting - 1)
    return before


def estimate(before: int, rates: Rates | None, *, waits_seconds: int | None = 0) -> Estimate | None:
    """In how many seconds it is the turn of somebody with so many ahead. `waits_seconds` is how long the line stands still
    before it moves at these rates: 0 where it moves, None where nobody knows. None: nobody knows."""
    if rates is None or waits_seconds is None or rates.p10 < 0:
        return None
    number = before + 1
    soon = number * 3600 // max(1, rates.p90)
    middle = -(-number * 3600 // max(1, rates.p50))
    late = -(-number * 3600 // max(1, rates.p10)) + SLACK_SECONDS
    return Estimate(waits_seconds + soon, waits_seconds + middle, waits_seconds + late)


def standstill(now: datetime, *, issuer_up: bool, back_at: datetime | None) -> int | None:
    """How many seconds the line stands still: 0 while the issuer is up, None while it is down and nobody said until when. A
    stated instant that has passed is no statement."""
    if issuer_up:
        return 0
    if back_at is None or back_at <= now:
        return None
    return int((back_at - now).total_seconds())
