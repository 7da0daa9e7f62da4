"""Mails that came, and the answers to them."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from meterai.domain.rows.noun import Noun

MailState = Literal["noted", "acknowledged", "unanswered"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail(Noun):
    """Surat masuk: a mail that was read, so that it is never read twice (`id` is derived from what it says). `noted`: it made
    or found `refunds`; `acknowledged`: its sender is told that it came, and where the form is; `unanswered`: neither, and
    `reason` says why. Kept until `ttl` (seconds since 1970), without a word of what it said."""

    name = "mail"
    state: MailState
    received_at: datetime
    ttl: int
    reason: str | None = None
    refunds: list[str] = dataclasses.field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledgement(Noun):
    """Tanda terima: "we got it, here is the form", to an address at most once a WIB day (its `id` is made of both). It is the
    same whatever the mail named, so that it tells nothing of invoices or accounts. Kept until `ttl` (seconds since 1970)."""

    name = "acknowledgement"
    address: str
    created_at: datetime
    ttl: int
