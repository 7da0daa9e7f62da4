"""What stamps are had through, and what is said of it on the board."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Literal

from meterai.domain.rows.noun import Noun


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel(Noun):
    """Something that stamps are had through, or that the road leans on (`id` = "channel_" + its name), as it was last probed.

    `minutes` are the sums of the last hour's probes (domain/probes.py); `pieces` are what it said to have in stock."""

    name = "channel"
    state: Literal["up", "down"]
    checked_at: datetime
    minutes: dict[str, list[int]] = dataclasses.field(default_factory=dict)
    pieces: int | None = None


Stock = Literal["ample", "low", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Word(Noun):
    """What somebody (`by`) said of a channel that is not ours (`id` = "word_" + the channel's); `until` when it counts."""

    name = "word"
    says: Literal["up", "down"]
    by: str
    said_at: datetime
    until: datetime
    stock: Stock | None = None
    wait_minutes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory(Noun):
    """The channels of others, in the order in which the board shows them (domain/board.py, Listed); there is one such row."""

    name = "directory"
    ID: ClassVar[str] = "directory"
    listed: list[dict[str, Any]]
