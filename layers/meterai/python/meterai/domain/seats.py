"""Kursi: how many requests may stay until their stamp is there, and when none may (`Prefer: wait`, RFC 7240)."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from meterai.domain.rows import Standing
from meterai.domain.shares import SHORT, paid_wait

TRIES = 3
"""At how many seats somebody looks who finds theirs taken: with most of them taken, that none is free is soon known."""
CLOSED_FOR = timedelta(seconds=30)
"""For how long nobody sits where somebody saw that the line does not move."""


@dataclass(frozen=True, slots=True)
class Seating:
    """`seats` requests may stay at once; people's line has `workers` at least."""

    seats: int
    workers: int

    def open(self, standing: Standing | None, now: datetime) -> bool:
        """Whether anybody may sit: not where people are known to wait longer than shortly. Who finds out by themselves does so
        within that time (`stalls`)."""
        waited = paid_wait(standing, self.workers, now)
        return waited is None or waited < SHORT

    def places(self, stamping: str) -> Iterator[int]:
        """The seats that a stamping's request looks at, its own first."""
        own = zlib.crc32(stamping.encode())
        yield from dict.fromkeys((own + number) % self.seats for number in range(min(TRIES, self.seats)))


NO_SEATS = Seating(seats=0, workers=0)


def stalls(joined_at: datetime, now: datetime) -> bool:
    """Whether a stamping that is queued still has waited longer than shortly."""
    return now - joined_at >= SHORT
