"""What is outside of a house: the provider that was paid, the one that pays to accounts, the queue, the refunds' clocks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Any

from meterai.domain.rows import Destination
from meterai.ports.gateway import Payment, RefundAnswer
from meterai.ports.payouts import PayoutAnswer
from tests.fakes.gateway import FakeGateway
from tests.fakes.payouts import MemoryPayouts, PayoutFate

Paying = Callable[[str, tuple[str, str] | None], None]
"""Hears of money that has just left: under which key, and to which account when it is a payout."""
FATES: tuple[PayoutFate, ...] = ("turned down", "refused", "bounced")
HOLDER = "BUDI SANTOSO"
"""Whose money it is, as banks write the name."""
OWN = (("ID_BCA", "1234567890"), ("ID_BRI", "9876543210"), ("ID_BCA", "5550001111"))
ANOTHERS, NOBODYS = ("ID_BCA", "6660006666"), ("ID_BRI", "0000000000")


class SimulatedProvider(FakeGateway):
    """A provider that asks, whenever it pays a refund out, whether the ledger agrees that it should."""

    def __init__(self, paying: Paying, dice: Random, now: Callable[[], datetime]) -> None:
        super().__init__()
        self._paying, self._dice, self._now = paying, dice, now
        self.refuses = 0.12

    def left_idr(self, refund: str) -> int:
        """How much it has given back for one refund."""
        return sum(each.amount_idr for key, each in self._refunds.items() if _of(key) == refund)

    def payments(self, order_id: str, transaction_id: str | None = None) -> tuple[Payment, ...]:
        order = self._orders.get(order_id)
        if order is not None and order.status == "pending" and order.charge.expires_at <= self._now():
            self.expire(order_id)
        return super().payments(order_id, transaction_id)

    def refund(
        self, order_id: str, *, key: str, amount_idr: int, reason: str, transaction_id: str | None = None
    ) -> RefundAnswer:
        before = len(self._refunds)
        if key not in self._refunds and self._dice.random() < self.refuses:
            self.refund_fates = ["refused"]
        answer = super().refund(order_id, key=key, amount_idr=amount_idr, reason=reason, transaction_id=transaction_id)
        self.refund_fates = []
        if len(self._refunds) > before:
            self._paying(key, None)
        return answer


class SimulatedPayouts(MemoryPayouts):
    """A provider and banks that ask, whenever money leaves for an account, whether the ledger agrees that it should.

    Each bank takes its time, and now and then a payout is turned down, fails at the bank, or arrives and comes back."""

    def __init__(self, paying: Paying, dice: Random) -> None:
        super().__init__()
        self._paying, self._dice = paying, dice
        self.accounts = {**dict.fromkeys(OWN, HOLDER), ANOTHERS: "SITI AMINAH", NOBODYS: None}
        self.refuses, self.slow = 0.25, 0.25
        self.always: PayoutFate | None = None

    def left_idr(self, refund: str) -> int:
        """How much has left for one refund and did not come back: with a bank, or on its way to one."""
        made = ((key, each) for key, each in self._made.items() if _of(key) == refund)
        return sum(each.amount_idr for _, each in made if each.state != "refused")

    def pay_out(self, destination: Destination, *, key: str, amount_idr: int, reason: str) -> PayoutAnswer:
        before = len(self._made)
        if key not in self._made:
            drawn = FATES[int(self._dice.random() * len(FATES))] if self._dice.random() < self.refuses else "settled"
            self.fates = [self.always or drawn]
        answer = super().pay_out(destination, key=key, amount_idr=amount_idr, reason=reason)
        self.fates = []
        if len(self._made) > before:
            self._paying(key, (destination.bank, destination.number))
        return answer

    def _word(self, key: str, made: Any) -> PayoutAnswer:
        self.held = self._dice.random() < self.slow
        return super()._word(key, made)


def _of(key: str) -> str:
    """The refund that a key pays for."""
    return key.rpartition("-")[0]


@dataclass(slots=True)
class Message:
    """A stamping in line, hidden until `visible_at` while somebody works on it."""

    stamping: str
    visible_at: datetime
    received: int = 0


@dataclass
class Line:
    """The queue as SQS keeps it: at least once, in no order, dead after five tries."""

    now: Callable[[], datetime]
    messages: list[Message] = field(default_factory=list)

    def send(self, stamping: str, line: str = "paid") -> None:
        self.messages.append(Message(stamping, self.now()))

    def waiting(self, line: str | None = None) -> int:
        return len(self.messages)


@dataclass
class Clocks:
    """Refund executions by name: the instant of the next step, None when one ended or died. A name starts once.

    `waits` has the token of each that waits for a person: a new one every time."""

    now: Callable[[], datetime]
    due: dict[tuple[str, int], datetime | None] = field(default_factory=dict)
    waits: dict[tuple[str, int], str] = field(default_factory=dict)
    tokens: int = 0

    def start(self, refund: str, number: int) -> None:
        self.due.setdefault((refund, number), self.now())

    def running(self, refund: str, number: int) -> bool:
        return self.due.get((refund, number)) is not None

    def wake(self, refund: str, token: str) -> bool:
        waiting = [name for name, its in self.waits.items() if its == token and self.due[name] is not None]
        for name in waiting:
            self.due[name] = self.now()
            del self.waits[name]
        return bool(waiting)

    def token(self, name: tuple[str, int]) -> str:
        """This execution waits for a person from now on: the token that wakes it."""
        self.tokens += 1
        self.waits[name] = f"token-{self.tokens}"
        return self.waits[name]


@dataclass(slots=True)
class Notice:
    """A notification of the provider, until it is acknowledged or given up."""

    headers: dict[str, str]
    body: bytes
    at: datetime
    tries: int = 0
    kept: bool = False
