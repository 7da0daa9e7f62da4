"""The house of a history: production operations over a network that fails, the people who come, and what runs by itself.

One thread, one seed: whoever's turn it is is drawn from the seed, and so is everything that goes wrong.
"""

from __future__ import annotations

import hashlib
import zlib
from collections import deque
from collections.abc import Callable, Generator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

from meterai.domain.errors import DocumentUnreadable, Refusal
from meterai.domain.instants import spell
from meterai.domain.ledger import Key, Move, Row
from meterai.operations.advance_refund import advance_refund
from meterai.operations.await_person import await_person
from meterai.operations.carry_out import dispatch_change, tell_change
from meterai.operations.chain_entries import chain_entries, chain_overdue
from meterai.operations.credit import credit_notification
from meterai.operations.seal_stamping import Press, seal_stamping
from meterai.operations.sweep import sweep
from meterai.ports.gateway import Gateways
from tests.fakes.chains import MemoryEntries
from tests.fakes.ledger import MemoryLedger
from tests.fakes.outside import MemorySealedFiles, MemorySources, PlainSigner, PlainTimestamps
from tests.fakes.post import MemoryLetters
from tests.fakes.room import MemoryCounts
from tests.fakes.world import START, PlainSealer
from tests.simulation.invariants import Broken, Watch
from tests.simulation.network import Crash, Invocation, Network, heedless
from tests.simulation.outside import HOLDER, Clocks, Line, Message, Notice, SimulatedPayouts, SimulatedProvider
from tests.simulation.ports import (
    RemoteEntries,
    RemoteExecutions,
    RemoteGateway,
    RemoteLedger,
    RemotePayouts,
    RemoteQueue,
    RemoteSealedFiles,
    RemoteSigner,
    RemoteSources,
    RemoteTimestamps,
)

DAY = timedelta(days=1)
VISIBILITY = timedelta(seconds=30)
RECEIVED_AT_MOST = 5
"""How often a message comes before it is dead (template.yaml: maxReceiveCount)."""
TASK_LASTS = timedelta(seconds=25)
"""The time-out of the function that calls a payment provider for a refund (template.yaml)."""
NOTICE_TRIES = 5
STREAMED = ("stamping", "invoice", "refund", "attempt", "document", "entry", "link")
SHARDS = 2
UNSEALABLE = b"unsealable"

Work = Callable[[datetime], Any]
Visit = Generator["Ask | None", Any, Any]


class WatchedLedger(MemoryLedger):
    """The table, with somebody looking on and a stream behind it."""

    def __init__(self, seen: Callable[[Key, Row | None, Row | None], None], judge: Callable[[], None]) -> None:
        super().__init__()
        self._seen, self._judge = seen, judge

    def store(self, key: Key, row: Row | None) -> None:
        old = self.rows.get(key)
        super().store(key, row)
        self._seen(key, old, row)

    def apply(self, move: Move) -> None:
        super().apply(move)
        self._judge()


@dataclass(slots=True)
class Ask:
    """What a person asks of the API: `copies` of the same request (an impatient finger), the last answer counts."""

    name: str
    work: Work
    copies: int = 1


@dataclass(slots=True)
class Person:
    """Somebody with a script; waits for answers, or for something to happen."""

    script: Visit
    awaited: int = 0
    answer: Any = None
    gone: bool = False


class House:
    """Everything of one history. `now` is the clock; remote calls go through `network`, which draws from the seed."""

    def __init__(self, seed: int, *, tell: Callable[[str], None] | None = None) -> None:
        self.dice = Random(seed)
        self.now = START
        self.network = Network(self.dice, self.pass_time, tell=tell)
        self.stored = MemorySealedFiles()
        self.watch = Watch(self.stored.read)
        self.table = WatchedLedger(self._saw, self.watch.judge)
        self.provider = SimulatedProvider(self._paying, self.dice, lambda: self.now)
        self.banks = SimulatedPayouts(self._paying, self.dice)
        self.line, self.clocks = Line(lambda: self.now), Clocks(lambda: self.now)
        self.uploads = MemorySources()
        net = self.network
        self.ledger = RemoteLedger(net, self.table)
        self.sources = RemoteSources(net, self.uploads)
        self.sealed = RemoteSealedFiles(net, self.stored)
        self.queue, self.executions = RemoteQueue(net, self.line), RemoteExecutions(net, self.clocks)
        self.recorded = MemoryEntries()
        self.letters = MemoryLetters()
        self.entries = RemoteEntries(net, self.recorded)
        self.counts = MemoryCounts()
        self.gateways = Gateways({"fake": RemoteGateway(net, self.provider, "fake")}, "fake")
        self.payouts = RemotePayouts(net, self.banks, "fake")
        self.press = Press(
            self.seals,
            RemoteSigner(net, PlainSigner()),
            RemoteTimestamps(net, PlainTimestamps()),
            "HTTPS://METERAI.TEST/V/{}".format,
            True,
            "own",
        )
        self.people: list[Person] = []
        self.customers: list[Callable[[], None]] = []
        self.notices: list[Notice] = []
        self.streams: list[list[deque[tuple[Key, Row | None, Row | None, str]]]] = [
            [deque() for _ in range(SHARDS)] for _ in range(2)
        ]
        self.ready: list[tuple[Invocation, Callable[[Any], None]]] = []
        self.reading: set[tuple[int, int]] = set()
        self.sequence = 0

    # What happens to rows -------------------------------------------------------------------------------------------

    def _saw(self, key: Key, old: Row | None, new: Row | None) -> None:
        self.watch.saw(key, old, new)
        if key[1] in STREAMED:
            self.sequence += 1
            place = f"{spell(self.now)}#{self.sequence:0>40}"
            shard = zlib.crc32(key[0].encode()) % SHARDS
            for readers in self.streams:
                readers[shard].append((key, old, new, place))

    def left_idr(self, refund: str) -> int:
        """How much has left for a refund and did not come back, whichever way it went."""
        return self.provider.left_idr(refund) + self.banks.left_idr(refund)

    def _paying(self, key: str, to: tuple[str, str] | None) -> None:
        """Money has just left: the refund it is for must be paying, under this very key, its amount and no more in all; and a
        payout goes to the account that was ordered, which is its owner's."""
        refund = key.rpartition("-")[0]
        row = self.table.rows[refund, "refund"]
        if row["status"] != "paying" or row.get("provider_key") != key:
            raise Broken(f"money left for {refund}, which is {row['status']}")
        if (left := self.left_idr(refund)) != row["amount_idr"]:
            raise Broken(f"{left} left for {refund}, to which {row['amount_idr']} are due")
        if (row.get("way") == "payout") != (to is not None):
            raise Broken(f"money left for {refund} by another way than {row.get('way')}")
        if to is not None and to != self.watch.ordered.get(refund):
            raise Broken(f"{refund} was paid to {to}, and ordered to {self.watch.ordered.get(refund)}")
        if to is not None and self.banks.accounts[to] != HOLDER:
            raise Broken(f"{refund} was paid to {self.banks.accounts[to]}")

    def pass_time(self, span: timedelta) -> None:
        """Turn the clock. What must arrive before the new instant arrives first."""
        until = self.now + span
        for packet in [one for one in self.network.packets if one.latest is not None and one.latest <= until]:
            self.network.packets.remove(packet)
            heedless(packet.deliver)
        self.now = until

    # Processes ------------------------------------------------------------------------------------------------------

    def invoke(self, name: str, work: Work, ended: Callable[[Any], None], lasts: timedelta | None = None) -> None:
        """Start a process; `ended` hears its outcome."""
        self.ready.append((Invocation(name, work, self.now, lasts), ended))

    def turn(self, at: int) -> None:
        """Let one process go on to its next remote call."""
        invocation, ended = self.ready[at]
        if invocation.asleep and not self.network.quiet:
            invocation.asleep -= 1
            return
        if invocation.deadline is not None and self.now > invocation.deadline:
            invocation.kill()
        else:
            self.network.running = invocation
            invocation.resume()
            self.network.running = None
        if invocation.done:
            self.ready.pop(at)
            kind, value = invocation.outcome
            if kind == "raised" and not isinstance(value, Refusal):
                raise value if isinstance(value, Broken) else Broken(f"{invocation.name} let out {value!r}") from value
            ended(invocation.outcome)

    # What runs by itself --------------------------------------------------------------------------------------------

    def read_stream(self, reader: int, shard: int) -> None:
        """Dispatch (0) or tell (1) takes the next changes of one shard of the stream, in order; what failed comes again."""
        changes = self.streams[reader][shard]
        batch = [changes[at] for at in range(min(len(changes), self.dice.randrange(1, 8)))]
        left = list(batch)

        def work(_: datetime) -> None:
            for key, old, new, place in batch:
                if reader == 0:
                    dispatch_change(
                        self.ledger, self.queue, self.executions, self.entries, self.letters, self.counts,
                        key=key, old=old, new=new, place=place,
                    )  # fmt: skip
                else:
                    tell_change(self.ledger, key=key, old=old, new=new, place=place)
                left.pop(0)

        def ended(outcome: Any) -> None:
            self.reading.discard((reader, shard))
            again = len(left) if outcome[0] != "crashed" else len(batch)  # a dead reader told nobody how far it came
            for _ in range(len(batch) - again):
                changes.popleft()

        self.reading.add((reader, shard))
        self.invoke("tell" if reader else "dispatch", work, ended)

    def deliver_message(self, message: Message) -> None:
        """A worker takes a message; it is hidden meanwhile, and gone once the work is done."""
        message.received += 1
        message.visible_at = self.now + VISIBILITY
        if message.received > RECEIVED_AT_MOST:
            self.line.messages = [one for one in self.line.messages if one is not message]
            return

        def ended(outcome: Any) -> None:
            if outcome[0] == "answered" and message in self.line.messages and self.dice.random() >= 0.05:
                self.line.messages.remove(message)

        self.invoke("seal", lambda now: self.seal(message.stamping, now), ended)

    def seals(self, source: bytes, **how: Any) -> bytes:
        """The readable seal of the fakes, each time with other bytes, as real ones have; some documents cannot be sealed."""
        if UNSEALABLE in source:
            raise DocumentUnreadable("refused by the seal")
        return PlainSealer()(source, **how) + self.dice.randbytes(4)

    def seal(self, stamping: str, now: datetime) -> Any:
        return seal_stamping(
            self.ledger,
            self.sources,
            self.sealed,
            self.press,
            stamping_id=stamping,
            now=now,
            random=self.dice.randbytes,
        )

    def deliver_notice(self, notice: Notice) -> None:
        """The provider tells us; anything but an acknowledgement makes it tell us again, a few times."""
        notice.tries += 1

        def ended(outcome: Any) -> None:
            if outcome[0] == "answered" and self.dice.random() >= 0.05:
                notice.kept = True
                if self.dice.random() >= 0.1 and notice in self.notices:  # now and then it tells us again all the same
                    self.notices.remove(notice)

        self.invoke("credit", lambda now: self.credit(notice, now), ended)

    def credit(self, notice: Notice, now: datetime) -> None:
        credit_notification(self.ledger, self.gateways, "fake", notice.headers, notice.body, now=now)

    def chain(self) -> None:
        """Entries that wait are appended to their chains; what failed comes again, and some messages die."""
        waiting, self.recorded.messages = self.recorded.messages, []

        def ended(outcome: Any) -> None:
            failed = set(outcome[1]) if outcome[0] == "answered" else {one.entry for one in waiting}
            again = [one for one in waiting if one.entry in failed and self.dice.random() >= 0.1]
            self.recorded.messages.extend(again)

        self.invoke("chain", lambda _: chain_entries(self.ledger, waiting), ended)

    def chain_late(self) -> None:
        """Entries whose messages died are found in the agenda."""
        self.invoke("chain", lambda now: chain_overdue(self.ledger, now=now), lambda _: None)

    def advance(self, name: tuple[str, int]) -> None:
        """A refund's clock rings: one step, then it waits for the instant that the step asked for, or ends."""

        def ended(outcome: Any) -> None:
            if self.clocks.due.get(name) is None:
                return
            if outcome[0] == "answered":
                self.clocks.due[name] = outcome[1].look_at
                if outcome[1].waits_for_person:
                    self.wait_for_person(name)
            else:
                self.clocks.due[name] = self.now + timedelta(seconds=2)
            if self.dice.random() < 0.03 and not self.network.quiet:
                self.clocks.due[name] = None  # the execution itself is lost

        self.clocks.due[name] = self.now + TASK_LASTS
        self.clocks.waits.pop(name, None)
        self.invoke("advance_refund", lambda now: self.step(name[0], now), ended, TASK_LASTS)

    def wait_for_person(self, name: tuple[str, int]) -> None:
        """The execution waits with a token for whoever acts; when the task fails it comes again (the workflow's Retry)."""
        token = self.clocks.token(name)

        def ended(outcome: Any) -> None:
            if outcome[0] != "answered" and self.clocks.due.get(name) is not None:
                self.clocks.due[name] = self.now + timedelta(seconds=2)

        wait = lambda _: await_person(self.ledger, refund_id=name[0], token=token)  # noqa: E731
        self.invoke("await_person", wait, ended, TASK_LASTS)

    def step(self, refund: str, now: datetime) -> Any:
        return advance_refund(self.ledger, self.gateways, self.payouts, refund_id=refund, now=now, day=DAY)

    def sweep(self, rows: Any) -> None:
        """The sweep comes by."""
        self.invoke("sweep", lambda now: self.swept(rows, now), lambda _: None)

    def swept(self, rows: Any, now: datetime) -> Any:
        return sweep(
            self.ledger, self.sources, self.sealed, self.queue, self.executions, self.gateways, rows=rows, now=now
        )

    def dies(self, work: Work, before: str) -> None:
        """Do this in peace until the call named `before`, and die there: how a disaster finds things."""
        self.network.dies_before = before
        with suppress(Crash, Refusal):
            work(self.now)
        self.network.dies_before = None

    # The provider's side --------------------------------------------------------------------------------------------

    def pay(self, attempt: str, **how: Any) -> None:
        """Somebody pays a code at the provider, which will tell us."""
        if attempt in self.provider._orders:
            self.announce(self.provider.pay(attempt, at=self.now, **how))

    def give_up(self, attempt: str) -> None:
        """Nobody pays a code: the provider denies it or lets it expire, and tells us."""
        order = self.provider._orders.get(attempt)
        if order is not None and order.status == "pending":
            self.announce(self.provider.deny(attempt) if self.dice.random() < 0.5 else self.provider.expire(attempt))

    def announce(self, notice: Any) -> None:
        """The provider has something to tell."""
        self.notices.append(Notice(*self.provider.notification(notice), self.now))

    def stored_hash(self, stamping: str, serial: str) -> str | None:
        """SHA-256 of what stands at a sealed key."""
        there = self.stored.read(stamping, serial)
        return hashlib.sha256(there).hexdigest() if there is not None else None
