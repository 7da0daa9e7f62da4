"""Seal a document: one more revision with the visible stamp and the issuer's signature over everything before it.

Every earlier byte stays as it is. PAdES with SubFilter ETSI.CAdES.detached, field `Emet<SN>`, Reason `[<SN>] ...`, no
DocMDP, so that later stamps and signatures may follow; with a timestamp B-T, with validation data too B-LT, whose DSS is
in the signature's own revision, so that a fresh file ends where its ByteRange ends. pyHanko reads the document and
writes the update; its signing half is not needed and not imported."""

from __future__ import annotations

import copy
import hashlib
import io
import os
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, TypeVar

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader, process_data_at_eof
from pyhanko.pdf_utils.xref import XRefBuilder, XRefCache, _check_xref_consistency

from meterai.domain.errors import Busy, DocumentCertified, DocumentEncrypted, DocumentUnreadable, Refusal
from meterai.domain.placement import Placement
from meterai.pdf import appearance, cms, reading
from meterai.pdf.placement import Rectangle, rectangle
from meterai.ports.sealing import SealSigner, TimestampAuthority, ValidationData, ValidationSource

# pyHanko's constructors carry no types.
_Indirect: Any = generic.IndirectObject
_Whole: Any = generic.NumberObject
_Bytes: Any = generic.ByteStringObject
_STRINGS = (generic.ByteStringObject, generic.TextStringObject)
_Made = TypeVar("_Made")
_BYTE_RANGE = b"/ByteRange ["
_BYTE_RANGE_WIDTH = 60
_CONTENTS = b"/Contents <"
_PRINT_AND_LOCKED = 4 | 128
_SIGNATURES_EXIST_APPEND_ONLY = 1 | 2
_NOTHING = ValidationData()
_ANY = ValidationData(certificates=(b"",))


def seal(
    source: bytes,
    *,
    placement: Placement,
    serial: str,
    verify_url: str,
    specimen: bool,
    signer: SealSigner,
    timestamps: TimestampAuthority | None,
    now: datetime,
    validation: ValidationSource | None = None,
    image: bytes | None = None,
) -> bytes:
    """The source, byte for byte, with one more revision: the visible stamp at `placement` and the seal (segel
    elektronik).

    `image` (PNG) is shown in the place of our label; `verify_url` is what the QR of our label carries (upper case);
    `now` (UTC) is what the signature says of its own time, the timestamp says the rest. The level is PAdES B-B, B-T with
    `timestamps`, B-LT with `validation` that is complete at `now`. What is returned was read again: the signature verifies
    and covers the whole file, and the update holds what it was meant to hold.

    Raises DocumentEncrypted, DocumentCertified, DocumentUnreadable, PlacementOffPage, PlacementTooSmall for the
    document; TimestampUnavailable and Busy, which say nothing against it."""
    template = cms.template(signer.chain)
    data = validation.at(now) if validation else _NOTHING
    stamp = _Stamp(placement, serial, verify_url, specimen, now, image)
    room = template.room + (cms.TOKEN_ROOM if timestamps else 0)
    with io.BytesIO(
        source
    ) as stream:  # a reader refers to itself: what it reads is let go here, not when that is noticed
        for _ in range(2):
            update = _guarded(lambda: _update(source, stream, stamp, data, room))  # noqa: B023
            signature = _signature(template, _digest(source, update), signer, timestamps)
            if len(signature) <= room:
                break
            room = len(signature) + 1024  # a timestamp token larger than its room: once more, with more room
        else:
            raise Busy("the timestamp grew beyond its room")
        written = signature.hex().upper().encode()
        update.tail[update.gap_start + 1 : update.gap_start + 1 + len(written)] = written
        sealed = b"".join((source, update.tail))
        with io.BytesIO(sealed) as result:
            _guarded(lambda: _require_whole(sealed, result, update))
    return sealed


def extends(source: bytes, placement: Placement) -> bool:
    """Whether the document takes a stamp there, as far as that is up to the document: the revision is made and read again as
    `seal` does it, with nothing drawn and nobody signing. Raises MemoryError."""
    try:
        with io.BytesIO(source) as stream:
            update = _update(source, stream, _Blank(placement, *_NOBODYS), _ANY, cms.TOKEN_ROOM)
            sealed = b"".join((source, update.tail))
            with io.BytesIO(sealed) as result:
                _require_whole(sealed, result, update)
    except MemoryError:
        raise
    except Exception:
        return False
    return True


@dataclass(frozen=True, slots=True)
class _Stamp:
    """What is asked to be put on the document."""

    placement: Placement
    serial: str
    verify_url: str
    specimen: bool
    now: datetime
    image: bytes | None = None

    def drawn(self, rotation: int, first: int) -> list[bytes]:
        """The objects of its appearance, the one that a widget shows last."""
        if self.image is not None:
            from meterai.pdf import picture  # Pillow, for an upstream issuer's stamps alone

            return picture.objects(self.image, specimen=self.specimen, rotation=rotation, first=first)
        return appearance.objects(self.serial, self.verify_url, specimen=self.specimen, rotation=rotation, first=first)


class _Blank(_Stamp):
    """One of which nothing is to be seen."""

    def drawn(self, rotation: int, first: int) -> list[bytes]:  # noqa: ARG002 - the same for all
        return [b"<< >>"]


_NOBODYS = ("0" * 22, "", True, datetime(2024, 9, 4, tzinfo=UTC))


@dataclass(frozen=True, slots=True)
class _Update:
    """The bytes to append, where in them the hole for the signature is (its angle brackets included), the reader of what
    they were made for, and the objects that they hold."""

    tail: bytearray
    gap_start: int
    gap_end: int
    reader: PdfFileReader
    objects: dict[tuple[int, int], generic.PdfObject]


class _Writer(IncrementalPdfFileWriter):
    """pyHanko's, but declaring no newer version of PDF than SHA-256 signatures need, so that most catalogs stay as they are."""

    output_version = (1, 6)

    @classmethod
    def _handle_id(cls, prev: PdfFileReader) -> generic.ArrayObject:
        """The document's identifier, renewed; one that is not two strings (ISO 32000-2, 14.4) is as good as none."""
        parts = list(reading.items(prev.trailer["/ID"])) if "/ID" in prev.trailer else []
        if len(parts) == 2 and all(isinstance(part, _STRINGS) for part in parts):
            renewed: generic.ArrayObject = super()._handle_id(prev)  # type: ignore[no-untyped-call]
            return renewed
        return generic.ArrayObject([_Bytes(os.urandom(16)), _Bytes(os.urandom(16))])


class _Tail(io.BytesIO):
    """What is appended, written by a writer that believes to stand at the end of the source."""

    def __init__(self, offset: int) -> None:
        super().__init__()
        self._offset = offset

    def tell(self) -> int:
        return super().tell() + self._offset


class _Written(generic.PdfObject):
    """A value written as it stands, which remembers where."""

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


def _digest(source: bytes, update: _Update) -> bytes:
    digest = hashlib.sha256(source)
    digest.update(update.tail[: update.gap_start])
    digest.update(update.tail[update.gap_end :])
    return digest.digest()


def _signature(
    template: cms.Template, digest: bytes, signer: SealSigner, timestamps: TimestampAuthority | None
) -> bytes:
    """The DER ContentInfo over a document whose ByteRange has this digest. Raises what the ports raise, Busy for a key
    that is not its certificate's, TimestampUnavailable for a token over something else."""
    attributes = template.attributes(digest)
    value = signer.sign(attributes)
    _require_key(template, value, attributes)
    token = None
    if timestamps is not None:
        imprint = hashlib.sha256(value).digest()
        token = timestamps.token(imprint)
        cms.require_imprint(token, imprint)
    return template.signature(value, attributes, token)


def _require_key(template: cms.Template, value: bytes, attributes: bytes) -> None:
    """The signer's key must be its certificate's, or nobody would ever believe the seal: ours to mend, never the
    document's."""
    if not template.fits(value, attributes):
        raise Busy("the seal's key does not fit its certificate")


def _update(source: bytes, stream: io.BytesIO, stamp: _Stamp, data: ValidationData, room: int) -> _Update:
    """The revision to append, made by a strict reader or, for a document that it refuses, by a lenient one."""
    try:
        return _appended(source, PdfFileReader(stream, strict=True), stamp, data, room)
    except (Refusal, MemoryError):
        raise
    except Exception:
        return _appended(source, PdfFileReader(stream, strict=False), stamp, data, room)


def _appended(source: bytes, reader: PdfFileReader, stamp: _Stamp, data: ValidationData, room: int) -> _Update:
    if reading.encrypted(reader):
        raise DocumentEncrypted("the document is encrypted")
    if reading.closed_by_certification(reader):
        raise DocumentCertified("the document is certified and allows no change")
    page, place = _place(reader, stamp)
    writer = _Writer.from_reader(reader)
    writer._lastobj_id = max(writer._lastobj_id, reading.highest_number(reader))  # a /Size that is too small is common
    first = writer._lastobj_id + 1
    for body in stamp.drawn(page.box.rotation, first):
        form = writer.add_object(_Written(body))
    signature = _signature_dictionary(stamp, room)
    widget = writer.add_object(_widget(stamp, place, page.reference, form, writer.add_object(signature)))
    _add_to_form(writer, widget)
    _add_to_page(writer, _Indirect(page.reference.idnum, page.reference.generation, reader), widget)
    _add_validation_data(writer, data)
    output = _Tail(len(source))
    if not source.endswith((b"\n", b"\r")):
        output.write(b"\n")
    # The update alone; pyHanko's public `write` would also rewrite the owner's metadata and copy the whole document.
    writer._write(output, skip_header=True)
    tail = bytearray(output.getbuffer())
    start = signature.start + signature.text.index(_CONTENTS) + len(_CONTENTS) - 1
    end = start + 2 * room + 2
    at = signature.start - len(source) + signature.text.index(_BYTE_RANGE) + len(_BYTE_RANGE) - 1
    ranges = b"[0 %d %d %d]" % (start, end, len(source) + len(tail) - end)
    tail[at : at + _BYTE_RANGE_WIDTH] = ranges.ljust(_BYTE_RANGE_WIDTH)
    return _Update(tail, start - len(source), end - len(source), reader, writer.objects)


def _place(reader: PdfFileReader, stamp: _Stamp) -> tuple[reading.Page, Rectangle]:
    """The page to stamp, and where on it."""
    page = reading.page(reader, stamp.placement.page)
    if page is None:
        pages = reading.pages(reader)
        place = rectangle(stamp.placement, [one.box for one in pages], stamp.verify_url)
        return pages[stamp.placement.page - 1], place
    return page, rectangle(replace(stamp.placement, page=1), [page.box], stamp.verify_url)


class _Newest(XRefBuilder):
    """pyHanko's reader of cross-references, which reads the newest section only and remembers where the one before is."""

    previous: int | None = None

    def _read_xref_table(self, declared_startxref: int) -> None:
        self.previous = super()._read_xref_table(declared_startxref)

    def _read_xref_stream(self, declared_startxref: int) -> None:
        self.previous = super()._read_xref_stream(declared_startxref)


def _require_whole(sealed: bytes, stream: io.BytesIO, update: _Update) -> None:
    """Read the result as strictly as the source was. What came before is untouched, so only the update is read: it follows on
    what came before, changes no object but those meant, each is there as meant, and the signature covers the whole file."""
    before = update.reader
    reader = copy.copy(before)
    reader.stream, reader.resolved_objects = stream, {}
    stream.seek(-1, io.SEEK_END)
    newest = _Newest(reader, stream, strict=False, last_startxref=process_data_at_eof(stream))
    (section,) = newest.read_xrefs()  # type: ignore[no-untyped-call]
    sections = [*before.xrefs._xref_sections, section]
    if before.strict:
        _check_xref_consistency(sections)
    reader.xrefs = XRefCache(reader, sections)
    written = {(number, generation) for generation, number in update.objects}
    own = {(reference.idnum, 0) for reference in reader.xrefs.xref_stream_refs}
    if newest.previous != before.last_startxref or section.xref_data.explicit_refs_in_revision - own != written:
        raise DocumentUnreadable("the update would not follow on the document")
    if newest.trailer.raw_get("/Root") != before.trailer.raw_get("/Root"):
        raise DocumentUnreadable("the catalog would not survive the stamp")
    for (generation, number), value in update.objects.items():
        at = reader.xrefs[generic.Reference(number, generation)]
        if isinstance(value, _Written):
            there = sealed.startswith(b"%d %d obj\n" % (number, generation), at)
        else:
            there = generic.Reference(number, generation, reader).get_object() == value
        if not there:
            raise DocumentUnreadable("the document would not survive the stamp")
    end = len(sealed) - len(update.tail) + update.gap_end
    start = end - (update.gap_end - update.gap_start)
    covered = b"%s0 %d %d %d]" % (_BYTE_RANGE, start, end, len(sealed) - end)
    if update.tail.count(covered) != 1 or sealed[start] != ord("<") or sealed[end - 1] != ord(">"):
        raise DocumentUnreadable("the seal would not cover the whole document")


def _signature_dictionary(stamp: _Stamp, room: int) -> _Written:
    return _Written(
        b"<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /ETSI.CAdES.detached"
        b" /Name (%s) /Reason ([%s] Pembubuhan meterai elektronik) /M (%s)"
        % (
            reading.SIGNER_NAME.encode(),
            stamp.serial.encode("ascii"),
            stamp.now.astimezone(UTC).strftime("D:%Y%m%d%H%M%SZ").encode(),
        )
        + b" %s%s] %s%s> >>" % (_BYTE_RANGE, b" " * (_BYTE_RANGE_WIDTH - 2), _CONTENTS, b"0" * (2 * room))
    )


def _widget(stamp: _Stamp, place: Rectangle, page: generic.Reference, form: Any, signature: Any) -> generic.PdfObject:
    return _Written(
        b"<< /Type /Annot /Subtype /Widget /FT /Sig /T (%s%s) /F %d /Rect %s /P %d %d R /AP << /N %d 0 R >> /V %d 0 R >>"
        % (
            reading.FIELD_PREFIX.encode(),
            stamp.serial.encode("ascii"),
            _PRINT_AND_LOCKED,
            _numbers(*place),
            page.idnum,
            page.generation,
            form.idnum,
            signature.idnum,
        )
    )


def _add_to_form(writer: Any, field: Any) -> None:
    """Add the field to the document's form, which is made if there is none and otherwise kept with all that it
    holds."""
    form = reading.entry(writer.root, "/AcroForm")
    if not isinstance(form, generic.DictionaryObject):
        fresh = b"<< /Fields [%d 0 R] /SigFlags %d >>" % (field.idnum, _SIGNATURES_EXIST_APPEND_ONLY)
        writer.root["/AcroForm"] = writer.add_object(_Written(fresh))
        writer.update_root()
        return
    _append(writer, form, "/Fields", [field])
    flags = reading.entry(form, "/SigFlags")
    form["/SigFlags"] = _Whole((flags if isinstance(flags, int) else 0) | _SIGNATURES_EXIST_APPEND_ONLY)
    writer.update_container(form)


def _add_to_page(writer: Any, page: Any, widget: Any) -> None:
    """Add the widget to the page's annotations, in an array of the page's own: several pages may name the same one, and would
    all show the stamp."""
    holder = page.get_object()
    marks = reading.entry(holder, "/Annots")
    holder["/Annots"] = generic.ArrayObject([*(marks if isinstance(marks, generic.ArrayObject) else ()), widget])
    writer.update_container(holder)


def _append(writer: Any, holder: Any, key: str, items: list[Any]) -> None:
    """Add the items to the array that a dictionary holds under a key, which is made if there is none."""
    array = reading.entry(holder, key)
    if isinstance(array, generic.ArrayObject):
        array.extend(items)
        writer.update_container(array)
    else:
        holder[key] = generic.ArrayObject(items)
        writer.update_container(holder)


def _add_validation_data(writer: Any, data: ValidationData) -> None:
    """Add to the document's DSS (ETSI EN 319 142-1, 5.4.2) what it does not have yet; all that it has is kept."""
    wanted = {"/Certs": data.certificates, "/CRLs": data.crls, "/OCSPs": data.ocsps}
    if not any(wanted.values()):
        return
    store = reading.entry(writer.root, "/DSS")
    made = {
        key: [writer.add_object(_Written(_stream(der))) for der in values if der not in set(_stored(store, key))]
        for key, values in wanted.items()
    }
    if not isinstance(store, generic.DictionaryObject):
        arrays = b" ".join(b"%s [%s]" % (key.encode(), _references(made[key])) for key in made if made[key])
        writer.root["/DSS"] = writer.add_object(_Written(b"<< /Type /DSS %s >>" % arrays))
        writer.update_root()
        return
    for key, fresh in made.items():
        if fresh:
            _append(writer, store, key, fresh)


def _stored(store: Any, key: str) -> Iterator[bytes]:
    """The contents of the streams that a DSS holds under a key; one that nobody can unpack holds nothing of ours."""
    for stream in reading.items(reading.entry(store, key)):
        if isinstance(stream, generic.StreamObject):
            with suppress(PdfError, ValueError, zlib.error):
                yield stream.data


def _references(objects: list[Any]) -> bytes:
    return b" ".join(b"%d 0 R" % one.idnum for one in objects)


@lru_cache(maxsize=64)
def _stream(data: bytes) -> bytes:
    """A stream object, encoded once for all the documents that get it."""
    packed = zlib.compress(data, 9)
    return b"<< /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream" % (len(packed), packed)


def _numbers(*values: float) -> bytes:
    """An array of numbers."""
    return b"[%s]" % " ".join(f"{value:.4f}".rstrip("0").rstrip(".") for value in values).encode("ascii")
