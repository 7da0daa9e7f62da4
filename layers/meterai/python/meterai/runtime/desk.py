"""The officers' desk on the wire: what officers ask, and what they are shown. OpenAPI is made from it.

An account number is legible to whoever may pay to it, and masked for everybody else. Of documents nothing is shown.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from aws_lambda_powertools.event_handler.openapi.params import Query
from pydantic import AwareDatetime, BeforeValidator, Field, model_validator

from meterai.domain import desk
from meterai.domain.policy import POLICIES
from meterai.domain.refund_story import refund_story
from meterai.domain.rows import Destination, Refund, RefundChannel, RefundWay, Submission
from meterai.runtime.asked import Request
from meterai.runtime.http import Caller
from meterai.runtime.shown import HappeningShown, Instant, PolicyShown, QuotaShown, Shown

DECIDES, PAYS = "refunds:decide", "refunds:pay"
OpenStatus = Literal[
    "unconfirmed",
    "pending",
    "received",
    "awaiting_decision",
    "awaiting_destination",
    "approved",
    "paying",
]
StatusAsked = Annotated[OpenStatus | None, Query(description="Only refunds that stand there.")]


# Asked ---------------------------------------------------------------------------------------------------------------------


class Decision(Request):
    """`way` changes how an approved refund is paid: by the provider, or to an account that its owner names."""

    decision: Literal["approve", "reject"]
    reason: str = Field(min_length=1, max_length=500)
    way: RefundWay | None = None

    @model_validator(mode="after")
    def _paid(self) -> Decision:
        if self.way is not None and self.decision != "approve":
            raise ValueError("way goes with approve, and with it alone")
        return self


class PayoutOrder(Request):
    """The order to pay an approved payout; a reason is welcome."""

    reason: str = Field(default=desk.PAYOUT_ORDERED, min_length=1, max_length=500)


_RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)")


def _instant(text: object) -> datetime:
    if not isinstance(text, str) or not _RFC3339.fullmatch(text):
        raise ValueError("an instant by RFC 3339, with its offset")
    return datetime.fromisoformat(text)


class WrittenDown(Request):
    """A request that somebody made to the contact centre; `arrived_at` is when it reached us, at which it will be judged."""

    invoice_id: str = Field(min_length=1, max_length=40)
    channel: RefundChannel
    arrived_at: Annotated[AwareDatetime, BeforeValidator(_instant)]
    reason: str = Field(min_length=1, max_length=200)


# Shown ---------------------------------------------------------------------------------------------------------------------


class QueuedShown(Shown):
    """A refund as the queue has it. `day` counts calendar days (WIB) since the request; `turn` says who acts next: the person
    (`confirmation`, `destination`), an officer (`decision`, `payout`), `machine` or `nobody`; `alarm` marks what is late."""

    id: str
    status: str
    kind: str
    invoice_id: str
    amount_idr: int
    way: str
    door: str
    received_at: Instant
    promise_at: Instant
    day: int
    turn: str
    needs_officer: bool
    alarm: bool

    @classmethod
    def of(cls, refund: Refund, now: datetime) -> QueuedShown:
        return cls(**_queued(refund, now))


def _queued(refund: Refund, now: datetime) -> dict[str, Any]:
    return {
        "id": refund.id,
        "status": refund.status,
        "kind": refund.kind,
        "invoice_id": refund.invoice,
        "amount_idr": refund.amount_idr,
        "way": refund.way,
        "door": refund.door,
        "received_at": refund.received_at,
        "promise_at": refund.promise_at,
        "day": refund_story(refund, now).day,
        "turn": desk.turn(refund),
        "needs_officer": desk.turn(refund) in desk.OFFICERS_TURN,
        "alarm": desk.alarmed(refund, now),
    }


class DeskList(Shown):
    """The queue, by promise date."""

    data: list[QueuedShown]
    next_cursor: str | None

    @classmethod
    def of(cls, found: Sequence[Refund], next_cursor: str | None, now: datetime) -> DeskList:
        return cls(data=[QueuedShown.of(one, now) for one in found], next_cursor=next_cursor)


class ActShown(Shown):
    """What an officer did: `by` is the officer's account."""

    act: str
    by: str
    reason: str
    at: Instant


class MilestoneShown(Shown):
    """An instant at which the workflow reminds (days 7, 14, 30, 40) or marks the refund (30, 44)."""

    day: int
    at: str


class ContactShown(Shown):
    """The owner of the refund, as they may be reached. A phone proves nothing; an e-mail does once it was verified."""

    id: str
    kind: str
    created_at: Instant
    email: str | None
    email_verified_at: Instant | None
    phone: str | None


class DeskInvoiceShown(Shown):
    id: str
    status: str
    quantity: int
    total_idr: int
    method: str
    created_at: Instant
    paid_at: Instant | None
    offered_at: Instant | None


class AttemptShown(Shown):
    id: str
    status: str
    provider: str
    method: str
    amount_idr: int
    created_at: Instant
    settled_at: Instant | None


class PaidShown(Shown):
    """A payment; its id names the provider and the provider's transaction."""

    id: str
    attempt_id: str
    amount_idr: int
    paid_at: Instant
    kept_as: str


class WaitedForShown(Shown):
    """A stamping that the request waits for."""

    id: str
    status: str
    joined_at: Instant
    ended_at: Instant | None


class ProofShown(Shown):
    """A file that came with the request, unopened: its kind and its size in bytes."""

    kind: str
    size: int


class SubmissionShown(Shown):
    """What came with a request by mail or through an officer; what the person said of themselves proves nothing."""

    channel: str | None
    said_name: str | None
    said_phone: str | None
    said_quota: int | None
    proofs: list[ProofShown]

    @classmethod
    def of(cls, submission: Submission) -> SubmissionShown:
        proofs = [ProofShown.model_validate(one) for one in submission.proofs]
        shown: SubmissionShown = _attributes(cls, submission, proofs=proofs)
        return shown


class AccountNumberShown(Shown):
    """Where a payout goes. `given` is the name that the person typed, `holder` the one that the bank has."""

    bank: str
    number: str
    masked: bool
    given: str
    holder: str
    checked_at: Instant

    @classmethod
    def of(cls, destination: Destination, *, legible: bool) -> AccountNumberShown:
        return cls(
            bank=destination.bank,
            number=destination.number if legible else desk.masked(destination.number),
            masked=not legible,
            given=destination.given,
            holder=destination.holder,
            checked_at=destination.checked_at,
        )


class YouShown(Shown):
    """What the officer who asks can do about this case now; the server asks again when it is done."""

    account: str
    may_decide: bool
    may_pay: bool

    @classmethod
    def of(cls, case: desk.Case, caller: Caller) -> YouShown:
        turn = desk.turn(case.refund)
        pays = PAYS in caller.scopes and turn == "payout" and case.destination is not None
        return cls(
            account=caller.account,
            may_decide=DECIDES in caller.scopes and turn == "decision",
            may_pay=pays and case.refund.decided_by != caller.account,
        )


class CaseShown(QueuedShown):
    """Perkara: everything about one refund."""

    quantity: int
    total_idr: int
    policy: PolicyShown
    reason: str
    pay_at: Instant
    settled_at: Instant | None
    provider: str
    provider_reference: str | None
    tries: int
    decided_by: str | None
    paid_by: str | None
    timeline: list[HappeningShown]
    milestones: list[MilestoneShown]
    acts: list[ActShown]
    account: ContactShown
    quota: QuotaShown
    invoice: DeskInvoiceShown
    attempts: list[AttemptShown]
    payments: list[PaidShown]
    refunds: list[QueuedShown]
    destination: AccountNumberShown | None
    waits_for: list[WaitedForShown]
    submission: SubmissionShown | None
    you: YouShown

    @classmethod
    def of_case(cls, case: desk.Case, caller: Caller, now: datetime) -> CaseShown:
        refund, legible = case.refund, PAYS in caller.scopes
        return cls(
            **_queued(refund, now),
            quantity=refund.quantity,
            total_idr=refund.total_idr,
            policy=PolicyShown.of(POLICIES[refund.policy]),
            reason=refund.reason,
            pay_at=refund.pay_at,
            settled_at=refund.settled_at,
            provider=refund.provider,
            provider_reference=refund.provider_reference,
            tries=refund.tries,
            decided_by=refund.decided_by,
            paid_by=refund.paid_by,
            timeline=[HappeningShown.model_validate(line) for line in refund.timeline],
            milestones=[MilestoneShown.model_validate(one) for one in refund.milestones],
            acts=[_attributes(ActShown, act) for act in desk.acts_of(refund.timeline)],
            account=_attributes(ContactShown, case.account),
            quota=QuotaShown.of(case.quota),
            invoice=_attributes(DeskInvoiceShown, case.invoice),
            attempts=[_attributes(AttemptShown, one) for one in case.attempts],
            payments=[_attributes(PaidShown, one, attempt_id=one.attempt) for one in case.payments],
            refunds=[QueuedShown.of(one, now) for one in case.refunds],
            destination=AccountNumberShown.of(case.destination, legible=legible) if case.destination else None,
            waits_for=[_attributes(WaitedForShown, one) for one in case.waits_for],
            submission=SubmissionShown.of(case.submission) if case.submission else None,
            you=YouShown.of(case, caller),
        )


def _attributes(kind: Any, of: object, **more: Any) -> Any:
    """A noun as `kind` shows it: its attributes of the same names, and nothing else."""
    return kind.model_validate({name: getattr(of, name) for name in kind.model_fields if name not in more} | more)
