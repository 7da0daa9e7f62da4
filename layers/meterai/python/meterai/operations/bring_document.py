"""A document comes in: a row, and a form to upload its bytes with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from meterai.domain.errors import DocumentTooLarge, ScopeMissing, TokenInvalid
from meterai.domain.ids import RandomBytes, fresh
from meterai.domain.moves import stamping as moves
from meterai.domain.rows import Document
from meterai.operations.identify import identify
from meterai.ports.ledger import Ledger
from meterai.ports.outside import Sources, UploadForm

UPLOAD_SECONDS = 900
KEPT = {"stamp": timedelta(days=30), "verify": timedelta(hours=1)}
"""How long a document is kept once nothing waits for it."""
ANYONE = "acc_anyone"
"""Who owns a document that was brought without a token, to be verified only."""


@dataclass(frozen=True, slots=True)
class Brought:
    """A document that waits for its bytes, and the form that takes them."""

    document: Document
    upload: UploadForm


def bring_document(
    ledger: Ledger,
    sources: Sources,
    *,
    bearer: str | None,
    filename: str,
    size: int,
    sha256: str | None,
    purpose: Literal["stamp", "verify"],
    reference: str | None,
    metadata: dict[str, str] | None,
    most_bytes: int,
    now: datetime,
    random: RandomBytes,
) -> Brought:
    """Announce a document of `size` bytes (at most `most_bytes`); without a `bearer` only to be verified.

    Raises TokenInvalid, ScopeMissing, DocumentTooLarge, Busy."""
    if size > most_bytes:
        raise DocumentTooLarge(f"at most {most_bytes} bytes", pointer="/size", limit=most_bytes)
    document = Document(
        id=fresh("doc", random),
        account=_owner(ledger, bearer, purpose),
        purpose=purpose,
        filename=filename,
        size=size,
        status="awaiting_upload",
        created_at=now,
        kept_until=now + KEPT[purpose],
        announced_sha256=sha256,
        reference=reference,
        metadata=metadata,
    )
    ledger.apply(moves.bring_document(document))
    return Brought(document, sources.upload_form(document.id, most_bytes=most_bytes, seconds=UPLOAD_SECONDS))


def _owner(ledger: Ledger, bearer: str | None, purpose: Literal["stamp", "verify"]) -> str:
    if bearer is None:
        if purpose == "stamp":
            raise TokenInvalid("a document to be stamped needs a bearer token")
        return ANYONE
    token = identify(ledger, bearer)
    if "stampings:write" not in token.scopes:
        raise ScopeMissing("this needs the scope stampings:write")
    return token.account
