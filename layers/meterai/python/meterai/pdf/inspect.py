"""Inspect a document somebody shows us: every signature, what it covers, what came after it, and every mark of ours.

Facts only; `domain.verdict` judges. Any doubt is written down as the worse fact: what cannot be read is not intact,
what cannot be compared was changed."""

from __future__ import annotations

import hashlib
import logging
import re
import time
from dataclasses import asdict
from datetime import datetime
from functools import partial
from typing import Any

import pypdfium2  # type: ignore[import-untyped]

from meterai.domain.serial import is_own
from meterai.domain.verdict import Inspection, SignatureFound, Trust
from meterai.pdf import child, own_signature, reading, signatures
from meterai.ports.documents_pdf import Limits

_TOKEN = re.compile(r"(?<![0-9A-Z])[0-9A-Z]{22}(?![0-9A-Z])", re.ASCII)
_RAW_FIELD = re.compile(rb"Emet([0-9A-Z]{22})(?![0-9A-Z])")
_WORDS = "METERAI ELEKTRONIK"
_PAGES_READ = 10
_READING_ENDS = 2.0
"""CPU seconds of the child after which no further page's text is read: the signatures have been by then."""
_CLAIMED_MAX = 20
"""Each is a question to the register: a document does not decide how many are asked."""


def inspect(source: bytes, trust: Trust, limits: Limits = Limits()) -> Inspection:  # noqa: B008 - frozen
    """What the bytes show, read in a bounded child. Never raises for what `source` is: what cannot be read is
    `readable` False. Nothing is fetched; certificates are judged at the attested time of sealing, under `trust`
    alone."""
    unreadable = Inspection(hashlib.sha256(source).hexdigest(), len(source), False, (), (), False)
    if len(source) > limits.size_max:
        return unreadable
    answer = child.run(partial(_look, trust), source, limits)
    if isinstance(answer, child.Failure):
        return unreadable
    return Inspection(
        document_sha256=unreadable.document_sha256,
        length=len(source),
        readable=True,
        signatures=tuple(_restored(row) for row in answer["signatures"]),
        claimed=tuple(answer["claimed"]),
        traces=answer["traces"],
    )


def _restored(row: dict[str, Any]) -> SignatureFound:
    instants = {key: row[key] and datetime.fromisoformat(row[key]) for key in ("signed_at", "timestamped_at")}
    return SignatureFound(**(row | instants))


def _look(trust: Trust, source: bytes) -> dict[str, Any]:
    """In the child. Whatever this raises makes the document unreadable, and so never authentic."""
    logging.disable(logging.CRITICAL)
    found, claims = _signatures(source, trust)
    shown = {match[1].decode() for match in _RAW_FIELD.finditer(source)} | _shown(source)
    return {
        "signatures": [
            asdict(one) | {key: _said(getattr(one, key)) for key in ("signed_at", "timestamped_at")} for one in found
        ],
        "claimed": sorted(shown - claims)[:_CLAIMED_MAX],
        "traces": reading.SIGNER_NAME.encode() in source or any(one.claims_stamp for one in found),
    }


def _signatures(source: bytes, trust: Trust) -> tuple[list[SignatureFound], set[str]]:
    """Every signature, and every serial that one of them claims: as our seal writes them, or however others do."""
    own = own_signature.read(source, trust)
    if own is None:
        return signatures.read(source, trust)
    return own, {one.serial for one in own if one.serial}


def _shown(source: bytes) -> set[str]:
    """Serials of ours that pages show as text beside the stamp's words: first and last pages, annotations included."""
    found: set[str] = set()
    try:
        document = pypdfium2.PdfDocument(source)
        count = len(document)
        for index in sorted({*range(min(count, _PAGES_READ // 2)), *range(max(0, count - _PAGES_READ // 2), count)}):
            if time.process_time() > _READING_ENDS:
                break
            pypdfium2.raw.FPDFPage_Flatten(document[index], pypdfium2.raw.FLAT_NORMALDISPLAY)
            text = document[index].get_textpage().get_text_range()
            if _WORDS in text:
                found |= {token for token in _TOKEN.findall(text) if is_own(token)}
    except pypdfium2.PdfiumError:
        return found
    return found


def _said(instant: datetime | None) -> str | None:
    return instant.isoformat() if instant else None
