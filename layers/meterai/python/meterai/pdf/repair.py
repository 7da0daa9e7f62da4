"""Repairs (perbaikan) that an owner chooses by name: new bytes of a document, made in a bounded child.

A signed document is never rewritten: any rewriting would break its signatures. Doubt counts as signed."""

from __future__ import annotations

import contextlib
import io
import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Any

import pikepdf
from PIL import Image
from pyhanko.pdf_utils.crypt import AuthStatus
from pyhanko.pdf_utils.metadata import xmp_xml
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import PdfFileWriter

from meterai.domain.errors import (
    Busy,
    DocumentCertified,
    DocumentEncrypted,
    DocumentSigned,
    DocumentTooComplex,
    DocumentTooLarge,
    DocumentUnreadable,
    refusal_of,
)
from meterai.pdf import child
from meterai.pdf.placement import page_box
from meterai.ports.documents_pdf import Limits, Repair

Image.init()
LOADED = (xmp_xml,)
"""This, and Pillow's readers, are imported when first needed: a child that may open no file has to have them before."""
_BYTE_RANGE = re.compile(rb"/ByteRange")
_INHERITED = ("/Resources", "/MediaBox", "/CropBox", "/Rotate")
_DIRECT = (0, 0)
"""What stands for the object number of a value that is no object of its own."""
_SMALL_IMAGE = 4096
"""Bytes of an image below which nothing is won by making it smaller."""
_STEPS = ((1.0, 80), (0.75, 75), (0.6, 70), (0.5, 65), (0.4, 60), (0.3, 55), (0.22, 50), (0.15, 45))
"""How far images are scaled down, and the JPEG quality that goes with it, from hardly visible to barely legible."""
_EDGE_MIN = 64
_PASSES = 3
_SPARE = 0.97
"""Of the room for images, what they are fitted into: the rest of a document grows a little when it is written."""
_FAILED = {
    "memory": DocumentTooComplex,
    "time": DocumentTooComplex,
    "raised": DocumentUnreadable,
    "crashed": DocumentUnreadable,
}


@dataclass(frozen=True, slots=True)
class Opened:
    """How qpdf's recovering reader finds a document: whether it has a page, is encrypted (and then opens with an empty
    password), and carries a signature or may do so."""

    pages: int
    encrypted: bool
    needs_password: bool
    signed: bool


def repair(source: bytes, how: Repair, size_max: int | None, limits: Limits = Limits()) -> bytes:  # noqa: B008 - frozen
    """The document repaired: `rewrite` writes its structure anew, `unlock` takes away an encryption whose password for
    reading is empty, `shrink_images` makes its images smaller until it has at most `size_max` bytes. The same bytes
    when there is nothing to repair.

    Raises DocumentSigned, DocumentCertified, DocumentEncrypted, DocumentUnreadable, DocumentTooComplex, and
    DocumentTooLarge when the result is larger than `size_max` or than documents may be; Busy."""
    answer = child.run(partial(_mended, how, size_max), source, limits.for_repair)
    if isinstance(answer, child.Failure):
        if answer.why == "stalled":
            raise Busy("the machine gave the repair no time")
        raise _FAILED[answer.why]("the repair did not succeed")
    if answer.told["code"] is not None:
        raise refusal_of(answer.told["code"])("the document cannot be repaired so")
    (mended,) = answer.files
    most = min(size_max or limits.size_max, limits.size_max)
    if len(mended) > most:
        raise DocumentTooLarge(f"the smallest that was reached is {len(mended)} bytes", size=len(mended), limit=most)
    return bytes(mended)


class _Copy(PdfFileWriter):
    """pyHanko's, but leaving the owner's metadata as it is."""

    def _update_meta(self) -> None:
        pass


def _open(source: bytes) -> pikepdf.Pdf:
    """By qpdf's recovering reader, which here leaves the page tree alone: one that loops it would not open."""
    return pikepdf.open(io.BytesIO(source), inherit_page_attributes=False)


def opened(source: bytes) -> Opened | None:
    """In the child: how qpdf finds the document; None when it does not open it or finds no page."""
    logging.disable(logging.CRITICAL)
    try:
        plain = _readable(source)
        with _open(plain) as pdf:
            locked, pages = pdf.is_encrypted or plain is not source, len(_leaves(pdf))
            return Opened(pages, locked, False, _signed(source, pdf)) if pages else None
    except pikepdf.PasswordError:
        return Opened(0, True, True, True)
    except MemoryError:
        raise
    except Exception:
        return None


def _readable(source: bytes) -> bytes:
    """The document as qpdf can open it. For some encryptions its library asks for random numbers from a device, which a
    child cannot open; then pyHanko takes the encryption away. Raises PasswordError when an empty password does not do."""
    try:
        _open(source).close()
    except pikepdf.PdfError:  # among them PasswordError: qpdf knows what is wrong
        raise
    except RuntimeError:
        reader: Any = PdfFileReader(io.BytesIO(source), strict=False)
        if reader.decrypt(b"").status == AuthStatus.FAILED:
            raise pikepdf.PasswordError("an empty password does not open it") from None
        copied: Any = _Copy(  # type: ignore[no-untyped-call]
            stream_xrefs=False, init_page_tree=False
        )
        copied.root.update(copied.import_object(reader.root))
        if "/Info" in reader.trailer:
            copied.set_info(copied.add_object(copied.import_object(reader.trailer["/Info"])))
        out = io.BytesIO()
        copied.write(out)
        return out.getvalue()
    return source


def _mended(how: Repair, size_max: int | None, source: bytes) -> child.Answer:
    """In the child: the repaired bytes, or the code of what forbids it."""
    seen = opened(source)
    if seen is None:
        return child.Answer({"code": DocumentUnreadable.code}, ())
    if seen.needs_password or (seen.encrypted and how != "unlock"):
        return child.Answer({"code": DocumentEncrypted.code}, ())
    if seen.signed:
        return child.Answer({"code": _closed(source) or DocumentSigned.code}, ())
    if (how == "unlock" and not seen.encrypted) or (how == "shrink_images" and len(source) <= (size_max or 0)):
        return child.Answer({"code": None}, (source,))
    with _open(_readable(source)) as pdf:
        mended = _shrunk(pdf, size_max or 0) if how == "shrink_images" else _written(pdf)
    return child.Answer({"code": None}, (mended,))


def _signed(source: bytes, pdf: pikepdf.Pdf) -> bool:
    """Whether any object is a signature, or the bytes hold the word that every signature has (ISO 32000-2, 12.8.1)."""
    return _BYTE_RANGE.search(source) is not None or any("/ByteRange" in one for one in _dictionaries(pdf))


def _dictionaries(pdf: pikepdf.Pdf) -> Iterator[Any]:
    for one in pdf.objects:
        if isinstance(one, (pikepdf.Dictionary, pikepdf.Stream)):
            yield one


def _closed(source: bytes) -> str | None:
    """The code of a certification that forbids every change (DocMDP P 1), if the document has one."""
    with contextlib.suppress(Exception), _open(source) as pdf:
        for reference in pdf.Root.Perms.DocMDP.Reference:
            if int(reference.TransformParams.get("/P", 2)) == 1:
                return DocumentCertified.code
    return None


def _leaves(pdf: pikepdf.Pdf) -> list[tuple[Any, dict[str, Any]]]:
    """Every page in order, with what it inherits: whatever the tree loops to, or is no page, is left out."""
    found: list[tuple[Any, dict[str, Any]]] = []
    seen: set[tuple[int, int]] = set()
    pending: list[tuple[Any, dict[str, Any]]] = [(pdf.Root.get("/Pages"), {})]
    while pending:
        node, above = pending.pop()
        if not isinstance(node, pikepdf.Dictionary):
            continue
        below = above | {key: node[key] for key in _INHERITED if key in node}
        kids = node.get("/Kids")
        if not isinstance(kids, pikepdf.Array) or node.get("/Type") == "/Page":
            found.append((node, below))
        elif node.objgen not in seen:
            seen |= {node.objgen} - {_DIRECT}
            pending.extend((kid, below) for kid in reversed(list(kids)))
    return found


def _plain_tree(pdf: pikepdf.Pdf) -> None:
    """Give the document a page tree without branches, each page an object of its own that inherits nothing."""
    tree = pdf.make_indirect(pikepdf.Dictionary(Type=pikepdf.Name.Pages))
    kids: list[Any] = []
    seen: set[tuple[int, int]] = {_DIRECT}
    for leaf, inherited in _leaves(pdf):
        page = pdf.make_indirect(pikepdf.Dictionary(dict(leaf.items()))) if leaf.objgen in seen else leaf
        seen.add(leaf.objgen)
        for key, value in (inherited | _shown(inherited)).items():
            page[key] = value
        page.Type, page.Parent = pikepdf.Name.Page, tree
        kids.append(page)
    tree.Kids, tree.Count = pikepdf.Array(kids), len(kids)
    pdf.Root.Pages = tree


def _shown(inherited: dict[str, Any]) -> dict[str, Any]:
    """What has to be put in another way, so that every viewer shows the same part of the page the same way up."""
    media, crop = (_numbers(inherited.get(key)) for key in ("/MediaBox", "/CropBox"))
    turned = inherited.get("/Rotate")
    rotate = float(turned) if isinstance(turned, (int, Decimal)) else None
    box = page_box(media, crop, rotate)
    plain: dict[str, Any] = {}
    if media is None or page_box(media).crop != tuple(media):
        plain["/MediaBox"] = list(page_box(media).crop)
    if crop != list(box.crop) and "/CropBox" in inherited:
        plain["/CropBox"] = list(box.crop)
    if rotate != box.rotation and "/Rotate" in inherited:
        plain["/Rotate"] = box.rotation
    return plain


def _numbers(value: Any) -> list[float] | None:
    if not isinstance(value, pikepdf.Array) or not all(isinstance(edge, (int, Decimal)) for edge in value):
        return None
    return [float(edge) for edge in value]


def _plain_form(pdf: pikepdf.Pdf) -> None:
    """Take out of the form what is no field, and each field but where it is met first: a form may be made to loop."""
    form = pdf.Root.get("/AcroForm")
    if not isinstance(form, pikepdf.Dictionary):
        if form is not None:
            del pdf.Root["/AcroForm"]
        return
    seen: set[tuple[int, int]] = set()
    pending: list[tuple[Any, str]] = [(form, "/Fields")]
    while pending:
        holder, key = pending.pop(0)
        kids = holder.get(key)
        kept: list[Any] = []
        for kid in kids if isinstance(kids, pikepdf.Array) else ():
            if isinstance(kid, pikepdf.Dictionary) and kid.objgen not in seen:
                seen |= {kid.objgen} - {_DIRECT}
                kept.append(kid)
        if kids is not None and not (isinstance(kids, pikepdf.Array) and len(kept) == len(kids)):
            holder[key] = pikepdf.Array(kept)
        pending.extend((kid, "/Kids") for kid in kept)


def _written(pdf: pikepdf.Pdf) -> bytes:
    """The document written anew: only what its catalog leads to, a plain page tree, one cross-reference, no encryption. The
    same document gives the same bytes."""
    _plain_tree(pdf)
    _plain_form(pdf)
    pdf.trailer.Size = 1  # qpdf puts the true one where there is one
    out = io.BytesIO()
    pdf.save(
        out,
        encryption=False,
        fix_metadata_version=False,
        object_stream_mode=pikepdf.ObjectStreamMode.generate,
        deterministic_id=True,
    )
    return out.getvalue()


def _shrunk(pdf: pikepdf.Pdf, size_max: int) -> bytes:
    """The document with each image reduced by the share that gets it below `size_max`, or as far as it goes. One
    picture is decoded at a time: together they may be larger than the memory that there is."""
    mended = _written(pdf)
    images = [image for image in _dictionaries(pdf) if _reducible(image)]
    for _ in range(_PASSES):
        weight = sum(_weight(image) for image in images)
        if len(mended) <= size_max or not images:
            break
        share = (size_max - (len(mended) - weight)) / weight * _SPARE
        reduced = [_reduce(image, max(0, int(_weight(image) * share))) for image in images]
        mended = _written(pdf)
        if not any(reduced):
            break
    return mended


def _weight(image: Any) -> int:
    return len(image.read_raw_bytes())


def _reducible(image: Any) -> bool:
    """Whether JPEG keeps what this image means: no stencil, no colour key, no inversion, not two-level."""
    if not isinstance(image, pikepdf.Stream) or image.get("/Subtype") != "/Image":
        return False
    return (
        not image.get("/ImageMask", False)
        and not isinstance(image.get("/Mask"), pikepdf.Array)
        and "/Decode" not in image
        and int(image.get("/BitsPerComponent", 8)) == 8
        and _weight(image) > _SMALL_IMAGE
    )


def _picture(image: Any) -> Image.Image | None:
    """The image decoded, in grey or RGB; None for one that is kept as it is."""
    try:
        picture = pikepdf.PdfImage(image).as_pil_image()
        picture.load()
    except MemoryError:
        raise
    except Exception:
        return None
    if picture.mode == "P":
        return picture.convert("RGB")
    return picture if picture.mode in ("L", "RGB") else None


def _reduce(image: Any, wanted: int) -> bool:
    """Replace the image by the least reduced JPEG of itself that has `wanted` bytes, or the smallest; whether that
    made it smaller."""
    picture = _picture(image)
    if picture is None:
        return False
    data, edges = b"", picture.size
    for scale, quality in _STEPS:
        width, height = (max(min(_EDGE_MIN, edge), round(edge * scale)) for edge in picture.size)
        edges = (width, height)
        made = io.BytesIO()
        smaller = picture if edges == picture.size else picture.resize(edges, Image.Resampling.BOX)
        smaller.save(made, "JPEG", quality=quality)
        data = made.getvalue()
        if len(data) <= wanted:
            break
    if len(data) >= _weight(image):
        return False
    image.write(data, filter=pikepdf.Name.DCTDecode)
    image.Width, image.Height = edges
    components = {"L": 1, "RGB": 3}[picture.mode]
    if not _fits(image.get("/ColorSpace"), components):
        image.ColorSpace = pikepdf.Name.DeviceGray if components == 1 else pikepdf.Name.DeviceRGB
    return True


def _fits(space: Any, components: int) -> bool:
    """Whether a profiled colour space goes on describing the picture."""
    return (
        isinstance(space, pikepdf.Array)
        and len(space) == 2
        and space[0] == "/ICCBased"
        and int(space[1].get("/N", 0)) == components
    )
