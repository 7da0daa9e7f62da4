"""Verdicts and the register's serials, as they are shown."""

from __future__ import annotations

from collections.abc import Iterable

from meterai.domain.verdict import Affixed, Verdict
from meterai.runtime.shown.base import Instant, Shown

HASH_STARTS = 16
"""How many hexadecimal digits of a stamped file's hash are public: four words of four, to compare with a file in hand."""


class ReasonShown(Shown):
    code: str
    text: str


class StampShown(Shown):
    serial: str | None
    verdict: str
    signed_at: Instant | None
    timestamped_at: Instant | None
    reasons: list[ReasonShown]


class PageRunShown(Shown):
    """Pages from the first to the last, both included, counted from 1."""

    first: int
    last: int


class SerialShown(Shown):
    """The public state of one affixed stamp, masked: enough to compare with a document in hand, not to find one. The hash is
    of the stamped file, as is its size in bytes; `document_type` is what its owner called the document, if anything."""

    serial: str
    state: str
    issuer: str
    affixed_at: Instant | None
    document_sha256_starts: str
    document_size: int | None
    document_type: str | None

    @classmethod
    def of(cls, affixed: Affixed) -> SerialShown:
        serial, stamping = affixed.serial, affixed.stamping
        return cls(
            serial=serial.id,
            state=serial.state,
            issuer=serial.issuer,
            affixed_at=serial.affixed_at,
            document_sha256_starts=(serial.sealed_sha256 or "")[:HASH_STARTS],
            document_size=stamping.sealed_size,
            document_type=stamping.document_type,
        )


class VerdictShown(Shown):
    """Putusan keaslian. `serials_shown`: affixed stamps that are shown without their seal, to compare a copy with.
    `pages_not_looked_at`: pages whose QR codes nobody read; null when no page could be drawn."""

    verdict: str
    stamps: list[StampShown]
    reasons: list[ReasonShown]
    document_sha256: str
    serials_shown: list[SerialShown]
    pages_not_looked_at: list[PageRunShown] | None

    @classmethod
    def of(cls, verdict: Verdict, shown: Iterable[Affixed]) -> VerdictShown:
        unseen = verdict.pages_not_looked_at
        return cls(
            verdict=verdict.verdict,
            stamps=[
                StampShown(
                    serial=stamp.serial,
                    verdict=stamp.verdict,
                    signed_at=stamp.signed_at,
                    timestamped_at=stamp.timestamped_at,
                    reasons=[ReasonShown(code=reason.code, text=reason.text) for reason in stamp.reasons],
                )
                for stamp in verdict.stamps
            ],
            reasons=[ReasonShown(code=reason.code, text=reason.text) for reason in verdict.reasons],
            document_sha256=verdict.document_sha256,
            serials_shown=[SerialShown.of(affixed) for affixed in shown],
            pages_not_looked_at=None if unseen is None else [PageRunShown(first=a, last=b) for a, b in unseen],
        )
