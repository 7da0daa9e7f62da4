"""A new account: for an applicant who gives a contact, or for a partner or officer by an operator's hand."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import datetime

from meterai.domain.ids import RandomBytes, fresh
from meterai.domain.moves.purchase import open_account as opening
from meterai.domain.rows import Account, PrincipalKind, Quota, Token
from meterai.operations.identify import token_id
from meterai.ports.ledger import Ledger

OWNER_SCOPES = frozenset({"invoices:write", "stampings:write", "refunds:write"})
"""What an applicant may do: everything with what is their own."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A new account and the text of its token, which is shown once and kept nowhere."""

    account: Account
    token: str


def open_account(
    ledger: Ledger,
    *,
    email: str | None,
    phone: str | None,
    now: datetime,
    random: RandomBytes,
    kind: PrincipalKind = "account",
    scopes: frozenset[str] = OWNER_SCOPES,
    token_prefix: str = "",
) -> Opened:
    """Open an account with an empty quota. Always a new one: nothing tells whether a contact is known.

    The token has 256 random bits; `token_prefix` ("sk_test_") lets people and scanners recognise a partner's. Raises Busy."""
    text = token_prefix + base64.urlsafe_b64encode(random(32)).rstrip(b"=").decode()
    account = Account(id=fresh("acc", random), created_at=now, kind=kind, email=email, phone=phone)
    token = Token(id=token_id(text), account=account.id, kind=kind, created_at=now, scopes=scopes)
    ledger.apply(opening(account, Quota(id=account.id), token))
    return Opened(account, text)
