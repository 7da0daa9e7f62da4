"""Keeping the waiting room: sums go into the tally, and how the lines stand is told to everybody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from meterai.domain import pace, room, tally
from meterai.domain.errors import Busy, Refusal
from meterai.domain.ledger import GateClosed, Key, Row
from meterai.domain.moves.room import TALLY_SHARDS, fold, folded, sums_partition
from meterai.domain.receipt import spelled_key
from meterai.domain.rows import Announcement, Channel, Standing, Tally
from meterai.operations.find import load
from meterai.operations.probe_channels import CHANNELS
from meterai.ports.ledger import Ledger
from meterai.ports.outside import Pause
from meterai.ports.room import Clock, PublicFiles, ReceiptSigner

MOST_OF_A_SHARD = 100
"""How many rows of sums of one partition are folded at once."""
TRIES = 5


@dataclass(frozen=True, slots=True)
class Kept:
    """One round: how many rows of sums went into the tally, and how the lines stand."""

    folded: int
    standing: Standing


def keep_rounds(
    ledger: Ledger, files: PublicFiles, signer: ReceiptSigner, *, rounds: int, clock: Clock, pause: Pause
) -> list[dict[str, object]]:
    """So many rounds, EVERY_SECONDS apart: what each of them did, or the code of what kept it from it. No round is kept from
    it by the one before."""
    began, told = clock(), list[dict[str, object]]()
    for number in range(rounds):
        wait = began + timedelta(seconds=number * room.EVERY_SECONDS) - clock()
        pause(max(0.0, wait.total_seconds()))
        try:
            kept = keep_room(ledger, files, signer, now=clock())
            told.append({"folded": kept.folded, "waiting": kept.standing.paid_waiting + kept.standing.bulk_waiting})
        except Refusal as refusal:
            told.append({"code": refusal.code})
    return told


def keep_room(ledger: Ledger, files: PublicFiles, signer: ReceiptSigner, *, now: datetime) -> Kept:
    """Fold what was added up into the tally, work out how the lines stand, keep that and publish it. Twice is once.

    Raises Busy: whatever of it was done stays, and the next round goes on from there."""
    channels = {name: load(ledger, Channel, f"channel_{name}") for name in CHANNELS}
    said = load(ledger, Announcement, Announcement.ID)
    number, kept = _fold_all(ledger, channels, now)
    standing = room.standing_of(kept, channels, said, now)
    ledger.project(put=[(standing.key, standing.row())])
    told = room.document(kept, standing, channels, said, _keys(signer))
    files.publish(room.FILE, told, fresh_seconds=room.FRESH_SECONDS)
    return Kept(number, standing)


def _fold_all(ledger: Ledger, channels: Mapping[str, Channel | None], now: datetime) -> tuple[int, Tally]:
    """The tally with every row of sums in it that is there now.

    A row is either there and not in the tally, or named by it as folded, or gone: the names go in with the sums in one write,
    and are dropped before anything else is read. So a keeper may die at any line, and another one work beside it."""
    number, tries, minute = 0, 0, tally.minute_of(now)
    while True:
        kept = load(ledger, Tally, Tally.ID) or Tally(id=Tally.ID)
        _drop(ledger, kept)
        rows = _waiting(ledger)
        watched = pace.watching(room.watched(kept), minute, room.watch(kept, channels, minute))
        after = folded(kept, rows, minute, {str(at): word for at, word in watched.items()})
        try:
            ledger.apply(fold(kept, after))
        except GateClosed:  # another keeper was first, or this was ours and its answer was lost
            tries += 1
            if tries == TRIES:
                raise Busy("the tally changed faster than it could be read") from None
            continue
        _drop(ledger, after)
        number += len(rows)
        if len(rows) < MOST_OF_A_SHARD:
            return number, after


def _keys(signer: ReceiptSigner) -> tuple[str, ...]:
    """The keys that receipts are signed with; none while the key does not answer, which keeps nobody from their place."""
    try:
        return (spelled_key(signer.public_key()),)
    except Busy:
        return ()


def _drop(ledger: Ledger, kept: Tally) -> None:
    ledger.project(drop=[(partition, place) for partition, place in kept.folded])


def _waiting(ledger: Ledger) -> list[tuple[Key, Row]]:
    partitions = [sums_partition(shard) for shard in range(TALLY_SHARDS)]
    pages = {one: ledger.page(one, after=None, limit=MOST_OF_A_SHARD, newest_first=False) for one in partitions}
    return [((partition, str(row["sk"])), row) for partition, rows in pages.items() for row in rows]
