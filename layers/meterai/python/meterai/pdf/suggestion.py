"""Where a stamp would go by itself: beside the line that people sign at, and never over ink.

Looked up on the page as it is drawn. Ink (tinta) is whatever differs from the paper, which is the commonest light shade of
the page: a scan's grey is paper too."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pypdfium2  # type: ignore[import-untyped]
from PIL import Image

from meterai.domain.placement import PageGeometry, Placement, suggested
from meterai.pdf.hidden import displayed

PHRASES = (
    "yang menyatakan",
    "yang membuat pernyataan",
    "pembuat pernyataan",
    "hormat saya",
    "hormat kami",
    "pemohon",
    "pelamar",
    "tertanda",
    "materai",
    "meterai",
    "e-meterai",
)
"""How Indonesian letters begin the place to sign at. A line longer than `_LINE_MAX` characters is prose that mentions it."""
_LINE_MAX = 60
_PAGES_READ = 6
_EDGE = 1000
_CELL = 4
_MARGIN = 10.0
_GAP = 3.0
_DIFFERS = 40
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
        left, top = (max(0, int((edge - _GAP) * self.scale / _CELL)) for edge in (x, y))
        right = min(self.columns, math.ceil((x + side + _GAP) * self.scale / _CELL))
        bottom = min(self.rows, math.ceil((y + side + _GAP) * self.scale / _CELL))
        sums: list[list[int]] = self._sums
        inked: int = sums[bottom][right] - sums[top][right] - sums[bottom][left] + sums[top][left]
        return inked == 0


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
    for number in range(len(pages), max(0, len(pages) - _PAGES_READ), -1):
        size = suggested([pages[number - 1]])
        anchor = _anchor(document[number - 1]) if size is not None else None
        if size is not None and anchor is not None:
            found = _beside(Sheet(document[number - 1]), pages[number - 1], size.width, anchor, number)
            if found is not None:
                return found
    return _elsewhere(Sheet(document[last.page - 1]), pages[last.page - 1], last)


def _anchor(page: pypdfium2.PdfPage) -> tuple[float, float, float, float] | None:
    """The lowest signature line on the page, as displayed: left, top, right, bottom in points."""
    scale = 4.0
    text = page.get_textpage()
    found = []
    for index, count in itertools.chain.from_iterable(_occurrences(text, phrase) for phrase in PHRASES):
        if _stands_alone(text, index, count) and text.count_rects(index, count) > 0:
            left, top, right, bottom = displayed(page, text.get_rect(0), scale)
            found.append((left / scale, top / scale, right / scale, bottom / scale))
    return max(found, key=lambda box: (box[3], -box[0]), default=None)


def _occurrences(text: pypdfium2.PdfTextPage, phrase: str) -> Iterator[tuple[int, int]]:
    searcher = text.search(phrase, match_case=False, match_whole_word=True)
    for _ in range(20):
        at = searcher.get_next()
        if at is None:
            return
        yield at


def _stands_alone(text: pypdfium2.PdfTextPage, index: int, count: int) -> bool:
    """Whether the phrase is on a short line of its own, not in a sentence."""
    start = max(0, index - _LINE_MAX)
    around = text.get_text_range(start, index - start + count + _LINE_MAX)
    before, after = around[: index - start], around[index - start + count :]
    line = len(_last_line(before)) + count + len(_first_line(after))
    return line <= _LINE_MAX


def _last_line(text: str) -> str:
    return text.replace("\r", "\n").rpartition("\n")[2]


def _first_line(text: str) -> str:
    return text.replace("\r", "\n").partition("\n")[0]


def _beside(
    sheet: Sheet, page: PageGeometry, width: float, anchor: tuple[float, float, float, float], number: int
) -> Suggestion | None:
    """The nearest place without ink to where the stamp usually goes: below the line, or beside what is signed there."""
    side = width * page.width
    left, top, right, bottom = anchor
    across = _steps(left - 1.6 * side, right + 0.6 * side, page.width, side)
    down = _steps(top - 0.5 * side, bottom + 2.0 * side, page.height, side)
    clear = [(x, y) for y in down for x in across if sheet.clear(x, y, side)]
    if not clear:
        return None
    x, y = min(clear, key=lambda at: (math.hypot(at[0] - left, at[1] - bottom - _GAP), at))
    return Suggestion(Placement(number, x / page.width, y / page.height, width), sheet.ink(x, y, side))


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
        across, down = (_steps(0, edge, edge, side) for edge in (page.width, page.height))
        clear = ((a, b) for b in reversed(down) for a in reversed(across) if sheet.clear(a, b, side))
        best = next(clear, best)
    at = Placement(corner.page, best[0] / page.width, best[1] / page.height, corner.width)
    return Suggestion(at, sheet.ink(best[0], best[1], side))


def _steps(start: float, end: float, edge: float, side: float) -> list[float]:
    """Where a stamp of this side may begin between start and end, inside the margins of the page."""
    least, most = max(start, _MARGIN), min(end, edge - _MARGIN - side)
    return [least + step * _CELL for step in range(max(0, int((most - least) / _CELL) + 1))]
