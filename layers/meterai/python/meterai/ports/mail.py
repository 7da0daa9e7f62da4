"""What operations need of mails that came in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

MOST_BYTES = 24 * 1024 * 1024
"""How much of a mail is read: three proofs of the largest size in base64, and some more. Of a longer one (SES takes 40 MB),
what comes first is read, and the rest is as if it were not there."""
MOST_PROOFS = 3
MOST_PROOF_BYTES = 5 * 1024 * 1024
ProofKind = Literal["application/pdf", "image/png", "image/jpeg"]
Dmarc = Literal["pass", "fail", "none"]


@dataclass(frozen=True, slots=True)
class Proof:
    """A file that came with a mail: what its first bytes say that it is, whatever it was called."""

    kind: ProofKind
    sha256: str
    data: bytes


@dataclass(frozen=True, slots=True)
class InboundMail:
    """A mail as it was read. `digest` is the SHA-256 of what it says, the same however often and by whatever way it comes.

    `received_at`, `spam`, `virus` and `dmarc` are the receiving host's word, never the mail's own; without that word they are
    None, empty and "none". `sender` is the one address in From, None unless there is exactly one. `automatic` says why no
    person wrote it. `dropped` names, a line each, what came with it and is not kept."""

    digest: str
    received_at: datetime | None
    subject: str
    sender: str | None
    spam: str
    virus: str
    dmarc: Dmarc
    automatic: str | None
    text: str
    proofs: tuple[Proof, ...]
    dropped: tuple[str, ...]


class ReadMail(Protocol):
    """Reads raw MIME."""

    def __call__(self, raw: bytes, /) -> InboundMail:
        """The mail in these bytes, whatever they are. Never raises."""


class Mailbag(Protocol):
    """Where mails lie as they came, for a while, and the proofs that came with requests, for longer."""

    def raw(self, key: str, *, most_bytes: int) -> bytes | None:
        """The first `most_bytes` of a mail, None when it is gone. Raises Busy."""

    def keep_proof(self, refund: str, proof: Proof) -> None:
        """Keep a proof beside its request, under its hash. Twice is once. Raises Busy."""
