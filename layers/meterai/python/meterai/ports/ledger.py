"""What operations need from the table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from meterai.domain.ledger import Key, Move, Row


class Ledger(Protocol):
    """One table. Reads are consistent unless said otherwise. Every method raises Busy when the table cannot be reached."""

    def get(self, key: Key) -> Row | None:
        """The row under `key`, or None."""

    def apply(self, move: Move) -> None:
        """Do all writes of `move` atomically, or none: GateClosed when a gate was closed, Busy after contention.

        A lost answer is retried, so a move may be refused by its own first try: whoever is refused reads back."""

    def page(self, partition: str, *, after: str | None, limit: int, newest_first: bool = True) -> Sequence[Row]:
        """Up to `limit` rows of a partition in the order of their sort keys, past the sort key `after`. Each row carries its
        sort key as `sk`."""

    def project(self, *, put: Sequence[tuple[Key, Row]] = (), drop: Sequence[Key] = ()) -> None:
        """Write or drop rows derived from others (lists, agenda, events): no gates, doing it twice is doing it once."""

    def scan(self, name: str) -> Iterator[Row]:
        """Every row of a noun, in no order, not consistent: the full sweep's way to what no list knows. Rows carry `pk`."""
