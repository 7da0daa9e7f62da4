"""Audit: every chain, balance and bucket worked out anew from the rows themselves, and every difference named.

It trusts nothing but the ledger's public key. Rows come in any order, one at a time, from a scan or an export, and memory goes
by what still waits for its counterpart. Contacts, tokens and documents are not read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from meterai.domain.audit.books import BUCKETS, ON_SHARDS, Books
from meterai.domain.audit.chained import Chained
from meterai.domain.audit.findings import Code, Finding
from meterai.domain.chains import CHAIN, ENTRY, HEAD, LINK, Verify, partition, place
from meterai.domain.ledger import Key, Row

GRACE = timedelta(hours=2)
"""How long an entry may wait for its link and heads for their lock: twice the hour after which both are seen to."""
READ: Mapping[str, tuple[str, ...]] = {
    LINK: ("chain", "number"),
    "quota": BUCKETS,
    "quota_shard": (*ON_SHARDS, "shared_in"),
    "invoice": ("account", "status", "quantity", "unit_price_idr", "fee_idr", "paid_by"),
    "payment": ("account", "invoice", "attempt", "amount_idr", "kept_as"),
    "stamping": ("account", "status", "serial", "sha256", "sealed_sha256"),
    "serial": ("state", "stamping", "input_sha256", "sealed_sha256"),
    "refund": (
        *("account", "kind", "status", "invoice", "quantity", "amount_idr", "total_idr"),
        *("way", "decided_by", "paid_by", "timeline"),
    ),
}
"""What is read of each noun. Entries and chains are read whole, since a hash covers all of an entry; other nouns not at all."""


class Audit:
    """One look at everything: `see` each row once, then ask for the `findings`."""

    def __init__(self, now: datetime, grace: timedelta = GRACE) -> None:
        self._books, self._chained = Books(), Chained(now, grace)
        self._malformed: list[Finding] = []
        self.rows = self.entries = 0
        books, chained = self._books, self._chained
        self._read: dict[str, tuple[Callable[[str, Row], None], ...]] = {
            ENTRY: (chained.entry, books.entry),
            LINK: (chained.marker,),
            HEAD: (self._head,),
            "quota": (books.quota,),
            "quota_shard": (books.shard,),
            "invoice": (books.invoice,),
            "payment": (books.payment,),
            "stamping": (books.stamping,),
            "serial": (books.serial,),
            "refund": (books.refund,),
        }

    def see(self, key: Key, row: Row) -> None:
        """Take one row; those of no concern to the ledger are passed over."""
        id, noun = key
        self.rows += 1
        readers = self._read.get(noun)
        try:
            if readers is not None:
                for read in readers:
                    read(id, row)
                self.entries += noun == ENTRY
            elif id.startswith(CHAIN):
                number = int(noun)
                if noun != place(number) or id != partition(int(id.removeprefix(CHAIN))):
                    raise ValueError("not a link's key")
                self._chained.link(int(id.removeprefix(CHAIN)), number, row)
        except (KeyError, TypeError, ValueError, AttributeError):
            self._malformed.append(Finding("row_malformed", f"{id} {noun}", "row", f"a readable {noun}", "unreadable"))

    def findings(
        self,
        locked: Iterable[tuple[int, bytes, bool]],
        verify: Verify,
        between: tuple[Sequence[tuple[int, str]], Sequence[tuple[int, str]]] | None = None,
    ) -> Iterator[Finding]:
        """Every difference, once all rows were seen (domain/audit/chained.py tells of the arguments)."""
        yield from self._malformed
        yield from self._chained.findings(locked, verify, between)
        yield from self._books.findings()

    def _head(self, id: str, row: Row) -> None:
        self._chained.head(int(id.removeprefix(CHAIN)), row)


__all__ = ["GRACE", "READ", "Audit", "Code", "Finding"]
