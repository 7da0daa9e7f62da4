"""Look at a document before anything is promised: can it be read, may it be stamped, is it small enough, where would
it go."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterator
from dataclasses import asdict
from functools import partial
from typing import Any

from pyhanko.pdf_utils import generic

from meterai.domain.errors import (
    DocumentCertified,
    DocumentEncrypted,
    DocumentTooComplex,
    DocumentTooLarge,
    DocumentUnreadable,
    Refusal,
    every_refusal,
)
from meterai.domain.placement import PageGeometry, suggested
from meterai.pdf import child, reading
from meterai.ports.documents_pdf import Examination, Finding, Limits

_FLATE = ("/FlateDecode", "/Fl")
_FAILED = {
    "memory": DocumentTooComplex,
    "time": DocumentTooComplex,
    "raised": DocumentUnreadable,
    "crashed": DocumentUnreadable,
}


def examine(source: bytes, limits: Limits = Limits()) -> Examination:  # noqa: B008 - frozen
    """What a document is, seen in a bounded child. Never raises for what `source` is: that is a finding.

    Pages are as displayed, in points. A finding whose severity is `error` refuses the document (`refusal`)."""
    seen: dict[str, Any] = {"pages": [], "codes": [], "signatures": 0, "stamps": []}
    if len(source) > limits.size_max:
        seen["codes"] = [DocumentTooLarge.code]
    else:
        answer = child.run(partial(_look, limits), source, limits)
        seen |= {"codes": [_FAILED[answer.why].code]} if isinstance(answer, child.Failure) else answer
    pages = tuple(PageGeometry(**page) for page in seen["pages"])
    return Examination(
        sha256=hashlib.sha256(source).hexdigest(),
        size=len(source),
        pages=pages,
        findings=tuple(_finding(code) for code in seen["codes"]),
        suggested_placement=suggested(pages),
        signatures=seen["signatures"],
        stamps=tuple(seen["stamps"]),
    )


def refusal(examination: Examination) -> Refusal | None:
    """The refusal to raise for a document that cannot be stamped, the first of its errors; None for one that can."""
    kinds = {kind.code: kind for kind in every_refusal()}
    return next((kinds[found.code]() for found in examination.findings if found.severity == "error"), None)


def _finding(code: str) -> Finding:
    errors = {kind.code for kind in every_refusal()} - {"already_stamped"}
    return Finding(code, "error" if code in errors else "info", repairable=False)


def _look(limits: Limits, source: bytes) -> dict[str, Any]:
    """In the child: everything that `examine` wants to know, as JSON can carry it."""
    try:
        reader = reading.open_document(source)
    except MemoryError:
        raise
    except Exception:
        return {"codes": [DocumentUnreadable.code]}
    if reading.encrypted(reader):
        return {"codes": [DocumentEncrypted.code]}
    pages = reading.pages(reader)
    names = reading.references(reader)
    if (
        len(pages) > limits.pages_max
        or len(names) > limits.objects_max
        or reader.xrefs.total_revisions > limits.xref_sections_max
        or not _fits(reader, names, limits)
    ):
        return {"codes": [DocumentTooComplex.code]}
    signed = list(reading.signature_fields(reader))
    stamps = [match[1] for name, _ in signed if (match := reading.FIELD_FORM.fullmatch(name))]
    codes = [DocumentCertified.code] if reading.closed_by_certification(reader) else []
    codes += ["already_stamped"] if stamps else []
    codes += ["signed"] if len(signed) > len(stamps) else []
    return {
        "pages": [asdict(page.box.displayed) for page in pages],
        "codes": codes,
        "signatures": len(signed),
        "stamps": stamps,
    }


def _fits(reader: Any, names: set[generic.Reference], limits: Limits) -> bool:
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
            left -= _inflated(value.encoded_data, filters, left)
            if len(filters) > limits.filters_max or left < 0:
                return False
    return True


def _filters(stream: generic.StreamObject) -> Iterator[str]:
    named = reading.entry(stream, "/Filter")
    yield from [named] if isinstance(named, str) else (str(item) for item in reading.items(named))


def _inflated(data: bytes, filters: list[str], allowed: int) -> int:
    """How many bytes the leading Flate layers make of `data`, all layers counted, no further than one beyond
    `allowed`."""
    made = 0
    for name in filters:
        if name not in _FLATE:
            break
        unpack = zlib.decompressobj()
        try:
            data = unpack.decompress(data, max(1, allowed - made + 1))
        except zlib.error:
            break
        made += len(data)
        if made > allowed:
            break
    return made
