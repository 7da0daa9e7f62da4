"""Pieces between a busy account's pool and its shards: each move has its gate, and made twice it happens once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from meterai.domain.ledger import GateClosed, Move
from meterai.domain.moves import quota, stamping
from meterai.domain.rows import Quota, QuotaShard
from meterai.operations.cancel_stamping import cancel_stamping
from meterai.operations.find import pool_of, shards_of
from meterai.operations.open_shards import open_shards
from tests.fakes.world import World
from tests.unit.domain.test_moves import units

SOON = timedelta(seconds=30)


def busy(world: World, pieces: int, shards: int) -> str:
    """An account with so many pieces in its pool, and so many empty shards."""
    account = world.rich(pieces)
    open_shards(world.ledger, account=account, shards=shards)
    return account


def refused(world: World, move: Move) -> None:
    """The move finds a gate closed and changes nothing."""
    before = dict(world.ledger.rows)
    with pytest.raises(GateClosed):
        world.ledger.apply(move)
    assert world.ledger.rows == before


def holdings(world: World, account: str) -> tuple[Quota, list[QuotaShard]]:
    """Pool and shards, each balanced, and nothing between them."""
    pool = pool_of(world.ledger, account)
    shards = shards_of(world.ledger, pool)
    assert pool.balanced(), pool
    assert all(shard.balanced() for shard in shards), shards
    assert pool.shared == sum(shard.shared_in for shard in shards)
    return pool, shards


def test_shards_are_opened_empty_and_only_become_more() -> None:
    world = World()
    account = world.rich(5)
    pool = pool_of(world.ledger, account)
    first = quota.shard(pool, 2)
    world.ledger.apply(first)
    refused(world, first)
    refused(world, quota.shard(pool, 3))
    world.ledger.apply(quota.shard(pool_of(world.ledger, account), 4))
    pool, shards = holdings(world, account)
    assert (pool.shards, pool.available, pool.shared) == (4, 5, 0)
    assert [(shard.id, shard.available) for shard in shards] == [(f"{account}#{n}", 0) for n in range(4)]


def test_a_shard_is_a_partition_of_its_own() -> None:
    world = World()
    _, shards = holdings(world, busy(world, 1, 3))
    assert len({shard.key[0] for shard in shards}) == 3
    assert {shard.key[1] for shard in shards} == {"quota_shard"}


def test_sharing_out_happens_once_and_never_beyond_the_pool() -> None:
    world = World()
    account = busy(world, 5, 2)
    pool, _ = holdings(world, account)
    refused(world, quota.share(pool, 0, 6, world.now))
    once = quota.share(pool, 1, 2, world.now)
    world.ledger.apply(once)
    refused(world, once)
    refused(world, quota.share(pool, 0, 2, world.now))  # two that read the same pool
    pool, shards = holdings(world, account)
    assert (pool.available, pool.shared, pool.transfers) == (3, 2, 1)
    assert [shard.available for shard in shards] == [0, 2]


def test_nothing_is_shared_to_a_shard_that_is_not_there() -> None:
    world = World()
    account = busy(world, 5, 2)
    refused(world, quota.share(pool_of(world.ledger, account), 2, 1, world.now))


def test_draining_happens_once_and_never_beyond_the_shard() -> None:
    world = World()
    account = busy(world, 5, 2)
    world.ledger.apply(quota.share(pool_of(world.ledger, account), 0, 4, world.now))
    pool, shards = holdings(world, account)
    refused(world, quota.drain(pool, shards[0], 5))
    refused(world, quota.drain(pool, shards[1], 1))
    once = quota.drain(pool, shards[0], 2)
    world.ledger.apply(once)
    refused(world, once)
    pool, shards = holdings(world, account)
    assert (pool.available, pool.shared, shards[0].available, shards[0].shared_in) == (3, 2, 2, 2)


def test_nothing_goes_out_while_a_refund_gathers_and_everything_may_again_once_that_has_expired() -> None:
    world = World()
    account = busy(world, 5, 2)
    before = pool_of(world.ledger, account)
    gathering = quota.draining(before, world.now + SOON)
    world.ledger.apply(gathering)
    refused(world, gathering)
    refused(world, quota.share(before, 0, 1, world.now))  # read before, moved after
    during = pool_of(world.ledger, account)
    refused(world, quota.share(during, 0, 1, world.now))
    refused(world, quota.share(during, 0, 1, world.now + SOON))
    world.ledger.apply(quota.share(during, 0, 1, world.now + SOON + timedelta(microseconds=1)))
    assert holdings(world, account)[1][0].available == 1


def test_a_second_refund_prolongs_what_it_read() -> None:
    world = World()
    account = busy(world, 5, 2)
    first = pool_of(world.ledger, account)
    world.ledger.apply(quota.draining(first, world.now + SOON))
    refused(world, quota.draining(first, world.now + 2 * SOON))
    world.ledger.apply(quota.draining(pool_of(world.ledger, account), world.now + 2 * SOON))
    assert pool_of(world.ledger, account).draining_until == world.now + 2 * SOON


def test_a_row_that_is_older_than_its_counts_is_sharded_too() -> None:
    world = World()
    account = world.rich(5)
    row = world.ledger.rows[Quota.key_of(account)]
    for name in ("shards", "shared", "transfers"):
        del row[name]
    open_shards(world.ledger, account=account, shards=2)
    world.ledger.apply(quota.draining(pool_of(world.ledger, account), world.now - SOON))
    world.ledger.apply(quota.share(pool_of(world.ledger, account), 1, 5, world.now))
    pool, shards = holdings(world, account)
    assert (pool.available, pool.shared, shards[1].available) == (0, 5, 5)


def opened_with_a_shard(world: World, pieces: int) -> tuple[Any, str]:
    """Somebody whose pieces are all on their one shard, and the document that they brought."""
    opened = world.account()
    world.pay(world.buy(opened.account.id, pieces).attempt.id)
    open_shards(world.ledger, account=opened.account.id, shards=1)
    world.ledger.apply(quota.share(pool_of(world.ledger, opened.account.id), 0, pieces, world.now))
    return opened, world.document(opened.token)


def test_every_move_of_a_sharded_road_is_refused_when_it_is_made_again() -> None:
    world = World()
    opened, document = opened_with_a_shard(world, 3)
    account = opened.account.id
    world.stamp(account, document)
    world.work()
    cancelled = world.stamp(account, world.document(opened.token)).stamping
    cancel_stamping(world.ledger, world.sealed, account=account, stamping_id=cancelled.id, now=world.now)
    bill = world.buy(account, 2)
    world.pay(bill.attempt.id)
    world.ledger.apply(quota.share(pool_of(world.ledger, account), 0, 1, world.now))
    world.follow(world.ask_refund(account, bill.invoice.id).refund.id)
    made = [move for move in world.ledger.history if move.name != "keep_charge"]
    names = {move.name for move in made}
    assert names >= {"shard", "share", "draining", "drain", "reserve", "commit", "release", "hold", "settle"}
    for move in made:
        refused(world, move)


def test_reserve_commit_and_release_move_the_shard_that_the_stamping_names_and_nothing_else() -> None:
    world = World()
    opened, document = opened_with_a_shard(world, 2)
    account = opened.account.id
    pool = world.ledger.get(Quota.key_of(account))
    asked = world.stamp(account, document).stamping
    assert (asked.shard, asked.purse) == (0, (f"{account}#0", "quota_shard"))
    world.work()
    other = world.stamp(account, world.document(opened.token)).stamping
    cancel_stamping(world.ledger, world.sealed, account=account, stamping_id=other.id, now=world.now)
    [shard] = holdings(world, account)[1]
    assert (shard.available, shard.reserved, shard.used, shard.returned) == (1, 0, 1, 1)
    assert world.ledger.get(Quota.key_of(account)) == pool


def test_a_stamping_keeps_its_purse_when_shards_are_added() -> None:
    world = World()
    opened, document = opened_with_a_shard(world, 1)
    asked = world.stamp(opened.account.id, document).stamping
    open_shards(world.ledger, account=opened.account.id, shards=8)
    world.work()
    done = world.stamping(asked.id)
    assert (done.status, done.purse) == ("done", asked.purse)
    assert holdings(world, opened.account.id)[1][0].used == 1


def test_a_stamp_from_a_shard_costs_what_a_stamp_from_the_pool_costs() -> None:
    world = World()
    opened, document = opened_with_a_shard(world, 1)
    world.flow()  # the account's letter is no part of it
    since = len(world.ledger.history)
    world.stamp(opened.account.id, document)
    world.work()
    cost = {move.name: units(move, world) for move in world.ledger.history[since:]}
    assert cost == {"examined": 4, "reserve": 6, "assign": 4, "commit": 8}


def test_a_stamping_of_the_pool_is_stored_and_moved_as_ever() -> None:
    world = World()
    opened = world.account()
    world.pay(world.buy(opened.account.id, 1).attempt.id)
    asked = world.stamp(opened.account.id, world.document(opened.token)).stamping
    assert "shard" not in asked.row()
    assert asked.purse == Quota.key_of(opened.account.id)
    [*_, last] = stamping.release(asked, "x", world.now).writes[:2]
    assert getattr(last, "add", None) == {"reserved": -1, "available": 1}
