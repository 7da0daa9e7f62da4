"""What stamping a document needs from outside: a key that never leaves its keeper, and a witness of the time."""

from __future__ import annotations

from typing import Protocol


class SealSigner(Protocol):
    """The issuer's key."""

    @property
    def chain(self) -> tuple[bytes, ...]:
        """The seal certificate first, then its issuers, each DER."""

    def sign(self, data: bytes) -> bytes:
        """RSASSA-PKCS1-v1_5 with SHA-256 over `data` (hashed here, so that a document never travels). Raises Busy."""


class TimestampAuthority(Protocol):
    """An RFC 3161 authority."""

    def token(self, digest: bytes) -> bytes:
        """The DER TimeStampToken (CMS ContentInfo) over a SHA-256 `digest`. Raises TimestampUnavailable."""
