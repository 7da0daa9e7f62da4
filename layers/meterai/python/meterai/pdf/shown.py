"""What anybody sees of our stamps: serials printed on the pages of a document, and inside the QR codes of its pages or of
a picture of one. All in a bounded child; what is seen is a claim, never a proof."""

from __future__ import annotations

import io
import itertools
import math
import re
import time
from collections.abc import Iterable, Iterator, Sequence
from ctypes import c_ushort, create_string_buffer
from typing import Any

import pypdfium2  # type: ignore[import-untyped]
import zxingcpp
from PIL import Image

from meterai.domain.serial import is_own
from meterai.domain.verdict import PageRuns
from meterai.pdf import reading
from meterai.ports.documents_pdf import Limits

Image.init()
_TOKEN = re.compile(r"(?<![0-9A-Z])[0-9A-Z]{22}(?![0-9A-Z])", re.ASCII)
_WORDS = "METERAI ELEKTRONIK"
_ANY_ADDRESS = re.compile(r"HTTPS?://[^/\s]+/V/", re.ASCII)
_DOTS_PER_POINT = 150 / 72
"""What reads the smallest stamp from a scan reads it from the page (docs/stamp.md)."""
_PIXELS_MAX = 12_000_000
_SURVEY_ENDS, _READING_ENDS = 0.2, 0.6
"""Shares of the child's processor time after which no further page is looked for, and read."""
_OBJECTS_MAX = 2000
_PICTURES = (pypdfium2.raw.FPDF_PAGEOBJ_IMAGE, pypdfium2.raw.FPDF_PAGEOBJ_FORM)
_PNG, _JPEG, _PDF = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"%PDF-"


def is_picture(source: bytes) -> bool:
    """Whether these bytes begin as a PNG or a JPEG does, and not as a PDF may."""
    return source.startswith((_PNG, _JPEG)) and _PDF not in source[:1024]


def on_pages(address: str, limits: Limits, source: bytes) -> dict[str, Any]:
    """In the child: the serials of ours that the pages show, and the runs of pages whose codes nobody read. Raises
    PdfiumError when the document cannot be drawn."""
    document = pypdfium2.PdfDocument(source)
    document.init_forms()
    found: set[str] = set()
    ours, pictures = _survey(document, found, limits.cpu_seconds * _SURVEY_ENDS)
    ends = (0, len(document) - 1)
    wanted = list(dict.fromkeys((*ours, *pictures, *ends)))[: limits.pages_read]
    read: list[int] = []
    for index in wanted:
        if time.process_time() > limits.cpu_seconds * _READING_ENDS:
            break
        try:
            found |= _on_page(document, index, address, printed=index in ours)
        except pypdfium2.PdfiumError:
            continue
        read.append(index + 1)
    return {"serials": sorted(found), "left": _runs(read, len(document))}


def in_picture(address: str, limits: Limits, source: bytes) -> dict[str, Any]:
    """In the child: the serials of ours in the codes of a picture. Raises ValueError for one with more pixels than a
    picture may have, and what Pillow raises for one that it cannot read."""
    with Image.open(io.BytesIO(source), formats=("PNG", "JPEG")) as picture:
        if picture.width * picture.height > limits.picture_pixels_max:
            raise ValueError("too many pixels")
        share = math.sqrt(min(1.0, _PIXELS_MAX / (picture.width * picture.height)))
        size = max(1, int(picture.width * share)), max(1, int(picture.height * share))
        picture.draft("L", size)  # a JPEG is then decoded at a fraction of its size
        grey = picture.convert("L")
        grey.thumbnail(size)
    return {"serials": sorted(_codes(grey, address))}


def _survey(document: pypdfium2.PdfDocument, found: set[str], until: float) -> tuple[list[int], list[int]]:
    """The pages with stamps of ours (a field's widget, or the stamp's words), and those with pictures, by index; what
    text says outright is added to `found`."""
    ours: list[int] = []
    pictures: list[int] = []
    for index in range(len(document)):
        if time.process_time() > until:
            break
        try:
            page = document[index]
            text = page.get_textpage().get_text_range()
            found |= _printed(text)
            if _WORDS in text or _has_our_widget(page):
                ours.append(index)
            elif any(one.type in _PICTURES for one in itertools.islice(page.get_objects(max_depth=1), _OBJECTS_MAX)):
                pictures.append(index)
        except pypdfium2.PdfiumError:
            continue
    return ours, pictures


def _has_our_widget(page: pypdfium2.PdfPage) -> bool:
    for index in range(min(pypdfium2.raw.FPDFPage_GetAnnotCount(page.raw), _OBJECTS_MAX)):
        mark = pypdfium2.raw.FPDFPage_GetAnnot(page.raw, index)
        if mark:
            name = _field(mark)
            pypdfium2.raw.FPDFPage_CloseAnnot(mark)
            if name.startswith(reading.FIELD_PREFIX):
                return True
    return False


def _field(mark: Any) -> str:
    """The start of an annotation's own field name."""
    room = create_string_buffer(2 * 64)
    size = pypdfium2.raw.FPDFAnnot_GetStringValue(mark, b"T", (c_ushort * 64).from_buffer(room), len(room))
    return room.raw[: max(0, size - 2)].decode("utf-16-le", "replace") if size <= len(room) else ""


def _on_page(document: pypdfium2.PdfDocument, index: int, address: str, *, printed: bool) -> set[str]:
    page = document[index]
    width, height = page.get_size()
    scale = min(_DOTS_PER_POINT, math.sqrt(_PIXELS_MAX / max(1.0, width * height)))
    found = _codes(page.render(scale=scale, grayscale=True).to_pil(), address)
    if printed:  # what an annotation draws is text only once it is part of the page
        pypdfium2.raw.FPDFPage_Flatten(page.raw, pypdfium2.raw.FLAT_NORMALDISPLAY)
        found |= _printed(document[index].get_textpage().get_text_range())
    return found


def _printed(text: str) -> set[str]:
    """Serials of ours in text that has the stamp's words too."""
    return {token for token in _TOKEN.findall(text) if is_own(token)} if _WORDS in text else set()


def _codes(picture: Image.Image, address: str) -> set[str]:
    codes = zxingcpp.read_barcodes(picture, formats=zxingcpp.BarcodeFormat.QRCode, try_invert=False)
    return set(_serials((code.text for code in codes), address))


def _serials(texts: Iterable[str], address: str) -> Iterator[str]:
    """The serials in what codes say, where that is an address of ours."""
    for text in texts:
        said = text.strip().upper()
        any_address = None if address else _ANY_ADDRESS.match(said)
        start = any_address.end() if any_address else len(address)
        token = _TOKEN.match(said, start)
        if token and (any_address or (address and said.startswith(address))) and is_own(token[0]):
            yield token[0]


def _runs(read: Sequence[int], count: int) -> PageRuns:
    """The pages from 1 to `count` that are not among `read`, as first and last of each run."""
    edges = [0, *sorted(read), count + 1]
    return tuple((before + 1, after - 1) for before, after in itertools.pairwise(edges) if after - before > 1)
