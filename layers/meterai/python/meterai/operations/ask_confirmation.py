"""The letter that asks whose an e-mail address is, sent again on demand."""

from __future__ import annotations

from datetime import datetime, timedelta
from math import ceil

from meterai.domain.errors import Busy, Missing, RateLimited
from meterai.domain.instants import read, spell
from meterai.domain.ledger import GateClosed
from meterai.domain.moves import contact as moves
from meterai.domain.rows import Account
from meterai.operations.find import loaded
from meterai.ports.ledger import Ledger

APART = timedelta(minutes=1)
A_DAY = 10
"""How often an account's owner may ask for the letter again."""


def ask_confirmation(ledger: Ledger, *, account: str, now: datetime) -> Account:
    """Have the letter sent again, unless the e-mail is verified. Raises Missing for an account without an e-mail, RateLimited
    (with the seconds to wait) sooner than a minute after the last one or after ten in a day, and Busy."""
    found = loaded(ledger, Account, account)
    if found.email is None:
        raise Missing("this account has no e-mail")
    if found.email_verified_at is not None:
        return found
    recent = mail_allowed(found, now)
    try:
        ledger.apply(moves.ask_confirmation(found, [*recent, spell(now)]))
    except GateClosed:
        raise Busy("the account just changed") from None
    return loaded(ledger, Account, account)


def mail_allowed(account: Account, now: datetime) -> list[str]:
    """The instants of the last day at which the account's owner had a confirmation sent, if there may be another now. Raises
    RateLimited with the seconds to wait."""
    recent = [at for at in account.confirmations if read(at) > now - timedelta(days=1)]
    opens = (read(recent[-1]) if recent else account.created_at) + APART
    if len(recent) >= A_DAY:
        opens = max(opens, read(recent[0]) + timedelta(days=1))
    if now < opens:
        wait = ceil((opens - now).total_seconds())
        raise RateLimited("at most one letter a minute and ten a day", retry_after=wait)
    return recent
