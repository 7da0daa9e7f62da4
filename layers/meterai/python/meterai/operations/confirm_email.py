"""Whoever follows the link in an account's first letter reads its e-mail; and asking for that letter again."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta

from meterai.domain.errors import Busy, LinkInvalid, Missing, RateLimited
from meterai.domain.instants import read, spell
from meterai.domain.ledger import GateClosed
from meterai.domain.moves import contact as moves
from meterai.domain.rows import Account
from meterai.operations.find import load, loaded
from meterai.operations.links import issued
from meterai.ports.ledger import Ledger

APART = timedelta(minutes=1)
A_DAY = 10
"""How often an account's owner may ask for the letter again."""


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


def ask_confirmation(ledger: Ledger, *, account: str, now: datetime) -> Account:
    """Have the letter sent again, unless the e-mail is verified. Raises Missing for an account without an e-mail, RateLimited
    sooner than a minute after the last one or after ten in a day, and Busy."""
    found = loaded(ledger, Account, account)
    if found.email is None:
        raise Missing("this account has no e-mail")
    if found.email_verified_at is not None:
        return found
    today = [at for at in found.confirmations if read(at) > now - timedelta(days=1)]
    last = read(today[-1]) if today else found.created_at
    if now < last + APART or len(today) >= A_DAY:
        raise RateLimited("at most one letter a minute and ten a day")
    try:
        ledger.apply(moves.ask_confirmation(found, [*today, spell(now)]))
    except GateClosed:
        raise Busy("the account just changed") from None
    return loaded(ledger, Account, account)
