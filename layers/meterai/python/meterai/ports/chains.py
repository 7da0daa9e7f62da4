"""What the entry-hash chains and their audit need from outside."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from meterai.domain.chains import Recorded
from meterai.domain.ledger import Key, Row


class EntryQueue(Protocol):
    """Entries on their way to their chains. Order is approximate, delivery at least once."""

    def send(self, entry: Recorded) -> None:
        """Ask for this entry to be chained. Raises Busy."""


class HeadsSigner(Protocol):
    """The ledger's key."""

    def sign(self, data: bytes) -> bytes:
        """ECDSA on P-256 with SHA-256 over `data` (at most 4,096 bytes), DER. Raises Busy."""


@dataclass(frozen=True, slots=True)
class LockedFile:
    """One file of locked heads as it was first written; `untouched` unless something was put over it or hides it."""

    number: int
    data: bytes
    untouched: bool = True


class LockedFiles(Protocol):
    """Files of locked heads, numbered from 1, each written once and kept until its retention ends."""

    def last(self) -> LockedFile | None:
        """The newest, None before the first. Raises Busy."""

    def keep(self, number: int, data: bytes) -> bytes:
        """Write `data` if no file has this number, and return what is there now. Raises Busy."""

    def every(self) -> Iterator[LockedFile]:
        """All of them, oldest first. Raises Busy."""


class Rows(Protocol):
    """The table, row by row, in no order."""

    def __call__(self) -> Iterator[tuple[Key, Row]]:
        """Every row once. Raises Busy."""


class HeadReader(Protocol):
    """Heads as they are at this moment."""

    def __call__(self) -> Sequence[tuple[int, str]]:
        """Length and hash of every chain's head, by chain. Raises Busy."""
