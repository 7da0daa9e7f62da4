"""Moves of a busy account's quota between its pool and its shards. No piece is made or lost; a person never sees them.

Each transfer is gated by the pool's count of transfers: made twice, or by two at once, it happens once.
"""

from __future__ import annotations

from datetime import datetime

from meterai.domain.instants import spell
from meterai.domain.ledger import Absent, AbsentOr, AtLeast, Before, Change, Gate, Is, Move, Put, Test
from meterai.domain.rows import Quota, QuotaShard


def shard(pool: Quota, shards: int) -> Move:
    """Pecah: the account has this many shards, the new ones empty. They only become more: a stamping names its own for ever."""
    new = (QuotaShard(id=QuotaShard.id_of(pool.id, number)) for number in range(pool.shards, shards))
    count = Change(pool.key, {"shards": _count(pool.shards)}, put={"shards": shards})
    return Move("shard", (count, *(Put(one.key, one.row()) for one in new)))


def share(pool: Quota, number: int, pieces: int, now: datetime) -> Move:
    """Bagi: pieces of the pool become available on a shard, unless a refund is gathering them."""
    draining: Test = Before(spell(now)) if pool.draining_until else Absent()
    return Move(
        "share",
        (
            Change(
                pool.key,
                {"available": AtLeast(pieces), "transfers": _count(pool.transfers), "draining_until": draining},
                add={"available": -pieces, "shared": pieces, "transfers": 1},
            ),
            Change(
                QuotaShard.key_of(QuotaShard.id_of(pool.id, number)),
                {},
                add={"available": pieces, "shared_in": pieces},
            ),
        ),
    )


def draining(pool: Quota, until: datetime) -> Move:
    """A refund is about to gather pieces: none goes out to a shard before `until`. Whoever dies while gathering stops nobody
    for longer."""
    as_read: Test = Is(spell(pool.draining_until)) if pool.draining_until else Absent()
    gate: Gate = {"draining_until": as_read, "transfers": _count(pool.transfers)}
    return Move("draining", (Change(pool.key, gate, put={"draining_until": spell(until)}),))


def drain(pool: Quota, shard: QuotaShard, pieces: int) -> Move:
    """Kumpulkan: pieces that are available on a shard become available in the pool."""
    return Move(
        "drain",
        (
            Change(
                pool.key,
                {"shared": AtLeast(pieces), "transfers": _count(pool.transfers)},
                add={"available": pieces, "shared": -pieces, "transfers": 1},
            ),
            Change(shard.key, {"available": AtLeast(pieces)}, add={"available": -pieces, "shared_in": -pieces}),
        ),
    )


def _count(read: int) -> Test:
    """A count is still as it was read; rows that are older than their counts have none."""
    return Is(read) if read else AbsentOr(0)
