"""Entries of the double-entry book: one item per move of value, keyed by the move."""

from __future__ import annotations

from datetime import datetime

from meterai.domain import instants
from meterai.domain.ledger import Put
from meterai.domain.money import Entry


def entry_put(entry: Entry, *, of: str, account: str, at: datetime) -> Put:
    """The entry of one move of `of` (an attempt, payment, stamping or refund); a second of the same move is refused."""
    lines = {name: amount for name, amount in entry.lines.items() if amount}
    return Put(
        (f"entry_{entry.move}_{of}", "entry"), {"account": account, "at": instants.spell(at), "lines": {**lines}}
    )
