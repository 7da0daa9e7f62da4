"""A sheet of words as a PDF: one page, the same bytes for the same words, and every word on the paper."""

from __future__ import annotations

import dataclasses
import io
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import matplotlib
import pikepdf
import pypdfium2  # type: ignore[import-untyped]
import pytest

from meterai.pdf.sheet import BOLD, HEIGHT, MARGIN, PLAIN, WIDTH, Face, draw, shown, wrapped
from meterai.ports.sheets import Line, Sheet

SHEET = Sheet(
    language="id",
    maker="Meterai",
    title="Kwitansi",
    meaning="Bukti pembayaran",
    warning="SPESIMEN.",
    facts=(("Nomor tagihan", "inv_01k3z9w8q4n5x6y7v8t9r0p1a2"), ("Pembayar", "budi@contoh.id")),
    lines=(Line("Bea meterai", "3 keping × Rp10.000", "Rp30.000"), Line("Biaya layanan", "", "Rp7.500")),
    total=("Jumlah dibayar", "Rp37.500"),
    in_words=("Terbilang", "tiga puluh tujuh ribu lima ratus rupiah"),
    since="Pengembalian sejak itu",
    later=(Line("Dikembalikan 6 September 2024", "2 keping", "Rp18.750"),),
    notes=("Kwitansi ini menyatakan bahwa jumlah di atas sudah kami terima. " * 3, "Ini bukan faktur pajak."),
)
WIDEST = "@" * 251 + ".id"
LONG = "a" * 64 + "@" + "b" * 186 + ".id"


def read(data: bytes) -> str:
    document = pypdfium2.PdfDocument(data)
    assert len(document) == 1
    text: str = document[0].get_textpage().get_text_bounded()
    return " ".join(text.split())


def changed(**parts: Any) -> Sheet:
    return dataclasses.replace(SHEET, **parts)


def test_every_word_is_on_the_page_in_reading_order() -> None:
    text = read(draw(SHEET))
    wanted = [
        SHEET.maker, SHEET.title, SHEET.meaning, SHEET.warning, *(part for fact in SHEET.facts for part in fact),
        "Bea meterai", "3 keping × Rp10.000", "Rp30.000", "Biaya layanan", "Rp7.500", *SHEET.total, *SHEET.in_words,
        SHEET.since, "Dikembalikan 6 September 2024", "2 keping", "Rp18.750", "Ini bukan faktur pajak.",
    ]  # fmt: skip
    places = [text.index(word) for word in wanted]
    assert places == sorted(places)


def test_the_same_words_are_the_same_bytes_and_other_words_are_not() -> None:
    assert draw(SHEET) == draw(SHEET)
    assert draw(SHEET) != draw(changed(total=("Jumlah dibayar", "Rp37.501")))
    with pikepdf.open(io.BytesIO(draw(SHEET))) as pdf:
        first, second = pdf.trailer.ID
        assert bytes(first) == bytes(second), "one of them is of the clock"
        assert not {"/CreationDate", "/ModDate"} & set(pdf.docinfo.keys())
        assert (str(pdf.Root.Lang), str(pdf.docinfo["/Title"])) == ("id", "Kwitansi inv_01k3z9w8q4n5x6y7v8t9r0p1a2")


def test_the_page_is_a5_and_runs_and_carries_nothing() -> None:
    with pikepdf.open(io.BytesIO(draw(SHEET))) as pdf:
        assert [round(float(edge)) for edge in pdf.pages[0].mediabox] == [0, 0, 420, 595]
        found = b"".join(str(key).encode() for one in pdf.objects if isinstance(one, pikepdf.Dictionary) for key in one)
        assert not re.search(rb"/(JS|JavaScript|AA|OpenAction|URI|Launch|EmbeddedFiles|FontFile\d?)", found)


@pytest.mark.parametrize(
    "sheet",
    [
        SHEET,
        changed(warning="", since="", later=()),
        changed(facts=(*SHEET.facts[:1], ("Pembayar", LONG), ("Rujukan di penyedia", "pay_1"), ("Nomor", "t" * 60))),
        changed(facts=(*SHEET.facts[:1], ("Pembayar", WIDEST), *[("Nomor", "pay_1")] * 4)),
        changed(later=SHEET.later * 3),
    ],
    ids=["whole", "short", "long", "widest", "often"],
)
def test_nothing_is_outside_the_margins_or_over_anything_else(sheet: Sheet) -> None:
    page = pypdfium2.PdfDocument(draw(sheet))[0]
    words = page.get_textpage()
    boxes = [words.get_rect(at) for at in range(words.count_rects())]
    for left, bottom, right, top in boxes:
        assert MARGIN - 1 <= left <= right <= WIDTH - MARGIN + 1
        assert MARGIN - 1 <= bottom <= top <= HEIGHT - MARGIN + 1
    for at, (left, bottom, right, top) in enumerate(boxes):
        for other_left, other_bottom, other_right, other_top in boxes[at + 1 :]:
            apart = right <= other_left or other_right <= left or top <= other_bottom or other_top <= bottom
            assert apart, (at, boxes[at])


@pytest.mark.parametrize("email", [LONG, WIDEST])
def test_the_longest_address_is_there_to_its_last_letter(email: str) -> None:
    text = read(draw(changed(facts=(("Nomor", "inv_1"), ("Pembayar", email)))))
    assert email in text.replace(" ", "")


def test_letters_that_the_fonts_lack_are_question_marks_and_break_nothing() -> None:
    text = read(draw(changed(facts=(("Nomor", "inv_1"), ("Pembayar", "用户-é(\\)<>@contoh.id")))))
    assert "??-é(\\)<>@contoh.id" in text


@pytest.mark.parametrize(("face", "name"), [(PLAIN, "Helvetica"), (BOLD, "Helvetica-Bold")])
def test_the_widths_are_adobes(face: Face, name: str) -> None:
    metrics = Path(matplotlib.get_data_path()) / "fonts" / "pdfcorefonts" / f"{name}.afm"
    told = re.findall(r"^C (\d+) ; WX (\d+) ; N (\w+)", metrics.read_text(), flags=re.MULTILINE)
    by_code = {int(code): int(width) for code, width, _ in told}
    named = {
        glyph: int(width)
        for _, width, glyph in re.findall(r"^C (-?\d+) ; WX (\d+) ; N (\w+)", metrics.read_text(), re.M)
    }
    by_code |= {ord("'"): named["quotesingle"], ord("`"): named["grave"]}
    assert face.widths == tuple(by_code[code] for code in range(ord(" "), ord("~") + 1))
    assert face.text_width("×", 1000) == named["multiply"]
    assert str(face.base) == f"/{name}"


def test_lines_are_no_longer_than_their_room_and_lose_no_letter() -> None:
    room = 200
    for text in (LONG, "satu dua tiga " * 20, "x", ""):
        lines = wrapped(text, PLAIN, 9, room)
        assert all(PLAIN.text_width(line, 9) <= room for line in lines)
        assert "".join("".join(lines).split()) == "".join(text.split())
    assert len(wrapped(LONG, PLAIN, 9, 340 - 118)) > 1
    assert shown("Rp × ") == b"Rp \xd7 "


@pytest.mark.skipif(shutil.which("qpdf") is None, reason="qpdf is not installed (Debian: apt install qpdf)")
def test_qpdf_finds_nothing_wrong(tmp_path: Path) -> None:
    (tmp_path / "sheet.pdf").write_bytes(draw(SHEET))
    checked = subprocess.run(["qpdf", "--check", tmp_path / "sheet.pdf"], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr
