"""Shadow attacks: prepared before the stamp, triggered after it (Mainka, Mladenov, Rohlmann, "Shadow Attacks", 2021).

The preparation is an honest document to every signature: it is stamped, and stays authentic until it is triggered."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from tests.unit.pdf import papers
from tests.unit.pdf.attacks.kinds import CATALOG, CONTENT, FONT, FREE, PAGE, Scene, add, changed, content, form, updated
from tests.unit.pdf.test_seal import FORM

_TEXT = b"BT /F1 18 Tf 72 700 Td (Seratus juta rupiah) Tj ET"
_COVER = b"1 g 0 0 600 850 re f"


@dataclass(frozen=True)
class Shadow:
    """The document as prepared, what preflight says of it, and what triggers it."""

    prepared: bytes
    findings: tuple[str, ...]
    trigger: Callable[[bytes], bytes]


SHADOWS: dict[str, Shadow] = {}


def shadow(name: str, said: str, prepared: bytes, findings: tuple[str, ...]) -> Callable[..., None]:
    def keep(trigger: Callable[[bytes], bytes]) -> None:
        def make(scene: Scene) -> bytes:
            return trigger(scene.house.stamp(prepared))

        make.__doc__ = said
        SHADOWS[name] = Shadow(prepared, findings, trigger)
        add("shadow", name, make, "altered", "changed_later")

    return keep


def _drawn(
    data: bytes, *, page_extra: str = "", catalog_extra: str = "", more: dict[int, bytes] | None = None
) -> bytes:
    made = papers.objects(page_extra=page_extra, catalog_extra=catalog_extra, more=more)
    return papers.classical(made | {CONTENT: b"<< /Length %d >>\nstream\n%s\nendstream" % (len(data), data)})


_OVERLAID = _drawn(
    _TEXT,
    page_extra="/Annots [20 0 R]",
    more={
        20: b"<< /Type /Annot /Subtype /Stamp /Rect [0 600 595 842] /F 4 /AP << /N 21 0 R >> >>",
        21: form(_COVER),
    },
)


@shadow("hide_by_overlay", "hide: an annotation over the text is taken away", _OVERLAID, ("covered_content",))
def _(sealed: bytes) -> bytes:
    return updated(sealed, changed(sealed, PAGE, b"20 0 R", b"null"))


@shadow("hide_by_reference", "hide: the covering drawing becomes nothing", _OVERLAID, ("covered_content",))
def _(sealed: bytes) -> bytes:
    return updated(sealed, {21: form(b"")})


_PARTS = papers.classical(
    papers.objects(more={20: content("Seratus juta"), 21: form(b"")})
    | {
        PAGE: b"<< /Type /Page /Parent 2 0 R /Contents [20 0 R 22 0 R] /Resources << /Font << /F1 3 0 R >> >> >>",
        22: b"<< /Length 20 >>\nstream\n1 g 0 600 595 242 re f\nendstream".replace(b"20", b"22", 1),
        CONTENT: b"<< /Producer (x) >>",
        21: b"<< /Producer (x) >>",
    }
)


@shadow("hide_by_content", "hide: the covering part of the content becomes nothing", _PARTS, ("covered_content",))
def _(sealed: bytes) -> bytes:
    return updated(sealed, {22: b"<< /Length 1 >>\nstream\n \nendstream"})


_LAYER = "/OCProperties << /OCGs [20 0 R] /D << /OFF [20 0 R] >> >>"
_LAYERED = papers.classical(
    papers.objects(catalog_extra=_LAYER, more={20: b"<< /Type /OCG /Name (Lapis) >>"})
    | {
        PAGE: b"<< /Type /Page /Parent 2 0 R /Contents 5 0 R /Resources << /Font << /F1 3 0 R >> "
        b"/Properties << /L 20 0 R >> >> >>",
        CONTENT: content("Surat").replace(b"BT", b"/OC /L BDC BT").replace(b" ET", b" ET EMC").replace(b"42", b"60", 1),
    }
)


@shadow("hide_by_layer", "hide: a layer that is off is switched on", _LAYERED, ("optional_content", "hidden_layers"))
def _(sealed: bytes) -> bytes:
    return updated(sealed, changed(sealed, CATALOG, b"/OFF", b"/ON"))


_FILLED = _drawn(
    b"",
    page_extra="/Annots [20 0 R]",
    catalog_extra=FORM,
    more={
        20: b"<< /Type /Annot /Subtype /Widget /FT /Tx /T (jumlah) /V (100 juta) /Rect [72 600 300 620] /P 4 0 R /F 4"
        b" /AP << /N 21 0 R >> >>",
        21: b"<< /Type /XObject /Subtype /Form /BBox [0 0 228 20] /Length 27 >>\nstream\nBT /Helv 12 Tf (1 juta) Tj ET\n"
        b"endstream".replace(b"27", b"28"),
    },
)


@shadow("replace_by_form", "replace: a field drawn otherwise than it is filled in is drawn anew", _FILLED, ())
def _(sealed: bytes) -> bytes:
    return updated(sealed, changed(sealed, 20, b"/AP << /N 21 0 R >>", b""))


@shadow("replace_by_font", "replace: a font is overwritten with one that draws other letters", _drawn(_TEXT), ())
def _(sealed: bytes) -> bytes:
    letters = b"/Encoding << /Type /Encoding /Differences [83 /L 101 /i] >>"
    return updated(sealed, changed(sealed, FONT, b"/Helvetica", b"/Helvetica " + letters))


_TWO_TREES = _drawn(
    _TEXT,
    more={
        30: b"<< /Type /Pages /Count 1 /Kids [31 0 R] /MediaBox [0 0 595 842] >>",
        31: b"<< /Type /Page /Parent 30 0 R /Contents 32 0 R /Resources << /Font << /F1 3 0 R >> >> >>",
        32: content("Dua ratus juta"),
    },
)


@shadow(
    "hide_and_replace_by_reference",
    "hide and replace: the catalog leads to pages that nothing led to",
    _TWO_TREES,
    ("unreferenced_content",),
)
def _(sealed: bytes) -> bytes:
    return updated(sealed, changed(sealed, CATALOG, b"/Pages 2 0 R", b"/Pages 30 0 R"))


def _defined_twice() -> bytes:
    """A document whose content is there twice, its cross-references naming the first."""
    plain = _drawn(_TEXT)
    second = b"5 0 obj\n%s\nendobj\n" % content("Dua ratus juta")
    start = plain.rindex(b"xref\n0")
    return (
        plain[:start]
        + second
        + plain[start:].replace(b"startxref\n%d" % start, b"startxref\n%d" % (start + len(second)))
    )


@shadow(
    "hide_and_replace_by_use",
    "hide and replace: new cross-references choose the other of two objects with one number",
    _defined_twice(),
    ("duplicate_objects",),
)
def _(sealed: bytes) -> bytes:
    at = [match.start() for match in re.finditer(rb"(?<=\n)5 0 obj", sealed)][1]
    previous = int(sealed[sealed.rindex(b"startxref") + 9 :].split()[0])
    section = b"xref\n5 1\n%010d 00000 n \ntrailer\n<< /Size %d /Root 1 0 R /Prev %d >>\nstartxref\n%d\n%%%%EOF\n"
    return sealed + section % (at, FREE, previous, len(sealed))


_SCRIPTED = _drawn(_TEXT, catalog_extra="/OpenAction << /S /JavaScript /JS (this.getField\\('x'\\).value = 1) >>")


@shadow("replace_by_script", "replace: a script of the document changes it, and it is saved", _SCRIPTED, ("scripts",))
def _(sealed: bytes) -> bytes:
    return updated(sealed, {CONTENT: content("Dua ratus juta")})
