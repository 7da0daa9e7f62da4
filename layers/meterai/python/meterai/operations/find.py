"""Reading what somebody owns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from heapq import merge
from itertools import islice
from typing import TypeVar

from meterai.domain.errors import Busy, Missing
from meterai.domain.ledger import Row
from meterai.domain.outbox import list_of
from meterai.domain.rows import Document, Invoice, Noun, Quota, QuotaShard, Refund, Stamping
from meterai.ports.ledger import Ledger

Found = TypeVar("Found", bound=Noun)
Owned = TypeVar("Owned", Invoice, Document, Stamping, Refund)
MOST_OF_INVOICE = 50
"""How many attempts, payments and refunds of an invoice are shown; people have a handful."""
ROUNDS = 5
"""How often a whole quota is read anew because pieces went from one of its rows to another meanwhile."""


def find(ledger: Ledger, kind: type[Owned], id: str, *, owner: str) -> Owned:
    """The noun with this id if `owner` owns it. Raises Missing when it is absent or another's: one answer for both."""
    found = load(ledger, kind, id)
    if found is None or found.account != owner:
        raise Missing(f"no {kind.name} of yours has this id")
    return found


def load(ledger: Ledger, kind: type[Found], id: str) -> Found | None:
    """The noun with this id, whoever owns it, or None."""
    row = ledger.get(kind.key_of(id))
    return kind.of(row) if row is not None else None


def loaded(ledger: Ledger, kind: type[Found], id: str) -> Found:
    """The noun with this id, which another row points at. Raises Missing if the ledger lost it."""
    found = load(ledger, kind, id)
    if found is None:
        raise Missing(f"no {kind.name} {id}")
    return found


def quota_of(ledger: Ledger, account: str) -> Quota:
    """The account's whole quota: its pool and what is out on its shards, every piece seen once. The pool is read last, so that
    no piece is missed that could still be used. Raises Missing for an account that does not exist, Busy."""
    pool = pool_of(ledger, account)
    for _ in range(ROUNDS):
        shards = shards_of(ledger, pool)
        again = pool_of(ledger, account) if shards else pool
        if again.transfers == pool.transfers:
            return again.whole(shards)
        pool = again
    raise Busy("the account's pieces kept moving between its shards")


def pool_of(ledger: Ledger, account: str) -> Quota:
    """The account's own row of quota, without what is out on its shards. Raises Missing, Busy."""
    return loaded(ledger, Quota, account)


def shards_of(ledger: Ledger, pool: Quota) -> list[QuotaShard]:
    """The shards of an account, in order; none for most. Raises Busy."""
    return [loaded(ledger, QuotaShard, QuotaShard.id_of(pool.id, number)) for number in range(pool.shards)]


def purses_of(ledger: Ledger, account: str) -> list[str]:
    """The ids of the rows that an account's pieces can be in, the pool first: its stampings and their events are listed under
    these (domain.outbox.listed_under). Raises Busy."""
    pool = load(ledger, Quota, account)
    return [account, *(QuotaShard.id_of(account, number) for number in range(pool.shards if pool else 0))]


def merged(
    ledger: Ledger, partitions: Sequence[str], *, after: str | None, limit: int, newest_first: bool = True
) -> list[Row]:
    """Up to `limit` rows of several lists as of one, past `after`. Raises Busy."""
    pages = [ledger.page(one, after=after, limit=limit, newest_first=newest_first) for one in partitions]
    return list(islice(merge(*pages, key=lambda row: str(row["sk"]), reverse=newest_first), limit))


def of_invoice(ledger: Ledger, kind: type[Found], invoice: str) -> list[Found]:
    """An invoice's attempts, payments or refunds that the lists know already, newest first, at most MOST_OF_INVOICE. Raises
    Busy."""
    rows = ledger.page(list_of(kind, invoice), after=None, limit=MOST_OF_INVOICE)
    found = (load(ledger, kind, str(row["id"])) for row in rows)
    return [one for one in found if one is not None]


def newest_stampings(ledger: Ledger, account: str, limit: int) -> Iterator[Stamping]:
    """The account's newest stampings that the lists know already, at most `limit`. Raises Busy."""
    lists = [list_of(Stamping, purse) for purse in purses_of(ledger, account)]
    for row in merged(ledger, lists, after=None, limit=limit):
        if (stamping := load(ledger, Stamping, str(row["id"]))) is not None:
            yield stamping
