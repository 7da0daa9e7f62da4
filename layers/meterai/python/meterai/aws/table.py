"""The ledger in a DynamoDB table (ports.ledger.Ledger)."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.exceptions import BotoCoreError, ClientError

from meterai.domain.errors import Busy
from meterai.domain.ledger import (
    Absent,
    AbsentOr,
    AtLeast,
    Before,
    Change,
    Check,
    Gate,
    GateClosed,
    Is,
    IsNot,
    Key,
    Move,
    OneOf,
    Put,
    Row,
    Test,
    Write,
)
from meterai.domain.rows import Standing

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

TRIES = 6
"""How often a contended transaction is tried: TransactionConflict means that nothing was written (AWS: TransactWriteItems)."""


REMEMBERED: Mapping[Key, float] = {Standing.key_of(Standing.ID): 2.0}
"""Rows that everybody reads and one keeper writes some times a minute, and for how many seconds a copy is as good as the row: a
partition takes 3,000 reads a second (docs/adr/0028-no-key-is-everybodys.md)."""


class DynamoLedger:
    """One table with keys `pk` and `sk`. Every `Move` is one TransactWriteItems."""

    def __init__(
        self,
        client: DynamoDBClient,
        table: str,
        *,
        pause: Callable[[float], None] = time.sleep,
        jitter: Callable[[], float] = random.random,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._table = table
        self._pause = pause
        self._jitter = jitter
        self._clock = clock
        self._copies: dict[Key, tuple[Row | None, float]] = {}

    def get(self, key: Key) -> Row | None:
        if key not in REMEMBERED:
            return self._read(key)
        if key not in self._copies or self._copies[key][1] <= self._clock():
            self._copies[key] = self._read(key), self._clock() + REMEMBERED[key]
        copy = self._copies[key][0]
        return dict(copy) if copy is not None else None

    def _read(self, key: Key) -> Row | None:
        answer = self._ask(self._client.get_item, TableName=self._table, Key=_key(key), ConsistentRead=True)
        return _row(answer["Item"]) if "Item" in answer else None

    def apply(self, move: Move) -> None:
        items = [self._item(write) for write in move.writes]
        for attempt in range(TRIES):
            try:
                self._client.transact_write_items(TransactItems=items)
                return
            except ClientError as error:
                code = error.response["Error"]["Code"]
                reasons = [reason.get("Code") for reason in error.response.get("CancellationReasons", [])]
                if "ConditionalCheckFailed" in reasons:
                    closed = {w.key for w, r in zip(move.writes, reasons, strict=True) if r == "ConditionalCheckFailed"}
                    raise GateClosed(move.name, frozenset(closed)) from None
                if code not in _PASSING and not set(reasons) & _CONTENDED:
                    raise
            except BotoCoreError:
                pass
            self._pause(0.02 * 2**attempt * (0.5 + self._jitter()))
        raise Busy(f"the table did not take {move.name}")

    def page(self, partition: str, *, after: str | None, limit: int, newest_first: bool = True) -> Sequence[Row]:
        start = {"ExclusiveStartKey": _key((partition, after))} if after else {}
        answer = self._ask(
            self._client.query,
            TableName=self._table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": partition}},
            ScanIndexForward=not newest_first,
            Limit=limit,
            ConsistentRead=True,
            **start,
        )
        return [_row(item) | {"sk": item["sk"]["S"]} for item in answer["Items"]]

    def project(self, *, put: Sequence[tuple[Key, Row]] = (), drop: Sequence[Key] = ()) -> None:
        for key, row in put:
            self._ask(self._client.put_item, TableName=self._table, Item={**_key(key), **_attributes(row)})
        for key in drop:
            self._ask(self._client.delete_item, TableName=self._table, Key=_key(key))

    def scan(self, name: str) -> Iterator[Row]:
        start: dict[str, Any] = {}
        while True:
            answer = self._ask(
                self._client.scan,
                TableName=self._table,
                FilterExpression="sk = :sk",
                ExpressionAttributeValues={":sk": {"S": name}},
                **start,
            )
            yield from (_row(item) | {"pk": item["pk"]["S"]} for item in answer["Items"])
            if "LastEvaluatedKey" not in answer:
                return
            start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}

    def _ask(self, call: Callable[..., Any], **arguments: Any) -> Any:
        try:
            return call(**arguments)
        except (ClientError, BotoCoreError) as error:
            raise Busy("the table did not answer") from error

    def _item(self, write: Write) -> Any:
        place = {"TableName": self._table}
        if isinstance(write, Put):
            item = {**_key(write.key), **_attributes(write.row)}
            return {"Put": {**place, "Item": item, "ConditionExpression": "attribute_not_exists(pk)"}}
        words = _Words()
        condition = words.gate(write.when)
        body: dict[str, Any] = {**place, "Key": _key(write.key), "ConditionExpression": condition}
        if isinstance(write, Check):
            return {"ConditionCheck": body | words.used()}
        return {"Update": body | {"UpdateExpression": words.update(write)} | words.used()}


_PASSING = {
    "TransactionInProgressException",
    "ProvisionedThroughputExceededException",
    "ThrottlingException",
    "RequestLimitExceeded",
    "InternalServerError",
    "ServiceUnavailable",
}
_CONTENDED = {"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}


class _Words:
    """Names and values of one expression, each behind a placeholder (many attribute names are reserved words)."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._values: dict[str, Any] = {}

    def used(self) -> dict[str, Any]:
        both = {"ExpressionAttributeNames": self._names, "ExpressionAttributeValues": self._values}
        return {name: words for name, words in both.items() if words}

    def gate(self, when: Gate) -> str:
        return " AND ".join(["attribute_exists(pk)", *(self._test(name, test) for name, test in when.items())])

    def update(self, change: Change) -> str:
        sets = [f"{self._name(n)} = {self._value(v)}" for n, v in change.put.items()]
        for name, line in change.append.items():
            word = self._name(name)
            sets.append(f"{word} = list_append(if_not_exists({word}, {self._value([])}), {self._value([line])})")
        adds = [f"{self._name(n)} {self._value(v)}" for n, v in change.add.items()]
        adds += [f"{self._name(n)} {self._value(frozenset({v}))}" for n, v in change.include.items()]
        drops = [f"{self._name(n)} {self._value(frozenset({v}))}" for n, v in change.exclude.items()]
        gone = [self._name(n) for n in change.remove]
        clauses = (("SET", sets), ("ADD", adds), ("DELETE", drops), ("REMOVE", gone))
        return " ".join(f"{verb} {', '.join(terms)}" for verb, terms in clauses if terms)

    def _test(self, name: str, test: Test) -> str:
        word = self._name(name)
        match test:
            case Is(value):
                return f"{word} = {self._value(value)}"
            case IsNot(value):
                return f"(attribute_exists({word}) AND {word} <> {self._value(value)})"
            case OneOf(values):
                return f"{word} IN ({', '.join(self._value(value) for value in values)})"
            case Absent():
                return f"attribute_not_exists({word})"
            case AbsentOr(value):
                return f"(attribute_not_exists({word}) OR {word} = {self._value(value)})"
            case AtLeast(least):
                return f"{word} >= {self._value(least)}"
            case Before(instant):
                return f"{word} < {self._value(instant)}"

    def _name(self, name: str) -> str:
        return self._placed(self._names, "#n", name)

    def _value(self, value: Any) -> str:
        return self._placed(self._values, ":v", _SERIALIZE(_plain(value)))

    @staticmethod
    def _placed(words: dict[str, Any], mark: str, meaning: Any) -> str:
        for word, other in words.items():
            if other == meaning:
                return word
        word = f"{mark}{len(words)}"
        words[word] = meaning
        return word


_SERIALIZE = TypeSerializer().serialize
_DESERIALIZE = TypeDeserializer().deserialize


def stored_row(image: dict[str, Any]) -> Row:
    """The row in a stream record's image or an item, without its keys."""
    return _row(image)


def _key(key: Key) -> dict[str, Any]:
    return {"pk": {"S": key[0]}, "sk": {"S": key[1]}}


def _attributes(row: Row) -> dict[str, Any]:
    return {name: _SERIALIZE(_plain(value)) for name, value in row.items()}


def _row(item: dict[str, Any]) -> Row:
    return {name: _native(_DESERIALIZE(value)) for name, value in item.items() if name not in ("pk", "sk")}


def _plain(value: Any) -> Any:
    return set(value) if isinstance(value, frozenset) else value


def _native(value: Any) -> Any:
    match value:
        case Decimal():
            return int(value)
        case set():
            return frozenset(value)
        case list():
            return [_native(one) for one in value]
        case dict():
            return {name: _native(one) for name, one in value.items()}
    return value
