"""How the lines stand, and what is told of it to everybody in one static file, room.json: worked out from what was counted,
from the channels as they were last probed and from what an operator announced.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from meterai.domain import admission, pace, tally, waiting_room
from meterai.domain.instants import spell
from meterai.domain.pace import Rates, Watch
from meterai.domain.rows import LINES, Announcement, Channel, Line, RatesFrom, Standing, Tally
from meterai.domain.waiting_room import Estimate

FILE = "room.json"
EVERY_SECONDS = 10
"""How often the file is made anew."""
FRESH_SECONDS = 5
"""For how long a copy may be handed on: made anew and handed on, what is read is at most 15 seconds old."""
SEALS_WITH = ("issuer", "timestamp")
"""The channels without which no stamp is made."""


def watch(kept: Tally, channels: Mapping[str, Channel | None], minute: int) -> Watch:
    """How the line is at this look: still while a channel that seals is down; busy when somebody waits who joined before the
    minute that has just gone; else slack."""
    if any((channel := channels.get(name)) is not None and channel.state == "down" for name in SEALS_WITH):
        return "still"
    longest = min(
        (bins[0].minute for line in LINES if (bins := waiting_room.bins(kept.totals, line, minute))), default=minute
    )
    return "busy" if longest <= minute - 2 else "slack"


def standing_of(
    kept: Tally, channels: Mapping[str, Channel | None], said: Announcement | None, now: datetime
) -> Standing:
    """How the lines stand. While the issuer is down the rate is the operator's stated one, or nobody's."""
    minute = tally.minute_of(now)
    issuer = channels.get("issuer")
    issuer_up = issuer is None or issuer.state == "up"
    stated = said.stated_rate if said else None
    served = {line: tally.by_minute(kept.totals, f"{line}.served") for line in LINES}
    both = {at: served["paid"].get(at, 0) + served["bulk"].get(at, 0) for at in {*served["paid"], *served["bulk"]}}
    rates, rates_are = _rates(both, kept, minute, issuer_up, stated)
    lines = {line: waiting_room.bins(kept.totals, line, minute) for line in LINES}
    measured = rates_are == "measured"
    by_line = {line: _measured(served[line], kept, minute) if measured else None for line in LINES}
    oldest = {line: tally.instant_of(bins[0].minute) if bins else None for line, bins in lines.items()}
    offered = tally.by_minute(kept.totals, "offered")
    bought = tally.by_minute(kept.totals, "bought")
    return Standing(
        id=Standing.ID,
        kept_at=now,
        paid_waiting=waiting_room.waiting(lines["paid"]),
        bulk_waiting=waiting_room.waiting(lines["bulk"]),
        oldest_paid_at=oldest["paid"],
        oldest_bulk_at=oldest["bulk"],
        rate_p10=rates.p10 if rates else None,
        rate_p50=rates.p50 if rates else None,
        rate_p90=rates.p90 if rates else None,
        rates_are=rates_are,
        paid_rates=_listed(by_line["paid"]),
        bulk_rates=_listed(by_line["bulk"]),
        open_invoice_pieces=max(0, sum(pieces for at, pieces in offered.items() if at >= minute)),
        available_pieces=max(0, kept.totals.get(tally.AVAILABLE, 0)),
        likely_permille=admission.likely_permille(kept.totals.get(tally.USED, 0), bought.get(tally.EARLIER, 0)),
        issuer_up=issuer_up,
        deadline_at=said.deadline_at if said else None,
        back_at=said.back_at if said else None,
    )


def rates_of(standing: Standing, line: Line) -> Rates | None:
    """The rates at which one line moves: its own where they were measured, else those of both lines together."""
    own = standing.paid_rates if line == "paid" else standing.bulk_rates
    if own is not None:
        return Rates(*own)
    if standing.rate_p10 is None or standing.rate_p50 is None or standing.rate_p90 is None:
        return None
    return Rates(standing.rate_p10, standing.rate_p50, standing.rate_p90)


def backlog_of(standing: Standing) -> int:
    """How many stampings the house owes or may owe (domain/admission.py)."""
    return admission.backlog(
        waiting=standing.paid_waiting + standing.bulk_waiting,
        offered=standing.open_invoice_pieces,
        available=standing.available_pieces,
        likely=standing.likely_permille,
    )


def admission_of(standing: Standing, now: datetime) -> int | None:
    """How many pieces may still be sold; None is without limit. Of measured rates the one that nine minutes of ten reach: no
    more is promised than a bad hour can apply. What was merely seen is no measure of what can be done."""
    return admission.admission(
        rate=standing.rate_p10 if standing.rates_are in ("measured", "stated") else None,
        backlog=backlog_of(standing),
        counted_at=standing.kept_at,
        now=now,
        deadline_at=standing.deadline_at,
        starts_at=None if standing.issuer_up else standing.back_at,
    )


def standstill_of(standing: Standing, now: datetime) -> int | None:
    """How many seconds the lines stand still; None when nobody knows."""
    return waiting_room.standstill(now, issuer_up=standing.issuer_up, back_at=standing.back_at)


def before_paying(standing: Standing, line: Line, now: datetime) -> Estimate | None:
    """When a stamp would be made of somebody who buys now: at the earliest behind those who wait, at the latest also behind
    those who have been offered pieces. None: nobody knows."""
    waiting = standing.paid_waiting if line == "paid" else standing.bulk_waiting
    offered = standing.open_invoice_pieces if line == "paid" else 0
    rates, still = rates_of(standing, line), standstill_of(standing, now)
    behind = [waiting_room.estimate(number, rates, waits_seconds=still) for number in _between(waiting, offered)]
    first, middle, last = behind
    if first is None or middle is None or last is None:
        return None
    return Estimate(first.p10, middle.p50, last.p90)


@dataclass(frozen=True, slots=True)
class Turn:
    """When a stamp is made: once in ten earlier than `p10`, once in ten later than `p90`."""

    p10: datetime
    p50: datetime
    p90: datetime


def turn(expected: Estimate | None, now: datetime) -> Turn | None:
    """An estimate as instants, counted from `now`. None: nobody knows."""
    if expected is None:
        return None
    return Turn(*(now + timedelta(seconds=one) for one in (expected.p10, expected.p50, expected.p90)))


def while_waiting(standing: Standing, line: Line, joined_at: datetime, now: datetime) -> Estimate | None:
    """When the turn is of somebody in line, as far as the standing alone tells: their share of the time since the oldest
    joined is their share of those who wait. Whoever reads room.json knows better. None: nobody knows."""
    waiting = standing.paid_waiting if line == "paid" else standing.bulk_waiting
    oldest = standing.oldest_paid_at if line == "paid" else standing.oldest_bulk_at
    before = waiting
    if oldest is not None and joined_at < standing.kept_at and oldest < standing.kept_at:
        share = max(0.0, (joined_at - oldest) / (standing.kept_at - oldest))
        before = int(waiting * share)
    return waiting_room.estimate(before, rates_of(standing, line), waits_seconds=standstill_of(standing, now))


def document(
    kept: Tally,
    standing: Standing,
    channels: Mapping[str, Channel | None],
    said: Announcement | None,
    receipt_keys: tuple[str, ...],
) -> bytes:
    """room.json: who waits by the minute they joined, who was served in each minute of the last hour, the rates, and everything
    else that a place in line and an estimate are worked out from. Nothing in it is about one person."""
    now = standing.kept_at
    minute = tally.minute_of(now)
    told: dict[str, Any] = {
        "kept_at": spell(now),
        "every_seconds": EVERY_SECONDS,
        "minute": minute,
        "lines": {line: _line(kept, standing, line, minute) for line in LINES},
        "rates": None if standing.rate_p10 is None else [standing.rate_p10, standing.rate_p50, standing.rate_p90],
        "rates_are": standing.rates_are,
        "standstill_seconds": standstill_of(standing, now),
        "backlog": backlog_of(standing),
        "admission": admission_of(standing, now),
        "deadline_at": spell(standing.deadline_at) if standing.deadline_at else None,
        "back_at": spell(standing.back_at) if standing.back_at else None,
        "channels": {name: channel.state if channel else "unknown" for name, channel in channels.items()},
        "incident": said.incident if said else None,
        "receipt_keys": list(receipt_keys),
    }
    return json.dumps(told, separators=(",", ":"), ensure_ascii=False).encode()


def _line(kept: Tally, standing: Standing, line: Line, minute: int) -> dict[str, Any]:
    bins = waiting_room.bins(kept.totals, line, minute)
    served = tally.by_minute(kept.totals, f"{line}.served")
    return {
        "waiting": waiting_room.waiting(bins),
        "bins": [[one.minute, one.width, one.joined, one.waiting] for one in bins],
        "served": [[at, done] for at, done in served.items() if at > minute - pace.MEASURED_OVER],
        "rates": _listed(rates_of(standing, line)),
    }


def _rates(
    served: Mapping[int, int], kept: Tally, minute: int, issuer_up: bool, stated: int | None
) -> tuple[Rates | None, RatesFrom]:
    if issuer_up and (measured := _measured(served, kept, minute)):
        return measured, "measured"
    if stated is not None:
        return pace.stated(stated), "stated"
    if issuer_up and (seen := pace.seen(served)):
        return seen, "seen"
    return None, "unknown"


def _measured(served: Mapping[int, int], kept: Tally, minute: int) -> Rates | None:
    return pace.measured(served, watched(kept), minute=minute)


def watched(kept: Tally) -> dict[int, Watch]:
    """How each minute of the last hour was."""
    words: dict[str, Watch] = {"busy": "busy", "slack": "slack", "still": "still"}
    return {int(at): words[word] for at, word in kept.watched.items()}


def _listed(rates: Rates | None) -> list[int] | None:
    return [rates.p10, rates.p50, rates.p90] if rates else None


def _between(waiting: int, offered: int) -> tuple[int, int, int]:
    return waiting, waiting + offered // 2, waiting + offered
