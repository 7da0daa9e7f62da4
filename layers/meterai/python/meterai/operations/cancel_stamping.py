"""The owner takes a stamping back, if it has not become a stamp yet."""

from __future__ import annotations

from datetime import datetime

from meterai.domain.errors import AlreadyStamped, Busy, StampingCancelled
from meterai.domain.rows import Stamping
from meterai.operations.deliver_stamping import Delivery, delivery
from meterai.operations.find import find
from meterai.operations.seal_stamping import end
from meterai.ports.ledger import Ledger
from meterai.ports.outside import SealedFiles

ROUNDS = 3


def cancel_stamping(ledger: Ledger, sealed: SealedFiles, *, account: str, stamping_id: str, now: datetime) -> Delivery:
    """Release a stamping at its owner's wish. Raises Missing, AlreadyStamped (the stamp was there first), Busy."""
    stamping = find(ledger, Stamping, stamping_id, owner=account)
    for _ in range(ROUNDS):  # a worker may give it a serial between the read and the move
        if not stamping.ended:
            stamping = end(ledger, sealed, stamping, StampingCancelled.code, now)
    if stamping.status == "done":
        raise AlreadyStamped("the stamp was affixed before it was cancelled")
    if not stamping.ended:
        raise Busy("a worker is busy with this stamping")
    return delivery(ledger, sealed, stamping, now)
