"""The verdict when everything has come to rest: nothing is under way or lost, and everybody has what they were told."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from datetime import timedelta
from typing import Any

from meterai.domain.chains import HEAD, LINK, genesis, grown
from meterai.domain.errors import DocumentUnreadable, StampingCancelled
from meterai.domain.instants import read
from meterai.domain.money import DUTY_IDR
from meterai.domain.outbox import LISTED, events_of, list_of
from meterai.domain.rows import REFUND_ENDED, Payment
from meterai.domain.tally import counts, total
from meterai.ports.outside import TOMBSTONE
from tests.simulation.house import House
from tests.simulation.invariants import BOUGHT, WAITING, Broken
from tests.simulation.people import Crowd

LATE = timedelta(minutes=30)
"""Pieces that come later than this after their payment are offered back (the issue of September 2024; domain/policy.py)."""
Nouns = dict[str, dict[str, Any]]


def judge_at_rest(house: House, crowd: Crowd) -> None:
    """Everything at once. Raises Broken with the first thing that is not as it should be."""
    house.watch.judge()
    nouns: Nouns = defaultdict(dict)
    for (id, noun), row in house.table.rows.items():
        nouns[noun][id] = row
    _stampings(house, crowd, nouns)
    _told(crowd, nouns)
    _payments(house, nouns)
    _refunds(house, nouns)
    _books(house, nouns)
    _chains(house, nouns)
    _tidings(house, nouns)
    _counted(house)


def _stampings(house: House, crowd: Crowd, nouns: Nouns) -> None:
    """Each has ended as it may end, the register and the sealed key agree, and documents know whose they are."""
    serials, memory = nouns["serial"], crowd.memory
    claims: dict[str, set[str]] = defaultdict(set)
    for id, row in nouns["stamping"].items():
        serial = row.get("serial")
        there = house.stored.read(id, serial) if serial else None
        if row["status"] in WAITING:
            raise Broken(f"{id} is still {row['status']}")
        if row["status"] == "done":
            claims[row["document"]].add(id)
            if there is None or there.startswith(TOMBSTONE):
                raise Broken(f"{id} is done and cannot be downloaded")
            if hashlib.sha256(there).hexdigest() != row["sealed_sha256"] or serials[serial]["state"] != "affixed":
                raise Broken(f"{id}: the register does not know the stored file")
            continue
        if serial and serials[serial]["state"] != "void":
            raise Broken(f"{id} was released and its serial is {serials[serial]['state']}")
        asked = row["reason"] == StampingCancelled.code and id in memory.cancelled
        if not asked and not (row["reason"] == DocumentUnreadable.code and row["document"] in memory.unsealable):
            raise Broken(f"{id} was released for {row['reason']}, which is not so")
    for (stamping, serial), data in house.stored.files.items():
        row = nouns["stamping"][stamping]
        if not data.startswith(TOMBSTONE) and (row["status"] != "done" or row["serial"] != serial):
            raise Broken(f"{serial} is sealed and {stamping} is {row['status']} with {row['serial']}")
    for id, row in nouns["document"].items():
        if set(row.get("claim", ())) != claims[id]:
            raise Broken(f"{id} is claimed by {row.get('claim')} and belongs to {claims[id]}")
        if len(claims[id]) > 1 + memory.anothers[id]:
            raise Broken(f"{id} spent {len(claims[id])} pieces")


def _told(crowd: Crowd, nouns: Nouns) -> None:
    """What somebody was told is so."""
    memory = crowd.memory
    for id, serial in memory.serials.items():
        if nouns["stamping"][id].get("serial") != serial:
            raise Broken(f"{id} was shown with {serial}")
    for id in memory.done:
        if nouns["stamping"][id]["status"] != "done":
            raise Broken(f"{id} was shown as done and is {nouns['stamping'][id]['status']}")
    kinds = {"purchase": "invoice", "stamp": "stamping", "refund": "refund"}
    for (operation, key), id in memory.ids.items():
        if id not in nouns[kinds[operation]]:
            raise Broken(f"{operation} {key} was answered with {id}, which is gone")


def _payments(house: House, nouns: Nouns) -> None:
    """Every real payment is kept exactly once, as what it was; unpaid grants nothing; what was paid is credited."""
    kept = {id: Payment.of(row) for id, row in nouns["payment"].items()}
    real = {
        (f"txn_fake_{payment.transaction_id}", payment.amount_idr)
        for order in house.provider._orders.values()
        for payment in order.payments
    }
    if wrong := real ^ {(id, payment.amount_idr) for id, payment in kept.items()}:
        raise Broken(f"payments {sorted(wrong, key=str)} are not what the provider knows")
    bought = Counter(payment.invoice for payment in kept.values() if payment.kept_as == "pay")
    for id, row in nouns["invoice"].items():
        if (row["status"] in BOUGHT) != (bought[id] == 1):
            raise Broken(f"{id} is {row['status']} with {bought[id]} payments")
        if row["status"] in ("refunding", "awaiting_payment") or "open_refund" in row:
            raise Broken(f"{id} is still {row['status']}, with {row.get('open_refund')}")
        if row["status"] in BOUGHT:
            entry = nouns["entry"].get(f"entry_pay_{row['paid_by']}")
            if entry is None:
                raise Broken(f"{id} is {row['status']} without an entry")
            late = read(entry["at"]) > read(row["paid_at"]) + LATE
            stuck = {(one["account"], one.get("offered_at")) for one in nouns["stamping"].values()}
            if ("offered_at" in row) != (late or (row["account"], row.get("offered_at", "")) in stuck):
                raise Broken(f"{id} was credited {'late' if late else 'in time'}: {row.get('offered_at')}")


def _refunds(house: House, nouns: Nouns) -> None:
    """Every refund has ended, and money left once for those that were refunded, never for the others."""
    for id, row in nouns["refund"].items():
        if row["status"] not in REFUND_ENDED:
            raise Broken(f"{id} is still {row['status']}")
        due = row["amount_idr"] if row["status"] == "refunded" else 0
        if house.left_idr(id) != due:
            raise Broken(f"{id} is {row['status']} and {house.left_idr(id)} left for it")


def _books(house: House, nouns: Nouns) -> None:
    """The books balance, and say what the provider and the buckets say."""
    books, totals = house.watch.books, Counter[str]()
    for quota in house.watch.quota.values():
        totals.update(quota)
    paid = sum(row["amount_idr"] for row in nouns["payment"].values())
    pieces = totals["paid_in"] - totals["used"] - totals["refunded"]
    wanted = {
        "clearing": paid - house.provider.all_refunded_idr() - house.banks.arrived_idr(),
        "duty": -DUTY_IDR * totals["used"],
        "liability": -DUTY_IDR * pieces,
        "refund_payable": 0,
    }
    for name, amount in wanted.items():
        if books[name] != amount:
            raise Broken(f"{name} is {books[name]}, and should be {amount}")
    if sum(books.values()) != 0:
        raise Broken("the books do not balance")


def _chains(house: House, nouns: Nouns) -> None:
    """Every entry is in its chain once, and each chain's head is what its links make of it."""
    if set(nouns[LINK]) != set(nouns["entry"]):
        raise Broken(f"{sorted(set(nouns[LINK]) ^ set(nouns['entry']))} are not in their chains")
    rows, linked = house.table.rows, 0
    for partition, head in nouns[HEAD].items():
        digest = bytes.fromhex(genesis(int(partition.rpartition("_")[2])).hash)
        for number in range(1, head["length"] + 1):
            row: Any = rows[partition, f"{number:012}"]
            digest = grown(digest, bytes.fromhex(row["hash"]))
            linked += 1
        if digest.hex() != head["head"]:
            raise Broken(f"{partition} has another head than its links make")
    if linked != len(nouns["entry"]):
        raise Broken(f"{linked} links for {len(nouns['entry'])} entries")


def _tidings(house: House, nouns: Nouns) -> None:
    """Owners' lists hold what they own, and every end was told."""
    rows = house.table.rows
    told = {(row["type"], row["object"]) for (pk, _), row in rows.items() if pk.endswith("#event")}
    assert events_of("x").endswith("#event")
    for kind in LISTED:
        for id, row in nouns[kind.name].items():
            born = row.get("created_at") or row.get("joined_at") or row.get("received_at")
            if (list_of(kind, row["account"]), f"{born}#{id}") not in rows:
                raise Broken(f"{id} is in no list")
    wanted = {("invoice.paid", id) for id, row in nouns["invoice"].items() if row["status"] in BOUGHT}
    wanted |= {(f"stamping.{row['status']}", id) for id, row in nouns["stamping"].items()}
    wanted |= {(f"refund.{line['status']}", id) for id, row in nouns["refund"].items() for line in row["timeline"]}
    wanted |= {("refund.offered", id) for id, row in nouns["invoice"].items() if "offered_at" in row}
    if missing := wanted - told:
        raise Broken(f"{sorted(missing)} were not told")


def _counted(house: House) -> None:
    """What changes counted for, each once, is what the rows count for."""
    messages = {one.change: one.sums for one in house.counts.messages}
    counted = total(messages.values())
    there = total(counts(noun, row) for (_, noun), row in house.table.rows.items())
    if counted != there:
        wrong = sorted(name for name in counted.keys() | there.keys() if counted.get(name) != there.get(name))
        raise Broken(f"counted otherwise than the rows are: {wrong}")
