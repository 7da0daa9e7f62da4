"""The board's keeper: every minute it knocks at the doors, and writes down for everybody what is known."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from meterai.domain.board import PORTAL, Board
from meterai.operations.list_channels import list_channels, listed_channels
from meterai.operations.probe_channels import keep_probe
from meterai.ports.ledger import Ledger
from meterai.ports.outside import Doors, SealQueue
from meterai.ports.room import PublicFiles

FRESH_SECONDS = 15
"""For how long readers may keep the board: many ask one cache, and that one asks us four times a minute."""


def keep_board(
    ledger: Ledger,
    queue: SealQueue,
    doors: Doors,
    files: PublicFiles,
    written: Mapping[str, Callable[[Board], bytes]],
    *,
    front: str,
    now: datetime,
) -> dict[str, str]:
    """Knock at the portal (its address is `front`) and at every door that operators listed, keep what was heard, and write the
    board into the files that `written` names. How each channel is; the keeper can be run twice. Raises Busy."""
    addresses = {PORTAL: front} | {one.id: one.probe for one in listed_channels(ledger) if one.probe}
    for name, answer_ms in doors.knock(addresses).items():
        keep_probe(ledger, name, answer_ms, now=now)
    board = list_channels(ledger, queue, now=now)
    for name, write in written.items():
        files.publish(name, write(board), fresh_seconds=FRESH_SECONDS)
    return {card.id: card.state for card in board.cards}
