"""Refund rules, as they are shown."""

from __future__ import annotations

from meterai.domain.policy import Policy
from meterai.runtime.shown.base import Shown


class PolicyShown(Shown):
    """The refund rules that an invoice is bought under."""

    id: str
    window_seconds: int | None
    percent: int
    transfer_fee_idr: int
    unused_only: bool
    promise_days: int
    summary: str

    @classmethod
    def of(cls, policy: Policy) -> PolicyShown:
        return cls(
            id=policy.id,
            window_seconds=None if policy.window is None else int(policy.window.total_seconds()),
            percent=policy.percent,
            transfer_fee_idr=policy.transfer_fee_idr,
            unused_only=policy.unused_only,
            promise_days=policy.promise_days,
            summary=policy.cites,
        )
