"""Our own seals, read from the bytes that our seal writes: no difference analysis, no parser that guesses.

A document is read here only if it ends with our updates and nothing else, each standing exactly on the one before it:
found through its own cross-references and compared to the letter with what `pdf.seal` and `pdf.cms` write, sealed by a
pinned key with a trusted timestamp and a trusted path. Then no comparison of revisions is needed: the register has the
hash of what each seal was put on, and of what it made. Anything else is declined, and `pdf.signatures` reads it."""

from __future__ import annotations

import hashlib
import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from meterai.domain.verdict import PinnedKey, SignatureFound, Trust
from meterai.pdf import certificates, cms, reading
from meterai.pdf.certificates import parsed
from meterai.pdf.der import inside, named, parts, size
from meterai.pdf.timestamps import CERTIFICATES_MAX, attested

_STAMPS_MAX = 100
_OBJECTS_MAX = 4096
_GAP_MAX = 256 * 1024
_PROOF_MAX = 256 * 1024


_END = re.compile(rb"startxref\n(\d{1,10})\n%%EOF\n")
_SUBSECTION = re.compile(rb"(\d{1,10}) (\d{1,5})\n")
_ROW = re.compile(rb"(\d{10}) (\d{5}) ([nf]) \n")
_LINES = rb"((?:/Size \d+\n|/Info \d+ \d+ R\n|/ID \[ <[0-9a-f]*> <[0-9a-f]*> \]\n|/Root \d+ 0 R\n|/Prev \d+\n){3,6})"
_TRAILER = re.compile(rb"trailer\n<<\n" + _LINES + rb">>\n")
_STREAM_HEAD = re.compile(
    rb"(\d{1,10}) 0 obj\n<<\n/W \[ 1 8 2 \]\n/Type /XRef\n/Filter /FlateDecode\n"
    + _LINES
    + rb"/Index \[ ((?:\d+ )+)\]\n/Length (\d{1,8})\n>>\nstream\n"
)
_NUMBER = {key: re.compile(b"^/" + key + rb" (\d{1,10})(?: 0 R)?$", re.MULTILINE) for key in (b"Root", b"Prev")}
_SERIAL = rb"([0-9A-Z]{22})"
_SIGNATURE = re.compile(
    rb"<< /Type /Sig /Filter /Adobe\.PPKLite /SubFilter /ETSI\.CAdES\.detached /Name \(e-meterai_signatures\)"
    rb" /Reason \(\[" + _SERIAL + rb"\] Pembubuhan meterai elektronik\) /M \(D:(\d{14})Z\)"
    rb" /ByteRange (\[0 (\d{1,10}) (\d{1,10}) (\d{1,10})\] *) /Contents <"
)
_BYTE_RANGE_WIDTH = 60
_AFTER_CONTENTS = b"> >>\nendobj\n"
_WIDGET = re.compile(
    rb"<< /Type /Annot /Subtype /Widget /FT /Sig /T \(Emet" + _SERIAL + rb"\) /F 132 /Rect \[[-0-9. ]+\]"
    rb" /P \d+ \d+ R /AP << /N \d+ 0 R >> /V (\d{1,10}) 0 R >>\nendobj\n"
)
_FORM = re.compile(rb"<< /Fields \[(\d{1,10}) 0 R\] /SigFlags 3 >>\nendobj\n")
_FORM_AGAIN = re.compile(rb"<<\n/Fields \[ ((?:\d{1,10} 0 R ){2,100})\]\n/SigFlags 3\n>>\nendobj\n")
_STORE = re.compile(rb"<< /Type /DSS (?:/(?:Certs|CRLs|OCSPs) \[[0-9 R]+\] ?)+>>\nendobj\n")
_PROOF = re.compile(rb"<< /Length (\d{1,6}) /Filter /FlateDecode >>\nstream\n")


class _Declined(Exception):
    """This is not to the letter what our seal writes: others must read it."""


def read(source: bytes, trust: Trust) -> list[SignatureFound] | None:
    """Every signature of a document that carries our seals and nobody else's signatures, in the order of their
    revisions; None for a document that has to be read by `pdf.signatures`. Raises MemoryError, nothing else."""
    try:
        return _read(source, trust)
    except MemoryError:
        raise
    except Exception:
        return None


@dataclass(frozen=True, slots=True)
class _Update:
    """One revision that our seal appended: where it begins and ends, and what it says. `first` and `second` are where
    the hole of its ByteRange begins and ends; `revocations` its DSS' streams, certificates among them."""

    start: int
    end: int
    serial: str
    signed_at: datetime
    first: int
    second: int
    widget: int
    form: int
    fields: tuple[int, ...]
    fresh: bool
    revocations: tuple[bytes, ...]


def _read(source: bytes, trust: Trust) -> list[SignatureFound]:
    updates = list(_updates(source))
    updates.reverse()
    widgets = [update.widget for update in updates]
    _require(len({update.serial for update in updates}) == len(updates))
    for index, update in enumerate(updates):
        _require(update.form == updates[0].form and list(update.fields) == widgets[: index + 1])
    revocations = (*trust.revocations, *(der for update in updates for der in update.revocations))
    found: list[SignatureFound] = []
    hashed, position = hashlib.sha256(), 0
    view = memoryview(source)
    for update in updates:
        hashed.update(view[position : update.first])
        signed = hashed.copy()
        signed.update(view[update.second : update.end])
        hashed.update(view[update.first : update.end])
        position = update.end
        seal = _seal(source, update, signed.digest(), trust, revocations)
        before = found[-1] if found else None
        last = update is updates[-1]
        found.append(
            SignatureFound(
                field=reading.FIELD_PREFIX + update.serial,
                claims_stamp=True,
                serial=update.serial,
                key_sha256=seal.pin.spki_sha256,
                issuer=seal.pin.issuer,
                key_in_force=True,
                path_trusted=True,
                cms_intact=True,
                digest_intact=True,
                coverage="whole_file" if last else "whole_revision",
                changes="none" if last else "sealed_again",
                signed_at=update.signed_at,
                timestamped_at=seal.attested_at,
                timestamp_valid=True,
                revision_length=update.end,
                revision_sha256=hashed.copy().hexdigest(),
                prefix_length=before.revision_length if before else None,
                prefix_sha256=before.revision_sha256 if before else None,
                revoked=seal.revoked,
            )
        )
    return found


def _require(holds: bool) -> None:
    if not holds:
        raise _Declined


# The file ----------------------------------------------------------------------------------------------------------------


def _updates(source: bytes) -> Iterator[_Update]:
    """Our updates, the last first, down to the one that made the document's form."""
    end, at = len(source), _startxref(source, len(source))
    for _ in range(_STAMPS_MAX):
        update, previous = _update(source, at, end)
        yield update
        if update.fresh:
            return
        end, at = update.start, _startxref(source, update.start)
        _require(at == previous)
    raise _Declined


def _startxref(source: bytes, end: int) -> int:
    begin = source.rfind(b"startxref\n", max(0, end - 40), end)
    found = _END.fullmatch(source, begin, end) if begin >= 0 else None
    if found is None:
        raise _Declined
    return int(found[1])


def _update(source: bytes, at: int, end: int) -> tuple[_Update, int]:
    """The update that ends at `end` with its cross-references at `at`, and where those before it are."""
    _require(0 < at < end)
    offsets, root, previous = _table(source, at, end) if source.startswith(b"xref\n", at) else _stream(source, at, end)
    bodies = _bodies(source, offsets, at)
    start = min(offsets.values())
    _require(previous < start)
    number, signature = _only(source, bodies, _SIGNATURE)
    widget, field = _only(source, bodies, _WIDGET)
    form, fields, fresh = _form(source, bodies)
    first, second, length = (int(signature[group]) for group in (4, 5, 6))
    _require(
        signature[1] == field[1]
        and int(field[2]) == number
        and len(signature[3]) == _BYTE_RANGE_WIDTH
        and first == signature.end() - 1
        and first + 2 < second <= first + _GAP_MAX
        and second + length == end
        and source.startswith(_AFTER_CONTENTS, second - 1)
    )
    if fresh:
        _require(f"\n/AcroForm {form} 0 R\n".encode() in source[bodies[root][0] : bodies[root][1]])
        _only(source, bodies, _STORE)
    day, hour = signature[2][:8].decode(), signature[2][8:].decode()
    signed_at = datetime.fromisoformat(
        f"{day}T{hour}Z"
    )  # strptime would import its module, and this child opens no file
    serial = signature[1].decode()
    revocations = tuple(_streams(source, bodies))
    return _Update(start, end, serial, signed_at, first, second, widget, form, fields, fresh, revocations), previous


def _table(source: bytes, at: int, end: int) -> tuple[dict[int, int], int, int]:
    """A cross-reference table: the offsets of what is in use, the catalog's number, and where the table before is."""
    offsets: dict[int, int] = {}
    position = at + len(b"xref\n")
    while head := _SUBSECTION.match(source, position, end):
        position = head.end()
        for number in range(int(head[1]), int(head[1]) + int(head[2])):
            row = _ROW.match(source, position, end)
            _require(row is not None and number not in offsets and len(offsets) < _OBJECTS_MAX)
            assert row is not None
            position = row.end()
            if row[3] == b"n":
                _require(row[2] == b"00000")
                offsets[number] = int(row[1])
            else:
                _require(number == 0)
    trailer = _TRAILER.match(source, position, end)
    if trailer is None or trailer.end() != end - len(b"startxref\n%d\n%%%%EOF\n" % at):
        raise _Declined
    return offsets, _named(trailer[1], b"Root"), _named(trailer[1], b"Prev")


def _stream(source: bytes, at: int, end: int) -> tuple[dict[int, int], int, int]:
    """The same from a cross-reference stream."""
    head = _STREAM_HEAD.match(source, at, end)
    if head is None:
        raise _Declined
    packed = source[head.end() : head.end() + int(head[4])]
    _require(source[head.end() + len(packed) : end] == b"\nendstream\nendobj\n\nstartxref\n%d\n%%%%EOF\n" % at)
    numbers = [int(part) for part in head[3].split()]
    counts = list(zip(numbers[::2], numbers[1::2], strict=True))
    total = sum(count for _, count in counts)
    _require(total <= _OBJECTS_MAX)
    rows = _inflated(packed, 11 * total)
    _require(len(rows) == 11 * total)
    offsets: dict[int, int] = {}
    position = 0
    for begin, count in counts:
        for number in range(begin, begin + count):
            kind, offset = rows[position], int.from_bytes(rows[position + 1 : position + 9], "big")
            generation = rows[position + 9 : position + 11]
            position += 11
            _require(number not in offsets and (kind, generation) == (1, b"\0\0") if number else kind == 0)
            if number:
                offsets[number] = offset
    return offsets, _named(head[2], b"Root"), _named(head[2], b"Prev")


def _named(trailer: bytes, key: bytes) -> int:
    (number,) = _NUMBER[key].findall(trailer)
    return int(number)


def _bodies(source: bytes, offsets: Mapping[int, int], at: int) -> dict[int, tuple[int, int]]:
    """Where each object's value begins and its text ends: they follow one another without a gap, up to `at`."""
    places = sorted((offset, number) for number, offset in offsets.items() if offset != at)
    bodies: dict[int, tuple[int, int]] = {}
    for (offset, number), following in zip(places, [*(place for place, _ in places[1:]), at], strict=True):
        head = b"%d 0 obj\n" % number
        _require(source.startswith(head, offset) and source.endswith(b"\nendobj\n", offset + len(head), following))
        bodies[number] = offset + len(head), following
    return bodies


def _only(source: bytes, bodies: Mapping[int, tuple[int, int]], form: re.Pattern[bytes]) -> tuple[int, re.Match[bytes]]:
    """The one object that begins like this, and its number."""
    found = [(number, match) for number, (begin, end) in bodies.items() if (match := form.match(source, begin, end))]
    (one,) = found
    return one


def _form(source: bytes, bodies: Mapping[int, tuple[int, int]]) -> tuple[int, tuple[int, ...], bool]:
    """The form's number and its fields, and whether this update made it: then there was none before."""
    for number, (begin, end) in bodies.items():
        if made := _FORM.fullmatch(source, begin, end):
            return number, (int(made[1]),), True
        if again := _FORM_AGAIN.fullmatch(source, begin, end):
            return number, tuple(int(part) for part in again[1].split(b" 0 R ")[:-1]), False
    raise _Declined


def _streams(source: bytes, bodies: Mapping[int, tuple[int, int]]) -> Iterator[bytes]:
    """What the DSS holds: streams that are written like no others of an update."""
    for begin, end in bodies.values():
        if head := _PROOF.match(source, begin, end):
            stop = head.end() + int(head[1])
            _require(source[stop:end] == b"\nendstream\nendobj\n")
            yield _inflated(source[head.end() : stop], _PROOF_MAX)


def _inflated(packed: bytes, most: int) -> bytes:
    unpack = zlib.decompressobj()
    data = unpack.decompress(packed, most + 1)
    _require(len(data) <= most and unpack.eof and not unpack.unused_data)
    return data


# The signature -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Seal:
    """What a signature that holds is worth."""

    pin: PinnedKey
    attested_at: datetime
    revoked: bool


def _seal(source: bytes, update: _Update, digest: bytes, trust: Trust, revocations: Sequence[bytes]) -> _Seal:
    text = source[update.first + 1 : update.second - 1]
    contents = bytes.fromhex(text.decode("ascii"))
    _require(contents.hex().upper().encode() == text)
    end = size(contents, 0)
    _require(not contents[end:].strip(b"\0"))
    contents = contents[:end]
    # ContentInfo, SignedData: head, certificates, one SignerInfo: compared as a whole with what our seal would have made.
    signed = parts(parts(parts(contents)[1])[0])
    _require(len(signed) == 5)
    offered = parts(signed[3])
    _require(0 < len(offered) <= CERTIFICATES_MAX)
    (sealing,) = [der for der in offered if any(pin.spki_sha256 == _key(der) for pin in trust.keys)]
    pins = [pin for pin in trust.keys if pin.spki_sha256 == _key(sealing)]
    _require(not any(pin.spki_sha256 == _key(sealing) for pin in trust.signers))
    chain = (sealing, *(der for der in offered if der != sealing))
    template = cms.template(chain)
    (signer,) = parts(signed[4])
    *_, value, unsigned = parts(signer)
    value = inside(value)
    (attribute,) = parts(unsigned)
    token = inside(parts(attribute)[1])
    attributes = template.attributes(digest)
    _require(template.signature(value, attributes, token) == contents and template.fits(value, attributes))
    roots = [parsed(der) for der in trust.roots]
    attested_at = attested(token, value, trust.roots, revocations)
    pin = next((pin for pin in pins if pin.not_before <= attested_at <= pin.not_after), None)
    own, *others = (parsed(der) for der in chain)
    _require(len({(one.issuer, one.serial_number) for one in (own, *others)}) == len(chain))
    if pin is None or not certificates.believed(own, others, trust.roots, attested_at):
        raise _Declined
    return _Seal(pins[0], attested_at, certificates.revoked(own, [*others, *roots], revocations, attested_at))


def _key(certificate: bytes) -> str:
    """SHA-256 of a certificate's SubjectPublicKeyInfo: what a pin holds."""
    return hashlib.sha256(named(certificate).key).hexdigest()
