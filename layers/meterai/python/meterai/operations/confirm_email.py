"""Whoever follows the link in an account's first letter reads its e-mail."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime

from meterai.domain.errors import LinkInvalid
from meterai.domain.ledger import GateClosed
from meterai.domain.moves import contact as moves
from meterai.domain.rows import Account
from meterai.operations.find import load
from meterai.operations.links import issued
from meterai.ports.ledger import Ledger


def confirm_email(ledger: Ledger, *, secret: str, now: datetime) -> Account:
    """The account whose e-mail this link shows to be read by whoever followed it. While the link lasts, following it again is
    the same answer: the first one may have been lost on its way. Raises LinkInvalid, which does not tell why, and Busy."""
    link = issued(ledger, secret, purpose="confirm_email", now=now)
    if link.used_at is None:
        with suppress(GateClosed):  # followed twice at once, or the account has another address by now
            ledger.apply(moves.verify_email(link, now))
    account = load(ledger, Account, link.account)
    if account is None or account.email != link.address or account.email_verified_at is None:
        raise LinkInvalid("the link is unknown, used or expired")
    return account
