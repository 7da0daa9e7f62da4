"""Judging a recorded request: at the instant it arrived, by the same rules, whoever asks and whenever."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from meterai.domain.errors import RefundQuotaInsufficient, StampInProgress
from meterai.domain.ledger import Move
from meterai.domain.moves import refund as moves
from meterai.domain.rows import Invoice, Refund
from meterai.operations.find import loaded
from meterai.operations.gather_pieces import gather_pieces
from meterai.operations.quote_refund import judged
from meterai.operations.request_refund import cost_of, under_way
from meterai.ports.ledger import Ledger


def judge_refund(
    ledger: Ledger, refund: Refund, *, now: datetime, made: Callable[[Move], Move] = lambda move: move
) -> None:
    """Judge an unconfirmed or pending request at its `received_at`: hold its pieces; or, unconfirmed and with pieces it needs
    under way, let it wait for them; or drop it with the reason. `made` may add to the move. Raises GateClosed when it moved
    meanwhile, Busy."""
    invoice = loaded(ledger, Invoice, refund.invoice)
    found = judged(ledger, invoice, refund.received_at, own_refund=refund.id)
    if found.eligible:
        gather_pieces(ledger, refund.account, found.quantity, now)
        held = replace(
            refund,
            quantity=found.quantity,
            amount_idr=found.amount_idr,
            total_idr=cost_of(invoice, found.quantity),
            way=found.way,
        )
        ledger.apply(made(moves.hold(held, now, of=invoice.quantity, new=False)))
    elif found.code == StampInProgress.code and refund.status == "unconfirmed":
        waiting = replace(
            refund,
            status="pending",
            waits_for=under_way(ledger, refund.account),
            updated_at=now,
            timeline=[*refund.timeline, moves.happening("pending", now, found.code)],
        )
        ledger.apply(made(moves.pend(waiting, new=False)))
    else:
        # Pieces in line now were asked for after the request: what it waited for has been used.
        reason = RefundQuotaInsufficient.code if found.code == StampInProgress.code else found.code
        ledger.apply(made(moves.drop(refund, "rejected", reason or "", now)))
