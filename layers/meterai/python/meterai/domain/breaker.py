"""When a channel is left alone: a circuit breaker as a pure state machine (docs/adr/0025-issuers-and-breakers.md).

    closed ──(failures of late)──> open ──(its rest is over, one may ask)──> half_open ──(answered)──> closed
                                     ^──────────────────────────(failed)───────┘

Outcomes are counted where they happen; what is shared is the state alone, so that a healthy channel costs no write.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from meterai.domain.rows import Breaker

Answer = Literal["call", "probe", "refuse"]
ISSUER = "issuer"


@dataclass(frozen=True, slots=True)
class Rule:
    """When a breaker opens: after `failures` within the last `window`, if they are at least half of the calls in it. For how
    long it then rests, and how long the one probe may take before another is let through."""

    failures: int = 3
    window: timedelta = timedelta(seconds=60)
    rest: timedelta = timedelta(seconds=15)
    probe: timedelta = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one call ended, and when."""

    at: datetime
    failed: bool


def channel_breaker(channel: str) -> str:
    """The id of the breaker of a channel, as `issuer`, `timestamp_2` or `payment_xendit`."""
    return f"breaker_{channel}"


def asked(breaker: Breaker | None, now: datetime) -> Answer:
    """Whether a call may be made: as usual, as the one probe (whoever takes it writes `probing` first), or not at all."""
    if breaker is None or breaker.state == "closed":
        return "call"
    return "refuse" if breaker.until is not None and now < breaker.until else "probe"


def lately(outcomes: Iterable[Outcome], rule: Rule, now: datetime) -> tuple[Outcome, ...]:
    """The outcomes inside the window that ends now."""
    return tuple(one for one in outcomes if now - rule.window < one.at <= now)


def trips(outcomes: Iterable[Outcome], rule: Rule, now: datetime) -> bool:
    """Whether these outcomes open a closed breaker."""
    counted = lately(outcomes, rule, now)
    failed = sum(one.failed for one in counted)
    return failed >= rule.failures and 2 * failed >= len(counted)


def opened(channel: str, before: Breaker | None, rule: Rule, now: datetime) -> Breaker:
    """Open from now on, for one rest: a closed breaker that tripped, or a half-open one whose probe failed. `since` stays where
    the channel was last known to be well."""
    since = before.since if before is not None and before.state != "closed" else now
    turn = before.turn + 1 if before is not None else 1
    return Breaker(id=channel_breaker(channel), state="open", turn=turn, since=since, until=now + rule.rest)


def probing(before: Breaker, rule: Rule, now: datetime) -> Breaker:
    """Half open: one call is under way to see whether the channel is back."""
    return Breaker(id=before.id, state="half_open", turn=before.turn + 1, since=before.since, until=now + rule.probe)


def closed(before: Breaker, now: datetime) -> Breaker:
    """Closed again: the channel answered."""
    return Breaker(id=before.id, state="closed", turn=before.turn + 1, since=now)
