"""The table as a stream of rows (ports.chains.Rows): scanned, or from the files of an export to S3."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from meterai.domain.errors import Busy
from meterai.domain.ledger import Key, Row

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

UNREAD = frozenset({"account", "token", "document", "report", "notice", "attempt", "channel"})
"""Nouns that an audit has no need of: contacts, tokens and documents are left as they came."""


class ScannedTable:
    """Every row of a table, by a consistent scan."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def __call__(self) -> Iterator[tuple[Key, Row]]:
        start: dict[str, Any] = {}
        while True:
            try:
                answer = self._client.scan(TableName=self._table, ConsistentRead=True, **start)
            except (ClientError, BotoCoreError) as error:
                raise Busy("the table did not answer") from error
            yield from map(row_of, answer["Items"])
            if "LastEvaluatedKey" not in answer:
                return
            start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}


class ExportedTable:
    """Every row in the files of an export (AWS: DynamoDB table export, DynamoDB JSON: one `{"Item": ...}` a line), gzipped or
    not: one file, or all `*.json` and `*.json.gz` below a folder."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __call__(self) -> Iterator[tuple[Key, Row]]:
        for path in self._files():
            with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as lines:
                yield from (row_of(json.loads(line)["Item"]) for line in lines)

    def _files(self) -> Iterable[Path]:
        if self._path.is_file():
            return [self._path]
        return sorted(path for path in self._path.rglob("*.json*") if path.suffix in (".json", ".gz"))


def row_of(item: dict[str, Any]) -> tuple[Key, Row]:
    """The key and row of an item. Numbers that are not whole stay text, so that nothing is rounded away."""
    key = (item.pop("pk")["S"], item.pop("sk")["S"])
    if key[1] in UNREAD:
        return key, {}
    return key, {name: _value(value) for name, value in item.items()}


def _value(typed: dict[str, Any]) -> Any:
    ((kind, said),) = typed.items()
    if kind == "S":
        return said
    if kind == "N":
        return _number(said)
    if kind == "M":
        return {name: _value(value) for name, value in said.items()}
    if kind == "L":
        return [_value(value) for value in said]
    if kind in ("SS", "NS"):
        return frozenset(said)
    return said if kind == "BOOL" else f"{kind} {said}"


def _number(said: str) -> int | str:
    try:
        return int(said)
    except ValueError:
        return said
