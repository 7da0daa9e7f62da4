"""The people of a history: they buy, pay, stamp, look, change their minds, ask for their money, and press the button again.

A script is a generator of what is asked of the API; what comes back is an answer, a refusal, or nothing at all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from meterai.domain.errors import IdempotencyKeyReused, QuotaExhausted, Refusal
from meterai.domain.rows import Refund
from meterai.operations.bring_document import bring_document
from meterai.operations.cancel_refund import cancel_refund
from meterai.operations.cancel_stamping import cancel_stamping
from meterai.operations.confirm_email import confirm_email
from meterai.operations.delete_document import delete_document
from meterai.operations.deliver_stamping import Delivery, deliver_stamping
from meterai.operations.find import find
from meterai.operations.links import open_link
from meterai.operations.open_account import Opened, open_account
from meterai.operations.open_shards import open_shards
from meterai.operations.purchase import bill_of, purchase, renew_payment
from meterai.operations.request_refund import Asked, request_refund
from meterai.operations.request_stamping import request_stamping
from meterai.ports.documents_pdf import Limits
from meterai.ports.gateway import Method
from tests.fakes.world import GOOD, plain_examiner
from tests.simulation.house import DAY, UNSEALABLE, Ask, House, Person, Visit
from tests.simulation.invariants import Broken

LIMITS = Limits()
TRIES = 4
"""How often somebody asks the same thing with the same key before they come back another day."""


@dataclass
class Memory:
    """What people were told, to be held against what is true: by operation and key the id they got, by stamping its serial; and
    what they asked for that only they may cause: cancels, second stamps, documents that cannot be sealed."""

    ids: dict[tuple[str, str], str] = field(default_factory=dict)
    made: set[tuple[str, str]] = field(default_factory=set)
    serials: dict[str, str] = field(default_factory=dict)
    done: dict[str, str] = field(default_factory=dict)
    cancelled: set[str] = field(default_factory=set)
    anothers: Counter[str] = field(default_factory=Counter)
    unsealable: set[str] = field(default_factory=set)

    def answered(self, operation: str, key: str, ask: Callable[[], tuple[str, bool, Any]]) -> Any:
        """Ask under a key. The same key gets the same answer for ever, and only one of its requests made something."""
        try:
            id, replayed, answer = ask()
        except Refusal as refusal:
            if not refusal.retryable and (operation, key) in self.ids:
                raise Broken(f"{operation} refused {key} after answering it: {refusal!r}") from refusal
            raise
        if self.ids.setdefault((operation, key), id) != id:
            raise Broken(f"{operation} answered {key} with {id} and {self.ids[operation, key]}")
        if not replayed:
            if (operation, key) in self.made:
                raise Broken(f"{operation} made {key} twice")
            self.made.add((operation, key))
        return answer

    def shown(self, given: Delivery) -> None:
        """A serial that somebody was shown stays, a stamp that was shown as done stays done, and only a done one has a link."""
        stamping = given.stamping
        if stamping.serial and self.serials.setdefault(stamping.id, stamping.serial) != stamping.serial:
            raise Broken(f"{stamping.id} was shown with two serials")
        if stamping.status == "done":
            self.done[stamping.id] = stamping.serial or ""
        if (given.download_url is not None) != (stamping.status == "done"):
            raise Broken(f"{stamping.id} is {stamping.status} and its link is {given.download_url}")


class Crowd:
    """Everybody who comes to a house, and what they ask of it."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.memory = Memory()
        self._keys = 0

    def key(self) -> str:
        self._keys += 1
        return f"k{self._keys}"

    # What was there before the disaster -----------------------------------------------------------------------------

    def account(self) -> Opened:
        """Somebody whose e-mail is known to be theirs."""
        house, address = self.house, "budi@example.id"
        opened = open_account(house.table, email=address, phone=None, now=house.now, random=house.dice.randbytes)
        link = open_link(
            house.table,
            purpose="confirm_email",
            object=opened.account.id,
            account=opened.account.id,
            address=address,
            now=house.now,
            random=house.dice.randbytes,
        )
        confirm_email(house.table, secret=link.secret, now=house.now)
        return opened

    def sharded(self, account: str) -> None:
        """Now and then the account is a busy partner's, its quota in shards."""
        if self.house.dice.random() < 0.15:
            open_shards(self.house.table, account=account, shards=self.house.dice.randrange(2, 4))

    def bought(self, account: str, quantity: int, method: Method = "qris") -> tuple[str, str]:
        """An invoice paid and credited in peace: its id and its attempt's."""
        bill = self.buying(account, quantity, self.key(), method)(self.house.now)
        house = self.house
        house.pay(bill.attempt.id)
        house.credit(house.notices.pop(), house.now)
        return bill.invoice.id, bill.attempt.id

    def asked_for_money(self, account: str, invoice: str) -> str:
        """A refund asked for in peace: its id."""
        asked: Asked = self.refunding(account, invoice, self.key())(self.house.now)
        return asked.refund.id

    def asked_for_stamp(self, account: str, document: str) -> str:
        """A stamping asked for in peace: its id."""
        given: Delivery = self.stamping(account, document, self.key(), another=False)(self.house.now)
        return given.stamping.id

    def document(self, token: str, data: bytes = GOOD) -> str:
        house = self.house
        brought = bring_document(
            house.table,
            house.uploads,
            bearer=f"Bearer {token}",
            filename="surat lamaran.pdf",
            size=len(data),
            sha256=None,
            purpose="stamp",
            reference=None,
            metadata=None,
            most_bytes=10_000_000,
            now=house.now,
            random=house.dice.randbytes,
        )
        house.uploads.upload(brought.document.id, data)
        if UNSEALABLE in data:
            self.memory.unsealable.add(brought.document.id)
        return brought.document.id

    # What is asked --------------------------------------------------------------------------------------------------

    def buying(self, account: str, quantity: int, key: str, method: Method = "qris") -> Callable[[datetime], Any]:
        def work(now: datetime) -> Any:
            def ask() -> tuple[str, bool, Any]:
                bill = purchase(
                    self.house.ledger,
                    self.house.gateways,
                    line="paid",
                    account=account,
                    key=key,
                    fingerprint=str(quantity),
                    quantity=quantity,
                    method=method,
                    reference=None,
                    metadata=None,
                    now=now,
                )
                return bill.invoice.id, bill.replayed, bill

            return self.memory.answered("purchase", account + key, ask)

        return work

    def renewing(self, account: str, invoice: str, key: str) -> Callable[[datetime], Any]:
        def work(now: datetime) -> Any:
            house = self.house
            return renew_payment(
                house.ledger, house.gateways, account=account, invoice_id=invoice, key=key, method="qris", now=now
            )

        return work

    def stamping(
        self, account: str, document: str, key: str, *, another: bool, body: str = ""
    ) -> Callable[[datetime], Any]:
        def work(now: datetime) -> Any:
            house, since = self.house, self.house.watch.moment

            def ask() -> tuple[str, bool, Any]:
                given = request_stamping(
                    house.ledger,
                    house.sources,
                    house.sealed,
                    plain_examiner,
                    account=account,
                    line="paid",
                    document_id=document,
                    key=key,
                    fingerprint=document + body,
                    where=None,
                    another=another,
                    document_type=None,
                    reference=None,
                    metadata=None,
                    verify_url=house.press.verify_url,
                    limits=LIMITS,
                    wait_seconds=0,
                    now=now,
                    pause=lambda _: None,
                )
                return given.stamping.id, given.replayed, given

            if body:
                return ask()
            try:
                given = self.memory.answered("stamp", account + key, ask)
            except QuotaExhausted:
                if not house.watch.empty_since(account, since):
                    raise Broken(f"{account} was called exhausted and always had a piece") from None
                raise
            self.memory.shown(given)
            return given

        if another:
            self.memory.anothers[document] += 1
        return work

    def looking(self, account: str, stamping: str) -> Callable[[datetime], Any]:
        def work(now: datetime) -> Any:
            house = self.house
            given = deliver_stamping(house.ledger, house.sealed, account=account, stamping_id=stamping, now=now)
            self.memory.shown(given)
            return given

        return work

    def cancelling(self, account: str, stamping: str) -> Callable[[datetime], Any]:
        self.memory.cancelled.add(stamping)
        return lambda now: cancel_stamping(
            self.house.ledger, self.house.sealed, account=account, stamping_id=stamping, now=now
        )

    def deleting(self, account: str, document: str) -> Callable[[datetime], Any]:
        house = self.house
        return lambda _: delete_document(house.ledger, house.sources, account=account, document_id=document)

    def refunding(self, account: str, invoice: str, key: str, *, body: str = "") -> Callable[[datetime], Any]:
        def work(now: datetime) -> Any:
            def ask() -> tuple[str, bool, Any]:
                asked = request_refund(
                    self.house.ledger,
                    account=account,
                    key=key,
                    fingerprint=invoice + body,
                    invoice_id=invoice,
                    reason="changed my mind",
                    reference=None,
                    metadata=None,
                    received_at=now,
                    day=DAY,
                )
                return asked.refund.id, asked.replayed, asked

            return ask()[2] if body else self.memory.answered("refund", account + key, ask)

        return work

    def unrefunding(self, account: str, refund: str) -> Callable[[datetime], Any]:
        return lambda now: cancel_refund(self.house.ledger, account=account, refund_id=refund, now=now)

    # Scripts --------------------------------------------------------------------------------------------------------

    def insist(self, name: str, work: Callable[[datetime], Any]) -> Visit:
        """Ask until there is an answer that asking again would not change; None when patience ends."""
        dice = self.house.dice
        for _ in range(TRIES):
            kind, value = yield Ask(name, work, 2 if dice.random() < 0.12 else 1)
            if kind == "answered":
                return value
            if kind == "raised" and not (isinstance(value, Refusal) and value.retryable):
                return None
            yield from self.idle(dice.randrange(1, 4))
        return None

    def reused(self, name: str, key: tuple[str, str], work: Callable[[datetime], Any]) -> Visit:
        """Use a key again for something else, once it was answered: that is refused."""
        if key not in self.memory.ids or self.house.dice.random() >= 0.1:
            return
        kind, value = yield Ask(name, work)
        if kind == "answered" or (
            kind == "raised" and not isinstance(value, IdempotencyKeyReused) and not value.retryable
        ):
            raise Broken(f"{name} took a used key for another body: {value!r}")

    def idle(self, turns: int) -> Visit:
        """Do nothing for a few turns."""
        for _ in range(turns):
            yield None

    def buyer(self, account: str) -> Visit:
        """Buys, perhaps asks for a new code, and pays: once, late, twice, both codes, the wrong amount, or never."""
        dice, house = self.house.dice, self.house
        quantity = dice.randrange(1, 4)
        bill = yield from self.insist("purchase", self.buying(account, quantity, self.key()))
        if bill is None:
            return
        codes = [bill.attempt.id]
        if dice.random() < 0.35:
            renewed = yield from self.insist("renew_payment", self.renewing(account, bill.invoice.id, self.key()))
            codes += [renewed.attempt.id] if renewed else []
        mood = dice.random()
        if mood < 0.12:
            house.give_up(codes[-1])
            return
        if mood < 0.2:
            house.pass_time(timedelta(minutes=dice.choice((16, 40))))
        for code in codes if dice.random() < 0.4 else codes[-1:]:
            amount = bill.attempt.amount_idr + dice.choice((-1, 1)) if dice.random() < 0.08 else None
            house.pay(code, amount_idr=amount)
            if dice.random() < 0.15:
                house.pay(code)
        yield from self.idle(dice.randrange(1, 6))
        yield Ask("bill_of", lambda now: bill_of(house.ledger, account=account, invoice_id=bill.invoice.id, now=now))
        if dice.random() < 0.3:
            yield from self.refunder(account, bill.invoice.id)

    def stamper(self, account: str, documents: list[str]) -> Visit:
        """Stamps documents, looks how they fare, and now and then takes one back."""
        dice = self.house.dice
        for document in documents:
            key = self.key()
            another = dice.random() < 0.2
            given = yield from self.insist("request_stamping", self.stamping(account, document, key, another=another))
            if given is None:
                continue
            id = given.stamping.id
            yield from self.reused(
                "request_stamping",
                ("stamp", account + key),
                self.stamping(account, document, key, another=False, body="other"),
            )
            if dice.random() < 0.3:
                yield from self.idle(dice.randrange(0, 12))
                yield from self.insist("cancel_stamping", self.cancelling(account, id))
            if dice.random() < 0.3:
                yield Ask("deliver_stamping", self.looking(account, id))
            if dice.random() < 0.25:
                yield from self.insist("request_stamping", self.stamping(account, document, key, another=another))
            if dice.random() < 0.15:
                yield Ask("delete_document", self.deleting(account, document))

    def refunder(self, account: str, invoice: str) -> Visit:
        """Asks for the money, perhaps from two windows, and perhaps changes their mind."""
        dice = self.house.dice
        key = self.key()
        asked = yield from self.insist("request_refund", self.refunding(account, invoice, key))
        if dice.random() < 0.2:
            again = yield from self.insist("request_refund", self.refunding(account, invoice, self.key()))
            asked = asked or again
        if asked is None:
            return
        yield from self.reused(
            "request_refund", ("refund", account + key), self.refunding(account, invoice, key, body="other")
        )
        if dice.random() < 0.35:
            yield from self.idle(dice.randrange(0, 10))
            yield from self.insist("cancel_refund", self.unrefunding(account, asked.refund.id))
        yield Ask("find refund", self.following(account, asked.refund.id))

    def later(self, script: Visit) -> Visit:
        """The same, a little later."""
        yield from self.idle(6)
        yield from script

    def renewer(self, account: str, invoice: str) -> Visit:
        """Asks for a new code and looks at the invoice."""
        house = self.house
        yield from self.insist("renew_payment", self.renewing(account, invoice, self.key()))
        yield from self.insist(
            "bill_of", lambda now: bill_of(house.ledger, account=account, invoice_id=invoice, now=now)
        )

    def following(self, account: str, refund: str) -> Callable[[datetime], Any]:
        return lambda _: find(self.house.ledger, Refund, refund, owner=account)

    def canceller(self, account: str, stamping: str) -> Visit:
        """Takes a stamping back, after a while."""
        yield from self.idle(self.house.dice.randrange(0, 8))
        yield from self.insist("cancel_stamping", self.cancelling(account, stamping))
        yield Ask("deliver_stamping", self.looking(account, stamping))

    def deleter(self, account: str, document: str) -> Visit:
        """Deletes a document."""
        yield from self.idle(self.house.dice.randrange(0, 12))
        yield from self.insist("delete_document", self.deleting(account, document))

    def unrefunder(self, account: str, refund: str) -> Visit:
        """Changes their mind about the money."""
        yield from self.idle(self.house.dice.randrange(0, 8))
        yield from self.insist("cancel_refund", self.unrefunding(account, refund))
        yield Ask("find refund", self.following(account, refund))

    def grabber(self, account: str) -> Visit:
        """Tries to take back the refund of a payment that bought nothing."""
        rows = self.house.table.rows
        for _ in range(3):
            yield from self.idle(5)
            back = [id for (id, noun), row in rows.items() if noun == "refund" and row["kind"] == "payment"]
            if back:
                yield Ask("cancel_refund", self.unrefunding(account, back[0]))

    def comes(self, script: Visit) -> None:
        self.house.people.append(Person(script))


def unsealable() -> bytes:
    """A document that passes preflight and that the seal refuses."""
    return GOOD + UNSEALABLE
