"""Chaining: entries become links of their chains, once, however often and in whatever order they arrive."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from meterai.domain.chains import ENTRY, Recorded, chain_of, head_of, recorded
from meterai.domain.errors import Busy, Refusal
from meterai.domain.instants import spell
from meterai.domain.ledger import GateClosed
from meterai.domain.moves.chains import MOST_ENTRIES, append, head_key, marker_key
from meterai.domain.outbox import AGENDA_SHARDS, agenda
from meterai.ports.ledger import Ledger

TRIES = 8
"""How often in a row a chain may have grown under us; each time its head is read anew."""
PAGE = 500


def chain_entries(ledger: Ledger, entries: Iterable[Recorded]) -> dict[str, str]:
    """Append each entry to its chain unless it is there. Returns the codes of what must come again, by entry.

    One chain that cannot grow now never keeps the others from growing."""
    waiting: defaultdict[int, dict[str, Recorded]] = defaultdict(dict)
    for one in entries:
        waiting[chain_of(one.entry)][one.entry] = one
    again: dict[str, str] = {}
    for chain, of_it in sorted(waiting.items()):
        try:
            _grow(ledger, chain, of_it)
        except Refusal as refusal:
            again |= dict.fromkeys(of_it, refusal.code)
    return again


def chain_overdue(ledger: Ledger, *, now: datetime) -> dict[str, str]:
    """Chain what the agenda says has waited too long: its message died. Returns as chain_entries does. Raises Busy."""
    again: dict[str, str] = {}
    for shard in range(AGENDA_SHARDS):
        partition, after = agenda(ENTRY, shard), None
        while page := ledger.page(partition, after=after, limit=PAGE, newest_first=False):
            due = {str(row["id"]): (partition, str(row["sk"])) for row in page if str(row["sk"]) < spell(now)}
            rows = ((entry, ledger.get((entry, ENTRY))) for entry in due)
            failed = chain_entries(ledger, [recorded(entry, row) for entry, row in rows if row is not None])
            ledger.project(drop=[place for entry, place in due.items() if entry not in failed])
            again |= failed
            if len(due) < len(page):
                break
            after = str(page[-1]["sk"])
    return again


def _grow(ledger: Ledger, chain: int, waiting: dict[str, Recorded]) -> None:
    """Append what waits, in as few moves as can be. What a marker turns away has its link already."""
    left, tries = list(waiting.values()), 0
    while left and tries < TRIES:
        head = head_of(chain, ledger.get(head_key(chain)))
        some = left[:MOST_ENTRIES]
        try:
            ledger.apply(append(head, some))
            linked = {one.entry for one in some}
        except GateClosed as closed:
            linked = {one.entry for one in some if marker_key(one.entry) in closed.keys}
        left = [one for one in left if one.entry not in linked]
        tries = 0 if linked else tries + 1
    if left:
        raise Busy("the chain grew faster than it could be read")
