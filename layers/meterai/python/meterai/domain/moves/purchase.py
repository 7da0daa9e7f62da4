"""Moves of invoices, attempts and payments."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from meterai.domain import money
from meterai.domain.instants import spell
from meterai.domain.ledger import Change, Check, Is, Key, Move, OneOf, Put, Value, Write
from meterai.domain.moves.entries import entry_put
from meterai.domain.moves.stamping import reserve_writes
from meterai.domain.policy import CREDITED_WITHIN
from meterai.domain.rows import Account, Attempt, Invoice, Payment, Quota, Refund, Stamping, Token


def open_account(account: Account, quota: Quota, token: Token) -> Move:
    """A new account with nothing in it, and its first token."""
    return Move("open_account", tuple(Put(noun.key, noun.row()) for noun in (account, quota, token)))


def open_invoice(invoice: Invoice, attempt: Attempt) -> Move:
    """An invoice and its first attempt, both before the provider is asked."""
    return Move("open_invoice", (Put(invoice.key, invoice.row()), Put(attempt.key, attempt.row())))


def open_attempt(invoice: Invoice, attempt: Attempt) -> Move:
    """A new code for an invoice that is still unpaid; an expired one opens again with it."""
    return Move(
        "open_attempt",
        (
            Put(attempt.key, attempt.row()),
            Change(
                invoice.key,
                {"status": OneOf(("awaiting_payment", "expired")), "attempts": Is(invoice.attempts)},
                put={
                    "attempt": attempt.id,
                    "status": "awaiting_payment",
                    "method": attempt.method,
                    "expires_at": spell(attempt.expires_at),
                },
                add={"attempts": 1},
            ),
        ),
    )


def keep_charge(attempt: Attempt, given: Mapping[str, Value]) -> Move:
    """What the provider gave for an open attempt: the attributes of Attempt that carry its code."""
    return Move("keep_charge", (Change(attempt.key, {"status": Is("open")}, put=given),))


def asked(attempt: Attempt, next_ask_at: datetime | None) -> Move:
    """The provider was asked about this attempt; ask again at `next_ask_at`, or never (its last settlement day passed)."""
    later = {"ask_at": spell(next_ask_at)} if next_ask_at else {}
    gone = () if next_ask_at else ("ask_at",)
    return Move("asked", (Change(attempt.key, {"asked": Is(attempt.asked)}, put=later, add={"asked": 1}, remove=gone),))


def close_attempt(attempt: Attempt, status: str) -> Move:
    """expire, of an attempt: open -> expired or denied. A payment may still come, and is still credited."""
    return Move("expire", (Change(attempt.key, {"status": Is("open")}, put={"status": status}),))


def expire_invoice(invoice: Invoice) -> Move:
    """expire, of an invoice whose current attempt is this one and has ended without buying it."""
    return Move(
        "expire",
        (
            Check(Attempt.key_of(invoice.attempt), {"status": OneOf(("expired", "denied", "overpaid"))}),
            Change(
                invoice.key,
                {"status": Is("awaiting_payment"), "attempt": Is(invoice.attempt)},
                put={"status": "expired"},
            ),
        ),
    )


def pay(
    invoice: Invoice,
    attempt: Attempt,
    payment: Payment,
    now: datetime,
    *,
    reserving: Stamping | None = None,
    turned_away: Stamping | None = None,
) -> Move:
    """A payment of the right amount reaches an attempt that has none yet: its pieces become available.

    With `reserving` (a checkout) one of them is reserved for that stamping in the same transaction. When only that half's gate
    was closed, it pays alone, and the stamping is kept as `turned_away`: released, with the reason, never reserved. Whoever
    found the payment, later than CREDITED_WITHIN after the provider had it is too late: a refund is offered with it.
    """
    bought = money.Price(invoice.quantity, invoice.unit_price_idr, invoice.fee_idr)
    offered = {"offered_at": spell(now)} if now > payment.paid_at + CREDITED_WITHIN else {}
    taken = 1 if reserving else 0
    writes: list[Write] = [
        Put(payment.key, payment.row()),
        Change(
            attempt.key,
            {"status": OneOf(("open", "expired", "denied"))},
            put={"status": "settled", "settled_at": spell(payment.paid_at)},
        ),
        Change(
            invoice.key,
            {"status": OneOf(("awaiting_payment", "expired"))},
            put={"status": "paid", "paid_at": spell(payment.paid_at), "paid_by": attempt.id} | offered,
        ),
        Change(
            Quota.key_of(invoice.account),
            {},
            add={"paid_in": invoice.quantity, "available": invoice.quantity - taken}
            | ({"reserved": 1} if reserving else {}),
        ),
        entry_put(money.pay_entry(bought), of=attempt.id, account=invoice.account, at=now),
    ]
    if reserving:
        writes.extend(reserve_writes(reserving, another=False))
    if turned_away:
        writes.append(Put(turned_away.key, turned_away.row()))
    return Move("pay", tuple(writes))


def overpay(attempt: Attempt, invoice: Invoice, payment: Payment, refund: Refund, now: datetime) -> Move:
    """A payment that can buy nothing goes back in full: its refund is made, approved, in the same transaction.

    `attempt` and `invoice` are as just read: the gate holds exactly the reason that was read (the attempt already settled or
    overpaid, the invoice already paid, or a wrong amount), so that a payment which could still buy pieces is never sent back.
    """
    writes: list[Write] = [Put(payment.key, payment.row()), Put(refund.key, refund.row())]
    if attempt.status in ("settled", "overpaid"):
        writes.append(Check(attempt.key, {"status": Is(attempt.status)}))
    else:
        writes.append(Change(attempt.key, {"status": OneOf(("open", "expired", "denied"))}, put={"status": "overpaid"}))
        if payment.amount_idr == attempt.amount_idr:
            writes.append(Check(invoice.key, {"status": OneOf(("paid", "refunding", "refunded"))}))
    entry = money.overpay_entry(payment.amount_idr)
    writes.append(entry_put(entry, of=payment.id, account=invoice.account, at=now))
    return Move("overpay", tuple(writes))


def notice_put(digest: str, provider: str, body: str, now: datetime) -> Move:
    """A notification, raw, before anything is made of it. `digest` (SHA-256 of the body) makes a repeat the same row."""
    key: Key = (f"notice_{provider}_{digest}", "notice")
    return Move("keep_notice", (Put(key, {"body": body, "received_at": spell(now)}),))
