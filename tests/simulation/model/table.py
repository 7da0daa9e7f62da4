"""The table as the model keeps it: whole tables, each known by a number, and what a production move makes of one."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Hashable
from typing import Any

from meterai.domain.instants import spell
from meterai.domain.ledger import Change, GateClosed, Key, Move, Put, Row
from tests.fakes.ledger import MemoryLedger
from tests.simulation.model.hours import PAST, START

FORGOTTEN: dict[str, Any] = {
    "created_at": spell(START),
    **dict.fromkeys(("issued_at", "affixed_at", "ended_at"), spell(PAST)),
    "joined_at": spell(START),
    **dict.fromkeys(("settled_at", "updated_at", "promise_at", "at"), spell(PAST)),
    "timeline": [],
    "milestones": [],
    "provider_reference": "reference",
    "ttl": 0,
}
"""Attributes that tell what happened and decide nothing: each has one value in the model, and no gate may read one."""
WINDOW: dict[str, Any] = dict.fromkeys(("paid_at", "received_at"), spell(START))
"""Where no refund's window is judged, everything was paid and asked for just now."""

Rows = dict[Key, Row]
ChangeOfMove = Callable[[Move], Move]


def freeze(value: Any) -> Hashable:
    """Plain data as something that can be hashed, the same for equal data whatever its order."""
    if isinstance(value, dict):
        return tuple((key, freeze(value[key])) for key in sorted(value))
    if isinstance(value, list | tuple):
        return tuple(freeze(one) for one in value)
    if isinstance(value, frozenset):
        return ("set", *sorted(value))
    if dataclasses.is_dataclass(value):
        return (type(value).__name__, *(freeze(getattr(value, field.name)) for field in dataclasses.fields(value)))
    return (type(value).__name__, value)


class Tables:
    """Every table that was met. A table is never changed: a move leads from one to another, or finds its gate closed."""

    def __init__(
        self,
        holed: ChangeOfMove = lambda move: move,
        *,
        windows: bool = True,
        milestones: bool = False,
        forgets: bool = True,
    ) -> None:
        self._holed = holed
        self._forgotten = {
            name: value for name, value in FORGOTTEN.items() if not (milestones and name == "milestones")
        }
        self._windows = windows
        self._forgets = forgets
        self._tables: list[Rows] = []
        self._numbers: dict[Hashable, int] = {}
        self._moves: list[Move] = []
        self._move_numbers: dict[Hashable, int] = {}
        self._made: dict[tuple[int, int], int | frozenset[Key]] = {}

    def __getitem__(self, table: int) -> Rows:
        return self._tables[table]

    def __len__(self) -> int:
        return len(self._tables)

    def made(self) -> tuple[set[str], set[str]]:
        """The names of the moves that were made somewhere, and of those that found a gate closed somewhere."""
        tried = [(self._moves[move].name, isinstance(outcome, int)) for (_, move), outcome in self._made.items()]
        return {name for name, made in tried if made}, {name for name, made in tried if not made}

    def number(self, rows: Rows) -> int:
        """The number of a table with these rows."""
        frozen = freeze(rows)
        if frozen not in self._numbers:
            self._numbers[frozen] = len(self._tables)
            self._tables.append(rows)
        return self._numbers[frozen]

    def move(self, wanted: Move) -> int:
        """The number of a move, as the hole under trial (if any) makes it."""
        move = self._holed(wanted)
        frozen = freeze(move)
        if frozen not in self._move_numbers:
            for write in move.writes:
                read = set() if isinstance(write, Put) else set(write.when)
                assert not read & FORGOTTEN.keys(), f"{move.name} reads what the model forgets: {read}"
            self._move_numbers[frozen] = len(self._moves)
            self._moves.append(move)
        return self._move_numbers[frozen]

    def named(self, move: int) -> Move:
        return self._moves[move]

    def apply(self, table: int, move: int) -> int | frozenset[Key]:
        """The table that a move leads to, or the keys at which its gates are closed."""
        if (table, move) not in self._made:
            self._made[table, move] = self._apply(self._tables[table], self._moves[move])
        return self._made[table, move]

    def _apply(self, rows: Rows, move: Move) -> int | frozenset[Key]:
        ledger = MemoryLedger()
        ledger.rows = dict(rows)
        try:
            ledger.apply(move)
        except GateClosed as gate:
            return gate.keys
        for write in move.writes:
            if isinstance(write, Put | Change):
                ledger.rows[write.key] = self.forget(write.key, ledger.rows[write.key])
        return self.number(ledger.rows)

    def forget(self, key: Key, row: Row) -> Row:
        """A row without what decides nothing: when it was paid or asked for counts only where a refund's window does."""
        if not self._forgets:
            return row
        forgotten = self._forgotten
        if not self._windows or key[1] == "payment" or row.get("kind") == "payment":
            forgotten = forgotten | WINDOW
        return {
            name: forgotten.get(name, value) for name, value in row.items() if self._windows or name != "offered_at"
        }
