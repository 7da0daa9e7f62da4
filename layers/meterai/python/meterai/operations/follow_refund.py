"""Reading one refund through the link in its letter, without a token."""

from __future__ import annotations

from datetime import datetime

from meterai.domain.errors import LinkInvalid
from meterai.domain.rows import Refund
from meterai.operations.find import load
from meterai.operations.links import followed
from meterai.ports.ledger import Ledger


def follow_refund(ledger: Ledger, *, secret: str, now: datetime) -> Refund:
    """The refund that this link shows, as often as it is asked while the link lasts. Raises LinkInvalid, which does not tell
    why, and Busy."""
    link = followed(ledger, secret, purpose="follow_refund", now=now)
    refund = load(ledger, Refund, link.object)
    if refund is None:
        raise LinkInvalid("the link is unknown, used or expired")
    return refund
