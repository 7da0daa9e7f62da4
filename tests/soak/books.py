"""What must hold once a history is at rest, read back from the engine's table and buckets and from the provider."""

from __future__ import annotations

import hashlib
from collections import Counter
from datetime import timedelta
from typing import Any

from meterai.aws.table import stored_row
from meterai.domain.audit import Audit
from meterai.domain.chains import ENTRY, LINK
from meterai.domain.ledger import Key, Row
from tests.soak.life import Life, Promise, Stuck

ENDED = {"stamping": ("done", "released"), "refund": ("refunded", "rejected", "cancelled")}
APPOINTMENTS = 60
"""How many times the house is given another chance to heal what is under way."""


def table(life: Life) -> dict[Key, Row]:
    """Every row of the table."""
    pages = life.house.dynamodb.get_paginator("scan").paginate(TableName=life.house.table, ConsistentRead=True)
    items = (item for page in pages for item in page["Items"])
    return {(item["pk"]["S"], item["sk"]["S"]): stored_row(item) for item in items}


def nouns(rows: dict[Key, Row], name: str) -> dict[str, Any]:
    """The rows of one noun, by id."""
    return {pk: row for (pk, sk), row in rows.items() if sk == name}


def unfinished(life: Life, rows: dict[Key, Row]) -> dict[str, str]:
    """What has not come to its end yet, and how it stands."""
    found = {
        id: row["status"]
        for noun, ended in ENDED.items()
        for id, row in nouns(rows, noun).items()
        if row["status"] not in ended
    }
    attempts = nouns(rows, "attempt")
    for order, times in life.settled.items():
        if times and attempts[order]["status"] not in ("settled", "overpaid"):
            found[order] = f"paid and {attempts[order]['status']}"
    linked = nouns(rows, LINK)
    return found | {id: "not chained" for id in nouns(rows, ENTRY) if id not in linked}


def rest(life: Life) -> dict[Key, Row]:
    """Let the house heal by itself: from one instant at which something is due to the next. The rows once nothing is under
    way, and what the dead had sent has arrived. Raises Stuck when something is, and nothing would ever happen about it."""
    life.deaf = False
    life.flow()
    daily = 0
    for _ in range(APPOINTMENTS):
        left = unfinished(life, life.rows)
        if not left:
            life.saboteur.come_in()
            life.flow()
            left = unfinished(life, life.rows)
        if not left:
            return table(life)
        _officers(life, left)
        if not life.go_on(left) and left == unfinished(life, life.rows):
            if daily:
                break
            daily += 1
            life.wait(days=1)
            life.sweep("open")
            life.lock()
    raise Stuck(f"nothing will ever happen about {left}")


def _officers(life: Life, left: dict[str, str]) -> None:
    """A person looks at what the machine left to people."""
    for id, status in left.items():
        if status == "awaiting_decision":
            said = {"decision": "approve", "reason": "sekali lagi"}
            life.ask("POST", f"/v1/refunds/{id}/decision", said, token=life.officer())
            life.flow()


def judge(life: Life, rows: dict[Key, Row]) -> None:
    """Everything that must hold at rest. Raises AssertionError."""
    assert life.rows == rows, "the stream and the table tell different stories"
    audit = Audit(life.clock.now(), timedelta())
    for key, row in rows.items():
        audit.see(key, row)
    findings = audit.findings([], lambda _data, _signature: False)
    # Locked heads outlive the table of one history: they are tests/integration/test_audit.py's affair.
    found = [one for one in findings if not one.code.startswith("lock_")]
    assert not found, found
    for id, quota in nouns(rows, "quota").items():
        assert (quota["reserved"], quota["held"]) == (0, 0), f"{id} has pieces under way and nothing is: {quota}"
    _money(life, rows)
    for id, promise in life.promised.items():
        _kept(life, rows, id, promise)


def _money(life: Life, rows: dict[Key, Row]) -> None:
    """The provider and the books agree: whatever was paid is kept once, whatever goes back went back once."""
    attempts, payments, refunds = (nouns(rows, noun) for noun in ("attempt", "payment", "refund"))
    there = [one for order in attempts for one in life.house.paid.of_order(order) if one.settled_at is not None]
    came = sum(one.charged_idr for one in there)
    assert came == sum(attempts[order]["amount_idr"] * times for order, times in life.settled.items())
    kept = [row["amount_idr"] for row in payments.values()]
    assert (len(kept), sum(kept)) == (len(there), came), f"{there} was paid, {payments} is kept"
    back = sorted(refund.amount_idr for one in there for refund in one.refunds if refund.status == "SUCCEEDED")
    ended = sorted(row["amount_idr"] for row in refunds.values() if row["status"] == "refunded")
    assert back == ended, f"the provider gave back {back}, the ledger says {ended}"
    assert life.watch.books["clearing"] == came - sum(back)
    assert sum(life.watch.books.values()) == 0


def _kept(life: Life, rows: dict[Key, Row], id: str, promise: Promise) -> None:
    """A stamping that was promised is done and can be downloaded, or was released for a reason that its owner gave."""
    again = promise.who.ask("POST", "/v1/stampings", promise.body, key=promise.key)
    assert (again.status, again["id"]) == (200, id), f"{id}: the same key now answers {again}"
    seen = promise.who.ask("GET", f"/v1/stampings/{id}")
    if seen["status"] == "released":
        assert seen["reason"] == "stamping_cancelled", seen
        assert promise.serial is None, f"{id} was shown as done and is released"
        return
    assert seen["status"] == "done", seen
    assert promise.serial in (None, seen["serial"])
    got = life.http.get(seen["download_url"])
    assert got.status_code == 200, f"{id} cannot be downloaded: {got.status_code}"
    digest = hashlib.sha256(got.content).hexdigest()
    serial = nouns(rows, "serial")[seen["serial"]]
    assert (serial["state"], serial["stamping"]) == ("affixed", id)
    assert serial["sealed_sha256"] == seen["sealed_sha256"] == digest, f"{id}: not the register's bytes"
    assert Counter(row.get("serial") for row in nouns(rows, "stamping").values())[seen["serial"]] == 1
