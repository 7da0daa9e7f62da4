"""Thirty-two threads on one row: what the engine promises of transactions, and that the last piece is spent once.

On the engine and not on moto, whose transactions lose updates under threads. The engine carries out a request from its first
check to its last write before it looks at the next one, so that no two transactions ever overlap; the first three tests show
that this is so. It therefore never answers TransactionConflict, as the cloud would: what follows from one is tried by fault
injection (tests/soak, `conflict`)."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any, NoReturn
from uuid import uuid4

import boto3
import pytest
from botocore.config import Config

from meterai.aws.files import S3SealedFiles, S3Sources
from meterai.aws.table import DynamoLedger
from meterai.domain.errors import QuotaExhausted
from meterai.domain.ledger import GateClosed, Move, Put
from meterai.domain.rows import Document, Quota, Report, Stamping
from meterai.operations.find import quota_of
from meterai.operations.open_shards import open_shards
from meterai.operations.request_stamping import request_stamping
from meterai.ports.documents_pdf import Limits
from tests.integration.conftest import Stack

THREADS = 32
EACH = 2
PIECES = 39
NOW = datetime(2024, 9, 3, 14, 14, 5, tzinfo=UTC)
ME = "acc_00000000000000000000000001"


def at_once(work: Callable[[int], Any]) -> list[Any]:
    """What `work` answers in each of 32 threads that begin together."""
    ready = threading.Barrier(THREADS)

    def begin(number: int) -> Any:
        ready.wait(30)
        return work(number)

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(begin, range(THREADS)))


@pytest.fixture
def dynamodb(stack: Stack) -> Iterator[Any]:
    """A client with a connection for every thread."""
    reached: Any = {"endpoint_url": stack.access["engine_url"], "region_name": stack.access["region"]}
    config = Config(max_pool_connections=THREADS, retries={"max_attempts": 1})
    session = boto3.Session(stack.access["access_key_id"], stack.access["secret_access_key"])
    client = session.client("dynamodb", config=config, **reached)
    yield client
    client.close()


@pytest.fixture
def table(dynamodb: Any) -> Iterator[str]:
    """A ledger's table that no function reads."""
    name, keys = f"race-{uuid4().hex}", {"pk": "HASH", "sk": "RANGE"}
    dynamodb.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
        KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind in keys.items()],
    )
    yield name
    dynamodb.delete_table(TableName=name)


# What the engine promises --------------------------------------------------------------------------------------------------

COUNTER = {"pk": {"S": "counter"}, "sk": {"S": "counter"}}


def count(dynamodb: Any, table: str) -> int:
    found = dynamodb.get_item(TableName=table, Key=COUNTER, ConsistentRead=True)
    return int(found["Item"]["n"]["N"])


def one_more(table: str, marker: str, gate: dict[str, Any]) -> list[dict[str, Any]]:
    """A transaction that adds one to the counter and puts a marker that must be new."""
    item = {"pk": {"S": marker}, "sk": {"S": "marker"}}
    return [
        {"Update": {"TableName": table, "Key": COUNTER, "UpdateExpression": "ADD n :one", **gate}},
        {"Put": {"TableName": table, "Item": item, "ConditionExpression": "attribute_not_exists(pk)"}},
    ]


def test_no_increment_of_thirty_two_threads_is_lost(dynamodb: Any, table: str) -> None:
    times = 15
    gate = {"ExpressionAttributeValues": {":one": {"N": "1"}}}

    def increment(thread: int) -> None:
        for time in range(times):
            dynamodb.transact_write_items(TransactItems=one_more(table, f"{thread}-{time}", gate))

    at_once(increment)
    assert count(dynamodb, table) == THREADS * times


def test_of_thirty_two_transactions_that_lean_on_one_reading_one_is_done_and_the_others_leave_nothing(
    dynamodb: Any, table: str
) -> None:
    rounds = 10
    dynamodb.put_item(TableName=table, Item={**COUNTER, "n": {"N": "0"}})

    def swap(thread: int) -> str:
        gate = {
            "ConditionExpression": "n = :seen",
            "ExpressionAttributeValues": {":one": {"N": "1"}, ":seen": {"N": seen}},
        }
        try:
            dynamodb.transact_write_items(TransactItems=one_more(table, f"{seen}-{thread}", gate))
        except dynamodb.exceptions.TransactionCanceledException as refused:
            return str(refused.response["CancellationReasons"][0]["Code"])
        return "done"

    for number in range(rounds):
        seen = str(number)
        assert Counter(at_once(swap)) == {"done": 1, "ConditionalCheckFailed": THREADS - 1}
    assert count(dynamodb, table) == rounds
    rows = dynamodb.scan(TableName=table, ConsistentRead=True)["Count"]
    assert rows == 1 + rounds, "a refused transaction left a marker"


def test_of_thirty_two_puts_of_one_row_one_is_done(dynamodb: Any, table: str) -> None:
    ledger = DynamoLedger(dynamodb, table)

    def put(thread: int) -> bool:
        try:
            ledger.apply(Move("test", (Put(("one", "row"), {"by": thread}),)))
        except GateClosed:
            return False
        return True

    assert sum(at_once(put)) == 1


# What the house promises ---------------------------------------------------------------------------------------------------


def never(*_: Any, **__: Any) -> NoReturn:
    """A document that was examined is not examined again, and nobody waits."""
    raise AssertionError


class Desk:
    """A ledger with one account that has PIECES pieces, and everybody who asks it for stamps."""

    def __init__(self, stack: Stack, dynamodb: Any, table: str) -> None:
        self.ledger = DynamoLedger(dynamodb, table)
        self.sources = S3Sources(stack.client("s3"), stack.access["sources_bucket"])
        self.sealed = S3SealedFiles(stack.client("s3"), stack.access["sealed_bucket"])
        self.keep(Quota(id=ME, available=PIECES, paid_in=PIECES))

    def keep(self, *nouns: Quota | Document | Report) -> None:
        self.ledger.project(put=[(noun.key, noun.row()) for noun in nouns])

    def document(self, id: str) -> str:
        """A document that has been uploaded and examined."""
        page = {"width": 595_000, "height": 842_000, "rotation": 0}
        place = {"page": 1, "x": 700_000, "y": 800_000, "width": 100_000}
        self.keep(
            Document(
                id=id, account=ME, purpose="stamp", filename="surat.pdf", size=1, status="ready", created_at=NOW,
                kept_until=NOW + timedelta(days=30), version="1", sha256="0" * 64, stamped=False,
            ),
            Report(id=id, pages=[page], findings=[], suggested_placement=place),
        )  # fmt: skip
        return id

    def stamp(self, document: str, key: str) -> Stamping | None:
        """The stamping that was asked for, or None when no piece was left."""
        try:
            return request_stamping(
                self.ledger, self.sources, self.sealed, never, account=ME, line="paid", document_id=document, key=key,
                fingerprint=document, where=None, another=False, document_type=None, reference=None, metadata=None,
                verify_url="HTTPS://METERAI.TEST/V/{}".format, limits=Limits(), wait_seconds=0, now=NOW, pause=never,
            ).stamping  # fmt: skip
        except QuotaExhausted:
            return None

    def quota(self) -> tuple[int, int]:
        """Pieces available and reserved."""
        whole = quota_of(self.ledger, ME)
        assert whole.balanced(), whole
        return whole.available, whole.reserved


@pytest.fixture
def desk(stack: Stack, dynamodb: Any, table: str) -> Desk:
    return Desk(stack, dynamodb, table)


@pytest.mark.parametrize("shards", [0, 4])
def test_exactly_as_many_stamps_as_pieces_however_many_ask(desk: Desk, shards: int) -> None:
    if shards:
        open_shards(desk.ledger, account=ME, shards=shards)
    documents = [[desk.document(f"doc_{thread}_{number}") for number in range(EACH)] for thread in range(THREADS)]
    answers = at_once(lambda thread: [desk.stamp(one, f"key-{one}") for one in documents[thread]])
    given = [stamping.id for some in answers for stamping in some if stamping is not None]
    assert THREADS * EACH > PIECES
    assert (len(given), len(set(given))) == (PIECES, PIECES)
    assert desk.quota() == (0, PIECES)
    kept = [row["pk"] for row in desk.ledger.scan(Stamping.name)]
    assert sorted(map(str, kept)) == sorted(given), "what was answered is what is kept"


def test_one_request_sent_thirty_two_times_spends_one_piece(desk: Desk) -> None:
    document = desk.document("doc_1")
    found = at_once(lambda _: desk.stamp(document, "the same key"))
    assert len({stamping.id for stamping in found}) == 1
    assert desk.quota() == (PIECES - 1, 1)


def test_one_document_asked_for_with_thirty_two_keys_spends_one_piece(desk: Desk) -> None:
    document = desk.document("doc_1")
    found = at_once(lambda thread: desk.stamp(document, f"key-{thread}"))
    assert len({stamping.id for stamping in found}) == 1
    assert desk.quota() == (PIECES - 1, 1)
