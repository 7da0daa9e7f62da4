"""Moves of contacts: links in letters, and what following one proves."""

from __future__ import annotations

from datetime import datetime, timedelta

from meterai.domain.instants import spell
from meterai.domain.ledger import Absent, AbsentOr, Change, Check, Gate, Is, Move, Put
from meterai.domain.rows import Account, Link

KEPT_AFTER = timedelta(days=30)
"""How long a link's row outlives the link, to tell what became of it."""


def open_link(link: Link) -> Move:
    """Have a link allow what it is for, until it expires."""
    ttl = int((link.expires_at + KEPT_AFTER).timestamp())
    return Move("open_link", (Put(link.key, link.row() | {"ttl": ttl}),))


def ask_confirmation(account: Account, confirmations: list[str]) -> Move:
    """The owner asks for the letter with the link again: gated on what was read, so that two at once are one. `confirmations`
    are the instants to be kept, the newest last."""
    gate: Gate = {"letters": AbsentOr(account.letters), "email_verified_at": Absent()}
    change = Change(account.key, gate, put={"confirmations": [*confirmations]}, add={"letters": 1})
    return Move("ask_confirmation", (change,))


def give_email(account: Account, email: str, confirmations: list[str]) -> Move:
    """The account gets an e-mail, or another in the place of one that nobody confirmed, and a letter goes there. Gated on what
    was read; `confirmations` as above."""
    gate: Gate = {"letters": AbsentOr(account.letters), "email_verified_at": Absent()}
    change = Change(account.key, gate, put={"email": email, "confirmations": [*confirmations]}, add={"letters": 1})
    return Move("give_email", (change,))


def verify_email(link: Link, now: datetime) -> Move:
    """The link was followed: whoever did reads the account's e-mail, if that is still the address it went to. Once a link."""
    return Move(
        "verify_email",
        (
            Change(link.key, {"used_at": Absent()}, put={"used_at": spell(now)}),
            Change(Account.key_of(link.account), {"email": Is(link.address)}, put={"email_verified_at": spell(now)}),
        ),
    )


def by_link(move: Move, link: Link, now: datetime) -> Move:
    """The same move, made by whoever followed this link: it is used up with it, once, and only while the address that it went
    to is still the account's."""
    used = Change(link.key, {"used_at": Absent()}, put={"used_at": spell(now)})
    return Move(move.name, (*move.writes, used, Check(Account.key_of(link.account), {"email": Is(link.address)})))
