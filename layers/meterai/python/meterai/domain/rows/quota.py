"""Where an account's pieces are: its quota and, of a busy one, its shards."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from meterai.domain.rows.noun import Noun


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota(Noun):
    """Kuota: the account's pieces by where they are. Conservation, always: paid_in + redeemed_in = the sum of the buckets.

    A busy account has `shards` more rows (QuotaShard), and this one is its pool: `shared` counts the pieces out on them,
    `transfers` how often some went there or back. Until `draining_until` none goes out, because a refund gathers them."""

    name = "quota"
    available: int = 0
    reserved: int = 0
    used: int = 0
    held: int = 0
    refunded: int = 0
    in_vouchers: int = 0
    given: int = 0
    paid_in: int = 0
    redeemed_in: int = 0
    shards: int = 0
    shared: int = 0
    transfers: int = 0
    draining_until: datetime | None = None

    def balanced(self) -> bool:
        """Whether conservation holds and no bucket is negative."""
        buckets = (
            self.available,
            self.reserved,
            self.used,
            self.held,
            self.refunded,
            self.in_vouchers,
            self.given,
            self.shared,
        )
        return min(buckets) >= 0 and sum(buckets) == self.paid_in + self.redeemed_in

    def draining(self, now: datetime) -> bool:
        """Whether a refund is gathering pieces, so that none goes out to a shard."""
        return self.draining_until is not None and self.draining_until >= now

    def whole(self, shards: Iterable[QuotaShard]) -> Quota:
        """The account's whole quota, of this pool and its shards: nothing in it is `shared` any more, or pieces were lost."""
        on = list(shards)
        return dataclasses.replace(
            self,
            available=self.available + sum(shard.available for shard in on),
            reserved=self.reserved + sum(shard.reserved for shard in on),
            used=self.used + sum(shard.used for shard in on),
            shared=self.shared - sum(shard.shared_in for shard in on),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaShard(Noun):
    """Pecahan kuota: pieces of a busy account in a partition of their own, so that its stampings do not queue up at one row.
    Conservation: shared_in = available + reserved + used. `returned` counts the releases, so that who finds a shard empty twice
    knows whether it was empty in between."""

    name = "quota_shard"
    available: int = 0
    reserved: int = 0
    used: int = 0
    shared_in: int = 0
    returned: int = 0

    @staticmethod
    def id_of(account: str, number: int) -> str:
        """The id of an account's shard; its shards are numbered from 0."""
        return f"{account}#{number}"

    def balanced(self) -> bool:
        """Whether the shard's conservation holds and no bucket is negative."""
        buckets = (self.available, self.reserved, self.used)
        return min(buckets) >= 0 and sum(buckets) == self.shared_in
