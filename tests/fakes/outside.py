"""Storage, queue, workflows and key in memory (ports.outside, ports.sealing)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from meterai.domain.errors import Busy, DocumentTooLarge, TimestampUnavailable
from meterai.domain.rows import Line
from meterai.domain.shares import Shares
from meterai.ports.outside import DeadLetter, StoredFile, UploadForm


class MemorySources:
    """Versioned sources. `upload` plays the browser that posts to the form."""

    def __init__(self) -> None:
        self._versions: dict[str, list[bytes]] = {}
        self.previews: dict[tuple[str, str, int], bytes] = {}

    def upload(self, document: str, data: bytes) -> None:
        self._versions.setdefault(document, []).append(data)

    def upload_form(self, document: str, *, most_bytes: int, seconds: int) -> UploadForm:
        return UploadForm(url=f"memory:{document}", fields={"most_bytes": str(most_bytes), "seconds": str(seconds)})

    def latest(self, document: str, *, most_bytes: int) -> StoredFile | None:
        versions = self._versions.get(document)
        if not versions:
            return None
        if len(versions[-1]) > most_bytes:
            raise DocumentTooLarge(limit=most_bytes)
        return StoredFile(version=str(len(versions) - 1), data=versions[-1])

    def pinned(self, document: str, version: str) -> bytes | None:
        versions = self._versions.get(document, [])
        return versions[int(version)] if version.isdecimal() and int(version) < len(versions) else None

    def keep(self, document: str, data: bytes) -> str:
        self.upload(document, data)
        return str(len(self._versions[document]) - 1)

    def keep_preview(self, document: str, version: str, page: int, data: bytes) -> None:
        self.previews[document, version, page] = data

    def preview_link(self, document: str, version: str, page: int, *, seconds: int) -> str:
        return f"memory:{document}/{version}/{page}?seconds={seconds}"

    def delete(self, document: str) -> None:
        self._versions.pop(document, None)
        self.previews = {key: data for key, data in self.previews.items() if key[0] != document}


class MemorySealedFiles:
    """Sealed files, written once."""

    def __init__(self) -> None:
        self.files: dict[tuple[str, str], bytes] = {}

    def keep(self, stamping: str, serial: str, data: bytes) -> bytes:
        return self.files.setdefault((stamping, serial), data)

    def read(self, stamping: str, serial: str) -> bytes | None:
        return self.files.get((stamping, serial))

    def link(self, stamping: str, serial: str, *, filename: str, seconds: int) -> str:
        return f"memory:{stamping}/{serial}?filename={filename}&seconds={seconds}"


@dataclass
class MemoryQueue:
    """A queue that a test drains by hand; `lines` says in which line each stamping was sent last."""

    messages: list[str] = field(default_factory=list)
    lines: dict[str, Line] = field(default_factory=dict)

    def send(self, stamping: str, line: Line) -> None:
        self.messages.append(stamping)
        self.lines[stamping] = line

    def waiting(self) -> int:
        return len(self.messages)


@dataclass
class MemoryWorkers:
    """Two mappings; `given` is what each was given, in order, and `down` those that do not move."""

    now: Shares = field(default_factory=lambda: Shares(104, 6))
    given: list[tuple[Line, int]] = field(default_factory=list)
    down: set[Line] = field(default_factory=set)

    def shares(self) -> Shares:
        return self.now

    def give(self, line: Line, most: int) -> None:
        if line in self.down:
            raise Busy("the mapping is down")
        self.given.append((line, most))
        self.now = Shares(most, self.now.bulk) if line == "paid" else Shares(self.now.paid, most)


@dataclass
class MemoryDeadLetters:
    """Dead letters by their ids, each naming a stamping or none. One that was taken is hidden until `seen_again`."""

    letters: dict[str, str | None] = field(default_factory=dict)
    hidden: set[str] = field(default_factory=set)
    came: int = 0

    def die(self, *stampings: str | None) -> None:
        """Messages that name these were received too often."""
        for stamping in stampings:
            self.came += 1
            self.letters[f"message-{self.came}"] = stamping

    def take(self) -> list[DeadLetter]:
        found = [DeadLetter(id, id, named) for id, named in self.letters.items() if id not in self.hidden][:10]
        self.hidden |= {letter.id for letter in found}
        return found

    def drop(self, letter: DeadLetter) -> None:
        self.letters.pop(letter.handle, None)

    def seen_again(self) -> None:
        """Their time out of sight is over."""
        self.hidden.clear()


@dataclass
class MemoryExecutions:
    """Workflows that a test advances by hand. A name is started once; `waiting` are the tokens that wait for a person."""

    under_way: dict[str, bool] = field(default_factory=dict)
    waiting: set[str] = field(default_factory=set)
    woken: list[tuple[str, str]] = field(default_factory=list)

    def start(self, refund: str, number: int) -> None:
        self.under_way.setdefault(f"{refund}-{number}", True)

    def running(self, refund: str, number: int) -> bool:
        return self.under_way.get(f"{refund}-{number}", False)

    def wake(self, refund: str, token: str) -> bool:
        if token not in self.waiting:
            return False
        self.waiting.discard(token)
        self.woken.append((refund, token))
        return True


@dataclass
class PlainSigner:
    """A key of the tests' own: its signatures are hashes, good only for sealers that do not look."""

    chain: tuple[bytes, ...] = ()
    down: bool = False

    def sign(self, data: bytes) -> bytes:
        if self.down:
            raise Busy("the key is down")
        return hashlib.sha256(data).digest()


@dataclass
class PlainTimestamps:
    """A witness whose tokens are hashes."""

    down: bool = False

    def token(self, digest: bytes) -> bytes:
        if self.down:
            raise TimestampUnavailable
        return hashlib.sha256(digest).digest()
