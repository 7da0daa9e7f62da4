"""Moves of mails that came in: that one was read, and that its sender is to be told so."""

from __future__ import annotations

from meterai.domain.ledger import Move, Put
from meterai.domain.rows import Acknowledgement, Mail


def take(mail: Mail) -> Move:
    """Record that a mail was read, and what became of it. Once a mail."""
    return Move("take", (Put(mail.key, mail.row()),))


def acknowledge(acknowledgement: Acknowledgement) -> Move:
    """Have a sender told that a mail came. Once an address and day."""
    return Move("acknowledge", (Put(acknowledgement.key, acknowledgement.row()),))
