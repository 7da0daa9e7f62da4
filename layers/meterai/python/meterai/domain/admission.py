"""Batas penjualan: no more is sold than can still be applied before the deadline.

Everything here is plain data, so that a simulation can use it as it is. Pieces are counted in stampings: one is one.
"""

from __future__ import annotations

from datetime import datetime

LEAST_BOUGHT = 1000
"""With fewer pieces bought longer than a day ago, every available piece is taken to be used."""


def likely_permille(used: int, bought_earlier: int) -> int:
    """The share of available pieces that get used, in thousandths: what was ever used, of what was bought over a day ago.
    Uses of younger pieces are in it too, so that it is never too low: too much is kept free for those who have bought, not too
    little."""
    if bought_earlier < LEAST_BOUGHT:
        return 1000
    return min(1000, -(-max(0, used) * 1000 // bought_earlier))


def backlog(*, waiting: int, offered: int, available: int, likely: int) -> int:
    """How many stampings the house owes or may owe: queued and sealing, unpaid invoices inside their time, and of the
    applicants' available pieces the share (thousandths) that gets used."""
    return max(0, waiting) + max(0, offered) + -(-max(0, available) * likely // 1000)


def admission(
    *,
    rate: int | None,
    backlog: int,
    counted_at: datetime,
    now: datetime,
    deadline_at: datetime | None,
    starts_at: datetime | None = None,
) -> int | None:
    """How many pieces may still be sold; None is without limit: no deadline ahead, or no rate (stampings an hour) known.

    What was sold since the backlog was counted is not known, and taken to be as much as the house applies in that time: so no
    more is promised however late the count. `starts_at` is when the line moves again, where it stands still."""
    if deadline_at is None or deadline_at <= now or rate is None:
        return None
    begins = max(now, starts_at) if starts_at else now
    unknown = max(0.0, (now - counted_at).total_seconds())
    left = int((deadline_at - begins).total_seconds() - unknown)
    return max(0, rate * left // 3600 - backlog)
