"""What a table charges: the units of DynamoDB's reads and writes, and a ledger in memory that counts them by partition.

A write takes one unit a KB begun, twice that in a transaction, also when it is refused; a read takes one unit a 4 KB begun when
it is strongly consistent, as all of the house's are (AWS: DynamoDB read and write operations; item sizes).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from meterai.domain.ledger import Key, Move, Row, Value
from tests.fakes.ledger import MemoryLedger

PARTITION_WRITES, PARTITION_READS = 1_000, 3_000
"""Units a second that one partition takes (../shared/FACTS.md, cloud bounds; AWS: partition key design)."""
WRITE_BYTES, READ_BYTES = 1_024, 4_096


def item_bytes(key: Key, row: Row) -> int:
    """The size of an item as DynamoDB reckons it: names and values; its keys are called pk and sk."""
    size = 4 + len(key[0]) + len(key[1])
    for name, value in row.items():
        size += len(name) + (len(value) if type(value) is str and value.isascii() else _bytes(value))
    return size


def _bytes(value: Value) -> int:
    if isinstance(value, str):
        return len(value) if value.isascii() else len(value.encode())
    if isinstance(value, bool):
        return 1
    if isinstance(value, int):
        return (len(str(abs(value))) + 1) // 2 + 1
    if isinstance(value, Mapping):
        return 3 + sum(1 + len(name) + _bytes(one) for name, one in value.items())
    if isinstance(value, frozenset):
        return sum(map(_bytes, value))
    return 3 + sum(1 + _bytes(one) for one in value)


def units(size: int, each: int) -> int:
    """How many units of `each` bytes are begun."""
    return max(1, -(-size // each))


@dataclass
class MeteredLedger(MemoryLedger):
    """The ledger in memory, counting write and read units by partition, and how often it was asked. `changes` are what its
    stream would carry, oldest first, until somebody takes them."""

    writes: Counter[str] = field(default_factory=Counter)
    reads: Counter[str] = field(default_factory=Counter)
    calls: Counter[str] = field(default_factory=Counter)
    changes: list[tuple[Key, Row | None, Row | None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()
        self._sizes: dict[Key, int] = {}

    def get(self, key: Key) -> Row | None:
        self.calls["get"] += 1
        self.reads[key[0]] += units(self._sizes.get(key, 0), READ_BYTES)
        return super().get(key)

    def page(self, partition: str, *, after: str | None, limit: int, newest_first: bool = True) -> Sequence[Row]:
        rows = super().page(partition, after=after, limit=limit, newest_first=newest_first)
        self.calls["query"] += 1
        size = sum(self._sizes[partition, str(row["sk"])] for row in rows)
        self.reads[partition] += units(size, READ_BYTES)
        return rows

    def apply(self, move: Move) -> None:
        self.calls["transaction"] += 1
        before = [self._sizes.get(write.key, 0) for write in move.writes]
        try:
            super().apply(move)
        finally:  # a refused transaction is charged too
            for write, size in zip(move.writes, before, strict=True):
                self.writes[write.key[0]] += 2 * units(max(size, self._sizes.get(write.key, 0)), WRITE_BYTES)

    def project(self, *, put: Sequence[tuple[Key, Row]] = (), drop: Sequence[Key] = ()) -> None:
        touched = [*(key for key, _ in put), *drop]
        before = [self._sizes.get(key, 0) for key in touched]
        super().project(put=put, drop=drop)
        self.calls["write"] += len(touched)
        for key, size in zip(touched, before, strict=True):
            self.writes[key[0]] += units(max(size, self._sizes.get(key, 0)), WRITE_BYTES)

    def store(self, key: Key, row: Row | None) -> None:
        self.changes.append((key, self.rows.get(key), row))
        super().store(key, row)
        if row is None:
            del self._sizes[key]
        else:
            self._sizes[key] = item_bytes(key, row)
