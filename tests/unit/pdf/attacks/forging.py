"""Universal signature forgery: the signature is made so that a validator finds nothing to refute (Mladenov et al., 2019).

Each also changes what the document says."""

from __future__ import annotations

from tests.unit.pdf.attacks.kinds import (
    CONTENT,
    FREE,
    OTHER_TEXT,
    TEXT,
    Scene,
    add,
    body,
    content,
    family,
    gap,
    number_of,
    replaced,
    updated,
)

attack = family("universal forgery")
_CONTENTS = rb"/Contents <[0-9A-F]+>"
_RANGE = rb"/ByteRange \[[^\]]*\] *"
_WRITTEN_ANEW = {
    "contents_missing": (_CONTENTS, b""),
    "contents_null": (_CONTENTS, b"/Contents null"),
    "contents_empty": (_CONTENTS, b"/Contents <>"),
    "contents_of_one_zero": (_CONTENTS, b"/Contents <00>"),
    "contents_empty_text": (_CONTENTS, b"/Contents ()"),
    "contents_a_name": (_CONTENTS, b"/Contents /Sah"),
    "contents_a_number": (_CONTENTS, b"/Contents 1"),
    "contents_a_dictionary": (_CONTENTS, b"/Contents << /Sah true >>"),
    "contents_a_reference": (_CONTENTS, b"/Contents 5 0 R"),
    "byte_range_missing": (_RANGE, b""),
    "byte_range_null": (_RANGE, b"/ByteRange null"),
    "byte_range_empty": (_RANGE, b"/ByteRange []"),
    "byte_range_of_one_number": (_RANGE, b"/ByteRange [0]"),
    "byte_range_of_zeroes": (_RANGE, b"/ByteRange [0 0 0 0]"),
    "byte_range_negative": (_RANGE, b"/ByteRange [0 -1 -1 -1]"),
    "byte_range_overlapping": (_RANGE, b"/ByteRange [0 900 100 900]"),
    "byte_range_huge": (_RANGE, b"/ByteRange [0 99999999999 99999999999 99999999999]"),
    "byte_range_of_real_numbers": (_RANGE, b"/ByteRange [0.0 1.5 2.5 9.9]"),
    "byte_range_of_texts": (_RANGE, b"/ByteRange [(0) (1) (2) (3)]"),
    "byte_range_of_names": (_RANGE, b"/ByteRange [/a /b /c /d]"),
    "byte_range_of_references": (_RANGE, b"/ByteRange [1 0 R 2 0 R 3 0 R 4 0 R]"),
    "byte_range_a_reference": (_RANGE, b"/ByteRange 5 0 R"),
    "byte_range_a_number": (_RANGE, b"/ByteRange 0"),
    "byte_range_a_dictionary": (_RANGE, b"/ByteRange << /a 0 >>"),
}


def _forged(name: str, pattern: bytes, new: bytes) -> None:
    def make(scene: Scene) -> bytes:
        return replaced(scene.sealed, pattern, new).replace(TEXT, OTHER_TEXT)

    make.__doc__ = name.replace("_", " ")
    add("universal forgery", name, make, "copied", "no_valid_signature")


for _name, (_pattern, _new) in _WRITTEN_ANEW.items():
    _forged(_name, _pattern, _new)


@attack("unreadable", "unreadable")
def contents_a_dangling_reference(scene: Scene) -> bytes:
    return replaced(scene.sealed, _CONTENTS, b"/Contents 999 0 R").replace(TEXT, OTHER_TEXT)


def _ranged(scene: Scene, written: bytes) -> bytes:
    return replaced(scene.sealed, _RANGE, b"/ByteRange [" + written + b"]").replace(TEXT, OTHER_TEXT)


@attack("copied", "no_valid_signature")
def byte_range_with_a_second_hole(scene: Scene) -> bytes:
    """a ByteRange that leaves out the page as well"""
    first, second = gap(scene.sealed)
    return _ranged(scene, b"0 9 400 %d %d %d" % (first - 400, second, len(scene.sealed) - second))


@attack("copied", "no_valid_signature")
def byte_range_from_one(scene: Scene) -> bytes:
    first, second = gap(scene.sealed)
    return _ranged(scene, b"1 %d %d %d" % (first - 1, second, len(scene.sealed) - second))


@attack("copied", "no_valid_signature")
def byte_range_with_a_wider_hole(scene: Scene) -> bytes:
    first, second = gap(scene.sealed)
    return _ranged(scene, b"0 %d %d %d" % (first - 200, second, len(scene.sealed) - second))


@attack("copied", "no_valid_signature")
def byte_range_without_a_second_part(scene: Scene) -> bytes:
    first, second = gap(scene.sealed)
    return _ranged(scene, b"0 %d %d 0" % (first, second))


@attack("altered", "changed_later")
def byte_range_cut_short(scene: Scene) -> bytes:
    first, second = gap(scene.sealed)
    return _ranged(scene, b"0 %d %d %d" % (first, second, len(scene.sealed) - second - 9))


@attack("copied", "no_valid_signature")
def contents_zeroed(scene: Scene) -> bytes:
    first, second = gap(scene.sealed)
    return (scene.sealed[: first + 1] + b"0" * (second - first - 2) + scene.sealed[second - 1 :]).replace(
        TEXT, OTHER_TEXT
    )


@attack("copied", "no_valid_signature")
def contents_blank(scene: Scene) -> bytes:
    first, second = gap(scene.sealed)
    return scene.sealed[: first + 1] + b" " * (second - first - 2) + scene.sealed[second - 1 :]


@attack("copied", "no_valid_signature")
def contents_twice(scene: Scene) -> bytes:
    """the key twice in one dictionary: which one is read differs"""
    _, second = gap(scene.sealed)
    extra = b"> /Contents <00>"
    return scene.sealed[: second - len(extra)] + extra + scene.sealed[second:]


@attack("copied", "no_valid_signature")
def signature_overwritten_in_an_update(scene: Scene) -> bytes:
    """an update that empties the signature and changes the page"""
    number = number_of(scene.sealed, rb"/Type /Sig\b")
    empty = (
        b"<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /ETSI.CAdES.detached /Contents <00> /ByteRange [0 1 2 3] >>"
    )
    return updated(scene.sealed, {number: empty, CONTENT: content("Surat lain")})


@attack("copied", "no_valid_signature")
def signature_taken_out_of_its_field(scene: Scene) -> bytes:
    """the field's value points at something that is no signature"""
    number = number_of(scene.sealed, rb"/FT /Sig")
    widget = body(scene.sealed, number)
    value = b"/V %d 0 R" % number_of(scene.sealed, rb"/Type /Sig\b")
    return updated(scene.sealed, {number: widget.replace(value, b"/V 60 0 R"), FREE: b"<< /Type /Sig >>"})


@attack("copied", "no_valid_signature")
def sub_filter_of_another_kind(scene: Scene) -> bytes:
    return replaced(scene.sealed, rb"/ETSI\.CAdES\.detached", b"/ETSI.RFC3161").replace(TEXT, OTHER_TEXT)


@attack("altered", "bytes_changed")
def sub_filter_outdated(scene: Scene) -> bytes:
    return replaced(scene.sealed, rb"/ETSI\.CAdES\.detached", b"/adbe.pkcs7.sha1").replace(TEXT, OTHER_TEXT)


@attack("altered", "bytes_changed")
def the_fields_name_changed(scene: Scene) -> bytes:
    return scene.sealed.replace(b"(Emet", b"(Dmet")


@attack("altered", "bytes_changed")
def the_reason_changed(scene: Scene) -> bytes:
    number = scene.serial.encode()
    return scene.sealed.replace(b"[" + number, b"[" + number[::-1])
