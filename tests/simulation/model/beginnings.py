"""How the small worlds begin: rows that production moves have made."""

from __future__ import annotations

import hashlib
from datetime import timedelta

from meterai.domain import money
from meterai.domain.ids import derived
from meterai.domain.instants import spell
from meterai.domain.ledger import Move, Row
from meterai.domain.moves import purchase, quota, refund, stamping
from meterai.domain.rows import Account, Attempt, Document, Invoice, Payment, Quota, Refund, Report, Stamping, Token
from tests.fakes.ledger import MemoryLedger
from tests.simulation.model.actors import PROVIDER, SOURCE
from tests.simulation.model.hours import PAST, START
from tests.simulation.model.programs import ACCOUNT
from tests.simulation.model.table import Rows

DOCUMENT = "doc_model"
SHA256 = hashlib.sha256(SOURCE).hexdigest()
ONE = money.price(1).total_idr


def stamping_id(key: str) -> str:
    return derived("stp", ACCOUNT, "POST /v1/stampings", key)


def refund_id(key: str) -> str:
    return derived("rfd", ACCOUNT, "POST /v1/refunds", key)


def rows_after(*moves: Move) -> Rows:
    """The rows that an account has after production moves."""
    ledger = MemoryLedger()
    token = Token(id="tok_model", account=ACCOUNT, kind="account", created_at=PAST)
    account = Account(id=ACCOUNT, created_at=PAST)
    for move in (purchase.open_account(account, Quota(id=ACCOUNT), token), *moves):
        ledger.apply(move)
    return {key: row for key, row in ledger.rows.items() if key[1] not in ("account", "token")}


def _invoice(name: str, quantity: int, attempts: tuple[str, ...]) -> tuple[Invoice, list[Attempt]]:
    price = money.price(quantity)
    made = [
        Attempt(
            id=attempt,
            account=ACCOUNT,
            invoice=name,
            status="open",
            provider=PROVIDER,
            amount_idr=price.total_idr,
            method="qris",
            created_at=START,
            expires_at=START,
            ask_at=START,
        )
        for attempt in attempts
    ]
    invoice = Invoice(
        id=name,
        account=ACCOUNT,
        fingerprint="",
        status="awaiting_payment",
        quantity=quantity,
        unit_price_idr=price.unit_price_idr,
        fee_idr=price.fee_idr,
        total_idr=price.total_idr,
        method="qris",
        policy="A",
        attempt=attempts[0],
        attempts=1,
        created_at=START,
        expires_at=START,
    )
    return invoice, made


def bought(quantity: int, number: int = 1) -> tuple[Move, Move]:
    """An invoice that was paid at the beginning of time."""
    invoice, (attempt,) = _invoice(f"inv_{number}", quantity, (f"pay_{number}",))
    payment = Payment(
        id=f"txn_{PROVIDER}_t{number}",
        attempt=attempt.id,
        invoice=invoice.id,
        account=ACCOUNT,
        amount_idr=invoice.total_idr,
        paid_at=START,
        kept_as="pay",
    )
    return purchase.open_invoice(invoice, attempt), purchase.pay(invoice, attempt, payment, START)


def paid(quantity: int, number: int = 1) -> tuple[tuple[str, str, int], ...]:
    return ((f"pay_{number}", f"t{number}", money.price(quantity).total_idr),)


def brought(id: str = DOCUMENT) -> tuple[Move, Move]:
    document = Document(
        id=id,
        account=ACCOUNT,
        purpose="stamp",
        filename="surat.pdf",
        size=len(SOURCE),
        status="awaiting_upload",
        created_at=PAST,
        kept_until=START + timedelta(days=3650),
    )
    ready = Document.of({**document.row(), "status": "ready", "version": "1", "sha256": SHA256})
    page = {"width": 595_000, "height": 842_000, "rotation": 0}
    place = {"page": 1, "x": 700_000, "y": 800_000, "width": 100_000}
    report = Report(id=id, pages=[page], findings=[], suggested_placement=place)
    return stamping.bring_document(document), stamping.examined(document, ready, report)


def joined(key: str) -> Move:
    """A stamping that waits in the queue."""
    one = Stamping(
        id=stamping_id(key),
        account=ACCOUNT,
        document=DOCUMENT,
        fingerprint=DOCUMENT,
        status="queued",
        version="1",
        sha256=SHA256,
        size=len(SOURCE),
        page=1,
        x=700_000,
        y=800_000,
        width=100_000,
        joined_at=START,
        sent_at=START,
    )
    return stamping.reserve(one, another=False)


def two_attempts() -> Rows:
    invoice, (first, second) = _invoice("inv_1", 1, ("pay_1", "pay_2"))
    return rows_after(purchase.open_invoice(invoice, first), purchase.open_attempt(invoice, second))


def one_attempt() -> Rows:
    invoice, (attempt,) = _invoice("inv_1", 1, ("pay_1",))
    return rows_after(purchase.open_invoice(invoice, attempt))


def approved() -> tuple[Move, Move]:
    """A refund that the policy has approved, and whose time to be paid has come."""
    one = Refund(
        id=refund_id("first"),
        kind="quota",
        account=ACCOUNT,
        invoice="inv_1",
        provider=PROVIDER,
        order="pay_1",
        status="received",
        fingerprint="inv_1",
        quantity=1,
        amount_idr=money.percent_of(ONE, 75),
        total_idr=ONE,
        policy="A",
        reason="",
        received_at=START,
        promise_at=START,
        pay_at=PAST,
        updated_at=START,
        timeline=[],
    )
    return refund.hold(one, START, of=1, new=True), refund.approve(one, START)


def approved_payout(*milestones: int) -> Rows:
    """A refund that the policy has approved and no provider gives back: an account is wanted, and these days have passed."""
    hold, approve = approved()
    owner = Account(id=ACCOUNT, created_at=PAST, email="budi@example.id", email_verified_at=PAST)
    rows = rows_after(*bought(1), hold, approve)
    told_of: Row = {"way": "payout", "milestones": [{"day": day, "at": spell(PAST)} for day in milestones]}
    key = Refund.key_of(refund_id("first"))
    return rows | {key: rows[key] | told_of, owner.key: owner.row()}


def on_two_shards() -> Rows:
    return rows_after(*bought(2), *brought(), quota.shard(Quota(id=ACCOUNT), 2))
