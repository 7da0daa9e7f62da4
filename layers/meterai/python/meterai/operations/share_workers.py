"""Moving the shares of the two lines: once a minute, by how long people wait."""

from __future__ import annotations

from datetime import datetime

from meterai.domain.rows import LINES, Standing
from meterai.domain.shares import Bounds, Shares, paid_wait, shared
from meterai.operations.find import load
from meterai.ports.ledger import Ledger
from meterai.ports.outside import Workers


def share_workers(ledger: Ledger, workers: Workers, bounds: Bounds, *, now: datetime) -> Shares:
    """Give each line its share from now on; the shares. Whoever gets fewer goes first, so that at no instant both together have
    more than the outside bears, however this ends. Raises Busy; ValueError where the bounds leave no worker to a line."""
    found = workers.shares()
    waited = paid_wait(load(ledger, Standing, Standing.ID), found.paid, now)
    wanted = shared(found, waited, bounds.bearable)
    for line in sorted(LINES, key=lambda line: wanted.of(line) - found.of(line)):
        if wanted.of(line) != found.of(line):
            workers.give(line, wanted.of(line))
    return wanted
