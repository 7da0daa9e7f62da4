"""Moves of the entry-hash chains."""

from __future__ import annotations

from collections.abc import Sequence

from meterai.domain.chains import HEAD, LINK, Head, Recorded, grown, partition, place
from meterai.domain.ledger import Change, Is, Key, Move, Put, Value, Write

MOST_ENTRIES = 49
"""Two writes an entry and one for the head; a transaction has at most 100 (AWS: TransactWriteItems)."""


def marker_key(entry: str) -> Key:
    """Where it is kept which link is an entry's own."""
    return (entry, LINK)


def head_key(chain: int) -> Key:
    """Where a chain's head is kept."""
    return (partition(chain), HEAD)


def append(head: Head, entries: Sequence[Recorded]) -> Move:
    """Rangkaikan: at most MOST_ENTRIES entries of one chain become its next links, if its head is still as read and none of
    them has a link yet."""
    writes: list[Write] = []
    digest, number = bytes.fromhex(head.hash), head.length
    for one in entries:
        number += 1
        digest = grown(digest, bytes.fromhex(one.hash))
        link = (partition(head.chain), place(number))
        writes.append(Put(link, {"entry": one.entry, "hash": one.hash, "head": digest.hex()}))
        writes.append(Put(marker_key(one.entry), {"chain": head.chain, "number": number, "at": one.at}))
    now: dict[str, Value] = {"length": number, "head": digest.hex()}
    if head.length == 0:
        writes.append(Put(head_key(head.chain), now))
    else:
        as_read = {"length": Is(head.length), "head": Is(head.hash)}
        writes.append(Change(head_key(head.chain), as_read, put=now))
    return Move("append", tuple(writes))
