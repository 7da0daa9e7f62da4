"""A whole refund is offered when pieces come later than half an hour after the payment."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from meterai.domain.errors import RefundWindowClosed
from meterai.domain.rows import Invoice
from meterai.operations.cancel_refund import cancel_refund
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
