"""Seal a document: one more revision with the visible stamp and the issuer's signature over everything before it.

Every earlier byte stays as it is. PAdES B-T with SubFilter ETSI.CAdES.detached, field `Emet<SN>`, Reason `[<SN>]
...`, no DocMDP, so that later stamps and signatures may follow. pyHanko reads the document and writes the update;
its signing half is not needed and not imported."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from asn1crypto import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name, pdf_string
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader

from meterai.domain.errors import Busy, DocumentCertified, DocumentEncrypted, DocumentUnreadable, Refusal
from meterai.domain.placement import Placement
from meterai.pdf import appearance, cms, reading
from meterai.pdf.placement import Rectangle, rectangle
from meterai.ports.sealing import SealSigner, TimestampAuthority

# pyHanko's constructors carry no types.
_named: Any = generic.DictionaryObject
_Indirect: Any = generic.IndirectObject
_Whole: Any = generic.NumberObject
_Decimal: Any = generic.FloatObject
_Made = TypeVar("_Made")
_BYTE_RANGE_WIDTH = 60
_PRINT_AND_LOCKED = 4 | 128
_SIGNATURES_EXIST_APPEND_ONLY = 1 | 2


def seal(
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
    """The source, byte for byte, with one more revision: the visible stamp at `placement` and the seal (segel
    elektronik).

    `verify_url` is what the QR carries (upper case); `now` (UTC) is what the signature says of its own time, the
    timestamp says the rest. What is returned was read again: the signature verifies and covers the whole file, every
    page is there.

    Raises DocumentEncrypted, DocumentCertified, DocumentUnreadable, PlacementOffPage, PlacementTooSmall for the
    document; TimestampUnavailable and Busy, which say nothing against it."""
    wanted = cms.room(signer)
    for _ in range(2):
        update = _guarded(lambda: _update(source, placement, serial, verify_url, specimen, now, wanted))  # noqa: B023
        digest = hashlib.sha256(source)
        digest.update(update.tail[: update.gap_start])
        digest.update(update.tail[update.gap_end :])
        signature = cms.signature(digest.digest(), signer, timestamps)
        if len(signature) <= wanted:
            break
        wanted = len(signature) + 1024  # a timestamp token larger than its room: once more, with more room
    else:
        raise Busy("the timestamp grew beyond its room")
    _require_key(signature, signer.chain[0])
    written = signature.hex().upper().encode()
    update.tail[update.gap_start + 1 : update.gap_start + 1 + len(written)] = written
    sealed = b"".join((source, update.tail))
    _guarded(lambda: _require_whole(source, sealed, update, serial, signature))
    return sealed


@dataclass(frozen=True, slots=True)
class _Update:
    """The bytes to append, and where in them the hole for the signature is (its angle brackets included)."""

    tail: bytearray
    gap_start: int
    gap_end: int
    strict: bool


class _Writer(IncrementalPdfFileWriter):
    """pyHanko's, but declaring no newer version of PDF than SHA-256 signatures need, so that most catalogs stay as they are."""

    output_version = (1, 6)


class _Tail(io.BytesIO):
    """What is appended, written by a writer that believes to stand at the end of the source."""

    def __init__(self, offset: int) -> None:
        super().__init__()
        self._offset = offset

    def tell(self) -> int:
        return super().tell() + self._offset


class _Written(generic.PdfObject):
    """A value written as it stands, which remembers where: to be filled in later, or found by plain text search."""

    def __init__(self, text: bytes) -> None:
        super().__init__()
        self.text = text
        self.start = -1

    def write_to_stream(self, stream: Any, *_: Any, **__: Any) -> None:
        self.start = stream.tell()
        stream.write(self.text)


def _guarded(work: Callable[[], _Made]) -> _Made:
    """Whatever a library raises over a document means that the document cannot be stamped; want of memory is ours."""
    try:
        return work()
    except Refusal:
        raise
    except MemoryError:
        raise Busy("not enough memory for this document now") from None
    except Exception:
        raise DocumentUnreadable("the document's structure cannot be extended") from None


def _update(
    source: bytes, placement: Placement, serial: str, verify_url: str, specimen: bool, now: datetime, room: int
) -> _Update:
    reader = reading.open_document(source)
    if reading.encrypted(reader):
        raise DocumentEncrypted("the document is encrypted")
    if reading.closed_by_certification(reader):
        raise DocumentCertified("the document is certified and allows no change")
    pages = reading.pages(reader)
    place = rectangle(placement, [page.box for page in pages], verify_url)
    page = pages[placement.page - 1]
    writer = _Writer.from_reader(reader)
    writer._lastobj_id = max(writer._lastobj_id, reading.highest_number(reader))  # a /Size that is too small is common
    first = writer._lastobj_id + 1
    for body in appearance.objects(serial, verify_url, specimen=specimen, rotation=page.box.rotation, first=first):
        stamp = writer.add_object(_Written(body))
    byte_range = _Written(b"[" + b" " * (_BYTE_RANGE_WIDTH - 2) + b"]")
    contents = _Written(b"<" + b"0" * (2 * room) + b">")
    signature = writer.add_object(_signature_dictionary(serial, now, byte_range, contents))
    reference = _Indirect(page.reference.idnum, page.reference.generation, reader)
    widget = writer.add_object(_widget(serial, place, reference, stamp, signature))
    _add_to_form(writer, widget)
    _add_to_page(writer, reference, widget)
    output = _Tail(len(source))
    if not source.endswith((b"\n", b"\r")):
        output.write(b"\n")
    # The update alone; pyHanko's public `write` would also rewrite the owner's metadata and copy the whole document.
    writer._write(output, skip_header=True)
    tail = bytearray(output.getvalue())
    start, end = contents.start, contents.start + len(contents.text)
    ranges = b"[0 %d %d %d]" % (start, end, len(source) + len(tail) - end)
    at = byte_range.start - len(source)
    tail[at : at + _BYTE_RANGE_WIDTH] = ranges.ljust(_BYTE_RANGE_WIDTH)
    return _Update(tail, start - len(source), end - len(source), reader.strict)


def _signature_dictionary(serial: str, now: datetime, byte_range: _Written, contents: _Written) -> Any:
    return _dictionary(
        Type="/Sig",
        Filter="/Adobe.PPKLite",
        SubFilter="/ETSI.CAdES.detached",
        Name=pdf_string(reading.SIGNER_NAME),
        Reason=_Written(f"([{serial}] Pembubuhan meterai elektronik)".encode("ascii")),
        M=pdf_string(now.astimezone(UTC).strftime("D:%Y%m%d%H%M%SZ")),
        ByteRange=byte_range,
        Contents=contents,
    )


def _widget(serial: str, place: Rectangle, page: Any, stamp: Any, signature: Any) -> Any:
    return _dictionary(
        Type="/Annot",
        Subtype="/Widget",
        FT="/Sig",
        T=pdf_string(reading.FIELD_PREFIX + serial),
        F=_number(_PRINT_AND_LOCKED),
        Rect=_numbers(*place),
        P=page,
        AP=_dictionary(N=stamp),
        V=signature,
    )


def _add_to_form(writer: Any, field: Any) -> None:
    """Add the field to the document's form, which is made if there is none and otherwise kept with all that it
    holds."""
    form = reading.entry(writer.root, "/AcroForm")
    if form is None:
        form = _dictionary()
        writer.root["/AcroForm"] = writer.add_object(form)
        writer.update_root()
    fields = reading.entry(form, "/Fields")
    if isinstance(fields, generic.ArrayObject):
        fields.append(field)
        writer.update_container(fields)
    else:
        form["/Fields"] = generic.ArrayObject([field])
    flags = reading.entry(form, "/SigFlags")
    form["/SigFlags"] = _number((flags if isinstance(flags, int) else 0) | _SIGNATURES_EXIST_APPEND_ONLY)
    writer.update_container(form)


def _add_to_page(writer: Any, page: Any, widget: Any) -> None:
    value = page.get_object()
    annotations = reading.entry(value, "/Annots")
    if isinstance(annotations, generic.ArrayObject):
        annotations.append(widget)
        writer.update_container(annotations)
    else:
        value["/Annots"] = generic.ArrayObject([widget])
        writer.mark_update(page.reference)


def _require_key(signature: bytes, certificate: bytes) -> None:
    """The signer's key must be its certificate's, or nobody would ever believe the seal: ours to mend, never the
    document's."""
    der: bytes = x509.Certificate.load(certificate).public_key.dump()
    key = load_der_public_key(der)
    raw, attributes = cms.raw_signature(signature)
    try:
        if not isinstance(key, rsa.RSAPublicKey):
            raise InvalidSignature
        key.verify(raw, attributes, padding.PKCS1v15(), SHA256())
    except InvalidSignature:
        raise Busy("the seal's key does not fit its certificate") from None


def _require_whole(source: bytes, sealed: bytes, update: _Update, serial: str, signature: bytes) -> None:
    """Read the result as strictly as the source was: our signature covers all of it, and every page is where it was."""
    before = reading.pages(reading.open_document(source))
    reader = PdfFileReader(io.BytesIO(sealed), strict=update.strict)
    if [(page.reference, page.box) for page in reading.pages(reader)] != [
        (page.reference, page.box) for page in before
    ]:
        raise DocumentUnreadable("the pages would not survive the stamp")
    found = [value for name, value in reading.signature_fields(reader) if name == reading.FIELD_PREFIX + serial]
    start, end = len(source) + update.gap_start, len(source) + update.gap_end
    ranges = [[int(number) for number in value["/ByteRange"]] for value in found]
    if ranges != [[0, start, end, len(sealed) - end]] or not sealed.startswith(source):
        raise DocumentUnreadable("the seal would not cover the whole document")
    if bytes.fromhex(sealed[start + 1 : end - 1].decode("ascii"))[: len(signature)] != signature:
        raise DocumentUnreadable("the seal is not where it should be")


def _dictionary(**entries: Any) -> Any:
    """A dictionary of these entries; a text that starts with a slash is a name."""
    return _named(
        {
            pdf_name("/" + key): pdf_name(value) if type(value) is str and value.startswith("/") else value
            for key, value in entries.items()
        }
    )


def _number(value: float) -> Any:
    whole = int(value)
    return _Whole(whole) if whole == value else _Decimal(f"{value:.4f}")


def _numbers(*values: float) -> generic.ArrayObject:
    return generic.ArrayObject([_number(value) for value in values])
