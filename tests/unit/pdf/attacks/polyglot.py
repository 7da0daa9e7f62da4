"""Whole files: something before, around or in place of the sealed one; other files that are this one too; copies."""

from __future__ import annotations

import io
import re
import zipfile

import pypdfium2  # type: ignore[import-untyped]

from meterai.pdf import appearance
from tests.unit.pdf import papers
from tests.unit.pdf.attacks.kinds import CONTENT, FREE, Scene, family
from tests.unit.pdf.conftest import House

attack = family("whole files")


def _archive() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(zipfile.ZipInfo("surat.txt", (2024, 9, 4, 17, 0, 0)), "Surat lain")
    return out.getvalue()


@attack("unreadable", "unreadable")
def junk_before_the_header(scene: Scene) -> bytes:
    return b"\n" + scene.sealed


@attack("unreadable", "unreadable")
def an_archive_in_front(scene: Scene) -> bytes:
    """ZIP and PDF at once: the archive first"""
    return _archive() + scene.sealed


@attack("altered", "changed_later")
def an_archive_behind(scene: Scene) -> bytes:
    """ZIP and PDF at once: the archive last"""
    return scene.sealed + _archive()


@attack("unreadable", "unreadable")
def a_page_of_html_in_front(scene: Scene) -> bytes:
    return b"<html><body>Surat lain</body><!--\n" + scene.sealed


@attack("altered", "changed_later")
def a_page_of_html_behind(scene: Scene) -> bytes:
    return scene.sealed + b"% --><html><body>Surat lain</body></html>\n"


@attack("altered", "changed_later")
def the_file_twice(scene: Scene) -> bytes:
    return scene.sealed + scene.sealed


@attack("unreadable", "unreadable")
def another_document_in_front(scene: Scene) -> bytes:
    return papers.classical(papers.objects(text="Surat lain")) + scene.sealed


@attack("copied", "marks_without_seal")
def another_document_behind(scene: Scene) -> bytes:
    return scene.sealed + papers.classical(papers.objects(text="Surat lain"))


@attack("unreadable", "unreadable")
def cut_off(scene: Scene) -> bytes:
    return scene.sealed[:-40]


@attack("unreadable", "unreadable")
def cut_off_inside_the_seal(scene: Scene) -> bytes:
    return scene.sealed[: -len(scene.sealed) // 4]


@attack("altered", "bytes_changed")
def another_version_in_the_header(scene: Scene) -> bytes:
    return scene.sealed.replace(b"%PDF-1.7", b"%PDF-1.4", 1)


@attack("unreadable", "unreadable")
def line_ends_of_another_system(scene: Scene) -> bytes:
    """what a mail gateway does that takes a PDF for text"""
    return scene.sealed.replace(b"endobj\n", b"endobj\r\n")


@attack("unstamped", "earlier_version", by_register=True, second=("authentic", "whole"))
def roll_back_to_the_earlier_revision(scene: Scene) -> bytes:
    return scene.source


@attack("unreadable", "unreadable")
def the_last_two_revisions_swapped(scene: Scene) -> bytes:
    """the stamp's revision in front of the one that it was put on"""
    ends = [match.end() for match in re.finditer(rb"%%EOF\r?\n?", scene.sealed)]
    before = ends[-3] if len(ends) > 2 else scene.source.index(b"4 0 obj")
    return scene.sealed[:before] + scene.sealed[len(scene.source) :] + scene.sealed[before : len(scene.source)]


@attack("void", "other_bytes", by_register=True)
def a_serial_used_again(scene: Scene) -> bytes:
    other = papers.classical(papers.objects(text="Surat lain"))
    return House(scene.house.pki, scene.house.random).stamp(other, number=scene.serial)


@attack("copied", "marks_without_seal")
def a_copied_picture(scene: Scene) -> bytes:
    """the stamp as it is drawn, on another document"""
    url = f"HTTPS://EMET.CONTOH.ID/V/{scene.serial}"
    picture = dict(enumerate(appearance.objects(scene.serial, url, specimen=True, rotation=0, first=FREE), FREE))
    assert all(part in scene.sealed for part in list(picture.values())[:1])
    text = b"q 0.54 0 0 0.54 400 100 cm /S Do Q"
    body = papers.objects() | picture | {CONTENT: b"<< /Length %d >>\nstream\n%s\nendstream" % (len(text), text)}
    shown = b"/F1 3 0 R >> /XObject << /S %d 0 R" % max(picture)
    return papers.classical({at: data.replace(b"/F1 3 0 R", shown) for at, data in body.items()})


@attack("copied", "marks_without_seal")
def flattened(scene: Scene) -> bytes:
    opened = pypdfium2.PdfDocument(scene.sealed)
    opened.init_forms()
    opened[0].flatten()
    out = io.BytesIO()
    opened.save(out)
    return out.getvalue().replace(b"Emet", b"Xmet")


@attack("copied", "no_valid_signature")
def written_anew(scene: Scene) -> bytes:
    """opened and saved as a new file"""
    opened = pypdfium2.PdfDocument(scene.sealed)
    out = io.BytesIO()
    opened.save(out)
    return out.getvalue()
