"""The ledger in memory (ports.ledger.Ledger)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import deepcopy

from meterai.domain.ledger import Change, GateClosed, Key, Move, Put, Row, Write, passes


class MemoryLedger:
    """One table in a dict. `history` lists the moves that were made, for tests that ask what was written."""

    def __init__(self) -> None:
        self.rows: dict[Key, Row] = {}
        self.history: list[Move] = []

    def get(self, key: Key) -> Row | None:
        return deepcopy(self.rows.get(key))

    def apply(self, move: Move) -> None:
        closed = {write.key for write in move.writes if not self._open(write)}
        if closed:
            raise GateClosed(move.name, frozenset(closed))
        keys = [write.key for write in move.writes]
        assert len(set(keys)) == len(keys), f"{move.name} writes one row twice"
        for write in move.writes:
            if isinstance(write, Put):
                self.rows[write.key] = deepcopy(write.row)
            elif isinstance(write, Change):
                self._change(write)
        self.history.append(move)

    def page(self, partition: str, *, after: str | None, limit: int, newest_first: bool = True) -> Sequence[Row]:
        keys = sorted((sk for pk, sk in self.rows if pk == partition), reverse=newest_first)
        if after is not None:
            keys = [sk for sk in keys if (sk < after if newest_first else sk > after)]
        return [deepcopy(self.rows[partition, sk]) | {"sk": sk} for sk in keys[:limit]]

    def project(self, *, put: Sequence[tuple[Key, Row]] = (), drop: Sequence[Key] = ()) -> None:
        for key, row in put:
            self.rows[key] = deepcopy(row)
        for key in drop:
            self.rows.pop(key, None)

    def scan(self, name: str) -> Iterator[Row]:
        found = [(pk, row) for (pk, sk), row in self.rows.items() if sk == name]
        yield from (deepcopy(row) | {"pk": pk} for pk, row in found)

    def _open(self, write: Write) -> bool:
        row = self.rows.get(write.key)
        if isinstance(write, Put):
            return row is None
        return row is not None and passes(row, write.when)

    def _change(self, change: Change) -> None:
        row = self.rows[change.key]
        row.update(deepcopy(dict(change.put)))
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
            row[name] = [*lines, deepcopy(line)]
        for name in (*change.remove, *(n for n in change.exclude if not row[n])):
            row.pop(name, None)


def _set(row: Row, name: str) -> frozenset[str]:
    value = row.get(name, frozenset())
    assert isinstance(value, frozenset)
    return value
