"""Hitungan: who waits, who was served and what is sold, counted exactly without a counter that everybody meets at.

A row counts for something as long as it is as it is (`counts`); a change of it counts for the difference. So the sum over all
changes is the sum over all rows, in whatever order, grouping or hour they are added up, as long as each is added once
(domain/moves/room.py). Sums are flat: a name, behind `@` the minute that it belongs to, and a whole number.

Minutes are whole numbers since 1970. Everything here is plain data, so that a simulation can use it as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from meterai.domain import instants
from meterai.domain.ledger import Row
from meterai.domain.rows import Invoice, Stamping

AVAILABLE = "available"
"""Pieces that applicants have bought and neither used, reserved nor given back."""
USED = "used"
"""Pieces that applicants have used or reserved."""
KEPT_IN_MINUTES = 24 * 60
"""Who joined longer ago is counted by the hour: what is kept stays small however long the line stands still."""
SERVED_KEPT = 2 * 60
"""For how many minutes it is kept how many were served in each."""
EARLIER = 0
"""The minute under which pieces are counted that were bought longer than a day ago."""

Sums = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Count:
    """What one change counts for (`sums`). `change` names the change: told twice, it is counted once. `at` is its instant."""

    change: str
    at: datetime
    sums: Sums


def minute_of(at: datetime) -> int:
    """The minute that an instant is in."""
    return int(at.timestamp()) // 60


def instant_of(minute: int) -> datetime:
    """The first instant of a minute."""
    return datetime.fromtimestamp(minute * 60, tz=UTC)


def joined(line: str, minute: int) -> str:
    """The name of: stampings that ever joined this line in this minute."""
    return f"{line}.joined@{minute}"


def waiting(line: str, minute: int) -> str:
    """The name of: those of them that are queued or sealing still."""
    return f"{line}.waiting@{minute}"


def served(line: str, minute: int) -> str:
    """The name of: stampings of this line that were done in this minute."""
    return f"{line}.served@{minute}"


def offered(minute: int) -> str:
    """The name of: pieces of applicants' unpaid invoices whose code ends in this minute."""
    return f"offered@{minute}"


def bought(minute: int) -> str:
    """The name of: pieces that applicants paid for in the hour that begins with this minute."""
    return f"bought@{minute}"


def counts(noun: str, row: Row | None) -> dict[str, int]:
    """What a row counts for, as it is. Partners' pieces (line `bulk`) count only once they are queued: their stock is no
    promise to anybody."""
    if row is None:
        return {}
    people = row.get("line", "paid") == "paid"
    if noun == Stamping.name:
        return _stamping(str(row.get("line", "paid")), row) | (_piece(row) if people else {})
    if noun == Invoice.name and people:
        return _invoice(row)
    return {}


def _stamping(line: str, row: Row) -> dict[str, int]:
    minute = _minute(row["joined_at"])
    always = {joined(line, minute): 1}
    match row["status"]:
        case "queued" | "sealing":
            return always | {waiting(line, minute): 1}
        case "done":
            return always | {served(line, _minute(row["ended_at"])): 1}
        case _:
            return always


def _piece(row: Row) -> dict[str, int]:
    return {} if row["status"] == "released" else {AVAILABLE: -1, USED: 1}


def _invoice(row: Row) -> dict[str, int]:
    quantity = _whole(row["quantity"])
    match row["status"]:
        case "awaiting_payment":
            return {offered(_minute(row["expires_at"])): quantity}
        case "paid":
            return {AVAILABLE: quantity, _bought(row): quantity}
        case "refunding" | "refunded":
            return {AVAILABLE: quantity - _whole(row.get("returning", quantity)), _bought(row): quantity}
        case _:
            return {}


def _bought(row: Row) -> str:
    minute = _minute(row["paid_at"])
    return bought(minute - minute % 60)


def difference(noun: str, old: Row | None, new: Row | None) -> dict[str, int]:
    """What a change of a row counts for; names that stay as they are, are left out."""
    before, after = counts(noun, old), counts(noun, new)
    return total([after, {name: -number for name, number in before.items()}])


def total(sums: Iterable[Sums]) -> dict[str, int]:
    """All of these together; what comes to nothing is left out."""
    found: dict[str, int] = {}
    for one in sums:
        for name, number in one.items():
            found[name] = found.get(name, 0) + number
    return {name: number for name, number in found.items() if number}


def folded(totals: Sums, more: Iterable[Sums], minute: int) -> dict[str, int]:
    """The totals with these sums in them, as they are kept in this minute: who joined longer than a day ago is counted by the
    hour, what was bought then in one number, and what nobody asks for any more is left out."""
    kept: dict[str, int] = {}
    for name, number in total([totals, *more]).items():
        place = _place(name, minute)
        if place is not None:
            kept[place] = kept.get(place, 0) + number
    idle = {name for name in kept if _idle(name, kept, minute)}
    return {name: number for name, number in kept.items() if number and name not in idle}


def hours_before(minute: int) -> int:
    """The first minute that is counted by itself: those before it are counted by the hour."""
    edge = minute - KEPT_IN_MINUTES
    return edge - edge % 60


def _place(name: str, minute: int) -> str | None:
    """The name under which a number is kept in this minute; None where it is not any more."""
    what, at = parted(name)
    edge = hours_before(minute)
    if at is None or what.endswith(".served") or what == "offered":
        return name if at is None or at > minute - SERVED_KEPT else None
    if what == "bought":
        return name if at >= edge else bought(EARLIER)
    return name if at >= edge else f"{what}@{at - at % 60}"


def _idle(name: str, kept: Sums, minute: int) -> bool:
    """Whether a minute's joiners have all gone, so that nobody's place depends on how many they were."""
    what, at = parted(name)
    if at is None or not what.endswith(".joined") or at > minute - SERVED_KEPT:
        return False
    return not kept.get(waiting(what.removesuffix(".joined"), at))


def parted(name: str) -> tuple[str, int | None]:
    """A name without its minute, and the minute."""
    what, at, minute = name.partition("@")
    return what, int(minute) if at else None


def by_minute(totals: Sums, what: str) -> dict[int, int]:
    """The numbers of one name by their minutes, oldest first: `paid.waiting`, `bulk.served`, `offered`."""
    found = ((parted(name), number) for name, number in totals.items())
    return dict(sorted((at, number) for (name, at), number in found if name == what and at is not None))


def _minute(instant: object) -> int:
    return minute_of(instants.read(str(instant)))


def _whole(value: object) -> int:
    if not isinstance(value, int):
        raise TypeError("not a whole number")
    return value
