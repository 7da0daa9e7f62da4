"""Who holds this token."""

from __future__ import annotations

import hashlib

from meterai.domain.errors import TokenInvalid
from meterai.domain.rows import Token
from meterai.ports.ledger import Ledger


def token_id(text: str) -> str:
    """Where a token is kept: by its SHA-256, never by its text."""
    return "tok_" + hashlib.sha256(text.encode()).hexdigest()


def identify(ledger: Ledger, bearer: str) -> Token:
    """The token behind an `Authorization` header's value (`Bearer <token>`).

    Raises TokenInvalid when it is malformed, unknown or revoked, and Busy."""
    scheme, _, text = bearer.strip().partition(" ")
    row = ledger.get(Token.key_of(token_id(text.strip()))) if scheme.lower() == "bearer" and text.strip() else None
    token = Token.of(row) if row else None
    if token is None or token.revoked_at is not None:
        raise TokenInvalid("the bearer token is unknown or revoked")
    return token
