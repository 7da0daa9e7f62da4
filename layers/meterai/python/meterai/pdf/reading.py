"""Open a PDF the way all of this package reads it: strictly if it can be, else leniently; its pages, its form, its
seals."""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pyhanko.pdf_utils import filters, generic
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader

from meterai.pdf.placement import PageBox, page_box

LOADED = (filters, *map(codecs.lookup, ("ascii", "latin-1", "cp1252", "utf-8", "utf-16", "utf-16-le", "utf-16-be")))
"""What is otherwise imported only when a document asks for it; a child that may open no file has to have it before."""
FIELD_PREFIX = "Emet"
SIGNER_NAME = "e-meterai_signatures"
FIELD_FORM = re.compile(r"Emet([0-9A-Z]{22})", re.ASCII)
REASON_FORM = re.compile(r"\[([0-9A-Z]{22})\]", re.ASCII)
_DEPTH_MAX = 512
_Nothing: Any = generic.DictionaryObject
_INHERITED = ("/MediaBox", "/CropBox", "/Rotate")


@dataclass(frozen=True, slots=True)
class Page:
    """One page: the reference through which the page tree names it, and what is visible of it."""

    reference: generic.Reference
    box: PageBox


def open_document(source: bytes) -> PdfFileReader:
    """A strict reader, or a lenient one for a document that a strict one refuses. Raises whatever pyHanko raises
    when neither opens it."""
    try:
        return _opened(source, strict=True)
    except Exception:
        return _opened(source, strict=False)


def _opened(source: bytes, *, strict: bool) -> PdfFileReader:
    reader = PdfFileReader(io.BytesIO(source), strict=strict)
    if not encrypted(reader):
        for _ in pages(reader):
            pass
    return reader


def entry(holder: Any, key: str) -> Any:
    """What a dictionary holds under a key, its reference followed; None when that is nothing, null, or no
    dictionary."""
    try:
        return holder[key] if isinstance(holder, generic.DictionaryObject) else None
    except KeyError:
        return None


def encrypted(reader: PdfFileReader) -> bool:
    return "/Encrypt" in reader.trailer and not isinstance(reader.trailer["/Encrypt"], generic.NullObject)


def pages(reader: PdfFileReader, pages_max: int = 100_000) -> list[Page]:
    """Every page in order, with what it inherits. Raises PdfError for a tree that loops, is too deep, or has no
    page, for more pages than `pages_max`, for pages that an update could not name, and where readers may differ on which
    page is which or what of it is visible: a page is missing, a tree that calls itself flat is not, or what a page inherits
    from those that list it is not what it inherits from those that it calls its parents."""
    found: list[Page] = []
    seen: set[generic.Reference] = set()
    top = reader.root.raw_get("/Pages")
    pending: list[tuple[Any, dict[str, Any], Any, bool, int]] = [(top, {}, None, True, 0)]
    while pending:
        node, inherited, lister, straight, depth = pending.pop()
        if not isinstance(node, generic.IndirectObject) or node.reference in seen or depth > _DEPTH_MAX:
            raise PdfError("the page tree loops or is not a tree of references")
        seen.add(node.reference)
        value: Any = _followed(node)
        if not isinstance(value, generic.DictionaryObject) or isinstance(value, generic.StreamObject):
            raise PdfError("a page is missing")
        own = {key: entry(value, key) for key in _INHERITED}
        below = inherited | {key: item for key, item in own.items() if item is not None}
        straight = straight and entry(value, "/Parent") is lister
        kids = entry(value, "/Kids")
        if isinstance(kids, generic.ArrayObject) and entry(value, "/Type") != "/Page":
            pending.extend((kid, below, value, straight, depth + 1) for kid in reversed(list(kids)))
            continue
        box = _box(value, below)
        if not straight and box != _box(value, _from_parents(value)):
            raise PdfError("readers may differ on what a page shows")
        found.append(Page(node.reference, box))
        if len(found) > pages_max:
            raise PdfError("too many pages")
    if not found:
        raise PdfError("no page")
    if any(page(reader, number) not in (None, one) for number, one in enumerate([*found, None], 1)):
        raise PdfError("the page tree says that it is flat, and is not")
    return found


def _from_parents(page: Any) -> dict[str, Any]:
    """What a page and those that it calls its parents say, the nearest first."""
    found: dict[str, Any] = {}
    for _ in range(_DEPTH_MAX):
        own = {key: entry(page, key) for key in _INHERITED}
        found = {key: item for key, item in own.items() if item is not None} | found
        page = entry(page, "/Parent")
    return found


def page(reader: PdfFileReader, number: int) -> Page | None:
    """Page `number` (from 1) of a flat page tree, without looking at the others; None when the tree is not flat, which takes
    `pages`. Flat: as many kids as pages, as the tree itself says, and this kid a page. The tree is believed: one that lies
    is refused by `pages`."""
    top = reader.root.raw_get("/Pages")
    tree: Any = _followed(top)
    kids = entry(tree, "/Kids")
    if not isinstance(kids, generic.ArrayObject) or entry(tree, "/Count") != len(kids) or not 0 < number <= len(kids):
        return None
    node = kids.raw_get(number - 1)
    value: Any = _followed(node)
    if not isinstance(node, generic.IndirectObject) or entry(value, "/Type") != "/Page" or "/Kids" in value:
        return None
    return Page(node.reference, _box(value, {key: _either(value, tree, key) for key in _INHERITED}))


def _either(page: Any, tree: Any, key: str) -> Any:
    own = entry(page, key)
    return entry(tree, key) if own is None else own


def _box(page: generic.DictionaryObject, inherited: dict[str, Any]) -> PageBox:
    return page_box(
        _numbers(inherited.get("/MediaBox")),
        _numbers(inherited.get("/CropBox")),
        _number(inherited.get("/Rotate")),
        _number(entry(page, "/UserUnit")),
    )


def _number(value: Any) -> float | None:
    value = _followed(value)
    return float(value) if isinstance(value, (generic.NumberObject, generic.FloatObject)) else None


def _numbers(value: object) -> list[float] | None:
    if not isinstance(value, generic.ArrayObject):
        return None
    numbers = [_number(item) for item in value]
    return [number for number in numbers if number is not None] if None not in numbers else None


def highest_number(reader: PdfFileReader) -> int:
    """The highest object number that any revision uses: what new ones have to be above."""
    sections = [reader.xrefs.get_xref_data(revision) for revision in range(reader.xrefs.total_revisions)]
    sections += [section.hybrid.xref_data for section in sections if section.hybrid is not None]
    return max((number for section in sections for number, _ in section.explicit_refs_in_revision), default=0)


def references(reader: PdfFileReader) -> set[generic.Reference]:
    """Every object that any cross-reference section names."""
    found: set[generic.Reference] = set()
    for revision in range(reader.xrefs.total_revisions):
        found |= reader.xrefs.explicit_refs_in_revision(revision)
    return found


def closed_by_certification(reader: PdfFileReader) -> bool:
    """Whether a certification signature forbids any change: DocMDP with P 1 (ISO 32000-2, 12.8.2.2)."""
    certification = entry(entry(reader.root, "/Perms"), "/DocMDP")
    for transform in items(entry(certification, "/Reference")):
        if entry(transform, "/TransformMethod") == "/DocMDP":
            return bool(entry(entry(transform, "/TransformParams"), "/P") == 1)
    return False


def signature_fields(reader: PdfFileReader) -> Iterator[tuple[str, Any]]:
    """Each signature field that is signed: its full name and the signature dictionary, in the form's order; an empty
    dictionary stands for a signature that cannot be read, so that it is never taken for one that is intact."""
    fields = items(entry(entry(reader.root, "/AcroForm"), "/Fields"))
    nowhere: frozenset[int] = frozenset()
    pending = [(field, "", None, nowhere) for field in reversed(list(fields))]
    seen: set[int] = set()
    while pending:
        field, above, kind, path = pending.pop()
        if id(field) in path or len(path) > _DEPTH_MAX:
            raise PdfError("the form loops")
        if id(field) in seen:  # named twice, which is one field all the same
            continue
        seen.add(id(field))
        part = entry(field, "/T")
        name = ".".join(filter(None, (above, str(part) if isinstance(part, str) else "")))
        kind = entry(field, "/FT") or kind
        try:
            value = entry(field, "/V")
        except (PdfError, ValueError, KeyError):
            value = _Nothing()
        if kind == "/Sig" and isinstance(value, generic.DictionaryObject):
            yield name, value
        below = path | {id(field)}
        pending.extend((kid, name, kind, below) for kid in reversed(list(items(entry(field, "/Kids")))))


def items(array: Any) -> Iterator[Any]:
    """The items of an array, references followed; nothing for anything else."""
    if isinstance(array, generic.ArrayObject):
        for item in array:
            yield _followed(item)


def _followed(item: Any) -> Any:
    follow: Any = getattr(item, "get_object", None)
    return follow() if follow else item
