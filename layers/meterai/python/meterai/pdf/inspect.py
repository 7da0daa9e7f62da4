"""Inspect a document somebody shows us: every signature, what it covers, what came after it, and every mark of ours.

Facts only; `domain.verdict` judges. Any doubt is written down as the worse fact: what cannot be read is not intact,
what cannot be compared was changed."""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Callable, Iterable
from dataclasses import asdict, replace
from datetime import datetime
from functools import partial
from typing import Any

from meterai.domain.errors import Busy
from meterai.domain.verdict import Inspection, SignatureFound, Trust
from meterai.pdf import child, own_signature, reading, shown, signatures
from meterai.ports.documents_pdf import Limits

_RAW_FIELD = re.compile(rb"Emet([0-9A-Z]{22})(?![0-9A-Z])")
_CLAIMED_MAX = 20
"""Each is a question to the register: a document does not decide how many are asked."""


def inspect(source: bytes, trust: Trust, limits: Limits = Limits()) -> Inspection:  # noqa: B008 - frozen
    """What the bytes of a document, or of a picture of a page, show, read in bounded children: the signatures in one,
    then the pages in another, so that a page nobody can draw takes nothing from a signature.

    Never raises for what `source` is: what cannot be read is `readable` False. Nothing is fetched; certificates are judged
    at the attested time of sealing, under `trust` alone. Raises Busy when the machine gave a child no time."""
    found = Inspection(hashlib.sha256(source).hexdigest(), len(source), False, (), (), False)
    if len(source) > limits.size_max:
        return found
    if shown.is_picture(source):
        seen = _asked(partial(shown.in_picture, trust.address, limits), source, limits)
        return replace(found, readable=True, picture=True, claimed=_claimed(seen["serials"])) if seen else found
    signed = _asked(partial(_look, trust, limits), source, limits)
    if signed is None:
        return found
    look = partial(shown.on_pages, trust.address, limits)
    pages = _asked(look, source, limits) if limits.pages_read else None
    marks = {*signed["named"], *(pages["serials"] if pages else ())}
    return replace(
        found,
        readable=True,
        signatures=tuple(_restored(row) for row in signed["signatures"]),
        claimed=_claimed(marks.difference(signed["claims"])),
        traces=signed["traces"],
        pages_not_looked_at=tuple((first, last) for first, last in pages["left"]) if pages else None,
    )


def _asked(work: Callable[[bytes], Any], source: bytes, limits: Limits) -> Any:
    """What a child answers, None when it cannot. Raises Busy when it was given no time, which says nothing about `source`."""
    answer = child.run(work, source, limits)
    if isinstance(answer, child.Failure):
        if answer.why == "stalled":
            raise Busy("the machine gave the inspection no time")
        return None
    return answer


def _claimed(serials: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(serials)[:_CLAIMED_MAX])


def _restored(row: dict[str, Any]) -> SignatureFound:
    instants = {key: row[key] and datetime.fromisoformat(row[key]) for key in ("signed_at", "timestamped_at")}
    return SignatureFound(**(row | instants))


def _look(trust: Trust, limits: Limits, source: bytes) -> dict[str, Any]:
    """In the child. Whatever this raises makes the document unreadable, and so never authentic."""
    logging.disable(logging.CRITICAL)
    found, claims = _signatures(source, trust, limits)
    return {
        "signatures": [
            asdict(one) | {key: _said(getattr(one, key)) for key in ("signed_at", "timestamped_at")} for one in found
        ],
        "named": _claimed({match[1].decode() for match in _RAW_FIELD.finditer(source)} - claims),
        "claims": sorted(claims),
        "traces": reading.SIGNER_NAME.encode() in source or any(one.claims_stamp for one in found),
    }


def _signatures(source: bytes, trust: Trust, limits: Limits) -> tuple[list[SignatureFound], set[str]]:
    """Every signature, and every serial that one of them claims: as our seal writes them, or however others do."""
    own = own_signature.read(source, trust)
    if own is None:
        return signatures.read(source, trust, limits)
    return own, {one.serial for one in own if one.serial}


def _said(instant: datetime | None) -> str | None:
    return instant.isoformat() if instant else None
