"""An operator lists the channels of others that the board shows."""

from __future__ import annotations

from collections.abc import Sequence

from meterai.domain.board import Listed
from meterai.domain.rows import Directory
from meterai.ports.ledger import Ledger


def list_others(ledger: Ledger, listed: Sequence[Listed]) -> None:
    """Put these channels, in this order, in the place of those that were listed; what was heard of one that stays is kept.
    Raises Busy."""
    directory = Directory(id=Directory.ID, listed=[one.kept() for one in listed])
    ledger.project(put=[(directory.key, directory.row())])
