"""Counting: each change goes into the sums once, however often and in whatever company it arrives."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from meterai.domain.errors import Busy, Refusal
from meterai.domain.ledger import GateClosed
from meterai.domain.moves.room import MOST_COUNTS, count, is_late, marker_key
from meterai.domain.tally import Count
from meterai.ports.ledger import Ledger

LATE = "count_too_late"
"""The code of what is not counted any more: it stays with the dead letters."""


def count_changes(ledger: Ledger, counts: Iterable[Count], *, now: datetime) -> dict[str, str]:
    """Add each count up, unless it was before. Returns the codes of what must come again, by change."""
    fresh = {one.change: one for one in counts}
    again = {one.change: LATE for one in fresh.values() if is_late(one, now)}
    left = [one for one in fresh.values() if one.change not in again]
    while left:
        some, left = left[:MOST_COUNTS], left[MOST_COUNTS:]
        try:
            _count(ledger, some)
        except Refusal as refusal:
            again |= {one.change: refusal.code for one in some}
    return again


def _count(ledger: Ledger, some: list[Count]) -> None:
    """One move for all that were not counted yet: what a marker turns away was, and the rest is tried without it."""
    while some:
        try:
            ledger.apply(count(some))
            return
        except GateClosed as closed:
            new = [one for one in some if marker_key(one.change) not in closed.keys]
            if len(new) == len(some):
                raise Busy("the sums of these counts are there without their markers") from None
            some = new
