"""One file, two documents: cross-references and pointers that readers take differently, beneath validation data that is
sound. What the other reader is to find hides where no checker of validation data looks: inside a certificate.

The published attacks on incremental saving break a reader's repair (Mladenov et al., 2019); these need none."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from meterai.domain.verdict import Trust
from tests.unit.pdf.attacks.kinds import CATALOG, CONTENT, FREE, Scene, content, family, updated
from tests.unit.pdf.attacks.legitimate import archived
from tests.unit.pdf.attacks.storing import certified, packed_update
from tests.unit.pdf.test_seal import signed_by_somebody

attack = family("one file, two documents")
_LATER = ("altered", "changed_later")
_OTHER_CATALOG = (
    b"<< /Type /Catalog /Pages << /Type /Pages /Count 1 /Kids [<< /Type /Page /MediaBox [0 0 595 842] >>] >> >>"
)


def _known(scene: Scene) -> Trust:
    return replace(scene.house.pki.trust, signers=(scene.stranger.pin(),))


def _stored(scene: Scene, hidden: bytes = b"", **more: Any) -> bytes:
    return updated(scene.sealed, certified(scene, hidden, **more))


def _hiding(scene: Scene, number: int, value: bytes) -> bytes:
    """Validation data, and in its certificate an object that no cross-reference names."""
    return _stored(scene, b"\n%d 0 obj\n%s\nendobj\n" % (number, value))


def _reworded(document: bytes, old: bytes, new: bytes | Callable[[re.Match[bytes]], bytes]) -> bytes:
    """The newest cross-references and trailer, with something in them written otherwise."""
    start = int(document[document.rindex(b"startxref") + 9 :].split()[0])
    after, count = re.subn(old, new, document[start:], count=1)
    assert count == 1
    return document[:start] + after


def _entered_twice(scene: Scene) -> bytes:
    made = _stored(scene, b"\n1 0 obj\n" + _OTHER_CATALOG + b"\n")
    return _reworded(made, rb"xref\n", b"xref\n1 1\n%010d 00000 n \n" % made.rindex(b"1 0 obj\n" + _OTHER_CATALOG))


@attack(*_LATER)
def the_catalog_entered_twice(scene: Scene) -> bytes:
    """the catalog twice in one table, for readers that believe the first entry: another one, inside a certificate"""
    return _entered_twice(scene)


@attack(*_LATER)
def the_catalog_entered_twice_for_the_older_one(scene: Scene) -> bytes:
    """the same, and the first entry is the catalog as it was before the stamp"""
    made = _stored(scene)
    return _reworded(made, rb"xref\n", b"xref\n1 1\n%010d 00000 n \n" % scene.sealed.index(b"1 0 obj"))


@attack(*_LATER)
def entered_twice_and_then_timestamped(scene: Scene) -> bytes:
    """the catalog twice in one table, and then a trusted time"""
    return archived(_entered_twice(scene), scene.house.pki)


@attack(*_LATER, trust=_known)
def entered_twice_and_then_signed_by_somebody_known(scene: Scene) -> bytes:
    """the catalog twice in one table, and then a signer who is known and read the other document"""
    return signed_by_somebody(_entered_twice(scene), scene.stranger)


@attack(*_LATER)
def an_object_inside_a_certificate(scene: Scene) -> bytes:
    """the page's content once more inside a certificate, for readers that repair"""
    return _hiding(scene, CONTENT, content("Surat lain"))


@attack(*_LATER)
def an_object_inside_a_certificate_and_then_timestamped(scene: Scene) -> bytes:
    """the same, open at its end, and then a trusted time"""
    return archived(_stored(scene, b"\n5 0 obj\n" + content("Surat lain")), scene.house.pki)


@attack(*_LATER)
def a_certificate_with_a_trailer_inside(scene: Scene) -> bytes:
    return _stored(scene, b"\ntrailer\n<< /Root 60 0 R /Size 99 >>\nstartxref\n9\n")


@attack(*_LATER)
def a_comment_inside_the_store(scene: Scene) -> bytes:
    return _stored(scene, entries=b" % Surat lain\n")


@attack(*_LATER)
def a_certificate_whose_bytes_are_elsewhere(scene: Scene) -> bytes:
    return _stored(scene, extra=b"/F (lain.bin)")


@attack(*_LATER)
def a_certificate_that_is_a_picture_too(scene: Scene) -> bytes:
    return _stored(scene, extra=b"/Type /XObject /Subtype /Image /Width 1 /Height 1")


@attack(*_LATER)
def extensions_that_are_none(scene: Scene) -> bytes:
    """a script among the catalog's /Extensions"""
    return _stored(scene, catalog=b" /Extensions << /OpenAction << /S /JavaScript /JS (1) >> >> ")


@attack(*_LATER)
def a_size_beyond_what_readers_take(scene: Scene) -> bytes:
    return _reworded(_stored(scene), rb"/Size \d+", b"/Size 9999999")


@attack(*_LATER)
def a_pointer_back_with_a_sign(scene: Scene) -> bytes:
    return _reworded(_stored(scene), rb"/Prev (\d+)", rb"/Prev +\1")


@attack(*_LATER)
def a_pointer_back_with_zeroes(scene: Scene) -> bytes:
    return _reworded(_stored(scene), rb"/Prev (\d+)", rb"/Prev 00000000000\1")


@attack(*_LATER)
def a_startxref_with_zeroes(scene: Scene) -> bytes:
    return _reworded(_stored(scene), rb"startxref\n(\d+)", rb"startxref\n00000000000\1")


@attack(*_LATER)
def two_startxrefs(scene: Scene) -> bytes:
    return _reworded(_stored(scene), rb"startxref\n", b"startxref\n9\n%%EOF\nstartxref\n")


@attack(*_LATER)
def an_empty_section_of_the_table(scene: Scene) -> bytes:
    return _reworded(_stored(scene), rb"xref\n", b"xref\n99999999 0\n")


@attack(*_LATER)
def rows_that_are_too_short(scene: Scene) -> bytes:
    """rows of the table with a byte too few, which lenient readers count otherwise"""
    return _reworded(_stored(scene), rb"n \n", b"n\n")


@attack(*_LATER)
def an_entry_beside_its_object(scene: Scene) -> bytes:
    """an entry that points at the line end before its object"""
    made = _stored(scene)
    at = made.rindex(b"\n60 0 obj") + 1
    return _reworded(made, b"%010d" % at, b"%010d" % (at - 1))


@attack(*_LATER)
def blanks_behind_validation_data(scene: Scene) -> bytes:
    """so many blanks behind the end of validation data that some readers look for it in vain"""
    return _stored(scene) + b" " * 1000


@attack(*_LATER)
def more_in_an_object_stream_than_is_told(scene: Scene) -> bytes:
    """an object stream that holds one object more than the cross-references say"""
    made = certified(scene)
    packed: Mapping[int, bytes] = {number: made[number] for number in (CATALOG, FREE + 1)}
    return packed_update(scene.sealed, {FREE: made[FREE]}, {**packed, 4: b"<< /Type /Page /Parent 2 0 R >>"}, untold=1)


@attack(*_LATER)
def an_older_version_declared(scene: Scene) -> bytes:
    """validation data, and a catalog that declares an older version of PDF"""
    return _stored(scene, catalog=b" /Version /1.2 ")
