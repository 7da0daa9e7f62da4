"""What transmission, sloppy tools and forgers do to a PDF's bytes. Everything is drawn from `dice`; the result may be as broken
as it likes."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Sequence
from functools import cache
from random import Random

Mutation = Callable[[bytearray, Random, Sequence[bytes]], None]
"""Changes a document in place; `others` are documents to take pieces from."""
MUTATIONS: dict[str, Mutation] = {}
SIZE_MAX = 400_000
"""Bytes beyond which a mutation adds nothing more: the time belongs to many files, not to large ones."""
_NUMBER = re.compile(rb"(?<![\w.])-?\d{1,10}(?![\w.])")
_NAME = re.compile(rb"/[A-Za-z][A-Za-z0-9]{1,20}")
_HEAD = re.compile(rb"\b(\d{1,6}) 0 obj\b")
_STREAM = re.compile(rb"/Length (\d{1,7})\b(?:(?!stream).){0,200}>>\s*stream\r?\n", re.S)
_HEX = re.compile(rb"<[0-9A-Fa-f]{64,}>")
_NUMBERS = (
    b"0", b"-1", b"1", b"2", b"90", b"-90", b"450", b"255", b"65535", b"65536", b"2147483647", b"2147483648",
    b"-2147483649", b"4294967296", b"18446744073709551616", b"9" * 60, b"1e9", b"0.0000001", b"-0", b"--1", b"1.2.3",
)  # fmt: skip
_NAMES = (
    b"/Type", b"/Catalog", b"/Pages", b"/Page", b"/Kids", b"/Parent", b"/Count", b"/Contents", b"/MediaBox", b"/CropBox",
    b"/Rotate", b"/UserUnit", b"/Resources", b"/AcroForm", b"/Fields", b"/Annots", b"/Widget", b"/Sig", b"/ByteRange",
    b"/FlateDecode", b"/LZWDecode", b"/ASCII85Decode", b"/DCTDecode", b"/JBIG2Decode", b"/Crypt", b"/Filter", b"/Length",
    b"/DecodeParms", b"/Predictor", b"/Columns", b"/ObjStm", b"/XRef", b"/Size", b"/Prev", b"/Root", b"/Encrypt", b"/Index",
    b"/W", b"/Extends", b"/DSS", b"/Perms", b"/DocMDP", b"/OpenAction", b"/JS", b"/Metadata", b"/Image", b"/Width",
    b"/ColorSpace", b"/ICCBased", b"/SMask", b"/Font", b"/ToUnicode", b"/Pattern", b"/Shading", b"/FunctionType",
)  # fmt: skip
_PIECES = (
    b"[" * 2_000, b"<<" * 2_000, b"<< /A " * 800, b"(" * 3_000, b"]" * 50, b">>" * 50, b"endobj\n", b"endstream\n",
    b"stream\n", b"%%EOF\n", b"startxref\n0\n%%EOF\n", b"xref\n0 1\n0000000000 65535 f \ntrailer\n<< >>\n", b"%PDF-1.7\n",
    b"1 0 R", b"null", b"true", b"\x00" * 64, b"\xff\xfe", b"\r", b"<48656C", b"#00", b"9999999 0 obj\n<< >>\nendobj\n",
)  # fmt: skip


def mutation(function: Mutation) -> Mutation:
    """Add a mutation to those that are drawn from."""
    MUTATIONS[function.__name__] = function
    return function


def mutate(document: bytes, dice: Random, others: Sequence[bytes]) -> tuple[bytes, tuple[str, ...]]:
    """One to four mutations of the document, and their names. Half of the results get a cross-reference table that is right
    again: a reader that stops at a wrong offset would never see the rest."""
    data = bytearray(document)
    names = tuple(dice.choice(sorted(MUTATIONS)) for _ in range(dice.choice((1, 1, 1, 1, 2, 2, 3, 4))))
    for name in names:
        if data:
            MUTATIONS[name](data, dice, others)
    if dice.random() < 0.5:
        _find_everything_again(data)
    return bytes(data), names


def _find_everything_again(data: bytearray) -> None:
    """Header, end, and where the last table was written a table of all objects, wherever they have come to be."""
    heads = [(int(head[1]), head.end()) for head in _HEAD.finditer(data)]
    catalogs = [number for number, start in heads if data.find(b"/Catalog", start, start + 200) >= 0]
    if not catalogs or re.search(rb"/Type\s*/Pages\b", data) is None:
        return
    if not data.startswith(b"%PDF-"):
        data[:0] = b"%PDF-1.7\n"
    if (last := data.rfind(b"\nxref")) > data.rfind(b"endobj"):
        del data[last:]
    places = {int(head[1]): head.start() for head in _HEAD.finditer(data)}
    at = len(data) + 1
    data += b"\nxref\n0 1\n0000000000 65535 f \n"
    for number, place in sorted(places.items()):
        data += b"%d 1\n%010d 00000 n \n" % (number, place)
    data += b"trailer\n<< /Size %d /Root %d 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (max(places) + 1, catalogs[-1], at)


def _span(data: bytearray, dice: Random, most: int = 4_000) -> slice:
    start = dice.randrange(len(data))
    return slice(start, min(len(data), start + 1 + dice.randrange(most)))


def _put(data: bytearray, at: int, piece: bytes) -> None:
    if len(data) + len(piece) <= SIZE_MAX or len(data) > SIZE_MAX:
        data[at:at] = piece[: max(0, SIZE_MAX)]


def _bodies(data: bytearray) -> list[tuple[bytes, slice]]:
    """The number of each object and where what it says is."""
    heads = [(bytes(head[1]), head.end()) for head in _HEAD.finditer(data)]
    ends = [(number, start, data.find(b"endobj", start)) for number, start in heads]
    return [(number, slice(start, end)) for number, start, end in ends if end >= 0]


@mutation
def bytes_changed(data: bytearray, dice: Random, others: Sequence[bytes]) -> None:
    for _ in range(dice.choice((1, 1, 2, 8, 64))):
        data[dice.randrange(len(data))] = dice.randrange(256)


@mutation
def a_bit_flipped(data: bytearray, dice: Random, others: Sequence[bytes]) -> None:
    data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)


@mutation
def a_block_of_noise(data: bytearray, dice: Random, others: Sequence[bytes]) -> None:
    span = _span(data, dice, 500)
    data[span] = dice.randbytes(span.stop - span.start)


@mutation
def a_block_deleted(data: bytearray, dice: Random, others: Sequence[bytes]) -> None:
    del data[_span(data, dice)]


@mutation
def a_block_repeated(data: bytearray, dice: Random, others: Sequence[bytes]) -> None:
    _put(data, dice.randrange(len(data)), bytes(data[_span(data, dice)]) * dice.choice((1, 1, 3, 20)))


@mutation
def a_block_from_elsewhere(data: bytearray, dice: Random, others: Sequence[bytes]) -> None:
    other = bytearray(dice.choice(others))
    _put(data, dice.randrange(len(data)), bytes(other[_span(other, dice)]))


@mutation
def cut_off(data: bytearray, dice: Random, others: Sequence[bytes]) -> None:
    del data[dice.randrange(len(data)) :]
    if dice.random() < 0.1:
        del data[: dice.choice((1, 5, 9))]


@mutation
def a_number_changed(data: bytearray, dice: Random, others: Sequence[bytes]) -> None:
    for _ in range(dice.choice((1, 1, 3))):
        if found := list(_NUMBER.finditer(data)):
            one = dice.choice(found)
            near = b"%d" % (int(one[0]) + dice.choice((-1, 1, 2, 10)))
            data[one.start() : one.end()] = dice.choice((near, dice.choice(_NUMBERS)))


@mutation
def two_numbers_exchanged(data: bytearray, dice: Random, others: Sequence[bytes]) -> None:
    if len(found := list(_NUMBER.finditer(data))) > 1:
        first, second = sorted(dice.sample(range(len(found)), 2))
        one, two = found[first], found[second]
        was, will = bytes(one[0]), bytes(two[0])
        data[two.start() : two.end()] = was
        data[one.start() : one.end()] = will


@mutation
def a_name_changed(data: bytearray, dice: Random, others: Sequence[bytes]) -> None:
    if found := list(_NAME.finditer(data)):
        one = dice.choice(found)
        data[one.start() : one.end()] = dice.choice(_NAMES)


@mutation
def a_piece_put_in(data: bytearray, dice: Random, others: Sequence[bytes]) -> None:
    _put(data, dice.randrange(len(data) + 1), dice.choice(_PIECES))


@mutation
def objects_exchanged(data: bytearray, dice: Random, others: Sequence[bytes]) -> None:
    if len(found := _bodies(data)) > 1:
        first, second = sorted(dice.sample(range(len(found)), 2))
        one, two = found[first][1], found[second][1]
        was, will = bytes(data[one]), bytes(data[two])
        data[two] = was
        data[one] = will


@mutation
def an_object_leads_to_another(data: bytearray, dice: Random, others: Sequence[bytes]) -> None:
    """Loops among them."""
    if found := list(re.finditer(rb"\b(\d{1,6}) 0 R\b", data)):
        one, two = dice.choice(found), bytes(dice.choice(found)[1])
        data[one.start(1) : one.end(1)] = two


@mutation
def inside_a_stream(data: bytearray, dice: Random, others: Sequence[bytes]) -> None:
    """A compressed stream is opened, changed inside, and closed again with its right length."""
    found = [match for match in _STREAM.finditer(data) if int(match[1]) < SIZE_MAX]
    if not found:
        return
    one = dice.choice(found)
    start, end = one.end(), one.end() + int(one[1])
    try:
        plain = bytearray(zlib.decompressobj().decompress(bytes(data[start:end]), SIZE_MAX))
    except zlib.error:
        return
    if plain:
        dice.choice((bytes_changed, a_number_changed, a_block_deleted, a_piece_put_in))(plain, dice, others)
        packed = zlib.compress(bytes(plain))
        data[start:end] = packed
        data[one.start(1) : one.end(1)] = b"%d" % len(packed)


@cache
def _bombs() -> tuple[bytes, ...]:
    """A megabyte and twenty of them, in one layer of Flate and in two."""
    once = [zlib.compress(bytes(size)) for size in (10**6, 2 * 10**7)]
    return (*once, *map(zlib.compress, once))


@mutation
def a_stream_that_swells(data: bytearray, dice: Random, others: Sequence[bytes]) -> None:
    """A bomb in place of a stream: one or two layers of Flate."""
    if found := list(_STREAM.finditer(data)):
        one = dice.choice(found)
        end = one.end() + min(int(one[1]), SIZE_MAX)
        packed = dice.choice(_bombs())
        data[one.end() : end] = packed
        data[one.start(1) : one.end(1)] = b"%d" % len(packed)


@mutation
def an_update_appended(data: bytearray, dice: Random, others: Sequence[bytes]) -> None:
    """An incremental update that gives an object another's body, with a table that is right or nearly so."""
    found = _bodies(data)
    previous = re.findall(rb"startxref\s+(\d+)", data)
    if not found or not previous or len(data) > SIZE_MAX:
        return
    number, body = dice.choice(found)[0], bytes(data[dice.choice(found)[1]])
    at = len(data)
    data += b"\n" * dice.choice((0, 1)) + number + b" 0 obj" + body + b"endobj\n"
    table = len(data) + dice.choice((0, 0, 0, 1, -1))
    data += b"xref\n%s 1\n%010d 00000 n \n" % (number, at + dice.choice((0, 1, 1)))
    data += b"trailer\n<< /Size %d /Root 1 0 R /Prev %s >>\n" % (len(found) + 50, bytes(previous[-1]))
    data += b"startxref\n%d\n" % table + dice.choice((b"%%EOF\n", b"%%EOF", b""))


@mutation
def another_start(data: bytearray, dice: Random, others: Sequence[bytes]) -> None:
    if found := list(re.finditer(rb"startxref\s+(\d+)", data)):
        one = dice.choice(found)
        data[one.start(1) : one.end(1)] = b"%d" % dice.choice((0, 1, dice.randrange(len(data)), len(data), 10**12))


@mutation
def inside_a_signature(data: bytearray, dice: Random, others: Sequence[bytes]) -> None:
    """A hexadecimal digit, its case, or where the string ends."""
    if found := list(_HEX.finditer(data)):
        one = dice.choice(found)
        at = dice.randrange(one.start() + 1, one.end() - 1)
        match dice.randrange(4):
            case 0:
                data[at] = dice.choice(b"0123456789ABCDEFabcdef \n>")
            case 1:
                data[one.start() : one.end()] = one[0].lower()
            case 2:
                del data[at : at + 2]
            case _:
                data[at:at] = b"00"


@mutation
def two_files_in_one(data: bytearray, dice: Random, others: Sequence[bytes]) -> None:
    other = dice.choice(others)
    if len(data) + len(other) <= SIZE_MAX:
        data[:] = data + other if dice.random() < 0.5 else bytes(other) + data
