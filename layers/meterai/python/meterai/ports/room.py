"""What the waiting room needs from outside."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from meterai.domain.tally import Count


class CountQueue(Protocol):
    """Counts on their way to the tally. Order is approximate, delivery at least once."""

    def send(self, count: Count) -> None:
        """Ask for this to be counted. Raises Busy."""


class PublicFiles(Protocol):
    """Static files that anybody may read, through caches."""

    def publish(self, name: str, data: bytes, *, fresh_seconds: int) -> None:
        """Put JSON in the place of what is there; a copy may be handed on for `fresh_seconds`. Raises Busy."""


class ReceiptSigner(Protocol):
    """The key that signs queue receipts: Ed25519 (RFC 8032)."""

    def sign(self, data: bytes) -> bytes:
        """The signature over `data`, 64 bytes. Raises Busy."""

    def public_key(self) -> bytes:
        """The key's public half, 32 bytes. Raises Busy."""


class Clock(Protocol):
    """The instant, for what works through several of them."""

    def __call__(self) -> datetime:
        """Now, UTC."""
