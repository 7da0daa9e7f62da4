"""Pieces on their way onto documents, and the requests that wait for them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from meterai.domain.ledger import Key
from meterai.domain.rows.line import Line
from meterai.domain.rows.noun import Noun
from meterai.domain.rows.quota import Quota, QuotaShard

StampingStatus = Literal["queued", "sealing", "done", "released"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamping(Noun):
    """Pembubuhan: one piece on its way onto one document. `x`, `y`, `width` are millionths of the displayed page;
    `version`, `sha256` and `size` (bytes) are those of the document that was examined. `shard` is the number of the quota shard
    that its piece is in; None is the pool. It waits for a worker in its `line`, for as long as it lives. Since `offered_at` it
    is later than its promise, and its money is offered back. `issuer` is the upstream one that gave out its serial, if any."""

    name = "stamping"
    account: str
    document: str
    fingerprint: str
    status: StampingStatus
    version: str
    sha256: str
    size: int
    page: int
    x: int
    y: int
    width: int
    joined_at: datetime
    sent_at: datetime
    attempt: int = 0
    lease_until: datetime | None = None
    serial: str | None = None
    document_type: str | None = None
    reason: str | None = None
    sealed_sha256: str | None = None
    sealed_size: int | None = None
    ended_at: datetime | None = None
    reference: str | None = None
    metadata: dict[str, str] | None = None
    shard: int | None = None
    offered_at: datetime | None = None
    line: Line = "paid"
    issuer: str | None = None

    @property
    def ended(self) -> bool:
        return self.status in ("done", "released")

    @property
    def purse(self) -> Key:
        """The row whose buckets its piece is in, from reserve to its end."""
        if self.shard is None:
            return Quota.key_of(self.account)
        return QuotaShard.key_of(QuotaShard.id_of(self.account, self.shard))


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat(Noun):
    """Kursi: a place for a request that stays until its stamp is there (`Prefer: wait`); there are so many, numbered from 0.
    `stamping` is whose request sat there last; nobody else sits there before `until`."""

    name = "seat"
    stamping: str
    until: datetime

    @staticmethod
    def id_of(number: int) -> str:
        """The id of the seat with this number."""
        return f"seat#{number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined(Noun):
    """A request for a stamp that was answered with the stamping its document had already (`id` is what that request would have
    made): the same key gets the same answer, also after that stamping was released."""

    name = "joined"
    stamping: str
    fingerprint: str
