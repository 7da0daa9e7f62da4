"""Refunds: judged at the instant they arrived, held, paid once, and always ended."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterai.domain import money, policy
from meterai.domain.errors import (
    Busy,
    IdempotencyKeyReused,
    InvoiceNotPaid,
    Missing,
    RefundAlreadyRequested,
    RefundNotAwaitingDecision,
    RefundNotCancellable,
    RefundQuotaInsufficient,
    RefundWindowClosed,
    Refusal,
)
from meterai.domain.rows import Invoice, Refund
from meterai.operations.await_person import await_person
from meterai.operations.cancel_refund import cancel_refund
from meterai.operations.cancel_stamping import cancel_stamping
from meterai.operations.decide_refund import decide_refund
from meterai.operations.find import loaded
from meterai.operations.quote_refund import quote_refund
from tests.fakes.crowd import CrowdedLedger, every_instant
from tests.fakes.world import DAY, World


def bought(world: World, quantity: int = 2) -> tuple[str, str]:
    """An account with one paid invoice."""
    account = world.account().account.id
    bill = world.buy(account, quantity)
    world.pay(bill.attempt.id)
    return account, bill.invoice.id


def cancel(world: World, account: str, refund: str) -> Refund:
    return cancel_refund(world.ledger, account=account, refund_id=refund, now=world.now)


def decide(world: World, refund: str, *, approve: bool) -> Refund:
    return decide_refund(
        world.ledger, refund_id=refund, approve=approve, note="officer", by="acc_officer", now=world.now
    )


def test_an_invoice_goes_back_at_75_percent_and_the_books_close() -> None:
    world = World()
    account, invoice = bought(world, 2)
    asked = world.ask_refund(account, invoice).refund
    assert (asked.status, asked.amount_idr, world.quota(account).held) == ("received", 18_750, 2)
    ended = world.follow(asked.id)
    assert ended.status == "refunded"
    quota = world.quota(account)
    assert (quota.available, quota.held, quota.refunded) == (0, 0, 2)
    assert loaded(world.ledger, Invoice, invoice).status == "refunded"
    assert [line["status"] for line in ended.timeline] == ["received", "approved", "paying", "refunded"]
    assert world.books() == {"clearing": 6_250, "liability": 0, "fee": 0, "retained": -6_250}


def test_no_money_moves_before_the_day_of_grace_is_over() -> None:
    world = World()
    account, invoice = bought(world)
    asked = world.ask_refund(account, invoice).refund
    for hours in range(24):
        world.now = asked.received_at + timedelta(hours=hours)
        assert world.advance(asked.id).refund.status == "approved"
    assert all(call != "refund" for call, _ in world.gateway.calls)
    world.now = asked.received_at + DAY
    world.advance(asked.id)
    assert world.follow(asked.id).status == "refunded"


def test_the_window_closes_one_second_after_three_days_of_the_providers_payment_time() -> None:
    world = World()
    account, invoice = bought(world)
    world.wait(timedelta(days=3))
    assert quote_refund(world.ledger, account=account, invoice_id=invoice, received_at=world.now).eligible
    world.wait(timedelta(seconds=1))
    with pytest.raises(RefundWindowClosed):
        world.ask_refund(account, invoice)
    assert world.quota(account).held == 0


def test_one_piece_short_is_refused() -> None:
    world = World()
    opened = world.account()
    bill = world.buy(opened.account.id, 2)
    world.pay(bill.attempt.id)
    world.stamp(opened.account.id, world.document(opened.token))
    world.work()
    with pytest.raises(RefundQuotaInsufficient):
        world.ask_refund(opened.account.id, bill.invoice.id)


def test_an_unpaid_invoice_is_refused() -> None:
    world = World()
    account = world.account().account.id
    with pytest.raises(InvoiceNotPaid):
        world.ask_refund(account, world.buy(account).invoice.id)


def test_somebody_elses_invoice_is_missing() -> None:
    world = World()
    _, invoice = bought(world)
    with pytest.raises(Missing):
        world.ask_refund(world.account().account.id, invoice)


def test_the_same_key_gives_the_same_refund_and_another_key_is_refused_while_it_is_open() -> None:
    world = World()
    account, invoice = bought(world)
    first = world.ask_refund(account, invoice, key="k")
    assert world.ask_refund(account, invoice, key="k").refund.id == first.refund.id
    with pytest.raises(RefundAlreadyRequested):
        world.ask_refund(account, invoice)
    other = world.buy(account).invoice.id
    with pytest.raises(IdempotencyKeyReused):
        world.ask_refund(account, other, key="k")


def test_a_request_while_a_piece_is_under_way_is_recorded_and_judged_at_the_instant_it_arrived() -> None:
    world = World()
    opened = world.account()
    bill = world.buy(opened.account.id, 1)
    world.pay(bill.attempt.id)
    stamping = world.stamp(opened.account.id, world.document(opened.token)).stamping
    world.flow()
    world.wait(timedelta(days=2, hours=23))
    pending = world.ask_refund(opened.account.id, bill.invoice.id).refund
    assert (pending.status, pending.waits_for) == ("pending", frozenset({stamping.id}))
    world.wait(timedelta(days=4))
    assert world.advance(pending.id).refund.status == "pending"
    cancel_stamping(world.ledger, world.sealed, account=opened.account.id, stamping_id=stamping.id, now=world.now)
    assert world.advance(pending.id).refund.status == "received"
    assert world.follow(pending.id).status == "refunded"


def test_a_recorded_request_is_dropped_when_its_piece_became_a_stamp() -> None:
    world = World()
    opened = world.account()
    bill = world.buy(opened.account.id, 1)
    world.pay(bill.attempt.id)
    world.stamp(opened.account.id, world.document(opened.token))
    world.flow()
    pending = world.ask_refund(opened.account.id, bill.invoice.id).refund
    world.work()
    ended = world.follow(pending.id)
    assert (ended.status, ended.timeline[-1]["note"]) == ("rejected", "refund_quota_insufficient")
    assert loaded(world.ledger, Invoice, bill.invoice.id).open_refund is None


def test_the_owner_cancels_and_has_the_pieces_back_and_may_ask_again() -> None:
    world = World()
    account, invoice = bought(world)
    asked = world.ask_refund(account, invoice).refund
    world.advance(asked.id)
    assert cancel(world, account, asked.id).status == "cancelled"
    assert cancel(world, account, asked.id).status == "cancelled"
    assert (world.quota(account).available, world.quota(account).held) == (2, 0)
    assert world.follow(asked.id).status == "cancelled"
    assert world.ask_refund(account, invoice).refund.status == "received"


def test_a_refund_that_is_being_paid_cannot_be_cancelled() -> None:
    world = World()
    account, invoice = bought(world)
    asked = world.ask_refund(account, invoice).refund
    world.gateway.refund_fates = ["lost after"]
    world.advance(asked.id)
    world.wait(DAY)
    world.advance(asked.id)
    assert world.advance(asked.id).refund.status == "paying"
    with pytest.raises(RefundNotCancellable):
        cancel(world, account, asked.id)
    assert world.follow(asked.id).status == "refunded"


@pytest.mark.parametrize("fate", ["lost before", "lost after"])
def test_an_unknown_answer_is_asked_again_with_the_same_key_and_pays_once(fate: str) -> None:
    world = World()
    account, invoice = bought(world)
    asked = world.ask_refund(account, invoice).refund
    world.gateway.refund_fates = [fate, fate]  # type: ignore[list-item]
    ended = world.follow(asked.id)
    assert (ended.status, ended.tries) == ("refunded", 1)
    assert world.gateway.refunded_idr(paid_by(world)) == 18_750


def refused(world: World) -> tuple[str, Refund]:
    """A refund that the provider refused, whose execution waits for an officer with a token."""
    account, invoice = bought(world)
    asked = world.ask_refund(account, invoice).refund
    world.flow()
    world.gateway.refund_fates = ["refused"]
    assert world.follow(asked.id).status == "awaiting_decision"
    await_person(world.ledger, refund_id=asked.id, token="a token")
    world.executions.waiting.add("a token")
    world.flow()
    return account, loaded(world.ledger, Refund, asked.id)


def test_a_definite_refusal_waits_for_an_officer_whose_approval_wakes_the_execution_that_pays() -> None:
    world = World()
    account, waiting = refused(world)
    assert world.quota(account).held == 2
    assert world.executions.woken == []
    assert decide(world, waiting.id, approve=True).status == "approved"
    world.flow()
    assert world.executions.woken == [(waiting.id, "a token")]
    assert world.follow(waiting.id).status == "refunded"
    world.flow()
    assert world.executions.woken == [(waiting.id, "a token")]


def test_somebody_who_acted_before_the_token_was_kept_wakes_the_execution_all_the_same() -> None:
    world = World()
    account, invoice = bought(world)
    asked = world.ask_refund(account, invoice).refund
    world.gateway.refund_fates = ["refused"]
    world.follow(asked.id)
    decide(world, asked.id, approve=True)
    world.flow()
    world.executions.waiting.add("late")
    await_person(world.ledger, refund_id=asked.id, token="late")
    world.flow()
    assert world.executions.woken == [(asked.id, "late")]


def test_a_decision_survives_a_dead_token() -> None:
    world = World()
    _, waiting = refused(world)
    world.executions.waiting.clear()
    world.executions.under_way[f"{waiting.id}-1"] = False
    decide(world, waiting.id, approve=True)
    world.flow()
    world.flow()
    assert world.executions.running(waiting.id, 2)
    assert world.follow(waiting.id).status == "refunded"


def test_an_execution_that_went_on_by_itself_is_not_started_a_second_time() -> None:
    world = World()
    _, waiting = refused(world)
    world.executions.waiting.clear()
    decide(world, waiting.id, approve=True)
    world.flow()
    world.flow()
    assert not world.executions.running(waiting.id, 2)


def test_a_rejected_refund_starts_nothing_though_its_token_is_dead() -> None:
    world = World()
    _, waiting = refused(world)
    world.executions.waiting.clear()
    world.executions.under_way[f"{waiting.id}-1"] = False
    decide(world, waiting.id, approve=False)
    world.flow()
    world.flow()
    assert not world.executions.running(waiting.id, 2)


def test_a_refund_that_waits_for_an_officer_has_its_dead_execution_started_again() -> None:
    world = World()
    _, waiting = refused(world)
    world.executions.under_way[f"{waiting.id}-1"] = False
    world.wait(timedelta(hours=7))
    world.sweep()
    world.flow()
    assert world.executions.running(waiting.id, 2)


def test_an_officer_who_rejects_gives_the_pieces_back() -> None:
    world = World()
    account, invoice = bought(world)
    asked = world.ask_refund(account, invoice).refund
    world.gateway.refund_fates = ["refused"]
    world.follow(asked.id)
    assert decide(world, asked.id, approve=False).status == "rejected"
    assert (world.quota(account).available, world.quota(account).held) == (2, 0)
    with pytest.raises(RefundNotAwaitingDecision):
        decide(world, asked.id, approve=True)


def test_a_payment_that_bought_nothing_cannot_be_cancelled_or_rejected() -> None:
    world = World()
    account, invoice = bought(world)
    world.pay(loaded(world.ledger, Invoice, invoice).attempt)
    [back] = [Refund.of(row) for (_, noun), row in world.ledger.rows.items() if noun == "refund"]
    with pytest.raises(RefundNotCancellable):
        cancel(world, account, back.id)
    world.gateway.refund_fates = ["refused"]
    world.follow(back.id)
    with pytest.raises(RefundNotAwaitingDecision):
        decide(world, back.id, approve=False)
    decide(world, back.id, approve=True)
    assert world.follow(back.id).status == "refunded"
    assert world.quota(account).available == 2


def test_a_dead_execution_is_started_again_under_another_number() -> None:
    world = World()
    account, invoice = bought(world)
    asked = world.ask_refund(account, invoice).refund
    world.flow()
    world.executions.under_way[f"{asked.id}-1"] = False
    world.wait(timedelta(hours=7))
    world.sweep()
    world.flow()
    assert world.executions.running(asked.id, 2)


@given(quantity=st.integers(1, 1_000), seconds=st.integers(0, 4 * 86_400))
def test_the_quote_and_the_decision_are_one_function(quantity: int, seconds: int) -> None:
    world = World()
    account, invoice = bought(world, quantity)
    world.wait(timedelta(seconds=seconds))
    quote = quote_refund(world.ledger, account=account, invoice_id=invoice, received_at=world.now)
    if not quote.eligible:
        with pytest.raises(Refusal) as refused:
            world.ask_refund(account, invoice)
        assert refused.value.code == quote.code
    else:
        asked = world.ask_refund(account, invoice).refund
        assert (quote.eligible, quote.amount_idr, quote.promise_at) == (True, asked.amount_idr, asked.promise_at)
        assert asked.amount_idr == money.percent_of(12_500 * quantity, policy.VERSION_A.percent)


def paid_by(world: World) -> str:
    """The provider's transaction of the only payment."""
    [payment] = [key for (key, noun) in world.ledger.rows if noun == "payment"]
    return payment.removeprefix("txn_fake_")


def test_the_same_request_sent_twice_at_once_has_one_answer_whenever_the_second_comes() -> None:
    def play(at: int) -> int:
        ledger = CrowdedLedger()
        world = World(ledger=ledger)
        account, invoice = bought(world)
        ledger.meddle(lambda: world.ask_refund(account, invoice, key="k"), at=at)
        asked = world.ask_refund(account, invoice, key="k")
        ledger.leave()
        refunds = [row["id"] for (_, noun), row in ledger.rows.items() if noun == "refund"]
        assert refunds == [asked.refund.id]
        assert world.quota(account).held == 2
        return ledger.calls

    assert list(every_instant(play))


def test_a_stamping_that_ends_meanwhile_does_not_hide_one_that_is_not_listed_yet() -> None:
    def play(at: int) -> int:
        ledger = CrowdedLedger()
        world = World(ledger=ledger)
        opened = world.account()
        account = opened.account.id
        bill = world.buy(account, 2)
        world.pay(bill.attempt.id)
        listed = world.stamp(account, world.document(opened.token)).stamping.id
        world.flow()
        unlisted = world.stamp(account, world.document(opened.token)).stamping.id
        ledger.meddle(
            lambda: cancel_stamping(ledger, world.sealed, account=account, stamping_id=listed, now=world.now), at=at
        )
        with suppress(Busy):
            asked = world.ask_refund(account, bill.invoice.id).refund
            assert unlisted in asked.waits_for
        ledger.leave()
        return ledger.calls

    assert list(every_instant(play))


def test_a_recorded_request_whose_piece_was_used_is_rejected_for_that_though_newer_stampings_are_in_line() -> None:
    world = World()
    opened = world.account()
    account = opened.account.id
    bill = world.buy(account, 1)
    world.pay(bill.attempt.id)
    used = world.stamp(account, world.document(opened.token)).stamping.id
    world.flow()
    asked = world.ask_refund(account, bill.invoice.id).refund
    world.seal(used)
    world.pay(world.buy(account, 1).attempt.id)
    world.stamp(account, world.document(opened.token))
    rejected = world.advance(asked.id).refund
    assert (rejected.status, rejected.timeline[-1]["note"]) == ("rejected", "refund_quota_insufficient")
