"""Refunds and what they would bring, as they are shown."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal, Self

from meterai.domain.policy import Quote
from meterai.domain.refund_story import refund_story
from meterai.domain.rows import Refund
from meterai.runtime import clock
from meterai.runtime.shown.base import Instant, Shown
from meterai.runtime.shown.policy import PolicyShown


class QuoteShown(Shown):
    """What asking would bring: why not, or how much, how, by when, by which rule."""

    eligible: bool
    code: str | None
    quantity: int
    amount_idr: int
    method: str
    promise_at: Instant
    policy: PolicyShown

    @classmethod
    def of(cls, quote: Quote) -> QuoteShown:
        return cls(
            eligible=quote.eligible,
            code=quote.code,
            amount_idr=quote.amount_idr if quote.eligible or quote.code == "stamp_in_progress" else 0,
            quantity=quote.quantity,
            method=quote.way,
            promise_at=quote.promise_at,
            policy=PolicyShown.of(quote.policy),
        )


class HappeningShown(Shown):
    status: str
    at: str
    note: str | None = None


class DestinationShown(Shown):
    """Rekening tujuan: the bank's code, and the number masked but for its last four digits."""

    bank: str
    number: str


class FollowedShown(Shown):
    """A refund as whoever has the link in its letter sees it. `acts_next` is null once it has ended; `day` counts calendar days
    in WIB since the request, of the `promise_days` within which the money is to be back."""

    id: str
    status: str
    kind: str
    invoice_id: str
    amount_idr: int
    quantity: int
    received_at: Instant
    pay_at: Instant
    promise_at: Instant
    settled_at: Instant | None
    way: Literal["provider", "payout"]
    acts_next: Literal["you", "officer", "provider", "us"] | None
    day: int
    promise_days: int
    timeline: list[HappeningShown]

    @classmethod
    def of(cls, refund: Refund, now: datetime | None = None) -> Self:
        return cls.model_validate(_followed(refund, now or clock.now()))


class RefundShown(FollowedShown):
    """Pengembalian dana."""

    reason: str
    destination: DestinationShown | None
    reference: str | None
    metadata: dict[str, str] | None

    @classmethod
    def of(cls, refund: Refund, now: datetime | None = None) -> Self:
        destination = DestinationShown.model_validate(refund.destination) if refund.destination else None
        own = {
            "destination": destination,
            "reason": refund.reason,
            "reference": refund.reference,
            "metadata": refund.metadata,
        }
        return cls.model_validate(_followed(refund, now or clock.now()) | own)


def _followed(refund: Refund, now: datetime) -> dict[str, Any]:
    story = refund_story(refund, now)
    same = (
        "id",
        "status",
        "kind",
        "amount_idr",
        "quantity",
        "received_at",
        "pay_at",
        "promise_at",
        "settled_at",
        "way",
    )
    return {
        **{name: getattr(refund, name) for name in same},
        "invoice_id": refund.invoice,
        "way": refund.way,
        "acts_next": story.acts_next,
        "day": story.day,
        "promise_days": story.promise_days,
        "timeline": [HappeningShown.model_validate(line) for line in refund.timeline],
    }


class RefundList(Shown):
    data: list[RefundShown]
    next_cursor: str | None

    @classmethod
    def of(cls, found: Sequence[Refund], next_cursor: str | None) -> RefundList:
        return cls(data=[RefundShown.of(one) for one in found], next_cursor=next_cursor)
