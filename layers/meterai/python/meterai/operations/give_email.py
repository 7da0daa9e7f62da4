"""An account says where its owner reads mail: once it is about money, and not before."""

from __future__ import annotations

from datetime import datetime

from meterai.domain.errors import Busy, ScopeMissing
from meterai.domain.instants import spell
from meterai.domain.ledger import GateClosed
from meterai.domain.moves import contact as moves
from meterai.domain.rows import Account
from meterai.operations.ask_confirmation import mail_allowed
from meterai.operations.find import loaded
from meterai.ports.ledger import Ledger


def give_email(ledger: Ledger, *, account: str, email: str, now: datetime) -> Account:
    """The account with this e-mail; the letter that asks whose it is goes there. Saying the same again does nothing. While
    nobody confirmed the one that it has, another takes its place: it was mistyped.

    Raises ScopeMissing once another e-mail is confirmed, RateLimited where a letter to yet another address would come too
    soon after the last one, and Busy."""
    found = loaded(ledger, Account, account)
    if found.email == email:
        return found
    if found.email_verified_at is not None:
        raise ScopeMissing("a confirmed e-mail is not changed with a token alone")
    recent = mail_allowed(found, now) if found.email is not None else []
    try:
        ledger.apply(moves.give_email(found, email, [*recent, spell(now)]))
    except GateClosed:
        raise Busy("the account just changed") from None
    return loaded(ledger, Account, account)
