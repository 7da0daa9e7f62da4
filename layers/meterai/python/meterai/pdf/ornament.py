"""The stamp's ornament, computed: a guilloche of crossing waves, and a ribbon of kawung.

Kawung, four petals about a point, is a batik pattern centuries old and nobody's property. The state's emblem is not
drawn: docs/stamp.md says why. Everything is content-stream operators, rounded to hundredths of a unit."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

Curve = Callable[[float], tuple[float, float]]
Colour = tuple[float, float, float]


def guilloche(left: float, bottom: float, width: float, height: float, *, periods: int, waves: int) -> Iterator[str]:
    """A mesh of waves that swell and narrow against each other, within this rectangle. Each period is written in
    coordinates of its own, so that all but the first compress to nothing."""
    middle, reach, period = bottom + height / 2, height / 2, width / periods
    for index in range(periods):
        yield f"q 1 0 0 1 {n(left + index * period)} {n(middle)} cm"
        for wave in range(waves):
            yield curve(_wave(2 * math.pi * wave / waves, period, reach), _PIECES) + " S"
        yield "Q"


def _wave(shift: float, period: float, reach: float) -> Curve:
    def point(along: float) -> tuple[float, float]:
        turn = 2 * math.pi * along
        return period * along, reach * (0.66 * math.cos(turn + shift) + 0.34 * math.cos(3 * turn - 2 * shift))

    return point


def kawung(left: float, bottom: float, cell: float, cells: int, *, line: Colour, petal: Colour) -> Iterator[str]:
    """A ribbon of `cells` squares, one upon the other: each has four petals with a seam, and a star between them."""
    half = cell / 2
    for index in range(cells):
        yield f"q 1 0 0 1 {n(left + half)} {n(bottom + cell * index + half)} cm"
        yield " ".join(_petal(x * half, y * half, 0.04, 0.97, 0.30) for x, y in _CORNERS)
        yield f"{fill(petal)} {stroke(line)} 0.28 w b"
        yield " ".join(_petal(x * half, y * half, 0.26, 0.74, 0.13) for x, y in _CORNERS)
        yield f"{fill(line)} f"
        yield " ".join(_petal(x * half, y * half, 0.56, 0.92, 0.22) for x, y in _SIDES) + " f"
        yield "Q"


_PIECES = 12
_CORNERS = ((1, 1), (-1, 1), (-1, -1), (1, -1))
_SIDES = ((1, 0), (0, 1), (-1, 0), (0, -1))


def _petal(x: float, y: float, start: float, end: float, swell: float) -> str:
    """A lens from `start` to `end` of the way to (x, y), as wide as `swell` says of its length."""
    ax, ay, bx, by = x * start, y * start, x * end, y * end
    run, rise = (bx - ax), (by - ay)
    ox, oy = -rise * swell * 4 / 3, run * swell * 4 / 3
    near, far = 0.2, 0.8
    ways = [
        f"{n(ax + run * one + side * ox)} {n(ay + rise * one + side * oy)} "
        f"{n(ax + run * two + side * ox)} {n(ay + rise * two + side * oy)} {n(tx)} {n(ty)} c"
        for side, one, two, tx, ty in ((1, near, far, bx, by), (-1, far, near, ax, ay))
    ]
    return f"{n(ax)} {n(ay)} m {' '.join(ways)} h"


def curve(point: Curve, steps: int) -> str:
    """A smooth path through `point(0)` .. `point(1)`: cubic pieces whose ends have the curve's own direction."""
    small = 1e-4
    x, y = point(0)
    parts = [f"{n(x)} {n(y)} m"]
    for step in range(steps):
        start, end = step / steps, (step + 1) / steps
        (ax, ay), (bx, by) = point(start), point(end)
        (cx, cy), (dx, dy) = point(start + small), point(end - small)
        pull = 1 / (3 * steps * small)
        parts.append(
            f"{n(ax + (cx - ax) * pull)} {n(ay + (cy - ay) * pull)} "
            f"{n(bx + (dx - bx) * pull)} {n(by + (dy - by) * pull)} {n(bx)} {n(by)} c"
        )
    return " ".join(parts)


def box(x: float, y: float, width: float, height: float) -> str:
    return f"{n(x)} {n(y)} {n(width)} {n(height)} re"


def fill(colour: Colour) -> str:
    return " ".join(n(value) for value in colour) + " rg"


def stroke(colour: Colour) -> str:
    return " ".join(n(value) for value in colour) + " RG"


def n(value: float) -> str:
    """A number as a content stream wants it: no exponent, no needless digits."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text
