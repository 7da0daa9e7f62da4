"""What operations need to have letters go out: words for them, a queue, and the post."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from meterai.domain.refund_story import RefundStory
from meterai.domain.rows import Invoice, LetterKind, Refund


@dataclass(frozen=True, slots=True)
class Told:
    """What a letter tells. `at` is when that happened; `refund` and `story` are how things stand now. `page` is the origin of
    the page; `act` the link that does what the letter asks for, `follow` the one that only shows. `day` is the milestone's;
    `until` how long an offer stands."""

    kind: LetterKind
    at: datetime
    page: str
    refund: Refund | None = None
    story: RefundStory | None = None
    invoice: Invoice | None = None
    offered_idr: int | None = None
    until: datetime | None = None
    day: int | None = None
    act: str | None = None
    follow: str | None = None


@dataclass(frozen=True, slots=True)
class Words:
    """A letter's words: as plain text, and the same as HTML."""

    subject: str
    text: str
    html: str


class Writer(Protocol):
    """Finds the words for what is told."""

    def __call__(self, told: Told, /) -> Words:
        """The words of one letter."""


@dataclass(frozen=True, slots=True)
class Mail:
    """A letter ready for the post. `id` names it for ever; letters of one `thread` belong together."""

    id: str
    thread: str
    to: str
    words: Words


class Post(Protocol):
    """Takes letters and carries them out of the house. Whether one arrives it cannot say."""

    def send(self, mail: Mail) -> bool:
        """Hand a letter over. False when it is refused for good: no address can be written like that. Raises Busy when it may
        be taken later."""


class LetterQueue(Protocol):
    """Letters on their way to a worker. Order is approximate, delivery at least once."""

    def send(self, letter: str) -> None:
        """Ask a worker to hand this letter to the post. Raises Busy."""
