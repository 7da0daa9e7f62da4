"""The move that puts a refund policy in force."""

from __future__ import annotations

from meterai.domain.ledger import Change, Is, Move, Put
from meterai.domain.rows import Activations


def activate(known: Activations | None, wanted: Activations) -> Move:
    """Add an activation to those that were read: nobody else's is lost."""
    if known is None:
        return Move("activate", (Put(wanted.key, wanted.row()),))
    return Move("activate", (Change(known.key, {"made": Is(known.row()["made"])}, put={"made": wanted.row()["made"]}),))
