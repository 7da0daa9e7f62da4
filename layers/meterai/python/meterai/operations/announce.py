"""An operator's word on the day: until when people need their stamps, how many an hour are done, what is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from meterai.domain.errors import Busy, RequestInvalid
from meterai.domain.ledger import GateClosed
from meterai.domain.moves.room import announced
from meterai.domain.rows import Announcement
from meterai.operations.find import load
from meterai.ports.ledger import Ledger

ROUNDS = 3
LANGUAGES = {"id", "en"}
MOST_CHARACTERS = 500


@dataclass(frozen=True, slots=True)
class Said:
    """What is to be changed: a value, "none" to take back what was said, or None to leave it as it is."""

    deadline_at: datetime | str | None = None
    stated_rate: int | str | None = None
    back_at: datetime | str | None = None
    incident: Mapping[str, str] | str | None = None


def announce(ledger: Ledger, said: Said, *, by: str, now: datetime) -> Announcement:
    """Say it. What is in force afterwards. `by` is who says it.

    Raises RequestInvalid: an instant that has passed, a rate (stampings an hour) below 1, a deadline without a rate (nobody
    would know how much may be sold while nothing is measured), an incident without a text in both languages; and Busy."""
    _judge(said, now)
    for _ in range(ROUNDS):
        known = load(ledger, Announcement, Announcement.ID)
        before = known or Announcement(id=Announcement.ID, made_at=now, by=by)
        names = ("deadline_at", "stated_rate", "back_at", "incident")
        changes = {name: value for name in names if (value := getattr(said, name)) is not None}
        told: dict[str, Any] = {name: None if value == "none" else value for name, value in changes.items()}
        wanted = replace(before, made_at=now, by=by, **told)
        if wanted.deadline_at is not None and wanted.stated_rate is None:
            raise RequestInvalid("a deadline needs a stated rate beside it", pointer="/stated_rate")
        try:
            ledger.apply(announced(known, wanted))
        except GateClosed:
            continue
        return wanted
    raise Busy("somebody else announces something")


def in_force(ledger: Ledger) -> Announcement | None:
    """What was announced last, None when nothing ever was. Raises Busy."""
    return load(ledger, Announcement, Announcement.ID)


def _judge(said: Said, now: datetime) -> None:
    for name in ("deadline_at", "back_at"):
        at = getattr(said, name)
        if isinstance(at, datetime) and at <= now:
            raise RequestInvalid("an announced instant is a coming one", pointer=f"/{name}")
    if isinstance(said.stated_rate, int) and said.stated_rate < 1:
        raise RequestInvalid("a rate is 1 stamping an hour or more", pointer="/stated_rate")
    if isinstance(said.incident, Mapping):
        texts = said.incident
        if texts.keys() != LANGUAGES or not all(0 < len(text.strip()) <= MOST_CHARACTERS for text in texts.values()):
            raise RequestInvalid(
                f"an incident is told in id and en, in at most {MOST_CHARACTERS} characters", pointer="/incident"
            )
