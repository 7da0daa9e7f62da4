"""How an update is written down: whether every reader finds the same objects in it, and whether anything else is there.

A reader that is handed one object for a number, and another reader another, show two documents under one signature. So
what came after a stamp has to be written the one way that leaves readers no choice: entries in order and once each,
pointers that are plain numbers and lead where they should, nothing that a reader which repairs would take for more."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.xref import XRefSectionType

_EOL = rb" *(?:\r\n|\n|\r)"
_TABLE = re.compile(
    rb"xref" + _EOL + rb"((?:\d+ [1-9]\d*" + _EOL + rb"(?:\d{10} \d{5} [nf](?: \n| \r|\r\n))+)+)"
    rb"trailer\s*<<(.*?)>>\s*(?=startxref)",
    re.DOTALL,
)
_SUBSECTION = re.compile(rb"(\d+) (\d+)" + _EOL)
_ROW = 20
_HEAD = re.compile(rb"\d+ \d+ obj\b(.*?)\bstream\r?\n", re.DOTALL)
_BACK = re.compile(rb"/Prev\s+(\d+)(?=[\s/>]|$)")
_POINTER = re.compile(rb"\s*startxref\r?\n(\d+)\r?\n%%EOF(?:\r\n|\r|\n)?")
_OBJECT = re.compile(rb"\s*((\d+) (\d+) obj\b(.*?)\bendobj\b)", re.DOTALL)
_STREAM = re.compile(rb"\bstream\r?\n.*", re.DOTALL)
_ANOTHER = re.compile(rb"\d\s+obj\b|\bxref\s+\d|\btrailer\s*<<|\bstartxref\b|%%EOF|%PDF-")
"""What readers that repair a file look for."""


def plain(reader: PdfFileReader, source: bytes, revision: int) -> bool:
    """Whether the cross-references of a revision, and its pointer to those before, can be read in one way only."""
    sections = reader.xrefs
    about, before = sections.get_xref_container_info(revision), sections.get_xref_container_info(revision - 1)
    if about.xref_section_type is XRefSectionType.STANDARD:
        table = _TABLE.match(source, about.declared_startxref)
        if table is None or not _in_order(table[1]):
            return False
        said = table[2]
    else:  # pyHanko takes the sections of a stream in order only; one beside a table leaves readers the choice
        head = _HEAD.match(source, about.declared_startxref)
        if head is None or about.xref_section_type is not XRefSectionType.STREAM:
            return False
        said = head[1]
    highest = max((number for number, _ in sections.get_xref_data(revision).explicit_refs_in_revision), default=0)
    return (
        _BACK.findall(said) == [b"%d" % before.declared_startxref]
        and said.count(b"/Prev") == said.count(b"/Root") == 1
        and highest < about.size <= max(before.size, highest + 1)
    )


def _in_order(rows: bytes) -> bool:
    """Whether the subsections of a table have the rows that they say, and no number comes twice."""
    at, free = 0, 0
    while found := _SUBSECTION.match(rows, at):
        first, count = int(found[1]), int(found[2])
        if first < free:
            return False
        at, free = found.end() + count * _ROW, first + count
    return at == len(rows)


def nothing_else(reader: PdfFileReader, source: bytes, revision: int, start: int, end: int) -> bool:
    """Whether the bytes from `start`, where `revision` ends, to `end` are whole revisions: objects, each where its one entry
    says, their cross-references, and nothing else; nor anything in them that would be more to a reader that repairs."""
    at = start
    while at < end:
        revision += 1
        reached = _passed(reader, source, revision, at) if revision < reader.xrefs.total_revisions else None
        if reached is None:
            return False
        at = reached
    return at == end


def _passed(reader: PdfFileReader, source: bytes, revision: int, at: int) -> int | None:
    """Where a revision that begins at `at` ends; None when it is anything else."""
    about = reader.xrefs.get_xref_container_info(revision)
    places = _places(reader, revision)
    while found := _OBJECT.match(source, at):
        value = found[4]
        if places.pop((int(found[2]), int(found[3])), None) != found.start(1) or _ANOTHER.search(value):
            return None
        if b"%" in _STREAM.sub(b"", value):
            return None
        at = found.end()
    if about.xref_section_type is XRefSectionType.STANDARD:
        table = re.compile(rb"\s*").match(source, at)
        begin = table.end() if table else at
        written = _TABLE.match(source, begin)
        if written is None or begin != about.declared_startxref or b"%" in written[2]:
            return None
        at = written.end()
    pointer = _POINTER.match(source, at)
    if places or pointer is None or pointer[1] != b"%d" % about.declared_startxref or not _told(reader, revision):
        return None
    return pointer.end()


def _places(reader: PdfFileReader, revision: int) -> dict[tuple[int, int], int]:
    """Where each object of a revision that is not compressed begins, by its name."""
    data: Any = reader.xrefs.get_xref_data(revision)
    about = reader.xrefs.get_xref_container_info(revision)
    places = {(number, generation): at for number, (generation, at) in data.standard_xrefs.items()}
    if about.stream_ref is not None:
        places[about.stream_ref.idnum, about.stream_ref.generation] = about.declared_startxref
    return places


def _told(reader: PdfFileReader, revision: int) -> bool:
    """Whether a revision's object streams are its own, hold what its cross-references say, and nothing more."""
    data: Any = reader.xrefs.get_xref_data(revision)
    held = Counter(where.obj_stream_id for where in data.xrefs_in_objstm.values())
    for number, count in held.items():
        stream = generic.Reference(number, 0, reader).get_object()
        if number not in data.standard_xrefs or not isinstance(stream, generic.StreamObject):
            return False
        if stream.raw_get("/N") != count or "/Extends" in stream:
            return False
    return True
