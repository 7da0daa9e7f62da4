"""The whole way of a refund that no provider can give back: an account, two officers, a payout, and what may go wrong."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from meterai.domain.errors import Busy, PaymentProviderUnavailable
from meterai.domain.rows import Refund
from meterai.operations.decide_refund import decide_refund
from meterai.operations.find import loaded
from meterai.operations.order_payout import order_payout
from meterai.operations.tell_destination import tell_destination
from tests.fakes.payouts import MemoryPayouts
from tests.fakes.world import DAY, World


class Way:
    """A paid virtual account whose owner wants the money back."""

    def __init__(self) -> None:
        self.payouts = MemoryPayouts()
        self.world = World(payouts=self.payouts)
        self.account = self.world.account().account.id
        self.world.verify(self.account)
        bill = self.world.buy(self.account, 2, method="va")
        self.world.pay(bill.attempt.id)
        self.refund = self.world.ask_refund(self.account, bill.invoice.id).refund.id

    def told(self, number: str = "1234567890") -> Refund:
        assert self.world.follow(self.refund).status == "awaiting_destination"
        tell_destination(
            self.world.ledger, self.payouts, account=self.account, refund_id=self.refund, bank="ID_BCA", number=number,
            given="Budi Santoso", now=self.world.now, day=DAY,
        )  # fmt: skip
        return self.world.follow(self.refund)

    def approved(self) -> Refund:
        assert loaded(self.world.ledger, Refund, self.refund).status == "awaiting_decision"
        decide_refund(
            self.world.ledger, refund_id=self.refund, by="acc_first", approve=True, note="ya", now=self.world.now
        )
        return self.world.follow(self.refund)

    def ordered(self) -> Refund:
        order_payout(self.world.ledger, refund_id=self.refund, by="acc_second", reason="", now=self.world.now)
        return self.world.follow(self.refund)

    def notes(self) -> list[Any]:
        return [line["status"] for line in loaded(self.world.ledger, Refund, self.refund).timeline]


def test_a_virtual_account_goes_back_through_an_account_and_two_officers() -> None:
    way = Way()
    assert way.told().status == "awaiting_decision"
    assert way.approved().status == "approved"
    ended = way.ordered()
    assert (ended.status, ended.way, way.payouts.arrived_idr()) == ("refunded", "payout", 18_750)
    steps = ["received", "approved", "awaiting_destination", "approved", "awaiting_decision", "approved"]
    assert way.notes() == [*steps, "approved", "paying", "refunded"]
    assert way.world.gateway.all_refunded_idr() == 0
    assert way.world.quota(way.account).refunded == 2


def test_nothing_is_paid_before_a_second_officer_orders_it() -> None:
    way = Way()
    way.told()
    way.approved()
    for _ in range(5):
        way.world.wait(DAY)
        step = way.world.advance(way.refund)
        assert (step.refund.status, step.waits_for_person) == ("approved", True)
    assert way.payouts.made() == []


def test_a_payout_under_way_is_asked_about_by_the_hour() -> None:
    way = Way()
    way.told()
    way.approved()
    way.payouts.held = True
    order_payout(way.world.ledger, refund_id=way.refund, by="acc_second", reason="", now=way.world.now)
    way.world.wait(DAY)
    way.world.advance(way.refund)
    step = way.world.advance(way.refund)
    assert (step.refund.status, step.look_at) == ("paying", way.world.now + timedelta(hours=1))


def test_a_payout_that_was_refused_needs_another_account_and_both_officers_anew() -> None:
    way = Way()
    way.told()
    way.approved()
    way.payouts.fates = ["refused"]
    refused = way.ordered()
    assert (refused.status, refused.timeline[-1]["note"]) == ("awaiting_decision", "payout_bounced")
    assert (refused.destination, refused.decided_by, refused.paid_by) == (None, None, None)
    assert way.approved().status == "awaiting_destination"
    assert way.told("9876543210").status == "awaiting_decision"
    assert way.approved().status == "approved"
    assert way.ordered().status == "refunded"
    assert [(key[-2:], number) for key, _, number, _ in way.payouts.made()] == [
        ("-1", "1234567890"),
        ("-2", "9876543210"),
    ]


def test_a_lost_answer_is_asked_about_and_pays_once() -> None:
    for fate in ("lost before", "lost after"):
        way = Way()
        way.told()
        way.approved()
        way.payouts.fates = [fate]
        assert way.ordered().status == "refunded"
        assert (len(way.payouts.made()), way.payouts.arrived_idr()) == (1, 18_750)


def test_an_outage_of_the_payouts_is_waited_for() -> None:
    way = Way()
    way.told()
    way.approved()
    order_payout(way.world.ledger, refund_id=way.refund, by="acc_second", reason="", now=way.world.now)
    way.world.wait(DAY)
    assert way.world.advance(way.refund).refund.status == "paying"
    way.payouts.outage = True
    with pytest.raises(PaymentProviderUnavailable):
        way.world.advance(way.refund)
    way.payouts.outage = False
    assert way.world.follow(way.refund).status == "refunded"
    assert len(way.payouts.made()) == 1


def test_where_no_payouts_are_configured_an_ordered_payout_waits_and_no_call_is_recorded() -> None:
    way = Way()
    way.told()
    way.approved()
    order_payout(way.world.ledger, refund_id=way.refund, by="acc_second", reason="", now=way.world.now)
    way.world.wait(DAY)
    way.world.advance(way.refund)
    way.world.payouts = None
    with pytest.raises(Busy):
        way.world.advance(way.refund)
    assert loaded(way.world.ledger, Refund, way.refund).call_until is None
    way.world.payouts = way.payouts
    assert way.world.follow(way.refund).status == "refunded"
