"""A sheet of words as a PDF (ports.sheets): one A5 page, the standard fonts, no date of its own, so that the same words are the
same bytes."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, field

from pikepdf import Dictionary, Matrix, Name, Pdf, String
from pikepdf.canvas import Canvas, Color, Font, Text

from meterai.ports.sheets import Line, Sheet

WIDTH, HEIGHT = 419.53, 595.28
"""A5, in points of 1/72 inch."""
MARGIN = 39.0
LEFT, RIGHT = MARGIN, WIDTH - MARGIN
FACTS_AT = LEFT + 118
"""Where what is labelled begins, right of its label."""
MOST_LINES = 12
"""Into how many lines one fact is wrapped at most: an e-mail address of the longest, 254 of the widest letters, needs 11."""
INK, SOFT, ACCENT, RULE = (
    Color(0.10, 0.14, 0.18, 1), Color(0.34, 0.39, 0.44, 1), Color(0.05, 0.36, 0.39, 1), Color(0.80, 0.78, 0.73, 1),
)  # fmt: skip
_FIRST = 32
_PLAIN = (
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556, 556, 556, 556,
    556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778,
    667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556, 556, 278, 556,
    556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
)  # fmt: skip
_BOLD = (
    278, 333, 474, 556, 556, 889, 722, 238, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556, 556, 556, 556,
    556, 556, 333, 333, 584, 584, 584, 611, 975, 722, 722, 722, 722, 667, 611, 778, 722, 278, 556, 722, 611, 833, 722, 778,
    667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 333, 278, 333, 584, 556, 333, 556, 611, 556, 611, 556, 333, 611,
    611, 278, 278, 556, 278, 889, 611, 611, 611, 611, 389, 556, 333, 611, 556, 778, 556, 556, 500, 389, 280, 389, 584,
)  # fmt: skip
_TIMES, _WIDEST = 584, 1000
"""The multiplication sign; and what any other letter beyond ASCII is taken for, which is enough for each."""


@dataclass(frozen=True)
class Face(Font):
    """One of the fourteen standard fonts (ISO 32000-1, 9.6.2.2): every reader has them, none is carried along. `widths` are
    Adobe's, in thousandths of the size, from the space to the tilde."""

    key: Name
    base: Name
    widths: tuple[int, ...] = field(repr=False)

    def register(self, pdf: Pdf) -> Dictionary:
        """Its dictionary, in the encoding that `shown` writes."""
        made = Dictionary(
            Type=Name.Font, Subtype=Name.Type1, BaseFont=self.base, Encoding=Name.WinAnsiEncoding
        )  # fmt: skip
        return pdf.make_indirect(made)

    def text_width(self, text: str | bytes, fontsize: float = 1, **_: object) -> float:  # type: ignore[override]
        """How long a line of this size is."""
        letters = text if isinstance(text, str) else text.decode("cp1252")
        return sum(self._width(letter) for letter in letters) * fontsize / 1000

    def _width(self, letter: str) -> int:
        at = ord(letter) - _FIRST
        return self.widths[at] if 0 <= at < len(self.widths) else _TIMES if letter == "×" else _WIDEST


PLAIN = Face(Name.F1, Name.Helvetica, _PLAIN)
BOLD = Face(Name.F2, Name("/Helvetica-Bold"), _BOLD)


def draw(sheet: Sheet) -> bytes:
    """The sheet as a PDF of one page."""
    canvas = Canvas(page_size=(WIDTH, HEIGHT))
    for face in (PLAIN, BOLD):
        canvas.add_font(face.key, face)
    _Pen(canvas).write(sheet)
    with canvas.to_pdf() as pdf:
        pdf.Root.Lang = String(sheet.language)
        pdf.Root.ViewerPreferences = Dictionary(DisplayDocTitle=True)
        pdf.docinfo[Name.Title] = String(f"{sheet.title} {sheet.facts[0][1]}")
        pdf.docinfo[Name.Author] = String(sheet.maker)
        if Name.ID in pdf.trailer:  # the canvas's own, of the clock: qpdf would keep its first half
            del pdf.trailer.ID
        out = io.BytesIO()
        pdf.save(out, deterministic_id=True, compress_streams=True)
    return out.getvalue()


class _Pen:
    """Writes from the top down; `at` is the base of the line before."""

    def __init__(self, canvas: Canvas) -> None:
        self._canvas = canvas
        self._at = HEIGHT - MARGIN

    def write(self, sheet: Sheet) -> None:
        self._head(sheet)
        for label, text in sheet.facts:
            self._fact(label, text)
        self._rule(13)
        for line in sheet.lines:
            self._line(line)
        self._rule(11)
        self._down(20)
        label, amount = sheet.total
        self._put(LEFT, label, BOLD, 11)
        self._put_to(RIGHT, amount, BOLD, 13)
        self._down(2)
        self._fact(*sheet.in_words)
        if sheet.later:
            self._rule(13)
            self._down(17)
            self._put(LEFT, sheet.since, BOLD, 9)
            for line in sheet.later:
                self._line(line)
        self._rule(13)
        for note in sheet.notes:
            self._down(4)
            for part in wrapped(note, PLAIN, 8, RIGHT - LEFT):
                self._down(11)
                self._put(LEFT, part, PLAIN, 8, SOFT)

    def _head(self, sheet: Sheet) -> None:
        self._down(15)
        self._put(LEFT, sheet.maker, BOLD, 14, ACCENT)
        self._put_to(RIGHT, sheet.title, BOLD, 18)
        self._down(15)
        self._put_to(RIGHT, sheet.meaning, PLAIN, 9, SOFT)
        if sheet.warning:
            self._down(18)
            self._put(LEFT, sheet.warning, BOLD, 9, ACCENT)
        self._rule(13)

    def _fact(self, label: str, text: str) -> None:
        """A label, and right of it what it labels, in as many lines as that takes."""
        for number, part in enumerate(wrapped(text, PLAIN, 9, RIGHT - FACTS_AT)[:MOST_LINES]):
            self._down(12 if number else 18)
            if not number:
                self._put(LEFT, label, PLAIN, 9, SOFT)
            self._put(FACTS_AT, part, PLAIN, 9)

    def _line(self, line: Line) -> None:
        """What for, how it is worked out, and the amount at the right edge."""
        self._down(18)
        self._put(LEFT, line.label, PLAIN, 9)
        self._put_to(RIGHT - 72, line.detail, PLAIN, 9, SOFT)
        self._put_to(RIGHT, line.amount, PLAIN, 9)

    def _down(self, points: float) -> None:
        self._at -= points

    def _rule(self, room: float) -> None:
        self._down(room)
        self._canvas.do.stroke_color(RULE).line_width(0.6).line(LEFT, self._at, RIGHT, self._at)

    def _put_to(self, right: float, text: str, face: Face, size: float, color: Color = INK) -> None:
        self._put(right - face.text_width(shown(text), size), text, face, size, color)

    def _put(self, left: float, text: str, face: Face, size: float, color: Color = INK) -> None:
        place = Matrix().translated(round(left, 2), round(self._at, 2))
        line = Text().font(face.key, size).text_transform(place).show(shown(text))
        self._canvas.do.fill_color(color).draw_text(line)


def shown(text: str) -> bytes:
    """A text in the fonts' encoding; what has no place there is a question mark."""
    return text.encode("cp1252", errors="replace")


def wrapped(text: str, face: Face, size: float, width: float) -> list[str]:
    """A text in lines that are no longer than `width`; a word that is, is cut."""
    lines = [""]
    for word in _pieces(text, face, size, width):
        longer = f"{lines[-1]} {word}".lstrip()
        if face.text_width(longer, size) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def _pieces(text: str, face: Face, size: float, width: float) -> Iterator[str]:
    for word in text.split():
        piece = ""
        for letter in word:
            if face.text_width(piece + letter, size) > width:
                yield piece
                piece = ""
            piece += letter
        yield piece
