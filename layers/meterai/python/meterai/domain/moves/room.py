"""Moves of the tally: counts are added once each, and what was added up goes into the one row, once.

Sums wait in TALLY_SHARDS partitions, a row for each batch of counts that came together, and are folded from there into the
tally by its keeper. So nothing that everybody does meets at one row.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Sequence
from datetime import datetime, timedelta

from meterai.domain import tally
from meterai.domain.instants import spell
from meterai.domain.ledger import Change, Is, Key, Move, Put, Row, Value, Write
from meterai.domain.rows import Announcement, Tally
from meterai.domain.tally import Count

MOST_COUNTS = 90
"""A marker each and one row of sums; a transaction has at most 100 writes (AWS: TransactWriteItems)."""
TALLY_SHARDS = 8
MARKER = "counted"
COUNTED_WITHIN = timedelta(days=6)
"""A change that is older is not counted any more: its marker may be gone, so that nobody knows whether it was."""
MARKED_FOR = timedelta(days=8)


def marker_key(change: str) -> Key:
    """Where it is kept that a change was counted."""
    return (change, MARKER)


def sums_partition(shard: int) -> str:
    """The partition of the rows of sums that wait to be folded."""
    return f"tally#{shard}"


def count(counts: Sequence[Count]) -> Move:
    """Hitung: at most MOST_COUNTS counts are added up in a row of sums, if none of them was counted before."""
    expires = [int((one.at + MARKED_FOR).timestamp()) for one in counts]
    writes: list[Write] = [Put(marker_key(one.change), {"ttl": ttl}) for one, ttl in zip(counts, expires, strict=True)]
    name = hashlib.sha256("".join(sorted(one.change for one in counts)).encode()).hexdigest()[:24]
    sums: dict[str, Value] = dict(tally.total([one.sums for one in counts]))
    place = (sums_partition(zlib.crc32(name.encode()) % TALLY_SHARDS), name)
    return Move("count", (*writes, Put(place, {"sums": sums})))


def fold(kept: Tally, after: Tally) -> Move:
    """Jumlahkan: the tally as it is after some rows of sums, whose places it names, went into it; if it is as it was read."""
    row = after.row()
    if kept.folds == 0:
        return Move("fold", (Put(after.key, row),))
    return Move("fold", (Change(after.key, {"folds": Is(kept.folds)}, put=row),))


def folded(kept: Tally, rows: Sequence[tuple[Key, Row]], minute: int, watched: dict[str, str]) -> Tally:
    """The tally with these rows of sums in it."""
    sums = [{str(name): _whole(number) for name, number in _map(row["sums"]).items()} for _, row in rows]
    return Tally(
        id=Tally.ID,
        folds=kept.folds + 1,
        totals=tally.folded(kept.totals, sums, minute),
        folded=[list(key) for key, _ in rows],
        watched=watched,
    )


def announced(known: Announcement | None, wanted: Announcement) -> Move:
    """Umumkan: what an operator says takes the place of what was said before, if that is as it was read."""
    row = wanted.row()
    if known is None:
        return Move("announce", (Put(wanted.key, row),))
    as_read = {"made_at": Is(spell(known.made_at))}
    gone = tuple(name for name in known.row() if name not in row)
    return Move("announce", (Change(wanted.key, as_read, put=row, remove=gone),))


def is_late(one: Count, now: datetime) -> bool:
    """Whether a change is too old to be counted."""
    return one.at + COUNTED_WITHIN < now


def _map(value: Value) -> dict[str, Value]:
    if not isinstance(value, dict):
        raise TypeError("not a map")
    return value


def _whole(value: Value) -> int:
    if not isinstance(value, int):
        raise TypeError("not a whole number")
    return value
