"""Refunds under the policy that was shown with the invoice, whichever is in force when they are asked for."""

from __future__ import annotations

from datetime import timedelta

import pytest

from meterai.domain.errors import RequestInvalid
from meterai.domain.rows import Activations, Invoice, Refund
from meterai.operations.cancel_refund import cancel_refund
from meterai.operations.find import loaded
from meterai.operations.policy_in_force import activate_policy, policy_in_force
from meterai.operations.quote_refund import quote_refund
from tests.fakes.crowd import CrowdedLedger, every_instant
from tests.fakes.world import DAY, World


def activate(world: World, policy: str, after: timedelta) -> Activations:
    return activate_policy(world.ledger, policy=policy, from_at=world.now + after, by="sari", now=world.now)


def test_an_invoice_keeps_the_policy_that_was_shown_with_it() -> None:
    world = World()
    account = world.account().account.id
    before = world.buy(account).invoice
    activate(world, "B", timedelta(0))
    assert (before.policy, world.buy(account).invoice.policy) == ("A", "B")
    assert loaded(world.ledger, Invoice, before.id).policy == "A"


def test_two_operators_at_once_lose_neither_activation() -> None:
    def play(at: int) -> int:
        ledger = CrowdedLedger()
        world = World(ledger=ledger)
        others: list[Activations] = []
        ledger.meddle(lambda: others.append(activate(world, "B", DAY)), at=at)
        activate(world, "A", 2 * DAY)
        ledger.leave()
        made = loaded(ledger, Activations, Activations.ID).made
        assert sorted(line["policy"] for line in made) == ["A"] + ["B"] * len(others)
        return ledger.calls

    assert list(every_instant(play))


def test_a_policy_that_nobody_wrote_is_not_activated() -> None:
    world = World()
    with pytest.raises(RequestInvalid):
        activate(world, "C", DAY)
    assert policy_in_force(world.ledger, world.now + 10 * DAY).id == "A"


def test_under_version_b_the_unused_pieces_go_back_and_the_used_ones_stay_used() -> None:
    world = World()
    activate(world, "B", timedelta(0))
    opened = world.account()
    account = opened.account.id
    bill = world.buy(account, 3)
    world.pay(bill.attempt.id)
    world.stamp(account, world.document(opened.token))
    world.work()
    world.wait(timedelta(days=5))
    quoted = quote_refund(world.ledger, account=account, invoice_id=bill.invoice.id, received_at=world.now)
    assert (quoted.eligible, quoted.quantity, quoted.amount_idr) == (True, 2, 22_500)
    asked = world.ask_refund(account, bill.invoice.id).refund
    assert (asked.quantity, asked.amount_idr, world.quota(account).held) == (2, 22_500, 2)
    assert world.follow(asked.id).status == "refunded"
    quota, invoice = world.quota(account), loaded(world.ledger, Invoice, bill.invoice.id)
    assert (quota.available, quota.used, quota.refunded, quota.balanced()) == (0, 1, 2, True)
    assert (invoice.status, invoice.given_back) == ("refunded", 2)
    assert world.books() == {"clearing": 15_000, "liability": 0, "fee": -2_500, "duty": -10_000, "retained": -2_500}


def test_under_version_b_a_piece_under_way_is_waited_for_and_what_is_left_goes_back() -> None:
    world = World()
    activate(world, "B", timedelta(0))
    opened = world.account()
    account = opened.account.id
    bill = world.buy(account, 2)
    world.pay(bill.attempt.id)
    world.stamp(account, world.document(opened.token))
    world.flow()
    asked = world.ask_refund(account, bill.invoice.id).refund
    assert asked.status == "pending"
    world.work()
    ended = world.follow(asked.id)
    assert (ended.status, ended.quantity, ended.amount_idr) == ("refunded", 1, 10_000)
    assert loaded(world.ledger, Refund, asked.id).total_idr == 12_500


def test_pieces_that_come_back_after_a_cancel_leave_the_invoice_whole() -> None:
    world = World()
    activate(world, "B", timedelta(0))
    opened = world.account()
    account = opened.account.id
    bill = world.buy(account, 2)
    world.pay(bill.attempt.id)
    world.stamp(account, world.document(opened.token))
    world.work()
    asked = world.ask_refund(account, bill.invoice.id).refund
    cancel_refund(world.ledger, account=account, refund_id=asked.id, now=world.now)
    invoice = loaded(world.ledger, Invoice, bill.invoice.id)
    assert (invoice.status, invoice.returning, world.quota(account).available) == ("paid", None, 1)


def test_a_milestone_that_passes_is_told_once_and_the_refund_goes_on() -> None:
    world = World()
    account = world.rich(1)
    [invoice] = [key[0] for key in world.ledger.rows if key[1] == "invoice"]
    asked = world.ask_refund(account, invoice).refund
    world.gateway.refund_fates = ["lost before"] * 100
    for _ in range(200):
        world.now = max(world.now, world.advance(asked.id).look_at or world.now)
        if world.now > asked.received_at + 46 * DAY:
            break
    notes = [line.get("note") for line in loaded(world.ledger, Refund, asked.id).timeline if line.get("note")]
    assert notes == ["policy", "day_7", "day_14", "day_30", "day_40", "day_44", "day_45"]
    world.gateway.refund_fates = []
    assert world.follow(asked.id).status == "refunded"


def test_an_officer_who_is_late_is_waited_for_milestone_by_milestone() -> None:
    world = World()
    account = world.rich(1)
    [invoice] = [key[0] for key in world.ledger.rows if key[1] == "invoice"]
    asked = world.ask_refund(account, invoice).refund
    world.gateway.refund_fates = ["refused"]
    world.follow(asked.id)
    days = []
    while (step := world.advance(asked.id)).refund.milestone < len(asked.milestones):
        assert (step.waits_for_person, step.refund.status) == (True, "awaiting_decision")
        assert step.look_at is not None
        world.now = max(world.now, step.look_at)
        days.append((world.now - asked.received_at).days)
    assert sorted(set(days)) == [7, 14, 30, 40, 44, 45]
    late = world.advance(asked.id)
    assert (late.waits_for_person, late.look_at) == (True, world.now + DAY)


def test_the_provider_is_asked_before_its_own_refund_is_surely_over() -> None:
    world = World()
    activate(world, "B", timedelta(0))
    account = world.rich(1)
    [invoice] = [key[0] for key in world.ledger.rows if key[1] == "invoice"]
    world.wait(timedelta(days=6, hours=20))
    asked = world.ask_refund(account, invoice).refund
    assert (asked.way, asked.pay_at) == ("provider", asked.received_at)
