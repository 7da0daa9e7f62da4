"""While the issuer is down everybody who was accepted waits; when it is back they are served, who joined first first."""

from __future__ import annotations

from datetime import timedelta
from time import monotonic

import pytest

from meterai.domain.breaker import Rule, channel_breaker
from meterai.domain.rows import Breaker
from meterai.operations.drain_line import AT_ONCE
from meterai.operations.find import load
from meterai.operations.probe_channels import probe_channels
from tests.fakes.world import World

RULE = Rule()
MINUTE = timedelta(minutes=1)


class Day:
    """A world in which somebody joins now and then, workers work, and sweep, probe and drain come by every minute."""

    def __init__(self) -> None:
        self.world = World()
        opened = self.world.account()
        self.account, self.bearer = opened.account.id, opened.token
        self.world.pay(self.world.buy(self.account, 400).attempt.id)
        self.joined: list[str] = []
        self.served: list[str] = []

    def join(self) -> str:
        number = len(self.joined)
        document = self.world.document(self.bearer, b"a document, number %d" % number)
        self.joined.append(self.world.stamp(self.account, document).stamping.id)
        return self.joined[-1]

    def work(self) -> None:
        self.world.work()
        done = [id for id in self.joined if id not in self.served and self.world.stamping(id).status == "done"]
        self.served += sorted(done, key=lambda id: self.world.stamping(id).ended_at or self.world.now)

    def minute(self, joins: int = 0) -> None:
        for _ in range(joins):
            self.world.wait(MINUTE / joins)
            self.join()
            self.work()
        if not joins:
            self.world.wait(MINUTE)
        self.world.sweep()
        probe_channels(self.world.ledger, {"issuer": self.probe}, now=self.world.now, timer=monotonic)
        self.work()

    def probe(self) -> None:
        self.world.issuer.probe()

    def drain(self, **how: int) -> None:
        """The drain works while workers take what it sends, one after the other."""
        for _ in range(400):
            sent = self.world.drain(rounds=1, **how)
            self.world.wait(timedelta(seconds=1))
            self.work()
            if not sent:
                return

    @property
    def issuer(self) -> Breaker:
        found = load(self.world.ledger, Breaker, channel_breaker("issuer"))
        assert found is not None
        return found


def test_an_hour_without_issuer_loses_nobody_and_is_drained_oldest_first() -> None:
    day = Day()
    day.world.signer.down = True
    for _ in range(60):
        day.minute(joins=5)
    assert (len(day.joined), day.served) == (300, [])
    assert day.world.quota(day.account).reserved == 300
    assert day.issuer.state != "closed"
    assert day.world.queue.messages == []  # the line waits in the table, not in a queue that gives up
    day.world.signer.down = False
    day.minute()
    day.drain(ahead=10)
    assert sorted(day.served) == sorted(day.joined)
    assert (day.world.quota(day.account).used, day.world.quota(day.account).reserved) == (300, 0)
    late = [day.served.index(id) - at for at, id in enumerate(day.joined)]
    assert max(map(abs, late)) <= 20
    assert len({day.world.stamping(id).serial for id in day.joined}) == 300


def test_a_message_is_let_go_quickly_while_the_issuer_is_left_alone() -> None:
    day = Day()
    day.world.signer.down = True
    for _ in range(RULE.failures):
        day.join()
    day.work()
    assert day.issuer.state == "open"
    calls, waiting = day.world.sealer.calls, day.join()
    day.world.flow()
    assert day.world.seal(waiting).status == "queued"
    assert day.world.sealer.calls == calls


def test_the_line_keeps_its_order_while_the_issuer_is_left_alone() -> None:
    day = Day()
    day.world.signer.down = True
    for _ in range(RULE.failures):
        day.join()
    day.work()
    waits = day.join()
    sent_at = day.world.stamping(waits).sent_at
    for _ in range(30):
        day.minute()
    assert day.world.stamping(waits).sent_at == sent_at


def test_nobody_is_sent_on_while_the_issuer_is_down_or_was_never_down() -> None:
    day = Day()
    day.join()
    day.world.flow()
    assert day.world.drain() == 0
    day.world.signer.down = True
    for _ in range(RULE.failures):
        day.join()
    day.work()
    assert day.issuer.state == "open"
    assert day.world.drain() == 0


def test_never_more_than_a_few_lie_ready() -> None:
    day = Day()
    day.world.signer.down = True
    for _ in range(20):
        day.minute(joins=5)
    day.world.signer.down = False
    day.minute()
    day.world.flow()
    day.world.queue.messages.clear()
    assert day.world.drain(rounds=5, ahead=7) == 7
    assert len(day.world.queue.messages) == 7 * 2  # the stream is delivered twice in this world
    day.drain(ahead=AT_ONCE)
    assert len(day.served) == 100


def test_partners_batches_do_not_keep_people_from_being_sent_on() -> None:
    day = Day()
    day.world.signer.down = True
    for number in range(30):
        document = day.world.document(day.bearer, b"of a batch, number %d" % number)
        day.world.stamp(day.account, document, line="bulk")
    person = day.join()
    day.minute()
    day.minute()
    day.world.signer.down = False
    day.minute()
    day.world.queue.messages.clear()
    day.world.drain(rounds=1, ahead=5)
    day.world.flow()
    assert person in day.world.queue.messages


@pytest.mark.parametrize("cancelled", [0, 3, 60])
def test_who_left_the_line_meanwhile_keeps_nobody_from_being_sent_on(cancelled: int) -> None:
    from meterai.operations.cancel_stamping import cancel_stamping

    day = Day()
    day.world.signer.down = True
    for _ in range(RULE.failures):
        day.join()
    day.work()
    waiting = [day.join() for _ in range(AT_ONCE + 20)]
    day.world.wait(RULE.rest)
    day.world.signer.down = False
    day.probe()
    for id in waiting[:cancelled]:  # and the stream has not told the agenda yet
        day.world.flow()
        cancel_stamping(day.world.ledger, day.world.sealed, account=day.account, stamping_id=id, now=day.world.now)
    day.world.drain()
    day.world.work()
    assert {day.world.stamping(id).status for id in waiting[cancelled:]} == {"done"}
