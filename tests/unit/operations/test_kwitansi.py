"""The receipt of a payment: there once it is paid, its owner's alone, and never silent about money that went back."""

from __future__ import annotations

import pytest

from meterai.domain.errors import Busy, InvoiceNotPaid, Missing
from meterai.domain.ledger import Row
from meterai.domain.rows import Invoice
from meterai.operations.cancel_refund import cancel_refund
from meterai.operations.find import loaded
from meterai.operations.purchase import renew_payment
from meterai.operations.show_kwitansi import show_kwitansi
from tests.fakes.ledger import MemoryLedger
from tests.fakes.world import World


def bought(world: World, quantity: int = 2) -> tuple[str, str]:
    """An account with one paid invoice, which the lists know."""
    account = world.account().account.id
    bill = world.buy(account, quantity)
    world.pay(bill.attempt.id)
    world.flow()
    return account, bill.invoice.id


def test_a_paid_invoice_has_one_with_who_paid_what_and_how() -> None:
    world = World()
    account, invoice = bought(world, 3)
    told = show_kwitansi(world.ledger, account=account, invoice_id=invoice)
    row = loaded(world.ledger, Invoice, invoice)
    assert (told.invoice, told.paid_at, told.payer) == (row, row.paid_at, "budi@example.id")
    assert (told.paid_with.id, told.paid_with.provider) == (row.paid_by, world.gateway.name)
    assert told.transaction
    assert told.refunds == ()
    assert show_kwitansi(world.ledger, account=account, invoice_id=invoice) == told


def test_it_names_the_code_that_was_paid_and_not_the_newest_one() -> None:
    world = World()
    account = world.account().account.id
    bill = world.buy(account)
    renewed = renew_payment(
        world.ledger,
        world.gateways,
        account=account,
        invoice_id=bill.invoice.id,
        key="again",
        method="qris",
        now=world.now,
    )
    world.pay(bill.attempt.id)
    world.flow()
    told = show_kwitansi(world.ledger, account=account, invoice_id=bill.invoice.id)
    assert told.invoice.attempt == renewed.attempt.id
    assert told.paid_with.id == bill.attempt.id


def test_there_is_none_before_it_is_paid_and_none_for_anybody_else() -> None:
    world = World()
    account = world.account().account.id
    bill = world.buy(account)
    with pytest.raises(InvoiceNotPaid, match="awaiting_payment"):
        show_kwitansi(world.ledger, account=account, invoice_id=bill.invoice.id)
    _, another = bought(world)
    for invoice in (another, "inv_unknown"):
        with pytest.raises(Missing):
            show_kwitansi(world.ledger, account=account, invoice_id=invoice)


def test_a_refund_is_told_from_the_moment_its_pieces_are_held_until_it_is_over() -> None:
    world = World()
    account, invoice = bought(world)
    asked = world.ask_refund(account, invoice).refund
    unlisted = show_kwitansi(world.ledger, account=account, invoice_id=invoice)
    assert [(one.id, one.status) for one in unlisted.refunds] == [(asked.id, "received")]
    world.flow()
    assert show_kwitansi(world.ledger, account=account, invoice_id=invoice).refunds == unlisted.refunds
    ended = world.follow(asked.id)
    world.flow()
    told = show_kwitansi(world.ledger, account=account, invoice_id=invoice)
    assert told.invoice.status == "refunded"
    assert [(one.id, one.amount_idr, one.settled_at) for one in told.refunds] == [
        (asked.id, ended.amount_idr, ended.settled_at)
    ]


def test_a_refund_that_was_taken_back_is_none() -> None:
    world = World()
    account, invoice = bought(world)
    asked = world.ask_refund(account, invoice).refund
    world.flow()
    cancel_refund(world.ledger, account=account, refund_id=asked.id, now=world.now)
    world.flow()
    told = show_kwitansi(world.ledger, account=account, invoice_id=invoice)
    assert (told.invoice.status, told.refunds) == ("paid", ())


def test_a_second_payment_that_bought_nothing_is_no_part_of_it() -> None:
    world = World()
    account, invoice = bought(world)
    attempt = loaded(world.ledger, Invoice, invoice).attempt
    first = show_kwitansi(world.ledger, account=account, invoice_id=invoice).transaction
    world.pay(attempt)
    world.flow()
    told = show_kwitansi(world.ledger, account=account, invoice_id=invoice)
    assert (told.refunds, told.transaction) == ((), first)


class Forgetful(MemoryLedger):
    """A table whose lists have not caught up."""

    def page(self, partition: str, **_: object) -> list[Row]:
        return []


def test_a_receipt_whose_refund_the_lists_do_not_know_yet_waits_for_them() -> None:
    world = World(ledger=Forgetful())
    account, invoice = bought(world)
    told = show_kwitansi(world.ledger, account=account, invoice_id=invoice)
    assert told.transaction is None
    world.follow(world.ask_refund(account, invoice).refund.id)
    with pytest.raises(Busy):
        show_kwitansi(world.ledger, account=account, invoice_id=invoice)
