"""Moves of refunds. Those of kind `payment` touch neither quota nor invoice."""

from __future__ import annotations

from datetime import datetime

from meterai.domain import money
from meterai.domain.instants import spell
from meterai.domain.ledger import Absent, AbsentOr, AtLeast, Before, Change, Gate, Is, Move, OneOf, Put, Value, Write
from meterai.domain.moves.entries import entry_put
from meterai.domain.rows import Invoice, Quota, Refund, RefundStatus, Submission


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


def hold(refund: Refund, now: datetime, *, new: bool) -> Move:
    """Tahan: the invoice's pieces are set aside in the pool until the refund ends; shards may have pieces again. The window was
    judged at `received_at`."""
    moved = {"status": "received", "updated_at": spell(now)}
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
                put={"status": "refunding", "open_refund": refund.id},
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


def approve(refund: Refund, now: datetime, note: str | None = None) -> Move:
    """received or awaiting_decision -> approved; an officer's decision starts a new execution (the old clock has stopped)."""
    again = {"execution": 1} if refund.status == "awaiting_decision" else {}
    return Move("approve", (_step(refund, (refund.status,), "approved", now, note, add=again),))


def destine(refund: Refund, now: datetime) -> Move:
    """approved <-> awaiting_destination: the money needs an account to go to, or has been told one."""
    to: RefundStatus = "awaiting_destination" if refund.status == "approved" else "approved"
    gate: Gate = {"status": Is("approved" if to == "awaiting_destination" else "awaiting_destination")}
    again = {} if to == "awaiting_destination" else {"execution": 1}
    change = Change(
        refund.key,
        gate,
        put={"status": to, "updated_at": spell(now)},
        add=again,
        append={"timeline": happening(to, now)},
    )
    return Move("destine", (change,))


def start(refund: Refund, provider_key: str, now: datetime) -> Move:
    """approved -> paying, under a provider key that is new exactly because no earlier call can still pay."""
    gate: Gate = {"status": Is("approved"), "tries": Is(refund.tries), "call_until": Absent()}
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
    """paying -> refunded, on the provider's definite and final answer. `bought` is the invoice's price for kind quota."""
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
    """paying -> awaiting_decision, on a definite refusal of the recorded call: a person decides what next."""
    change = Change(
        refund.key,
        _paying(refund),
        put={"status": "awaiting_decision", "updated_at": spell(now)},
        append={"timeline": happening("awaiting_decision", now, "payment_provider_refused")},
        remove=("call_until",),
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
                remove=("open_refund",),
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
    add: dict[str, int] | None = None,
) -> Change:
    return Change(
        refund.key,
        {"status": OneOf(out_of)},
        put={"status": to, "updated_at": spell(now)},
        add=add or {},
        append={"timeline": happening(to, now, note)},
    )


def _paying(refund: Refund) -> Gate:
    return {"status": Is("paying"), "provider_key": Is(refund.provider_key or "")}
