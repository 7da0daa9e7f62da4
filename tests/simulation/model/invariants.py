"""What must be true in every state, and of every step. Each names itself when it is broken."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator

from meterai.domain.ledger import Key
from meterai.domain.policy import POLICIES, quote
from meterai.domain.rows import (
    Attempt,
    Destination,
    Document,
    Invoice,
    Payment,
    Quota,
    QuotaShard,
    Refund,
    Serial,
    Stamping,
)
from meterai.ports.outside import TOMBSTONE
from tests.simulation.model.actors import PROVIDER
from tests.simulation.model.world import View

HOLDING = ("received", "awaiting_decision", "awaiting_destination", "approved", "paying")
BOUGHT = ("paid", "refunding", "refunded")
OWNERS_OR_DOCUMENTS = ("stamping_cancelled", "document_unreadable")


def judge(view: View) -> str | None:
    """The first invariant that a world breaks, or None."""
    return next((name for name, holds in _invariants(view) if not holds), None)


def judge_step(before: View, after: View) -> str | None:
    """The first rule about steps that a move breaks, or None."""
    return next((name for name, holds in _rules(before, after) if not holds), None)


def _invariants(view: View) -> Iterator[tuple[str, bool]]:
    stampings, refunds, invoices = view.all(Stamping), view.all(Refund), view.all(Invoice)
    yield from _buckets(view, stampings, refunds, invoices)
    yield from _sealed(view, stampings)
    yield from _claims(view, stampings)
    yield from _paid(view, invoices)
    yield from _refunds(view, refunds, invoices)
    entries = {key[0].removeprefix("entry_") for key, row in view.rows.items() if key[1] == "entry" and row["lines"]}
    yield "each move of value has its one entry", entries == _moved(view, stampings, refunds)
    yield "entries sum to 0", all(_sum(view.rows[key]["lines"]) == 0 for key in view.rows if key[1] == "entry")


def _buckets(
    view: View, stampings: list[Stamping], refunds: list[Refund], invoices: list[Invoice]
) -> Iterator[tuple[str, bool]]:
    quota_refunds = [one for one in refunds if one.kind == "quota"]
    for pool in view.all(Quota):
        shards = view.all(QuotaShard)
        yield "pieces are conserved and nowhere negative", pool.balanced() and all(one.balanced() for one in shards)
        yield "what is out on shards is there", pool.shared == sum(one.shared_in for one in shards)
        held = sum(one.quantity for one in quota_refunds if one.status in HOLDING)
        yield "held is what refunds hold", pool.held == held
        refunded = sum(one.quantity for one in quota_refunds if one.status == "refunded")
        yield "refunded is what refunds refunded", pool.refunded == refunded
        bought = sum(one.quantity for one in invoices if one.status in BOUGHT)
        yield "unpaid grants nothing, paid is credited", pool.paid_in == bought
    purses: list[Quota | QuotaShard] = [*view.all(Quota), *view.all(QuotaShard)]
    for purse in purses:
        mine = [one for one in stampings if one.purse == purse.key]
        under_way = sum(one.status in ("queued", "sealing") for one in mine)
        yield "reserved is what is queued or sealing", purse.reserved == under_way
        yield "used is what is done", purse.used == sum(one.status == "done" for one in mine)


def _sealed(view: View, stampings: list[Stamping]) -> Iterator[tuple[str, bool]]:
    serials = [one.serial for one in stampings if one.serial]
    yield "a serial belongs to one stamping", len(serials) == len(set(serials))
    register = {one.id: one for one in view.all(Serial)}
    for one in stampings:
        there = view.files.get((one.id, one.serial or ""))
        serial = register.get(one.serial or "")
        if one.serial:
            yield "a stamping's serial is its own in the register", serial is not None and serial.stamping == one.id
        if one.status == "done":
            sealed = there is not None and not there.startswith(TOMBSTONE)
            yield "done has sealed bytes at its key", sealed
            digest = hashlib.sha256(there or b"").hexdigest()
            affixed = serial is not None and serial.state == "affixed"
            yield "the register's hash is the file's", affixed and one.sealed_sha256 == digest == serial.sealed_sha256  # type: ignore[union-attr]
            yield "the sealed bytes carry the stamping's serial", (one.serial or "").encode() in (there or b"")
        elif serial is not None:
            yield "only done is affixed", serial.state == ("void" if one.status == "released" else "issued")
        if one.status == "released" and one.serial:
            yield "released has a tombstone", there is not None and there.startswith(TOMBSTONE)
        if one.status == "released":
            yield "released because of the document or its owner alone", one.reason in OWNERS_OR_DOCUMENTS


def _claims(view: View, stampings: list[Stamping]) -> Iterator[tuple[str, bool]]:
    for document in view.all(Document):
        mine = [one for one in stampings if one.document == document.id]
        claiming = {one.id for one in mine if one.status != "released"}
        yield "a claim is its stampings that were not released", document.claim == claiming
        under_way = any(one.status in ("queued", "sealing") for one in mine)
        yield "a source lives while it is needed", not (under_way and document.id in view.world.gone)
        more = sum(one.reference == "another" for one in mine if one.id in claiming)
        yield "a second piece goes on a document only when asked for", len(claiming) - more <= 1


def _paid(view: View, invoices: list[Invoice]) -> Iterator[tuple[str, bool]]:
    made = {f"txn_{PROVIDER}_{transaction}": (order, amount) for order, transaction, amount in view.world.payments}
    payments, attempts = view.all(Payment), view.all(Attempt)
    refunds = {one.fingerprint: one for one in view.all(Refund) if one.kind == "payment"}
    for one in payments:
        yield "a kept payment was made", made.get(one.id) == (one.attempt, one.amount_idr)
        yield "a payment buys or goes back, never both", (one.kept_as == "overpay") == (one.id in refunds)
        if one.id in refunds:
            yield "all of what bought nothing goes back", refunds[one.id].amount_idr == one.amount_idr
    yield "nothing goes back that was not paid", refunds.keys() <= {one.id for one in payments}
    for invoice in invoices:
        buying = [one for one in payments if one.invoice == invoice.id and one.kept_as == "pay"]
        yield "a paid invoice was paid once", len(buying) == (invoice.status in BOUGHT)
        settled = [one for one in attempts if one.invoice == invoice.id and one.status == "settled"]
        yield "a paid invoice has one settled attempt", [one.id for one in settled] == [one.attempt for one in buying]
        yield "what buys is the price", all(one.amount_idr == invoice.total_idr for one in buying)


def _refunds(view: View, refunds: list[Refund], invoices: list[Invoice]) -> Iterator[tuple[str, bool]]:
    sent = [one for one in view.world.sent if one[3] != "refused"]
    left = [(key.rpartition("-")[0], amount) for key, _, amount in view.world.payouts]
    left += [(key.rpartition("-")[0], amount) for key, _, amount, _ in sent]
    paid_out, amounts = Counter(id for id, _ in left), set(left)
    for key, number, _, _ in sent:
        told = view.one(Destination, key.rpartition("-")[0])
        yield "a payout goes to the account that was told", told is not None and told.number == number
    for one in refunds:
        arrived = {key for key, _, _, state in sent if state == "settled"} | {key for key, _, _ in view.world.payouts}
        yield "refunded is what arrived", one.status != "refunded" or one.provider_key in arrived
        if one.way == "payout" and one.status in ("paying", "refunded"):
            yield "a payout has two officers", len({one.decided_by, one.paid_by} - {None}) == 2
        yield "a refund is paid out at most once", paid_out[one.id] <= 1
        if paid_out[one.id]:
            yield "only what is paying or refunded was paid out", one.status in ("paying", "refunded")
            yield "what is paid out is the refund's amount", (one.id, one.amount_idr) in amounts
        yield "refunded was paid out", one.status != "refunded" or paid_out[one.id] == 1
        if one.kind == "payment":
            unbound = one.status in ("approved", "paying", "awaiting_decision", "refunded")
            yield "nobody cancels or rejects the refund of a payment", unbound
    for invoice in invoices:
        mine = [one for one in refunds if one.invoice == invoice.id and one.kind == "quota"]
        open_ones = [one for one in mine if not one.ended]
        yield "an invoice has one open refund at most", len(open_ones) <= 1
        yield "open_refund is the open refund", {one.id for one in open_ones} == {invoice.open_refund} - {None}
        holding = any(one.status in HOLDING for one in mine)
        yield "refunding is what a refund holds", (invoice.status == "refunding") == holding
        gone = any(one.status == "refunded" for one in mine)
        yield "a refunded invoice is one whose refund ended so", (invoice.status == "refunded") == gone
        window = POLICIES[invoice.policy].window
        for one in mine:
            since = invoice.offered_at or invoice.paid_at
            in_time = since is not None and (window is None or one.received_at <= since + window)
            yield "a refund was asked for in time", in_time


def _moved(view: View, stampings: list[Stamping], refunds: list[Refund]) -> set[str]:
    """What has moved value, as its entries are named."""
    payments = view.all(Payment)
    return (
        {f"pay_{one.attempt}" for one in payments if one.kept_as == "pay"}
        | {f"overpay_{one.id}" for one in payments if one.kept_as == "overpay"}
        | {f"commit_{one.id}" for one in stampings if one.status == "done"}
        | {f"settle_{one.id}" for one in refunds if one.status == "refunded"}
    )


def _sum(lines: object) -> int:
    assert isinstance(lines, dict)
    return sum(lines.values())


def _rules(before: View, after: View) -> Iterator[tuple[str, bool]]:
    yield "no row goes", before.rows.keys() <= after.rows.keys()
    for key, row in after.rows.items():
        if key in before.rows and before.rows[key] != row:
            yield from _changed(before, after, key)
        elif key not in before.rows and key[1] == Payment.name:
            yield "what could buy is not sent back", not _could_buy(before, Payment.of(row))


def _changed(before: View, after: View, key: Key) -> Iterator[tuple[str, bool]]:
    _, noun = key
    old, new = before.rows[key], after.rows[key]
    yield "entries and payments never change", noun not in ("entry", "payment")
    if noun == "serial":
        yield (
            "a serial is affixed or void for ever",
            (old["state"], new["state"]) in (("issued", "affixed"), ("issued", "void")),
        )
    if noun == "stamping":
        stamping, then = Stamping.of(old), Stamping.of(new)
        yield "an ended stamping stays as it ended", not stamping.ended
        yield "a serial stays its stamping's own for ever", stamping.serial in (None, then.serial)
        taken = stamping.status == "sealing" and not then.ended
        dead = stamping.lease_until is not None and stamping.lease_until < before.now
        yield "a live lease is respected", not taken or dead
        yield "a stamping stays in its purse", stamping.purse == then.purse
    if noun == "refund":
        refund, later = Refund.of(old), Refund.of(new)
        yield "an ended refund stays as it ended", not refund.ended or refund.status == later.status
        ways = ("paying", "refunded", "awaiting_decision")
        yield "out of paying only by the provider's definite answer", refund.status != "paying" or later.status in ways
        again = later.status == "awaiting_destination" and refund.status == "approved" and later.destination is not None
        yield "an account that was told is not asked for again", not again
        bounced = refund.status == "paying" and later.status == "awaiting_decision"
        stays = later.destination or later.decided_by or later.paid_by
        yield "what came back needs another account and two officers anew", not (bounced and stays)
        ordered = refund.paid_by is None and later.paid_by is not None
        yield "who orders has an account before them", not ordered or later.destination is not None
        told = refund.status == "awaiting_destination" and later.status == "approved"
        yield "an officer's decision is of the account that was told", not told or later.decided_by is None
        if refund.status == "pending" and later.status == "rejected":
            yield "a request is rejected only for what the policy says", not _deserved(before, refund)
    if noun == "attempt":
        yield (
            "a settled attempt stays settled",
            old["status"] not in ("settled", "overpaid") or old["status"] == new["status"],
        )
    if noun == "invoice":
        bought = old["status"] in BOUGHT
        yield "a paid invoice is never unpaid again", not bought or new["status"] in BOUGHT
        yield "a refunded invoice stays so", old["status"] != "refunded"


def _could_buy(view: View, payment: Payment) -> bool:
    attempt, invoice = view.one(Attempt, payment.attempt), view.one(Invoice, payment.invoice)
    assert attempt is not None
    assert invoice is not None
    waiting = attempt.status in ("open", "expired", "denied") and invoice.status in ("awaiting_payment", "expired")
    return payment.kept_as == "overpay" and waiting and payment.amount_idr == attempt.amount_idr


def _deserved(view: View, refund: Refund) -> bool:
    """Whether the policy grants a recorded request, judged at the instant it arrived, with the pieces there are."""
    invoice, pool = view.one(Invoice, refund.invoice), view.one(Quota, refund.account)
    assert invoice is not None
    assert pool is not None
    whole = pool.whole(view.all(QuotaShard))
    return quote(invoice, whole, refund.received_at, own_refund=refund.id).eligible
