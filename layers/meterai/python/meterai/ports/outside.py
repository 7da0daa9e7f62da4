"""What operations need from storage, queues and clocks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from meterai.domain.rows import Line
from meterai.domain.shares import Shares


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A stored object: its version, and its bytes as read back."""

    version: str
    data: bytes


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message that was received too often: its own id, what removes it, and the stamping that it names (None: none)."""

    id: str
    handle: str
    stamping: str | None


@dataclass(frozen=True, slots=True)
class UploadForm:
    """A presigned POST: send `fields` and the file to `url`."""

    url: str
    fields: dict[str, str]


class Sources(Protocol):
    """Documents as people brought them, versioned. Methods raise Busy when storage cannot be reached."""

    def upload_form(self, document: str, *, most_bytes: int, seconds: int) -> UploadForm:
        """A form with which a browser puts at most `most_bytes` under this document for `seconds`."""

    def latest(self, document: str, *, most_bytes: int) -> StoredFile | None:
        """The newest version, None when nothing was uploaded. Raises DocumentTooLarge above `most_bytes`."""

    def pinned(self, document: str, version: str) -> bytes | None:
        """Exactly this version, or None when it is gone."""

    def delete(self, document: str) -> None:
        """Remove every version."""


class RepairedSources(Sources, Protocol):
    """Sources to which a repaired version can be added."""

    def keep(self, document: str, data: bytes) -> str:
        """Put `data` as the newest version of this document and return its version; earlier ones stay. Raises Busy."""


class Previews(Protocol):
    """Pictures of a document's pages, beside its source: they go when it is deleted."""

    def keep_preview(self, document: str, version: str, page: int, data: bytes) -> None:
        """Put the picture (WebP) of a page of this version. Raises Busy."""

    def preview_link(self, document: str, version: str, page: int, *, seconds: int) -> str:
        """A presigned link to the picture for `seconds`."""


class Documents(RepairedSources, Previews, Protocol):
    """Sources and their pictures."""


TOMBSTONE = b"meterai tombstone\n"
"""How the bytes at a sealed key begin when no stamp will ever be there; the reason follows."""


class SealedFiles(Protocol):
    """Sealed documents, private, under `{stamping}/{serial}`. The key decides: whoever comes second obeys what is there."""

    def keep(self, stamping: str, serial: str, data: bytes) -> bytes:
        """Put `data` if nothing is there (If-None-Match) and return what is there now, read back. Raises Busy."""

    def read(self, stamping: str, serial: str) -> bytes | None:
        """What is there, or None. Raises Busy."""

    def link(self, stamping: str, serial: str, *, filename: str, seconds: int) -> str:
        """A presigned link to download it for `seconds`."""


class SealQueue(Protocol):
    """Stampings on their way to a worker, in two lines. Order is approximate, delivery at least once."""

    def send(self, stamping: str, line: Line) -> None:
        """Ask a worker of this line to finish this stamping. Raises Busy."""

    def waiting(self) -> int:
        """About how many messages wait or are being worked on, in both lines. Raises Busy."""


class Workers(Protocol):
    """How many workers each line may have at once. Methods raise Busy."""

    def shares(self) -> Shares:
        """As it is now."""

    def give(self, line: Line, most: int) -> None:
        """Let this line have so many, and leave the other as it is."""


class DeadLetters(Protocol):
    """Messages to the seal that were received too often. Methods raise Busy."""

    def take(self) -> list[DeadLetter]:
        """Some of those that lie here, hidden from others meanwhile; none when nobody sees any more."""

    def drop(self, letter: DeadLetter) -> None:
        """Remove one that was taken."""


class Executions(Protocol):
    """Refund workflows, by name."""

    def start(self, refund: str, number: int) -> None:
        """Start the execution `{refund}-{number}`; one of that name that was ever started is enough. Raises Busy."""

    def running(self, refund: str, number: int) -> bool:
        """Whether that execution is still under way. Raises Busy."""

    def wake(self, refund: str, token: str) -> bool:
        """Have the execution that waits with this token for a person go on; False when none does any more. Raises Busy."""


class Probe(Protocol):
    """A question that something the road leans on answers when it is well."""

    def __call__(self) -> object:
        """Ask. Raises a refusal when there is no answer."""


class Pause(Protocol):
    """How an operation waits: real seconds in a function, none in a test."""

    def __call__(self, seconds: float, /) -> None:
        """Wait."""
