"""Instants: aware UTC datetimes inside, one sortable spelling (RFC 3339, microseconds, `Z`) outside."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

WIB = timezone(timedelta(hours=7), "WIB")
"""Waktu Indonesia Barat: days are counted in it, at the edge only."""


def spell(instant: datetime) -> str:
    """2024-09-03T14:14:05.000000Z: fixed width, so that text sorts as time does."""
    return instant.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def read(text: str) -> datetime:
    """The instant that `spell` spelled."""
    return datetime.fromisoformat(text)


def wib_day(instant: datetime) -> date:
    """The calendar day in WIB."""
    return instant.astimezone(WIB).date()


def end_of_wib_day(instant: datetime, days: int) -> datetime:
    """The last second of the `days`-th WIB calendar day after the one `instant` falls on, in UTC."""
    day = wib_day(instant) + timedelta(days=days)
    return datetime(day.year, day.month, day.day, 23, 59, 59, tzinfo=WIB).astimezone(UTC)
