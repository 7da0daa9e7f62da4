"""Gathering a busy account's pieces: a refund holds from the pool, wherever the pieces are."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta

from meterai.domain.errors import Busy
from meterai.domain.ledger import GateClosed
from meterai.domain.moves import quota
from meterai.operations.find import pool_of, shards_of
from meterai.ports.ledger import Ledger

ROUNDS = 4
GATHERS_FOR = timedelta(seconds=30)
"""How long no piece goes out to a shard: past the time-outs of the functions that gather (template.yaml)."""


def gather_pieces(ledger: Ledger, account: str, quantity: int, now: datetime) -> None:
    """Bring pieces from the account's shards to its pool until it has `quantity` available, or the shards have none left.

    Stampings go on meanwhile, from shards and pool: what the pool has afterwards is for the hold's gate to say. Nothing has to
    be undone: the hold ends the gathering, or GATHERS_FOR does. Raises Missing, Busy (stampings were always faster)."""
    until = now + GATHERS_FOR
    for tried in range(ROUNDS):
        pool = pool_of(ledger, account)
        if pool.available >= quantity or not pool.shards:
            return
        if pool.draining_until is None or pool.draining_until < until:
            with suppress(GateClosed):  # another refund was first, or somebody who shared out
                ledger.apply(quota.draining(pool, until))
        full = [shard for shard in shards_of(ledger, pool) if shard.available]
        if not full:
            return
        for shard in full:
            with suppress(GateClosed):  # pieces of it were taken since: fewer are asked of it in the next round
                ledger.apply(quota.drain(pool_of(ledger, account), shard, max(1, shard.available >> tried)))
    if pool_of(ledger, account).available < quantity:
        raise Busy("the account's pieces kept moving between its shards")
