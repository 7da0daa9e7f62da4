"""No key is everybody's: two seconds of the deadline's peak, nine of ten stampings one partner's, counted by partition."""

from __future__ import annotations

import json

import pytest

from bench.keys import PEAK_A_SECOND, RESULTS, SHARDS, Replay, kind_of, record, together
from bench.units import PARTITION_WRITES, MeteredLedger, item_bytes
from meterai.domain.ledger import Change, Check, GateClosed, Is, Move, Put, Row
from tests.fakes.world import World


class Counting(World):
    """A house that counts all its changes in one row."""

    def carry_out(self, key: object, old: object, new: object, place: str) -> None:
        super().carry_out(key, old, new, place)  # type: ignore[arg-type]
        if isinstance(key, tuple) and key[1] == "serial":
            self.ledger.project(put=[(("counter", "counter"), {"total": 1})])


def test_at_the_peak_no_partition_takes_more_than_one_can() -> None:
    replay = Replay(2 * PEAK_A_SECOND, seed=7)
    replay.run()
    kept = record([replay], {})
    assert kept["over"] == {}
    assert replay.seconds == 2
    shards = kept["write_units_a_second"]["acc_*#*"]
    assert 4 * PEAK_A_SECOND * 0.9 / SHARDS < shards < PARTITION_WRITES  # reserve and commit of all, on the hottest


def test_a_counter_that_everybody_adds_to_is_named() -> None:
    replay = Replay(PEAK_A_SECOND, seed=7, house=Counting)
    replay.run()
    assert replay.writes.over(PARTITION_WRITES) == {"counter": 2 * PEAK_A_SECOND}


def test_a_partner_without_shards_is_too_hot() -> None:
    replay = Replay(PEAK_A_SECOND, seed=7, shards=0)
    replay.run()
    assert {"acc_*", "acc_*#stamping", "acc_*#event"} <= replay.writes.over(PARTITION_WRITES).keys()


def test_kinds_of_partitions_have_no_ids() -> None:
    assert kind_of("acc_01J5Z0000000000000000000AB#12#stamping") == "acc_*#*#stamping"
    assert kind_of("agenda#stamping#3") == "agenda#stamping#*"
    assert kind_of("chain_07") == "chain_*"
    assert kind_of("entry_commit_stp_01J5Z0000000000000000000AB") == "entry_commit_stp_*"


def test_units_are_counted_as_the_table_charges_them() -> None:
    ledger = MeteredLedger()
    big: Row = {"text": "x" * 1024}
    assert item_bytes(("a", "b"), big) == 4 + 2 + 4 + 1024
    ledger.apply(Move("put", (Put(("a", "b"), big), Put(("c", "d"), {}))))
    assert ledger.writes == {"a": 4, "c": 2}
    ledger.apply(Move("change", (Change(("a", "b"), {}, remove=("text",)), Check(("c", "d"), {}))))
    assert ledger.writes == {"a": 8, "c": 4}  # the larger of before and after; a check is a write
    with pytest.raises(GateClosed):
        ledger.apply(Move("refused", (Change(("a", "b"), {"status": Is("open")}),)))
    assert ledger.writes["a"] == 10
    ledger.project(put=[(("a", "e"), big)], drop=[("c", "d")])
    assert ledger.writes == {"a": 12, "c": 5}
    ledger.get(("a", "e"))
    ledger.get(("a", "nothing"))
    ledger.page("a", after=None, limit=9)
    assert ledger.reads == {"a": 3}


def test_two_records_together_keep_the_hottest_and_add_up_the_rest() -> None:
    one, other = Replay(40, seed=1), Replay(60, seed=2)
    one.run()
    other.run()
    first, second = record([one], {"commit": "c"}), record([other], {"commit": "c"})
    assert together(first, second) == record([one, other], {"commit": "c"})


def test_the_long_replay_was_under_every_bound() -> None:
    kept = json.loads(RESULTS.read_text())
    assert kept["stampings"] >= 1_000_000
    assert kept["over"] == {}
    assert max(kept["write_units_a_second"].values()) < PARTITION_WRITES
    assert kept["of_one_partner"] == 0.9
