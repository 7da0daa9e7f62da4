"""Whether a channel is asked at all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from meterai.domain.rows.noun import Noun


@dataclass(frozen=True, slots=True, kw_only=True)
class Breaker(Noun):
    """Pemutus arus: whether a channel is asked at all (`id` = "breaker_" + its name; domain/breaker.py). `turn` counts the
    changes of its state; `since` is when it opened or, closed again, when it closed; until `until` nobody asks (open), or one
    alone does (half_open)."""

    name = "breaker"
    state: Literal["closed", "open", "half_open"]
    turn: int
    since: datetime
    until: datetime | None = None
