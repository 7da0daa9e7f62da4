"""Every signature of a document that others may have written to, read with pyHanko: what each covers, what came after it.

Facts only. Any doubt is written down as the worse fact: what cannot be read is not intact, what cannot be compared was
changed. What our own seal wrote and nobody touched since is read faster by `pdf.own_signature`, with the same answer."""

from __future__ import annotations

import hashlib
import itertools
import re
from collections.abc import Callable, Coroutine, Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any

from asn1crypto import cms, parser, x509
from cryptography.hazmat.backends.openssl import backend
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.metadata import xmp_xml
from pyhanko.pdf_utils.reader import PdfFileReader, process_data_at_eof
from pyhanko.sign.diff_analysis import DEFAULT_DIFF_POLICY, DiffResult, ModificationLevel
from pyhanko.sign.validation.generic_cms import validate_sig_integrity, validate_tst_signed_data
from pyhanko.sign.validation.status import TimestampSignatureStatus
from pyhanko_certvalidator import CertificateValidator, ValidationContext

from meterai.domain.verdict import Changes, Coverage, Known, SignatureFound, Trust
from meterai.pdf import certificates as standing
from meterai.pdf import reading, sections, tail
from meterai.pdf.inflation import fits
from meterai.ports.documents_pdf import Limits

LOADED = (xmp_xml, backend)
"""The comparison of revisions imports the first when it meets metadata, the check of an elliptic signature the second; the
child could not."""
_HEX = re.compile(rb"<[0-9A-Fa-f]*>")
_VALIDATION_DATA = ("/DSS", "/Extensions")
_SIGNATURES_MAX = 100
_PROOFS_MAX = 50
_DIGESTS = ("sha256", "sha384", "sha512")
_SEALS_WITH = {"rsa": ("rsassa_pkcs1v15", "sha256_rsa"), "ec": ("sha256_ecdsa",)}
"""How an issuer's key signs, by its kind; another way is not believed."""


def read(source: bytes, trust: Trust, limits: Limits = Limits()) -> tuple[list[SignatureFound], set[str]]:  # noqa: B008 - frozen
    """Every signature, in the order of their revisions, and every serial that one of them claims. Raises what pyHanko
    raises for a document that no reader opens, ValueError for one that is encrypted, has too many signatures, or has streams
    that grow beyond the bounds (what we stamp never has)."""
    reader = reading.open_document(source)
    if reading.encrypted(reader):
        raise ValueError("encrypted")
    if not fits(reader, reading.references(reader), limits):
        raise ValueError("streams beyond the bounds")
    fields = list(itertools.islice(reading.signature_fields(reader), _SIGNATURES_MAX + 1))
    if len(fields) > _SIGNATURES_MAX:
        raise ValueError("more signatures than anybody needs")
    trust = replace(trust, revocations=(*trust.revocations, *_stored(reader)))
    seen = [_read(source, trust, *field) for field in fields]
    seen.sort(key=lambda one: one.end)
    return list(_placed(reader, source, seen)), {serial for one in seen for serial in one.claims}


def _stored(reader: PdfFileReader) -> Iterator[bytes]:
    """What the document's DSS (ETSI EN 319 142-1, 5.4.2) has of CRLs and OCSP responses, as far as it can be read."""
    store = reading.entry(reader.root, "/DSS")
    for key in ("/CRLs", "/OCSPs"):
        for stream in itertools.islice(reading.items(reading.entry(store, key)), _PROOFS_MAX):
            try:
                if isinstance(stream, generic.StreamObject):
                    yield stream.data
            except MemoryError:
                raise
            except Exception:  # noqa: S112 - it proves nothing
                continue


@dataclass(frozen=True, slots=True)
class _Seen:
    """One signature by itself, before it is placed among the others. `end` is where its ByteRange ends, 0 without a
    sound one."""

    field: str
    claims: tuple[str, ...]
    claims_stamp: bool
    serial: str | None
    end: int
    signer: _Signer
    signed_at: datetime | None


@dataclass(frozen=True, slots=True)
class _Signer:
    """What the CMS shows."""

    key_sha256: str | None = None
    issuer: str | None = None
    key_in_force: bool = False
    path_trusted: bool = False
    cms_intact: bool = False
    digest_intact: bool = False
    timestamped_at: datetime | None = None
    timestamp_valid: bool = False
    revoked: bool = False
    known: Known | None = None


def _read(source: bytes, trust: Trust, name: str, value: Any) -> _Seen:
    reason, signed_by = (str(reading.entry(value, key) or "") for key in ("/Reason", "/Name"))
    by_name, by_reason = reading.FIELD_FORM.fullmatch(name), reading.REASON_FORM.match(reason)
    claims = tuple(dict.fromkeys(match[1] for match in (by_name, by_reason) if match))
    signed_at = _instant(reading.entry(value, "/M"))
    ranges = _byte_range(value, source)
    signer = _Signer()
    if ranges is not None:
        try:
            signer = _signer(value, source, ranges, trust, signed_at)
        except MemoryError:
            raise
        except Exception:
            signer = _Signer()
    return _Seen(
        field=name,
        claims=claims,
        claims_stamp=bool(claims) or name.startswith(reading.FIELD_PREFIX) or reading.SIGNER_NAME in signed_by,
        serial=claims[0] if by_name and by_reason and len(claims) == 1 else None,
        end=sum(ranges[2:]) if ranges else 0,
        signer=signer,
        signed_at=signed_at,
    )


def _byte_range(value: Any, source: bytes) -> tuple[int, int, int, int] | None:
    """A ByteRange that starts at 0 and leaves out nothing but one hexadecimal string, which is the /Contents; else
    None."""
    listed = reading.entry(value, "/ByteRange")
    numbers = list(reading.items(listed))
    if len(numbers) != 4 or not all(type(number) is generic.NumberObject for number in numbers):
        return None
    start, first, second, length = (int(number) for number in numbers)
    contents = reading.entry(value, "/Contents")
    sound = (
        start == 0
        and 0 < first < second
        and length > 0
        and second + length <= len(source)
        and _HEX.fullmatch(source, first, second) is not None
        and getattr(contents, "original_bytes", None) == bytes.fromhex(source[first + 1 : second - 1].decode("ascii"))
    )
    return (start, first, second, length) if sound else None


def _signer(
    value: Any, source: bytes, ranges: tuple[int, int, int, int], trust: Trust, signed_at: datetime | None
) -> _Signer:
    _, first, second, length = ranges
    contents = bytes.fromhex(source[first + 1 : second - 1].decode("ascii"))
    size = parser.peek(contents)
    if any(contents[size:]):
        raise ValueError("something hides behind the signature")
    signed = cms.ContentInfo.load(contents[:size], strict=True)["content"]
    (info,) = signed["signer_infos"]
    certificates = [choice.chosen for choice in signed["certificates"] if choice.name == "certificate"]
    (certificate,) = [one for one in certificates if _is_of(one, info["sid"])]
    key = hashlib.sha256(certificate.public_key.dump()).hexdigest()
    pins = [pin for pin in trust.keys if pin.spki_sha256 == key]
    covered = (memoryview(source)[:first], memoryview(source)[second : second + length])
    if reading.entry(value, "/SubFilter") == "/ETSI.RFC3161":
        return _document_timestamp(signed, info, certificate, key, covered, trust)
    algorithm = info["digest_algorithm"]["algorithm"].native
    digest_intact, valid = validate_sig_integrity(info, certificate, "data", _digest(algorithm, covered))
    if pins:
        ways = _SEALS_WITH[certificate.public_key.algorithm]
        valid = valid and algorithm == "sha256" and info["signature_algorithm"]["algorithm"].native in ways
        valid = valid and bool(info["signed_attrs"]) and signed["encap_content_info"]["content"].native is None
    stamped_at, stamp_valid = _timestamp(info, trust)
    moment = stamped_at if stamp_valid else signed_at
    known = moment is not None and any(pin.allows(key, moment) for pin in trust.signers)
    revoked = bool(pins or known) and _revoked(certificate, certificates, trust, stamped_at if stamp_valid else None)
    return _Signer(
        key_sha256=key,
        issuer=pins[0].issuer if pins else None,
        key_in_force=moment is not None and any(pin.not_before <= moment <= pin.not_after for pin in pins),
        path_trusted=moment is not None and _trusted(certificate, certificates, trust, moment),
        cms_intact=bool(valid),
        digest_intact=bool(digest_intact),
        timestamped_at=stamped_at,
        timestamp_valid=stamp_valid,
        revoked=revoked,
        known="signer" if known and not revoked else None,
    )


def _document_timestamp(
    signed: Any, info: Any, certificate: Any, key: str, covered: Iterable[memoryview], trust: Trust
) -> _Signer:
    """A document timestamp: a later signature, never one of ours; known if a trusted authority made it."""
    content = signed["encap_content_info"]["content"]
    imprint = content.parsed["message_imprint"]
    digest = _digest(imprint["hash_algorithm"]["algorithm"].native, covered)
    own = _digest(info["digest_algorithm"]["algorithm"].native, [memoryview(content.contents)])
    hashed, valid = validate_sig_integrity(info, certificate, "tst_info", own)
    made_at, trusted = _attested(signed, lambda _: digest, trust)
    return _Signer(
        key_sha256=key,
        cms_intact=bool(hashed and valid),
        digest_intact=imprint["hashed_message"].native == digest,
        timestamped_at=made_at,
        timestamp_valid=trusted,
        known="clock" if trusted else None,
    )


def _timestamp(info: Any, trust: Trust) -> tuple[datetime | None, bool]:
    """The time that the signature timestamp attests, and whether a trusted authority attests it."""
    tokens = [
        attribute["values"]
        for attribute in info["unsigned_attrs"]
        if attribute["type"].native == "signature_time_stamp_token"
    ]
    if len(tokens) != 1 or len(tokens[0]) != 1:
        return None, False
    raw = info["signature"].native
    return _attested(tokens[0][0]["content"], lambda algorithm: _digest(algorithm, [memoryview(raw)]), trust)


def _attested(token: Any, imprint: Callable[[str], bytes], trust: Trust) -> tuple[datetime | None, bool]:
    """The time in a timestamp token, and whether a trusted authority attests it for this imprint."""
    try:
        made_at: datetime = token["encap_content_info"]["content"].parsed["gen_time"].native
        found = _now(validate_tst_signed_data(token, _context(trust, made_at), imprint))
        status = TimestampSignatureStatus(**found)
        offered = [choice.chosen for choice in token["certificates"] if choice.name == "certificate"]
        believed = bool(status.valid and status.intact and status.trusted)
        return made_at, believed and not _revoked(status.signing_cert, offered, trust, made_at)
    except MemoryError:
        raise
    except Exception:
        return None, False


def _trusted(certificate: Any, others: list[Any], trust: Trust, moment: datetime) -> bool:
    validator: Any = CertificateValidator(
        certificate, intermediate_certs=others, validation_context=_context(trust, moment)
    )
    try:
        _now(validator.async_validate_usage({"digital_signature"}))
    except MemoryError:
        raise
    except Exception:
        return False
    return True


def _revoked(certificate: Any, others: list[Any], trust: Trust, moment: datetime | None) -> bool:
    """Whether its path, looked for among `others` and the roots, has a certificate that was revoked by then."""
    own, *offered = standing.loaded([one.dump() for one in (certificate, *others)] + list(trust.roots))
    return standing.revoked(own, offered, trust.revocations, moment)


def _context(trust: Trust, moment: datetime) -> ValidationContext:
    roots = [x509.Certificate.load(der) for der in trust.roots]
    return ValidationContext(trust_roots=roots, allow_fetching=False, moment=moment, revocation_mode="soft-fail")


def _now(work: Coroutine[Any, Any, Any]) -> Any:
    """Run what is written as a coroutine and never waits: an event loop would want descriptors that the child has
    not."""
    try:
        work.send(None)
    except StopIteration as end:
        return end.value
    work.close()
    raise RuntimeError("it wanted to wait")


def _placed(reader: PdfFileReader, source: bytes, seen: list[_Seen]) -> Iterator[SignatureFound]:
    """The signatures in the order of their revisions, each with what it covers and what came after it."""
    before: tuple[int, str] | None = None
    hashed, position = hashlib.sha256(), 0
    for index, one in enumerate(seen):
        hashed.update(memoryview(source)[position : one.end])
        position = one.end
        closed = one.end, hashed.copy().hexdigest()
        coverage, revision = _coverage(reader, source, one.end)
        after = seen[index + 1] if index + 1 < len(seen) else None
        yield SignatureFound(
            field=one.field,
            claims_stamp=one.claims_stamp,
            serial=one.serial,
            coverage=coverage,
            changes=_changes(reader, source, one.end, coverage, revision, after),
            signed_at=one.signed_at,
            revision_length=closed[0],
            revision_sha256=closed[1],
            prefix_length=before[0] if before else None,
            prefix_sha256=before[1] if before else None,
            **asdict(one.signer),
        )
        before = closed


def _coverage(reader: PdfFileReader, source: bytes, end: int) -> tuple[Coverage, int | None]:
    """How much a ByteRange that ends at `end` covers, and which revision of the document ends there."""
    if end == len(source):
        return "whole_file", None
    if end:
        reader.stream.seek(end)
        try:
            startxref = process_data_at_eof(reader.stream)
        except Exception:
            return "partial", None
        for revision in range(reader.xrefs.total_revisions):
            if reader.xrefs.get_startxref_for_revision(revision) == startxref and all(
                reader.xrefs.get_xref_container_info(earlier).end_location <= end for earlier in range(revision + 1)
            ):
                return "whole_revision", revision
    return "partial", None


def _changes(
    reader: PdfFileReader, source: bytes, end: int, coverage: Coverage, revision: int | None, after: _Seen | None
) -> Changes:
    if coverage == "whole_file":
        return "none" if after is None else "other"
    if after is not None and after.signer.issuer is not None:
        return "sealed_again"
    if revision is None or revision + 1 >= reader.xrefs.total_revisions or not reader.strict:
        return "other"
    if reader.xrefs.hybrid_xrefs_present:
        return "other"
    try:
        if not all(
            sections.plain(reader, source, number) for number in range(revision + 1, reader.xrefs.total_revisions)
        ):
            return "other"
        compared = DEFAULT_DIFF_POLICY.review_file(reader, revision)
        if not isinstance(compared, DiffResult):
            return "other"
        if after is None:
            return "validation_data" if tail.adds_validation_data_only(reader, source, revision, end) else "other"
        if (
            after.signer.known == "clock"
            and tail.adds_nothing_to_see(reader, revision)
            and sections.nothing_else(reader, source, revision, end, after.end)
        ):
            return "validation_data"
    except MemoryError:
        raise
    except Exception:
        return "other"
    return "form_filling" if compared.modification_level <= ModificationLevel.FORM_FILLING else "other"


def _is_of(certificate: Any, identifier: Any) -> bool:
    if identifier.name == "issuer_and_serial_number":
        chosen = identifier.chosen
        return bool(
            chosen["issuer"] == certificate.issuer and chosen["serial_number"].native == certificate.serial_number
        )
    return bool(identifier.chosen.native == certificate.key_identifier)


def _digest(algorithm: str, parts: Iterable[memoryview]) -> bytes:
    if algorithm not in _DIGESTS:
        raise ValueError("a digest that is not believed any more")
    digest = hashlib.new(algorithm)
    for part in parts:
        digest.update(part)
    return digest.digest()


def _instant(text: Any) -> datetime | None:
    try:
        instant = generic.parse_pdf_date(str(text), strict=False)
        return instant.astimezone(UTC) if instant.tzinfo else instant.replace(tzinfo=UTC)
    except (ValueError, OverflowError, TypeError):
        return None
    except Exception:
        return None
