"""The verdict on a document (putusan keaslian): what was found in its bytes, what the register knows, and what follows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Judgement = Literal["authentic", "review", "altered", "forged", "copied", "void", "unstamped", "unreadable"]
Coverage = Literal["whole_file", "whole_revision", "partial"]
Changes = Literal["none", "validation_data", "form_filling", "other"]
SerialState = Literal["issued", "affixed", "void"]


@dataclass(frozen=True, slots=True)
class PinnedKey:
    """One key that an issuer seals with: the SHA-256 (hex) of its SubjectPublicKeyInfo, and when it may have signed (UTC)."""

    issuer: str
    spki_sha256: str
    not_before: datetime
    not_after: datetime


@dataclass(frozen=True, slots=True)
class Trust:
    """What verification believes: root certificates (DER), for paths and for timestamps, and the issuers' pinned keys."""

    roots: tuple[bytes, ...]
    keys: tuple[PinnedKey, ...]


@dataclass(frozen=True, slots=True)
class SignatureFound:
    """One signature as the bytes show it; nothing here is a judgement.

    `serial` is what the field's name and the reason claim, None when they claim none or disagree. `issuer` is the pinned
    issuer whose key verified the signature within its dates, None for anybody else. `cms_intact`: the CMS signature verifies;
    `digest_intact`: the signed bytes are those that were hashed. `changes` are those made after it. Lengths count from the
    start of the file; the prefix is what the signature before it closed (None for the first)."""

    field: str
    claims_stamp: bool
    serial: str | None
    key_sha256: str | None
    issuer: str | None
    path_trusted: bool
    cms_intact: bool
    digest_intact: bool
    coverage: Coverage
    changes: Changes
    signed_at: datetime | None
    timestamped_at: datetime | None
    timestamp_valid: bool
    revision_length: int
    revision_sha256: str
    prefix_length: int | None
    prefix_sha256: str | None


@dataclass(frozen=True, slots=True)
class Inspection:
    """What a document's bytes show. `readable` is False when no reader opens it; `strict` is False when only a lenient one
    does. `claimed` are serials of ours seen in names or in text, signed or not; `traces` is True when there is any other
    sign of our stamp."""

    document_sha256: str
    length: int
    readable: bool
    strict: bool
    signatures: tuple[SignatureFound, ...]
    claimed: tuple[str, ...]
    traces: bool


@dataclass(frozen=True, slots=True)
class RegisterEntry:
    """What the register knows of one serial. Hashes are SHA-256 in hex of the bytes given to be sealed and of the sealed ones;
    None until it is affixed."""

    serial: str
    state: SerialState
    input_sha256: str | None
    input_length: int | None
    sealed_sha256: str | None


@dataclass(frozen=True, slots=True)
class Reason:
    """Why: a stable code, and the same in short English for developers (sentences for people live in web/)."""

    code: str
    text: str


@dataclass(frozen=True, slots=True)
class StampVerdict:
    """The verdict on one stamp. Instants are UTC and only what the signature itself says."""

    serial: str | None
    verdict: Judgement
    signed_at: datetime | None
    timestamped_at: datetime | None
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """The verdict on the document and on each of its stamps."""

    verdict: Judgement
    stamps: tuple[StampVerdict, ...]
    reasons: tuple[Reason, ...]
    document_sha256: str


def serials_to_look_up(inspection: Inspection) -> tuple[str, ...]:
    """The serials whose register entries `judge` wants, each once."""
    found = (signature.serial for signature in inspection.signatures if signature.serial)
    return tuple(dict.fromkeys((*found, *inspection.claimed)))
