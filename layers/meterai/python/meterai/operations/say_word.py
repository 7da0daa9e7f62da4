"""What an operator heard of a channel goes on the board, with who said it and until when it counts."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Literal

from meterai.domain.errors import Missing, RequestInvalid
from meterai.domain.rows import Stock, Word
from meterai.operations.list_channels import listed_channels
from meterai.ports.ledger import Ledger

LONGEST = timedelta(hours=24)
MOST_MINUTES = 7 * 24 * 60
_NAME = re.compile(r"[^\x00-\x1f<>@]{1,60}")


def say_word(
    ledger: Ledger,
    *,
    channel: str,
    says: Literal["up", "down"],
    by: str,
    lasts: timedelta,
    now: datetime,
    stock: Stock | None = None,
    wait_minutes: int | None = None,
) -> Word:
    """Put what `by` said of a listed channel in the place of the last word about it; everybody will read it, the name too.

    It counts for `lasts`, and is shown as old after that. Raises RequestInvalid, Missing (no such channel is listed), Busy."""
    if channel not in {one.id for one in listed_channels(ledger)}:
        raise Missing("no channel of this id is listed", pointer="/channel")
    if not _NAME.fullmatch(by):
        raise RequestInvalid("who says so is a name of at most 60 characters, and no e-mail address", pointer="/by")
    if not timedelta(0) < lasts <= LONGEST:
        raise RequestInvalid("a word lasts up to a day", pointer="/lasts")
    if wait_minutes is not None and not 0 <= wait_minutes <= MOST_MINUTES:
        raise RequestInvalid("a wait is told in minutes, up to a week", pointer="/wait_minutes")
    word = Word(
        id=f"word_{channel}",
        says=says,
        by=by,
        said_at=now,
        until=now + lasts,
        stock=stock,
        wait_minutes=wait_minutes,
    )
    ledger.project(put=[(word.key, word.row())])
    return word
