"""Bukti antre: a signed word on since when somebody is in line, in which one, and for how many paid pieces.

    v1.<payload>.<signature>

Both are base 64 for addresses (RFC 4648, 5) without padding. The payload is JSON in one spelling only: names sorted, no spaces,
ASCII. The signature is Ed25519 (RFC 8032) over a name of its own and the payload; there is no other algorithm, and nothing in a
receipt says which. What is not spelled exactly so is no receipt: nobody can make a second one of another's.

Whose it is, it tells to those alone who know the id: it carries a hash of it.
"""

from __future__ import annotations

import hashlib
import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from meterai.domain import instants
from meterai.domain.rows import LINES, Invoice, Line, Stamping

VERSION = "v1"
MOST_PIECES = 10_000_000
MOST_CHARACTERS = 400
_SIGNED_AS = b"meterai queue receipt v1\n"
_ABOUT = b"meterai queue receipt is about\n"
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", re.ASCII)
_HASH = re.compile(r"[0-9a-f]{64}", re.ASCII)
_FORM = re.compile(r"v1\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]{86})", re.ASCII)
Verify = Callable[[bytes, bytes, bytes], bool]
"""Whether a signature (third) over data (second) was made by the Ed25519 key (first, 32 bytes)."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a receipt says. `about` is the hash of the account's or the stamping's id; `pieces` are paid ones."""

    line: Line
    joined_at: datetime
    pieces: int
    about: str

    def is_of(self, id: str) -> bool:
        """Whether it is about the account or stamping with this id."""
        return self.about == about(id)

    def payload(self) -> bytes:
        """Its one spelling."""
        said = {
            "about": self.about,
            "joined_at": instants.spell(self.joined_at),
            "line": self.line,
            "pieces": self.pieces,
        }
        return json.dumps(said, sort_keys=True, separators=(",", ":")).encode()

    def signed(self, sign: Callable[[bytes], bytes]) -> str:
        """The receipt as it is handed out."""
        payload = self.payload()
        return f"{VERSION}.{_spelled(payload)}.{_spelled(sign(what_is_signed(payload)))}"


def receipt_of(noun: Invoice | Stamping) -> Receipt | None:
    """What there is to hand out: of a stamping in line, and of an invoice that awaits its payment (no piece is paid yet) or is
    paid. None once it has ended."""
    if isinstance(noun, Stamping):
        return None if noun.ended else Receipt(noun.line, noun.joined_at, 1, about(noun.id))
    if noun.status not in ("awaiting_payment", "paid"):
        return None
    return Receipt(noun.line, noun.created_at, noun.quantity if noun.status == "paid" else 0, about(noun.account))


def about(id: str) -> str:
    """The hash by which a receipt says whose it is."""
    return hashlib.sha256(_ABOUT + id.encode()).hexdigest()


def what_is_signed(payload: bytes) -> bytes:
    """What the key signs: the payload under a name of its own, so that no other signature can stand for it."""
    return _SIGNED_AS + payload


def read(text: str, keys: Iterable[str], verify: Verify) -> Receipt | None:
    """What a receipt says that one of these keys (spelled_key) signed; None when it is none."""
    found = _FORM.fullmatch(text) if len(text) <= MOST_CHARACTERS else None
    if found is None:
        return None
    payload, signature = _bytes(found[1]), _bytes(found[2])
    if payload is None or signature is None or len(signature) != 64:
        return None
    known = [key for spelled in keys if (key := _bytes(spelled)) is not None and len(key) == 32]
    if not any(verify(key, what_is_signed(payload), signature) for key in known):
        return None
    return _said(payload)


def spelled_key(public: bytes) -> str:
    """A public key (32 bytes) as it is published."""
    return _spelled(public)


def _said(payload: bytes) -> Receipt | None:
    """What a payload says, if it is spelled as we spell."""
    try:
        said: Any = json.loads(payload)
        if not isinstance(said, dict) or said.keys() != {"about", "joined_at", "line", "pieces"}:
            return None
        line = next((one for one in LINES if one == said["line"]), None)
        pieces, whose, joined = said["pieces"], said["about"], said["joined_at"]
        well = type(pieces) is int and 0 <= pieces <= MOST_PIECES and isinstance(whose, str) and isinstance(joined, str)
        if line is None or not well or not _HASH.fullmatch(whose) or not _INSTANT.fullmatch(joined):
            return None
        receipt = Receipt(line, instants.read(joined), pieces, whose)
    except (ValueError, RecursionError):
        return None
    return receipt if receipt.payload() == payload else None


def _spelled(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def _bytes(text: str) -> bytes | None:
    """What `_spelled` spelled; None for any other spelling of it."""
    try:
        data = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        return None
    return data if _spelled(data) == text else None
