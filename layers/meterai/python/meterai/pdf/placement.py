"""From fractions of the page as displayed to a rectangle in the page's own coordinates.

Every page has a crop box within its media box (both inherited), a rotation and a user unit. Measured on real files,
ignoring any of them puts one stamp in three outside the visible page."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from meterai.domain.placement import PageGeometry, Placement, check, suggested

__all__ = ["PageBox", "page_box", "rectangle", "suggested", "upright"]

Rectangle = tuple[float, float, float, float]
_LETTER: Rectangle = (0.0, 0.0, 612.0, 792.0)


@dataclass(frozen=True, slots=True)
class PageBox:
    """What is visible of a page, in its own units: the crop box (x0, y0, x1, y1) and the clockwise rotation (0, 90,
    180, 270) under which it is shown. One unit is `user_unit` points."""

    crop: Rectangle
    rotation: int
    user_unit: float

    @property
    def displayed(self) -> PageGeometry:
        """Width and height in points, as the reader sees the page."""
        x0, y0, x1, y1 = self.crop
        width, height = (x1 - x0) * self.user_unit, (y1 - y0) * self.user_unit
        if self.rotation in (90, 270):
            width, height = height, width
        return PageGeometry(width, height, self.rotation)


def page_box(
    media: Sequence[float] | None,
    crop: Sequence[float] | None = None,
    rotate: float | None = None,
    user_unit: float | None = None,
) -> PageBox:
    """What is visible of a page with these (inherited) entries, read as viewers read them: corners in any order, a
    crop box is cut to the media box, rotation is taken modulo 360, and what makes no sense is as good as absent (ISO
    32000-2, 7.7.3.3 and 14.11.2)."""
    sheet = _normal(media) or _LETTER
    cut = _normal(crop)
    visible = _normal(_common(sheet, cut)) if cut else None
    quarter = int(rotate / 90) % 4 if rotate is not None and math.isfinite(rotate) else 0
    unit = user_unit if user_unit is not None and math.isfinite(user_unit) and user_unit > 0 else 1.0
    return PageBox(visible or sheet, quarter * 90, unit)


def rectangle(placement: Placement, boxes: Sequence[PageBox], verify_url: str) -> Rectangle:
    """Where the stamp goes in the units of the page it is on: lower left and upper right corner, whatever the rotation.

    `verify_url` is what the QR will carry: it decides the least width. Raises PlacementOffPage, PlacementTooSmall."""
    check(placement, [box.displayed for box in boxes], verify_url)
    box = boxes[placement.page - 1]
    shown = box.displayed
    right = placement.x + placement.width
    bottom = placement.y + placement.width * shown.width / shown.height
    corners = (_point(box, placement.x, placement.y), _point(box, right, bottom))
    (xa, ya), (xb, yb) = corners
    x0, y0, x1, y1 = box.crop  # what `check` lets pass as rounding is cut off
    return max(x0, min(xa, xb)), max(y0, min(ya, yb)), min(x1, max(xa, xb)), min(y1, max(ya, yb))


def upright(rotation: int, side: float) -> tuple[float, ...]:
    """The form matrix that turns a square appearance of this side against the page's rotation, so that it reads
    upright; the page's own rotation is never rewritten."""
    return {
        0: (1, 0, 0, 1, 0, 0),
        90: (0, 1, -1, 0, side, 0),
        180: (-1, 0, 0, -1, side, side),
        270: (0, -1, 1, 0, 0, side),
    }[rotation]


def _point(box: PageBox, across: float, down: float) -> tuple[float, float]:
    """The point `across` and `down` (fractions of the displayed page) in the page's units."""
    x0, y0, x1, y1 = box.crop
    width, height = x1 - x0, y1 - y0
    if box.rotation == 0:
        return x0 + across * width, y1 - down * height
    if box.rotation == 90:
        return x0 + down * width, y0 + across * height
    if box.rotation == 180:
        return x1 - across * width, y0 + down * height
    return x1 - down * width, y1 - across * height


def _normal(box: Sequence[float] | None) -> Rectangle | None:
    """The box with its corners in order; None when it is not four numbers or encloses nothing."""
    if box is None or len(box) != 4 or not all(math.isfinite(value) for value in box):
        return None
    x0, x1 = sorted((float(box[0]), float(box[2])))
    y0, y1 = sorted((float(box[1]), float(box[3])))
    return (x0, y0, x1, y1) if x1 > x0 and y1 > y0 else None


def _common(one: Rectangle, other: Rectangle) -> tuple[float, ...] | None:
    x0, y0, x1, y1 = max(one[0], other[0]), max(one[1], other[1]), min(one[2], other[2]), min(one[3], other[3])
    return (x0, y0, x1, y1) if x1 > x0 and y1 > y0 else None
