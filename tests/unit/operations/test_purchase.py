"""Buying: what was paid becomes pieces, once, whatever arrives."""

from __future__ import annotations

import itertools
from datetime import timedelta

import pytest

from meterai.domain.errors import (
    IdempotencyKeyReused,
    InvoiceNotOpen,
    Missing,
    NotificationForged,
    PaymentMismatch,
    PaymentProviderUnavailable,
    RequestInvalid,
)
from meterai.domain.rows import Attempt, Invoice, PaymentMethod, Refund
from meterai.operations.find import loaded
from meterai.operations.purchase import renew_payment
from tests.fakes.world import World


def status(world: World, invoice: str) -> str:
    return loaded(world.ledger, Invoice, invoice).status


def overpayments(world: World) -> list[Refund]:
    return [Refund.of(row) for (_, noun), row in world.ledger.rows.items() if noun == "refund"]


def test_a_paid_invoice_becomes_available_pieces() -> None:
    world = World()
    account = world.account().account.id
    bill = world.buy(account, 3)
    assert (bill.invoice.total_idr, bill.invoice.fee_idr, bill.attempt.charged) == (37_500, 7_500, True)
    world.pay(bill.attempt.id)
    assert (world.quota(account).available, world.quota(account).paid_in) == (3, 3)
    assert status(world, bill.invoice.id) == "paid"
    assert world.books() == {"clearing": 37_500, "liability": -30_000, "fee": -7_500}


def test_the_same_notification_a_hundred_times_credits_once() -> None:
    world = World()
    account = world.account().account.id
    delivered = world.pay(world.buy(account, 2).attempt.id)
    for _ in range(100):
        world.notify(*delivered)
    assert world.quota(account).available == 2
    assert not overpayments(world)


def test_the_same_key_gives_the_same_invoice_and_another_body_is_refused() -> None:
    world = World()
    account = world.account().account.id
    first = world.buy(account, 1, key="k")
    world.wait(timedelta(minutes=1))
    again = world.buy(account, 1, key="k")
    assert (again.invoice.id, again.attempt.qr_string, again.replayed) == (
        first.invoice.id,
        first.attempt.qr_string,
        True,
    )
    with pytest.raises(IdempotencyKeyReused):
        world.buy(account, 2, key="k")


def test_the_same_key_of_two_accounts_gives_two_invoices() -> None:
    world = World()
    one, two = world.account().account.id, world.account().account.id
    assert world.buy(one, key="k").invoice.id != world.buy(two, key="k").invoice.id


@pytest.mark.parametrize("quantity", [0, -1, 1_001, 10**9])
def test_a_quantity_outside_the_bounds_is_refused_and_nothing_is_written(quantity: int) -> None:
    world = World()
    account = world.account().account.id
    before = dict(world.ledger.rows)
    with pytest.raises(RequestInvalid):
        world.buy(account, quantity)
    assert world.ledger.rows == before


def test_an_invoice_made_while_the_provider_was_down_gets_its_code_when_asked_again() -> None:
    world = World()
    account = world.account().account.id
    world.gateway.outage = True
    with pytest.raises(PaymentProviderUnavailable):
        world.buy(account, key="k")
    world.gateway.outage = False
    assert world.buy(account, key="k").attempt.charged


def test_a_code_whose_answer_was_lost_is_replaced_by_a_new_attempt_and_both_can_be_paid() -> None:
    world = World()
    account = world.account().account.id
    world.gateway.charge_answer_lost = True
    with pytest.raises(PaymentProviderUnavailable):
        world.buy(account, key="k")
    world.gateway.charge_answer_lost = False
    bill = world.buy(account, key="k")
    assert bill.attempt.charged
    assert bill.invoice.attempts == 2
    world.pay(bill.attempt.id)
    assert world.quota(account).available == 1


def test_a_payment_after_expiry_is_credited() -> None:
    world = World()
    account = world.account().account.id
    bill = world.buy(account, 2)
    world.flow()
    world.wait(timedelta(hours=2))
    world.gateway.expire(bill.attempt.id)
    world.sweep()
    assert status(world, bill.invoice.id) == "expired"
    world.pay(bill.attempt.id)
    assert (status(world, bill.invoice.id), world.quota(account).available) == ("paid", 2)


def test_a_payment_nobody_told_us_about_is_found_by_the_sweep() -> None:
    world = World()
    account = world.account().account.id
    bill = world.buy(account, 2)
    world.gateway.pay(bill.attempt.id, at=world.now)
    world.flow()
    world.wait(timedelta(seconds=61))
    world.sweep()
    assert world.quota(account).available == 2


def test_the_sweep_asks_at_one_five_fifteen_sixty_minutes_and_then_daily_for_seven_days() -> None:
    world = World()
    bill = world.buy(world.account().account.id)
    asked: list[float] = []
    for _ in range(14 * 24 * 60):
        world.flow()
        before = loaded(world.ledger, Attempt, bill.attempt.id).asked
        world.sweep()
        if loaded(world.ledger, Attempt, bill.attempt.id).asked > before:
            asked.append((world.now - bill.invoice.created_at).total_seconds() // 60)
        world.wait(timedelta(minutes=1))
        due = loaded(world.ledger, Attempt, bill.attempt.id).ask_at
        if due is None:
            break
        world.now = max(world.now, due)
    assert asked[:4] == [2, 6, 16, 61]
    assert [round((b - a) / 1440) for a, b in itertools.pairwise(asked[3:])] == [1] * len(asked[4:])
    assert 7 <= len(asked[3:]) <= 9


def test_a_second_payment_of_one_invoice_goes_back_in_full_and_nobody_can_stop_it() -> None:
    world = World()
    account = world.account().account.id
    bill = world.buy(account, 2)
    world.pay(bill.attempt.id)
    world.pay(bill.attempt.id)
    assert world.quota(account).available == 2
    [back] = overpayments(world)
    assert (back.kind, back.status, back.amount_idr) == ("payment", "approved", 25_000)
    assert world.follow(back.id).status == "refunded"
    assert world.books() == {"clearing": 25_000, "liability": -20_000, "fee": -5_000, "refund_payable": 0}


def test_an_old_code_paid_after_a_new_one_was_paid_goes_back() -> None:
    world = World()
    account = world.account().account.id
    bill = world.buy(account)
    fresh = renew_payment(
        world.ledger, world.gateways, account=account, invoice_id=bill.invoice.id, key="n", method="qris", now=world.now
    )
    world.pay(fresh.attempt.id)
    world.pay(bill.attempt.id)
    assert world.quota(account).available == 1
    assert [back.amount_idr for back in overpayments(world)] == [12_500]


@pytest.mark.parametrize("paid", [12_499, 12_501, 1, 1_250_000])
def test_a_wrong_amount_credits_nothing_and_goes_back_in_full(paid: int) -> None:
    world = World()
    account = world.account().account.id
    bill = world.buy(account)
    world.pay(bill.attempt.id, amount_idr=paid)
    assert world.quota(account).available == 0
    assert status(world, bill.invoice.id) == "expired"
    assert [back.amount_idr for back in overpayments(world)] == [paid]


def test_after_a_wrong_amount_a_new_code_still_buys_the_invoice() -> None:
    world = World()
    account = world.account().account.id
    bill = world.buy(account, 2)
    world.pay(bill.attempt.id, amount_idr=24_999)
    fresh = renew_payment(
        world.ledger, world.gateways, account=account, invoice_id=bill.invoice.id, key="n", method="qris", now=world.now
    )
    world.pay(fresh.attempt.id)
    assert status(world, bill.invoice.id) == "paid"
    assert world.quota(account).available == 2


def test_a_payment_in_another_currency_needs_a_person_and_moves_nothing() -> None:
    world = World()
    account = world.account().account.id
    bill = world.buy(account)
    with pytest.raises(PaymentMismatch):
        world.pay(bill.attempt.id, currency="USD")
    assert world.quota(account).available == 0


def test_a_forged_notification_moves_nothing_and_asks_nobody() -> None:
    world = World()
    account = world.account().account.id
    bill = world.buy(account)
    headers, body = world.gateway.notification(world.gateway.pay(bill.attempt.id, at=world.now))
    calls = list(world.gateway.calls)
    with pytest.raises(NotificationForged):
        world.notify(dict.fromkeys(headers, "0" * 64), body)
    assert world.quota(account).available == 0
    assert world.gateway.calls == calls


def test_a_notification_is_kept_raw_even_when_the_provider_cannot_be_asked() -> None:
    world = World()
    bill = world.buy(world.account().account.id)
    headers, body = world.gateway.notification(world.gateway.pay(bill.attempt.id, at=world.now))
    world.gateway.outage = True
    with pytest.raises(PaymentProviderUnavailable):
        world.notify(headers, body)
    assert body.decode() in [row["body"] for (_, noun), row in world.ledger.rows.items() if noun == "notice"]


def test_the_same_key_for_a_new_code_with_another_method_is_refused() -> None:
    world = World()
    account = world.account().account.id
    bill = world.buy(account)

    def renew(method: PaymentMethod) -> str:
        asked = renew_payment(
            world.ledger,
            world.gateways,
            account=account,
            invoice_id=bill.invoice.id,
            key="n",
            method=method,
            now=world.now,
        )
        return asked.attempt.id

    assert renew("qris") == renew("qris")
    with pytest.raises(IdempotencyKeyReused):
        renew("gopay")


def test_a_paid_invoice_gets_no_new_code() -> None:
    world = World()
    account = world.account().account.id
    bill = world.buy(account)
    world.pay(bill.attempt.id)
    with pytest.raises(InvoiceNotOpen):
        renew_payment(
            world.ledger,
            world.gateways,
            account=account,
            invoice_id=bill.invoice.id,
            key="n",
            method="qris",
            now=world.now,
        )


def test_somebody_elses_invoice_is_missing() -> None:
    world = World()
    bill = world.buy(world.account().account.id)
    with pytest.raises(Missing):
        renew_payment(
            world.ledger,
            world.gateways,
            account=world.account().account.id,
            invoice_id=bill.invoice.id,
            key="n",
            method="qris",
            now=world.now,
        )
