"""What guards promise each other through the table, in memory and on DynamoDB (moto)."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from moto import mock_aws

from meterai.aws.table import DynamoLedger
from meterai.domain.breaker import Rule, channel_breaker
from meterai.domain.errors import Busy, RequestInvalid
from meterai.domain.ledger import Key, Move, Row
from meterai.domain.rows import Breaker
from meterai.operations.find import load
from meterai.operations.guard import READ_AFTER, Guard
from meterai.ports.ledger import Ledger
from tests.contract.test_ledger_contract import table
from tests.fakes.ledger import MemoryLedger

RULE = Rule()
ID = channel_breaker("issuer")


@dataclass
class Street:
    """Some processes, one channel, one table, one clock."""

    ledger: Ledger
    now: datetime = datetime(2024, 9, 3, 10, 0, tzinfo=UTC)
    down: bool = False
    asked: int = 0
    guards: list[Guard] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.guards = [Guard(self.ledger, "issuer", lambda: self.now) for _ in range(3)]

    def work(self) -> str:
        self.asked += 1
        if self.down:
            raise Busy("down")
        return "done"

    def call(self, guard: int = 0) -> str:
        try:
            return self.guards[guard].call(self.work)
        except Busy:
            return "busy"

    def trip(self) -> None:
        self.down = True
        for _ in range(RULE.failures):
            self.call()

    def wait(self, span: timedelta) -> None:
        self.now += span

    @property
    def breaker(self) -> Breaker | None:
        return load(self.ledger, Breaker, ID)


@pytest.fixture(params=["memory", "dynamodb"])
def street(request: pytest.FixtureRequest) -> Iterator[Street]:
    if request.param == "memory":
        yield Street(MemoryLedger())
        return
    with mock_aws():
        yield Street(DynamoLedger(table(), "ledger", pause=lambda _: None))


def test_a_healthy_channel_writes_nothing(street: Street) -> None:
    for _ in range(50):
        assert street.call() == "done"
        street.wait(timedelta(seconds=1))
    assert street.breaker is None


def test_who_failed_of_late_is_left_alone_by_everybody(street: Street) -> None:
    street.trip()
    assert street.breaker is not None
    assert street.breaker.state == "open"
    asked = street.asked
    assert [street.call(one) for one in range(3)] == ["busy"] * 3
    assert street.asked == asked


def test_a_process_that_had_looked_before_learns_it_within_seconds(street: Street) -> None:
    assert street.call(1) == "done"
    street.trip()
    street.call(1)
    street.wait(READ_AFTER)
    asked = street.asked
    assert street.call(1) == "busy"
    assert street.asked == asked


def test_after_its_rest_one_alone_asks_and_a_failure_opens_it_again(street: Street) -> None:
    street.trip()
    street.wait(RULE.rest)
    asked = street.asked
    others: list[str] = []

    def slow() -> str:
        street.asked += 1
        others.extend(street.call(other) for other in (1, 2))
        raise Busy("down still")

    with pytest.raises(Busy, match="still"):
        street.guards[0].call(slow)
    assert (street.asked - asked, others) == (1, ["busy", "busy"])
    assert street.breaker is not None
    assert (street.breaker.state, street.breaker.until) == ("open", street.now + RULE.rest)


def test_an_answer_closes_it_for_everybody(street: Street) -> None:
    street.trip()
    street.wait(RULE.rest)
    street.down = False
    assert street.call(2) == "done"
    street.wait(READ_AFTER)
    assert [street.call(one) for one in range(3)] == ["done"] * 3
    assert street.breaker is not None
    assert (street.breaker.state, street.breaker.until) == ("closed", None)


def test_a_probe_that_died_does_not_keep_it_half_open(street: Street) -> None:
    street.trip()
    street.wait(RULE.rest)

    def killed() -> str:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        street.guards[0].call(killed)
    street.down = False
    assert street.call(1) == "busy"
    street.wait(RULE.probe)
    assert street.call(1) == "done"


def test_a_refusal_that_is_an_answer_opens_nothing(street: Street) -> None:
    def refuses() -> str:
        raise RequestInvalid("not this")

    for _ in range(10):
        with pytest.raises(RequestInvalid):
            street.guards[0].call(refuses)
    assert street.breaker is None


def test_failures_from_before_somebody_closed_it_count_no_more(street: Street) -> None:
    street.down = True
    for _ in range(RULE.failures - 1):
        street.call(1)
    street.trip()
    street.wait(RULE.rest)
    street.down = False
    street.call(0)
    street.down = True
    street.wait(READ_AFTER)
    street.call(1)
    assert street.breaker is not None
    assert street.breaker.state == "closed"


def test_a_table_that_does_not_answer_never_closes_the_way_to_a_channel() -> None:
    class Dark(MemoryLedger):
        dark = False

        def get(self, key: Key) -> Row | None:
            if self.dark:
                raise Busy("dark")
            return super().get(key)

        def apply(self, move: Move) -> None:
            if self.dark:
                raise Busy("dark")
            super().apply(move)

    ledger = Dark()
    street = Street(ledger)
    ledger.dark = True
    street.trip()
    street.down = False
    assert street.call() == "done"


@pytest.mark.parametrize("seed", range(30))
def test_whatever_happens_one_alone_probes_and_a_channel_that_is_back_is_asked_again(seed: int) -> None:
    dice, street = random.Random(seed), Street(MemoryLedger())
    probes = 0

    def work() -> str:
        nonlocal probes
        breaker = street.breaker
        probing = breaker is not None and breaker.state == "half_open"
        probes += probing
        assert probes <= 1
        if dice.random() < 0.5:
            street.call(dice.randrange(3))  # while this call is under way
        probes -= probing
        return street.work()

    for _ in range(200):
        street.wait(timedelta(seconds=dice.choice([0, 1, 2, 5, 20])))
        street.down = dice.random() < 0.6
        guard = street.guards[dice.randrange(3)]
        try:
            guard.call(work)
        except Busy:
            continue
    street.down = False
    street.wait(RULE.probe + RULE.rest)
    street.call(0)
    street.wait(READ_AFTER)
    assert [street.call(one) for one in range(3)] == ["done"] * 3
