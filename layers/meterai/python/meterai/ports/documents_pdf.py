"""What operations need from the PDF package: examine a document, seal it, inspect it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
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
    repair_seconds: int = 10
    previews_max: int = 10
    preview_edge: int = 900
    preview_size_max: int = 400 * 1024
    pages_read: int = 10
    picture_pixels_max: int = 50_000_000

    @property
    def for_repair(self) -> Limits:
        """The same bounds, with the time that writing a document takes."""
        return replace(self, cpu_seconds=self.repair_seconds, wall_seconds=self.repair_seconds + 2.0)


Repair = Literal["rewrite", "unlock", "shrink_images"]
"""Perbaikan: what an owner may choose to have done to a document that nobody signed."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found in a document. `code` is stable; an `error` is a code of domain.errors and refuses the document;
    `repairable` says that a repair which the owner chooses could mend it, `repair` which."""

    code: str
    severity: Literal["error", "warning", "info"]
    repairable: bool
    repair: Repair | None = None


@dataclass(frozen=True, slots=True)
class Examination:
    """What preflight saw. `signatures` counts the signatures that the document carries; `stamps` are the serials
    that fields named like our stamps claim: a claim, never a proof. `suggested_placement` is None when no page can
    hold a stamp; `suggested_ink` is the share (0..1) of it that is not bare paper, None when nobody could look."""

    sha256: str
    size: int
    pages: tuple[PageGeometry, ...]
    findings: tuple[Finding, ...]
    suggested_placement: Placement | None
    signatures: int
    stamps: tuple[str, ...]
    suggested_ink: float | None = None


class Examiner(Protocol):
    def __call__(self, source: bytes, limits: Limits = ...) -> Examination:
        """Look at an untrusted document in a bounded child. Never raises for what the document is: that is a
        finding. Raises Busy when the machine gave the child no time."""


class Previewer(Protocol):
    def __call__(self, source: bytes, pages: int, limits: Limits = ...) -> Mapping[int, bytes]:
        """Pictures (WebP) of some of the document's `pages` pages, by number from 1, drawn in a bounded child; fewer
        or none when they cannot be drawn. Never raises for what the document is."""


class Repairer(Protocol):
    def __call__(self, source: bytes, how: Repair, size_max: int | None, limits: Limits = ...) -> bytes:
        """The document repaired, in a bounded child; the same bytes when there is nothing to repair.

        Raises a subclass of Unacceptable: DocumentSigned and DocumentCertified for a document that is never
        rewritten, DocumentEncrypted, DocumentUnreadable, DocumentTooComplex, and DocumentTooLarge when the result is
        larger than `size_max` or than documents may be."""


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
        image: bytes | None = None,
    ) -> bytes:
        """The source with one more revision: the visible stamp and the issuer's seal (segel elektronik) over
        everything. `image` is the issuer's own picture of the stamp (PNG), drawn in the place of ours.

        Raises a subclass of Unacceptable for the document or the placement, TimestampUnavailable, Busy."""


class Inspector(Protocol):
    def __call__(self, source: bytes, trust: Trust, limits: Limits = ...) -> Inspection:
        """What the bytes of a document, or of a picture of a page (PNG, JPEG), show, read in a bounded child. Never
        raises for what they are. Raises Busy when the machine gave the child no time."""
