"""Where a refund stands, as everybody tells it: who acts next, and which day of the promise it is. API, letters and page
all go by this one function."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from meterai.domain import instants
from meterai.domain.policy import MILESTONES
from meterai.domain.rows import Refund, RefundStatus

Actor = Literal["you", "officer", "provider", "us"]
ACTORS: dict[RefundStatus, Actor | None] = {
    "unconfirmed": "you",
    "pending": "us",
    "received": "us",
    "awaiting_decision": "officer",
    "awaiting_destination": "you",
    "approved": "us",
    "paying": "provider",
    "refunded": None,
    "rejected": None,
    "cancelled": None,
}
"""Who acts next, by status; a payout that an officer approved waits for the second officer (see `refund_story`)."""


NOTES = (
    "policy",
    "overpaid",
    "payment_provider_refused",
    "payout",
    "payout_bounced",
    "payout_ordered",
    "owner",
    "mail",
    "officer",
    "lapsed",
    *(f"day_{day}" for day in MILESTONES),
)
"""What the machine notes in a refund's timeline: codes that page, desk and letters have words for. Other notes are the codes of
refusals, and people's own words."""


@dataclass(frozen=True, slots=True)
class RefundStory:
    """`acts_next` is None once the refund has ended. Days are calendar days in WIB: `day` those since the request (0 on its own
    day; it stands still once the refund has ended), `promise_days` those within which the money is to be back."""

    acts_next: Actor | None
    day: int
    promise_days: int

    @property
    def late(self) -> bool:
        """Whether the promise is broken."""
        return self.day > self.promise_days


def refund_story(refund: Refund, now: datetime) -> RefundStory:
    """Where `refund` stands at `now`."""
    received = instants.wib_day(refund.received_at)
    until = refund.updated_at if refund.ended else now
    return RefundStory(
        acts_next="officer" if _awaits_second_officer(refund) else ACTORS[refund.status],
        day=max(0, (instants.wib_day(until) - received).days),
        promise_days=(instants.wib_day(refund.promise_at) - received).days,
    )


def _awaits_second_officer(refund: Refund) -> bool:
    """A payout is approved by one officer and ordered by another."""
    decided = refund.decided_by is not None and refund.paid_by is None
    return refund.status == "approved" and refund.way == "payout" and decided
