"""Where a stamp goes on its page, as it is shown."""

from __future__ import annotations

from typing import Any

from meterai.runtime.shown.base import Shown


class PlacementShown(Shown):
    page: int
    x: float
    y: float
    width: float


class SuggestionShown(PlacementShown):
    """Where the stamp would go by itself. `ink` is the share of that place that is not bare paper; null if nobody looked."""

    ink: float | None


def fractions(millionths: dict[str, Any]) -> dict[str, float]:
    """Millionths of the displayed page, as fractions of it."""
    return {name: millionths[name] / 1_000_000 for name in ("x", "y", "width")}
