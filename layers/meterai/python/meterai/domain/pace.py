"""Laju: how many stampings an hour are done, measured.

Only a *busy* minute measures it: one in which somebody waited all the while, so that as many were done as could be. In a slack
minute as many were done as came; a minute in or beside a standstill (a channel was down) says nothing either. With too few busy
minutes the operator's stated rate stands in. Everything here is plain data, so that a simulation can use it as it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

MEASURED_OVER = 60
"""How many minutes back are looked at."""
LEAST_MINUTES = 5
"""With fewer busy minutes nothing is measured."""
COUNTED_AFTER = 2
"""A minute is whole this many minutes after it began: counts take some seconds to arrive."""

Watch = Literal["busy", "slack", "still"]


@dataclass(frozen=True, slots=True)
class Rates:
    """Stampings an hour: in one minute of ten it was below `p10`, in one of ten above `p90`."""

    p10: int
    p50: int
    p90: int


def measured(served: Mapping[int, int], watched: Mapping[int, Watch], *, minute: int) -> Rates | None:
    """The rates of the last hour before `minute`: `served` is how many were done in a minute, `watched` how it was. None when
    there were too few busy minutes, or nothing was done in most of them."""
    window = range(minute - MEASURED_OVER, minute - COUNTED_AFTER + 1)
    busy = [
        at for at in window if watched.get(at) == "busy" and "still" not in (watched.get(at - 1), watched.get(at + 1))
    ]
    if len(busy) < LEAST_MINUTES:
        return None
    done = sorted(served.get(at, 0) for at in busy)
    rates = Rates(*(60 * _quantile(done, percent) for percent in (10, 50, 90)))
    return rates if rates.p50 > 0 else None


def seen(served: Mapping[int, int]) -> Rates | None:
    """Where nobody waits for long, at least as many an hour are done as in the best minute that is remembered. None when it is
    remembered of none."""
    best = max(served.values(), default=0)
    return Rates(*[60 * best] * 3) if best > 0 else None


def stated(rate: int) -> Rates:
    """What an operator says (stampings an hour), where nothing is measured."""
    return Rates(rate, rate, rate)


def watching(watched: Mapping[int, Watch], minute: int, seen: Watch) -> dict[int, Watch]:
    """What is known of the last hour's minutes after one more look. A minute is as the worst look at it: still before slack
    before busy."""
    before = watched.get(minute)
    worst: Watch = "still" if "still" in (before, seen) else "slack" if "slack" in (before, seen) else "busy"
    recent = {at: word for at, word in watched.items() if at >= minute - MEASURED_OVER - 1}
    return recent | {minute: worst}


def _quantile(ordered: Sequence[int], percent: int) -> int:
    """The nearest rank: the smallest number that at least so many per cent are not above."""
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]
