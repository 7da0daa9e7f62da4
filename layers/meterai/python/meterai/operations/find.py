"""Reading what somebody owns."""

from __future__ import annotations

from typing import TypeVar

from meterai.domain.errors import Missing
from meterai.domain.rows import Document, Invoice, Noun, Quota, Refund, Stamping
from meterai.ports.ledger import Ledger

Found = TypeVar("Found", bound=Noun)
Owned = TypeVar("Owned", Invoice, Document, Stamping, Refund)


def find(ledger: Ledger, kind: type[Owned], id: str, *, owner: str) -> Owned:
    """The noun with this id if `owner` owns it. Raises Missing when it is absent or another's: one answer for both."""
    found = load(ledger, kind, id)
    if found is None or found.account != owner:
        raise Missing(f"no {kind.name} of yours has this id")
    return found


def load(ledger: Ledger, kind: type[Found], id: str) -> Found | None:
    """The noun with this id, whoever owns it, or None."""
    row = ledger.get(kind.key_of(id))
    return kind.of(row) if row is not None else None


def loaded(ledger: Ledger, kind: type[Found], id: str) -> Found:
    """The noun with this id, which another row points at. Raises Missing if the ledger lost it."""
    found = load(ledger, kind, id)
    if found is None:
        raise Missing(f"no {kind.name} {id}")
    return found


def quota_of(ledger: Ledger, account: str) -> Quota:
    """The account's quota. Raises Missing for an account that does not exist."""
    return loaded(ledger, Quota, account)
