"""A whole refund is offered when pieces come later than half an hour after the payment."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from meterai.domain.errors import RefundWindowClosed
from meterai.domain.policy import STAMPED_WITHIN
from meterai.domain.rows import Invoice
from meterai.operations.cancel_refund import cancel_refund
from meterai.operations.cancel_stamping import cancel_stamping
from meterai.operations.find import loaded
from meterai.operations.list_owned import list_events
from meterai.operations.quote_refund import quote_refund
from tests.fakes.world import World

LATE = timedelta(minutes=30, seconds=1)


def events(world: World, account: str) -> list[tuple[Any, Any]]:
    world.flow()
    page = list_events(world.ledger, owner=account, limit=100, cursor=None)
    return [(row["type"], row["object"]) for row in page.data]


def credited_after(world: World, span: timedelta, quantity: int = 2) -> tuple[str, Invoice]:
    """An invoice whose payment reaches us `span` after the provider had it."""
    account = world.account().account.id
    bill = world.buy(account, quantity)
    notice = world.gateway.notification(world.gateway.pay(bill.attempt.id, at=world.now))
    world.wait(span)
    world.notify(*notice)
    return account, loaded(world.ledger, Invoice, bill.invoice.id)


def quoted(world: World, account: str, invoice: Invoice, now: datetime) -> Any:
    return quote_refund(world.ledger, account=account, invoice_id=invoice.id, received_at=now)


def test_pieces_that_come_too_late_come_with_an_offer_that_is_told() -> None:
    world = World()
    account, invoice = credited_after(world, LATE)
    assert (invoice.status, invoice.offered_at) == ("paid", world.now)
    assert world.quota(account).available == 2
    assert events(world, account) == [("invoice.paid", invoice.id), ("refund.offered", invoice.id)]
    assert events(world, account) == [("invoice.paid", invoice.id), ("refund.offered", invoice.id)]


@pytest.mark.parametrize("span", [timedelta(0), timedelta(minutes=30)])
def test_pieces_that_come_in_time_come_without_an_offer(span: timedelta) -> None:
    world = World()
    account, invoice = credited_after(world, span)
    assert invoice.offered_at is None
    assert events(world, account) == [("invoice.paid", invoice.id)]


def test_a_payment_after_expiry_that_is_credited_at_once_is_no_failure_of_ours() -> None:
    world = World()
    account = world.account().account.id
    bill = world.buy(account)
    world.wait(timedelta(hours=2))
    world.gateway.expire(bill.attempt.id)
    world.pay(bill.attempt.id)
    assert loaded(world.ledger, Invoice, bill.invoice.id).offered_at is None
    assert [type for type, _ in events(world, account)] == ["invoice.paid"]


def test_a_payment_that_only_the_sweep_found_is_offered_back_too() -> None:
    world = World()
    account = world.account().account.id
    bill = world.buy(account)
    world.flow()
    for minutes in (1, 4, 10):
        world.wait(timedelta(minutes=minutes))
        world.sweep()
        world.flow()
    world.gateway.pay(bill.attempt.id, at=world.now)
    world.wait(timedelta(minutes=46))
    world.sweep()
    invoice = loaded(world.ledger, Invoice, bill.invoice.id)
    assert (invoice.status, invoice.offered_at) == ("paid", world.now)
    assert [type for type, _ in events(world, account)] == ["invoice.paid", "refund.offered"]


def test_an_offer_is_the_whole_total_and_the_books_close() -> None:
    world = World()
    account, invoice = credited_after(world, LATE)
    asked = world.ask_refund(account, invoice.id).refund
    assert (asked.amount_idr, asked.total_idr) == (25_000, 25_000)
    assert world.follow(asked.id).status == "refunded"
    assert world.gateway.all_refunded_idr() == 25_000
    assert set(world.books().values()) == {0}


def test_the_window_of_an_offer_counts_from_the_offer() -> None:
    """The provider's payment time may be long past: the sweep asks for seven days."""
    world = World()
    account, invoice = credited_after(world, timedelta(days=5))
    offered_at = world.now
    last = offered_at + timedelta(days=3)
    assert quoted(world, account, invoice, last).eligible
    late = quoted(world, account, invoice, last + timedelta(microseconds=1))
    assert (late.eligible, late.code) == (False, "refund_window_closed")
    world.now = last + timedelta(seconds=1)
    with pytest.raises(RefundWindowClosed):
        world.ask_refund(account, invoice.id)
    world.now = last
    assert world.ask_refund(account, invoice.id).refund.amount_idr == 25_000


def test_an_offer_stays_until_it_is_used() -> None:
    world = World()
    account, invoice = credited_after(world, LATE)
    first = world.ask_refund(account, invoice.id).refund
    cancel_refund(world.ledger, account=account, refund_id=first.id, now=world.now)
    assert loaded(world.ledger, Invoice, invoice.id).offered_at == invoice.offered_at
    assert world.ask_refund(account, invoice.id).refund.amount_idr == 25_000
    offers = [type for type, _ in events(world, account) if type == "refund.offered"]
    assert offers == ["refund.offered"]


def test_a_second_notification_offers_nothing_again() -> None:
    world = World()
    account = world.account().account.id
    bill = world.buy(account)
    notice = world.gateway.notification(world.gateway.pay(bill.attempt.id, at=world.now))
    world.notify(*notice)
    world.wait(timedelta(hours=1))
    world.notify(*notice)
    assert loaded(world.ledger, Invoice, bill.invoice.id).offered_at is None


# A stamp that is later than its promise -----------------------------------------------------------------------------------


def stuck(world: World, quantity: int = 1) -> tuple[str, str, str]:
    """An account with one invoice and a stamping that nobody seals."""
    opened = world.account()
    account = opened.account.id
    bill = world.buy(account, quantity)
    world.pay(bill.attempt.id)
    stamping = world.stamp(account, world.document(opened.token)).stamping.id
    world.flow()
    return account, bill.invoice.id, stamping


def test_a_stamp_that_is_later_than_its_promise_has_its_money_offered_once() -> None:
    world = World()
    account, invoice, stamping = stuck(world)
    world.wait(STAMPED_WITHIN)
    world.sweep()
    assert world.stamping(stamping).offered_at is None
    world.wait(timedelta(minutes=11))
    for _ in range(3):
        world.sweep()
        world.flow()
        world.wait(timedelta(minutes=11))
    assert world.stamping(stamping).offered_at == loaded(world.ledger, Invoice, invoice).offered_at
    assert [type for type, _ in events(world, account)] == ["invoice.paid", "refund.offered"]
    assert world.stamping(stamping).status == "queued"


def late(world: World, quantity: int = 1) -> tuple[str, str, str]:
    account, invoice, stamping = stuck(world, quantity)
    world.wait(STAMPED_WITHIN + timedelta(minutes=11))
    world.sweep()
    world.flow()
    return account, invoice, stamping


def test_who_waits_after_the_offer_gets_the_stamp() -> None:
    world = World()
    account, _, stamping = late(world)
    world.work()
    assert world.stamping(stamping).status == "done"
    assert world.quota(account).used == 1


def test_who_takes_the_piece_back_may_stamp_again() -> None:
    world = World()
    account, _, stamping = late(world)
    cancel_stamping(world.ledger, world.sealed, account=account, stamping_id=stamping, now=world.now)
    assert (world.stamping(stamping).status, world.quota(account).available) == ("released", 1)


def test_who_takes_the_money_gets_all_of_it_whatever_else_was_used() -> None:
    world = World()
    opened = world.account()
    account = opened.account.id
    bill = world.buy(account, 3)
    world.pay(bill.attempt.id)
    world.stamp(account, world.document(opened.token))
    world.work()
    stamping = world.stamp(account, world.document(opened.token)).stamping.id
    world.flow()
    world.wait(STAMPED_WITHIN + timedelta(minutes=11))
    world.sweep()
    world.flow()
    asked = world.ask_refund(account, bill.invoice.id).refund
    assert (asked.status, asked.amount_idr) == ("pending", 25_000)
    cancel_stamping(world.ledger, world.sealed, account=account, stamping_id=stamping, now=world.now)
    ended = world.follow(asked.id)
    assert (ended.status, ended.quantity, ended.amount_idr) == ("refunded", 2, 25_000)
    assert (world.quota(account).used, world.quota(account).balanced()) == (1, True)


def test_the_offer_is_for_the_invoice_that_the_late_piece_counts_against() -> None:
    world = World()
    opened = world.account()
    account = opened.account.id
    old, new = world.buy(account, 1), world.buy(account, 1)
    for bill in (old, new):
        world.pay(bill.attempt.id)
        world.wait(timedelta(minutes=1))
    first = world.stamp(account, world.document(opened.token)).stamping.id
    world.wait(timedelta(hours=1))
    world.stamp(account, world.document(opened.token))
    world.flow()
    world.wait(STAMPED_WITHIN - timedelta(minutes=30))
    world.sweep()
    offers = {bill.invoice.id: loaded(world.ledger, Invoice, bill.invoice.id).offered_at for bill in (old, new)}
    assert world.stamping(first).offered_at == offers[old.invoice.id] == world.now
    assert offers[new.invoice.id] is None
    world.wait(timedelta(hours=1))
    world.sweep()
    assert loaded(world.ledger, Invoice, new.invoice.id).offered_at == world.now


def test_nothing_is_offered_of_an_invoice_that_already_goes_back() -> None:
    world = World()
    account, invoice, stamping = stuck(world)
    world.ask_refund(account, invoice)
    world.wait(STAMPED_WITHIN + timedelta(minutes=11))
    world.sweep()
    assert world.stamping(stamping).offered_at == world.now
    assert loaded(world.ledger, Invoice, invoice).offered_at is None
