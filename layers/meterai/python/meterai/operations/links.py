"""Links in letters: their secret is in the letter alone, in the URL's fragment, which no server is sent."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from meterai.domain.errors import LinkInvalid
from meterai.domain.ids import RandomBytes
from meterai.domain.moves import contact as moves
from meterai.domain.rows import Link, LinkPurpose
from meterai.operations.find import load
from meterai.ports.ledger import Ledger

LASTS: dict[LinkPurpose, timedelta] = {
    "confirm_email": timedelta(days=1),
    "confirm_refund": timedelta(days=7),
    "follow_refund": timedelta(days=60),
}
"""How long a link may be followed; a request that came by mail lapses with its link."""


@dataclass(frozen=True, slots=True)
class OpenedLink:
    """A link and its secret (256 bits, base64url), which is kept nowhere."""

    link: Link
    secret: str


def link_id(secret: str) -> str:
    """Where a link is kept: by its secret's SHA-256."""
    return "lnk_" + hashlib.sha256(secret.encode()).hexdigest()


def open_link(
    ledger: Ledger,
    *,
    purpose: LinkPurpose,
    object: str,
    account: str,
    address: str,
    now: datetime,
    random: RandomBytes,
) -> OpenedLink:
    """Make a link for a letter to `address`. Each letter has a link of its own; all are valid until used or expired. Raises
    Busy."""
    secret = base64.urlsafe_b64encode(random(32)).rstrip(b"=").decode()
    link = Link(
        id=link_id(secret),
        purpose=purpose,
        object=object,
        account=account,
        address=address,
        created_at=now,
        expires_at=now + LASTS[purpose],
    )
    ledger.apply(moves.open_link(link))
    return OpenedLink(link, secret)


def issued(ledger: Ledger, secret: str, *, purpose: LinkPurpose, now: datetime) -> Link:
    """The link with this secret, if it is for this and has not expired; it may have been used. Raises LinkInvalid, which does
    not tell why, and Busy."""
    link = load(ledger, Link, link_id(secret))
    if link is None or link.purpose != purpose or link.expires_at <= now:
        raise LinkInvalid("the link is unknown, used or expired")
    return link


def followed(ledger: Ledger, secret: str, *, purpose: LinkPurpose, now: datetime) -> Link:
    """The same link, if it was not used. Whoever uses it up writes `used_at` with what it allows, in one move. Raises
    LinkInvalid and Busy."""
    link = issued(ledger, secret, purpose=purpose, now=now)
    if link.used_at is not None:
        raise LinkInvalid("the link is unknown, used or expired")
    return link
