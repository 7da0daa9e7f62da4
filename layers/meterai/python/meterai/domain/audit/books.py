"""Whether every balance and bucket is what the entries and the open rows make it, and rows and entries agree."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from meterai.domain import desk, money
from meterai.domain.audit.findings import ABSENT, Finding, Pairs
from meterai.domain.ids import derived
from meterai.domain.instants import spell
from meterai.domain.ledger import Row
from meterai.domain.money import DUTY_IDR

HELD = frozenset({"received", "awaiting_decision", "awaiting_destination", "approved", "paying"})
"""A refund of kind quota holds its invoice's pieces in these (ARCHITECTURE: held)."""
ENDED = frozenset({"refunded", "rejected", "cancelled"})
PAID = frozenset({"paid", "refunding", "refunded"})
BUCKETS = (
    "available",
    "reserved",
    "used",
    "held",
    "refunded",
    "in_vouchers",
    "given",
    "paid_in",
    "redeemed_in",
    "shared",
)
ON_SHARDS = ("available", "reserved", "used")
LEDGER_ACCOUNTS = ("clearing", "liability", "fee", "duty", "refund_payable", "retained")
_COMMIT = money.commit_entry().lines
_Lines = tuple[tuple[str, int], ...]
_Booked = tuple[str, _Lines]


@dataclass(slots=True)
class _Pieces:
    """Where an account's pieces are, by its entries and open rows."""

    paid_in: int = 0
    used: int = 0
    refunded: int = 0
    reserved: int = 0
    held: int = 0


class Books:
    """Takes rows in any order; then names what disagrees."""

    def __init__(self) -> None:
        self._pieces: defaultdict[str, _Pieces] = defaultdict(_Pieces)
        self._quotas: dict[str, list[int]] = {}
        self._shards: defaultdict[str, list[int]] = defaultdict(lambda: [0] * (len(ON_SHARDS) + 1))
        self._totals: Counter[str] = Counter()
        self._owed: Counter[str] = Counter()
        self._commits = 0
        self._committed: dict[str, _Booked] = {}
        self._unbalanced: list[Finding] = []
        self._entries: Pairs[_Booked] = Pairs(
            "lines",
            differs="entry_differs",
            found_absent="row_without_entry",
            expected_absent="entry_without_row",
            show=_shown,
        )
        self._acts: Pairs[tuple[str, ...]] = Pairs(
            "act",
            differs="entry_differs",
            found_absent="row_without_entry",
            expected_absent="entry_without_row",
            show=" ".join,
        )
        self._payments: Pairs[tuple[str, int]] = Pairs(
            "invoice and amount",
            differs="payment_differs",
            found_absent="payment_differs",
            expected_absent="payment_differs",
            show=_plain,
        )
        self._refunds: Pairs[tuple[str, int]] = Pairs(
            "state and amount",
            differs="refund_differs",
            found_absent="refund_differs",
            expected_absent="refund_differs",
            show=_plain,
        )
        self._serials: Pairs[tuple[str, str]] = Pairs(
            "stamping and bytes",
            differs="serial_differs",
            found_absent="serial_differs",
            expected_absent="serial_differs",
            show=_plain,
        )

    # What is heard ---------------------------------------------------------------------------------------------------------

    def entry(self, id: str, row: Row) -> None:
        """An entry. Raises KeyError, TypeError or ValueError when it cannot be one."""
        account, lines = _text(row["account"]), row["lines"]
        _, move, _ = id.split("_", 2)
        pieces = self._pieces[account]
        if move == "commit" and lines == _COMMIT:
            self._commits += 1
            pieces.used += 1
            self._entries.find(id, self._commit_of(account))
            return
        if not isinstance(lines, dict):
            raise TypeError("lines are a mapping")
        if move in desk.ACTS and not lines:
            self._acts.find(id, (account, _text(row["by"]), _text(row["at"]), _text(row["reason"])))
            return
        booked = {name: _int(amount) for name, amount in lines.items()}
        self._totals.update(booked)
        if off := sum(booked.values()):
            self._unbalanced.append(Finding("entry_unbalanced", id, "sum of lines", "0", str(off)))
        self._entries.find(id, (account, _lines(booked)))
        owed = booked.get("liability", 0)
        if move == "pay":
            pieces.paid_in += -owed // DUTY_IDR
        elif move == "commit":
            pieces.used += 1
        elif move == "settle" and owed:
            pieces.refunded += owed // DUTY_IDR

    def quota(self, account: str, row: Row) -> None:
        """An account's quota: its pool."""
        self._quotas[account] = [_int(row.get(name, 0)) for name in BUCKETS]

    def shard(self, id: str, row: Row) -> None:
        """A shard of a busy account's quota."""
        on = self._shards[id.rpartition("#")[0]]
        for index, name in enumerate((*ON_SHARDS, "shared_in")):
            on[index] += _int(row.get(name, 0))
            if _int(row.get(name, 0)) < 0:
                self._unbalanced.append(Finding("quota_negative", id, name, "0 or more", str(row[name])))

    def invoice(self, id: str, row: Row) -> None:
        """An invoice: a paid one has a payment and an entry, one whose pieces went or go back has a refund."""
        status = row["status"]
        if status not in PAID:
            return
        account, paid_by = _text(row["account"]), _text(row["paid_by"])
        bought = money.Price(_int(row["quantity"]), _int(row["unit_price_idr"]), _int(row["fee_idr"]))
        self._entries.expect(f"entry_pay_{paid_by}", (account, _lines(money.pay_entry(bought).lines)))
        self._payments.expect(paid_by, (id, bought.total_idr))
        back = money.share(bought, _int(row.get("returning", bought.quantity)))
        self._owed["fee"] -= bought.fee_idr - (back.fee_idr if status == "refunded" else 0)
        if status != "paid":
            self._refunds.expect(id, (str(status), back.total_idr))

    def payment(self, id: str, row: Row) -> None:
        """A payment: it bought an invoice's pieces, or its refund was made with it."""
        amount = _int(row["amount_idr"])
        self._owed["clearing"] += amount
        if row["kept_as"] == "pay":
            self._payments.find(_text(row["attempt"]), (_text(row["invoice"]), amount))
            return
        lines = _lines(money.overpay_entry(amount).lines)
        self._entries.expect(f"entry_overpay_{id}", (_text(row["account"]), lines))
        self._refunds.expect(derived("rfd", id), ("overpaid", amount))

    def stamping(self, id: str, row: Row) -> None:
        """A stamping: one under way has a piece reserved, a done one has an entry and an affixed serial."""
        account, status = _text(row["account"]), row["status"]
        if status == "done":
            self._owed["duty"] -= DUTY_IDR
            self._entries.expect(f"entry_commit_{id}", self._commit_of(account))
            self._serials.expect(_text(row["serial"]), (id, _text(row["sealed_sha256"]) + _text(row["sha256"])))
        elif status in ("queued", "sealing"):
            self._pieces[account].reserved += 1

    def serial(self, id: str, row: Row) -> None:
        """A serial of the register: an affixed one belongs to the stamping that is done with it."""
        if row["state"] == "affixed":
            bytes_of_it = _text(row["sealed_sha256"]) + _text(row["input_sha256"])
            self._serials.find(id, (_text(row["stamping"]), bytes_of_it))

    def refund(self, id: str, row: Row) -> None:
        """A refund: an open one holds pieces or is owed, a refunded one has an entry."""
        status, account = str(row["status"]), _text(row["account"])
        amount, total, quantity = _int(row["amount_idr"]), _int(row["total_idr"]), _int(row["quantity"])
        if row["kind"] == "payment":
            self._refunds.find(id, ("overpaid", amount))
            entry = money.settle_payment_entry(amount)
            if status not in ENDED:
                self._owed["refund_payable"] -= amount
        else:
            bought = money.Price(quantity, DUTY_IDR, total - quantity * DUTY_IDR)
            entry = money.settle_quota_entry(bought, amount)
            if status in HELD:
                self._pieces[account].held += quantity
                self._refunds.find(_text(row["invoice"]), ("refunding", total))
        self._officers(id, account, status, row)
        if status == "refunded":
            self._owed["clearing"] -= amount
            self._entries.expect(f"entry_settle_{id}", (account, _lines(entry.lines)))
            if row["kind"] == "quota":
                self._owed["retained"] -= total - amount
                self._refunds.find(_text(row["invoice"]), ("refunded", total))

    def _officers(self, id: str, account: str, status: str, row: Row) -> None:
        """What officers did about a refund has an entry each, and a payout was decided by one and ordered by another."""
        timeline = row.get("timeline", [])
        if not isinstance(timeline, list):
            raise TypeError("a timeline is a list")
        done = desk.acts_of([line for line in timeline if isinstance(line, dict)])
        for one in done:
            self._acts.expect(f"entry_{one.act}_{id}_{one.number}", (account, one.by, spell(one.at), one.reason))
        if row.get("way") == "payout" and status in ("paying", "refunded"):
            last = {one.act: one.by for one in done}
            approved, paid = last.get("approve"), last.get("payout")
            found = (row.get("decided_by"), row.get("paid_by"))
            if found != (approved, paid) or approved is None or paid is None or approved == paid:
                self._unbalanced.append(
                    Finding("payout_unauthorised", id, "officers", "one who decided, another who ordered", _two(*found))
                )

    # What is said ----------------------------------------------------------------------------------------------------------

    def findings(self) -> Iterator[Finding]:
        """What disagrees."""
        yield from self._unbalanced
        for pairs in (self._entries, self._acts, self._payments, self._refunds, self._serials):
            yield from pairs.findings()
        for account in sorted(self._pieces.keys() | self._quotas.keys() | self._shards.keys()):
            yield from self._quota(account)
        yield from self._ledger()

    def _quota(self, account: str) -> Iterator[Finding]:
        pieces, row = self._pieces.get(account, _Pieces()), self._quotas.get(account)
        if row is None:
            yield Finding("quota_differs", account, "row", "present", ABSENT)
            return
        found = dict(zip(BUCKETS, row, strict=True))
        for name, amount in found.items():
            if amount < 0:
                yield Finding("quota_negative", account, name, "0 or more", str(amount))
        for name, amount in zip(ON_SHARDS, self._shards.get(account, ()), strict=False):
            found[name] += amount
        found["shared"] -= self._shards[account][-1] if account in self._shards else 0
        expected = dict.fromkeys(BUCKETS, 0) | {
            "paid_in": pieces.paid_in,
            "used": pieces.used,
            "refunded": pieces.refunded,
            "reserved": pieces.reserved,
            "held": pieces.held,
            "available": pieces.paid_in - pieces.used - pieces.refunded - pieces.reserved - pieces.held,
        }
        for name in BUCKETS:
            if found[name] != expected[name]:
                yield Finding("quota_differs", account, name, str(expected[name]), str(found[name]))

    def _ledger(self) -> Iterator[Finding]:
        """The six accounts of the book: what the entries add up to, and what the rows say they must."""
        totals = self._totals.copy()
        for name, amount in _COMMIT.items():
            totals[name] += amount * self._commits
        by_bucket = dict(zip(BUCKETS, map(sum, zip(*self._quotas.values(), strict=True)), strict=False))
        used = by_bucket.get("used", 0) + sum(on[ON_SHARDS.index("used")] for on in self._shards.values())
        came = by_bucket.get("paid_in", 0) + by_bucket.get("redeemed_in", 0)
        went = used + by_bucket.get("refunded", 0) + by_bucket.get("given", 0)
        expected = {name: self._owed[name] for name in LEDGER_ACCOUNTS} | {"liability": -DUTY_IDR * (came - went)}
        for name in sorted(totals.keys() | expected.keys()):
            if totals[name] != expected.get(name, 0):
                yield Finding("ledger_account_differs", name, "idr", str(expected.get(name, 0)), str(totals[name]))
        if off := sum(totals.values()):
            yield Finding("ledger_unbalanced", "ledger", "sum of all entries", "0", str(off))

    def _commit_of(self, account: str) -> _Booked:
        """What every commit of an account books: one object for all of them, for there are many."""
        known = self._committed.get(account)
        if known is None:
            known = self._committed[account] = (account, _lines(_COMMIT))
        return known


def _lines(lines: dict[str, int]) -> _Lines:
    return tuple(sorted((name, amount) for name, amount in lines.items() if amount))


def _shown(booked: _Booked) -> str:
    account, lines = booked
    return " ".join([account, *(f"{name}:{amount}" for name, amount in lines)])


def _two(decided_by: object, paid_by: object) -> str:
    return f"decided by {decided_by or 'nobody'}, ordered by {paid_by or 'nobody'}"


def _plain(said: tuple[str, object]) -> str:
    return f"{said[0]} {said[1]}"


def _int(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError("not a whole number")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("not text")
    return value
