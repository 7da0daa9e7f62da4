"""The vocabulary of the ledger: a *move* is one atomic set of writes, each gated by what it must find.

Moves are plain data. domain/moves/ builds them, ports/ledger.py applies them, and both the table in the cloud and the table
in memory give them the same meaning (tests/contract). A value of money or quota never changes without a gate beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

Value: TypeAlias = "str | int | bool | frozenset[str] | list[Value] | dict[str, Value]"
Row: TypeAlias = "dict[str, Value]"
Key: TypeAlias = tuple[str, str]
"""Partition and sort key: ("stp_...", "stamping")."""


@dataclass(frozen=True, slots=True)
class Is:
    """The attribute equals `value`."""

    value: Value


@dataclass(frozen=True, slots=True)
class IsNot:
    """The attribute is there and differs from `value`."""

    value: Value


@dataclass(frozen=True, slots=True)
class OneOf:
    """The attribute is one of `values`."""

    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Absent:
    """The row has no such attribute (an emptied set is no attribute)."""


@dataclass(frozen=True, slots=True)
class AbsentOr:
    """The attribute is missing or equals `value`."""

    value: Value


@dataclass(frozen=True, slots=True)
class AtLeast:
    """The attribute is a number of at least `value`."""

    value: int


@dataclass(frozen=True, slots=True)
class Before:
    """The attribute is an instant (or text) that sorts before `value`."""

    value: str


Test: TypeAlias = Is | IsNot | OneOf | Absent | AbsentOr | AtLeast | Before
Gate: TypeAlias = Mapping[str, Test]


@dataclass(frozen=True, slots=True)
class Put:
    """Write `row` under `key` if nothing is there."""

    key: Key
    row: Row


@dataclass(frozen=True, slots=True)
class Change:
    """Change the row under `key` if it exists and passes `when`.

    `put` sets attributes, `add` adds integers, `include`/`exclude` add to and take from sets of text, `append` adds to lists,
    `remove` drops attributes.
    """

    key: Key
    when: Gate
    put: Mapping[str, Value] = field(default_factory=dict)
    add: Mapping[str, int] = field(default_factory=dict)
    include: Mapping[str, str] = field(default_factory=dict)
    exclude: Mapping[str, str] = field(default_factory=dict)
    append: Mapping[str, Value] = field(default_factory=dict)
    remove: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Check:
    """Demand that the row under `key` exists and passes `when`, without changing it."""

    key: Key
    when: Gate


Write: TypeAlias = Put | Change | Check


@dataclass(frozen=True, slots=True)
class Move:
    """One step of the ledger: all of its writes happen, or none."""

    name: str
    writes: tuple[Write, ...]


class GateClosed(Exception):
    """A move found a gate closed and changed nothing. `keys` are the rows at which it did."""

    def __init__(self, move: str, keys: frozenset[Key]) -> None:
        super().__init__(f"{move}: {sorted(keys)}")
        self.move = move
        self.keys = keys


def passes(row: Row, when: Gate) -> bool:
    """Whether `row` passes every test of `when`: the meaning that every store of the ledger gives a gate."""
    return all(_holds(row.get(name), test) for name, test in when.items())


def _holds(value: Value | None, test: Test) -> bool:
    match test:
        case Is(expected):
            return value is not None and value == expected
        case IsNot(other):
            return value is not None and value != other
        case OneOf(allowed):
            return value is not None and value in allowed
        case Absent():
            return value is None
        case AbsentOr(expected):
            return value is None or value == expected
        case AtLeast(least):
            return isinstance(value, int) and value >= least
        case Before(instant):
            return isinstance(value, str) and value < instant
