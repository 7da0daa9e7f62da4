"""The queue of counts, public files and the receipts' key in memory (ports.room)."""

from __future__ import annotations

from dataclasses import dataclass, field

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from meterai.domain.errors import Busy
from meterai.domain.tally import Count


@dataclass
class MemoryCounts:
    """A queue that a test drains by hand."""

    messages: list[Count] = field(default_factory=list)

    def send(self, count: Count) -> None:
        self.messages.append(count)


@dataclass
class MemoryPublicFiles:
    """Files by name, with for how long a copy is fresh."""

    files: dict[str, tuple[bytes, int]] = field(default_factory=dict)
    down: bool = False

    def publish(self, name: str, data: bytes, *, fresh_seconds: int) -> None:
        if self.down:
            raise Busy("storage is down")
        self.files[name] = (data, fresh_seconds)


@dataclass
class PlainReceiptSigner:
    """An Ed25519 key that the tests may hold: always the same one for a seed."""

    seed: bytes = b"the receipts' key of the tests !"
    down: bool = False

    def sign(self, data: bytes) -> bytes:
        if self.down:
            raise Busy("the key is down")
        return Ed25519PrivateKey.from_private_bytes(self.seed).sign(data)

    def public_key(self) -> bytes:
        if self.down:
            raise Busy("the key is down")
        return Ed25519PrivateKey.from_private_bytes(self.seed).public_key().public_bytes_raw()


def verify(key: bytes, data: bytes, signature: bytes) -> bool:
    """Whether this key made this signature over these data."""
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, data)
    except (InvalidSignature, ValueError):
        return False
    return True
