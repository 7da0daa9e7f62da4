"""Reading the channel board."""

from __future__ import annotations

from datetime import datetime

from meterai.domain.board import PORTAL, ROAD, Board, Listed, listed_card, own_cards, recent
from meterai.domain.rows import Announcement, Channel, Directory, Standing, Word
from meterai.operations.find import load
from meterai.ports.ledger import Ledger
from meterai.ports.outside import SealQueue


def list_channels(ledger: Ledger, queue: SealQueue, *, now: datetime) -> Board:
    """The board as it is known now: the portal, what it leans on, and the channels of others. Where nobody counted of late, the
    queues say about how many are in line. Raises Busy."""
    own = {name: load(ledger, Channel, f"channel_{name}") for name in (PORTAL, *ROAD)}
    others = [
        listed_card(
            listed, load(ledger, Channel, f"channel_{listed.id}"), load(ledger, Word, f"word_{listed.id}"), now=now
        )
        for listed in listed_channels(ledger)
    ]
    standing = recent(load(ledger, Standing, Standing.ID), now=now)
    backlog = standing.paid_waiting + standing.bulk_waiting if standing else queue.waiting()
    said = load(ledger, Announcement, Announcement.ID)
    return Board(now, (*own_cards(own, standing, now=now), *others), backlog, standing, said)


def listed_channels(ledger: Ledger) -> list[Listed]:
    """The channels of others that operators configured, in their order. Raises Busy."""
    directory = load(ledger, Directory, Directory.ID)
    return [Listed.of(kept) for kept in directory.listed] if directory else []
