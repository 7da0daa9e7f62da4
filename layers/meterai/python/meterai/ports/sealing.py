"""What stamping a document needs from outside: a key that never leaves its keeper, a witness of the time, and proof that
neither was revoked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


class SealSigner(Protocol):
    """The issuer's key."""

    @property
    def chain(self) -> tuple[bytes, ...]:
        """The seal certificate first, then its issuers, each DER."""

    def sign(self, data: bytes) -> bytes:
        """The signature value over `data` (hashed here with SHA-256, so that a document never travels): RSASSA-PKCS1-v1_5 or
        ECDSA (DER), by the kind of the certificate's key. Raises Busy."""


class TimestampAuthority(Protocol):
    """An RFC 3161 authority."""

    def token(self, digest: bytes) -> bytes:
        """The DER TimeStampToken (CMS ContentInfo) over a SHA-256 `digest`. Raises TimestampUnavailable."""


@dataclass(frozen=True, slots=True)
class ValidationData:
    """What a reader needs to believe a seal long after its certificates ended (PAdES B-LT): certificates, CRLs and OCSP
    responses, each DER. Fewer than the chains have is allowed: the seal is then believed as long as they can be asked."""

    certificates: tuple[bytes, ...] = ()
    crls: tuple[bytes, ...] = ()
    ocsps: tuple[bytes, ...] = ()


class ValidationSource(Protocol):
    """Where validation data comes from, fetched ahead."""

    def at(self, now: datetime) -> ValidationData:
        """What is known and in force at `now` (UTC). An outage of who publishes it is no error: there is then less of it.
        Raises Busy when a certificate of the seal's is revoked."""
