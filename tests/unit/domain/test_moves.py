"""Each move of the ledger has its gate: made twice it does nothing, out of its state it is refused.

The operations' tests drive the moves as people do; here stand the forms that no route makes yet, and the size of a stamp.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from meterai.domain.ledger import GateClosed, Move, Put
from meterai.domain.moves import purchase, refund, stamping
from meterai.domain.rows import Destination, Document, Payment, Refund, Stamping
from meterai.operations.find import loaded
from tests.fakes.world import World


def checkout(world: World) -> tuple[Any, Payment, Stamping]:
    """A bill, the payment that reached it, and the stamping that its first piece is for."""
    opened = world.account()
    bill = world.buy(opened.account.id, 2)
    examined = world.document(opened.token)
    with pytest.raises(Exception, match="no piece"):
        world.stamp(opened.account.id, examined)
    document = loaded(world.ledger, Document, examined)
    wanted = Stamping(
        id="stp_00000000000000000000000001",
        account=opened.account.id,
        document=document.id,
        fingerprint="f",
        status="queued",
        version=document.version or "",
        sha256=document.sha256 or "",
        size=document.size,
        page=1,
        x=1,
        y=1,
        width=1,
        joined_at=world.now,
        sent_at=world.now,
    )
    payment = Payment(
        id="txn_fake_1",
        attempt=bill.attempt.id,
        invoice=bill.invoice.id,
        account=opened.account.id,
        amount_idr=25_000,
        paid_at=world.now,
        kept_as="pay",
    )
    return bill, payment, wanted


def test_a_checkout_pays_and_reserves_in_one_transaction() -> None:
    world = World()
    bill, payment, wanted = checkout(world)
    world.ledger.apply(purchase.pay(bill.invoice, bill.attempt, payment, world.now, reserving=wanted))
    quota = world.quota(bill.invoice.account)
    assert (quota.paid_in, quota.available, quota.reserved) == (2, 1, 1)
    assert quota.balanced()
    world.work()
    assert world.stamping(wanted.id).status == "done"


def test_a_checkout_whose_document_is_gone_pays_alone_and_says_why_it_was_turned_away() -> None:
    world = World()
    bill, payment, wanted = checkout(world)
    document = loaded(world.ledger, Document, wanted.document)
    world.ledger.apply(stamping.delete_document(document, frozenset()))
    with pytest.raises(GateClosed) as closed:
        world.ledger.apply(purchase.pay(bill.invoice, bill.attempt, payment, world.now, reserving=wanted))
    assert closed.value.keys == {document.key}
    turned = replace(wanted, status="released", reason="document_not_ready", ended_at=world.now)
    world.ledger.apply(purchase.pay(bill.invoice, bill.attempt, payment, world.now, turned_away=turned))
    quota = world.quota(bill.invoice.account)
    assert (quota.available, quota.reserved) == (2, 0)
    assert world.stamping(wanted.id).reason == "document_not_ready"


def test_a_destination_is_waited_for_and_an_officer_who_approved_before_it_was_told_has_to_see_it() -> None:
    world = World()
    account = world.rich(1)
    [invoice] = [key[0] for key in world.ledger.rows if key[1] == "invoice"]
    asked = world.ask_refund(account, invoice).refund
    with pytest.raises(GateClosed):
        world.ledger.apply(refund.destine(asked, world.now))
    world.advance(asked.id)
    approved = loaded(world.ledger, Refund, asked.id)
    world.ledger.apply(refund.destine(approved, world.now))
    with pytest.raises(GateClosed):
        world.ledger.apply(refund.destine(approved, world.now))
    waiting = replace(loaded(world.ledger, Refund, asked.id), decided_by="acc_officer")
    assert world.advance(asked.id).waits_for_person
    told = Destination(
        id=asked.id,
        account=account,
        bank="ID_BCA",
        number="1234567890",
        given="Budi",
        holder="BUDI",
        checked_at=world.now,
    )
    world.ledger.apply(refund.destine(waiting, world.now, told))
    with pytest.raises(GateClosed):
        world.ledger.apply(refund.destine(waiting, world.now, told))
    with pytest.raises(GateClosed):  # a clock that read the refund before it was told is too late
        world.ledger.apply(refund.destine(approved, world.now))
    moved = loaded(world.ledger, Refund, asked.id)
    assert (moved.status, moved.decided_by) == ("approved", None)
    assert moved.destination == {"bank": "ID_BCA", "number": "••••7890"}
    assert loaded(world.ledger, Destination, asked.id) == told


def test_every_move_of_a_whole_road_is_refused_when_it_is_made_again() -> None:
    world = World()
    opened = world.account()
    bill = world.buy(opened.account.id, 2)
    world.pay(bill.attempt.id)
    world.stamp(opened.account.id, world.document(opened.token))
    world.work()
    other = world.buy(opened.account.id, 1)
    world.pay(other.attempt.id)
    world.follow(world.ask_refund(opened.account.id, other.invoice.id).refund.id)
    made = list(world.ledger.history)
    names = {move.name for move in made}
    assert names >= {"pay", "reserve", "assign", "commit", "hold", "approve", "start", "call", "settle"}
    for move in made:
        if move.name not in ("keep_charge",):
            before = dict(world.ledger.rows)
            with pytest.raises(GateClosed):
                world.ledger.apply(move)
            assert world.ledger.rows == before, move.name


def units(move: Move, world: World) -> int:
    """Write units of a move: a transaction writes each item twice (AWS: DynamoDB transactions, capacity)."""
    total = 0
    for write in move.writes:
        row = write.row if isinstance(write, Put) else world.ledger.rows[write.key]
        size = len(json.dumps(row, default=sorted)) + len("".join(write.key))
        assert size <= 1024, f"{move.name} {write.key}: {size} bytes"
        total += 2
    return total


def test_a_stamp_costs_at_most_eighteen_write_units() -> None:
    world = World()
    opened = world.account()
    world.pay(world.buy(opened.account.id, 1).attempt.id)
    document = world.document(opened.token)
    since = len(world.ledger.history)
    world.stamp(opened.account.id, document)
    world.work()
    cost = {
        move.name: units(move, world)
        for move in world.ledger.history[since:]
        if move.name in ("reserve", "assign", "commit")
    }
    assert cost == {"reserve": 6, "assign": 4, "commit": 8}
