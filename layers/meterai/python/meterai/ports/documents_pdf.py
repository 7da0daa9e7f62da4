"""What operations need from the PDF package: examine a document, seal it, inspect it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from meterai.domain.placement import PageGeometry, Placement
from meterai.domain.verdict import Inspection, Trust
from meterai.ports.sealing import SealSigner, TimestampAuthority

STAMP_SIZE_MAX = 40 * 1024
"""What one stamp adds to a document at most, in bytes: appearance, signature and timestamp."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of a document is looked at before it is refused. Sizes in bytes, times in seconds."""

    size_max: int = 10 * 1024 * 1024
    pages_max: int = 200
    objects_max: int = 50_000
    inflated_max: int = 75 * 1024 * 1024
    filters_max: int = 3
    xref_sections_max: int = 64
    cpu_seconds: int = 5
    wall_seconds: float = 10.0
    memory_max: int = 512 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found in a document. `code` is stable; an `error` is a code of domain.errors and refuses the document;
    `repairable` says that a repair which the owner chooses could mend it."""

    code: str
    severity: Literal["error", "warning", "info"]
    repairable: bool


@dataclass(frozen=True, slots=True)
class Examination:
    """What preflight saw. `signatures` counts the signatures that the document carries; `stamps` are the serials
    that fields named like our stamps claim: a claim, never a proof. `suggested_placement` is None when no page can
    hold a stamp."""

    sha256: str
    size: int
    pages: tuple[PageGeometry, ...]
    findings: tuple[Finding, ...]
    suggested_placement: Placement | None
    signatures: int
    stamps: tuple[str, ...]


class Examiner(Protocol):
    def __call__(self, source: bytes, limits: Limits = ...) -> Examination:
        """Look at an untrusted document in a bounded child. Never raises for what the document is: that is a
        finding."""


class Sealer(Protocol):
    def __call__(
        self,
        source: bytes,
        *,
        placement: Placement,
        serial: str,
        verify_url: str,
        specimen: bool,
        signer: SealSigner,
        timestamps: TimestampAuthority,
        now: datetime,
    ) -> bytes:
        """The source with one more revision: the visible stamp and the issuer's seal (segel elektronik) over
        everything.

        Raises a subclass of Unacceptable for the document or the placement, TimestampUnavailable, Busy."""


class Inspector(Protocol):
    def __call__(self, source: bytes, trust: Trust, limits: Limits = ...) -> Inspection:
        """What the bytes show, read in a bounded child. Never raises for what the document is."""
