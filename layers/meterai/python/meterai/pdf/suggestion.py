"""Where a stamp would go by itself: in the space that people sign in, or beside it, and never over ink.

Looked up on the page as it is drawn. Ink (tinta) is whatever differs from the paper, which is the commonest light shade of
the page: a scan's grey is paper too. What is signed is found by its words; on a scan, which has none, by its last line."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pypdfium2  # type: ignore[import-untyped]
from PIL import Image

from meterai.domain.placement import PageGeometry, Placement, suggested
from meterai.pdf.hidden import displayed

Box = tuple[float, float, float, float]
PHRASES = (
    "yang menyatakan",
    "yang membuat pernyataan",
    "yang membuat surat pernyataan",
    "pembuat pernyataan",
    "hormat saya",
    "hormat kami",
    "pemohon",
    "pelamar",
    "tertanda",
    "pemberi kuasa",
    "yang memberi kuasa",
    "pihak kedua",
    "yang menerima",
)
"""How Indonesian letters begin the place to sign at."""
PLACEHOLDERS = ("materai", "meterai")
"""What stands where the stamp is wanted, and settles which of several signatures it belongs to."""
_LINE_MAX = 60
"""Characters of a line beyond which it is prose that mentions the phrase."""
_AFTER_MAX = 12
"""Letters that may follow the phrase; after a placeholder, `_AMOUNT`."""
_AMOUNT = re.compile(r"[\W\d_]*(tempel|elektronik)?[\W\d_]*(rp)?[\W\d_]*", re.IGNORECASE)
_PAGES_READ = 6
_EDGE = 1000
_CELL = 4
_MARGIN = 10.0
_GAP = 3.0
_ROUNDING = 1e-6
_DIFFERS = 40
_BELOW = 2.0
"""How many sides away a place counts more when something is written between the phrase and it: that is below the name."""
_FOOT = 0.93
"""Share of a page's height below which a line is a footer."""
_NAME_WIDTH = (24.0, 0.45)
"""The least width of a name in points, and its most as a share of the page's."""
_NAME_HEIGHT_MAX = 110.0
"""Points: a name with a signature over it."""
_WORD_GAP = 20.0
_INKED_LEAST = 8
"""Cells with ink that make a name: fewer are dust."""
_CLEAN = 0.002
"""Share of a place that may differ from paper before it counts as written on: a speck of dust on a scan."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A place, and the share (0..1) of it that is ink."""

    placement: Placement
    ink: float


class Sheet:
    """One page as drawn, at `scale` pixels a point, and where on it is ink."""

    def __init__(self, page: pypdfium2.PdfPage) -> None:
        self.page = page
        self.size = page.get_size()
        self.scale = min(1.0, _EDGE / max(self.size))
        drawn = page.render(scale=self.scale, grayscale=True).to_pil().convert("L")
        paper = _paper(drawn.histogram())
        self.mask: Image.Image = drawn.point([255 if abs(shade - paper) > _DIFFERS else 0 for shade in range(256)])
        cells = self.mask.reduce(_CELL)
        self.columns, self.rows = cells.size
        self._sums: list[list[int]] = [[0] * (self.columns + 1)]
        data = cells.tobytes()
        for row in range(self.rows):
            line = (1 if value else 0 for value in data[row * self.columns : (row + 1) * self.columns])
            before = self._sums[-1]
            self._sums.append(
                [above + left for above, left in zip(before, itertools.accumulate(line, initial=0), strict=True)]
            )

    def ink(self, x: float, y: float, side: float) -> float:
        """The share of ink in a square of `side` points whose top left corner is at (x, y) points of the displayed page."""
        left, top = (math.floor(edge * self.scale) for edge in (x, y))
        right, bottom = (math.ceil((edge + side) * self.scale) for edge in (x, y))
        place = self.mask.crop((left, top, max(left + 1, right), max(top + 1, bottom)))
        return place.histogram()[255] / (place.size[0] * place.size[1])

    def clear(self, x: float, y: float, side: float) -> bool:
        """Whether no cell that this square and a small gap round it touch has ink."""
        return self._inked((x - _GAP, y - _GAP, x + side + _GAP, y + side + _GAP)) == 0

    def steps(self, start: float, end: float, edge: float, side: float) -> list[float]:
        """Where a stamp of this side may begin between start and end, inside the margins of the page: with its gap at the
        edge of a cell, so that it is clear wherever it can be."""
        furthest = edge - _MARGIN - side
        if furthest < _MARGIN:
            return []
        least, most = (min(max(at, _MARGIN), furthest) for at in (start, end))
        cell = _CELL / self.scale
        first = math.ceil((least - _GAP) / cell)
        aligned = [count * cell + _GAP + _ROUNDING for count in range(first, int((most - _GAP) / cell) + 1)]
        return [*(at for at in aligned if at < most), most]

    def written(self, box: Box) -> bool:
        """Whether there is ink in any cell that lies wholly in this box (left, top, right, bottom in points)."""
        cell = _CELL / self.scale
        return self._inked((box[0] + cell, box[1] + cell, box[2] - cell, box[3] - cell)) > 0

    def last_line(self) -> Box | None:
        """Where the lowest line of ink is, the rightmost part of it where it has several: left, top, right, bottom in points;
        None when that is as wide as prose, or as high as a picture."""
        cell = _CELL / self.scale
        bottom = int(self.rows * _FOOT)
        while bottom > 0:
            while bottom > 0 and not self._row(bottom - 1):
                bottom -= 1
            top = bottom
            while top > 0 and self._row(top - 1):
                top -= 1
            parts = [part for part in self._parts(top, bottom) if (part[1] - part[0]) * cell >= _NAME_WIDTH[0]]
            if parts:
                left, right = parts[-1]
                narrow = right - left <= _NAME_WIDTH[1] * self.columns and (bottom - top) * cell <= _NAME_HEIGHT_MAX
                return (left * cell, top * cell, right * cell, bottom * cell) if narrow else None
            bottom = top
        return None

    def _inked(self, box: Box) -> int:
        """How many cells that this box touches have ink."""
        left, top = (max(0, int(edge * self.scale / _CELL)) for edge in box[:2])
        right = min(self.columns, math.ceil(box[2] * self.scale / _CELL))
        bottom = min(self.rows, math.ceil(box[3] * self.scale / _CELL))
        return self._count(left, top, right, bottom) if left < right and top < bottom else 0

    def _count(self, left: int, top: int, right: int, bottom: int) -> int:
        sums = self._sums
        return sums[bottom][right] - sums[top][right] - sums[bottom][left] + sums[top][left]

    def _row(self, row: int) -> bool:
        return self._count(0, row, self.columns, row + 1) > 1  # one cell alone is dust

    def _parts(self, top: int, bottom: int) -> list[tuple[int, int]]:
        """The columns between which these rows have ink, taken together over the gaps between words."""
        inked = [column for column in range(self.columns) if self._count(column, top, column + 1, bottom)]
        parts: list[tuple[int, int]] = []
        for column in inked:
            if parts and (column - parts[-1][1]) * _CELL <= _WORD_GAP * self.scale:
                parts[-1] = (parts[-1][0], column + 1)
            else:
                parts.append((column, column + 1))
        return [part for part in parts if self._count(part[0], top, part[1], bottom) >= _INKED_LEAST]


def _paper(counts: list[int]) -> int:
    """The commonest light shade; of a page that is nearly all dark, the commonest shade."""
    light = range(128, 256)
    shades = light if sum(counts[shade] for shade in light) > 0.1 * sum(counts) else range(256)
    return max(shades, key=lambda shade: (counts[shade], shade))


def suggest(document: pypdfium2.PdfDocument, pages: Sequence[PageGeometry]) -> Suggestion | None:
    """The place nearest to a signature line that has no ink, else the emptiest corner of the last page that can hold a
    stamp, else the emptiest place near it; None when no page can hold one."""
    last = suggested(pages)
    if last is None:
        return None
    for number, anchor in _anchors(document, pages):
        size = suggested([pages[number - 1]])
        found = _beside(Sheet(document[number - 1]), pages[number - 1], size.width, anchor, number) if size else None
        if found is not None:
            return found
    sheet, page = Sheet(document[last.page - 1]), pages[last.page - 1]
    name = sheet.last_line() if document[last.page - 1].get_textpage().count_chars() == 0 else None
    above = _above(sheet, page, last, name) if name is not None else None
    return above or _elsewhere(sheet, page, last)


def _anchors(document: pypdfium2.PdfDocument, pages: Sequence[PageGeometry]) -> list[tuple[int, Box]]:
    """The pages that have a signature line, and where on each it is; the likeliest first: of those that only mention the
    words, and of others, the later page."""
    found: list[tuple[int, int, Box]] = []
    for number in range(len(pages), max(0, len(pages) - _PAGES_READ), -1):
        anchor = _anchor(document[number - 1]) if suggested([pages[number - 1]]) else None
        if anchor is not None:
            found.append((min(anchor[0], 1), number, anchor[1]))
            if anchor[0] > 0:
                break
    return [(number, box) for _, number, box in sorted(found, key=lambda one: (-one[0], -one[1]))]


def _anchor(page: pypdfium2.PdfPage) -> tuple[int, Box] | None:
    """The signature line of a page as displayed (left, top, right, bottom in points), and how surely it is one: 2 for what
    holds the stamp's place, 1 for a phrase that begins what is written there, 0 for one that others precede. The surest, and
    of these the lowest."""
    scale = 4.0
    text = page.get_textpage()
    found = []
    for phrase in (*PHRASES, *PLACEHOLDERS):
        for index, count in _occurrences(text, phrase):
            rank = _rank(text, index, count, placeholder=phrase in PLACEHOLDERS)
            parts = text.count_rects(index, count) if rank is not None else 0
            words = [displayed(page, text.get_rect(part), scale) for part in range(parts)]
            if rank is not None and words:
                lefts, tops, rights, bottoms = zip(*words, strict=True)
                edges = (min(lefts), min(tops), max(rights), max(bottoms))
                found.append((rank, (edges[0] / scale, edges[1] / scale, edges[2] / scale, edges[3] / scale)))
    return max(found, key=lambda one: (one[0], one[1][3], -one[1][0]), default=None)


def _occurrences(text: pypdfium2.PdfTextPage, phrase: str) -> Iterator[tuple[int, int]]:
    searcher = text.search(phrase, match_case=False, match_whole_word=True)
    for _ in range(20):
        at = searcher.get_next()
        if at is None:
            return
        yield at


def _rank(text: pypdfium2.PdfTextPage, index: int, count: int, *, placeholder: bool) -> int | None:
    """How surely the phrase is a signature line; None for prose, and for a label with its value behind it."""
    start = max(0, index - _LINE_MAX)
    around = text.get_text_range(start, index - start + count + _LINE_MAX)
    before, after = _last_line(around[: index - start]), _first_line(around[index - start + count :])
    if len(before) + count + len(after) > _LINE_MAX or re.match(r"\s*:\s*\S", after):
        return None
    begins = not before.strip() or _apart(text, index - 1 - (len(before) - len(before.rstrip())), index)
    ends = index + count + len(after) - len(after.lstrip())
    follows = "" if not after.strip() or _apart(text, index + count - 1, ends) else after
    if placeholder:
        return 2 if begins and _AMOUNT.fullmatch(follows) else None
    return 1 if begins and sum(map(str.isalpha, follows)) <= _AFTER_MAX else 0


def _apart(text: pypdfium2.PdfTextPage, one: int, other: int) -> bool:
    """Whether two characters of a line are further from each other than words are, whichever way the page is turned."""
    (xa, ya, xb, yb), (xc, yc, xd, yd) = text.get_charbox(one, loose=True), text.get_charbox(other, loose=True)
    return bool(max(xc - xb, xa - xd, yc - yb, ya - yd) > max(yd - yc, xd - xc))


def _last_line(text: str) -> str:
    return text.replace("\r", "\n").rpartition("\n")[2]


def _first_line(text: str) -> str:
    return text.replace("\r", "\n").partition("\n")[0]


def _beside(sheet: Sheet, page: PageGeometry, width: float, anchor: Box, number: int) -> Suggestion | None:
    """The nearest place without ink to where the stamp usually goes: in the space below the line, or beside what is signed
    there, rather than below the name."""
    side = width * page.width
    left, top, right, bottom = anchor
    across = sheet.steps(left - 1.6 * side, right + 0.6 * side, page.width, side)
    down = sheet.steps(top - 0.5 * side, bottom + 2.0 * side, page.height, side)
    clear = [(x, y) for y in down for x in across if sheet.clear(x, y, side)]
    if not clear:
        return None

    def cost(at: tuple[float, float]) -> tuple[float, tuple[float, float]]:
        below = _BELOW * side if sheet.written((left, bottom, right, at[1])) else 0.0
        return math.hypot(at[0] - left, 2 * max(0.0, abs(at[1] - bottom - _GAP) - _CELL)) + below, at

    return _there(sheet, page, number, *_centred(sheet, *min(clear, key=cost), side), side)


def _above(sheet: Sheet, page: PageGeometry, last: Placement, name: Box) -> Suggestion | None:
    """The nearest place without ink to the space above a name, where it is signed."""
    side = last.width * page.width
    left, top, right, bottom = name
    across = sheet.steps(left - 1.6 * side, right + 0.6 * side, page.width, side)
    down = sheet.steps(top - 2.0 * side, bottom, page.height, side)
    clear = [(x, y) for y in down for x in across if sheet.clear(x, y, side)]
    if not clear:
        return None
    x, y = min(clear, key=lambda at: (math.hypot(at[0] - left, at[1] - (top - side - _GAP)), at))
    return _there(sheet, page, last.page, x, y, side)


def _centred(sheet: Sheet, x: float, y: float, side: float) -> tuple[float, float]:
    """The place moved to the middle of what is free above and below it, where both end within a side."""
    steps = range(1, math.ceil(side / _CELL))
    up = next((step - 1 for step in steps if not sheet.clear(x, y - step * _CELL, side)), None)
    down = next((step - 1 for step in steps if not sheet.clear(x, y + step * _CELL, side)), None)
    return (x, y) if up is None or down is None else (x, y + (down - up) / 2 * _CELL)


def _there(sheet: Sheet, page: PageGeometry, number: int, x: float, y: float, side: float) -> Suggestion:
    at = Placement(number, x / page.width, y / page.height, side / page.width)
    return Suggestion(at, sheet.ink(x, y, side))


def _elsewhere(sheet: Sheet, page: PageGeometry, corner: Placement) -> Suggestion:
    """The emptiest corner inside the margins; if all are written on, the place without ink that is nearest to the bottom
    right; if there is none, the corner all the same, with its ink told."""
    side = corner.width * page.width
    x, y = corner.x * page.width, corner.y * page.height
    corners = [
        (x, y),
        (page.width - side - x, y),
        (x, page.height - side - y),
        (page.width - side - x, page.height - side - y),
    ]
    best = min(corners, key=lambda at: sheet.ink(at[0], at[1], side))  # the first of equals: bottom right
    if sheet.ink(best[0], best[1], side) > _CLEAN:
        across, down = (sheet.steps(0, edge, edge, side) for edge in (page.width, page.height))
        clear = ((a, b) for b in reversed(down) for a in reversed(across) if sheet.clear(a, b, side))
        best = next(clear, best)
    return _there(sheet, page, corner.page, *best, side)
