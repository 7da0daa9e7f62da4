"""The verdict on a document (putusan keaslian): what was found in its bytes, what the register knows, and what
follows."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from meterai.domain.rows import Serial, Stamping

Judgement = Literal["authentic", "review", "altered", "forged", "copied", "void", "unstamped", "unreadable"]
Coverage = Literal["whole_file", "whole_revision", "partial"]
Changes = Literal["none", "sealed_again", "validation_data", "form_filling", "other"]
SerialState = Literal["issued", "affixed", "void", "burnt", "spare"]
Known = Literal["signer", "clock"]
PageRuns = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class PinnedKey:
    """One key that an issuer seals with, or that a known signer signs with: whose it is, the SHA-256 (hex) of its
    SubjectPublicKeyInfo, and when it may have signed (UTC, both instants included)."""

    issuer: str
    spki_sha256: str
    not_before: datetime
    not_after: datetime

    def allows(self, spki_sha256: str, at: datetime) -> bool:
        """Whether this is that key, and it might sign then."""
        return self.spki_sha256 == spki_sha256 and self.not_before <= at <= self.not_after


@dataclass(frozen=True, slots=True)
class Trust:
    """What verification believes: root certificates (DER), for paths and for timestamps, and the issuers' pinned
    keys. `revocations` are CRLs and OCSP responses (DER) known beside those that documents carry; `address` is what
    stands before the serial in the QR codes of our stamps (upper case; empty: any https address that ends in /V/).
    `signers` are the pinned keys of known signers (penandatangan dikenal), who may sign or fill in a stamped document
    later without a doubt falling on the stamp. Without a timestamp a signer's own word says when it signed: a key that
    got lost is taken off the list, not only ended."""

    roots: tuple[bytes, ...]
    keys: tuple[PinnedKey, ...]
    revocations: tuple[bytes, ...] = ()
    address: str = ""
    signers: tuple[PinnedKey, ...] = ()


@dataclass(frozen=True, slots=True)
class SignatureFound:
    """One signature as the bytes show it; nothing here is a judgement.

    `claims_stamp`: its field, name or reason says that it is a stamp of ours; `serial` is what field and reason
    agree on. `issuer` is the pinned issuer whose key its certificate carries, None for anybody else's, and
    `key_in_force` whether that key might sign at that time. `cms_intact`: the CMS signature verifies with that key;
    `digest_intact`: the signed bytes are those that were hashed. `changes` is what lies between the end of its
    revision and the end of the next signature's, or of the file. Lengths count from the start of the file; the
    prefix is what the signature before it closed, None for the first. `revoked`: a certificate of its path was revoked
    at the attested time of sealing, or at any time when none is attested. `known` is "signer" for the pinned key of a
    known signer, in force at that time, "clock" for a document timestamp by a trusted authority, None for all others."""

    field: str
    claims_stamp: bool
    serial: str | None
    key_sha256: str | None
    issuer: str | None
    key_in_force: bool
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
    revoked: bool = False
    known: Known | None = None


@dataclass(frozen=True, slots=True)
class Inspection:
    """What a document's bytes show, signatures in the order of their revisions. `readable` is False when no reader
    opens it. `claimed` are serials of ours seen in names, in text or in QR codes that no signature claims; `traces` is
    True when the name of our signer is seen anywhere. `picture`: it is a photo or scan, which can carry no signature.
    `pages_not_looked_at` are those whose QR codes nobody read, as runs: the first page and the last (from 1); None when
    no page could be drawn."""

    document_sha256: str
    length: int
    readable: bool
    signatures: tuple[SignatureFound, ...]
    claimed: tuple[str, ...]
    traces: bool
    picture: bool = False
    pages_not_looked_at: PageRuns | None = ()


@dataclass(frozen=True, slots=True)
class RegisterEntry:
    """What the register knows of one serial. Hashes are SHA-256 in hex of the bytes given to be sealed and of the
    sealed ones; None until it is affixed."""

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
class Affixed:
    """An affixed stamp as the register and its stamping have it: what anybody may compare a copy with is shown of it."""

    serial: Serial
    stamping: Stamping


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
    pages_not_looked_at: PageRuns | None = ()


def serials_to_look_up(inspection: Inspection) -> tuple[str, ...]:
    """The serials whose register entries `judge` wants, each once."""
    found = (signature.serial for signature in inspection.signatures if signature.serial)
    return tuple(dict.fromkeys((*found, *inspection.claimed)))


def judge(inspection: Inspection, register: Mapping[str, RegisterEntry]) -> Verdict:
    """Judge a document by what was found in it and what the register knows (`serials_to_look_up`).

    A stamp is authentic only when a pinned key sealed the very bytes that the register has for its serial, and every
    byte after them is another such stamp's over exactly these bytes; a known signer's, who changed no more than a form
    allows; a trusted timestamp's over validation data; or an unsigned tail of validation data alone. That tail is let
    pass, and named, because it shows nobody anything: it makes no page, field or value differ, and to refuse it would be
    to refuse every archive that keeps stamped documents the way PAdES (ETSI EN 319 142-1, 5.5) tells it to. Any doubt is
    never authentic."""
    if not inspection.readable:
        reason = Reason("unreadable", "no reader opens this file as a PDF or a picture")
        return Verdict("unreadable", (), (reason,), inspection.document_sha256)
    stamps, broken = [], False
    signatures = inspection.signatures
    for index, signature in enumerate(signatures):
        if not (signature.claims_stamp or signature.issuer):
            continue
        findings = [*_own(signature, register), *_later(signatures[index:], register)]
        if broken:
            findings.append(("altered", Reason("earlier_stamp_broken", "an earlier stamp in this file does not hold")))
        word = _worst(["authentic", *(found for found, _ in findings)])
        broken = broken or word not in ("authentic", "review")
        stamps.append(
            StampVerdict(
                signature.serial,
                word,
                signature.signed_at,
                signature.timestamped_at if signature.timestamp_valid else None,
                tuple(reason for found, reason in findings if found == word) or (_WHOLE,),
            )
        )
    about = list(_document(inspection, register, {stamp.serial for stamp in stamps}))
    if not stamps and not any(word == "copied" for word, _ in about):
        reasons = tuple(reason for _, reason in about)
        return Verdict("unstamped", (), reasons, inspection.document_sha256, inspection.pages_not_looked_at)
    word = _worst([*(stamp.verdict for stamp in stamps), *(found for found, _ in about)])
    reasons = tuple(reason for found, reason in about if found == word)
    return Verdict(word, tuple(stamps), reasons, inspection.document_sha256, inspection.pages_not_looked_at)


_Finding = tuple[Judgement, Reason]
_WHOLE = Reason("whole", "sealed by the issuer, unchanged since, and affixed in the register")
_COPY = Reason(
    "picture_of_a_stamp",
    "a picture carries no seal and proves nothing by itself: compare it with what the register says of the serial",
)
_NO_CODE = Reason("no_code_in_picture", "no code of a stamp of ours was read from this picture")
_SEVERITY: tuple[Judgement, ...] = (
    "authentic",
    "unstamped",
    "review",
    "void",
    "altered",
    "copied",
    "forged",
    "unreadable",
)


def _worst(words: Sequence[Judgement]) -> Judgement:
    return max(words, key=_SEVERITY.index)


def _own(signature: SignatureFound, register: Mapping[str, RegisterEntry]) -> Iterator[_Finding]:
    """What is wrong with the signature itself and with what it closed."""
    if signature.issuer is None:
        if signature.cms_intact:
            yield "forged", Reason("signed_by_another_key", "this stamp was signed with a key that is no issuer's")
        else:
            yield "copied", Reason("no_valid_signature", "it carries the marks of a stamp, but no valid signature")
        return
    if not signature.cms_intact:
        yield "forged", Reason("certificate_without_key", "the issuer's certificate is shown, but its key did not sign")
        return
    if not signature.key_in_force:
        yield "forged", Reason("key_not_in_force", "the issuer's key was not in force when this was signed")
    if signature.revoked:
        yield "forged", Reason("certificate_revoked", "the issuer's certificate was revoked when this was signed")
    if not signature.digest_intact:
        yield "altered", Reason("bytes_changed", "the sealed bytes are not those that were sealed")
        return
    if signature.coverage == "partial":
        yield "altered", Reason("partly_covered", "the seal does not cover the whole document as it was then")
    if not signature.path_trusted:
        yield "review", Reason("certificate_path", "no valid chain leads from the certificate to a trusted root")
    if not signature.timestamp_valid:
        yield "review", Reason("timestamp_invalid", "the time of sealing is not attested by a trusted authority")
    if signature.serial is None:
        yield "void", Reason("serial_missing", "the seal names no single serial number")
    else:
        yield from _registered(signature, register.get(signature.serial))


def _registered(signature: SignatureFound, entry: RegisterEntry | None) -> Iterator[_Finding]:
    if entry is None or entry.serial != signature.serial:
        yield "void", Reason("serial_unknown", "the register does not know this serial number")
    elif entry.state != "affixed":
        yield "void", Reason("serial_not_affixed", "the register does not have this serial number as affixed")
    elif entry.sealed_sha256 != signature.revision_sha256:
        yield "void", Reason("other_bytes", "the register knows other bytes for this serial number")


def _later(rest: Sequence[SignatureFound], register: Mapping[str, RegisterEntry]) -> Iterator[_Finding]:
    """What came after the first of `rest`, up to the end of the file."""
    for signature, after in itertools.pairwise(rest):
        if after.issuer is not None:
            if not _closes(signature, after, register):
                yield (
                    "altered",
                    Reason("changed_between_stamps", "the document was changed before it was stamped again"),
                )
        elif signature.changes == "other" or not (after.cms_intact and after.digest_intact):
            yield "altered", Reason("changed_later", "the document was changed after it was stamped")
        elif after.known == "signer" and after.coverage != "partial":
            yield "authentic", Reason("signed_later_by_known", "a signer whom this service knows signed it later")
        elif after.known == "clock" and signature.changes == "validation_data" and after.coverage != "partial":
            yield "authentic", Reason("timestamped_later", "a trusted authority attested a later time")
        else:
            yield "review", Reason("signed_later", "somebody whom this service does not know signed it later")
    last = rest[-1]
    if last.changes == "validation_data":
        yield "authentic", Reason("validation_data_added", "validation data was added after the last signature")
    elif last.changes != "none" or last.coverage != "whole_file":
        yield "altered", Reason("changed_later", "the document was changed after it was stamped")


def _closes(before: SignatureFound, stamp: SignatureFound, register: Mapping[str, RegisterEntry]) -> bool:
    """Whether the register says that `stamp` was put on exactly what `before` closed. That every revision is signed
    by us is not enough: stamp, foreign update, stamp again is signed by us twice."""
    entry = register.get(stamp.serial or "")
    return (
        entry is not None
        and entry.state == "affixed"
        and entry.sealed_sha256 == stamp.revision_sha256
        and (entry.input_length, entry.input_sha256) == (before.revision_length, before.revision_sha256)
        and (stamp.prefix_length, stamp.prefix_sha256) == (before.revision_length, before.revision_sha256)
    )


def _document(
    inspection: Inspection, register: Mapping[str, RegisterEntry], signed: Collection[str | None]
) -> Iterator[_Finding]:
    """What is said of the document beside its stamps."""
    shown = [serial for serial in inspection.claimed if serial not in signed]
    if inspection.picture:
        yield ("copied", _COPY) if shown else ("unstamped", _NO_CODE)
    elif shown or (inspection.traces and not signed):
        yield "copied", Reason("marks_without_seal", "it shows a stamp of ours that is not sealed in this file")
    if not signed and any(entry.input_sha256 == inspection.document_sha256 for entry in register.values()):
        yield "unstamped", Reason("earlier_version", "this is the earlier version of a document that was stamped later")
    for signature in inspection.signatures:
        if not (signature.claims_stamp or signature.issuer) and not (signature.cms_intact and signature.digest_intact):
            yield "review", Reason("another_signature_broken", "another signature in this file is not valid")
