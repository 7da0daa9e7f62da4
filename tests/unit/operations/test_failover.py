"""Who can stand in for a channel that is down does: timestamp authorities one after the other, payment providers likewise."""

from __future__ import annotations

from datetime import timedelta
from time import monotonic

import pytest

from meterai.domain.breaker import Rule, channel_breaker
from meterai.domain.errors import PaymentProviderUnavailable, TimestampUnavailable
from meterai.domain.rows import Breaker
from meterai.operations.find import load
from meterai.operations.guard import READ_AFTER, guarded_gateways
from meterai.operations.probe_channels import any_of, probe_channels
from meterai.operations.purchase import Bill, purchase
from meterai.ports.gateway import Gateways
from tests.fakes.gateway import FakeGateway
from tests.fakes.outside import PlainTimestamps
from tests.fakes.world import World

RULE = Rule()


class CountedTimestamps(PlainTimestamps):
    asked = 0

    def token(self, digest: bytes) -> bytes:
        self.asked += 1
        return super().token(digest)


def three() -> tuple[World, list[CountedTimestamps]]:
    authorities = [CountedTimestamps(), CountedTimestamps(), CountedTimestamps()]
    return World(timestamps=authorities[0], other_timestamps=list(authorities[1:])), authorities


def stamp(world: World) -> str:
    opened = world.account()
    world.pay(world.buy(opened.account.id).attempt.id)
    asked = world.stamp(opened.account.id, world.document(opened.token)).stamping.id
    world.flow()
    world.queue.messages.clear()
    return world.seal(asked).status


def state_of(world: World, channel: str) -> str | None:
    breaker = load(world.ledger, Breaker, channel_breaker(channel))
    return breaker.state if breaker else None


def test_only_the_first_authority_is_asked_while_it_answers() -> None:
    world, authorities = three()
    assert [stamp(world) for _ in range(3)] == ["done"] * 3
    assert [one.asked for one in authorities] == [3, 0, 0]


def test_a_stamp_is_made_while_one_authority_of_three_is_up_and_who_is_down_is_soon_not_asked_any_more() -> None:
    world, authorities = three()
    authorities[0].down = authorities[1].down = True
    assert [stamp(world) for _ in range(10)] == ["done"] * 10
    assert [one.asked for one in authorities] == [RULE.failures, RULE.failures, 10]
    assert [state_of(world, f"timestamp_{n}") for n in (1, 2, 3)] == ["open", "open", None]


def test_an_authority_that_is_back_is_asked_again() -> None:
    world, authorities = three()
    authorities[0].down = True
    for _ in range(RULE.failures):
        stamp(world)
    authorities[0].down = False
    world.wait(RULE.rest)
    asked = authorities[1].asked
    assert stamp(world) == "done"
    assert authorities[1].asked == asked
    assert state_of(world, "timestamp_1") == "closed"


def test_without_any_authority_the_stamping_waits_and_nothing_is_lost() -> None:
    world, authorities = three()
    for one in authorities:
        one.down = True
    with pytest.raises(TimestampUnavailable):
        stamp(world)
    for one in authorities:
        one.down = False
    world.flow()
    world.wait(timedelta(minutes=1))
    world.sweep()
    world.work()
    (status,) = [row["status"] for (_, noun), row in world.ledger.rows.items() if noun == "stamping"]
    assert status == "done"


def test_the_probe_of_the_sweep_closes_breakers_that_nobody_else_would() -> None:
    world, authorities = three()
    authorities[0].down = authorities[1].down = True
    for _ in range(RULE.failures):
        stamp(world)
    authorities[0].down = authorities[1].down = False
    world.wait(timedelta(minutes=1))
    heard = probe_channels(world.ledger, {"timestamp": world.witnesses.probe}, now=world.now, timer=monotonic)
    assert heard == {"timestamp": "up"}
    assert [state_of(world, f"timestamp_{n}") for n in (1, 2)] == ["closed", "closed"]


class Shop:
    """Two providers behind their breakers."""

    def __init__(self) -> None:
        self.world = World()
        self.first, self.second = FakeGateway(), FakeGateway(b"another")
        self.first.name, self.second.name = "first", "second"
        both = Gateways({"first": self.first, "second": self.second}, "first")
        self.gateways = guarded_gateways(self.world.ledger, both, lambda: self.world.now)
        self.account = self.world.account().account.id

    def buy(self, key: str | None = None) -> Bill:
        return purchase(
            self.world.ledger,
            self.gateways,
            account=self.account,
            line="paid",
            key=key or self.world.key(),
            fingerprint="1",
            quantity=1,
            method="qris",
            reference=None,
            metadata=None,
            now=self.world.now,
        )

    def go_dark(self) -> None:
        self.first.outage = True
        for _ in range(RULE.failures):
            with pytest.raises(PaymentProviderUnavailable):
                self.buy()


def test_new_codes_come_from_the_preferred_provider_while_it_answers() -> None:
    shop = Shop()
    assert [shop.buy().attempt.provider for _ in range(3)] == ["first"] * 3


def test_new_codes_come_from_the_other_provider_while_the_preferred_one_is_left_alone() -> None:
    shop = Shop()
    shop.go_dark()
    asked = len(shop.first.calls)
    assert [shop.buy().attempt.provider for _ in range(5)] == ["second"] * 5
    assert len(shop.first.calls) == asked


def test_nobodys_purchase_is_risked_to_see_whether_a_provider_is_back_and_the_sweep_asks_instead() -> None:
    shop = Shop()
    shop.go_dark()
    shop.world.wait(RULE.rest + READ_AFTER)
    assert shop.buy().attempt.provider == "second"
    shop.first.outage = False
    any_of(shop.gateways.probes)()
    shop.world.wait(READ_AFTER)
    assert shop.buy().attempt.provider == "first"


def test_the_same_request_again_gets_its_code_from_the_provider_that_answers() -> None:
    shop = Shop()
    shop.first.outage = True
    with pytest.raises(PaymentProviderUnavailable):
        shop.buy("mine")
    with pytest.raises(PaymentProviderUnavailable):
        shop.buy("mine")
    assert state_of(shop.world, "payment_first") == "open"
    again = shop.buy("mine")
    assert (again.attempt.provider, again.attempt.charged) == ("second", True)


def test_a_code_belongs_to_the_provider_that_made_it_whatever_its_breaker_says() -> None:
    shop = Shop()
    bill = shop.buy()
    shop.go_dark()
    shop.first.outage = False
    shop.first.pay(bill.attempt.id, at=shop.world.now)
    assert [one.status for one in shop.gateways.of("first").payments(bill.attempt.id)] == ["paid"]


def test_with_nobody_left_a_purchase_is_refused_and_the_channel_is_down() -> None:
    shop = Shop()
    shop.go_dark()
    shop.second.outage = True
    with pytest.raises(PaymentProviderUnavailable):
        shop.buy()
    heard = probe_channels(
        shop.world.ledger, {"payment": any_of(shop.gateways.probes)}, now=shop.world.now, timer=monotonic
    )
    assert heard == {"payment": "down"}
