"""A ledger of any size: accounts that bought, stamped, were refunded and overpaid, so that everything agrees.

Rows are made from the nouns and entries of the package itself, as they stand at the end of each history; the chains are grown
by the package's own move, and heads are signed on the way by a P-256 key of this run.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from meterai.domain import money
from meterai.domain.chains import CHAINS, Head, LockedHeads, Recorded, chain_of, follows, genesis, heads_now, recorded
from meterai.domain.ids import derived
from meterai.domain.instants import spell
from meterai.domain.ledger import Change, Key, Put, Row
from meterai.domain.moves.chains import append, head_key
from meterai.domain.moves.entries import entry_put
from meterai.domain.rows import Invoice, Payment, Quota, Refund, Serial, Stamping
from ops.audit import verifier
from tests.fakes.chains import MemoryLockedFiles

START = datetime(2024, 9, 3, 10, 0, tzinfo=UTC)
STEP = timedelta(milliseconds=20)
MOST_PIECES = 20
LOCKS = 10
"""How often the heads are locked while the ledger is made."""
NOTHING = "0" * 64


@dataclass
class Pen:
    """The ledger's key of this run."""

    key: EllipticCurvePrivateKey = field(default_factory=lambda: generate_private_key(SECP256R1()))

    def sign(self, data: bytes) -> bytes:
        return self.key.sign(data, ECDSA(SHA256()))

    @property
    def verify(self) -> Callable[[bytes, bytes], bool]:
        return verifier(self.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))


@dataclass
class Made:
    """A ledger in the making: `rows()` gives it row by row; heads, locked files and `now` are right once all were taken."""

    entries: int
    seed: int
    pen: Pen = field(default_factory=Pen)
    locked: MemoryLockedFiles = field(default_factory=MemoryLockedFiles)
    now: datetime = START

    def __post_init__(self) -> None:
        self._dice = random.Random(self.seed)  # noqa: S311 - repeatable
        self._heads = [genesis(chain) for chain in range(CHAINS)]
        self._accounts = self._made = 0

    def rows(self, entry_made: Callable[[Key, Row], object] = lambda _key, _row: None) -> Iterator[tuple[Key, Row]]:
        """Every row; `entry_made` hears of each entry."""
        while self._made < self.entries:
            for put in self._account(self.entries - self._made):
                yield put.key, put.row
                if put.key[1] == "entry":
                    entry_made(put.key, put.row)
                    yield from self._linked(recorded(put.key[0], put.row))
                    self._made += 1
                    if self._made % max(self.entries // LOCKS, 1) == 0:
                        self._lock()
        self._lock()
        for head in self._heads:
            if head.length:
                yield head_key(head.chain), {"length": head.length, "head": head.hash}
        self.now += timedelta(hours=3)  # past what may still be on its way

    def _linked(self, one: Recorded) -> Iterator[tuple[Key, Row]]:
        chain = chain_of(one.entry)
        *puts, head = append(self._heads[chain], [one]).writes
        for put in puts:
            assert isinstance(put, Put)
            yield put.key, put.row
        now = head.row if isinstance(head, Put) else head.put if isinstance(head, Change) else {}
        self._heads[chain] = Head(chain, self._heads[chain].length + 1, str(now["head"]))

    def _lock(self) -> None:
        last = self.locked.last()
        number = last.number + 1 if last else 1
        heads = LockedHeads(number, self.now, heads_now(self._heads), follows(last.data if last else None))
        self.locked.keep(number, heads.signed(self.pen.sign))

    # One account's history -------------------------------------------------------------------------------------------------

    def _account(self, most: int) -> Iterator[Put]:
        """The rows of one account with at most `most` entries: it buys once; then it stamps, or has its money back; some pay
        twice, and some have a stamping under way or a refund that holds."""
        dice, self._accounts = self._dice, self._accounts + 1
        number = self._accounts
        account, invoice, attempt = (f"{kind}_{number:026}" for kind in ("acc", "inv", "pay"))
        quantity = dice.randint(1, MOST_PIECES)
        fate = dice.choices(("stamps", "refunded", "held"), (90, 7, 3))[0]
        used = min(dice.randint(0, quantity), most - 1) if fate == "stamps" else 0
        if fate == "refunded" and most < 2:
            fate = "held"
        waiting = 1 if fate == "stamps" and used < quantity and dice.random() < 0.2 else 0
        bought = money.price(quantity)
        yield from self._paid(account, invoice, attempt, bought, fate)
        left = most - 1
        for piece in range(used + waiting):
            yield from self._stamping(account, f"{number:018}{piece:08}", done=piece < used)
        left -= used
        if fate != "stamps":
            yield from self._refund(account, invoice, attempt, bought, settled=fate == "refunded")
            left -= fate == "refunded"
        if left >= 2 and dice.random() < 0.02:
            yield from self._overpaid(account, invoice, attempt, bought, settled=dice.random() < 0.5)
        quota = Quota(
            id=account,
            paid_in=quantity,
            used=used,
            reserved=waiting,
            refunded=quantity if fate == "refunded" else 0,
            held=quantity if fate == "held" else 0,
            available=quantity - used - waiting if fate == "stamps" else 0,
        )
        yield Put(quota.key, quota.row())

    def _paid(self, account: str, invoice: str, attempt: str, bought: money.Price, fate: str) -> Iterator[Put]:
        now = self._tick()
        status = {"stamps": "paid", "refunded": "refunded", "held": "refunding"}[fate]
        row = Invoice(
            id=invoice,
            account=account,
            fingerprint=NOTHING,
            status=status,  # type: ignore[arg-type]
            quantity=bought.quantity,
            unit_price_idr=bought.unit_price_idr,
            fee_idr=bought.fee_idr,
            total_idr=bought.total_idr,
            method="qris",
            policy="A",
            attempt=attempt,
            attempts=1,
            created_at=now,
            expires_at=now,
            paid_at=now,
            paid_by=attempt,
        )
        yield Put(row.key, row.row())
        payment = self._payment(account, invoice, attempt, bought.total_idr, "1", now, "pay")
        yield Put(payment.key, payment.row())
        yield entry_put(money.pay_entry(bought), of=attempt, account=account, at=now)

    def _payment(
        self, account: str, invoice: str, attempt: str, amount: int, transaction: str, now: datetime, kept_as: str
    ) -> Payment:
        return Payment(
            id=f"txn_midtrans_{attempt}-{transaction}",
            attempt=attempt,
            invoice=invoice,
            account=account,
            amount_idr=amount,
            paid_at=now,
            kept_as=kept_as,  # type: ignore[arg-type]
        )

    def _stamping(self, account: str, number: str, *, done: bool) -> Iterator[Put]:
        now = self._tick()
        stamping = Stamping(
            id=f"stp_{number}",
            account=account,
            document=f"doc_{number}",
            fingerprint=NOTHING,
            status="done" if done else "queued",
            version="1",
            sha256=NOTHING,
            size=100_000,
            page=1,
            x=700_000,
            y=800_000,
            width=100_000,
            joined_at=now,
            sent_at=now,
            serial=f"{number[4:]}" if done else None,
            sealed_sha256=self._dice.randbytes(32).hex() if done else None,
            sealed_size=120_000 if done else None,
            ended_at=now if done else None,
        )
        yield Put(stamping.key, stamping.row())
        if stamping.serial is not None:
            serial = Serial(
                id=stamping.serial,
                state="affixed",
                stamping=stamping.id,
                issuer="own",
                issued_at=now,
                input_sha256=stamping.sha256,
                input_length=stamping.size,
                sealed_sha256=stamping.sealed_sha256,
                affixed_at=now,
            )
            yield Put(serial.key, serial.row())
            yield entry_put(money.commit_entry(), of=stamping.id, account=account, at=now)

    def _refund(self, account: str, invoice: str, attempt: str, bought: money.Price, *, settled: bool) -> Iterator[Put]:
        now = self._tick()
        amount = money.percent_of(bought.total_idr, 75)
        id = "rfd" + invoice.removeprefix("inv")
        row = self._refund_row(id, account, invoice, attempt, settled=settled, now=now)
        row |= {"kind": "quota", "quantity": bought.quantity, "amount_idr": amount, "total_idr": bought.total_idr}
        yield Put(Refund.key_of(id), row)
        if settled:
            yield entry_put(money.settle_quota_entry(bought, amount), of=id, account=account, at=now)

    def _overpaid(
        self, account: str, invoice: str, attempt: str, bought: money.Price, *, settled: bool
    ) -> Iterator[Put]:
        now, amount = self._tick(), bought.total_idr
        payment = self._payment(account, invoice, attempt, amount, "2", now, "overpay")
        id = derived("rfd", payment.id)
        yield Put(payment.key, payment.row())
        yield entry_put(money.overpay_entry(amount), of=payment.id, account=account, at=now)
        row = self._refund_row(id, account, invoice, attempt, settled=settled, now=now)
        yield Put(
            Refund.key_of(id), row | {"kind": "payment", "quantity": 0, "amount_idr": amount, "total_idr": amount}
        )
        if settled:
            yield entry_put(money.settle_payment_entry(amount), of=id, account=account, at=now)

    def _refund_row(self, id: str, account: str, invoice: str, attempt: str, *, settled: bool, now: datetime) -> Row:
        return Refund(
            id=id,
            kind="quota",
            account=account,
            invoice=invoice,
            order=attempt,
            provider="midtrans",
            status="refunded" if settled else "approved",
            fingerprint=NOTHING,
            quantity=0,
            amount_idr=0,
            total_idr=0,
            policy="A",
            reason="batal",
            received_at=now,
            promise_at=now,
            pay_at=now,
            updated_at=now,
            timeline=[{"status": "received", "at": spell(now)}],
        ).row()

    def _tick(self) -> datetime:
        self.now += STEP
        return self.now
