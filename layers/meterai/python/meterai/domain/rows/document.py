"""What somebody brought: documents, what preflight saw in them, and what earlier bytes became."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from meterai.domain.rows.noun import Noun

DocumentStatus = Literal["awaiting_upload", "ready", "refused", "deleted"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Document(Noun):
    """A PDF somebody brought. `claim` holds the stampings that want or have this document; `version` and `sha256` pin the
    bytes that were examined, so that these are the bytes sealed. `stamped`: a field is named as our stamps are; `signed`:
    there is any signature."""

    name = "document"
    account: str
    purpose: Literal["stamp", "verify"]
    filename: str
    size: int
    status: DocumentStatus
    created_at: datetime
    kept_until: datetime
    announced_sha256: str | None = None
    version: str | None = None
    sha256: str | None = None
    refusal: str | None = None
    stamped: bool | None = None
    signed: bool | None = None
    claim: frozenset[str] = frozenset()
    reference: str | None = None
    metadata: dict[str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report(Noun):
    """What preflight saw in a document, kept beside it so that the document's own row stays small. `previews` are the pages
    that pictures were made of, absent until that was tried; `repairs` what its owner had done to it, oldest first."""

    name = "report"
    pages: list[dict[str, Any]]
    findings: list[dict[str, Any]]
    suggested_placement: dict[str, Any] | None = None
    previews: list[int] | None = None
    repairs: list[dict[str, Any]] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierVersion(Noun):
    """What the last stamp on exactly these bytes was, whose SHA-256 is in the `id`: told of them when they come without it.
    Derived from the stream, as lists are."""

    name = "earlier"
    serial: str

    @staticmethod
    def id_of(sha256: str) -> str:
        """The id for the bytes with this hash, in hex."""
        return f"bytes_{sha256}"
