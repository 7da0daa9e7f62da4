"""Refunds: what came with one, where it stands, and where its money goes."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from meterai.domain.ledger import Row
from meterai.domain.rows.noun import Noun

RefundStatus = Literal[
    "unconfirmed",
    "pending",
    "received",
    "awaiting_decision",
    "awaiting_destination",
    "approved",
    "paying",
    "refunded",
    "rejected",
    "cancelled",
]
REFUND_ENDED: tuple[RefundStatus, ...] = ("refunded", "rejected", "cancelled")
RefundWay = Literal["provider", "payout"]
RefundDoor = Literal["api", "mail", "officer"]
RefundChannel = Literal["whatsapp", "post_office", "phone", "letter"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Refund(Noun):
    """Pengembalian dana. Kind `quota` gives up an invoice's pieces for money; kind `payment` returns a payment that bought
    nothing. `order` (and, for a payment alone, `transaction`) names what `provider` pays back. The row is the truth and its
    execution (`{id}-{execution}`) only a clock.

    `way`: the provider's own refund, or a payout to the person's account (`Destination`). `door` is how the request came in.
    `milestones` are the reminders' absolute instants, computed once ({"day", "at"}), `milestone` how many of them have passed.
    `token` wakes the execution that waits for a person. `destination` is what is shown of the account that a payout goes to;
    `checks` is how many names were asked for, and from `check_after` on another may be.
    `decided_by` and `paid_by` are the officers who approved and ordered the payout, never the same one. `acts` counts what
    officers did about it, each of which has a line of the timeline and an entry."""

    name = "refund"
    kind: Literal["quota", "payment"]
    account: str
    invoice: str
    provider: str
    order: str
    status: RefundStatus
    fingerprint: str
    quantity: int
    amount_idr: int
    total_idr: int
    policy: str
    reason: str
    received_at: datetime
    promise_at: datetime
    pay_at: datetime
    updated_at: datetime
    timeline: list[dict[str, Any]]
    execution: int = 1
    waits_for: frozenset[str] = frozenset()
    transaction: str | None = None
    tries: int = 0
    provider_key: str | None = None
    call_until: datetime | None = None
    provider_reference: str | None = None
    settled_at: datetime | None = None
    way: RefundWay = "provider"
    door: RefundDoor = "api"
    milestones: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    milestone: int = 0
    token: str | None = None
    decided_by: str | None = None
    paid_by: str | None = None
    destination: dict[str, Any] | None = None
    checks: int = 0
    check_after: datetime | None = None
    acts: int = 0
    reference: str | None = None
    metadata: dict[str, str] | None = None

    @property
    def ended(self) -> bool:
        return self.status in REFUND_ENDED

    @property
    def waits_for_person(self) -> bool:
        """Whether nothing goes on until somebody acts: the owner, or an officer."""
        return waits_for_person(self.row())


def waits_for_person(row: Row) -> bool:
    """Whether a refund's stored row says that nothing goes on until its owner or an officer acts."""
    if row["status"] == "approved":
        return row.get("way") == "payout" and "decided_by" in row and "destination" in row and "paid_by" not in row
    return row["status"] in ("awaiting_decision", "awaiting_destination")


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission(Noun):
    """Pengajuan: what came with a request that did not come through the API (`id` is the refund's), for whoever decides it.

    `said_...` is what the person wrote or told, proof of nothing. `proofs` are the files kept for it ({"sha256", "kind",
    "size"}); `dropped` says, a line each, what was sent along and not kept. `mail` is the mail it came in, `channel` the way it
    came to the officer who wrote it down."""

    name = "submission"
    mail: str | None = None
    channel: RefundChannel | None = None
    said_name: str | None = None
    said_phone: str | None = None
    said_quota: int | None = None
    proofs: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    dropped: list[str] = dataclasses.field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination(Noun):
    """Rekening tujuan: where a refund's payout goes (`id` is the refund's). `holder` is the name that the bank has, `given` the
    one that the person typed; both are there because they agreed when it was checked. The table forgets the row at `ttl`
    (seconds since 1970)."""

    name = "destination"
    account: str
    bank: str
    number: str
    given: str
    holder: str
    checked_at: datetime
    ttl: int | None = None

    @property
    def shown(self) -> dict[str, Any]:
        """What is shown of it: the bank, and the last four digits of the number."""
        return {"bank": self.bank, "number": f"••••{self.number[-4:]}"}
