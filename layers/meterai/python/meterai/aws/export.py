"""The table as a stream of rows (ports.chains.Rows): scanned, or from the files of an export to S3."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from meterai.domain.audit import READ
from meterai.domain.chains import CHAIN, ENTRY
from meterai.domain.errors import Busy
from meterai.domain.ledger import Key, Row

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_DECODE = json.JSONDecoder().raw_decode


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
            with (
                gzip.open(path, "rt", encoding="utf-8")
                if path.suffix == ".gz"
                else path.open(encoding="utf-8") as lines
            ):
                for line in lines:
                    yield row_of(_DECODE(line)[0]["Item"])

    def _files(self) -> Iterable[Path]:
        if self._path.is_file():
            return [self._path]
        return sorted(path for path in self._path.rglob("*.json*") if path.suffix in (".json", ".gz"))


def row_of(item: dict[str, Any]) -> tuple[Key, Row]:
    """The key of an item, and what an audit reads of it. Numbers that are not whole stay text, so that nothing is rounded
    away."""
    pk, sk = item.pop("pk")["S"], item.pop("sk")["S"]
    read = READ.get(sk)
    if read is not None:
        return (pk, sk), {name: _value(item[name]) for name in read if name in item}
    if sk == ENTRY or pk.startswith(CHAIN):
        return (pk, sk), {name: _value(value) for name, value in item.items()}
    return (pk, sk), {}


def _value(typed: dict[str, Any]) -> Any:
    if "S" in typed:
        return typed["S"]
    ((kind, said),) = typed.items()
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
