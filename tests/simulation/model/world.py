"""What there is beside the actors, and how it grows older."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, NamedTuple, TypeVar

from meterai.domain.instants import read, spell
from meterai.domain.ledger import Row
from meterai.domain.rows import Noun, Payment, Refund, Stamping
from tests.simulation.model.actors import PROVIDER
from tests.simulation.model.hours import FLOOR, PAST, START
from tests.simulation.model.table import Rows, Tables

OVER_BEFORE = ("lease_until", "sent_at", "call_until", "draining_until")
OVER_AT = ("pay_at", "ask_at", "expires_at", "check_after")
"""Instants that are only ever compared with now: over when they are before it, or as soon as it comes."""
ANCHORED = ("paid_at", "received_at")
"""Instants that are compared with one another."""
KEPT_UNTIL_CHANGED = ("checked_at",)
"""Instants that are only asked whether they are the one that was read."""
COUNTERS = {"attempt": 1, "asked": 0, "execution": 1, "transfers": 1, "returned": 0, "checks": 1}
"""Counters of which only a change is ever noticed, and what they become once nobody remembers them."""

Found = TypeVar("Found", bound=Noun)


class World(NamedTuple):
    """Everything that outlives an actor. Each tuple is sorted: what is in it counts, not how it came there."""

    table: int
    clock: int = 0
    files: tuple[tuple[str, str, bytes], ...] = ()
    gone: tuple[str, ...] = ()
    messages: tuple[str, ...] = ()
    streamed: tuple[str, ...] = ()
    running: tuple[str, ...] = ()
    notices: tuple[tuple[str, str], ...] = ()
    payments: tuple[tuple[str, str, int], ...] = ()
    closed: tuple[str, ...] = ()
    payouts: tuple[tuple[str, str, int], ...] = ()
    refused: tuple[str, ...] = ()
    sent: tuple[tuple[str, str, int, str], ...] = ()
    """Payouts: key, account number, amount, and what became of it."""
    asleep: tuple[tuple[str, str], ...] = ()
    """Executions that wait for a person, each with its token."""
    registered: tuple[tuple[str, str], ...] = ()
    """Those of them whose token is known to the row."""
    waited: tuple[tuple[str, str], ...] = ()
    """The token with which an execution of each refund waited last."""
    wakes: tuple[tuple[str, str, str], ...] = ()
    """What the stream is about to wake: refund, number, token."""

    def with_(self, name: str, one: Any) -> World:
        """With one more thing in a tuple, if it is not there yet."""
        changed: dict[str, Any] = {name: tuple(sorted({*getattr(self, name), one}))}
        return self._replace(**changed)

    def without(self, name: str, one: Any) -> World:
        changed: dict[str, Any] = {name: tuple(each for each in getattr(self, name) if each != one)}
        return self._replace(**changed)


class View:
    """A world as it can be read: its rows as nouns."""

    def __init__(self, world: World, tables: Tables, tick: timedelta) -> None:
        self.world = world
        self.rows: Rows = tables[world.table]
        self.now = START + world.clock * tick

    def all(self, kind: type[Found]) -> list[Found]:
        return [kind.of(row) for (_, noun), row in self.rows.items() if noun == kind.name]

    def one(self, kind: type[Found], id: str) -> Found | None:
        row = self.rows.get(kind.key_of(id))
        return None if row is None else kind.of(row)

    def ids(self, noun: str) -> list[str]:
        return sorted(id for id, name in self.rows if name == noun)

    def ended(self, kinds: tuple[type[Stamping | Refund], ...]) -> bool:
        """Whether all of these kinds have ended, and every payment was kept."""
        open_still = [one for kind in kinds for one in self.all(kind) if not one.ended]
        kept = {one.id for one in self.all(Payment)}
        return not open_still and kept >= {f"txn_{PROVIDER}_{transaction}" for _, transaction, _ in self.world.payments}

    @cached_property
    def files(self) -> dict[tuple[str, str], bytes]:
        return {(stamping, serial): data for stamping, serial, data in self.world.files}


def rested(world: World, tables: Tables, tick: timedelta, *, windows: bool) -> World:
    """The same world when nobody acts: the clock begins anew, what is over is past, counters that nobody remembers are small.

    It is the same world because rows compare instants only with now (or with one another: those are moved alike), and counters
    only with what an actor has read; no actor is under way."""
    rows = tables[world.table]
    now = START + world.clock * tick
    anchors = [read(str(row["paid_at"])) for row in rows.values() if "paid_at" in row] if windows else []
    room = min((anchor - FLOOR for anchor in anchors), default=timedelta())
    back = min(world.clock * tick, max(room // tick, 0) * tick)

    return world._replace(
        table=tables.number({key: _older(row, now, tick, back) for key, row in rows.items()}),
        clock=0,
    )


def _older(row: Row, now: datetime, tick: timedelta, back: timedelta) -> Row:
    changed: Row = {}
    for name, value in row.items():
        if name in OVER_BEFORE or name in OVER_AT:
            ticks, more = divmod(read(str(value)) - now, tick)
            ticks += bool(more) if name in OVER_AT else 0  # whether it is over shows at a tick
            over = ticks < 0 or (name in OVER_AT and ticks == 0)
            changed[name] = spell(PAST if over else START + ticks * tick)
        elif name in KEPT_UNTIL_CHANGED:
            changed[name] = spell(PAST)
        elif name in ANCHORED:
            changed[name] = spell(read(str(value)) - back)
        elif isinstance(value, int) and value > COUNTERS.get(name, value):
            changed[name] = COUNTERS[name]
    return row | changed
