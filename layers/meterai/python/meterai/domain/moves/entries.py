"""Entries: one item per move of value in the double-entry book, and one per act of an officer; keyed by what was done."""

from __future__ import annotations

from datetime import datetime

from meterai.domain import instants
from meterai.domain.ledger import Put, Value
from meterai.domain.money import Entry


def entry_put(entry: Entry, *, of: str, account: str, at: datetime) -> Put:
    """The entry of one move of `of` (an attempt, payment, stamping or refund); a second of the same move is refused."""
    lines = {name: amount for name, amount in entry.lines.items() if amount}
    return Put(
        (f"entry_{entry.move}_{of}", "entry"), {"account": account, "at": instants.spell(at), "lines": {**lines}}
    )


def act_put(
    act: str, *, of: str, number: int, account: str, by: str, reason: str, at: datetime, what: dict[str, Value]
) -> Put:
    """Tindakan petugas: an entry without lines, for what the officer `by` did about the refund `of`, its `number`-th act.
    `what` are the facts it was about (rupiah as `amount_idr`). It is chained as every entry is: nobody rewrites it later."""
    told: dict[str, Value] = {"account": account, "by": by, "reason": reason, "at": instants.spell(at), "lines": {}}
    return Put((f"entry_{act}_{of}_{number}", "entry"), told | what)
