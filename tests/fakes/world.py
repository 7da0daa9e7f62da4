"""A whole house in memory: the production operations over fakes, with a clock that tests turn and a stream they drain."""

from __future__ import annotations

import hashlib
import random
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from meterai.domain.errors import Busy, Refusal
from meterai.domain.ids import derived
from meterai.domain.instants import spell
from meterai.domain.ledger import Key, Row
from meterai.domain.placement import PageGeometry, Placement
from meterai.domain.rows import Letter, Line, LinkPurpose, PaymentMethod, Quota, Refund, Stamping
from meterai.domain.seats import NO_SEATS, Seating
from meterai.operations.advance_refund import Step, advance_refund
from meterai.operations.bring_document import bring_document
from meterai.operations.carry_out import dispatch_change, tell_change
from meterai.operations.confirm_email import confirm_email
from meterai.operations.count_changes import count_changes
from meterai.operations.credit import credit_notification
from meterai.operations.deliver_stamping import Delivery
from meterai.operations.find import load, loaded, quota_of
from meterai.operations.keep_room import Kept, keep_room
from meterai.operations.links import OpenedLink, open_link
from meterai.operations.note_request import note_request
from meterai.operations.open_account import Opened, open_account
from meterai.operations.purchase import Bill, purchase
from meterai.operations.request_refund import Asked, request_refund
from meterai.operations.request_stamping import request_stamping
from meterai.operations.seal_stamping import Judge, Press, seal_stamping
from meterai.operations.send_letter import Sender, send_letter
from meterai.operations.sweep import Swept, sweep
from meterai.ports.documents_pdf import Examination, Finding, Limits
from meterai.ports.gateway import Gateways
from meterai.ports.outside import Pause
from meterai.ports.payouts import Payouts
from meterai.ports.post import Mail
from meterai.runtime.letters import written
from tests.fakes.chains import MemoryEntries, MemoryLockedFiles
from tests.fakes.gateway import FakeGateway
from tests.fakes.ledger import MemoryLedger
from tests.fakes.outside import (
    MemoryExecutions,
    MemoryQueue,
    MemorySealedFiles,
    MemorySources,
    PlainSigner,
    PlainTimestamps,
)
from tests.fakes.post import MemoryLetters, MemoryPost
from tests.fakes.room import MemoryCounts, MemoryPublicFiles, PlainReceiptSigner

START = datetime(2024, 9, 3, 10, 0, tzinfo=UTC)
DAY = timedelta(days=1)
A4 = PageGeometry(width=595.0, height=842.0, rotation=0)
GOOD = b"a document of one page"


def plain_examiner(source: bytes, limits: Limits = Limits()) -> Examination:  # noqa: B008 - a frozen value
    """Preflight that reads a document's troubles from its own words: b"trouble:document_encrypted"; `signed:` is a signature,
    `stamped:` one in a field that is named as our stamps are."""
    trouble = source.partition(b"trouble:")[2].decode()
    return Examination(
        sha256=hashlib.sha256(source).hexdigest(),
        size=len(source),
        pages=(A4,),
        findings=(Finding(trouble, "error", False),) if trouble else (),
        suggested_placement=Placement(1, 0.7, 0.8, 0.1),
        signatures=int(b"stamped:" in source or b"signed:" in source),
        stamps=(source.partition(b"stamped:")[2].decode(),) if b"stamped:" in source else (),
    )


@dataclass
class PlainSealer:
    """A seal that anybody can read; `refuses` makes it refuse the document, `calls` counts."""

    refuses: type[Refusal] | None = None
    calls: int = 0

    def __call__(self, source: bytes, *, serial: str, signer: Any, timestamps: Any, **_: Any) -> bytes:
        self.calls += 1
        if self.refuses is not None:
            raise self.refuses("refused by the test")
        token = timestamps.token(hashlib.sha256(source).digest())
        stamped: bytes = source + b"\n" + serial.encode() + signer.sign(source + token)
        return stamped


@dataclass
class World:
    """Everything on one thread. `now` is the clock; `flow` drains the stream as dispatch and tell would."""

    seed: int = 0
    now: datetime = START
    ledger: MemoryLedger = field(default_factory=MemoryLedger)
    sources: MemorySources = field(default_factory=MemorySources)
    sealed: MemorySealedFiles = field(default_factory=MemorySealedFiles)
    queue: MemoryQueue = field(default_factory=MemoryQueue)
    executions: MemoryExecutions = field(default_factory=MemoryExecutions)
    entries: MemoryEntries = field(default_factory=MemoryEntries)
    locked: MemoryLockedFiles = field(default_factory=MemoryLockedFiles)
    letters: MemoryLetters = field(default_factory=MemoryLetters)
    post: MemoryPost = field(default_factory=MemoryPost)
    counts: MemoryCounts = field(default_factory=MemoryCounts)
    public: MemoryPublicFiles = field(default_factory=MemoryPublicFiles)
    receipts: PlainReceiptSigner = field(default_factory=PlainReceiptSigner)
    desk: str = "petugas@example.id"
    gateway: FakeGateway = field(default_factory=FakeGateway)
    sealer: PlainSealer = field(default_factory=PlainSealer)
    signer: PlainSigner = field(default_factory=PlainSigner)
    timestamps: PlainTimestamps = field(default_factory=PlainTimestamps)
    judge: Judge | None = None
    payouts: Payouts | None = None

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)
        self._seen: dict[Key, Row] = {}
        self._keys = 0

    @property
    def gateways(self) -> Gateways:
        return Gateways({self.gateway.name: self.gateway}, self.gateway.name)

    @property
    def press(self) -> Press:
        url = "HTTPS://METERAI.TEST/V/{}".format
        return Press(self.sealer, self.signer, self.timestamps, url, True, "own", self.judge)

    def key(self) -> str:
        self._keys += 1
        return f"key-{self._keys}"

    def wait(self, span: timedelta) -> None:
        self.now += span

    def account(self, email: str = "budi@example.id") -> Opened:
        return open_account(self.ledger, email=email, phone=None, now=self.now, random=self.dice.randbytes)

    def quota(self, account: str) -> Quota:
        return quota_of(self.ledger, account)

    def buy(
        self,
        account: str,
        quantity: int = 1,
        *,
        key: str | None = None,
        fingerprint: str | None = None,
        method: PaymentMethod = "qris",
    ) -> Bill:
        return purchase(
            self.ledger,
            self.gateways,
            line="paid",
            account=account,
            key=key or self.key(),
            fingerprint=fingerprint or str(quantity),
            quantity=quantity,
            method=method,
            reference=None,
            metadata=None,
            now=self.now,
        )

    def pay(self, attempt: str, **how: Any) -> tuple[dict[str, str], bytes]:
        """Pay at the provider and deliver its notification; what was delivered, to deliver it again."""
        headers, body = self.gateway.notification(self.gateway.pay(attempt, at=self.now, **how))
        self.notify(headers, body)
        return headers, body

    def notify(self, headers: dict[str, str], body: bytes) -> None:
        credit_notification(self.ledger, self.gateways, self.gateway.name, headers, body, now=self.now)

    def rich(self, quantity: int = 1) -> str:
        """An account that has bought and paid `quantity` pieces."""
        account = self.account().account.id
        self.pay(self.buy(account, quantity).attempt.id)
        return account

    def document(self, bearer: str, data: bytes = GOOD) -> str:
        brought = bring_document(
            self.ledger,
            self.sources,
            bearer=f"Bearer {bearer}",
            filename="surat lamaran.pdf",
            size=len(data),
            sha256=None,
            purpose="stamp",
            reference=None,
            metadata=None,
            most_bytes=10_000_000,
            now=self.now,
            random=self.dice.randbytes,
        )
        self.sources.upload(brought.document.id, data)
        return brought.document.id

    def stamp(
        self,
        account: str,
        document: str,
        *,
        another: bool = False,
        key: str | None = None,
        fingerprint: str | None = None,
        line: Line = "paid",
        wait_seconds: float = 0,
        seating: Seating = NO_SEATS,
        pause: Pause = lambda _: None,
    ) -> Delivery:
        return request_stamping(
            self.ledger,
            self.sources,
            self.sealed,
            plain_examiner,
            account=account,
            line=line,
            document_id=document,
            key=key or self.key(),
            fingerprint=fingerprint or document,
            where=None,
            another=another,
            document_type=None,
            reference=None,
            metadata=None,
            verify_url=self.press.verify_url,
            limits=Limits(),
            wait_seconds=wait_seconds,
            now=self.now,
            pause=pause,
            seating=seating,
        )

    def seal(self, stamping: str) -> Stamping:
        return seal_stamping(
            self.ledger,
            self.sources,
            self.sealed,
            self.press,
            stamping_id=stamping,
            now=self.now,
            random=self.dice.randbytes,
        )

    def ask_refund(self, account: str, invoice: str, *, key: str | None = None) -> Asked:
        return request_refund(
            self.ledger,
            account=account,
            key=key or self.key(),
            fingerprint=invoice,
            invoice_id=invoice,
            reason="tidak jadi melamar",
            reference=None,
            metadata=None,
            received_at=self.now,
            day=DAY,
        )

    def link(self, purpose: LinkPurpose, object: str, account: str, address: str) -> OpenedLink:
        """A link as a letter to this address carries it."""
        return open_link(
            self.ledger,
            purpose=purpose,
            object=object,
            account=account,
            address=address,
            now=self.now,
            random=self.dice.randbytes,
        )

    def note(self, invoice: str, *, key: str | None = None, at: datetime | None = None) -> Refund:
        """An officer records what the owner of an invoice asked for on the telephone."""
        return note_request(
            self.ledger,
            id=derived("rfd", "officer", key or self.key()),
            invoice_id=invoice,
            door="officer",
            reason="tidak jadi melamar",
            fingerprint=invoice,
            received_at=at or self.now,
            now=self.now,
            day=DAY,
        )

    def advance(self, refund: str) -> Step:
        return advance_refund(self.ledger, self.gateways, self.payouts, refund_id=refund, now=self.now, day=DAY)

    def follow(self, refund: str, *, most: int = 100) -> Refund:
        """Run the refund's workflow until it ends or waits for a person, turning the clock to each instant it waits for."""
        for _ in range(most):
            step = self.advance(refund)
            if step.look_at is None or step.waits_for_person:
                return step.refund
            self.now = max(self.now, step.look_at)
        raise AssertionError(f"still {loaded(self.ledger, Refund, refund).status}")

    def sweep(self, rows: Any = "due") -> Swept:
        return sweep(
            self.ledger, self.sources, self.sealed, self.queue, self.executions, self.gateways, rows=rows, now=self.now
        )

    def flow(self) -> None:
        """Deliver every change since the last time to dispatch and tell, twice: the stream is at least once."""
        for key, new in list(self.ledger.rows.items()):
            old = self._seen.get(key)
            if old != new and not key[0].startswith(("agenda#", "tally#", "cnt_")):
                self._keys += 1
                place = f"{spell(self.now)}#{self._keys:0>40}"
                for _ in range(2):
                    dispatch_change(
                        self.ledger, self.queue, self.executions, self.entries, self.letters, self.counts,
                        key=key, old=old, new=new, place=place,
                    )  # fmt: skip
                    tell_change(self.ledger, key=key, old=old, new=new, place=place)
                self._seen[key] = dict(new)

    def keep_room(self) -> Kept:
        """Have everything that was changed counted, and the waiting room kept once."""
        self.flow()
        messages, self.counts.messages = self.counts.messages, []
        assert count_changes(self.ledger, messages, now=self.now) == {}
        return keep_room(self.ledger, self.public, self.receipts, now=self.now)

    def work(self) -> None:
        """Let workers take every message; what they could not finish stays for the sweep."""
        self.flow()
        for stamping in [self.queue.messages.pop(0) for _ in range(len(self.queue.messages))]:
            try:
                self.seal(stamping)
            except Refusal as refusal:
                if not refusal.retryable:
                    raise
        self.flow()

    @property
    def sender(self) -> Sender:
        return Sender(written, self.post, "https://meterai.test", self.desk)

    def deliver(self, letter: str) -> Letter:
        return send_letter(self.ledger, self.sender, letter_id=letter, now=self.now, random=self.dice.randbytes)

    def mail(self) -> list[Mail]:
        """Have every letter that waits leave, and read what left, oldest first."""
        self.flow()  # the rows that changed
        self.flow()  # the letters that they made
        while self.letters.messages:
            with suppress(Busy):
                self.deliver(self.letters.messages.pop(0))
        self.flow()
        taken, self.post.sent = self.post.sent, []
        return taken

    def verify(self, account: str) -> None:
        """Have the account's e-mail confirmed by the link in its letter."""
        letter = next(one for one in self.mail() if one.thread == account)
        secret = letter.words.text.partition("#konfirmasi-email=")[2].partition("\n")[0]
        confirm_email(self.ledger, secret=secret, now=self.now)

    def stamping(self, id: str) -> Stamping:
        return loaded(self.ledger, Stamping, id)

    def refund(self, id: str) -> Refund | None:
        return load(self.ledger, Refund, id)

    def books(self) -> dict[str, int]:
        """The balance of each ledger account, from every entry."""
        totals: dict[str, int] = {}
        for (_, noun), row in self.ledger.rows.items():
            lines = row["lines"] if noun == "entry" else {}
            assert isinstance(lines, dict)
            for name, amount in lines.items():
                assert isinstance(amount, int)
                totals[name] = totals.get(name, 0) + amount
        return totals


def later(instant: datetime, **span: float) -> datetime:
    """An instant that much later."""
    return instant + timedelta(**span)


__all__ = ["A4", "DAY", "GOOD", "START", "PlainSealer", "World", "later", "plain_examiner"]
