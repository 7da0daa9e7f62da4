"""Manipulations of a sealed file: each takes what a forger has and gives what a forger would show."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pypdfium2  # type: ignore[import-untyped]

from meterai.domain.placement import Placement
from meterai.pdf import appearance
from meterai.pdf import seal as sealing
from tests.unit.pdf import papers
from tests.unit.pdf.conftest import House
from tests.unit.pdf.pki import KeySigner, Pki
from tests.unit.pdf.test_seal import signed_by_somebody

PAGE, CONTENT = 4, 5
FREE = 60

Attack = Callable[[House, Pki, bytes, bytes], bytes]
"""From the house, a stranger with our names, the sealed file and the source it was made of, to the forgery."""
ATTACKS: dict[str, tuple[Attack, tuple[str, ...]]] = {}


def attack(*verdicts: str) -> Callable[[Attack], Attack]:
    def keep(function: Attack) -> Attack:
        ATTACKS[function.__name__] = (function, verdicts)
        return function

    return keep


def content(text: str) -> bytes:
    data = f"BT /F1 18 Tf 72 700 Td ({text}) Tj ET".encode()
    return b"<< /Length %d >>\nstream\n%s\nendstream" % (len(data), data)


def gap(document: bytes) -> tuple[int, int]:
    """Where the (last) signature's contents are, angle brackets included."""
    ranges = re.findall(rb"/ByteRange \[0 (\d+) (\d+) (\d+)\]", document)
    return int(ranges[-1][0]), int(ranges[-1][1])


def number_of(document: bytes, pattern: bytes) -> int:
    """The number of the last object whose body matches."""
    found = [
        int(match[1])
        for match in re.finditer(rb"(\d+) 0 obj\n((?:(?!endobj).)*?)endobj", document, re.S)
        if re.search(pattern, match[2], re.S)
    ]
    return found[-1]


@attack("altered")
def trailing_bytes(house: House, stranger: Pki, sealed: bytes, source: bytes) -> bytes:
    return sealed + b"% nothing to see\n"


@attack("altered")
def trailing_bytes_that_end_like_a_file(house: House, stranger: Pki, sealed: bytes, source: bytes) -> bytes:
    return sealed + b"junk\nstartxref\n%d\n%%%%EOF\n" % int(sealed[sealed.rindex(b"startxref") + 9 :].split()[0])


@attack("altered")
def incremental_update(house: House, stranger: Pki, sealed: bytes, source: bytes) -> bytes:
    return papers.appended(sealed, {CONTENT: content("Surat lain")})


@attack("altered", "unreadable", "copied")
def incremental_update_without_end_of_file_marker(house: House, stranger: Pki, sealed: bytes, source: bytes) -> bytes:
    return papers.appended(sealed, {CONTENT: content("Surat lain")}, end=b"")


@attack("altered", "unreadable")
def incremental_update_without_cross_references(house: House, stranger: Pki, sealed: bytes, source: bytes) -> bytes:
    return sealed + b"5 0 obj\n" + content("Surat lain") + b"\nendobj\n%%EOF\n"


@attack("altered")
def a_byte_inside(house: House, stranger: Pki, sealed: bytes, source: bytes) -> bytes:
    return sealed.replace(b"Surat pernyataan", b"Surat Pernyataan", 1)


@attack("altered", "copied")
def byte_range_cut_short(house: House, stranger: Pki, sealed: bytes, source: bytes) -> bytes:
    first, second = gap(sealed)
    old = re.findall(rb"/ByteRange \[[^\]]*\] *", sealed)[-1]
    shorter = papers.appended(sealed, {CONTENT: content("Surat lain")})
    return shorter.replace(
        old, (b"/ByteRange [0 %d %d %d]" % (first, second, len(shorter) - second)).ljust(len(old)), 1
    )


@attack("copied")
def byte_range_with_a_second_hole(house: House, stranger: Pki, sealed: bytes, source: bytes) -> bytes:
    first, second = gap(sealed)
    old = re.findall(rb"/ByteRange \[[^\]]*\] *", sealed)[-1]
    return sealed.replace(
        old, (b"/ByteRange [0 9 9 %d %d %d]" % (first, second, len(sealed) - second)).ljust(len(old)), 1
    )


@attack("copied")
def byte_range_removed(house: House, stranger: Pki, sealed: bytes, source: bytes) -> bytes:
    return sealed.replace(b"/ByteRange", b"/ByteRangX")


@attack("copied")
def contents_wiped(house: House, stranger: Pki, sealed: bytes, source: bytes) -> bytes:
    first, second = gap(sealed)
    return sealed[: first + 1] + b"0" * (second - first - 2) + sealed[second - 1 :]


@attack("copied")
def contents_emptied(house: House, stranger: Pki, sealed: bytes, source: bytes) -> bytes:
    first, second = gap(sealed)
    return sealed[: first + 1] + b" " * (second - first - 2) + sealed[second - 1 :]


@attack("copied")
def something_hidden_behind_the_signature(house: House, stranger: Pki, sealed: bytes, source: bytes) -> bytes:
    _, second = gap(sealed)
    return sealed[: second - 5] + b"beef" + sealed[second - 1 :]


@attack("forged")
def another_authority_with_our_names(house: House, stranger: Pki, sealed: bytes, source: bytes) -> bytes:
    return House(stranger, house.random).stamp(source, number=next(iter(house.register)))


@attack("forged")
def our_certificate_with_another_key(house: House, stranger: Pki, sealed: bytes, source: bytes) -> bytes:
    required, lax = sealing._require_key, lambda *_: None
    thief: Any = sealing
    thief._require_key = lax
    try:
        thieves = KeySigner(stranger.signer.key, house.pki.signer.chain)
        return House(house.pki, house.random).stamp(source, number=next(iter(house.register)), signer=thieves)
    finally:
        thief._require_key = required


@attack("altered")
def a_signature_transplanted(house: House, stranger: Pki, sealed: bytes, source: bytes) -> bytes:
    number = next(iter(house.register))
    other = House(house.pki, house.random).stamp(papers.classical(papers.objects(text="Surat lain....")), number=number)
    (first, second), (start, end) = gap(sealed), gap(other)
    assert end - start == second - first
    return other[:start] + sealed[first:second] + other[end:]


@attack("unstamped")
def roll_back_to_the_unsigned_revision(house: House, stranger: Pki, sealed: bytes, source: bytes) -> bytes:
    return source


@attack("altered")
def stamp_update_stamp(house: House, stranger: Pki, sealed: bytes, source: bytes) -> bytes:
    return house.stamp(papers.appended(sealed, {CONTENT: content("Surat lain")}), Placement(1, 0.1, 0.5, 0.1))


@attack("altered")
def orphan_objects_between_two_stamps(house: House, stranger: Pki, sealed: bytes, source: bytes) -> bytes:
    return house.stamp(papers.appended(sealed, {FREE: b"<< /Hidden true >>"}), Placement(1, 0.1, 0.5, 0.1))


@attack("altered")
def a_page_appended(house: House, stranger: Pki, sealed: bytes, source: bytes) -> bytes:
    tree = b"<< /Type /Pages /Count 2 /Kids [4 0 R 60 0 R] /MediaBox [0 0 595 842] >>"
    page = b"<< /Type /Page /Parent 2 0 R /Contents 61 0 R /Resources << /Font << /F1 3 0 R >> >> >>"
    return papers.appended(sealed, {2: tree, FREE: page, FREE + 1: content("Halaman lain")})


@attack("altered")
def the_page_tree_swapped(house: House, stranger: Pki, sealed: bytes, source: bytes) -> bytes:
    tree = b"<< /Type /Pages /Count 1 /Kids [60 0 R] /MediaBox [0 0 595 842] >>"
    page = b"<< /Type /Page /Parent 2 0 R /Contents 61 0 R /Resources << /Font << /F1 3 0 R >> >> >>"
    return papers.appended(sealed, {2: tree, FREE: page, FREE + 1: content("Halaman lain")})


@attack("altered")
def the_stamps_appearance_replaced(house: House, stranger: Pki, sealed: bytes, source: bytes) -> bytes:
    form = b"<< /Type /XObject /Subtype /Form /BBox [0 0 100 100] /Length 24 >>\nstream\n1 0 0 rg 0 0 100 100 re f\nendstream"
    return papers.appended(sealed, {number_of(sealed, rb"/Subtype /Form"): form})


@attack("altered")
def an_overlay_in_an_annotation(house: House, stranger: Pki, sealed: bytes, source: bytes) -> bytes:
    *_, page = re.findall(rb"\n4 0 obj\n(<<(?:(?!endobj).)*/Annots(?:(?!endobj).)*)endobj", sealed, re.S)
    note = b"<< /Type /Annot /Subtype /FreeText /Rect [60 690 500 720] /DA (/F1 18 Tf) /Contents (Surat lain) /F 4 >>"
    return papers.appended(sealed, {PAGE: page.replace(b"/Annots [", b"/Annots [60 0 R "), FREE: note})


@attack("altered")
def an_empty_signature_field_added(house: House, stranger: Pki, sealed: bytes, source: bytes) -> bytes:
    form = number_of(sealed, rb"/SigFlags")
    *_, body = re.findall(rb"\n%d 0 obj\n((?:(?!endobj).)*)endobj" % form, sealed, re.S)
    return papers.appended(
        sealed, {form: re.sub(rb"/Fields \[", b"/Fields [60 0 R ", body), FREE: b"<< /FT /Sig /T (Kosong) >>"}
    )


@attack("altered")
def metadata_swapped(house: House, stranger: Pki, sealed: bytes, source: bytes) -> bytes:
    return papers.appended(sealed, {FREE: b"<< /Title (Surat lain) >>"}, trailer_extra="/Info 60 0 R")


@attack("copied")
def the_form_taken_out_of_the_catalog(house: House, stranger: Pki, sealed: bytes, source: bytes) -> bytes:
    return papers.appended(sealed, {1: b"<< /Type /Catalog /Pages 2 0 R >>"})


@attack("altered", "copied")
def the_fields_name_changed(house: House, stranger: Pki, sealed: bytes, source: bytes) -> bytes:
    return sealed.replace(b"(Emet", b"(Dmet")


@attack("altered")
def the_reason_changed(house: House, stranger: Pki, sealed: bytes, source: bytes) -> bytes:
    number = next(iter(house.register)).encode()
    return sealed.replace(b"[" + number, b"[" + number[::-1])


@attack("review")
def signed_later_by_somebody_unknown(house: House, stranger: Pki, sealed: bytes, source: bytes) -> bytes:
    return signed_by_somebody(sealed, stranger)


@attack("altered")
def changed_and_then_signed_by_somebody(house: House, stranger: Pki, sealed: bytes, source: bytes) -> bytes:
    return signed_by_somebody(papers.appended(sealed, {CONTENT: content("Surat lain")}), stranger)


@attack("forged")
def a_forged_stamp_beside_a_genuine_one(house: House, stranger: Pki, sealed: bytes, source: bytes) -> bytes:
    return House(stranger, house.random).stamp(sealed, Placement(1, 0.1, 0.5, 0.1))


@attack("void")
def a_serial_used_again(house: House, stranger: Pki, sealed: bytes, source: bytes) -> bytes:
    other = papers.classical(papers.objects(text="Surat lain"))
    return House(house.pki, house.random).stamp(other, number=next(iter(house.register)))


@attack("copied")
def a_copied_picture(house: House, stranger: Pki, sealed: bytes, source: bytes) -> bytes:
    number = next(iter(house.register))
    url = f"HTTPS://EMET.CONTOH.ID/V/{number}"
    picture = dict(enumerate(appearance.objects(number, url, specimen=True, rotation=0, first=FREE), FREE))
    assert all(part in sealed for part in list(picture.values())[:1])
    text = b"q 0.54 0 0 0.54 400 100 cm /S Do Q"
    body = papers.objects() | picture | {CONTENT: b"<< /Length %d >>\nstream\n%s\nendstream" % (len(text), text)}
    shown = b"/F1 3 0 R >> /XObject << /S %d 0 R" % max(picture)
    return papers.classical({at: data.replace(b"/F1 3 0 R", shown) for at, data in body.items()})


@attack("copied")
def flattened(house: House, stranger: Pki, sealed: bytes, source: bytes) -> bytes:
    import io

    opened = pypdfium2.PdfDocument(sealed)
    opened.init_forms()
    opened[0].flatten()
    out = io.BytesIO()
    opened.save(out)
    return out.getvalue().replace(b"Emet", b"Xmet")


@attack("altered", "copied", "unreadable")
def junk_before_the_header(house: House, stranger: Pki, sealed: bytes, source: bytes) -> bytes:
    return b"\n" + sealed


@attack("altered", "copied")
def the_file_twice(house: House, stranger: Pki, sealed: bytes, source: bytes) -> bytes:
    return sealed + sealed


@attack("altered", "unreadable", "copied")
def cut_off(house: House, stranger: Pki, sealed: bytes, source: bytes) -> bytes:
    return sealed[:-40]


@attack("altered")
def validation_data_and_something_else(house: House, stranger: Pki, sealed: bytes, source: bytes) -> bytes:
    catalog = number_of(sealed, rb"/Type /Catalog")
    *_, body = re.findall(rb"\n%d 0 obj\n((?:(?!endobj).)*)endobj" % catalog, sealed, re.S)
    changed = body.replace(
        b"/Type /Catalog", b"/Type /Catalog /DSS << /Certs [] >> /OpenAction << /S /JavaScript /JS (1) >>"
    )
    return papers.appended(sealed, {catalog: changed})


@attack("altered", "copied")
def two_fields_with_one_signature(house: House, stranger: Pki, sealed: bytes, source: bytes) -> bytes:
    form, value = number_of(sealed, rb"/SigFlags"), number_of(sealed, rb"/Type /Sig\b")
    *_, body = re.findall(rb"\n%d 0 obj\n((?:(?!endobj).)*)endobj" % form, sealed, re.S)
    field = b"<< /FT /Sig /T (Emet0000000000000000000000) /V %d 0 R >>" % value
    return papers.appended(sealed, {form: re.sub(rb"/Fields \[", b"/Fields [60 0 R ", body), FREE: field})
