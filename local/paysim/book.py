"""What the simulated providers know, in one SQLite file: what was answered survives a kill -9 at any line."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Status = Literal["pending", "settlement", "deny", "expire", "refund", "partial_refund"]
PaymentType = Literal["qris", "gopay", "bank_transfer"]
ProviderName = Literal["midtrans", "xendit"]
PayoutStatus = Literal["ACCEPTED", "SUCCEEDED", "FAILED", "REVERSED"]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS payment (
    transaction_id TEXT PRIMARY KEY, order_id TEXT NOT NULL, rank INTEGER NOT NULL, status TEXT NOT NULL,
    body TEXT NOT NULL, UNIQUE (order_id, rank));
CREATE INDEX IF NOT EXISTS payment_by_status ON payment (status);
CREATE TABLE IF NOT EXISTS payout (
    payout_id TEXT PRIMARY KEY, asked_key TEXT NOT NULL UNIQUE, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS name_check (check_id TEXT PRIMARY KEY, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS planned (
    number INTEGER PRIMARY KEY AUTOINCREMENT, provider TEXT NOT NULL, at REAL NOT NULL, kind TEXT NOT NULL,
    id TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS delivery (
    number INTEGER PRIMARY KEY AUTOINCREMENT, due_at REAL NOT NULL, failures INTEGER NOT NULL, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS knobs (one INTEGER PRIMARY KEY CHECK (one = 1), body TEXT NOT NULL);
"""


class Refund(BaseModel):
    """Xendit's are under way at first and have an id and a reference; Midtrans' are done at once."""

    key: str
    amount_idr: int
    reason: str
    number: int
    created_at: datetime
    id: str = ""
    reference_id: str | None = None
    status: Literal["PENDING", "SUCCEEDED", "FAILED"] = "SUCCEEDED"


class Transaction(BaseModel):
    """One payment of an order, or the wish for one. `rank` 0 is the one that the order id names; a person who pays
    twice makes rank 1, known by its transaction id only. `gross_amount` is as the wire shows it, `charged_idr` what
    was asked. `request_id`, `method_id` and `asked` (the digest of the charge's body) are Xendit's."""

    provider: ProviderName = "midtrans"
    transaction_id: str
    order_id: str
    rank: int = 0
    payment_type: PaymentType
    status: Status = "pending"
    charged_idr: int
    gross_amount: str
    currency: str = "IDR"
    transaction_at: datetime
    expires_at: datetime
    settled_at: datetime | None = None
    qr_string: str | None = None
    bank: str | None = None
    va_number: str | None = None
    refunds: list[Refund] = []
    request_id: str | None = None
    method_id: str | None = None
    asked: str | None = None


class Payout(BaseModel):
    """Money on its way to a bank account. `next` are the states that it will go through, each at its planned instant."""

    payout_id: str
    asked_key: str
    reference_id: str
    channel_code: str
    account_holder_name: str
    account_number: str
    amount_idr: int
    description: str
    status: PayoutStatus = "ACCEPTED"
    failure_code: str | None = None
    created_at: datetime
    updated_at: datetime
    next: list[PayoutStatus] = []


class NameCheck(BaseModel):
    """A question whose account a number is. `holder` is None for an account that the bank does not know; the answer is there
    from `ready_at` on."""

    check_id: str
    bank_code: str
    bank_account_number: str
    holder: str | None
    virtual: bool
    created_at: datetime
    ready_at: datetime


class Notice(BaseModel):
    """A notification as it will be posted. `topic` says which of the provider's notification addresses it goes to."""

    provider: ProviderName
    topic: Literal["payments", "refunds", "payouts"] = "payments"
    headers: dict[str, str] = {}
    body: str


class Delivery(BaseModel):
    """A notice to be delivered, and how often that failed."""

    number: int
    failures: int
    notice: Notice


class Knobs(BaseModel):
    """What goes wrong on purpose."""

    model_config = ConfigDict(extra="forbid", strict=True)

    outage: bool = False
    """every provider route answers 503"""
    delay_answers_seconds: Annotated[float, Field(ge=0, le=60)] = 0
    drop_notifications: bool = False
    duplicate_notifications: bool = False
    delay_notifications_seconds: Annotated[float, Field(ge=0, le=86400)] = 0
    reorder_notifications: bool = False
    """every other notification is held back, so that the next one overtakes it"""
    wrong_signature: bool = False
    """Midtrans' signature_key, Xendit's x-callback-token"""
    wrong_amount: Annotated[str, StringConstraints(pattern=r"^[0-9]{1,12}(\.[0-9]{1,2})?$")] | None = None
    """the gross_amount that the next settlements show, for instance "9999.00" or "10000.50" """
    wrong_currency: str | None = None
    charge_answer_lost: bool = False
    """the charge is booked and the answer is 500"""
    refund_refused: bool = False
    """by the payer's bank: Midtrans says so at once, Xendit when the refund has been under way"""
    refund_answer_lost: bool = False
    """the refund is booked and the answer is 500"""
    refund_pending_seconds: Annotated[float, Field(ge=0, le=86400)] = 0
    """how long Xendit's refunds are under way"""
    payout_bounced: Literal["failed", "reversed"] | None = None
    """an accepted payout fails, or succeeds and then comes back"""
    payout_answer_lost: bool = False
    payout_never_made: Literal["MAXIMUM_TRANSFER_LIMIT_ERROR", "CHANNEL_CODE_NOT_SUPPORTED"] | None = None
    """payouts are turned down at once"""
    payout_pending_seconds: Annotated[float, Field(ge=0, le=86400)] = 0
    account_holder: Annotated[str, StringConstraints(max_length=100)] = "FIRA DIYANKA"
    """whose every account is, as the name check says it"""
    account_unknown: bool = False
    account_virtual: bool = False
    name_check_outage: bool = False
    name_check_pending_seconds: Annotated[float, Field(ge=0, le=86400)] = 0
    """how long the bank takes to answer the name check"""


class Book:
    """The rows, one writer at a time. `path` may be ":memory:"."""

    def __init__(self, path: str) -> None:
        self._lock = threading.RLock()
        self._rows = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._rows.execute("PRAGMA journal_mode = WAL")
        self._rows.execute("PRAGMA synchronous = NORMAL")
        self._rows.executescript(_SCHEMA)

    def close(self) -> None:
        with self._lock:
            self._rows.close()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Nobody else reads or writes: what is read in the block still holds when it is acted upon."""
        with self._lock:
            yield

    @contextmanager
    def writing(self) -> Iterator[None]:
        """All of the block or nothing of it."""
        with self._lock:
            self._rows.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._rows.execute("ROLLBACK")
                raise
            self._rows.execute("COMMIT")

    def find(self, payment_id: str) -> Transaction | None:
        """By transaction id, or the first payment of an order id."""
        found = self._transactions(
            "transaction_id = ?1 OR (order_id = ?1 AND rank = 0) ORDER BY transaction_id = ?1 DESC LIMIT 1", payment_id
        )
        return found[0] if found else None

    def of_order(self, order_id: str) -> list[Transaction]:
        return self._transactions("order_id = ? ORDER BY rank", order_id)

    def pending(self) -> list[Transaction]:
        return self._transactions("status = ?", "pending")

    def of_request(self, request_id: str) -> list[Transaction]:
        """The payments of one of Xendit's payment requests."""
        return self._transactions("json_extract(body, '$.request_id') = ? ORDER BY rank", request_id)

    def of_method(self, method_id: str) -> list[Transaction]:
        """The payments of one of Xendit's codes."""
        return self._transactions("json_extract(body, '$.method_id') = ? ORDER BY rank", method_id)

    def put(self, transaction: Transaction) -> None:
        self._rows.execute(
            "INSERT INTO payment VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (transaction_id) DO UPDATE SET status = excluded.status, body = excluded.body",
            (
                transaction.transaction_id,
                transaction.order_id,
                transaction.rank,
                transaction.status,
                transaction.model_dump_json(),
            ),
        )

    def plan(self, provider: ProviderName, kind: str, id: str, at: datetime) -> None:
        """A provider will take something a step further when its instant comes."""
        values = (provider, at.timestamp(), kind, id)
        self._rows.execute("INSERT INTO planned (provider, at, kind, id) VALUES (?, ?, ?, ?)", values)

    def ripe(self, provider: ProviderName, now: datetime) -> list[tuple[int, str, str]]:
        """What a provider planned for `now` or earlier: number, kind and id."""
        with self._lock:
            return self._rows.execute(
                "SELECT number, kind, id FROM planned WHERE provider = ? AND at <= ? ORDER BY at, number",
                (provider, now.timestamp()),
            ).fetchall()

    def unplan(self, number: int) -> None:
        self._rows.execute("DELETE FROM planned WHERE number = ?", (number,))

    def put_payout(self, payout: Payout) -> None:
        self._rows.execute(
            "INSERT INTO payout VALUES (?, ?, ?) ON CONFLICT (payout_id) DO UPDATE SET body = excluded.body",
            (payout.payout_id, payout.asked_key, payout.model_dump_json()),
        )

    def payouts(self) -> list[Payout]:
        """Every payout, newest first."""
        with self._lock:
            rows = self._rows.execute("SELECT body FROM payout ORDER BY rowid DESC").fetchall()
        return [Payout.model_validate_json(row[0]) for row in rows]

    def put_name_check(self, check: NameCheck) -> None:
        self._rows.execute("INSERT INTO name_check VALUES (?, ?)", (check.check_id, check.model_dump_json()))

    def name_check(self, check_id: str) -> NameCheck | None:
        with self._lock:
            row = self._rows.execute("SELECT body FROM name_check WHERE check_id = ?", (check_id,)).fetchone()
        return NameCheck.model_validate_json(row[0]) if row else None

    def enqueue(self, notice: Notice, due_at: datetime) -> None:
        self._rows.execute(
            "INSERT INTO delivery (due_at, failures, body) VALUES (?, 0, ?)",
            (due_at.timestamp(), notice.model_dump_json()),
        )

    def holds_back(self, now: datetime) -> bool:
        """Whether a notification that was never sent is not yet due."""
        with self._lock:
            held = self._rows.execute(
                "SELECT count(*) FROM delivery WHERE due_at > ? AND failures = 0", (now.timestamp(),)
            )
            return bool(held.fetchone()[0])

    def due(self, now: datetime) -> list[Delivery]:
        with self._lock:
            rows = self._rows.execute(
                "SELECT number, failures, body FROM delivery WHERE due_at <= ? ORDER BY due_at, number",
                (now.timestamp(),),
            ).fetchall()
        return [
            Delivery(number=number, failures=failures, notice=Notice.model_validate_json(body))
            for number, failures, body in rows
        ]

    def waiting(self) -> int:
        """How many notifications are still to be delivered."""
        with self._lock:
            return int(self._rows.execute("SELECT count(*) FROM delivery").fetchone()[0])

    def postpone(self, number: int, failures: int, due_at: datetime) -> None:
        self._rows.execute(
            "UPDATE delivery SET failures = ?, due_at = ? WHERE number = ?", (failures, due_at.timestamp(), number)
        )

    def forget(self, number: int) -> None:
        self._rows.execute("DELETE FROM delivery WHERE number = ?", (number,))

    def knobs(self) -> Knobs:
        with self._lock:
            row = self._rows.execute("SELECT body FROM knobs").fetchone()
        return Knobs.model_validate_json(row[0]) if row else Knobs()

    def turn(self, knobs: Knobs) -> None:
        self._rows.execute("INSERT OR REPLACE INTO knobs VALUES (1, ?)", (knobs.model_dump_json(),))

    def _transactions(self, where: str, value: str) -> list[Transaction]:
        with self._lock:
            rows = self._rows.execute(f"SELECT body FROM payment WHERE {where}", (value,)).fetchall()  # noqa: S608
        return [Transaction.model_validate_json(row[0]) for row in rows]
