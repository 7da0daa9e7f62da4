"""Signature wrapping: what was signed moves aside, and something else takes its place (Mladenov et al., 2019)."""

from __future__ import annotations

import re

from tests.unit.pdf import papers
from tests.unit.pdf.attacks.kinds import CONTENT, FREE, Scene, content, family, gap, number_of, updated

attack = family("signature wrapping")


def _start(document: bytes) -> int:
    return int(document[document.rindex(b"startxref") + 9 :].split()[0])


def _wrapped(scene: Scene, closing: bytes) -> bytes:
    """The second signed part moved back; where its own pointer leads, other cross-references, which name another content
    and every object that moved along where it is now. The hole's string ends in `closing`."""
    sealed, at = scene.sealed, _start(scene.sealed)
    first, second = gap(sealed)
    tail = sealed[second:]
    offsets = {
        int(match[1]): match.start()
        for match in re.finditer(rb"(?<=\n)(\d+) 0 obj", sealed)
        if match.start() > len(scene.source)
    }
    written, moved = b"", 0
    for _ in range(4):
        middle = sealed[first : second - len(closing)] + closing
        middle += b" /ByteRange [0 %d %d %d] >>\nendobj\n" % (first, moved, len(tail))
        other = first + len(middle)
        middle += b"5 0 obj\n%s\nendobj\n" % content("Surat lain")
        assert first + len(middle) < at
        middle = middle.ljust(at - first)
        named = {number: place + (moved - second) * (place > second) for number, place in offsets.items()} | {5: other}
        middle += b"xref\n" + b"".join(b"%d 1\n%010d 00000 n \n" % item for item in sorted(named.items()))
        middle += b"trailer\n<< /Size 80 /Root 1 0 R /Prev %d >>\n" % _start(scene.source)
        middle += b"startxref\n%d\n%%%%EOF\n79 0 obj\n<< /X <00>" % at
        written, moved = sealed[:first] + middle + tail, first + len(middle)
    return written


@attack("copied", "marks_without_seal", second=("copied", "no_valid_signature"))
def second_part_moved(scene: Scene) -> bytes:
    """a second /ByteRange in the hole, the second part after it, the pointer between the parts"""
    return _wrapped(scene, b">")


@attack("copied", "marks_without_seal", second=("copied", "no_valid_signature"))
def second_part_moved_behind_an_open_bracket(scene: Scene) -> bytes:
    """as before, the hexadecimal string left open"""
    return _wrapped(scene, b" ")


@attack("copied", "no_valid_signature")
def second_part_copied_to_the_end(scene: Scene) -> bytes:
    """everything saved anew in between, then a copy of the second part, so that the file ends as it was signed"""
    sealed = scene.sealed
    first, second = gap(sealed)
    update = updated(sealed, {CONTENT: content("Surat lain")})
    ranges = re.findall(rb"/ByteRange \[[^\]]*\] *", update)[-1]
    moved = len(update)
    written = (b"/ByteRange [0 %d %d %d]" % (first, moved, len(sealed) - second)).ljust(len(ranges))
    return update.replace(ranges, written) + sealed[second:]


@attack("copied", "no_valid_signature")
def something_in_the_padding(scene: Scene) -> bytes:
    """the hexadecimal string closed early, another key and another string in what was its padding"""
    _, second = gap(scene.sealed)
    extra = b"> /Lain (Surat lain) /X <0000>"
    return scene.sealed[: second - len(extra)] + extra + scene.sealed[second:]


@attack("copied", "no_valid_signature")
def an_object_in_the_padding(scene: Scene) -> bytes:
    """another content in the padding, and an update that only points there"""
    first, second = gap(scene.sealed)
    extra = b"> >> endobj\n5 0 obj\n%s\nendobj\n9 0 obj << /X <00>" % content("Lain")
    document = scene.sealed[: second - len(extra)] + extra + scene.sealed[second:]
    at = document.index(b"5 0 obj\n", first)
    section = b"xref\n5 1\n%010d 00000 n \ntrailer\n<< /Size 60 /Root 1 0 R /Prev %d >>\nstartxref\n%d\n%%%%EOF\n"
    return document + section % (at, _start(document), len(document))


@attack("altered", "changed_later")
def a_copy_of_the_signature_over_all(scene: Scene) -> bytes:
    """an update with a copy of the signature whose ByteRange reaches the file's end"""
    number = number_of(scene.sealed, rb"/Type /Sig\b")
    *_, value = re.findall(rb"\n%d 0 obj\n((?:(?!endobj).)*)endobj" % number, scene.sealed, re.S)
    name = b"Emet" + b"0" * 22
    fields = number_of(scene.sealed, rb"/SigFlags")
    *_, form = re.findall(rb"\n%d 0 obj\n((?:(?!endobj).)*)endobj" % fields, scene.sealed, re.S)
    field = b"<< /FT /Sig /T (%s) /V %d 0 R >>" % (name, FREE + 1)
    changes = {
        fields: re.sub(rb"/Fields \[", b"/Fields [60 0 R ", form),
        FREE: field,
        FREE + 1: value.strip(),
        CONTENT: content("Surat lain"),
    }
    return papers.appended(scene.sealed, changes)


@attack("altered", "changed_later")
def two_fields_with_one_signature(scene: Scene) -> bytes:
    form, value = number_of(scene.sealed, rb"/SigFlags"), number_of(scene.sealed, rb"/Type /Sig\b")
    *_, body = re.findall(rb"\n%d 0 obj\n((?:(?!endobj).)*)endobj" % form, scene.sealed, re.S)
    field = b"<< /FT /Sig /T (Emet0000000000000000000000) /V %d 0 R >>" % value
    return papers.appended(scene.sealed, {form: re.sub(rb"/Fields \[", b"/Fields [60 0 R ", body), FREE: field})
