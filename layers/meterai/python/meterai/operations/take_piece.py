"""Reserving a piece: from the account's pool or, when the account is busy, from wherever on its shards a piece is left."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

from meterai.domain.errors import Busy
from meterai.domain.ledger import GateClosed
from meterai.domain.moves import quota, stamping
from meterai.domain.rows import Quota, QuotaShard, Stamping
from meterai.operations.find import pool_of, shards_of
from meterai.ports.ledger import Ledger

ROUNDS = 5
"""How often an account's rows are looked through while pieces go from one to another, before it is told to come again."""


def take_piece(ledger: Ledger, wanted: Stamping, *, another: bool, now: datetime) -> Stamping:
    """Reserve one piece for a stamping; the stamping as it is kept, with the shard that its piece is in.

    The stamping's id chooses a shard, which is filled from the pool once it is empty; after it come the others, and the pool.
    Raises GateClosed as the move does, naming the pool only if there was an instant at which no row of the account had a piece;
    Missing; Busy, also while pieces keep moving: that is never called exhausted."""
    pool = pool_of(ledger, wanted.account)
    if taken := _reserved(ledger, wanted, _home(wanted, pool), another):
        return taken
    for _ in range(ROUNDS):
        seen = _look(ledger, wanted.account)
        if not seen.shards:  # the pool is all there is, and has refused
            raise GateClosed("reserve", frozenset({seen.pool.key}))
        for place in _places(ledger, wanted, seen, now):
            if taken := _reserved(ledger, wanted, place, another):
                return taken
        # The pool refused last. A shard that was empty before and has gained nothing since was empty at that instant.
        if _look(ledger, wanted.account).gains == seen.gains:
            raise GateClosed("reserve", frozenset({seen.pool.key}))
    raise Busy("the account's pieces kept moving between its shards")


@dataclass(frozen=True, slots=True)
class _Seen:
    """An account's rows of quota as they were read, one after the other."""

    pool: Quota
    shards: list[QuotaShard]

    @property
    def gains(self) -> list[int]:
        """What has grown if any shard has got a piece: from the pool, or back from a stamping."""
        return [self.pool.transfers, *(shard.returned for shard in self.shards)]


def _look(ledger: Ledger, account: str) -> _Seen:
    pool = pool_of(ledger, account)
    return _Seen(pool, shards_of(ledger, pool))


def _home(wanted: Stamping, pool: Quota) -> int | None:
    return zlib.crc32(wanted.id.encode()) % pool.shards if pool.shards else None


def _places(ledger: Ledger, wanted: Stamping, seen: _Seen, now: datetime) -> Iterator[int | None]:
    """Where to ask: the own shard after filling it, every other that had a piece, and at last the pool."""
    home = _home(wanted, seen.pool) or 0
    if seen.pool.available and not seen.pool.draining(now):
        portion = -(-seen.pool.available // len(seen.shards))
        with suppress(GateClosed):  # somebody else was sharing out, or a refund began to gather
            ledger.apply(quota.share(seen.pool, home, portion, now))
        yield home
    for number in [*range(home, len(seen.shards)), *range(home)]:
        if seen.shards[number].available:
            yield number
    yield None


def _reserved(ledger: Ledger, wanted: Stamping, shard: int | None, another: bool) -> Stamping | None:
    """The stamping with a piece of this shard (None: the pool), or None if only its having no piece forbids that."""
    placed = replace(wanted, shard=shard)
    try:
        ledger.apply(stamping.reserve(placed, another=another))
    except GateClosed as gate:
        if gate.keys != {placed.purse}:
            raise
        return None
    return placed
