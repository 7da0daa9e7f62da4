"""The owner follows the link: a request that came by mail or through an officer becomes one of theirs."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from meterai.domain.errors import Busy, LinkInvalid
from meterai.domain.ledger import GateClosed
from meterai.domain.moves.contact import by_link
from meterai.domain.rows import Link, Refund
from meterai.operations.find import load, loaded
from meterai.operations.judge_refund import judge_refund
from meterai.operations.links import followed, link_id
from meterai.ports.ledger import Ledger

ROUNDS = 3


def confirm_refund(ledger: Ledger, *, secret: str, now: datetime) -> Refund:
    """Judge the unconfirmed request that this link is about at the instant it arrived, as if it had come through the API then:
    its pieces are held, or it waits for those under way, or it is rejected with the reason. The link is used up in the same
    move; the same secret again, until it expires, shows the refund as it stands. Raises LinkInvalid, Busy."""
    for _ in range(ROUNDS):  # quota and invoice may move between judging and holding; the clock does not
        try:
            link = followed(ledger, secret, purpose="confirm_refund", now=now)
        except LinkInvalid:
            return _done(ledger, secret, now)
        refund = loaded(ledger, Refund, link.object)
        if refund.status != "unconfirmed":
            return refund
        try:
            judge_refund(ledger, refund, now=now, made=partial(by_link, link=link, now=now))
            return loaded(ledger, Refund, refund.id)
        except GateClosed:
            continue
    raise Busy("the invoice kept changing")


def _done(ledger: Ledger, secret: str, now: datetime) -> Refund:
    """The refund of a link that was used up: a tap too many, or an answer that was lost, changes nothing."""
    link = load(ledger, Link, link_id(secret))
    if link is None or link.purpose != "confirm_refund" or link.used_at is None or link.expires_at <= now:
        raise LinkInvalid("the link is unknown, for something else, or expired")
    return loaded(ledger, Refund, link.object)
