"""What every noun of the table has: a key, and a row that it is read from and written to."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, ClassVar, Self, get_type_hints

from meterai.domain import instants
from meterai.domain.ledger import Key, Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Noun:
    """A thing with its own row: the id is the partition key, the noun's name the sort key."""

    name: ClassVar[str]
    id: str

    @property
    def key(self) -> Key:
        return self.key_of(self.id)

    @classmethod
    def key_of(cls, id: str) -> Key:
        """Where the noun with this id is kept."""
        return (id, cls.name)

    def row(self) -> Row:
        """The row to store: instants spelled, absent attributes left out."""
        pairs = ((f.name, getattr(self, f.name)) for f in dataclasses.fields(self))
        return {name: _stored(value) for name, value in pairs if value is not None and value != frozenset()}

    @classmethod
    def of(cls, row: Row) -> Self:
        """The noun that a stored row holds; attributes that this version does not know are passed over."""
        known, instants_of = _attributes(cls)  # type: ignore[arg-type]  # mypy doubts that a class is hashable
        values: dict[str, Any] = {name: value for name, value in row.items() if name in known}
        for name in instants_of:
            if name in values:
                values[name] = instants.read(values[name])
        return cls(**values)


@cache
def _attributes(kind: type[Noun]) -> tuple[frozenset[str], tuple[str, ...]]:
    """The names of a noun's attributes, and of those that are instants."""
    hints = get_type_hints(kind)
    names = [f.name for f in dataclasses.fields(kind)]
    timed = (n for n in names if hints[n] is datetime or datetime in getattr(hints[n], "__args__", ()))
    return frozenset(names), tuple(timed)


def _stored(value: Any) -> Any:
    if isinstance(value, datetime):
        return instants.spell(value)
    return value
