"""Lists of what somebody owns, newest first."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic

from meterai.domain.errors import RequestInvalid
from meterai.domain.ledger import Row
from meterai.domain.outbox import events_of, list_of
from meterai.domain.rows import Stamping
from meterai.operations.find import Owned, load, merged, purses_of
from meterai.ports.ledger import Ledger

MOST = 100
_PLACE = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z#[!-~]+")
"""The sort keys of lists and events: an instant, then what makes it unique."""


@dataclass(frozen=True, slots=True)
class Page(Generic[Owned]):
    """A page of a list and where the next one begins (None: there is none)."""

    data: Sequence[Owned]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class EventPage:
    """A page of events, oldest first."""

    data: Sequence[Row]
    next_cursor: str | None


def list_owned(
    ledger: Ledger, kind: type[Owned], *, owner: str, limit: int, cursor: str | None, reference: str | None = None
) -> Page[Owned]:
    """Up to `limit` (1..100) of the owner's things, newest first; with `reference`, only those that carry it.

    Lists follow the table's stream and may lag a new object by a second. Raises RequestInvalid for a cursor not given out
    here, and Busy."""
    owners = purses_of(ledger, owner) if kind is Stamping else [owner]
    lists = [list_of(kind, one, reference) for one in owners]
    rows, next_cursor = listed(ledger, lists, limit, cursor, newest_first=True)
    found = (load(ledger, kind, str(row["sk"]).rpartition("#")[2]) for row in rows)
    return Page([one for one in found if one is not None], next_cursor)


def list_events(ledger: Ledger, *, owner: str, limit: int, cursor: str | None) -> EventPage:
    """Up to `limit` (1..100) of what happened to the owner's things, oldest first. Raises RequestInvalid, Busy."""
    lists = [events_of(one) for one in purses_of(ledger, owner)]
    rows, next_cursor = listed(ledger, lists, limit, cursor, newest_first=False)
    return EventPage([{name: value for name, value in row.items() if name != "sk"} for row in rows], next_cursor)


def listed(
    ledger: Ledger, partitions: Sequence[str], limit: int, cursor: str | None, *, newest_first: bool
) -> tuple[Sequence[Row], str | None]:
    """Up to `limit` rows of one or several lists past `cursor`, and the next cursor. Raises RequestInvalid, Busy."""
    if not 1 <= limit <= MOST:
        raise RequestInvalid(f"limit is 1 to {MOST}", pointer="/limit")
    rows = merged(ledger, partitions, after=_opened(cursor), limit=limit + 1, newest_first=newest_first)
    kept = rows[:limit]
    return kept, _closed(str(kept[-1]["sk"])) if len(rows) > limit else None


def _closed(sort_key: str) -> str:
    return base64.urlsafe_b64encode(sort_key.encode()).decode()


def _opened(cursor: str | None) -> str | None:
    if cursor is None:
        return None
    try:
        place = base64.b64decode(cursor, altchars=b"-_", validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        place = ""
    if not _PLACE.fullmatch(place):
        raise RequestInvalid("this cursor was not given out here", pointer="/cursor")
    return place
