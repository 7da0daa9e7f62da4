"""Letters, and the addresses that they go to."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from meterai.domain.rows.noun import Noun

LetterKind = Literal[
    "confirm_email",
    "refund.unconfirmed",
    "refund.pending",
    "refund.received",
    "refund.awaiting_decision",
    "refund.awaiting_destination",
    "refund.approved",
    "refund.paying",
    "refund.refunded",
    "refund.rejected",
    "refund.cancelled",
    "refund.milestone",
    "refund.standing",
    "refund.offered",
    "desk.milestone",
    "mail.acknowledged",
]
LetterStatus = Literal["queued", "sent", "withheld", "refused"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter(Noun):
    """Surat: something that its reader is told by e-mail, once. The id is derived from what happened, so that the same
    happening is the same letter; neither address nor text nor secret is in it.

    `object` is the account, refund, invoice or acknowledgement that it is about, `number` which one of its kind; `at` is when
    it happened. It waits as `queued` (since `queued_at`, set going again `resent` times) until a worker that has its lease
    hands it over. `reason` is why nobody was written to (`withheld`) or why it never left (`refused`)."""

    name = "letter"
    kind: LetterKind
    object: str
    account: str
    number: int
    at: datetime
    queued_at: datetime
    status: LetterStatus = "queued"
    resent: int = 0
    lease_until: datetime | None = None
    ended_at: datetime | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact(Noun):
    """Alamat: an e-mail address as its SHA-256 alone (`id` = "adr_" + hex), with the confirmations that went there of late
    (`instant#letter`), for whichever account: what keeps the house from being used to flood somebody."""

    name = "contact"
    confirmations: list[str] = dataclasses.field(default_factory=list)
