"""The officers' desk (meja petugas): how a refund stands in the queue, and what officers did about it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args

from meterai.domain import instants
from meterai.domain.ledger import Value
from meterai.domain.policy import ALARM_DAY
from meterai.domain.refund_story import refund_story
from meterai.domain.rows import Account, Attempt, Destination, Invoice, Payment, Quota, Refund, Stamping, Submission

Act = Literal["note", "approve", "reject", "payout"]
"""What an officer does: writes a request down for somebody, decides it, or orders its payout."""
ACTS: tuple[Act, ...] = get_args(Act)
Turn = Literal["confirmation", "destination", "decision", "payout", "machine", "nobody"]
"""Whose turn it is: the person's (to confirm, to name an account), an officer's (to decide, to order the payout), or ours."""
OFFICERS_TURN: tuple[Turn, ...] = ("decision", "payout")
PAYOUT_ORDERED = "payout_ordered"
"""The reason of a payout that was ordered without words."""
ENDS = 4
"""How many digits of an account number are shown to who does not pay to it."""


@dataclass(frozen=True, slots=True)
class Done:
    """An act of an officer, as the refund's timeline has it. `number` counts the refund's acts from 1."""

    act: str
    number: int
    by: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Case:
    """Perkara: a refund with all that bears on it. `refunds` are the invoice's others."""

    refund: Refund
    account: Account
    quota: Quota
    invoice: Invoice
    attempts: tuple[Attempt, ...]
    payments: tuple[Payment, ...]
    refunds: tuple[Refund, ...]
    destination: Destination | None
    waits_for: tuple[Stamping, ...]
    submission: Submission | None


def signed(line: Mapping[str, Value], act: Act, *, by: str, number: int) -> dict[str, Value]:
    """A line of the timeline that an officer's act made."""
    return {**line, "act": act, "by": by, "number": number}


def acts_of(timeline: Iterable[Mapping[str, Any]]) -> list[Done]:
    """What officers did, oldest first. Raises KeyError or TypeError when a line is not one that `signed` made."""
    return [
        Done(str(line["act"]), int(line["number"]), str(line["by"]), str(line["note"]), instants.read(line["at"]))
        for line in timeline
        if "act" in line
    ]


def turn(refund: Refund) -> Turn:
    """Who acts next."""
    match refund.status:
        case "unconfirmed":
            return "confirmation"
        case "awaiting_destination":
            return "destination"
        case "awaiting_decision":
            return "decision"
        case "approved" if refund.waits_for_person:
            return "payout"
        case "refunded" | "rejected" | "cancelled":
            return "nobody"
    return "machine"


def alarmed(refund: Refund, now: datetime) -> bool:
    """Whether the refund has passed a milestone of day 30 or later without having ended; by the calendar where the row has no
    milestones, so that one whose workflow never ran is marked as well."""
    if refund.ended:
        return False
    late = [one for one in refund.milestones if int(one["day"]) >= ALARM_DAY]
    if late:
        return any(instants.read(str(one["at"])) <= now for one in late)
    return refund_story(refund, now).day >= ALARM_DAY


def masked(number: str) -> str:
    """An account number of which only the last four digits are legible; a short one is not legible at all."""
    shown = number[-ENDS:] if len(number) > ENDS else ""
    return "•" * (len(number) - len(shown)) + shown
