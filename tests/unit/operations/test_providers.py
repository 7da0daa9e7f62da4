"""Two payment providers: who is asked for a code, who is asked about it, and who pays back."""

from __future__ import annotations

from datetime import timedelta

import pytest

from meterai.domain.errors import Missing, PaymentMismatch, PaymentProviderUnavailable, RequestInvalid
from meterai.domain.rows import Attempt, Invoice, PaymentMethod
from meterai.operations.advance_refund import advance_refund
from meterai.operations.credit import credit, credit_notification
from meterai.operations.find import loaded
from meterai.operations.purchase import Bill, purchase, renew_payment
from meterai.operations.sweep import sweep
from meterai.ports.gateway import Gateways
from tests.fakes.gateway import FakeGateway
from tests.fakes.world import DAY, World


class Two:
    """A world with two providers: `first` is preferred until `prefer` says otherwise, and has no GoPay."""

    def __init__(self) -> None:
        self.world = World()
        self.first, self.second = FakeGateway(b"first"), FakeGateway(b"second")
        self.first.name, self.second.name = "first", "second"
        self.prefer = "first"
        self.configured = [self.first, self.second]
        self.account = self.world.account().account.id

    @property
    def gateways(self) -> Gateways:
        by_name = {gateway.name: gateway for gateway in self.configured}
        return Gateways(by_name, self.prefer, {"first": frozenset({"gopay"})})

    def buy(self, quantity: int = 1, method: PaymentMethod = "qris", key: str | None = None) -> Bill:
        return purchase(
            self.world.ledger,
            self.gateways,
            line="paid",
            account=self.account,
            key=key or self.world.key(),
            fingerprint=str(quantity),
            quantity=quantity,
            method=method,
            reference=None,
            metadata=None,
            now=self.world.now,
        )

    def notify(self, provider: str, headers: dict[str, str], body: bytes) -> None:
        credit_notification(self.world.ledger, self.gateways, provider, headers, body, now=self.world.now)

    def pay(self, bill: Bill) -> None:
        provider = self.first if bill.attempt.provider == "first" else self.second
        headers, body = provider.notification(provider.pay(bill.attempt.id, at=self.world.now))
        self.notify(provider.name, headers, body)

    def available(self) -> int:
        return self.world.quota(self.account).available


def asked(gateway: FakeGateway, verb: str) -> int:
    return sum(call == verb for call, _ in gateway.calls)


def test_a_new_code_is_asked_from_the_preferred_provider() -> None:
    two = Two()
    assert two.buy().attempt.provider == "first"
    two.prefer = "second"
    assert two.buy().attempt.provider == "second"
    assert (asked(two.first, "charge"), asked(two.second, "charge")) == (1, 1)


def test_a_method_that_the_preferred_provider_lacks_is_asked_from_the_other() -> None:
    two = Two()
    bill = two.buy(method="gopay")
    assert bill.attempt.provider == "second"
    assert bill.attempt.deeplink_url
    two.pay(bill)
    assert two.available() == 1


def test_a_method_that_nobody_has_is_refused_before_anything_is_written() -> None:
    two = Two()
    two.configured = [two.first]
    rows = dict(two.world.ledger.rows)
    with pytest.raises(RequestInvalid) as refused:
        two.buy(method="gopay")
    assert refused.value.pointer == "/payment_method"
    assert two.world.ledger.rows == rows


def test_an_attempt_is_asked_of_the_provider_that_made_it_whoever_is_preferred_now() -> None:
    two = Two()
    bill = two.buy(3)
    two.first.pay(bill.attempt.id, at=two.world.now)
    two.prefer = "second"
    two.world.wait(timedelta(minutes=1))
    credit(two.world.ledger, two.gateways, loaded(two.world.ledger, Attempt, bill.attempt.id), now=two.world.now)
    assert two.available() == 3
    assert two.second.calls == []


def test_an_invoice_of_one_provider_is_paid_with_a_new_code_of_the_other() -> None:
    two = Two()
    bill = two.buy(2)
    two.prefer = "second"
    fresh = renew_payment(
        two.world.ledger,
        two.gateways,
        account=two.account,
        invoice_id=bill.invoice.id,
        key="n",
        method="qris",
        now=two.world.now,
    )
    assert fresh.attempt.provider == "second"
    two.pay(fresh)
    two.pay(bill)
    assert two.available() == 2
    back = [row for (_, noun), row in two.world.ledger.rows.items() if noun == "refund"]
    assert [(row["kind"], row["provider"], row["amount_idr"]) for row in back] == [("payment", "first", 25_000)]


def test_a_notification_of_one_provider_about_an_order_of_the_other_moves_nothing_and_asks_nobody() -> None:
    two = Two()
    bill = two.buy(2)
    two.first.pay(bill.attempt.id, at=two.world.now)
    notice = two.first.notification(two.first.pay(bill.attempt.id, at=two.world.now))[1]
    headers = {"x-fake-signature": two.second._signature(notice)}
    calls = list(two.first.calls)
    with pytest.raises(Missing):
        two.notify("second", headers, notice)
    assert two.available() == 0
    assert loaded(two.world.ledger, Invoice, bill.invoice.id).status == "awaiting_payment"
    assert (two.first.calls, two.second.calls) == (calls, [])


def test_payments_with_one_transaction_id_at_two_providers_are_two_payments() -> None:
    two = Two()
    bill = two.buy(1)
    two.pay(bill)
    two.prefer = "second"
    other = two.buy(1)
    two.second.transactions = iter([f"fake-{bill.attempt.id}-1"])
    two.pay(other)
    assert two.available() == 2


def test_a_refund_goes_back_through_the_provider_that_was_paid() -> None:
    two = Two()
    bill = two.buy(2)
    two.pay(bill)
    refund = two.world.ask_refund(two.account, bill.invoice.id).refund
    assert refund.provider == "first"
    two.prefer = "second"
    for _ in range(5):
        step = advance_refund(two.world.ledger, two.gateways, None, refund_id=refund.id, now=two.world.now, day=DAY)
        two.world.now = max(two.world.now, step.look_at or two.world.now)
    assert step.refund.status == "refunded"
    assert (two.first.all_refunded_idr(), two.second.all_refunded_idr()) == (18_750, 0)


def test_what_was_made_at_a_provider_that_is_not_configured_waits_until_it_is() -> None:
    two = Two()
    bill = two.buy(2)
    two.first.pay(bill.attempt.id, at=two.world.now)
    two.configured, two.prefer = [two.second], "second"
    world = two.world
    world.flow()
    world.wait(timedelta(minutes=2))

    def swept() -> list[str]:
        found = sweep(
            world.ledger,
            world.sources,
            world.sealed,
            world.queue,
            world.executions,
            two.gateways,
            rows="due",
            now=world.now,
        )
        world.flow()
        return found.failed

    assert swept() == ["payment_provider_unavailable"]
    two.configured = [two.first, two.second]
    assert swept() == []
    assert two.available() == 2


def test_nothing_is_sold_while_the_preferred_provider_is_not_configured() -> None:
    two = Two()
    two.configured = [two.second]
    with pytest.raises(PaymentProviderUnavailable):
        two.buy()


def test_a_payment_that_needs_a_person_never_keeps_another_from_being_credited() -> None:
    two = Two()
    bill = two.buy(2)
    wrong = two.first.pay(bill.attempt.id, at=two.world.now, currency="USD")
    right = two.first.pay(bill.attempt.id, at=two.world.now)
    assert wrong != right
    with pytest.raises(PaymentMismatch):
        two.notify("first", *two.first.notification(right))
    assert two.available() == 2
