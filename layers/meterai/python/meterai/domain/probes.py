"""What was heard of a channel in the last hour: sums by the minute, so that its row stays small however often one asks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import median_low

KEPT = timedelta(hours=1)
OLD = timedelta(minutes=5)
"""A probe is made every minute: one that is older than this says nothing about now."""


@dataclass(frozen=True, slots=True)
class Hour:
    """How often a channel was asked in the last hour, how often it answered, and the milliseconds that its answers usually took
    (the median of the minutes' means; None where it never answered)."""

    asked: int
    answered: int
    answer_ms: int | None

    @property
    def success_rate(self) -> float:
        """The share of questions that were answered, 0 to 1."""
        return round(self.answered / self.asked, 3)


def with_probe(minutes: Mapping[str, list[int]], answer_ms: int | None, *, now: datetime) -> dict[str, list[int]]:
    """The minutes of the last hour and one more probe, which took `answer_ms` milliseconds (None: no answer).

    A minute, "2024-09-03T14:14" in UTC, has [asked, answered, the answers' milliseconds together]."""
    kept = _of_the_last_hour(minutes, now)
    asked, answered, together = kept.get(_minute(now), [0, 0, 0])
    well = answer_ms is not None
    return kept | {_minute(now): [asked + 1, answered + well, together + (answer_ms or 0)]}


def last_hour(minutes: Mapping[str, list[int]], *, now: datetime) -> Hour | None:
    """What the minutes of the last hour come to; None where nobody asked."""
    kept = _of_the_last_hour(minutes, now).values()
    if not kept:
        return None
    means = [together // answered for _, answered, together in kept if answered]
    return Hour(
        asked=sum(asked for asked, _, _ in kept),
        answered=sum(answered for _, answered, _ in kept),
        answer_ms=median_low(means) if means else None,
    )


def _of_the_last_hour(minutes: Mapping[str, list[int]], now: datetime) -> dict[str, list[int]]:
    first = _minute(now - KEPT + timedelta(minutes=1))
    return {minute: sums for minute, sums in minutes.items() if minute >= first}


def _minute(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M")
