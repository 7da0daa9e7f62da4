"""How large the streams of a document become, found out without letting them become so large."""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from pyhanko.pdf_utils import generic

from meterai.pdf import reading
from meterai.ports.documents_pdf import Limits

_CHUNK = 1 << 16
_CLEAR, _END, _CODES_MAX = 256, 257, 4096
_WHITESPACE = b"\x00\t\n\x0c\r "


def inflated(data: bytes, filters: Sequence[str], allowed: int) -> int:
    """How many bytes the filters (ISO 32000-2, 7.4, full or short names) make of `data`, what each of them makes counted, no
    further than about one chunk beyond `allowed`. Pictures' own filters make no more of themselves here. What is damaged
    counts as far as it is read, as viewers read it."""
    made = 0
    for name in filters:
        unpack = _UNPACK.get(name)
        if unpack is None:
            break
        parts, left = [], allowed - made
        try:
            for part in unpack(data):
                parts.append(part)
                left -= len(part)
                if left < 0:
                    break
        except (zlib.error, ValueError):
            pass
        data = b"".join(parts)
        made += len(data)
        if made > allowed:
            break
    return made


def fits(reader: Any, names: Iterable[generic.Reference], limits: Limits) -> bool:
    """Whether no stream has more filters, and all of them together inflate to no more, than a document may."""
    left = limits.inflated_max
    for name in names:
        try:
            value = reader.get_object(name)
        except MemoryError:
            raise
        except Exception:  # noqa: S112 - an object nobody can read: qpdf and viewers pass over it as well
            continue
        if isinstance(value, generic.StreamObject):
            filters = list(_filters(value))
            left -= inflated(value.encoded_data, filters[: limits.filters_max], left)
            if len(filters) > limits.filters_max or left < 0:
                return False
    return True


def _filters(stream: generic.StreamObject) -> Iterator[str]:
    named = reading.entry(stream, "/Filter")
    yield from [named] if isinstance(named, str) else (str(item) for item in reading.items(named))


def _flate(data: bytes) -> Iterator[bytes]:
    unpack = zlib.decompressobj()
    while data and not unpack.eof:
        yield unpack.decompress(data, _CHUNK)
        data = unpack.unconsumed_tail
    yield unpack.flush()


def _hex(data: bytes) -> Iterator[bytes]:
    digits = data.partition(b">")[0].translate(None, _WHITESPACE)
    yield binascii.unhexlify(digits + b"0" * (len(digits) % 2))


def _ascii85(data: bytes) -> Iterator[bytes]:
    yield base64.a85decode(data.partition(b"~")[0].translate(None, _WHITESPACE))


def _run_length(data: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(data) and (length := data[at]) != 128:
        if length < 128:
            yield data[at + 1 : at + 2 + length]
            at += 2 + length
        else:
            yield data[at + 1 : at + 2] * (257 - length)
            at += 2


def _lzw(data: bytes) -> Iterator[bytes]:
    """ISO 32000-2, 7.4.4.2, with codes that grow one early, as is usual."""
    table: list[bytes] = []
    before, width, bits, held = b"", 9, 0, 0
    for byte in data:
        held, bits = (held << 8) | byte, bits + 8
        if bits < width:
            continue
        bits -= width
        code, held = held >> bits, held & ((1 << bits) - 1)
        if code == _END:
            return
        if code == _CLEAR:
            table, before, width = [bytes([one]) for one in range(256)] + [b"", b""], b"", 9
            continue
        if not table or code > len(table) or (code == len(table) and not before):
            raise ValueError("a code that was not made")
        there = table[code] if code < len(table) else before + before[:1]
        if before and len(table) < _CODES_MAX:
            table.append(before + there[:1])
        width = min(12, (len(table) + 1).bit_length())
        before = there
        yield there


_UNPACK: dict[str, Callable[[bytes], Iterator[bytes]]] = {
    name: unpack
    for names, unpack in (
        (("/FlateDecode", "/Fl"), _flate),
        (("/LZWDecode", "/LZW"), _lzw),
        (("/RunLengthDecode", "/RL"), _run_length),
        (("/ASCII85Decode", "/A85"), _ascii85),
        (("/ASCIIHexDecode", "/AHx"), _hex),
    )
    for name in names
}
