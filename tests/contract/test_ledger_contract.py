"""What every store of the ledger promises: the table in memory and DynamoDB (moto) give one vocabulary one meaning."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from hypothesis import given, settings
from hypothesis import strategies as st
from moto import mock_aws

from meterai.aws.table import TRIES, DynamoLedger
from meterai.domain.errors import Busy
from meterai.domain.ledger import (
    Absent,
    AbsentOr,
    AtLeast,
    Before,
    Change,
    Check,
    GateClosed,
    Is,
    IsNot,
    Move,
    OneOf,
    Put,
    Row,
    Test,
    Write,
)
from meterai.ports.ledger import Ledger
from tests.fakes.ledger import MemoryLedger

A, B = ("a", "thing"), ("b", "thing")


def table() -> Any:
    client = boto3.client("dynamodb")
    client.create_table(
        TableName="ledger",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": n, "AttributeType": "S"} for n in ("pk", "sk")],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
    )
    return client


@pytest.fixture(params=["memory", "dynamodb"])
def ledger(request: pytest.FixtureRequest) -> Iterator[Ledger]:
    if request.param == "memory":
        yield MemoryLedger()
        return
    with mock_aws():
        yield DynamoLedger(table(), "ledger", pause=lambda _: None)


def do(ledger: Ledger, *writes: Write) -> None:
    ledger.apply(Move("test", writes))


def test_what_was_put_is_got_with_every_kind_of_value(ledger: Ledger) -> None:
    row: Row = {
        "text": "keping",
        "number": -3,
        "yes": True,
        "set": frozenset({"x", "y"}),
        "list": [1, {"deep": "value", "n": 2}],
        "map": {"a": 1, "b": "two"},
    }
    do(ledger, Put(A, dict(row)))
    assert ledger.get(A) == row
    assert ledger.get(B) is None


def test_a_put_never_replaces(ledger: Ledger) -> None:
    do(ledger, Put(A, {"n": 1}))
    with pytest.raises(GateClosed) as closed:
        do(ledger, Put(A, {"n": 2}), Put(B, {"n": 2}))
    assert closed.value.keys == {A}
    assert (ledger.get(A), ledger.get(B)) == ({"n": 1}, None)


def test_all_of_a_move_happens_or_none_and_every_closed_gate_is_named(ledger: Ledger) -> None:
    do(ledger, Put(A, {"n": 1}), Put(B, {"n": 1}))
    with pytest.raises(GateClosed) as closed:
        do(ledger, Change(A, {"n": Is(2)}, add={"n": 1}), Change(B, {"n": Is(3)}, add={"n": 1}))
    assert closed.value.keys == {A, B}
    with pytest.raises(GateClosed) as closed:
        do(ledger, Change(A, {"n": Is(1)}, add={"n": 1}), Check(B, {"n": Is(2)}))
    assert closed.value.keys == {B}
    assert ledger.get(A) == {"n": 1}


def test_a_change_and_a_check_demand_that_the_row_exists(ledger: Ledger) -> None:
    for write in (Change(A, {}, put={"n": 1}), Change(A, {"gone": Absent()}, put={"n": 1}), Check(A, {})):
        with pytest.raises(GateClosed):
            do(ledger, write)
    assert ledger.get(A) is None


def test_a_change_sets_adds_includes_excludes_appends_and_removes(ledger: Ledger) -> None:
    do(ledger, Put(A, {"n": 5, "old": "x", "set": frozenset({"a"})}))
    do(
        ledger,
        Change(
            A,
            {"n": Is(5)},
            put={"status": "paid"},
            add={"n": -2, "fresh": 4},
            include={"set": "b"},
            append={"lines": {"at": "t"}},
            remove=("old",),
        ),
    )
    do(ledger, Change(A, {}, exclude={"set": "a"}, append={"lines": {"at": "u"}}))
    expected = {
        "n": 3,
        "fresh": 4,
        "status": "paid",
        "set": frozenset({"b"}),
        "lines": [{"at": "t"}, {"at": "u"}],
    }
    assert ledger.get(A) == expected


def test_an_emptied_set_is_no_attribute(ledger: Ledger) -> None:
    do(ledger, Put(A, {"set": frozenset({"a"})}))
    do(ledger, Change(A, {}, exclude={"set": "a"}))
    do(ledger, Change(A, {"set": Absent()}, include={"set": "b"}))
    assert ledger.get(A) == {"set": frozenset({"b"})}


@pytest.mark.parametrize(
    ("test", "row", "open"),
    [
        (Is("x"), {"v": "x"}, True),
        (Is("x"), {"v": "y"}, False),
        (Is("x"), {}, False),
        (Is(frozenset({"a", "b"})), {"v": frozenset({"b", "a"})}, True),
        (Is(frozenset({"a"})), {"v": frozenset({"b", "a"})}, False),
        (OneOf(("x", "y")), {"v": "y"}, True),
        (OneOf(("x", "y")), {"v": "z"}, False),
        (OneOf(("x", "y")), {}, False),
        (Absent(), {}, True),
        (Absent(), {"v": "x"}, False),
        (IsNot("x"), {"v": "y"}, True),
        (IsNot("x"), {"v": "x"}, False),
        (IsNot("x"), {}, False),
        (AbsentOr("x"), {}, True),
        (AbsentOr("x"), {"v": "x"}, True),
        (AbsentOr("x"), {"v": "y"}, False),
        (AtLeast(2), {"v": 2}, True),
        (AtLeast(2), {"v": 1}, False),
        (AtLeast(2), {}, False),
        (Before("2024-09-04"), {"v": "2024-09-03"}, True),
        (Before("2024-09-04"), {"v": "2024-09-04"}, False),
        (Before("2024-09-04"), {}, False),
    ],
)
def test_a_gate_means_the_same_everywhere(ledger: Ledger, test: Test, row: Any, open: bool) -> None:
    do(ledger, Put(A, {"other": 1, **row}))
    if open:
        do(ledger, Check(A, {"v": test}), Put(B, {"n": 1}))
    else:
        with pytest.raises(GateClosed):
            do(ledger, Check(A, {"v": test}), Put(B, {"n": 1}))
    assert (ledger.get(B) is not None) is open


def test_a_partition_is_paged_both_ways_and_ends(ledger: Ledger) -> None:
    ledger.project(put=[(("list", f"{n:02}"), {"n": n}) for n in range(7)])
    ledger.project(
        put=[(("list", "03"), {"n": 33}), (("other", "x"), {"n": 0})], drop=[("list", "05"), ("list", "nil")]
    )
    first = ledger.page("list", after=None, limit=3)
    assert [row["n"] for row in first] == [6, 4, 33]
    assert [row["n"] for row in ledger.page("list", after=str(first[-1]["sk"]), limit=9)] == [2, 1, 0]
    assert [row["sk"] for row in ledger.page("list", after="01", limit=2, newest_first=False)] == ["02", "03"]
    assert ledger.page("nobody", after=None, limit=3) == []


def test_a_scan_finds_every_row_of_a_noun_with_its_key(ledger: Ledger) -> None:
    do(ledger, Put(A, {"n": 1}), Put(B, {"n": 2}), Put(("a", "else"), {"n": 3}))
    assert sorted((row["pk"], row["n"]) for row in ledger.scan("thing")) == [("a", 1), ("b", 2)]


WRITES = st.one_of(
    st.builds(Put, st.sampled_from([A, B]), st.fixed_dictionaries({"n": st.integers(0, 3)})),
    st.builds(
        Change,
        st.sampled_from([A, B]),
        st.dictionaries(
            st.sampled_from(["n", "s"]), st.one_of(st.builds(AtLeast, st.integers(0, 3)), st.just(Absent()))
        ),
        put=st.fixed_dictionaries({"p": st.integers(0, 9)}),
        add=st.dictionaries(st.just("n"), st.integers(-2, 2)),
        include=st.dictionaries(st.just("s"), st.sampled_from("ab")),
    ),
    st.builds(
        Change, st.sampled_from([A, B]), st.just({}), exclude=st.just({"s": "a"}), remove=st.sampled_from([(), ("p",)])
    ),
    st.builds(Check, st.sampled_from([A, B]), st.dictionaries(st.just("n"), st.builds(AtLeast, st.integers(0, 3)))),
)


def test_any_history_of_moves_leaves_the_same_rows_in_both_stores() -> None:
    with mock_aws():
        client = table()

        @settings(max_examples=60)
        @given(moves=st.lists(st.lists(WRITES, min_size=1, max_size=2, unique_by=lambda w: w.key), max_size=6))
        def histories(moves: list[list[Write]]) -> None:
            memory, dynamo = MemoryLedger(), DynamoLedger(client, "ledger", pause=lambda _: None)
            for writes in moves:
                assert _outcome(memory, writes) == _outcome(dynamo, writes)
            assert [memory.get(key) for key in (A, B)] == [dynamo.get(key) for key in (A, B)]
            dynamo.project(drop=[A, B])

        histories()


def _outcome(store: Ledger, writes: list[Write]) -> frozenset[Any]:
    try:
        store.apply(Move("test", tuple(writes)))
    except GateClosed as closed:
        return closed.keys
    return frozenset()


class Contended:
    """A client whose transactions fail for a while, as AWS documents them."""

    def __init__(self, failures: list[Exception]) -> None:
        self.failures = failures
        self.calls = 0

    def transact_write_items(self, **_: Any) -> None:
        self.calls += 1
        if self.failures:
            raise self.failures.pop(0)


def cancelled(*codes: str) -> ClientError:
    response: Any = {
        "Error": {"Code": "TransactionCanceledException", "Message": ""},
        "CancellationReasons": [{"Code": code} for code in codes],
    }
    return ClientError(response, "TransactWriteItems")


@pytest.mark.parametrize(
    "failure", [cancelled("None", "TransactionConflict"), EndpointConnectionError(endpoint_url="http://table")]
)
def test_contention_and_lost_answers_are_tried_again_and_then_told_as_busy(failure: Exception) -> None:
    client: Any = Contended([failure] * 2)
    ledger = DynamoLedger(client, "ledger", pause=lambda _: None)
    do(ledger, Put(A, {}), Put(B, {}))
    assert client.calls == 3
    client.failures = [failure] * TRIES
    with pytest.raises(Busy):
        do(ledger, Put(A, {}), Put(B, {}))


def test_a_closed_gate_beside_a_conflict_is_a_closed_gate() -> None:
    client: Any = Contended([cancelled("ConditionalCheckFailed", "TransactionConflict")])
    with pytest.raises(GateClosed) as closed:
        do(DynamoLedger(client, "ledger", pause=lambda _: None), Put(A, {}), Put(B, {}))
    assert closed.value.keys == {A}
