"""Who: accounts, their tokens, and what a link in a letter allows."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from meterai.domain.rows.noun import Noun

PrincipalKind = Literal["account", "partner", "officer"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Account(Noun):
    """Who owns quota. The e-mail is a contact, never proof of anything until its link was followed (`email_verified_at`).
    `confirmations` are the newest instants at which its owner asked for the letter with that link again, oldest first;
    `letters` counts them."""

    name = "account"
    created_at: datetime
    kind: PrincipalKind = "account"
    email: str | None = None
    phone: str | None = None
    email_verified_at: datetime | None = None
    confirmations: list[str] = dataclasses.field(default_factory=list)
    letters: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Token(Noun):
    """A bearer token, known by the SHA-256 of its text alone (`id` = "tok_" + hex)."""

    name = "token"
    account: str
    kind: PrincipalKind
    created_at: datetime
    scopes: frozenset[str] = frozenset()
    revoked_at: datetime | None = None


LinkPurpose = Literal["confirm_email", "confirm_refund", "follow_refund"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Link(Noun):
    """Tautan: what a link in a letter allows, known by the SHA-256 of its secret alone (`id` = "lnk_" + hex). `object` is the
    account or refund that it is about; `address` the e-mail address that the letter went to. One use, but for reading. Its sort
    key is not its noun, which is taken: a chain's marker is called that (domain/chains.py)."""

    name = "letter_link"
    purpose: LinkPurpose
    object: str
    account: str
    address: str
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None = None
