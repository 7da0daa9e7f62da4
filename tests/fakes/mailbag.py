"""Mails and proofs in memory (ports.mail.Mailbag)."""

from __future__ import annotations

from dataclasses import dataclass, field

from meterai.ports.mail import Proof


@dataclass
class MemoryMailbag:
    """Mails that a test puts there, and the proofs that were kept."""

    mails: dict[str, bytes] = field(default_factory=dict)
    proofs: dict[tuple[str, str], Proof] = field(default_factory=dict)

    def raw(self, key: str, *, most_bytes: int) -> bytes | None:
        found = self.mails.get(key)
        return found[:most_bytes] if found is not None else None

    def keep_proof(self, refund: str, proof: Proof) -> None:
        self.proofs[refund, proof.sha256] = proof
