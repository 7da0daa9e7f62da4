"""The network between operations and what they lean on: every remote call of the house goes through here, and may go wrong.

A remote call suspends the operation that makes it (greenlet: operations are plain synchronous functions and stay so), others
run, and then one of FAULTS may befall it.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any, TypeVar

from greenlet import getcurrent, greenlet

from meterai.domain.errors import Refusal
from meterai.domain.ledger import GateClosed

FAULTS = (
    "crash before",  # the process dies; nothing was sent
    "crash after",  # it was done; the process dies before it hears so
    "answer lost",  # it was done; the caller hears of an outage
    "timed out",  # it was not done, and that takes a while to learn
    "throttled",  # it was refused at once
    "twice",  # it was done twice; the caller hears of the second time
    "late",  # the caller hears of an outage, and it is done later (a read: answered now, heard later)
    "stalled",  # the process freezes, past leases and time-outs, and then goes on
)
AIMED_VISITS = 3
"""How often whoever comes to the site that a history aims at may meet a fault there: the first does for certain."""
TIMED_OUT = timedelta(seconds=10)
STALLED = timedelta(seconds=40)
Answer = TypeVar("Answer")
Site = tuple[str, str]
"""Where a call is made: the operation, and what it asks of whom."""


class Crash(BaseException):
    """The process that made the call is gone. No operation can catch it."""


class Invocation:
    """One run of an operation in a process of its own. `asleep` counts the steps for which it is frozen."""

    __slots__ = ("asleep", "deadline", "done", "name", "outcome", "process", "started_at")

    def __init__(
        self, name: str, work: Callable[[datetime], Any], started_at: datetime, lasts: timedelta | None
    ) -> None:
        self.name = name
        self.started_at = started_at
        self.deadline = started_at + lasts if lasts else None
        self.outcome: Any = None
        self.done = False
        self.asleep = 0
        self.process = greenlet(lambda: self._run(work))

    def _run(self, work: Callable[[datetime], Any]) -> None:
        try:
            self.outcome = ("answered", work(self.started_at))
        except Crash:
            self.outcome = ("crashed", None)
        except Exception as error:  # a refusal is part of life; the history judges anything else
            self.outcome = ("raised", error)
        self.done = True

    def resume(self) -> None:
        """Let it run to its next remote call, or to its end."""
        self.process.switch()

    def kill(self) -> None:
        """The process is gone, wherever it was."""
        if self.process:
            self.process.throw(Crash())
        elif not self.done:
            self.outcome, self.done = ("crashed", None), True  # it had not begun


@dataclass(slots=True)
class Packet:
    """A request that its caller has given up on and that still arrives, before `latest` if there is one."""

    deliver: Callable[[], Any]
    latest: datetime | None


@dataclass
class Faults:
    """How likely a call goes wrong. Rare paths are where bugs live: where a history comes for the first time more than where it
    has been, in the operations in `focus` more than elsewhere, and at the one `target` the first time always. `outage` makes
    every call to one port fail for a while, so that retries are exhausted; one call, at `forced` or after, goes wrong in any
    case."""

    at_first: float = 0.08
    later: float = 0.02
    focus: frozenset[str] = frozenset()
    in_focus: float = 0.35
    target: Site | None = None
    forced: int = 10
    most: int = 10
    outage: str | None = None
    outage_from: int = 0
    outage_until: int = 0


@dataclass
class Network:
    """While it is `quiet` calls are made at once and nothing goes wrong, but for a death before the call named `dies_before`.
    `tell` hears each call (a trace), when somebody listens."""

    dice: Random
    clock: Callable[[timedelta], None]
    hub: greenlet = field(default_factory=getcurrent)
    plan: Faults = field(default_factory=Faults)
    quiet: bool = True
    running: Invocation | None = None
    calls: int = 0
    dies_before: str | None = None
    packets: list[Packet] = field(default_factory=list)
    befallen: list[tuple[str, str, str]] = field(default_factory=list)
    visited: dict[Site, int] = field(default_factory=dict)
    tell: Callable[[str], None] | None = None

    def call(
        self,
        port: str,
        what: str,
        do: Callable[[], Answer],
        unreachable: Callable[[], Answer],
        *,
        reads: bool = False,
        within: timedelta | None = None,
    ) -> Answer:
        """Make a remote call: `do` is what happens at the other side, `unreachable` is what a caller hears of an outage.

        `reads`: the other side is not changed. `within`: nothing sent arrives later than this after the invocation began."""
        invocation = self.running
        if self.quiet or invocation is None:
            if self.dies_before == f"{port}.{what}":
                raise Crash
            return do()
        self.calls = number = self.calls + 1
        self.hub.switch()
        fault = self._fault(number, invocation.name, port, what)
        if self.tell:
            self.tell(f"{invocation.name}: {port}.{what} {fault or ''}")
        if fault is None:
            return do()
        match fault:
            case "crash before":
                raise Crash
            case "crash after":
                heedless(do)
                raise Crash
            case "answer lost":
                heedless(do)
                return unreachable()
            case "timed out":
                self.clock(TIMED_OUT)
                return unreachable()
            case "throttled":
                return unreachable()
            case "twice":
                heedless(do)
                return do()
            case "late" if reads:
                answer = do()
                self._freeze(invocation, 12)
                return answer
            case "late":
                self.packets.append(Packet(do, invocation.started_at + within if within else None))
                return unreachable()
            case _:
                self.clock(STALLED)
                self._freeze(invocation, 25)
                return do()

    def deliver(self, packet: Packet) -> None:
        """A late request arrives."""
        heedless(packet.deliver)

    def _freeze(self, invocation: Invocation, steps: int) -> None:
        invocation.asleep = self.dice.randrange(1, steps)
        self.hub.switch()

    def _fault(self, number: int, name: str, port: str, what: str) -> str | None:
        plan = self.plan
        if plan.outage == port and plan.outage_from <= number < plan.outage_until:
            fault = "throttled" if self.dice.random() < 0.5 else "timed out"
        else:
            site = (name, f"{port}.{what}")
            seen = self.visited.get(site, 0)
            self.visited[site] = seen + 1
            likely = plan.later if seen else plan.in_focus if name in plan.focus else plan.at_first
            if site == plan.target and seen < AIMED_VISITS:
                likely = 0.6 if seen else 1.0
            overdue = number >= plan.forced and not self.befallen
            if not overdue and (self.dice.random() >= likely or (len(self.befallen) >= plan.most and likely < 1)):
                return None
            fault = FAULTS[int(self.dice.random() * len(FAULTS))]
        self.befallen.append((name, f"{port}.{what}", fault))
        return fault


def heedless(do: Callable[[], Any]) -> None:
    """Do it; nobody hears how it went."""
    with suppress(Refusal, GateClosed):
        do()
