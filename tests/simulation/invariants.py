"""What must hold after every step on what the step touched, and at rest on everything."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from meterai.domain.ledger import Key
from meterai.domain.rows import REFUND_ENDED
from meterai.ports.outside import TOMBSTONE

Image = dict[str, Any]
"""A row as it was, or is."""
BUCKETS = ("available", "reserved", "used", "held", "refunded", "in_vouchers", "given")
COUNTED = ("reserved", "used", "held", "refunded", "paid_in")
WAITING = ("queued", "sealing")
BOUGHT = ("paid", "refunding", "refunded")
HOLDING = ("received", "awaiting_decision", "awaiting_destination", "approved", "paying")

STEPS: dict[str, dict[str | None, tuple[str, ...]]] = {
    "stamping": {
        None: ("queued", "released"),
        "queued": ("sealing", "released"),
        "sealing": ("queued", "sealing", "done", "released"),
        "done": (),
        "released": (),
    },
    "serial": {
        None: ("issued", "burnt"),
        "issued": ("affixed", "void", "burnt"),
        "burnt": ("spare", "void"),
        "spare": ("issued",),
        "affixed": (),
        "void": (),
    },
    "invoice": {
        None: ("awaiting_payment",),
        "awaiting_payment": ("expired", "paid"),
        "expired": ("awaiting_payment", "paid"),
        "paid": ("refunding",),
        "refunding": ("paid", "refunded"),
        "refunded": (),
    },
    "attempt": {
        None: ("open",),
        "open": ("expired", "denied", "settled", "overpaid"),
        "expired": ("settled", "overpaid"),
        "denied": ("settled", "overpaid"),
        "settled": (),
        "overpaid": (),
    },
    "refund": {
        None: ("unconfirmed", "pending", "received", "approved"),
        "unconfirmed": ("pending", "received", "rejected", "cancelled"),
        "pending": ("received", "rejected", "cancelled"),
        "received": ("approved", "cancelled", "rejected"),
        "approved": ("paying", "awaiting_destination", "awaiting_decision", "cancelled", "rejected"),
        "awaiting_destination": ("approved", "cancelled", "rejected"),
        "paying": ("refunded", "awaiting_decision"),
        "awaiting_decision": ("approved", "cancelled", "rejected"),
        "refunded": (),
        "rejected": (),
        "cancelled": (),
    },
}
"""The states of each noun and the steps between them (DESIGN: the table of moves)."""


class Broken(AssertionError):
    """An invariant does not hold."""


class Watch:
    """Looks on while rows change, and keeps its own count of what the buckets say.

    `stored` gives the bytes at a sealed key. Every check is made against this count, never against the row itself."""

    def __init__(self, stored: Callable[[str, str], bytes | None]) -> None:
        self._stored = stored
        self._touched: set[str] = set()
        self.quota: dict[str, dict[str, int]] = defaultdict(
            lambda: dict.fromkeys((*BUCKETS, "paid_in", "redeemed_in", "shared", "shared_in"), 0)
        )
        self.counted: dict[str, dict[str, int]] = defaultdict(lambda: dict.fromkeys(COUNTED, 0))
        self.books: dict[str, int] = defaultdict(int)
        self.serial_of: dict[str, str] = {}
        self.status: dict[str, str] = {}
        self.waiting: dict[str, set[str]] = defaultdict(set)
        self.under_refund: dict[str, set[str]] = defaultdict(set)
        self.marked: dict[str, str | None] = {}
        self.told: dict[str, tuple[Any, Any]] = {}
        self.approved: dict[str, Any] = {}
        self.ordered: dict[str, tuple[Any, Any]] = {}
        self.moment = 0
        self._asked_back: set[str] = set()
        self._empty: dict[str, int] = {}
        self._was_empty: dict[str, int] = {}

    def empty_since(self, account: str, moment: int) -> bool:
        """Whether the account had no piece available at some instant since then."""
        return account in self._empty or self._was_empty.get(account, -1) > moment

    # While it runs --------------------------------------------------------------------------------------------------

    def saw(self, key: Key, old: Image | None, new: Image | None) -> None:
        """One row changed."""
        look = _LOOKS.get(key[1])
        if look is not None:
            if new is None:
                raise Broken(f"{key} is gone")
            look(self, key[0], old, new)

    def judge(self) -> None:
        """A move is over: whoever it touched still has every piece, each where it is said to be."""
        self.moment += 1
        for account in self._touched:
            quota, counted = self.quota[account], self.counted[account]
            buckets = [quota[name] for name in BUCKETS]
            if min(buckets) < 0:
                raise Broken(f"{account} has a negative bucket: {quota}")
            if sum(buckets) != quota["paid_in"] + quota["redeemed_in"]:
                raise Broken(f"{account} does not conserve its pieces: {quota}")
            for name, count in counted.items():
                if quota[name] != count:
                    raise Broken(f"{account}: {name} is {quota[name]}, and {count} are counted")
            if quota["shared"] != quota["shared_in"]:
                raise Broken(f"{account} has {quota['shared']} pieces out on shards that have {quota['shared_in']}")
            if quota["available"] == 0:
                self._empty.setdefault(account, self.moment)
            elif self._empty.pop(account, None) is not None:
                self._was_empty[account] = self.moment
        self._touched.clear()
        for invoice in self._asked_back:
            if self.under_refund[invoice] != ({self.marked[invoice]} if self.marked[invoice] else set()):
                raise Broken(
                    f"{invoice} names {self.marked[invoice]}, and {sorted(self.under_refund[invoice])} are open"
                )
        self._asked_back.clear()

    def _step(self, noun: str, id: str, old: Image | None, new: Image, state: str = "status") -> tuple[Any, Any]:
        before, after = (old.get(state) if old else None), new[state]
        if before != after and after not in STEPS[noun].get(before, ()):
            raise Broken(f"{noun} {id} went from {before} to {after}")
        return before, after

    def _quota(self, id: str, old: Image | None, new: Image) -> None:
        account = id.partition("#")[0]
        mine = self.quota[account]
        for name in mine:
            before, after = (old or {}).get(name, 0), new.get(name, 0)
            if after != before:
                mine[name] += after - before
        if any(isinstance(value, int) and value < 0 for value in new.values()):
            raise Broken(f"{id} has a negative bucket: {new}")
        if "shared_in" in new and new["shared_in"] != new["available"] + new["reserved"] + new["used"]:
            raise Broken(f"{id} does not conserve its pieces: {new}")
        self._touched.add(account)

    def _count(self, account: Any, name: str, pieces: Any) -> None:
        self.counted[account][name] += pieces
        self._touched.add(account)

    def _stamping(self, id: str, old: Image | None, new: Image) -> None:
        before, after = self._step("stamping", id, old, new)
        if before != after:
            if (after in WAITING) != (before in WAITING):
                self._count(new["account"], "reserved", 1 if after in WAITING else -1)
            if after == "done":
                self._count(new["account"], "used", 1)
            if after in WAITING:
                self.waiting[new["document"]].add(id)
                if before is None and self.status[new["document"]] != "ready":
                    raise Broken(f"{id} joined a document that is {self.status[new['document']]}")
            else:
                self.waiting[new["document"]].discard(id)
            self.status[id] = after
        serial = new.get("serial")
        if old is not None and old.get("serial") not in (None, serial):
            raise Broken(f"{id} changed its serial")
        if serial is not None and self.serial_of.setdefault(serial, id) != id:
            raise Broken(f"{serial} is on two stampings")

    def _serial(self, id: str, old: Image | None, new: Image) -> None:
        self._step("serial", id, old, new, "state")
        there = self._stored(str(new["stamping"]), id)
        if new["state"] == "affixed":
            if there is None or there.startswith(TOMBSTONE):
                raise Broken(f"{id} is affixed and nothing is at its key")
            if new["sealed_sha256"] != hashlib.sha256(there).hexdigest():
                raise Broken(f"{id}: the register's hash is not the stored file's")
        if new["state"] == "void" and (there is None or not there.startswith(TOMBSTONE)):
            raise Broken(f"{id} is void without a tombstone")

    def _invoice(self, id: str, old: Image | None, new: Image) -> None:
        before, after = self._step("invoice", id, old, new)
        if after == "expired" and before != after and self.status[new["attempt"]] == "open":
            raise Broken(f"{id} expired while its code could be paid")
        self.marked[id] = new.get("open_refund")
        self._asked_back.add(id)
        if after in BOUGHT and before not in BOUGHT:
            self._count(new["account"], "paid_in", new["quantity"])

    def _attempt(self, id: str, old: Image | None, new: Image) -> None:
        self.status[id] = self._step("attempt", id, old, new)[1]

    def _document(self, id: str, old: Image | None, new: Image) -> None:
        if new["status"] == "deleted" and self.waiting[id]:
            raise Broken(f"{id} was deleted while {sorted(self.waiting[id])} needs it")
        self.status[id] = new["status"]

    def _refund(self, id: str, old: Image | None, new: Image) -> None:
        before, after = self._step("refund", id, old, new)
        if new["kind"] == "quota" and before != after:
            if (after in HOLDING) != (before in HOLDING):
                self._count(new["account"], "held", new["quantity"] if after in HOLDING else -new["quantity"])
            if after == "refunded":
                self._count(new["account"], "refunded", new["quantity"])
        if new["kind"] == "quota":
            self._asked_back.add(new["invoice"])
            (
                self.under_refund[new["invoice"]].discard
                if after in REFUND_ENDED
                else self.under_refund[new["invoice"]].add
            )(id)
        if new["kind"] == "payment" and after in ("cancelled", "rejected"):
            raise Broken(f"{id} of a payment that bought nothing was {after}")
        if before == "pending" and after in ("received", "rejected"):
            under_way = [one for one in sorted(new.get("waits_for", ())) if self.status[one] in WAITING]
            if under_way:
                raise Broken(f"{id} was judged while {under_way} had not ended")
        if before in REFUND_ENDED and before != after:
            raise Broken(f"{id} ended twice")
        self._payout(id, old, new)

    def _payout(self, id: str, old: Image | None, new: Image) -> None:
        """An account is asked for once, unless money came back from it. A payout goes to one that was told since then, and that
        two officers have seen: one who approved after it was told, and another who ordered."""
        before = old["status"] if old else None
        if before == "approved" and new["status"] == "awaiting_destination" and "destination" in new:
            raise Broken(f"{id} was told an account and is asked for one again")
        if before == "paying" and new["status"] == "awaiting_decision":
            self.told.pop(id, None)
        if before == "awaiting_decision" and new["status"] == "approved" and id in self.told:
            self.approved[id] = new["decided_by"]
        if "paid_by" not in new:
            self.ordered.pop(id, None)
        elif old is None or new["paid_by"] != old.get("paid_by"):
            if id not in self.told:
                raise Broken(f"{id} was ordered, and nobody has told an account since the money came back")
            if new.get("decided_by") != self.approved.get(id):
                raise Broken(f"{id} was ordered to an account that {new.get('decided_by')} has not seen")
            self.ordered[id] = self.told[id]
        if new["status"] == "paying" and before != "paying" and new.get("way") == "payout":
            officers = {new.get("decided_by"), new.get("paid_by")} - {None}
            if len(officers) != 2:
                raise Broken(f"{id} is paid out by {officers or 'nobody'} alone")

    def _destination(self, id: str, old: Image | None, new: Image) -> None:
        if id in self.told:
            raise Broken(f"{id} was told a second account, and no money came back from the first")
        self.told[id] = (new["bank"], new["number"])
        self.approved.pop(id, None)

    def _entry(self, id: str, old: Image | None, new: Image) -> None:
        if old is not None:
            raise Broken(f"{id} was written again")
        lines = new["lines"]
        assert isinstance(lines, dict)
        if sum(lines.values()) != 0:
            raise Broken(f"{id} does not balance")
        for name, amount in lines.items():
            self.books[name] += amount

    def _payment(self, id: str, old: Image | None, new: Image) -> None:
        if old is not None:
            raise Broken(f"payment {id} was kept twice")


_LOOKS: dict[str, Callable[[Watch, str, Image | None, Image], None]] = {
    "quota": Watch._quota,
    "quota_shard": Watch._quota,
    "stamping": Watch._stamping,
    "serial": Watch._serial,
    "invoice": Watch._invoice,
    "attempt": Watch._attempt,
    "refund": Watch._refund,
    "entry": Watch._entry,
    "payment": Watch._payment,
    "document": Watch._document,
    "destination": Watch._destination,
}
