"""Counted exactly once, in memory and on DynamoDB (moto): whatever comes twice, in other company, or dies on the way."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from moto import mock_aws

from meterai.aws.room import KmsReceiptSigner, S3PublicFiles, SqsCountQueue, sent_count
from meterai.aws.table import DynamoLedger
from meterai.domain import tally
from meterai.domain.errors import Busy
from meterai.domain.ledger import Key, Move, Row
from meterai.domain.moves.room import COUNTED_WITHIN, MARKER, TALLY_SHARDS, sums_partition
from meterai.domain.rows import Tally
from meterai.domain.tally import Count
from meterai.operations.count_changes import LATE, count_changes
from meterai.operations.keep_room import keep_room
from meterai.ports.ledger import Ledger
from tests.contract.test_ledger_contract import table
from tests.fakes.ledger import MemoryLedger
from tests.fakes.room import MemoryPublicFiles, PlainReceiptSigner

NOW = datetime(2024, 9, 10, 14, 14, 5, tzinfo=UTC)
MINUTE = tally.minute_of(NOW)


@pytest.fixture(params=["memory", "dynamodb"])
def ledger(request: pytest.FixtureRequest) -> Iterator[Ledger]:
    if request.param == "memory":
        yield MemoryLedger()
        return
    with mock_aws():
        yield DynamoLedger(table(), "ledger", pause=lambda _: None)


class Faulty:
    """A table whose writes are lost, or made and their answer lost, as the dice say."""

    def __init__(self, inner: Ledger, dice: random.Random, share: float) -> None:
        self.inner, self.dice, self.share = inner, dice, share

    def get(self, key: Key) -> Row | None:
        return self.inner.get(key)

    def page(self, partition: str, *, after: str | None, limit: int, newest_first: bool = True) -> Sequence[Row]:
        return self.inner.page(partition, after=after, limit=limit, newest_first=newest_first)

    def scan(self, name: str) -> Iterator[Row]:
        return self.inner.scan(name)

    def apply(self, move: Move) -> None:
        self._through(lambda: self.inner.apply(move))

    def project(self, *, put: Sequence[tuple[Key, Row]] = (), drop: Sequence[Key] = ()) -> None:
        for one in put:
            self._through(lambda one=one: self.inner.project(put=[one]))  # type: ignore[misc]
        for gone in drop:
            self._through(lambda gone=gone: self.inner.project(drop=[gone]))  # type: ignore[misc]

    def _through(self, write: Callable[[], None]) -> None:
        if self.dice.random() < self.share:
            raise Busy("lost on its way there")
        write()
        if self.dice.random() < self.share:
            raise Busy("its answer was lost")


def some_counts(number: int, dice: random.Random) -> list[Count]:
    def one(at: int) -> Count:
        minute = MINUTE - dice.randrange(5)
        return Count(f"cnt_{at:026}", NOW, {tally.joined("paid", minute): 1, tally.waiting("paid", minute): 1})

    return [one(at) for at in range(number)]


def kept(ledger: Ledger) -> Tally:
    row = ledger.get(Tally.key_of(Tally.ID))
    assert row is not None
    return Tally.of(row)


def keep(ledger: Ledger) -> None:
    keep_room(ledger, MemoryPublicFiles(), PlainReceiptSigner(), now=NOW)


@pytest.mark.parametrize("seed", range(4))
def test_sums_are_the_same_in_any_order_company_and_weather(ledger: Ledger, seed: int) -> None:
    dice = random.Random(seed)
    counts = some_counts(60, dice)
    weather = Faulty(ledger, dice, 0.2)
    waiting = counts * 2
    dice.shuffle(waiting)
    while waiting:
        size = dice.choice([1, 2, 7, 20])
        batch, waiting = waiting[:size], waiting[size:]
        again = count_changes(weather, batch, now=NOW)
        assert set(again.values()) <= {"busy"}
        waiting += [one for one in batch if one.change in again]
        if dice.random() < 0.4:
            try:
                keep(weather)
            except Busy:
                continue
    keep(ledger)
    assert kept(ledger).totals == tally.folded({}, [one.sums for one in counts], MINUTE)
    keep(ledger)
    assert kept(ledger).totals == tally.folded({}, [one.sums for one in counts], MINUTE)


def test_more_than_a_transaction_holds_are_counted_in_several(ledger: Ledger) -> None:
    counts = some_counts(205, random.Random(1))
    assert count_changes(ledger, counts, now=NOW) == {}
    rows = [row for shard in range(TALLY_SHARDS) for row in ledger.page(sums_partition(shard), after=None, limit=100)]
    assert len(rows) == 3
    keep(ledger)
    assert sum(tally.by_minute(kept(ledger).totals, "paid.waiting").values()) == 205


def test_what_was_counted_before_does_not_keep_the_rest_of_its_batch_from_it(ledger: Ledger) -> None:
    counts = some_counts(9, random.Random(2))
    assert count_changes(ledger, counts[:5], now=NOW) == {}
    keep(ledger)
    assert count_changes(ledger, counts[3:] + counts[8:], now=NOW) == {}
    keep(ledger)
    assert sum(tally.by_minute(kept(ledger).totals, "paid.waiting").values()) == 9


def test_a_change_that_is_too_old_is_not_counted_and_the_others_are(ledger: Ledger) -> None:
    old = Count("cnt_old", NOW - COUNTED_WITHIN - timedelta(seconds=1), {"available": 1})
    just = Count("cnt_just", NOW - COUNTED_WITHIN, {"available": 1})
    assert count_changes(ledger, [old, just], now=NOW) == {"cnt_old": LATE}
    keep(ledger)
    assert kept(ledger).totals == {"available": 1}


def test_a_marker_outlives_every_way_in_which_its_change_could_come_again(ledger: Ledger) -> None:
    count_changes(ledger, some_counts(1, random.Random(3)), now=NOW)
    marker = ledger.get(("cnt_" + "0" * 26, MARKER))
    assert marker is not None
    ttl = marker["ttl"]
    assert isinstance(ttl, int)
    assert datetime.fromtimestamp(ttl, UTC) - NOW > COUNTED_WITHIN + timedelta(days=1)


@pytest.mark.parametrize("seed", range(6))
def test_a_keeper_that_dies_anywhere_folds_nothing_twice_and_loses_nothing(ledger: Ledger, seed: int) -> None:
    """Two keepers beside one another, either dying between any two writes."""
    dice = random.Random(seed)
    counts = some_counts(40, dice)
    left = list(counts)
    while left:
        count_changes(ledger, [left.pop() for _ in range(min(len(left), 3))], now=NOW)
        for _ in range(dice.randrange(3)):
            try:
                keep(Faulty(ledger, dice, 0.3))
            except Busy:
                continue
    keep(ledger)
    assert kept(ledger).totals == tally.folded({}, [one.sums for one in counts], MINUTE)
    assert all(not ledger.page(sums_partition(shard), after=None, limit=1) for shard in range(TALLY_SHARDS))


class Beside(MemoryLedger):
    """A table on which another keeper works right before our first fold."""

    def __init__(self) -> None:
        super().__init__()
        self.others = 1

    def apply(self, move: Move) -> None:
        if move.name == "fold" and self.others:
            self.others -= 1
            keep(self)
        super().apply(move)


def test_a_keeper_that_was_overtaken_reads_anew() -> None:
    ledger = Beside()
    counts = some_counts(12, random.Random(5))
    count_changes(ledger, counts[:6], now=NOW)
    count_changes(ledger, counts[6:], now=NOW)
    keep(ledger)
    assert kept(ledger).totals == tally.folded({}, [one.sums for one in counts], MINUTE)
    assert kept(ledger).folds == 2


def test_a_count_travels_as_it_is() -> None:
    with mock_aws():
        client: Any = boto3.client("sqs")
        url = client.create_queue(QueueName="tally")["QueueUrl"]
        count = Count("cnt_1", NOW, {"paid.waiting@5": -1, "available": 3})
        SqsCountQueue(client, url).send(count)
        message = client.receive_message(QueueUrl=url)["Messages"][0]

    assert sent_count(json.loads(message["Body"])) == count


def test_a_public_file_says_for_how_long_a_copy_is_fresh() -> None:
    with mock_aws():
        client: Any = boto3.client("s3")
        client.create_bucket(Bucket="room", CreateBucketConfiguration={"LocationConstraint": "ap-southeast-3"})
        S3PublicFiles(client, "room").publish("room.json", b"{}", fresh_seconds=5)
        found = client.get_object(Bucket="room", Key="room.json")
    assert (found["ContentType"], found["CacheControl"]) == ("application/json", "public, max-age=5")
    assert found["Body"].read() == b"{}"


def test_what_does_not_answer_is_busy_and_a_key_of_another_kind_is_none() -> None:
    with mock_aws():
        nowhere: Any = boto3.client("sqs")
        with pytest.raises(Busy):
            SqsCountQueue(nowhere, "https://sqs.ap-southeast-3.amazonaws.com/1/none").send(Count("c", NOW, {}))
        with pytest.raises(Busy):
            S3PublicFiles(boto3.client("s3"), "none").publish("room.json", b"{}", fresh_seconds=5)
        kms = boto3.client("kms")
        other = kms.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
        with pytest.raises(Busy):
            KmsReceiptSigner(kms, other).public_key()
        with pytest.raises(Busy):
            KmsReceiptSigner(kms, other).sign(b"anything")
