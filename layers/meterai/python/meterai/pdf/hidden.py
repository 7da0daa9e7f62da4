"""Content that a reader does not show now and that a later revision, or a click, could bring up.

A signature, and so a stamp, covers bytes; published shadow attacks plant what those bytes will be made to show later. Told
here, as warnings: scripts; layers, and layers that are switched off; whole pages and drawings that nothing leads to; an
object that one revision defines twice; and, from the page as it is drawn (`covered`), text under something opaque or under
a field that can be filled in.
**Not told**, because no reader can tell it from honest work: text in the paper's colour or too small to read, text inside
a drawing of its own (a form XObject) under another, a font that draws other letters than it names, a field's value that
differs from its appearance, and everything that a viewer fetches or computes."""

from __future__ import annotations

import bisect
import re
import time
from collections.abc import Iterable, Iterator
from ctypes import c_int
from typing import Any

import pypdfium2  # type: ignore[import-untyped]
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader

from meterai.pdf import reading

SCRIPTS = "scripts"
LAYERS = "optional_content"
LAYERS_OFF = "hidden_layers"
UNREFERENCED = "unreferenced_content"
TWICE = "duplicate_objects"
COVERED = "covered_content"
CODES = frozenset({SCRIPTS, LAYERS, LAYERS_OFF, UNREFERENCED, TWICE, COVERED})
_DEFINED = re.compile(rb"(?:^|(?<=[\r\n]))(\d{1,7}) (\d{1,5}) obj\b")
_PARTS_MAX = 400_000
_PAGES = ("/Page", "/Pages", "/Catalog")
_OBJECTS_MAX = 3_000
_SLACK = 1.0
_HIDDEN, _NO_VIEW = 2, 32
_FILLED_IN = (
    pypdfium2.raw.FPDF_FORMFIELD_TEXTFIELD,
    pypdfium2.raw.FPDF_FORMFIELD_COMBOBOX,
    pypdfium2.raw.FPDF_FORMFIELD_LISTBOX,
)
_DARK = 96
_GONE = 0.3
"""Share of a text's ink that has to be missing from the page as drawn: what lies over it may have ink of its own."""


def planted(reader: PdfFileReader, source: bytes, names: Iterable[generic.Reference]) -> list[str]:
    """The codes of what the document's structure shows, in the order of the list above."""
    reached: set[generic.Reference] = set()
    scripted = _walk(reader, [reader.trailer.raw_get("/Root")], reached)
    for key in ("/Info", "/Encrypt"):
        if key in reader.trailer:
            _walk(reader, [reader.trailer.raw_get(key)], reached)
    loose = sorted(set(names) - reached, key=lambda name: (name.idnum, name.generation))
    properties = reading.entry(reader.root, "/OCProperties")
    layers = reading.entry(properties, "/OCGs")
    configuration = reading.entry(properties, "/D")
    off = reading.entry(configuration, "/OFF")
    there = {
        SCRIPTS: scripted,
        LAYERS: isinstance(layers, generic.ArrayObject) and len(layers) > 0,
        LAYERS_OFF: (isinstance(off, generic.ArrayObject) and len(off) > 0)
        or reading.entry(configuration, "/BaseState") == "/OFF",
        UNREFERENCED: any(_is_content(reader, name) for name in loose),
        TWICE: _defines_twice(reader, source),
    }
    return [code for code, found in there.items() if found]


def _walk(reader: PdfFileReader, pending: list[Any], reached: set[generic.Reference]) -> bool:
    """Follow every reference from here, noting what was reached; whether a script or a launch was met on the way."""
    scripted, left = False, _PARTS_MAX
    while pending and left:
        left -= 1
        value = pending.pop()
        if isinstance(value, generic.IndirectObject):
            if value.reference in reached:
                continue
            reached.add(value.reference)
            value = _read(reader, value.reference)
        if isinstance(value, generic.DictionaryObject):
            scripted = scripted or "/JS" in value or value.get("/S") in ("/JavaScript", "/Launch")
            pending.extend(value.raw_get(key) for key in value)
        elif isinstance(value, generic.ArrayObject):
            pending.extend(value.raw_get(index) for index in range(len(value)))
    return scripted


def _read(reader: Any, name: generic.Reference) -> Any:
    try:
        return reader.get_object(name)
    except MemoryError:
        raise
    except Exception:
        return None


def _is_content(reader: PdfFileReader, name: generic.Reference) -> bool:
    """Whether an object that nothing leads to is a page or a drawing; what writers leave behind otherwise is not."""
    value = _read(reader, name)
    kind = reading.entry(value, "/Type")
    if kind in _PAGES:
        return True
    if not isinstance(value, generic.StreamObject):
        return False
    drawing = kind == "/XObject" or reading.entry(value, "/Subtype") in ("/Form", "/Image")
    hint = isinstance(reading.entry(value, "/S"), int)  # ISO 32000-2, F.4: a linearised file's hint stream
    return drawing or (kind is None and not hint)


def _defines_twice(reader: PdfFileReader, source: bytes) -> bool:
    """Whether one revision has two objects of one number: a later cross-reference could choose the other."""
    ends = sorted(
        {reader.xrefs.get_xref_container_info(number).end_location for number in range(reader.xrefs.total_revisions)}
    )
    seen: set[tuple[bytes, bytes, int]] = set()
    for match in _DEFINED.finditer(source):
        key = (match[1], match[2], bisect.bisect_left(ends, match.start()))
        if key in seen:
            return True
        seen.add(key)
    return False


def covered(document: pypdfium2.PdfDocument, pages: Iterable[int], until: float) -> bool:
    """Whether text on one of these pages (from 0) is drawn and then hidden under something opaque: an image, a filled
    shape, another drawing, an annotation or a form field. Looks until the process has spent `until` seconds."""
    return any(_covers(document[index]) for index in pages if time.process_time() < until)


def _covers(page: pypdfium2.PdfPage) -> bool:
    """Draw the page as it is, and once more without what lies over text: text that only the second shows was covered."""
    objects = list(_objects(page))
    texts = [(order, box) for order, kind, box, _ in objects if kind == pypdfium2.raw.FPDF_PAGEOBJ_TEXT]
    over = [
        (one, box, beneath)
        for order, kind, box, one in objects
        if kind != pypdfium2.raw.FPDF_PAGEOBJ_TEXT
        if (beneath := [text for before, text in texts if before < order and _inside(text, box)])
    ]
    marks, fields = list(_marks(page)), list(_marks(page, fields=True))
    if any(_inside(text, field) for _, text in texts for field in fields):
        return True  # which of the two a reader sees depends on its viewer
    beneath = [text for _, _, below in over for text in below]
    beneath += [text for _, text in texts if any(_inside(text, mark) for mark in marks)]
    if not beneath:
        return False
    scale = min(1.0, 1000 / max(page.get_size()))
    shown = page.render(scale=scale, grayscale=True).to_pil()
    for one, _, _ in over:
        page.remove_obj(one)
    bare = page.render(scale=scale, grayscale=True, draw_annots=False, may_draw_forms=False).to_pil()
    return any(_vanished(page, text, scale, shown, bare) for text in beneath)


def _objects(page: pypdfium2.PdfPage) -> Iterator[tuple[int, int, tuple[float, ...], Any]]:
    for order, one in enumerate(page.get_objects(max_depth=1)):
        if order >= _OBJECTS_MAX:
            return
        try:
            box = one.get_bounds()
        except pypdfium2.PdfiumError:
            continue
        if one.type != pypdfium2.raw.FPDF_PAGEOBJ_TEXT or (
            pypdfium2.raw.FPDFTextObj_GetTextRenderMode(one.raw) != pypdfium2.raw.FPDF_TEXTRENDERMODE_INVISIBLE
        ):
            yield order, one.type, box, one


def _marks(page: pypdfium2.PdfPage, *, fields: bool = False) -> Iterator[tuple[float, ...]]:
    """Where annotations and form fields are; of `fields`, only those that can be filled in and are to be seen."""
    for index in range(min(pypdfium2.raw.FPDFPage_GetAnnotCount(page.raw), _OBJECTS_MAX)):
        mark = pypdfium2.raw.FPDFPage_GetAnnot(page.raw, index)
        if not mark:
            continue
        place = pypdfium2.raw.FS_RECTF()
        wanted = not fields or _fillable(page, mark)
        if wanted and pypdfium2.raw.FPDFAnnot_GetRect(mark, place):
            yield place.left, place.bottom, place.right, place.top
        pypdfium2.raw.FPDFPage_CloseAnnot(mark)


def _fillable(page: pypdfium2.PdfPage, mark: Any) -> bool:
    if pypdfium2.raw.FPDFAnnot_GetSubtype(mark) != pypdfium2.raw.FPDF_ANNOT_WIDGET:
        return False
    if pypdfium2.raw.FPDFAnnot_GetFlags(mark) & (_HIDDEN | _NO_VIEW):
        return False
    form = page.formenv  # none when the document has fields on its pages and no form to name them
    return form is None or pypdfium2.raw.FPDFAnnot_GetFormFieldType(form.raw, mark) in _FILLED_IN


def _inside(inner: tuple[float, ...], outer: tuple[float, ...]) -> bool:
    return (
        outer[0] - _SLACK <= inner[0]
        and outer[1] - _SLACK <= inner[1]
        and inner[2] <= outer[2] + _SLACK
        and inner[3] <= outer[3] + _SLACK
    )


def _vanished(page: pypdfium2.PdfPage, text: tuple[float, ...], scale: float, shown: Any, bare: Any) -> bool:
    box = displayed(page, text, scale)
    there, gone = 0, 0
    for dark, now in zip(bare.crop(box).tobytes(), shown.crop(box).tobytes(), strict=True):
        if dark < 255 - _DARK:
            there += 1
            gone += abs(now - dark) > _DARK
    return there > 8 and gone > there * _GONE


def displayed(page: pypdfium2.PdfPage, box: tuple[float, ...], scale: float) -> tuple[int, int, int, int]:
    """A box of the page's own coordinates (left, bottom, right, top) as pixels of the page drawn at this scale."""
    width, height = (max(1, round(edge * scale)) for edge in page.get_size())
    corners = [_device(page, x, y, width, height) for x, y in ((box[0], box[1]), (box[2], box[3]))]
    (xa, ya), (xb, yb) = corners
    left, top = max(0, min(xa, xb)), max(0, min(ya, yb))
    return left, top, max(left, min(width, max(xa, xb) + 1)), max(top, min(height, max(ya, yb) + 1))


def _device(page: pypdfium2.PdfPage, x: float, y: float, width: int, height: int) -> tuple[int, int]:
    across, down = c_int(), c_int()
    pypdfium2.raw.FPDF_PageToDevice(page.raw, 0, 0, width, height, 0, x, y, across, down)
    return across.value, down.value
