"""The mail queue and the post in memory (ports.post)."""

from __future__ import annotations

from dataclasses import dataclass, field

from meterai.domain.errors import Busy
from meterai.ports.post import Mail


@dataclass
class MemoryLetters:
    """A queue that a test drains by hand."""

    messages: list[str] = field(default_factory=list)

    def send(self, letter: str) -> None:
        self.messages.append(letter)


@dataclass
class MemoryPost:
    """A post whose letters lie in `sent`, oldest first. While it is `down` it takes none."""

    sent: list[Mail] = field(default_factory=list)
    down: bool = False

    def send(self, mail: Mail) -> bool:
        if self.down:
            raise Busy("the post is down")
        name, _, domain = mail.to.partition("@")
        if not mail.to.isascii() or not name or not domain or any(sign in mail.to for sign in ' ",;<>()[]\\'):
            return False
        self.sent.append(mail)
        return True
