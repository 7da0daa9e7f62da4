"""Accounts and their quota, as they are shown."""

from __future__ import annotations

from meterai.domain.rows import Account, Quota
from meterai.runtime.shown.base import Instant, Shown


class AccountShown(Shown):
    """A new account. The token is shown once."""

    id: str
    token: str
    created_at: Instant

    @classmethod
    def of(cls, account: Account, token: str) -> AccountShown:
        return cls(id=account.id, token=token, created_at=account.created_at)


class ContactShown(Shown):
    """Whether the account's e-mail is known to be its owner's."""

    email_verified: bool

    @classmethod
    def of(cls, account: Account) -> ContactShown:
        return cls(email_verified=account.email_verified_at is not None)


class QuotaShown(Shown):
    """Kuota, by where its pieces are."""

    available: int
    reserved: int
    used: int
    held: int
    refunded: int
    in_vouchers: int
    given: int

    @classmethod
    def of(cls, quota: Quota) -> QuotaShown:
        return cls.model_validate({name: getattr(quota, name) for name in cls.model_fields})
