"""Where on the page a stamp goes, as the person sees the page, and when that place will not do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from meterai.domain.errors import PlacementOffPage, PlacementTooSmall

POINTS_PER_MM = 72 / 25.4
STAMP_DEFAULT_MM = 19.0
"""What the field uses: about 54 x 54 pt on the page."""
QR_SHARE = 0.685
"""The QR symbol's width, quiet zone left out, as a share of the stamp's: 13.0 mm at the default size."""
QR_MODULE_MIN_MM = 0.43
"""Printed, photographed tilted and blurred, a smaller module is misread now and then."""
_QR_CAPACITY = ((25, 20), (47, 25), (77, 29), (114, 33))
"""Alphanumeric characters at error level L, and the symbol's modules a side, versions 1 to 4 (ISO/IEC 18004)."""
_MARGIN_MM = 12.0
_ROUNDING = 1e-6


@dataclass(frozen=True, slots=True)
class Placement:
    """`page` counts from 1. `x`, `y` (top left corner of the stamp) and `width` are fractions (0..1) of the
    displayed page: the crop box after rotation, origin top left; x and width of its width, y of its height. The
    stamp is square."""

    page: int
    x: float
    y: float
    width: float


@dataclass(frozen=True, slots=True)
class PageGeometry:
    """One page as displayed: width and height in points of 1/72 inch after rotation, user unit counted; `rotation`
    is the page's own, clockwise, 0, 90, 180 or 270: already applied to width and height."""

    width: float
    height: float
    rotation: int


def modules(verify_url: str) -> int:
    """How many modules a side the QR of this upper-case URL has. Raises ValueError beyond 114 characters."""
    for characters, side in _QR_CAPACITY[1:]:
        if len(verify_url) <= characters:
            return side
    raise ValueError("the address behind the QR is longer than 114 characters")


def width_min_mm(verify_url: str) -> float:
    """The narrowest stamp, in millimetres, whose QR of `verify_url` is still read from paper."""
    return QR_MODULE_MIN_MM * modules(verify_url) / QR_SHARE


def check(placement: Placement, pages: Sequence[PageGeometry], verify_url: str) -> None:
    """Judge a placement against the displayed pages and the length of the address that the QR will carry.

    Raises PlacementTooSmall when the QR could not be read from paper or the page is too small for any stamp, and
    PlacementOffPage when there is no such page or any part of the stamp leaves the visible one."""
    if not 1 <= placement.page <= len(pages):
        raise PlacementOffPage("the document has no such page", pointer="/placement/page", pages=len(pages))
    page = pages[placement.page - 1]
    slack = _ROUNDING * max(
        page.width, page.height
    )  # a width is a fraction of the page's width, whatever it is compared with
    least = width_min_mm(verify_url) * POINTS_PER_MM - slack
    if min(page.width, page.height) < least:
        raise PlacementTooSmall("the page is too small for a stamp that can be read", pointer="/placement/page")
    inside = (
        placement.x >= -_ROUNDING
        and placement.y >= -_ROUNDING
        and placement.width > 0
        and placement.x + placement.width <= 1 + _ROUNDING
        and placement.y * page.height + placement.width * page.width <= page.height + slack
    )
    if not inside:  # written so that a NaN is outside too
        raise PlacementOffPage("part of the stamp would leave the visible page", pointer="/placement")
    if placement.width * page.width < least:
        raise PlacementTooSmall("the QR would be too small to be read from paper", pointer="/placement/width")


def suggested(pages: Sequence[PageGeometry], verify_url: str = "") -> Placement | None:
    """The bottom right corner of the last page that can hold a stamp, inside the margin where there is room for one, at
    the default size or the largest that fits; None when no page can hold one whose QR of `verify_url` would be read."""
    least, margin = width_min_mm(verify_url) * POINTS_PER_MM, _MARGIN_MM * POINTS_PER_MM
    for number in range(len(pages), 0, -1):
        page = pages[number - 1]
        side = min(max(least, STAMP_DEFAULT_MM * POINTS_PER_MM), page.width, page.height)
        if side < least:
            continue
        right, bottom = (min(margin, extent - side) for extent in (page.width, page.height))
        return Placement(
            page=number,
            x=(page.width - side - right) / page.width,
            y=(page.height - side - bottom) / page.height,
            width=side / page.width,
        )
    return None
