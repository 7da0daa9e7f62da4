"""A busy account's quota is spread over shards, by an operator's hand."""

from __future__ import annotations

from contextlib import suppress

from meterai.domain.errors import Busy, RequestInvalid
from meterai.domain.ledger import GateClosed
from meterai.domain.moves.quota import shard
from meterai.operations.find import pool_of
from meterai.ports.ledger import Ledger

MOST_SHARDS = 32
"""At some 250 stamps a second each, more than a whole country stamped in its busiest hour."""
ROUNDS = 3


def open_shards(ledger: Ledger, *, account: str, shards: int) -> int:
    """See to it that the account has at least this many shards; how many it has. Pieces reach them with the next stampings.

    Shards are never taken away. Raises RequestInvalid (fewer than 1 or more than MOST_SHARDS), Missing, Busy."""
    if not 1 <= shards <= MOST_SHARDS:
        raise RequestInvalid(f"shards are 1 to {MOST_SHARDS}")
    for _ in range(ROUNDS):
        pool = pool_of(ledger, account)
        if pool.shards >= shards:
            return pool.shards
        with suppress(GateClosed):  # another operator was first
            ledger.apply(shard(pool, shards))
    raise Busy("others kept changing the shards")
