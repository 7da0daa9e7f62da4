"""Moves of refunds. Those of kind `payment` touch neither quota nor invoice."""

from __future__ import annotations

from datetime import datetime

from meterai.domain import money
from meterai.domain.instants import spell
from meterai.domain.ledger import Absent, AbsentOr, AtLeast, Before, Change, Gate, Is, Move, OneOf, Put, Value, Write
from meterai.domain.moves.entries import entry_put
from meterai.domain.rows import Destination, Invoice, Quota, Refund, RefundStatus, RefundWay, Submission


def happening(status: RefundStatus, at: datetime, note: str | None = None) -> dict[str, Value]:
    """A line of a refund's timeline."""
    line: dict[str, Value] = {"status": status, "at": spell(at)}
    return line | {"note": note} if note else line


def note(refund: Refund, submission: Submission | None) -> Move:
    """Record a request that its owner has not confirmed yet, and what came with it: it touches neither quota nor invoice."""
    enclosed = (Put(submission.key, submission.row()),) if submission else ()
    return Move("note", (Put(refund.key, refund.row()), *enclosed))


def pend(refund: Refund, *, new: bool = True) -> Move:
    """Record a request in time while pieces it needs are still queued or sealing: judged later, at `received_at`. One that was
    unconfirmed takes its state, what it waits for and its last line from `refund`."""
    first: Write = Put(refund.key, refund.row())
    if not new:
        first = Change(
            refund.key,
            {"status": Is("unconfirmed")},
            put={"status": "pending", "waits_for": refund.waits_for, "updated_at": spell(refund.updated_at)},
            append={"timeline": refund.timeline[-1]},
        )
    return Move(
        "pend",
        (
            first,
            Change(
                Invoice.key_of(refund.invoice),
                {"status": Is("paid"), "open_refund": AbsentOr(refund.id)},
                put={"open_refund": refund.id},
            ),
        ),
    )


def hold(refund: Refund, now: datetime, *, of: int, new: bool) -> Move:
    """Tahan: the refund's pieces, of the `of` that its invoice bought, are set aside in the pool until it ends; shards may have
    pieces again. The window was judged at `received_at`."""
    moved: dict[str, Value] = {
        "status": "received",
        "updated_at": spell(now),
        "quantity": refund.quantity,
        "amount_idr": refund.amount_idr,
        "total_idr": refund.total_idr,
        "way": refund.way,
    }
    first: Write
    if new:
        first = Put(refund.key, refund.row())
    else:
        first = Change(
            refund.key,
            {"status": OneOf(("unconfirmed", "pending"))},
            put=moved,
            append={"timeline": happening("received", now)},
        )
    return Move(
        "hold",
        (
            first,
            Change(
                Invoice.key_of(refund.invoice),
                {"status": Is("paid"), "open_refund": AbsentOr(refund.id)},
                put={"status": "refunding", "open_refund": refund.id} | _part(refund, of),
            ),
            Change(
                Quota.key_of(refund.account),
                {"available": AtLeast(refund.quantity)},
                add={"available": -refund.quantity, "held": refund.quantity},
                remove=("draining_until",),
            ),
        ),
    )


def drop(refund: Refund, to: RefundStatus, note: str, now: datetime) -> Move:
    """End a request that never held anything: unconfirmed or pending -> rejected or cancelled. One that is unconfirmed has
    no hold of the invoice, which another refund may have."""
    if refund.status == "unconfirmed":
        return Move("drop", (_step(refund, ("unconfirmed",), to, now, note),))
    return Move(
        "drop",
        (
            _step(refund, ("pending",), to, now, note),
            Change(Invoice.key_of(refund.invoice), {"open_refund": AbsentOr(refund.id)}, remove=("open_refund",)),
        ),
    )


def approve(
    refund: Refund, now: datetime, note: str | None = None, *, by: str | None = None, way: RefundWay | None = None
) -> Move:
    """received or awaiting_decision -> approved: by the policy, or by the officer `by`, who may choose another `way`."""
    decided: dict[str, Value] = {name: value for name, value in (("decided_by", by), ("way", way)) if value}
    return Move("approve", (_step(refund, (refund.status,), "approved", now, note, put=decided),))


def submit(refund: Refund, now: datetime) -> Move:
    """approved -> awaiting_decision: a payout to this destination is an officer's to approve."""
    gate: Gate = {"status": Is("approved"), "decided_by": Absent(), "call_until": Absent()}
    change = Change(
        refund.key,
        gate,
        put={"status": "awaiting_decision", "updated_at": spell(now)},
        append={"timeline": happening("awaiting_decision", now, "payout")},
    )
    return Move("submit", (change,))


def remind(refund: Refund, now: datetime) -> Move:
    """A milestone passed without an end: the timeline says so, and whoever has to is told."""
    day = refund.milestones[refund.milestone]["day"]
    change = Change(
        refund.key,
        {"status": Is(refund.status), "milestone": AbsentOr(refund.milestone)},
        put={"milestone": refund.milestone + 1},
        append={"timeline": happening(refund.status, now, f"day_{day}")},
    )
    return Move("remind", (change,))


def await_person(refund: Refund, token: str) -> Move:
    """The execution waits for a person, and this token wakes it. If somebody has acted by now, the stream wakes it at once."""
    return Move("await_person", (Change(refund.key, {"execution": Is(refund.execution)}, put={"token": token}),))


def destine(
    refund: Refund, now: datetime, destination: Destination | None = None, before: Destination | None = None
) -> Move:
    """approved -> awaiting_destination: the money needs an account to go to, and none was told. With a `destination`,
    awaiting_destination -> approved: it has been told one, in the place of the one told `before`, and no officer saw it."""
    out_of: RefundStatus = "approved" if destination is None else "awaiting_destination"
    to: RefundStatus = "awaiting_destination" if destination is None else "approved"
    gate: Gate = {"status": Is(out_of)} if destination else {"status": Is(out_of), "destination": Absent()}
    told: dict[str, Value] = {} if destination is None else {"destination": destination.shown}
    change = Change(
        refund.key,
        gate,
        put={"status": to, "updated_at": spell(now), **told},
        append={"timeline": happening(to, now)},
        remove=() if destination is None else ("decided_by", "paid_by"),
    )
    if destination is None:
        return Move("destine", (change,))
    kept: Write = Put(destination.key, destination.row())
    if before is not None:
        kept = Change(destination.key, {"checked_at": Is(spell(before.checked_at))}, put=destination.row())
    return Move("destine", (change, kept))


def check_name(refund: Refund, after: datetime | None) -> Move:
    """Count a name check before it is made; from `after` on there may be another. One at a time, each once."""
    gate: Gate = {"status": Is("awaiting_destination"), "checks": _counted(refund.checks)}
    put = {"check_after": spell(after)} if after else {}
    return Move("check_name", (Change(refund.key, gate, put=put, add={"checks": 1}),))


def uncheck_name(refund: Refund, after: datetime) -> Move:
    """Take back the check that was counted after `refund` was read, for another from `after` on: the bank did not answer, and
    that is not the person's doing."""
    gate: Gate = {"checks": Is(refund.checks + 1)}
    return Move("uncheck_name", (Change(refund.key, gate, put={"check_after": spell(after)}, add={"checks": -1}),))


def start(refund: Refund, provider_key: str, now: datetime) -> Move:
    """approved -> paying, under a provider key that is new exactly because no earlier call can still pay. A payout needs the
    two officers who approved and ordered it."""
    gate: Gate = {"status": Is("approved"), "tries": Is(refund.tries), "call_until": Absent()}
    if refund.way == "payout":
        gate = {**gate, "decided_by": Is(refund.decided_by or ""), "paid_by": Is(refund.paid_by or "")}
    change = Change(
        refund.key,
        gate,
        put={"status": "paying", "provider_key": provider_key, "updated_at": spell(now)},
        add={"tries": 1},
        append={"timeline": happening("paying", now)},
    )
    return Move("start", (change,))


def call(refund: Refund, now: datetime, call_until: datetime) -> Move:
    """Record that the provider is about to be called: until `call_until` the call can still reach it. One call at a time."""
    open_call: Before | Absent = Before(spell(now)) if refund.call_until else Absent()
    gate: Gate = {"status": Is("paying"), "provider_key": Is(refund.provider_key or ""), "call_until": open_call}
    return Move("call", (Change(refund.key, gate, put={"call_until": spell(call_until)}),))


def settle(refund: Refund, bought: money.Price | None, provider_reference: str | None, now: datetime) -> Move:
    """paying -> refunded, on the provider's definite and final answer. `bought` is the price of what went back (kind quota)."""
    reference = {"provider_reference": provider_reference} if provider_reference else {}
    writes: list[Write] = [
        Change(
            refund.key,
            _paying(refund),
            put={"status": "refunded", "settled_at": spell(now), "updated_at": spell(now), **reference},
            append={"timeline": happening("refunded", now)},
            remove=("call_until",),
        )
    ]
    if bought is None:
        entry = money.settle_payment_entry(refund.amount_idr)
    else:
        entry = money.settle_quota_entry(bought, refund.amount_idr)
        writes.append(
            Change(
                Invoice.key_of(refund.invoice),
                {"status": Is("refunding"), "open_refund": Is(refund.id)},
                put={"status": "refunded"},
                remove=("open_refund",),
            )
        )
        writes.append(
            Change(
                Quota.key_of(refund.account),
                {"held": AtLeast(refund.quantity)},
                add={"held": -refund.quantity, "refunded": refund.quantity},
            )
        )
    writes.append(entry_put(entry, of=refund.id, account=refund.account, at=now))
    return Move("settle", tuple(writes))


def refused(refund: Refund, now: datetime) -> Move:
    """paying -> awaiting_decision, on a definite refusal of the recorded call, or a payout that bounced: a person decides what
    next, and a payout needs another destination and two officers anew."""
    note = "payment_provider_refused" if refund.way == "provider" else "payout_bounced"
    change = Change(
        refund.key,
        _paying(refund),
        put={"status": "awaiting_decision", "updated_at": spell(now)},
        append={"timeline": happening("awaiting_decision", now, note)},
        remove=("call_until", "decided_by", "paid_by", "destination"),
    )
    return Move("refused", (change,))


def unhold(refund: Refund, to: RefundStatus, note: str, now: datetime) -> Move:
    """End a refund before money moved: its pieces are available again and the invoice is paid as before."""
    return Move(
        "unhold",
        (
            _step(refund, ("received", "awaiting_decision", "awaiting_destination", "approved"), to, now, note),
            Change(
                Invoice.key_of(refund.invoice),
                {"status": Is("refunding"), "open_refund": Is(refund.id)},
                put={"status": "paid"},
                remove=("open_refund", "returning"),
            ),
            Change(
                Quota.key_of(refund.account),
                {"held": AtLeast(refund.quantity)},
                add={"held": -refund.quantity, "available": refund.quantity},
            ),
        ),
    )


def rewind(refund: Refund) -> Move:
    """The execution died: another number, and the stream starts it. The row's instants stay, so only what is left is waited."""
    return Move("rewind", (Change(refund.key, {"execution": Is(refund.execution)}, add={"execution": 1}),))


def _step(
    refund: Refund,
    out_of: tuple[RefundStatus, ...],
    to: RefundStatus,
    now: datetime,
    note: str | None,
    *,
    put: dict[str, Value] | None = None,
    remove: tuple[str, ...] = (),
) -> Change:
    return Change(
        refund.key,
        {"status": OneOf(out_of)},
        put={"status": to, "updated_at": spell(now), **(put or {})},
        append={"timeline": happening(to, now, note)},
        remove=remove,
    )


def _part(refund: Refund, of: int) -> dict[str, Value]:
    return {} if refund.quantity == of else {"returning": refund.quantity}


def _paying(refund: Refund) -> Gate:
    return {"status": Is("paying"), "provider_key": Is(refund.provider_key or "")}


def _counted(checks: int) -> Is | AbsentOr:
    return Is(checks) if checks else AbsentOr(0)
