"""The ledger in memory (ports.ledger.Ledger)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from meterai.domain.ledger import Change, GateClosed, Key, Move, Put, Row, Value, Write, passes


class MemoryLedger:
    """One table in a dict. `history` lists the moves that were made, for tests that ask what was written.

    A stored row is never changed in place: each write stores a new one, so that an earlier image stays what it was. What is
    inside a row (lists, maps) is shared with whoever reads it, and is nobody's to change."""

    def __init__(self) -> None:
        self.rows: dict[Key, Row] = {}
        self.history: list[Move] = []
        self._partitions: dict[str, dict[str, None]] = {}

    def get(self, key: Key) -> Row | None:
        row = self.rows.get(key)
        return dict(row) if row is not None else None

    def apply(self, move: Move) -> None:
        closed = {write.key for write in move.writes if not self._open(write)}
        if closed:
            raise GateClosed(move.name, frozenset(closed))
        assert len({write.key for write in move.writes}) == len(move.writes), f"{move.name} writes one row twice"
        for write in move.writes:
            if isinstance(write, Put):
                self.store(write.key, _copied(write.row))
            elif isinstance(write, Change):
                self.store(write.key, _changed(self.rows[write.key], write))
        self.history.append(move)

    def page(self, partition: str, *, after: str | None, limit: int, newest_first: bool = True) -> Sequence[Row]:
        keys = sorted(self._partitions.get(partition, ()), reverse=newest_first)
        if after is not None:
            keys = [sk for sk in keys if (sk < after if newest_first else sk > after)]
        return [self.rows[partition, sk] | {"sk": sk} for sk in keys[:limit]]

    def project(self, *, put: Sequence[tuple[Key, Row]] = (), drop: Sequence[Key] = ()) -> None:
        for key, row in put:
            self.store(key, _copied(row))
        for key in drop:
            if key in self.rows:
                self.store(key, None)

    def scan(self, name: str) -> Iterator[Row]:
        found = [(pk, row) for (pk, sk), row in self.rows.items() if sk == name]
        yield from (row | {"pk": pk} for pk, row in found)

    def store(self, key: Key, row: Row | None) -> None:
        """The one place where a row comes, changes or (None) goes; a subclass may look on."""
        pk, sk = key
        if row is None:
            del self.rows[key]
            del self._partitions[pk][sk]
        else:
            self.rows[key] = row
            self._partitions.setdefault(pk, {})[sk] = None

    def _open(self, write: Write) -> bool:
        row = self.rows.get(write.key)
        if isinstance(write, Put):
            return row is None
        return row is not None and passes(row, write.when)


def _changed(old: Row, change: Change) -> Row:
    row = {**old, **_copied(change.put)}
    for name, amount in change.add.items():
        before = row.get(name, 0)
        assert isinstance(before, int)
        row[name] = before + amount
    for name, one in change.include.items():
        row[name] = _set(row, name) | {one}
    for name, one in change.exclude.items():
        row[name] = _set(row, name) - {one}
    for name, line in change.append.items():
        lines = row.get(name, [])
        assert isinstance(lines, list)
        row[name] = [*lines, _own(line)]
    for name in (*change.remove, *(n for n in change.exclude if not row[n])):
        row.pop(name, None)
    return row


def _set(row: Row, name: str) -> frozenset[str]:
    value = row.get(name, frozenset())
    assert isinstance(value, frozenset)
    return value


def _copied(row: Mapping[str, Value]) -> Row:
    return {name: _own(value) if type(value) in (list, dict) else value for name, value in row.items()}


def _own(value: Any) -> Any:
    if isinstance(value, list):
        return [_own(one) for one in value]
    if isinstance(value, dict):
        return {name: _own(one) for name, one in value.items()}
    return value
