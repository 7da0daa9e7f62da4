"""What a later revision may touch: pages, annotations, forms, metadata, the catalog, and validation data as a pretext."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from meterai.domain.verdict import Trust
from tests.unit.pdf import papers
from tests.unit.pdf.attacks.kinds import (
    CATALOG,
    CONTENT,
    FONT,
    FREE,
    PAGE,
    TREE,
    Scene,
    body,
    changed,
    content,
    family,
    form,
    number_of,
    stream,
    updated,
)
from tests.unit.pdf.attacks.legitimate import archived, with_validation_data
from tests.unit.pdf.pki import NOW
from tests.unit.pdf.test_seal import FIELD, FORM, signed_by_somebody

page = family("pages")
note = family("annotations and forms")
structure = family("catalog and trailer")
store = family("validation data as a pretext")
_LATER = ("altered", "changed_later")
_OTHER_PAGE = b"<< /Type /Page /Parent 2 0 R /Contents 61 0 R /Resources << /Font << /F1 3 0 R >> >> >>"


@page(*_LATER)
def content_replaced(scene: Scene) -> bytes:
    return updated(scene.sealed, {CONTENT: content("Surat lain")})


@page(*_LATER)
def content_prolonged(scene: Scene) -> bytes:
    """a second content in the page's array"""
    longer = changed(scene.sealed, PAGE, b"/Contents 5 0 R", b"/Contents [5 0 R 60 0 R]")
    return updated(scene.sealed, longer, {FREE: content("Surat lain")})


@page(*_LATER)
def a_page_appended(scene: Scene) -> bytes:
    tree = b"<< /Type /Pages /Count 2 /Kids [4 0 R 60 0 R] /MediaBox [0 0 595 842] >>"
    return updated(scene.sealed, {TREE: tree, FREE: _OTHER_PAGE, FREE + 1: content("Halaman lain")})


@page(*_LATER)
def the_page_tree_swapped(scene: Scene) -> bytes:
    tree = b"<< /Type /Pages /Count 1 /Kids [60 0 R] /MediaBox [0 0 595 842] >>"
    return updated(scene.sealed, {TREE: tree, FREE: _OTHER_PAGE, FREE + 1: content("Halaman lain")})


@page(*_LATER)
def the_font_swapped(scene: Scene) -> bytes:
    """the same codes drawn as other letters"""
    font = (
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding << /Type /Encoding /Differences [83 /L] >> >>"
    )
    return updated(scene.sealed, {FONT: font})


@page(*_LATER)
def the_page_cropped(scene: Scene) -> bytes:
    return updated(scene.sealed, changed(scene.sealed, PAGE, b"/Page", b"/Page /CropBox [0 0 595 400]"))


@page(*_LATER)
def the_page_turned(scene: Scene) -> bytes:
    return updated(scene.sealed, changed(scene.sealed, PAGE, b"/Page", b"/Page /Rotate 180"))


@page(*_LATER)
def the_paper_moved(scene: Scene) -> bytes:
    return updated(scene.sealed, changed(scene.sealed, TREE, b"/MediaBox [0 0 595 842]", b"/MediaBox [0 750 595 842]"))


@page(*_LATER)
def a_script_on_the_page(scene: Scene) -> bytes:
    script = b"/Page /AA << /O << /S /JavaScript /JS (1) >> >>"
    return updated(scene.sealed, changed(scene.sealed, PAGE, b"/Page", script))


def _noted(scene: Scene, annotation: bytes, *more: Mapping[int, bytes]) -> bytes:
    annots = changed(scene.sealed, PAGE, b"/Annots [", b"/Annots [60 0 R ")
    return updated(scene.sealed, annots, {FREE: annotation}, *more)


@note(*_LATER)
def evil_annotation_text(scene: Scene) -> bytes:
    """text laid over the page (Rohlmann et al., "Breaking the Specification: PDF Certification", 2021)"""
    return _noted(
        scene,
        b"<< /Type /Annot /Subtype /FreeText /Rect [60 690 500 720] /DA (/F1 18 Tf) /Contents (Surat lain) /F 4 >>",
    )


@note(*_LATER)
def evil_annotation_picture(scene: Scene) -> bytes:
    """a drawing laid over the page"""
    drawing = b"<< /Type /Annot /Subtype /Stamp /Rect [60 690 500 720] /F 4 /AP << /N 61 0 R >> >>"
    return _noted(scene, drawing, {FREE + 1: form(b"1 g 0 0 600 850 re f")})


@note(*_LATER)
def evil_annotation_redaction(scene: Scene) -> bytes:
    return _noted(scene, b"<< /Type /Annot /Subtype /Redact /Rect [60 690 500 720] /OverlayText (Surat lain) /F 4 >>")


@note(*_LATER)
def a_link_added(scene: Scene) -> bytes:
    link = b"<< /Type /Annot /Subtype /Link /Rect [0 0 595 842] /A << /S /URI /URI (https://lain.contoh) >> >>"
    return _noted(scene, link)


@note("review", "signed_later")
def sneaky_signature_visible(scene: Scene) -> bytes:
    """a later signature by a stranger, whose widget covers the text (Rohlmann et al., 2021)"""
    covered = signed_by_somebody(scene.sealed, scene.stranger)
    number = number_of(covered, rb"\(Pihak\)")
    assert b"/Rect" in body(covered, number)
    return signed_by_somebody(scene.sealed, scene.stranger, box=(60, 690, 500, 720))


@note(*_LATER)
def sneaky_signature_moved(scene: Scene) -> bytes:
    """a later signature by a stranger, and then its widget laid over the text"""
    signed = signed_by_somebody(scene.sealed, scene.stranger)
    number = number_of(signed, rb"\(Pihak\)")
    widget = re.sub(rb"/Rect\s*\[[^\]]*\]", b"/Rect [60 690 500 720]", body(signed, number))
    return updated(
        signed, {number: widget.replace(b"/FT", b"/AP << /N 60 0 R >> /FT", 1), FREE: form(b"1 g 0 0 9 9 re f")}
    )


@note(*_LATER)
def an_empty_signature_field_added(scene: Scene) -> bytes:
    number = number_of(scene.sealed, rb"/SigFlags")
    fields = changed(scene.sealed, number, b"/Fields [", b"/Fields [60 0 R ")
    return updated(scene.sealed, fields, {FREE: b"<< /FT /Sig /T (Kosong) >>"})


@note(*_LATER)
def the_stamps_appearance_replaced(scene: Scene) -> bytes:
    return updated(scene.sealed, {number_of(scene.sealed, rb"/Subtype /Form"): form(b"1 0 0 rg 0 0 100 100 re f")})


def _widget(scene: Scene, pattern: bytes, new: bytes) -> bytes:
    number = number_of(scene.sealed, rb"/FT /Sig /T \(Emet")
    widget = body(scene.sealed, number)
    assert re.search(pattern, widget)
    return updated(scene.sealed, {number: re.sub(pattern, new, widget)})


@note(*_LATER)
def the_stamp_moved(scene: Scene) -> bytes:
    return _widget(scene, rb"/Rect \[[^\]]*\]", b"/Rect [0 0 50 50]")


@note(*_LATER)
def the_stamp_hidden(scene: Scene) -> bytes:
    return _widget(scene, rb"/F 132", b"/F 2")


@note("copied", "marks_without_seal")
def the_stamps_field_emptied(scene: Scene) -> bytes:
    return _widget(scene, rb"/V \d+ 0 R", b"")


@note(*_LATER)
def the_stamp_taken_off_the_page(scene: Scene) -> bytes:
    annots = re.sub(rb"/Annots \[[^\]]*\]", b"/Annots []", body(scene.sealed, PAGE))
    return updated(scene.sealed, {PAGE: annots})


def _on_a_form(scene: Scene) -> bytes:
    paper = papers.classical(papers.objects(catalog_extra=FORM, page_extra="/Annots [20 0 R]", more={20: FIELD}))
    return scene.house.stamp(paper)


@note(*_LATER)
def a_forms_value_changed(scene: Scene) -> bytes:
    sealed = _on_a_form(scene)
    return updated(sealed, changed(sealed, 20, b"(Budi)", b"(Badu)"))


@note(*_LATER)
def a_forms_appearance_changed(scene: Scene) -> bytes:
    """the value kept, and something else drawn"""
    sealed = _on_a_form(scene)
    drawn = stream(b"BT /Helv 12 Tf (Badu) Tj ET", b"/Type /XObject /Subtype /Form /BBox [0 0 228 20]")
    return updated(sealed, changed(sealed, 20, b"/F 4", b"/F 4 /AP << /N 60 0 R >>"), {FREE: drawn})


@note(*_LATER)
def a_forms_field_locked_open(scene: Scene) -> bytes:
    sealed = _on_a_form(scene)
    return updated(sealed, changed(sealed, 20, b"/F 4", b"/F 4 /Ff 1 /MaxLen 3"))


def _catalog(scene: Scene, entry: bytes, *more: Mapping[int, bytes]) -> bytes:
    return updated(scene.sealed, changed(scene.sealed, CATALOG, b"/Catalog", b"/Catalog " + entry), *more)


@structure(*_LATER)
def a_script_on_opening(scene: Scene) -> bytes:
    return _catalog(scene, b"/OpenAction << /S /JavaScript /JS (1) >>")


@structure(*_LATER)
def a_file_attached(scene: Scene) -> bytes:
    names = b"/Names << /EmbeddedFiles << /Names [(a) << /Type /Filespec /F (a.exe) /EF << /F 60 0 R >> >>] >> >>"
    return _catalog(scene, names, {FREE: stream(b"MZ", b"/Type /EmbeddedFile")})


@structure(*_LATER)
def a_layer_added(scene: Scene) -> bytes:
    layer = {FREE: b"<< /Type /OCG /Name (Lapis) >>"}
    return _catalog(scene, b"/OCProperties << /OCGs [60 0 R] /D << /OFF [60 0 R] >> >>", layer)


@structure(*_LATER)
def permissions_added(scene: Scene) -> bytes:
    """a certification that nobody made"""
    return _catalog(scene, b"/Perms << /DocMDP %d 0 R >>" % number_of(scene.sealed, rb"/Type /Sig\b"))


@structure(*_LATER)
def a_portfolio_made_of_it(scene: Scene) -> bytes:
    return _catalog(scene, b"/Collection << /View /D >>")


@structure(*_LATER)
def the_view_changed(scene: Scene) -> bytes:
    return _catalog(scene, b"/ViewerPreferences << /HideToolbar true >> /PageMode /FullScreen")


@structure(*_LATER)
def appearances_to_be_made_anew(scene: Scene) -> bytes:
    """/NeedAppearances: the viewer draws the fields, the stamp too"""
    number = number_of(scene.sealed, rb"/SigFlags")
    return updated(scene.sealed, changed(scene.sealed, number, b"/SigFlags", b"/NeedAppearances true /SigFlags"))


@structure("copied", "marks_without_seal")
def the_form_taken_out_of_the_catalog(scene: Scene) -> bytes:
    return updated(scene.sealed, {CATALOG: b"<< /Type /Catalog /Pages 2 0 R >>"})


@structure("copied", "marks_without_seal")
def another_catalog(scene: Scene) -> bytes:
    """a trailer with another /Root"""
    tree = b"<< /Type /Pages /Count 1 /Kids [62 0 R] /MediaBox [0 0 595 842] >>"
    changes = {
        FREE: b"<< /Type /Catalog /Pages 61 0 R >>",
        FREE + 1: tree,
        FREE + 2: b"<< /Type /Page /Parent 61 0 R /Contents 63 0 R /Resources << /Font << /F1 3 0 R >> >> >>",
        FREE + 3: content("Surat lain"),
    }
    return updated(scene.sealed, changes).replace(b"/Size 64 /Root 1 0 R", b"/Size 64 /Root 60 0 R")


@structure(*_LATER)
def another_catalog_that_keeps_the_form(scene: Scene) -> bytes:
    catalog = body(scene.sealed, CATALOG).replace(b"/Pages 2 0 R", b"/Pages 61 0 R")
    tree = b"<< /Type /Pages /Count 1 /Kids [62 0 R] /MediaBox [0 0 595 842] >>"
    other = b"<< /Type /Page /Parent 61 0 R /Contents 63 0 R /Resources << /Font << /F1 3 0 R >> >> >>"
    changes = {FREE: catalog, FREE + 1: tree, FREE + 2: other, FREE + 3: content("Surat lain")}
    return updated(scene.sealed, changes).replace(b"/Size 64 /Root 1 0 R", b"/Size 64 /Root 60 0 R")


@structure(*_LATER)
def metadata_swapped(scene: Scene) -> bytes:
    return updated(scene.sealed, {FREE: b"<< /Title (Surat lain) >>"}, trailer_extra="/Info 60 0 R")


@structure(*_LATER)
def xmp_swapped(scene: Scene) -> bytes:
    xmp = stream(b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>", b"/Type /Metadata /Subtype /XML")
    return _catalog(scene, b"/Metadata 60 0 R", {FREE: xmp})


@structure(*_LATER)
def encrypted_later(scene: Scene) -> bytes:
    return updated(scene.sealed, {FREE: b"<< /Filter /Standard /V 9 >>"}, trailer_extra="/Lain 60 0 R")


def _certificate(scene: Scene) -> bytes:
    return stream(scene.stranger.signer.chain[0])


def _stored(scene: Scene, *more: Mapping[int, bytes], entries: bytes = b"", **other: str) -> bytes:
    """A /DSS as archives append it, one certificate in it, and something else."""
    catalog = re.sub(rb"/DSS \d+ 0 R", b"", body(scene.sealed, CATALOG))
    before = re.search(rb"/DSS (\d+) 0 R", body(scene.sealed, CATALOG))
    kept = body(scene.sealed, int(before[1])) if before else b"<< /Type /DSS >>"
    found = re.sub(rb"/Certs \[", b"/Certs [70 0 R ", kept, count=1)
    made = {
        CATALOG: catalog.replace(b"/Catalog", b"/Catalog /DSS 71 0 R", 1),
        71: found.replace(b"/Type /DSS", b"/Type /DSS " + entries, 1),
        70: _certificate(scene),
    }
    return updated(scene.sealed, made, *more, **other)


@store(*_LATER)
def a_store_and_a_script(scene: Scene) -> bytes:
    catalog = re.sub(rb"/DSS \d+ 0 R", b"/DSS 71 0 R", body(scene.sealed, CATALOG))
    action = b"/Catalog /OpenAction << /S /JavaScript /JS (1) >>"
    return _stored(scene, {CATALOG: catalog.replace(b"/Catalog", action, 1)})


@store(*_LATER)
def a_store_and_a_loose_object(scene: Scene) -> bytes:
    return _stored(scene, {FREE: content("Surat lain")})


@store(*_LATER)
def a_store_and_another_content(scene: Scene) -> bytes:
    return _stored(scene, {CONTENT: content("Surat lain")})


@store(*_LATER)
def a_store_and_the_same_content_again(scene: Scene) -> bytes:
    return _stored(scene, {CONTENT: body(scene.sealed, CONTENT)})


@store(*_LATER)
def a_store_that_leads_to_the_page(scene: Scene) -> bytes:
    """the page as an entry of the /DSS, and changed"""
    return _stored(scene, {PAGE: body(scene.sealed, PAGE)}, entries=b"/Lain 4 0 R")


@store(*_LATER)
def a_store_with_an_entry_of_its_own(scene: Scene) -> bytes:
    return _stored(scene, {FREE: content("Surat lain")}, entries=b"/Lain 60 0 R")


@store(*_LATER)
def a_store_with_a_drawing_for_a_certificate(scene: Scene) -> bytes:
    return _stored(scene, {70: content("Surat lain")})


@store(*_LATER)
def a_store_with_more_than_a_certificate(scene: Scene) -> bytes:
    """a certificate with something behind it"""
    return _stored(scene, {70: stream(scene.stranger.signer.chain[0] + b"Surat lain")})


@store(*_LATER)
def a_store_with_bytes_between(scene: Scene) -> bytes:
    """an object that no cross-reference names, between those that one does"""
    made = _stored(scene)
    return _shifted(scene, made, b"5 0 obj\n%s\nendobj\n" % content("Surat lain"))


@store(*_LATER)
def a_store_with_a_comment(scene: Scene) -> bytes:
    return _shifted(scene, _stored(scene), b"% Surat lain\n")


def _shifted(scene: Scene, made: bytes, between: bytes) -> bytes:
    """Something put right before the newest cross-references, whose pointer follows."""
    start = int(made[made.rindex(b"startxref") + 9 :].split()[0])
    end = made[start:].replace(b"startxref\n%d" % start, b"startxref\n%d" % (start + len(between)))
    return made[:start] + between + end


@store(*_LATER)
def a_store_and_another_title(scene: Scene) -> bytes:
    return _stored(scene, {FREE: b"<< /Title (Surat lain) >>"}, trailer_extra="/Info 60 0 R")


@store(*_LATER)
def a_store_and_another_producer_that_is_a_page(scene: Scene) -> bytes:
    """what the writer says of itself leads to something else"""
    info = {FREE: b"<< /Producer 61 0 R >>", FREE + 1: content("Surat lain")}
    return _stored(scene, info, trailer_extra="/Info 60 0 R")


@store(*_LATER)
def a_store_that_fills_a_gap(scene: Scene) -> bytes:
    """sealed with a reference to nothing, which the tail then defines, as a certificate too"""
    paper = papers.classical(papers.objects(page_extra="/Thumb 70 0 R"))
    sealed = scene.house.stamp(paper)
    return _stored(Scene(scene.house, scene.stranger, sealed, paper, scene.serial))


@store(*_LATER)
def a_store_that_reaches_what_was_loose(scene: Scene) -> bytes:
    """sealed with an object that nothing led to, which the /DSS now does"""
    paper = papers.classical(papers.objects(more={30: stream(scene.stranger.signer.chain[1])}))
    sealed = scene.house.stamp(paper)
    made = _stored(Scene(scene.house, scene.stranger, sealed, paper, scene.serial))
    return made.replace(b"[70 0 R ", b"[30 0 R ", 1)


@store(*_LATER)
def a_store_that_says_less(scene: Scene) -> bytes:
    """the /DSS replaced by an empty one"""
    catalog = re.sub(rb"/DSS \d+ 0 R", b"/DSS << /Type /DSS >>", body(scene.sealed, CATALOG))
    return updated(scene.sealed, {CATALOG: catalog})


clock = family("somebody trusted after a change")


def _known(scene: Scene) -> Trust:
    return replace(scene.house.pki.trust, signers=(scene.stranger.pin(),))


def _known_no_longer(scene: Scene) -> Trust:
    return replace(scene.house.pki.trust, signers=(scene.stranger.pin(NOW - timedelta(2), NOW - timedelta(1)),))


@clock(*_LATER)
def changed_and_then_timestamped(scene: Scene) -> bytes:
    return archived(updated(scene.sealed, {CONTENT: content("Surat lain")}), scene.house.pki)


@clock("review", "signed_later")
def retitled_and_then_timestamped(scene: Scene) -> bytes:
    titled = updated(scene.sealed, {FREE: b"<< /Title (Surat lain) >>"}, trailer_extra="/Info 60 0 R")
    return archived(titled, scene.house.pki)


@clock("review", "signed_later")
def planted_and_then_timestamped(scene: Scene) -> bytes:
    """a loose object, and then a trusted time"""
    return archived(updated(scene.sealed, {FREE: content("Surat lain")}), scene.house.pki)


@clock("review", "signed_later")
def timestamped_by_nobody_trusted(scene: Scene) -> bytes:
    return archived(scene.sealed, scene.stranger)


@clock(*_LATER)
def timestamped_and_then_changed(scene: Scene) -> bytes:
    return updated(archived(scene.sealed, scene.house.pki), {CONTENT: content("Surat lain")})


@clock(*_LATER, trust=_known)
def changed_and_then_signed_by_somebody_known(scene: Scene) -> bytes:
    return signed_by_somebody(updated(scene.sealed, {CONTENT: content("Surat lain")}), scene.stranger)


@clock(*_LATER, trust=_known)
def signed_by_somebody_known_and_then_changed(scene: Scene) -> bytes:
    return updated(signed_by_somebody(scene.sealed, scene.stranger), {CONTENT: content("Surat lain")})


@clock(*_LATER, trust=_known)
def signed_by_somebody_known_and_then_broken(scene: Scene) -> bytes:
    signed = signed_by_somebody(scene.sealed, scene.stranger)
    return signed[: len(scene.sealed)] + signed[len(scene.sealed) :].replace(b"(Setuju)", b"(Menolak)"[:7] + b")")


@clock("review", "signed_later", trust=_known_no_longer)
def signed_by_somebody_known_no_longer(scene: Scene) -> bytes:
    return signed_by_somebody(scene.sealed, scene.stranger)


@clock("review", "signed_later", trust=_known)
def signed_by_somebody_known_and_by_nobody_known(scene: Scene) -> bytes:
    return signed_by_somebody(signed_by_somebody(scene.sealed, scene.stranger), scene.house.pki.elliptic(), "Saksi")


@clock(*_LATER)
def validation_data_and_then_something_else(scene: Scene) -> bytes:
    return updated(with_validation_data(scene.sealed, scene), {CONTENT: content("Surat lain")})


@clock(*_LATER)
def something_else_and_then_validation_data(scene: Scene) -> bytes:
    """changed and changed back, and then validation data"""
    there = updated(scene.sealed, {CONTENT: content("Surat lain")})
    return with_validation_data(updated(there, {CONTENT: body(scene.sealed, CONTENT)}), scene)
