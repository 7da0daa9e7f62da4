"""What was appended to a sealed document after the last signature: validation data, or anything else.

Validation data (ETSI EN 319 142-1, 5.4.2: certificates, and what is known of their revocation) is what archives and
PAdES tools append years later, unsigned. No viewer shows it, so a tail that is nothing else changes nothing."""

from __future__ import annotations

import io
import itertools
from collections.abc import Iterator
from typing import Any

from asn1crypto import parser
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import DEFAULT_DIFF_POLICY, DiffResult, ModificationLevel, StandardDiffPolicy
from pyhanko.sign.diff_analysis.rules.file_structure_rules import (
    CatalogModificationRule,
    ObjectStreamRule,
    XrefStreamRule,
)
from pyhanko.sign.diff_analysis.rules.form_field_rules import DSSCompareRule
from pyhanko.sign.diff_analysis.rules.metadata_rules import DocInfoRule

from meterai.pdf import reading, sections

_Name = tuple[int, int]
_STORE = "/DSS"
_HOUSEKEEPING = ("/Size", "/Prev", "/ID", "/Type", "/W", "/Index", "/Length", "/Filter", "/DecodeParms")
"""What every section says of itself (ISO 32000-2, 7.5.5 and 7.5.8.2)."""
_NOT_COMPARED = (*_HOUSEKEEPING, "/Info")
_CATALOG_SAYS = (_STORE, "/Extensions", "/Version")
_VERSIONS = ("/1.7", "/2.0")
_STREAM_SAYS = {"/Length", "/Filter", "/DecodeParms"}
_EXTENSION_SAYS = {"/Type", "/BaseVersion", "/ExtensionLevel", "/URL", "/ExtensionRevision"}
"""ISO 32000-2, 7.12.3."""
_COMPOUND = (generic.DictionaryObject, generic.ArrayObject, generic.IndirectObject)
_Catalog: Any = CatalogModificationRule
_STRUCTURE = (
    _Catalog(),
    *(
        rule.as_qualified(ModificationLevel.LTA_UPDATES)
        for rule in (XrefStreamRule(), ObjectStreamRule(), DSSCompareRule(), DocInfoRule())
    ),
)
_FORMS: Any = DEFAULT_DIFF_POLICY
_QUIET = StandardDiffPolicy(list(_STRUCTURE), _FORMS.form_rule, ignore_orphaned_objects=False)
"""pyHanko's default without new XMP and without objects that nothing leads to."""
_WRITER_SAYS = frozenset({"/ModDate", "/Producer"})
"""What software writes into /Info about itself whenever it saves (ISO 32000-2, 14.3.3), pyHanko too."""


def adds_nothing_to_see(reader: PdfFileReader, revision: int) -> bool:
    """Whether what came after `revision` is validation data and invisible signature fields at most: what a document
    timestamp comes with."""
    if not _is_still_described(reader.get_historical_resolver(revision), reader):
        return False
    found = _QUIET.review_file(reader, revision)
    return isinstance(found, DiffResult) and found.modification_level <= ModificationLevel.LTA_UPDATES


def _is_still_described(old: Any, new: Any) -> bool:
    """Whether /Info says the same as before, but for when and by what the file was written."""
    was, became = (_information(document.trailer_view) for document in (old, new))
    differ = {key for key in was.keys() | became.keys() if was.get(key) != became.get(key)}
    return differ <= _WRITER_SAYS and all(became.get(key, b"(").startswith((b"(", b"<")) for key in differ)


def _information(trailer: Any) -> dict[str, bytes]:
    """What /Info says; itself, under no name, where it is no dictionary."""
    value = reading.entry(trailer, "/Info")
    if value is None or isinstance(value, generic.DictionaryObject):
        return _said(value or {}, ())
    return {"": repr(value).encode()}


def adds_validation_data_only(reader: PdfFileReader, source: bytes, revision: int, end: int) -> bool:
    """Whether what came after `revision`, which ends at byte `end`, is validation data and nothing else, update by update.

    The catalog may differ in /DSS, /Extensions and /Version alone, /Info in what the writer says of itself; every other
    object is new, or was the /DSS's alone before; none was used before, all are reached from the /DSS alone, and each
    stream is one DER value that says nothing else of itself; nothing that was loose comes within reach, nothing that was
    stored gets lost; and no byte of the tail is
    anything but these objects and their cross-references. Raises what pyHanko raises for what it cannot read."""
    revisions = range(revision + 1, reader.xrefs.total_revisions)
    return (
        adds_nothing_to_see(reader, revision)
        and all(_stores_only(reader, number) for number in revisions)
        and sections.nothing_else(reader, source, revision, end, len(source))
    )


def _stores_only(reader: PdfFileReader, revision: int) -> bool:
    old, new = reader.get_historical_resolver(revision - 1), reader.get_historical_resolver(revision)
    root = _name(new.root_ref)
    before = {name for number in range(revision) for name in _written(reader, number)}
    stored_before, described_before, rest_before = _reached(old, root)
    stored, described, rest = _reached(new, root)
    apart_before, added = stored_before ^ described_before, _written(reader, revision) - {root}
    return (
        _name(old.root_ref) == root
        and _said(old.root, _CATALOG_SAYS) == _said(new.root, _CATALOG_SAYS)
        and _said(old.trailer_view, _NOT_COMPARED) == _said(new.trailer_view, _NOT_COMPARED)
        and not reader.xrefs.refs_freed_in_revision(revision)
        and bool(stored & added)
        and added & before <= apart_before - rest_before
        and added - _frame(reader, revision) <= stored | described
        and not added & (rest | stored & described)
        and stored <= stored_before | added
        and described <= described_before | added
        and _values(old, stored_before) <= _values(new, stored)
        and all(parser.peek(value) == len(value) for value in _values(new, stored & added))
        and all(stream.keys() <= _STREAM_SAYS for stream in _streams(new, stored & added))
        and _declares(old.root, new.root)
    )


def _written(reader: PdfFileReader, revision: int) -> set[_Name]:
    return {_name(one) for one in reader.xrefs.explicit_refs_in_revision(revision)} | _frame(reader, revision)


def _frame(reader: PdfFileReader, revision: int) -> set[_Name]:
    """The streams that hold the cross-references and the compressed objects of a revision."""
    sections: Any = reader.xrefs
    own = {_name(one) for one in sections.explicit_refs_in_revision(revision)}
    tables = {_name(one) for one in sections.xref_stream_refs}
    return tables & own | {_name(one) for one in sections.object_streams_used_in(revision)}


def _name(reference: Any) -> _Name:
    return reference.idnum, reference.generation


def _reached(document: Any, root: _Name) -> tuple[set[_Name], set[_Name], set[_Name]]:
    """What is reached from the /DSS, from /Info, and from everything else that a reader begins at."""
    trailer, catalog = document.trailer_view, document.root
    begin = [catalog.raw_get(key) for key in catalog if key != _STORE]
    begin += [trailer.raw_get(key) for key in trailer if key not in (*_NOT_COMPARED, "/Root")]
    store = [catalog.raw_get(_STORE)] if _STORE in catalog else []
    about = [trailer.raw_get("/Info")] if "/Info" in trailer else []
    return _reach(document, store), _reach(document, about), _reach(document, begin, root)


def _reach(document: Any, pending: list[Any], *closed: _Name) -> set[_Name]:
    """Every reference met from here, whether something is there or not; those `closed` are not followed."""
    met = set(closed)
    pending = list(pending)
    while pending:
        value = pending.pop()
        if isinstance(value, generic.IndirectObject):
            if _name(value) in met:
                continue
            met.add(_name(value))
            value = _followed(document, _name(value))
        if isinstance(value, generic.DictionaryObject):
            pending.extend(value.raw_get(key) for key in value)
        elif isinstance(value, generic.ArrayObject):
            pending.extend(value.raw_get(index) for index in range(len(value)))
    return met - set(closed)


def _followed(document: Any, name: _Name) -> Any:
    try:
        return document.get_object(generic.Reference(*name, document))
    except PdfError:
        return None


def _said(dictionary: Any, but: tuple[str, ...]) -> dict[str, bytes]:
    """The entries as they would be written: a name is not a string that reads the same."""
    said = {}
    for key in dictionary:
        if key not in but:
            with io.BytesIO() as out:
                dictionary.raw_get(key).write_to_stream(out, None)
                said[str(key)] = out.getvalue()
    return said


def _values(document: Any, names: set[_Name]) -> set[bytes]:
    """What the streams among these objects hold."""
    return {bytes(stream.data) for stream in _streams(document, names)}


def _streams(document: Any, names: set[_Name]) -> Iterator[generic.StreamObject]:
    found = (_followed(document, name) for name in sorted(names))
    return (value for value in found if isinstance(value, generic.StreamObject))


def _declares(old: Any, new: Any) -> bool:
    """Whether the catalog declares what it did before, but for extensions and a version of PDF that has all it had: who
    appends validation data says so (pyHanko does whenever a document is no PDF 1.7), and no reader shows more or less."""
    was, became = (_said(catalog, (_STORE,)) for catalog in (old, new))
    return (was.get("/Version") == became.get("/Version") or reading.entry(new, "/Version") in _VERSIONS) and (
        was.get("/Extensions") == became.get("/Extensions") or _are_extensions(new)
    )


def _are_extensions(catalog: Any) -> bool:
    """Whether the catalog's /Extensions, if any, are that: versions by developer, and nothing below them."""
    extensions = reading.entry(catalog, "/Extensions")
    if extensions is None:
        return True
    named = (extensions.raw_get(key) for key in extensions if key != "/Type")
    listed = (one if isinstance(one, generic.ArrayObject) else [one] for one in named)
    return all(
        isinstance(one, generic.DictionaryObject)
        and one.keys() <= _EXTENSION_SAYS
        and not any(isinstance(one.raw_get(key), _COMPOUND) for key in one)
        for one in itertools.chain.from_iterable(listed)
    )
