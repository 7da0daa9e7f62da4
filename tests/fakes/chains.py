"""The entry queue, locked files and the ledger's key in memory (ports.chains)."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from dataclasses import dataclass, field

from meterai.domain.chains import Recorded
from meterai.domain.errors import Busy
from meterai.ports.chains import LockedFile


@dataclass
class MemoryEntries:
    """A queue that a test drains by hand."""

    messages: list[Recorded] = field(default_factory=list)

    def send(self, entry: Recorded) -> None:
        self.messages.append(entry)


@dataclass
class MemoryLockedFiles:
    """Files, written once. `rewritten` are numbers that somebody wrote over."""

    files: dict[int, bytes] = field(default_factory=dict)
    rewritten: set[int] = field(default_factory=set)

    def last(self) -> LockedFile | None:
        return LockedFile(max(self.files), self.files[max(self.files)]) if self.files else None

    def keep(self, number: int, data: bytes) -> bytes:
        return self.files.setdefault(number, data)

    def every(self) -> Iterator[LockedFile]:
        for number, data in sorted(self.files.items()):
            yield LockedFile(number, data, number not in self.rewritten)


@dataclass
class PlainHeadsSigner:
    """A key of the tests' own, whose signatures only it can make and judge."""

    secret: bytes = b"of the fake alone"
    down: bool = False

    def sign(self, data: bytes) -> bytes:
        if self.down:
            raise Busy("the key is down")
        return hmac.digest(self.secret, data, hashlib.sha256)

    def verify(self, data: bytes, signature: bytes) -> bool:
        return hmac.compare_digest(hmac.digest(self.secret, data, hashlib.sha256), signature)
