"""Where a stamp may be is the same for the page and for the service: the cases of placements.json, asked of both."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from meterai.domain.placement import PageGeometry, Placement, check
from meterai.pdf.suggestion import _paper
from tests.unit.web.node import told

CASES: list[dict[str, Any]] = json.loads((Path(__file__).parent / "placements.json").read_text())
SHORT = "HTTPS://M.ID/V/"
SCRIPT = """
const { inside, fractions } = await import(`${WEB}/page/geometry.js`);
tell(given.map(({ page: [width, height], side, at: [left, top] }) => {
  const place = inside({ width, height }, side, { left, top });
  return [place, fractions({ width, height }, side, place)];
}));
"""


def agreed(cases: list[dict[str, Any]]) -> None:
    for case, (place, fraction) in zip(cases, told(SCRIPT, cases), strict=True):
        width, height = case["page"]
        if "inside" in case:
            assert (place["left"], place["top"]) == pytest.approx(case["inside"], abs=1e-6)
        check(Placement(page=1, **fraction), [PageGeometry(width, height, 0)], SHORT)  # the service takes it as it is
        assert fraction["x"] * width == pytest.approx(place["left"], abs=width * 2e-6)
        assert fraction["y"] * height == pytest.approx(place["top"], abs=max(width, height) * 2e-6)
        assert all(
            round(value * 1_000_000) == pytest.approx(value * 1_000_000, abs=1e-6) for value in fraction.values()
        )


def test_the_service_takes_every_place_of_the_cases() -> None:
    agreed(CASES)


def test_the_service_takes_whatever_place_a_finger_finds() -> None:
    dice = random.Random(20240904)
    agreed(
        [
            {
                "page": [dice.uniform(54, 2_000), dice.uniform(54, 2_000)],
                "side": dice.choice((53.858268, 53.8583)),
                "at": [dice.uniform(-200, 2_200), dice.uniform(-200, 2_200)],
            }
            for _ in range(2_000)
        ]
    )


def test_ink_is_the_share_of_a_square_that_is_not_paper() -> None:
    page = Image.new("L", (100, 200), 231)  # a scan's grey
    page.paste(20, (40, 100, 60, 120))
    given = [list(page.tobytes()), _paper(page.histogram())]
    script = """
    const { ink } = await import(`${WEB}/page/geometry.js`);
    const sheet = { shades: Uint8Array.from(given[0]), columns: 100, rows: 200 };
    const at = (left, top) => ink(sheet, { width: 500, height: 1000 }, 100, { left, top });
    tell([at(0, 0), at(200, 500), at(250, 500), at(100, 500)]);
    """
    assert told(script, given) == [0, 1, 0.5, 0]
