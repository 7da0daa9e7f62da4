"""Incremental saving: something is appended, whole or in part, so that readers take it and validators pass it by
(Mladenov et al., "1 Trillion Dollar Refund", 2019)."""

from __future__ import annotations

import re
import zlib

from meterai.domain.placement import Placement
from meterai.domain.verdict import Judgement
from tests.unit.pdf import papers
from tests.unit.pdf.attacks.kinds import CONTENT, FREE, Scene, add, content, family
from tests.unit.pdf.test_seal import signed_by_somebody

attack = family("incremental saving")
_AGAIN = Placement(1, 0.1, 0.5, 0.1)


def _update(sealed: bytes) -> bytes:
    return papers.appended(sealed, {CONTENT: content("Surat lain")})[len(sealed) :]


def _parts(scene: Scene) -> dict[str, bytes]:
    """The update: the object, its cross-references, trailer, pointer, end."""
    update = _update(scene.sealed)
    cuts = [0, update.index(b"xref\n"), update.index(b"trailer"), update.index(b"startxref"), update.index(b"%%EOF")]
    names = ("object", "xref", "trailer", "startxref", "eof")
    return {name: update[start:end] for name, start, end in zip(names, cuts, [*cuts[1:], len(update)], strict=True)}


def _saved_without(left_out: tuple[str, ...], verdict: Judgement, code: str) -> None:
    def make(scene: Scene) -> bytes:
        return scene.sealed + b"".join(part for name, part in _parts(scene).items() if name not in left_out)

    make.__doc__ = "an update without " + ", ".join(left_out) if left_out else "an update as any editor writes it"
    add("incremental saving", "_".join(("update_without", *left_out)) if left_out else "update", make, verdict, code)


_SHOWN_AS_SEALED: tuple[tuple[str, ...], ...] = (
    (),
    ("eof",),
    ("trailer", "eof"),
    ("startxref", "eof"),
    ("xref", "trailer", "startxref", "eof"),
)
_UNREADABLE: tuple[tuple[str, ...], ...] = (
    ("trailer",),
    ("xref",),
    ("startxref",),
    ("object",),
    ("xref", "trailer"),
    ("xref", "trailer", "startxref"),
)
for _left_out in _SHOWN_AS_SEALED:
    _saved_without(_left_out, "altered", "changed_later")
for _left_out in _UNREADABLE:
    _saved_without(_left_out, "unreadable", "unreadable")


@attack("altered", "changed_later")
def trailing_comment(scene: Scene) -> bytes:
    return scene.sealed + b"% nothing to see\n"


@attack("altered", "changed_later")
def trailing_line_end(scene: Scene) -> bytes:
    return scene.sealed + b"\n"


@attack("altered", "changed_later")
def trailing_zeroes(scene: Scene) -> bytes:
    return scene.sealed + bytes(512)


@attack("altered", "changed_later")
def trailing_bytes_that_end_like_a_file(scene: Scene) -> bytes:
    """an object, and a copy of the sealed file's own last lines"""
    return scene.sealed + _parts(scene)["object"] + scene.sealed[scene.sealed.rindex(b"startxref") :]


@attack("altered", "changed_later")
def a_pointer_to_another_object_and_nothing_else(scene: Scene) -> bytes:
    """cross-references that call another object the page's content"""
    planted = papers.appended(scene.sealed, {FREE: content("Surat lain")})
    at = planted.index(b"60 0 obj", len(scene.sealed))
    start = int(planted[planted.rindex(b"startxref") + 9 :].split()[0])
    section = b"xref\n5 1\n%010d 00000 n \ntrailer\n<< /Size 61 /Root 1 0 R /Prev %d >>\nstartxref\n%d\n%%%%EOF\n"
    return planted + section % (at, start, len(planted))


@attack("altered", "changed_later")
def update_with_a_cross_reference_stream(scene: Scene) -> bytes:
    return scene.sealed + _streamed(scene.sealed, {CONTENT: content("Surat lain")})


@attack("altered", "changed_later")
def update_in_an_object_stream(scene: Scene) -> bytes:
    """a compressed object in front of a plain one"""
    page = b"<< /Type /Page /Parent 2 0 R /Contents 61 0 R /Resources << /Font << /F1 3 0 R >> >> >>"
    return scene.sealed + _streamed(scene.sealed, {FREE + 1: content("Surat lain")}, {4: page})


@attack("altered", "changed_later")
def update_hidden_from_half_of_all_readers(scene: Scene) -> bytes:
    """a hybrid-reference update: the table says one content, the /XRefStm another"""
    first = len(scene.sealed)
    out = scene.sealed + b"5 0 obj\n%s\nendobj\n" % content("Surat lain")
    rows = b"\x01" + first.to_bytes(4, "big") + b"\x00\x00"
    hidden = len(out)
    out += b"62 0 obj\n<< /Type /XRef /Size 63 /W [1 4 2] /Index [5 1] /Root 1 0 R /Length %d >>\n" % len(rows)
    out += b"stream\n%s\nendstream\nendobj\n" % rows
    start, previous = len(out), int(scene.sealed[scene.sealed.rindex(b"startxref") + 9 :].split()[0])
    return out + (
        b"xref\n62 1\n%010d 00000 n \ntrailer\n<< /Size 63 /Root 1 0 R /Prev %d /XRefStm %d >>\nstartxref\n%d\n%%%%EOF\n"
        % (hidden, previous, hidden, start)
    )


@attack("altered", "changed_later")
def an_object_freed(scene: Scene) -> bytes:
    start, previous = len(scene.sealed), int(scene.sealed[scene.sealed.rindex(b"startxref") + 9 :].split()[0])
    section = b"xref\n5 1\n0000000000 00001 f \ntrailer\n<< /Size 61 /Root 1 0 R /Prev %d >>\nstartxref\n%d\n%%%%EOF\n"
    return scene.sealed + section % (previous, start)


@attack("altered", "changed_later")
def an_object_of_another_generation(scene: Scene) -> bytes:
    return scene.sealed + _update(scene.sealed).replace(b"5 0 obj", b"5 1 obj").replace(b" 00000 n", b" 00001 n")


@attack("unreadable", "unreadable")
def cross_references_that_loop(scene: Scene) -> bytes:
    update = _update(scene.sealed)
    own = int(update[update.rindex(b"startxref") + 9 :].split()[0])
    previous = re.search(rb"/Prev (\d+)", update)
    assert previous
    return scene.sealed + update.replace(previous[0], b"/Prev %d" % own)


@attack("copied", "marks_without_seal")
def cross_references_that_leave_the_stamp_out(scene: Scene) -> bytes:
    """a /Prev that leads past the sealed revisions"""
    update = _update(scene.sealed)
    starts = re.findall(rb"startxref\s+(\d+)", scene.sealed)
    previous = re.search(rb"/Prev (\d+)", update)
    assert previous
    return scene.sealed + update.replace(previous[0], b"/Prev " + starts[0])


@attack("altered", "changed_later")
def an_empty_update(scene: Scene) -> bytes:
    previous = int(scene.sealed[scene.sealed.rindex(b"startxref") + 9 :].split()[0])
    section = b"xref\n0 0\ntrailer\n<< /Size 61 /Root 1 0 R /Prev %d >>\nstartxref\n%d\n%%%%EOF\n"
    return scene.sealed + section % (previous, len(scene.sealed))


@attack("altered", "bytes_changed")
def a_byte_inside(scene: Scene) -> bytes:
    return scene.sealed.replace(b"Surat pernyataan", b"Surat Pernyataan", 1)


@attack("altered", "changed_between_stamps", by_register=True)
def stamp_update_stamp(scene: Scene) -> bytes:
    return scene.house.stamp(scene.sealed + _update(scene.sealed), _AGAIN)


@attack("altered", "changed_between_stamps", by_register=True)
def orphan_objects_between_two_stamps(scene: Scene) -> bytes:
    return scene.house.stamp(papers.appended(scene.sealed, {FREE: b"<< /Hidden true >>"}), _AGAIN)


@attack("altered", "changed_between_stamps", by_register=True)
def a_line_between_two_stamps(scene: Scene) -> bytes:
    return scene.house.stamp(scene.sealed + b"% nothing to see\n", _AGAIN)


@attack("altered", "changed_later")
def changed_and_then_signed_by_somebody(scene: Scene) -> bytes:
    return signed_by_somebody(scene.sealed + _update(scene.sealed), scene.stranger)


@attack("review", "signed_later")
def signed_later_by_somebody_unknown(scene: Scene) -> bytes:
    return signed_by_somebody(scene.sealed, scene.stranger)


def _streamed(document: bytes, loose: dict[int, bytes], packed: dict[int, bytes] | None = None) -> bytes:
    """An update whose cross-references are a stream, some of its objects in an object stream."""
    packed = packed or {}
    heads, data = b"", b""
    for number, value in packed.items():
        heads += b"%d %d " % (number, len(data))
        data += value + b"\n"
    if packed:
        whole = zlib.compress(heads + data)
        loose = loose | {
            70: b"<< /Type /ObjStm /N %d /First %d /Filter /FlateDecode /Length %d >>\nstream\n%s\nendstream"
            % (len(packed), len(heads), len(whole), whole)
        }
    out, rows = b"", dict[int, bytes]()
    for number, value in loose.items():
        rows[number] = b"\x01" + (len(document) + len(out)).to_bytes(4, "big") + b"\x00\x00"
        out += b"%d 0 obj\n%s\nendobj\n" % (number, value)
    for order, number in enumerate(packed):
        rows[number] = b"\x02" + (70).to_bytes(4, "big") + order.to_bytes(2, "big")
    start, previous = len(document) + len(out), int(document[document.rindex(b"startxref") + 9 :].split()[0])
    rows[71] = b"\x01" + start.to_bytes(4, "big") + b"\x00\x00"
    index = b" ".join(b"%d 1" % number for number in sorted(rows))
    table = b"".join(rows[number] for number in sorted(rows))
    head = b"<< /Type /XRef /Size 72 /W [1 4 2] /Index [%s] /Root 1 0 R /Prev %d /Length %d >>"
    out += b"71 0 obj\n" + head % (index, previous, len(table)) + b"\nstream\n%s\nendstream\nendobj\n" % table
    return out + b"startxref\n%d\n%%%%EOF\n" % start
