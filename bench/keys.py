"""How hot one key becomes: `python -m bench.keys`.

Stampings arrive at the rate of a deadline on which everybody comes in the hour after an outage, nine of ten from one partner.
Each goes its whole way through the production operations over a ledger in memory that counts DynamoDB's units: bought and paid
(the people's), document, reserve, stream, queue, assign, seal, commit, chain, lists, events. In one second of the replay as
many are reserved as are sealed and chained. No partition may take more than a partition of DynamoDB does; a counter that
everybody adds to would take twice the rate and more. Writes bench/results/keys.json.
"""

from __future__ import annotations

import argparse
import gc
import json
import re
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from functools import reduce
from multiprocessing import get_context
from queue import Empty
from typing import Any

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from bench.corpus import HOUSE
from bench.units import PARTITION_READS, PARTITION_WRITES, MeteredLedger
from bench.versions import version
from meterai.domain import money
from meterai.domain.chains import HEAD
from meterai.domain.instants import spell
from meterai.domain.moves import quota
from meterai.domain.rows import Account, Activations, Quota, QuotaShard, Tally, Token
from meterai.operations.chain_entries import chain_entries
from meterai.operations.find import pool_of
from meterai.operations.keep_room import keep_room
from meterai.operations.open_account import OWNER_SCOPES, open_account
from tests.fakes.world import SILENT, World

RESULTS = HOUSE / "bench" / "results" / "keys.json"
PEAK_A_SECOND = 1_806
"""6.5 million stamps in the one hour after an outage (../shared/FACTS.md, cloud bounds)."""
PARTNERS_TENTHS = 9
SHARDS = 16
"""Quota shards of the partner: some 100 stamps a second each, where 250 are the most (docs/adr/0013-quota-in-shards.md)."""
PARTNERS = {one.name for one in (Account, Quota, QuotaShard, Token)}
OF_ONE = 30
"""More units a second than one person's rows take."""
_NUMBERS = re.compile(r"(?<=[a-z]_)[0-9A-Za-z]{20,}|[0-9a-f]{64}|[0-9A-Z]{22}|(?<=#)\d+|(?<=chain_)\d+")


@dataclass
class Hottest:
    """The most units that one partition took in one second, by kind of partition; and the whole, over all of them."""

    most: dict[str, int] = field(default_factory=dict)
    total: int = 0

    def see(self, second: Counter[str]) -> None:
        for partition, taken in second.items():
            kind = kind_of(partition)
            self.most[kind] = max(self.most.get(kind, 0), taken)
            self.total += taken

    def over(self, bound: int) -> dict[str, int]:
        """What takes more than a partition does."""
        return {kind: taken for kind, taken in self.most.items() if taken > bound}

    def join(self, other: Hottest) -> None:
        """Take what another saw as seen."""
        for kind, taken in other.most.items():
            self.most[kind] = max(self.most.get(kind, 0), taken)
        self.total += other.total

    def table(self) -> dict[str, int]:
        """Kinds by the most that one of them took, hottest first; those that one stamping or one person has are left out."""
        ranked = sorted(self.most.items(), key=lambda one: (-one[1], one[0]))
        return {kind: taken for kind, taken in ranked if taken > OF_ONE}


def kind_of(partition: str) -> str:
    """A partition's name with its ids and numbers left out: `acc_*#*` is any shard of any account."""
    return _NUMBERS.sub("*", partition)


@dataclass
class Replay:
    """One busy partner and many people, second by second."""

    stampings: int
    seed: int
    a_second: int = PEAK_A_SECOND
    writes: Hottest = field(default_factory=Hottest)
    reads: Hottest = field(default_factory=Hottest)
    seconds: int = 0
    shards: int = SHARDS
    house: type[World] = World

    def __post_init__(self) -> None:
        self.ledger = MeteredLedger()
        self.world = self.house(seed=self.seed, ledger=self.ledger)
        self._changes = 0
        self.account, self.token = self._partner()
        self._forget()

    def run(self, tick: Callable[[int], object] = lambda _: None) -> None:
        """Replay all of it; `tick` hears how many were done."""
        done = 0
        while done < self.stampings:
            several = min(self.a_second, self.stampings - done)
            self._second(range(done, done + several))
            done += several
            tick(several)

    def _partner(self) -> tuple[str, str]:
        """The partner's account and token: a fifth more pieces than are needed, bought and shared out over shards as they are
        needed. Where a stock ends at this rate, its last pieces are all asked from the few shards that have them: for some
        seconds callers are told `busy`, which is another question."""
        opened = open_account(
            self.ledger,
            email=None,
            phone=None,
            kind="partner",
            scopes=OWNER_SCOPES,
            now=self.world.now,
            random=self.world.dice.randbytes,
        )
        account = opened.account.id
        for _ in range(self.stampings * PARTNERS_TENTHS * 12 // 100_000 + 2):
            self.world.pay(self.world.buy(account, money.MOST_PIECES).attempt.id)
        if self.shards:
            self.ledger.apply(quota.shard(pool_of(self.ledger, account), self.shards))
        self._settle()
        return account, opened.token

    def _second(self, numbers: range) -> None:
        for number in numbers:
            account, token = self._person() if number % 10 >= PARTNERS_TENTHS else (self.account, self.token)
            document = self.world.document(token, b"%d of %d" % (number, self.seed))
            self.world.stamp(account, document)
        self._settle()
        keep_room(self.ledger, self.world.public, self.world.receipts, now=self.world.now)
        self.writes.see(self.ledger.writes)
        self.reads.see(self.ledger.reads)
        self.seconds += 1
        self._forget()
        self.world.wait(timedelta(seconds=1))

    def _person(self) -> tuple[str, str]:
        """Somebody who buys a piece and pays it."""
        opened = self.world.account()
        self.world.pay(self.world.buy(opened.account.id).attempt.id)
        return opened.account.id, opened.token

    def _settle(self) -> None:
        """Let stream, seal workers and the chains' keeper do what these rows ask for, until nothing is left to do."""
        while self.ledger.changes or self.world.queue.messages:
            changes, self.ledger.changes = self.ledger.changes, []
            for key, old, new in changes:
                if key[0].startswith(SILENT):
                    continue
                self._changes += 1
                self.world.carry_out(key, old, new, f"{spell(self.world.now)}#{self._changes:040}")
            stampings, self.world.queue.messages = self.world.queue.messages, []
            for stamping in stampings:
                self.world.seal(stamping)
            if not self.ledger.changes:  # what comes in batches, as one each second
                entries, self.world.entries.messages = self.world.entries.messages, []
                chain_entries(self.ledger, entries)
                self.world.count()

    def _forget(self) -> None:
        """Begin to count anew, with the rows alone that a later second meets again: all others belong to one stamping or one
        person, and are let go of with their second."""
        fresh = MeteredLedger()
        for key, row in self.ledger.rows.items():
            if key[1] in (HEAD, Activations.name, Tally.name) or (
                self.account in (key[0].partition("#")[0], row.get("account")) and (key[1] in PARTNERS)
            ):
                fresh.store(key, row)
        fresh.changes.clear()
        self.ledger = fresh
        self.world = self.house(seed=self.world.dice.randrange(2**32), ledger=fresh, now=self.world.now)


def replayed(stampings: int, seed: int, tick: Callable[[int], object] = lambda _: None) -> Replay:
    """A replay from its beginning to its end. Rows live for one second and go by themselves: nothing is collected meanwhile."""
    gc.disable()
    replay = Replay(stampings, seed)
    replay.run(tick)
    gc.enable()
    return replay


def part(stampings: int, seed: int, of: Mapping[str, str], tick: Callable[[int], object]) -> dict[str, Any]:
    """A replay's record: what a process can hand to another."""
    return record([replayed(stampings, seed, tick)], of)


def record(replays: Sequence[Replay], of: Mapping[str, str]) -> dict[str, Any]:
    """What is kept of some replays, each of which had a ledger of its own: every figure is of one second of one of them. `of`
    is the version that ran."""
    stampings = sum(one.stampings for one in replays)
    writes, reads = Hottest(), Hottest()
    for one in replays:
        writes.join(one.writes)
        reads.join(one.reads)
    return {
        **of,
        "seeds": [one.seed for one in replays],
        "stampings": stampings,
        "seconds": sum(one.seconds for one in replays),
        "a_second": PEAK_A_SECOND,
        "of_one_partner": PARTNERS_TENTHS / 10,
        "quota_shards": SHARDS,
        "write_units_a_second": writes.table(),
        "read_units_a_second": reads.table(),
        "write_units_each": round(writes.total / stampings, 1),
        "read_units_each": round(reads.total / stampings, 1),
        "write_units": writes.total,
        "read_units": reads.total,
        "over": writes.over(PARTITION_WRITES) | reads.over(PARTITION_READS),
    }


def together(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """Two records as one: of the same version, of other seeds."""
    both = {name: one[name] + other[name] for name in ("stampings", "seconds", "write_units", "read_units", "seeds")}
    for name in ("write_units_a_second", "read_units_a_second"):
        found = Hottest(dict(one[name]))
        found.join(Hottest(other[name]))
        both[name] = found.table()
    for name in ("write_units", "read_units"):
        both[f"{name}_each"] = round(both[name] / both["stampings"], 1)
    return {**one, **both, "over": one["over"] | other["over"]}


def main(arguments: Sequence[str]) -> int:
    """Replay in so many processes and write the record; 1 when a key was too hot."""
    parser = argparse.ArgumentParser(prog="python -m bench.keys", description=__doc__)
    parser.add_argument("--stampings", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--parts", type=int, default=2, help="in how many processes, each with its share")
    parser.add_argument("--more", action="store_true", help="add to the record, which is of the same version")
    given = parser.parse_args(arguments)
    of = version()
    shares = [len(range(number, given.stampings, given.parts)) for number in range(given.parts)]
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    context = get_context("spawn")
    with (
        Progress(*columns) as progress,
        context.Manager() as manager,
        ProcessPoolExecutor(given.parts, context) as pool,
    ):
        task, ticks = progress.add_task("stampings replayed", total=given.stampings), manager.Queue()
        parts = [pool.submit(part, share, given.seed + number, of, ticks.put) for number, share in enumerate(shares)]
        done = 0
        while done < given.stampings and not any(one.done() and one.exception() for one in parts):
            with suppress(Empty):
                several = ticks.get(timeout=1)
                done += several
                progress.advance(task, several)
        kept = reduce(together, (one.result() for one in parts))
    if given.more:
        before = json.loads(RESULTS.read_text())
        if before["commit"] != kept["commit"] or set(before["seeds"]) & set(kept["seeds"]):
            parser.error("the record is of another version, or has these seeds")
        kept = together(before, kept)
    RESULTS.write_text(json.dumps(kept, indent=1) + "\n")
    print(json.dumps(kept, indent=1))
    return 1 if kept["over"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
