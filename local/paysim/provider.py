"""What both simulated providers do alike: customers at the page, time passing, notifications with their knobs."""

from __future__ import annotations

import json
import uuid
from abc import ABC, abstractmethod
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Literal

from pydantic import ValidationError

from local.paysim.book import Book, Knobs, Notice, ProviderName, Status, Transaction
from local.paysim.wire import Answer, Request

Action = Literal["settle", "deny", "expire", "settle_late", "settle_twice"]
Outcome = int | Literal["timeout", "unreachable"]
"""How the delivery of a notification ended: the merchant's HTTP status, or none."""
HELD_BACK = timedelta(seconds=5)
"""How long a notification is held back for the next one to overtake it."""

_ALLOWED: dict[Action, tuple[Status, ...]] = {
    "settle": ("pending",),
    "deny": ("pending",),
    "expire": ("pending",),
    "settle_late": ("pending", "expire", "deny"),
    "settle_twice": ("pending", "settlement"),
}


class Provider(ABC):
    """`base_url` is how this simulator is reached, `clock` gives UTC instants and `token` random bytes."""

    name: ProviderName

    def __init__(self, book: Book, base_url: str, clock: Callable[[], datetime], token: Callable[[int], bytes]) -> None:
        self.book = book
        self.base_url = base_url.rstrip("/")
        self.clock = clock
        self._token = token

    @abstractmethod
    def serves(self, parts: tuple[str, ...]) -> bool:
        """Whether a path is one of this provider's."""

    @abstractmethod
    def answer(self, request: Request, parts: tuple[str, ...]) -> Answer:
        """The answer to a request to one of its paths."""

    @abstractmethod
    def retry_minutes(self, outcome: Outcome) -> tuple[float, ...]:
        """The waits before each new try of a notification whose delivery ended so."""

    @abstractmethod
    def notice(self, transaction: Transaction, knobs: Knobs) -> Notice:
        """What the merchant is told of a payment that changed."""

    def carry_on(self, kind: str, id: str) -> None:  # noqa: B027 (a provider without anything under way)
        """Take what was planned a step further."""

    def act(self, order_id: str, action: Action) -> list[Transaction] | None:
        """What a customer does at the page, for a known order. None when the order's state does not allow it."""
        self.pass_time()
        with self.book.writing():
            transactions = self.book.of_order(order_id)
            first = transactions[0]
            if first.status not in _ALLOWED[action]:
                return None
            if action in ("expire", "settle_late") and first.status == "pending":
                self._end(first, "expire")
            if action == "deny":
                self._end(first, "deny")
            if action in ("settle", "settle_late") or (action == "settle_twice" and first.status == "pending"):
                self._settle(first)
            if action == "settle_twice":
                self._settle(
                    first.model_copy(
                        update={
                            "transaction_id": self._id_of_payment(),
                            "rank": len(transactions),
                            "transaction_at": self.clock(),
                            "gross_amount": f"{first.charged_idr}.00",
                            "currency": "IDR",
                            "refunds": [],
                        }
                    )
                )
            return self.book.of_order(order_id)

    def allowed(self, status: Status) -> list[Action]:
        return [action for action, states in _ALLOWED.items() if status in states]

    def pass_time(self) -> None:
        """A pending payment past its time is expired, and says so; what is under way goes on."""
        now = self.clock()
        with self.book.alone():
            overdue = [each for each in self.book.pending() if each.provider == self.name and each.expires_at <= now]
            if overdue:
                with self.book.writing():
                    for transaction in overdue:
                        self._end(transaction, "expire")
            for number, kind, id in self.book.ripe(self.name, now):
                with self.book.writing():
                    self.carry_on(kind, id)
                    self.book.unplan(number)

    def _find(self, payment_id: str) -> Transaction | None:
        found = self.book.find(payment_id)
        return found if found is not None and found.provider == self.name else None

    def _end(self, transaction: Transaction, status: Status) -> None:
        transaction.status = status
        self.book.put(transaction)
        self._announce(transaction)

    def _settle(self, transaction: Transaction) -> None:
        knobs = self.book.knobs()
        transaction.gross_amount = knobs.wrong_amount or transaction.gross_amount
        transaction.currency = knobs.wrong_currency or transaction.currency
        transaction.settled_at = self.clock()
        self._end(transaction, "settlement")

    def _announce(self, transaction: Transaction) -> None:
        self._tell(self.notice(transaction, self.book.knobs()))

    def _tell(self, notice: Notice) -> None:
        knobs = self.book.knobs()
        if knobs.drop_notifications:
            return
        due_at = self.clock() + timedelta(seconds=knobs.delay_notifications_seconds)
        if knobs.reorder_notifications and not self.book.holds_back(due_at):
            due_at += HELD_BACK
        for _ in range(2 if knobs.duplicate_notifications else 1):
            self.book.enqueue(notice, due_at)

    def _id_of_payment(self) -> str:
        return self._uuid()

    def _uuid(self) -> str:
        return str(uuid.UUID(bytes=self._token(16), version=4))


def turned(knobs: Knobs, body: bytes) -> Knobs:
    """`knobs` with the members of a JSON object changed. Raises ValueError when a name or a type is wrong."""
    changes = json.loads(body)
    if not isinstance(changes, dict):
        raise ValueError("an object is expected")
    return Knobs.model_validate(knobs.model_dump() | changes)


def first_fault(wrong: Exception) -> str:
    """What is wrong with a request, in one line, without what was sent."""
    if isinstance(wrong, ValidationError):
        first = wrong.errors(include_url=False, include_input=False)[0]
        return ".".join(map(str, first["loc"])) + " " + first["msg"]
    return "custom_expiry is invalid"
