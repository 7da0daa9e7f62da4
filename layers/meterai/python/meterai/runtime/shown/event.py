"""What happened to an account, as it is shown."""

from __future__ import annotations

from collections.abc import Sequence

from meterai.domain.ledger import Row
from meterai.runtime.shown.base import Shown


class EventShown(Shown):
    id: str
    type: str
    object: str
    at: str


class EventList(Shown):
    data: list[EventShown]
    next_cursor: str | None

    @classmethod
    def of(cls, rows: Sequence[Row], next_cursor: str | None) -> EventList:
        return cls(data=[EventShown.model_validate(row) for row in rows], next_cursor=next_cursor)
