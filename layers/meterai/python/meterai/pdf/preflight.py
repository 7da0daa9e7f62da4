"""Look at a document before anything is promised: can it be read, may it be stamped, is it small enough, where would
it go."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any, Literal

import pypdfium2  # type: ignore[import-untyped]
from pyhanko.pdf_utils import generic

from meterai.domain.errors import (
    Busy,
    DocumentCertified,
    DocumentEncrypted,
    DocumentTooComplex,
    DocumentTooLarge,
    DocumentTooManyPages,
    DocumentUnreadable,
    Refusal,
    every_refusal,
)
from meterai.domain.placement import POINTS_PER_MM, PageGeometry, Placement, suggested
from meterai.pdf import child, hidden, reading, repair
from meterai.pdf.inflation import fits
from meterai.pdf.seal import extends
from meterai.pdf.suggestion import suggest
from meterai.ports.documents_pdf import Examination, Finding, Limits, Repair

BROKEN = "broken_structure"
PAPERS: tuple[tuple[str, tuple[float, float]], ...] = (
    ("", (210.0, 297.0)),
    ("page_letter", (215.9, 279.4)),
    ("page_f4", (215.0, 330.0)),
    ("page_f4", (210.0, 330.0)),
)
"""A4 needs no word (ISO 216); Letter (ANSI A); F4, which Indonesia prints on, is sold in both widths."""
PAPER_TOLERANCE_MM = 3.0
WARNINGS = frozenset({BROKEN, "page_letter", "page_f4", "page_not_a4"}) | hidden.CODES
_LOOKING_ENDS = 0.2
"""Share of the child's processor time after which no further page is looked at for covered text: people wait."""
_SAME_SHAPE = 1e-3
_ENCRYPTED = re.compile(rb"/Encrypt\b")
_FAILED = {
    "memory": DocumentTooComplex,
    "time": DocumentTooComplex,
    "raised": DocumentUnreadable,
    "crashed": DocumentUnreadable,
}


def examine(source: bytes, limits: Limits = Limits()) -> Examination:  # noqa: B008 - frozen
    """What a document is, seen in a bounded child. Never raises for what `source` is: that is a finding. Raises Busy when
    the machine gave the child no time.

    Pages are as displayed, in points. A finding whose severity is `error` refuses the document (`refusal`)."""
    seen: dict[str, Any] = {"pages": [], "found": [], "signatures": 0, "stamps": []}
    if len(source) > limits.size_max:
        seen["found"] = [(DocumentTooLarge.code, None)]
    else:
        answer = child.run(partial(_look, limits), source, limits)
        if isinstance(answer, child.Failure):
            if answer.why == "stalled":
                raise Busy("the machine gave preflight no time")
            answer = {"found": [(_FAILED[answer.why].code, _mending(source, limits))]}
        seen |= answer
    pages = tuple(PageGeometry(**page) for page in seen["pages"])
    drawn = _drawn(source, pages, limits)
    if drawn.otherwise:
        seen["found"].insert(0, (DocumentUnreadable.code, None if seen["signatures"] else _mending(source, limits)))
    seen["found"] += [(hidden.COVERED, None)] if drawn.covered else []
    return Examination(
        sha256=hashlib.sha256(source).hexdigest(),
        size=len(source),
        pages=pages,
        findings=tuple(_finding(code, how) for code, how in seen["found"]),
        suggested_placement=drawn.placement or suggested(pages),
        signatures=seen["signatures"],
        stamps=tuple(seen["stamps"]),
        suggested_ink=drawn.ink,
    )


@dataclass(frozen=True, slots=True)
class _Drawn:
    """What the pages as drawn show; nothing when they cannot be drawn, which does not refuse a document. `otherwise`: they are
    not the pages that were read, and a stamp would be where nobody sees it."""

    otherwise: bool = False
    covered: bool = False
    placement: Placement | None = None
    ink: float | None = None


def _drawn(source: bytes, pages: Sequence[PageGeometry], limits: Limits) -> _Drawn:
    if not pages:
        return _Drawn()
    answer = child.run(partial(_draw, pages, limits), source, limits)
    if isinstance(answer, child.Failure):
        return _Drawn()
    place = answer["placement"]
    return _Drawn(answer["otherwise"], answer["covered"], Placement(**place) if place else None, answer["ink"])


def _draw(pages: Sequence[PageGeometry], limits: Limits, source: bytes) -> dict[str, Any]:
    """In the child: the suggestion first, then whatever time is left for text that something lies over."""
    document = pypdfium2.PdfDocument(source)
    document.init_forms()
    if len(document) != len(pages) or any(_differ(document[index], page) for index, page in enumerate(pages)):
        return {"placement": None, "ink": None, "otherwise": True, "covered": False}
    found = suggest(document, pages)
    order = sorted(range(len(pages)), key=lambda index: (index != len(pages) - 1, index))
    return {
        "placement": asdict(found.placement) if found else None,
        "ink": found.ink if found else None,
        "otherwise": False,
        "covered": hidden.covered(document, order, limits.cpu_seconds * _LOOKING_ENDS),
    }


def _differ(shown: pypdfium2.PdfPage, page: PageGeometry) -> bool:
    """Whether a page as drawn has another shape than as read; the renderer knows no user unit."""
    width, height = shown.get_size()
    if min(width, height) <= 0 or shown.get_rotation() != page.rotation:
        return True
    return not math.isclose(width * page.height, height * page.width, rel_tol=_SAME_SHAPE)


def _mending(source: bytes, limits: Limits) -> Repair | None:
    """What could mend a document over which a child failed: asked in another child, for the same reasons."""
    answer = child.run(lambda data: _rewritable(repair.opened(data)), source, limits)
    return "rewrite" if answer is True else None


def _rewritable(seen: repair.Opened | None) -> bool:
    return seen is not None and not seen.encrypted and not seen.signed


def refusal(examination: Examination) -> Refusal | None:
    """The refusal to raise for a document that cannot be stamped, the first of its errors; None for one that can."""
    kinds = {kind.code: kind for kind in every_refusal()}
    return next((kinds[found.code]() for found in examination.findings if found.severity == "error"), None)


def _finding(code: str, how: Repair | None) -> Finding:
    errors = {kind.code for kind in every_refusal()} - {"already_stamped"}
    severity: Literal["error", "warning", "info"] = "warning" if code in WARNINGS else "info"
    return Finding(code, "error" if code in errors else severity, repairable=how is not None, repair=how)


def _look(limits: Limits, source: bytes) -> dict[str, Any]:
    """In the child: everything that `examine` wants to know, as JSON can carry it."""
    try:
        reader = reading.open_document(source)
    except MemoryError:
        raise
    except Exception:
        return {"found": [_unopened(source)]}
    if reading.encrypted(reader):
        return {"found": [_unopened(source)]}
    pages = reading.pages(reader)
    if len(pages) > limits.pages_max:
        return {"found": [(DocumentTooManyPages.code, None)]}
    names = reading.references(reader)
    if reader.xrefs.total_revisions > limits.xref_sections_max:
        how: Repair | None = "rewrite" if _rewritable(repair.opened(source)) else None
        return {"found": [(DocumentTooComplex.code, how)]}
    if len(names) > limits.objects_max or not fits(reader, names, limits):
        return {"found": [(DocumentTooComplex.code, None)]}
    signed = list(reading.signature_fields(reader))
    stamps = [match[1] for name, _ in signed if (match := reading.FIELD_FORM.fullmatch(name))]
    codes = [DocumentCertified.code] if reading.closed_by_certification(reader) else []
    codes += ["already_stamped"] if stamps else []
    codes += ["signed"] if len(signed) > len(stamps) else []
    found: list[tuple[str, Repair | None]] = [(code, None) for code in codes]
    where = suggested([page.box.displayed for page in pages])
    takes = where is None or DocumentCertified.code in codes or extends(source, where)
    if not (takes and reader.strict):
        mending: Repair | None = "rewrite" if not signed and _rewritable(repair.opened(source)) else None
        found += [] if takes else [(DocumentUnreadable.code, mending)]
        found += [] if reader.strict else [(BROKEN, mending)]
    found += [(code, None) for code in _planted(reader, source, names)]
    found += [(code, None) for code in _papers(page.box.displayed for page in pages)]
    return {
        "pages": [asdict(page.box.displayed) for page in pages],
        "found": found,
        "signatures": len(signed),
        "stamps": stamps,
    }


def _planted(reader: Any, source: bytes, names: set[generic.Reference]) -> list[str]:
    """Warnings; a document in which nobody can look for them has a broken structure, and is warned of for that."""
    try:
        return hidden.planted(reader, source, names)
    except MemoryError:
        raise
    except Exception:
        return []


def _unopened(source: bytes) -> tuple[str, Repair | None]:
    """What to say of a document that our reader does not open: encrypted, or unreadable; and what could mend that."""
    seen = repair.opened(source)
    if seen is not None and seen.encrypted:
        return DocumentEncrypted.code, None if seen.needs_password or seen.signed else "unlock"
    if seen is None and _ENCRYPTED.search(source):
        return DocumentEncrypted.code, None
    return DocumentUnreadable.code, "rewrite" if _rewritable(seen) else None


def _papers(pages: Iterable[PageGeometry]) -> list[str]:
    """The codes of papers other than A4, whichever way they are turned: what a counter or a printer may refuse."""
    return sorted({_paper(page) for page in pages} - {""})


def _paper(page: PageGeometry) -> str:
    short, long = sorted((page.width / POINTS_PER_MM, page.height / POINTS_PER_MM))
    for code, (width, height) in PAPERS:
        if abs(short - width) <= PAPER_TOLERANCE_MM and abs(long - height) <= PAPER_TOLERANCE_MM:
            return code
    return "page_not_a4"
