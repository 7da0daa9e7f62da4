"""Faults in what is bought and paid: invoices, codes, payments, and what goes back because it bought nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from meterai.domain.ids import derived
from meterai.domain.instants import spell
from meterai.domain.ledger import Move
from meterai.domain.moves import purchase, refund
from meterai.domain.rows import Refund
from meterai.operations import (
    cancel_refund,
    credit,
    decide_refund,
    sweep,
)
from tests.simulation.mutants.seeding import (
    Mutant,
    left_out,
    moved,
    patched,
    ungated,
)


def _whatever_the_amount(settle: Any) -> Any:
    return lambda ledger, attempt, told, now: settle(ledger, attempt, replace(told, amount_idr=attempt.amount_idr), now)


def _named_by_the_day(settle: Any) -> Any:
    def named(ledger: Any, attempt: Any, told: Any, now: datetime) -> None:
        settle(ledger, attempt, replace(told, transaction_id=f"{told.transaction_id}@{spell(now)}"), now)

    return named


def _first_payment_alone(settle: Any) -> Any:
    def first(ledger: Any, attempt: Any, told: Any, now: datetime) -> None:
        if attempt.status != "settled":
            settle(ledger, attempt, told, now)

    return first


def _asked_while_open(ask: Any) -> Any:
    def asked(ledger: Any, gateways: Any, attempt: Any, now: datetime) -> None:
        if attempt.status == "open":
            ask(ledger, gateways, attempt, now)

    return asked


def _refunded_by_attempt(overpaid: Any) -> Any:
    def named(payment: Any, attempt: Any, *rest: Any) -> Refund:
        back: Refund = overpaid(payment, attempt, *rest)
        return replace(back, id=derived("rfd", attempt.id))

    return named


def _entered_by_attempt(overpay: Any) -> Any:
    def build(attempt: Any, *rest: Any) -> Move:
        move: Move = overpay(attempt, *rest)
        writes = (
            replace(write, key=(f"entry_overpay_{attempt.id}", "entry")) if write.key[1] == "entry" else write
            for write in move.writes
        )
        return Move(move.name, tuple(writes))

    return build


def _end_any(unhold: Any) -> Any:
    """unhold, for a refund of kind payment too: as its start and settle do, it touches neither quota nor invoice."""

    def build(found: Refund, *rest: Any) -> Move:
        move: Move = unhold(found, *rest)
        return move if found.transaction is None else Move(move.name, move.writes[:1])

    return build


def _of_any_kind(find: Any) -> Any:
    """A refund's kind is never seen."""

    def found(ledger: Any, kind: Any, id: str, **how: Any) -> Any:
        one = find(ledger, kind, id, **how)
        return replace(one, kind="quota") if one is not None else None

    return found


PAYMENTS: tuple[Mutant, ...] = (
    Mutant(
        "a paid invoice opens again",
        "open_attempt does not ask whether the invoice is still unpaid",
        moved(purchase, "open_attempt", invoice=ungated("status")),
    ),
    Mutant(
        "a settled attempt expires",
        "close_attempt does not ask whether the attempt is open",
        moved(purchase, "close_attempt", attempt=ungated("status")),
    ),
    Mutant(
        "an invoice expires while it can be paid",
        "expire_invoice does not ask whether the current attempt has ended",
        moved(purchase, "expire_invoice", attempt=left_out),
    ),
    Mutant(
        "a paid invoice expires",
        "expire_invoice asks neither attempt nor invoice where they stand",
        moved(purchase, "expire_invoice", attempt=left_out, invoice=ungated("status")),
    ),
    Mutant(
        "two codes buy one invoice twice",
        "pay does not ask whether the invoice is still unpaid",
        moved(purchase, "pay", invoice=ungated("status")),
    ),
    Mutant(
        "a payment without its entry",
        "pay moves pieces and enters no money",
        moved(purchase, "pay", entry=left_out),
    ),
    Mutant(
        "a wrong amount buys",
        "the amount that was paid is not compared with what was asked",
        patched((credit, "_settle", _whatever_the_amount)),
    ),
    Mutant(
        "a notification is a payment",
        "a payment is known by when it was heard of: the same one told again is another",
        patched((credit, "_settle", _named_by_the_day)),
    ),
    Mutant(
        "a second payment is ignored",
        "what is paid on a settled attempt is taken for the payment that settled it",
        patched((credit, "_settle", _first_payment_alone)),
    ),
    Mutant(
        "who ended is not asked about",
        "the sweep asks only about open attempts",
        patched((sweep, "_ask", _asked_while_open)),
    ),
    Mutant(
        "one overpayment an attempt",
        "the entry of an overpayment is keyed by its attempt, so that a second one is refused for ever",
        patched((purchase, "overpay", _entered_by_attempt)),
    ),
    Mutant(
        "one way back an attempt",
        "the refund of a payment that bought nothing is named by its attempt",
        patched((credit, "_overpaid", _refunded_by_attempt)),
    ),
    Mutant(
        "an officer rejects an overpayment",
        "unhold ends a refund of kind payment, and nobody asks for its kind",
        patched((decide_refund, "load", _of_any_kind), (refund, "unhold", _end_any)),
    ),
    Mutant(
        "an owner cancels an overpayment",
        "cancel_refund does not ask for the kind, and unhold ends a refund of kind payment",
        patched((cancel_refund, "find", _of_any_kind), (refund, "unhold", _end_any)),
    ),
)
