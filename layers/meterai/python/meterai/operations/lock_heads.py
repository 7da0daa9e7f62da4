"""Locking: every chain's head, signed, where nobody can overwrite or remove it before its time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from meterai.domain.chains import CHAINS, LockedHeads, follows, head_of
from meterai.domain.moves.chains import head_key
from meterai.operations.chain_entries import chain_overdue
from meterai.ports.chains import HeadsSigner, LockedFiles
from meterai.ports.ledger import Ledger


@dataclass(frozen=True, slots=True)
class Locked:
    """What was locked: the file's number and how many entries it covers; `again` are the codes of overdue entries that could
    not be chained now, by entry."""

    number: int
    entries: int
    again: dict[str, str]


def lock_heads(ledger: Ledger, signer: HeadsSigner, files: LockedFiles, *, now: datetime) -> Locked:
    """Chain what is overdue, then sign all heads and keep them as the next file. When somebody else is keeping the same
    number, theirs stands. Raises Busy."""
    again = chain_overdue(ledger, now=now)
    last = files.last()
    number = last.number + 1 if last else 1
    heads = read_heads(ledger)
    locked = LockedHeads(number, now, heads, follows(last.data if last else None))
    files.keep(number, locked.signed(signer.sign))
    return Locked(number, sum(length for length, _ in heads), again)


def read_heads(ledger: Ledger) -> tuple[tuple[int, str], ...]:
    """Length and hash of every chain's head, by chain, as they are now. Raises Busy."""
    heads = (head_of(chain, ledger.get(head_key(chain))) for chain in range(CHAINS))
    return tuple((head.length, head.hash) for head in heads)
