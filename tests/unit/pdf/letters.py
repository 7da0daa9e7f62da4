"""Letters as people in Indonesia write, print and scan them, each with the block in which its signer signs.

Text goes onto the page as word processors put it there: a line at a time, each word by itself (LibreOffice), or each glyph by
itself (Word, browsers)."""

from __future__ import annotations

import io
import itertools
import random
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

import pypdfium2  # type: ignore[import-untyped]
from PIL import Image, ImageDraw, ImageFilter

from tests.unit.pdf import papers

Box = tuple[float, float, float, float]
A4 = (595.0, 842.0)
F4 = (609.4, 935.4)
LETTER = (612.0, 792.0)
WIDTHS = {
    glyph: width
    for width, glyphs in (
        (180, "'"),
        (200, "|"),
        (250, " ,."),
        (278, "/:;\\ijlt"),
        (333, "!()-I[]`fr"),
        (389, "Js"),
        (408, '"'),
        (444, "?acez"),
        (469, "^"),
        (480, "{}"),
        (500, "#$*0123456789_bdghknopquvxy"),
        (541, "~"),
        (556, "FPS"),
        (564, "+<=>"),
        (611, "ELTZ"),
        (667, "BCR"),
        (722, "ADGHKNOQUVXYw"),
        (778, "&m"),
        (833, "%"),
        (889, "M"),
        (921, "@"),
        (944, "W"),
    )
    for glyph in glyphs
}
"""Of Times-Roman, in thousandths of its size (Adobe's metrics of the 14 standard fonts)."""
PLEDGE = (
    "Dengan ini menyatakan dengan sesungguhnya bahwa saya tidak pernah dipidana dengan pidana penjara berdasarkan putusan "
    "pengadilan yang sudah mempunyai kekuatan hukum tetap, tidak pernah diberhentikan dengan hormat tidak atas permintaan "
    "sendiri, dan tidak menjadi anggota atau pengurus partai politik. Pemohon bersedia ditempatkan di seluruh wilayah Negara "
    "Kesatuan Republik Indonesia. Demikian surat pernyataan ini dibuat di atas materai dengan sebenarnya."
)


@dataclass(frozen=True)
class Written:
    """A document, the page that is signed, and the block there from the phrase to the name: left, top, right, bottom in points
    of the displayed page. `near`: how many points from that block the stamp may end up."""

    source: bytes
    page: int
    block: Box
    near: float = 12.0


@dataclass
class Sheet:
    """One page being written: points from its top left corner."""

    size: tuple[float, float] = A4
    by: Literal["line", "word", "glyph"] = "line"
    ops: list[bytes] = field(default_factory=list)

    def text(self, x: float, y: float, text: str, size: float = 12) -> float:
        """Write on the base line `y`; gives where the text ends."""
        parts = {"line": [text], "word": text.split(" "), "glyph": list(text)}[self.by]
        for part in parts:
            shown = part.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)").encode()
            if part != " ":
                self.ops.append(b"BT /F1 %g Tf 1 0 0 1 %.2f %.2f Tm (%s) Tj ET" % (size, x, self.size[1] - y, shown))
            x += width(part, size) + (width(" ", size) if self.by == "word" else 0)
        return x

    def centred(self, x: float, y: float, text: str, size: float = 12) -> None:
        self.text(x - width(text, size) / 2, y, text, size)

    def prose(self, y: float, text: str, *, left: float = 72, right: float | None = None, size: float = 12) -> float:
        """Write a paragraph; gives the base line that would be next."""
        most = (right or self.size[0] - 72) - left
        line = ""
        for word in text.split():
            if width(f"{line} {word}", size) > most:
                self.text(left, y, line, size)
                line, y = word, y + size * 1.5
            else:
                line = f"{line} {word}".strip()
        self.text(left, y, line, size)
        return y + size * 1.5

    def rule(self, x: float, y: float, to_x: float, to_y: float) -> None:
        self.ops.append(b"0.6 w %g %g m %g %g l S" % (x, self.size[1] - y, to_x, self.size[1] - to_y))

    def frame(self, left: float, top: float, right: float, bottom: float) -> None:
        corners = ((left, top), (right, top), (right, bottom), (left, bottom), (left, top))
        for (xa, ya), (xb, yb) in itertools.pairwise(corners):
            self.rule(xa, ya, xb, yb)


def width(text: str, size: float) -> float:
    return sum(WIDTHS[glyph] for glyph in text) * size / 1000


def bound(*sheets: Sheet, rotate: int = 0, more: Mapping[int, bytes] | None = None) -> bytes:
    """The sheets as one document. A rotated one was written upright and is stored turned, as scanners and printers do."""
    body = papers.objects(pages=len(sheets), more=more) | {
        3: b"<< /Type /Font /Subtype /Type1 /BaseFont /Times-Roman /Encoding /WinAnsiEncoding >>"
    }
    for index, sheet in enumerate(sheets):
        across, down = sheet.size
        media, turn = {
            0: ((across, down), ""),
            90: ((down, across), f"0 1 -1 0 {down:g} 0 cm"),
            180: ((across, down), f"-1 0 0 -1 {across:g} {down:g} cm"),
            270: ((down, across), f"0 -1 1 0 0 {across:g} cm"),
        }[rotate]
        content = zlib.compress(turn.encode() + b"\n" + b"\n".join(sheet.ops))
        pictures = "/XObject << /Im 90 0 R >>" if more else ""
        body[4 + 2 * index] = (
            f"<< /Type /Page /Parent 2 0 R /Contents {5 + 2 * index} 0 R /MediaBox [0 0 {media[0]:g} {media[1]:g}] "
            f"/Rotate {rotate} /Resources << /Font << /F1 3 0 R >> {pictures} >> >>"
        ).encode()
        body[5 + 2 * index] = b"<< /Filter /FlateDecode /Length %d >>\nstream\n%s\nendstream" % (len(content), content)
    return papers.classical(body)


def statement(sheet: Sheet) -> float:
    """The head and the text of a surat pernyataan; gives where its end is."""
    middle = sheet.size[0] / 2
    sheet.centred(middle, 84, "SURAT PERNYATAAN", 14)
    y = sheet.prose(120, "Yang bertanda tangan di bawah ini:")
    for label, value in (
        ("Nama", "Budi Santoso"),
        ("Tempat/Tgl. Lahir", "Garut, 17 Agustus 1998"),
        ("NIK", "3205011708980001"),
        ("Alamat", "Jl. Merdeka No. 45, Garut"),
    ):
        sheet.text(90, y, label)
        sheet.text(220, y, f": {value}")
        y += 18
    return sheet.prose(y + 6, PLEDGE)


def _cpns() -> Written:
    """As the agencies' templates of CPNS 2024 have it: the box for the stamp to the left in the block."""
    sheet = Sheet(by="glyph")
    top = statement(sheet) + 24
    sheet.text(350, top, "Jakarta, 20 Agustus 2024")
    sheet.text(350, top + 18, "Yang Menyatakan,")
    sheet.frame(350, top + 36, 420, top + 72)
    sheet.text(357, top + 52, "Materai", 11)
    sheet.text(357, top + 66, "10000", 11)
    sheet.text(350, top + 110, "Budi Santoso")
    return Written(bound(sheet), 1, (350, top, 480, top + 112))


def _cpns_large_box() -> Written:
    """A box large enough for the stamp, with its word in the middle: the stamp has no place in it."""
    sheet = Sheet(by="word")
    top = statement(sheet) + 24
    sheet.centred(420, top, "Yang membuat pernyataan,")
    sheet.frame(385, top + 12, 455, top + 72)
    sheet.centred(420, top + 46, "E-Meterai", 10)
    sheet.centred(420, top + 96, "(Siti Rahmawati)")
    return Written(bound(sheet), 1, (355, top - 10, 485, top + 98))


def _application() -> Written:
    sheet = Sheet(by="word")
    sheet.text(380, 84, "Bandung, 2 September 2024")
    sheet.text(72, 110, "Perihal: Lamaran CPNS Tahun Anggaran 2024")
    sheet.text(72, 146, "Yth. Kepala Badan Kepegawaian Negara")
    y = sheet.prose(180, "Dengan hormat, saya yang bertanda tangan di bawah ini mengajukan lamaran. " + PLEDGE)
    for number, item in enumerate(("Ijazah dan transkrip nilai", "Materai Rp10.000 (2 lembar)", "KTP Pemohon"), 1):
        sheet.text(90, y + 18 * number, f"{number}. {item}")
    top = y + 100
    sheet.text(400, top, "Hormat saya,")
    sheet.text(400, top + 80, "Ni Luh Ayu Lestari")
    return Written(bound(sheet), 1, (400, top - 10, 495, top + 82))


def _two_columns() -> Written:
    """An agreement; the stamp goes to the side that says so."""
    sheet = Sheet()
    top = sheet.prose(72, " ".join([PLEDGE] * 2)) + 40
    for x, party, name in ((150, "PIHAK PERTAMA", "Hendra Wijaya"), (440, "PIHAK KEDUA", "Dewi Anggraini")):
        sheet.centred(x, top, party)
        sheet.centred(x, top + 110, f"( {name} )")
    sheet.text(400, top + 50, "Materai 10.000", 9)
    return Written(bound(sheet), 1, (390, top - 10, 495, top + 112))


def _two_columns_witness() -> Written:
    """The one who states signs to the right, somebody who only takes note of it to the left."""
    sheet = Sheet(by="glyph")
    top = statement(sheet) + 30
    sheet.text(72, top, "Mengetahui,")
    sheet.text(72, top + 16, "Kepala Desa Sukamaju")
    sheet.text(380, top, "Garut, 1 Oktober 2024")
    sheet.text(380, top + 16, "Yang menyatakan,")
    sheet.text(72, top + 100, "H. Asep Sunandar")
    sheet.text(380, top + 100, "Budi Santoso")
    return Written(bound(sheet), 1, (380, top - 10, 490, top + 102))


def _table() -> Written:
    """A form whose last row holds the signatures; above it a row that asks for the applicant's name."""
    sheet = Sheet(by="word")
    sheet.centred(297, 84, "FORMULIR PERMOHONAN", 14)
    for row, label in enumerate(("Nama Pemohon", "NIK Pemohon", "Alamat Pemohon", "Pekerjaan", "Keperluan")):
        top = 120 + 24.0 * row
        sheet.frame(72, top, 220, top + 24)
        sheet.frame(220, top, 523, top + 24)
        sheet.text(78, top + 16, label)
        sheet.text(226, top + 16, "Budi Santoso" if row == 0 else "-")
    sheet.frame(72, 280, 297, 420)
    sheet.frame(297, 280, 523, 420)
    sheet.text(82, 298, "Petugas,")
    sheet.text(82, 410, "Rina Marlina")
    sheet.text(307, 298, "Pemohon,")
    sheet.text(307, 410, "Budi Santoso")
    sheet.prose(450, "Catatan: formulir ini diisi dengan huruf cetak dan tidak boleh dicoret.", size=9)
    return Written(bound(sheet), 1, (300, 282, 520, 418), near=0.0)


def _dots() -> Written:
    sheet = Sheet(by="glyph")
    top = statement(sheet) + 30
    sheet.text(340, top, "................, ........... 2024")
    sheet.text(340, top + 18, "Yang membuat pernyataan,")
    sheet.text(340, top + 106, "(...........................................)")
    return Written(bound(sheet), 1, (340, top - 10, 480, top + 108))


def _ruled() -> Written:
    """A line to sign on, drawn."""
    sheet = Sheet()
    top = statement(sheet) + 30
    sheet.text(72, top, "Pembuat Pernyataan")
    sheet.rule(72, top + 80, 230, top + 80)
    sheet.text(72, top + 96, "NIP. 199808172024081001")
    return Written(bound(sheet), 1, (72, top - 10, 230, top + 98))


def _name_directly_below() -> Written:
    sheet = Sheet(by="word")
    top = statement(sheet) + 30
    sheet.text(380, top, "Hormat saya,")
    sheet.text(380, top + 16, "Budi Santoso")
    sheet.text(380, top + 32, "0812-3456-7890")
    return Written(bound(sheet), 1, (380, top - 10, 470, top + 34))


def _signed_by_hand() -> Written:
    """The signature, as a drawing, is there already."""
    sheet = Sheet(by="word")
    top = statement(sheet) + 30
    sheet.text(380, top, "Hormat saya,")
    for turn in range(9):
        sheet.rule(372 + 10 * turn, top + 60 - 4 * turn, 384 + 9 * turn, top + 16 + 5 * turn)
    sheet.text(380, top + 80, "Budi Santoso")
    return Written(bound(sheet), 1, (370, top - 10, 475, top + 82))


def _f4() -> Written:
    sheet = Sheet(F4, by="glyph")
    top = statement(sheet) + 260
    sheet.text(360, top, "Yang menyatakan,")
    sheet.text(360, top + 76, "Budi Santoso")
    return Written(bound(sheet), 1, (360, top - 10, 450, top + 78))


def _letter_paper() -> Written:
    sheet = Sheet(LETTER, by="word")
    top = statement(sheet) + 30
    sheet.centred(450, top, "Tertanda,")
    sheet.centred(450, top + 84, "MARIA GORETTI, S.Pd.")
    return Written(bound(sheet), 1, (385, top - 10, 515, top + 86))


def _landscape() -> Written:
    """A certificate: three sign it in a row."""
    sheet = Sheet((842, 595), by="word")
    sheet.frame(30, 30, 812, 565)
    sheet.centred(421, 110, "BERITA ACARA SERAH TERIMA", 24)
    sheet.prose(160, PLEDGE, left=100, right=742)
    for x, party, name in (
        (180, "Saksi", "Agus Salim"),
        (421, "Yang menyerahkan", "Rudi Hartono"),
        (662, "Yang menerima", "Sri Mulyani"),
    ):
        sheet.centred(x, 380, party)
        sheet.centred(x, 480, name)
    sheet.centred(662, 408, "meterai", 8)
    return Written(bound(sheet), 1, (600, 370, 724, 482))


def _last_line() -> Written:
    """A full page; what is signed is at its very bottom."""
    sheet = Sheet(by="glyph")
    y = sheet.prose(60, " ".join([PLEDGE] * 5), size=11.5)
    assert y < 716
    sheet.text(400, 728, "Yang menyatakan,")
    sheet.text(400, 830, "Budi Santoso")
    return Written(bound(sheet), 1, (400, 718, 490, 832))


def _last_line_crowded() -> Written:
    """As before, with the name right below: what is free is beside it."""
    sheet = Sheet(by="line")
    sheet.prose(60, " ".join([PLEDGE] * 5), size=11.5)
    sheet.text(400, 800, "Hormat kami,")
    sheet.text(400, 816, "Budi Santoso")
    return Written(bound(sheet), 1, (400, 790, 470, 818), near=30.0)


def _turned(rotate: int) -> Written:
    sheet = Sheet(by="word")
    top = statement(sheet) + 30
    sheet.text(370, top, "Pemohon,")
    sheet.text(370, top + 78, "Budi Santoso")
    return Written(bound(sheet, rotate=rotate), 1, (370, top - 10, 440, top + 80))


def _signed_before_the_annex() -> Written:
    first, second, annex = Sheet(by="word"), Sheet(by="word"), Sheet(by="word")
    first.prose(72, " ".join([PLEDGE] * 3))
    y = second.prose(72, PLEDGE)
    second.text(380, y + 20, "Yang Membuat Pernyataan")
    second.text(380, y + 100, "Budi Santoso")
    annex.text(72, 72, "LAMPIRAN", 14)
    annex.text(72, 100, "Nama Pemohon: Budi Santoso")
    annex.prose(130, PLEDGE)
    return Written(bound(first, second, annex), 2, (380, y + 10, 520, y + 102))


def _scan() -> Written:
    """A letter on grey paper with dust and a slight blur, signed, as one JPEG: nothing on the page is text."""
    sheet = Sheet()
    top = statement(sheet) + 30
    sheet.text(360, top, "Garut, 1 Oktober 2024")
    sheet.text(360, top + 18, "Yang menyatakan,")
    sheet.text(360, top + 106, "Budi Santoso")
    drawn = pypdfium2.PdfDocument(bound(sheet))[0].render(scale=150 / 72).to_pil().convert("L")
    chance = random.Random(1998)
    pen = ImageDraw.Draw(drawn)
    stroke = [(360 + 9 * step, top + 58 + chance.uniform(-22, 22)) for step in range(12)]
    pen.line([(x * 150 / 72, y * 150 / 72) for x, y in stroke], fill=60, width=4)
    grey = drawn.point([40 + shade * 190 // 255 for shade in range(256)]).filter(ImageFilter.GaussianBlur(0.8))
    noise = Image.frombytes("L", grey.size, chance.randbytes(grey.width * grey.height))
    aged = Image.blend(grey, noise, 0.04)
    dust = ImageDraw.Draw(aged)
    for _ in range(15):
        x, y = chance.uniform(0, aged.width), chance.uniform(0, aged.height)
        dust.ellipse((x, y, x + 2, y + 2), fill=90)
    out = io.BytesIO()
    aged.save(out, "JPEG", quality=70)
    picture = b"<< /Subtype /Image /Width %d /Height %d /ColorSpace /DeviceGray /BitsPerComponent 8" % aged.size
    picture += b" /Filter /DCTDecode /Length %d >>\nstream\n%s\nendstream" % (len(out.getvalue()), out.getvalue())
    page = Sheet(ops=[b"q 595 0 0 842 0 0 cm /Im Do Q"])
    return Written(bound(page, more={90: picture}), 1, (350, top - 10, 480, top + 108), near=12.0)


LETTERS: Mapping[str, Callable[[], Written]] = {
    "statement with a small box": _cpns,
    "statement with a box that is full": _cpns_large_box,
    "application": _application,
    "agreement in two columns": _two_columns,
    "statement and who takes note": _two_columns_witness,
    "form with a table": _table,
    "dots for the name": _dots,
    "a ruled line at the left": _ruled,
    "a name directly below": _name_directly_below,
    "signed by hand already": _signed_by_hand,
    "F4": _f4,
    "Letter": _letter_paper,
    "landscape": _landscape,
    "the last line of the page": _last_line,
    "the last line, crowded": _last_line_crowded,
    "turned by 90": lambda: _turned(90),
    "turned by 180": lambda: _turned(180),
    "turned by 270": lambda: _turned(270),
    "signed before the annex": _signed_before_the_annex,
    "a scan": _scan,
}
