"""Sold is only what can still be applied: before the deadline, at the rate that is measured or stated."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from meterai.domain.errors import SoldOut
from meterai.domain.rows import Announcement, Line
from meterai.operations.find import loaded
from meterai.operations.purchase import Bill, bill_of, purchase, renew_payment
from tests.fakes.world import World

HOUR = timedelta(hours=1)


def deadline(world: World, rate: int, left: timedelta, **more: Any) -> None:
    one = Announcement(
        id=Announcement.ID, made_at=world.now, by="ibu siti", stated_rate=rate, deadline_at=world.now + left, **more
    )
    world.ledger.project(put=[(one.key, one.row())])
    world.keep_room()


def buy(world: World, account: str, quantity: int, *, line: Line = "paid", key: str | None = None) -> Bill:
    return purchase(
        world.ledger,
        world.gateways,
        account=account,
        line=line,
        key=key or world.key(),
        fingerprint=str(quantity),
        quantity=quantity,
        method="qris",
        reference=None,
        metadata=None,
        now=world.now,
    )


def renew(world: World, account: str, bill: Bill) -> Bill:
    return renew_payment(
        world.ledger,
        world.gateways,
        account=account,
        invoice_id=bill.invoice.id,
        key=world.key(),
        method="qris",
        now=world.now,
    )


def test_no_more_is_offered_than_can_be_applied_before_the_deadline() -> None:
    world = World()
    account = world.account().account.id
    deadline(world, 10, HOUR)
    buy(world, account, 6)
    world.keep_room()
    with pytest.raises(SoldOut) as refused:
        buy(world, account, 5)
    assert refused.value.facts == {"admission": 4, "retry_after": 60}
    assert refused.value.retryable
    buy(world, account, 4)
    world.keep_room()
    with pytest.raises(SoldOut):
        buy(world, account, 1)


def test_without_a_deadline_there_is_no_limit() -> None:
    world = World()
    world.keep_room()
    assert buy(world, world.account().account.id, 1000).invoice.status == "awaiting_payment"


def test_an_invoice_keeps_its_admission_and_a_paid_one_is_honoured_always() -> None:
    world = World()
    opened = world.account()
    account = opened.account.id
    deadline(world, 2, HOUR)
    first = buy(world, account, 2, key="k")
    world.keep_room()
    with pytest.raises(SoldOut):
        buy(world, account, 1)
    assert buy(world, account, 2, key="k").invoice.id == first.invoice.id
    again = renew(world, account, first)
    world.pay(again.attempt.id)
    deadline(world, 1, timedelta(seconds=1))
    for number in range(2):
        world.stamp(account, world.document(opened.token, b"document %d" % number))
    world.work()
    assert world.quota(account).used == 2


def test_a_payment_that_comes_late_is_credited_whatever_is_sold_out() -> None:
    world = World()
    account = world.account().account.id
    bill = buy(world, account, 2)
    deadline(world, 1, timedelta(seconds=1))
    world.pay(bill.attempt.id)
    assert world.quota(account).available == 2


def test_a_new_code_for_an_invoice_whose_time_is_over_is_an_offer_as_any_other() -> None:
    world = World()
    account, other = world.account().account.id, world.account().account.id
    deadline(world, 4, HOUR)
    late = buy(world, account, 2)
    world.now += timedelta(minutes=16)
    world.keep_room()
    buy(world, other, 2)
    world.keep_room()
    with pytest.raises(SoldOut):
        renew(world, account, late)
    world.now += timedelta(minutes=5)
    deadline(world, 10, HOUR)
    assert renew(world, account, late).invoice.status == "awaiting_payment"


def test_unpaid_offers_come_free_again_when_their_time_is_over() -> None:
    world = World()
    account = world.account().account.id
    deadline(world, 10, HOUR)
    buy(world, account, 10)
    world.keep_room()
    with pytest.raises(SoldOut):
        buy(world, account, 5)
    world.now += timedelta(minutes=16)
    world.keep_room()
    assert buy(world, account, 5).invoice.status == "awaiting_payment"


def test_partners_stock_is_no_promise_until_it_is_queued() -> None:
    world = World()
    partner, person = world.account().account.id, world.account().account.id
    deadline(world, 5, HOUR)
    bill = buy(world, partner, 500, line="bulk")
    world.pay(bill.attempt.id)
    kept = world.keep_room().standing
    assert (kept.available_pieces, kept.open_invoice_pieces) == (0, 0)
    assert buy(world, person, 5).invoice.line == "paid"


def test_the_estimate_is_shown_before_payment_and_gone_once_paid() -> None:
    world = World()
    account = world.account().account.id
    deadline(world, 3600, HOUR)
    bill = buy(world, account, 1)
    assert bill.eta is not None
    assert world.now <= bill.eta.p10 < bill.eta.p50 < bill.eta.p90
    world.pay(bill.attempt.id)
    paid = bill_of(world.ledger, account=account, invoice_id=bill.invoice.id, now=world.now)
    assert (paid.invoice.status, paid.eta) == ("paid", None)


def test_who_waits_is_told_when_their_turn_is_until_it_came() -> None:
    world = World()
    opened = world.account()
    account = opened.account.id
    world.pay(buy(world, account, 2).attempt.id)
    deadline(world, 60, HOUR)
    first = world.stamp(account, world.document(opened.token, b"one"))
    world.now += timedelta(seconds=30)
    second = world.stamp(account, world.document(opened.token, b"two"))
    world.now += timedelta(seconds=30)
    world.keep_room()
    assert second.eta is not None
    told = world.stamp(account, first.stamping.document), world.stamp(account, second.stamping.document)
    assert told[0].eta is not None
    assert told[1].eta is not None
    assert told[0].eta.p50 < told[1].eta.p50 <= world.now + timedelta(minutes=2)
    world.work()
    assert world.stamp(account, first.stamping.document).eta is None


def test_a_count_that_stopped_sells_less_as_time_passes_never_more() -> None:
    """The keeper died: what it last counted is not trusted to be all that was sold since."""
    world = World()
    account = world.account().account.id
    deadline(world, 60, HOUR)
    world.now += timedelta(minutes=25)
    assert buy(world, account, 10)
    with pytest.raises(SoldOut):
        buy(world, account, 11)
    assert loaded(world.ledger, Announcement, Announcement.ID).stated_rate == 60
