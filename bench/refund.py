"""How soon a refund is decided, and how one that nobody decides goes through its 45 days: `python -m bench.refund` (the stack
must run, with days of 2 s: `make run`).

Asks 200 invoices' money back, one after another, and looks until each is approved. Then the provider refuses one, no officer
acts, and every milestone is compared with the instant at which it was due. Writes bench/results/refunding.json.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import time
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.progress import Progress

from bench.corpus import HOUSE, access_of
from local.__main__ import DESK
from meterai.aws.table import DynamoLedger
from meterai.domain import instants
from meterai.domain.policy import ALARM_DAY
from meterai.domain.rows import Refund
from tests.integration.client import Person, connect, until
from tests.integration.conftest import Stack
from tests.integration.officers import refusing, verify
from tests.soak.__main__ import commit

REQUESTS = 200
LIMIT_SECONDS = 2.0
DAYS_LIMIT_SECONDS = 120.0
LOOK_SECONDS = 0.02
APPROVED = ("approved", "paying", "refunded")
RESULTS = HOUSE / "bench" / "results" / "refunding.json"
Json = dict[str, Any]


def decided(person: Person, invoice: str) -> tuple[float, float]:
    """Seconds from the request's leaving to its owner's seeing it approved, and from its arrival to the approval itself."""
    began = time.perf_counter()
    refund = person.refund(invoice)
    found = person._wait(f"/v1/refunds/{refund['id']}", APPROVED, every=LOOK_SECONDS)
    seen = time.perf_counter() - began
    at = next(line["at"] for line in found["timeline"] if line["status"] == "approved")
    return seen, (instants.read(at) - instants.read(found["received_at"])).total_seconds()


def spread(seconds: list[float]) -> Json:
    """p50, p95 and the most."""
    return {
        "p50_seconds": round(statistics.median(seconds), 3),
        "p95_seconds": round(statistics.quantiles(seconds, n=20, method="inclusive")[-1], 3),
        "most_seconds": round(max(seconds), 3),
    }


def undecided(stack: Stack, http: Any) -> Json:
    """A refund that its provider refused and nobody decides, from its hold to day 45."""
    email = f"ani.{uuid.uuid4().hex[:12]}@contoh.id"
    person = Person.new(http, email)
    verify(stack, http, email)
    invoice = person.buy(1)
    ledger = DynamoLedger(stack.client("dynamodb"), stack.access["table_name"])
    began = time.perf_counter()
    with refusing(stack, http):
        id = person.refund(invoice["id"])["id"]
        person.wait_refund(id, "awaiting_decision")

    def over() -> Json | None:
        row = ledger.get(Refund.key_of(id))
        assert row is not None
        return row if row.get("milestone") == len(row["milestones"]) else None

    row = until(over, seconds=600, every=0.1)
    seconds = time.perf_counter() - began
    told = {line["note"]: instants.read(line["at"]) for line in row["timeline"] if "note" in line}
    received = instants.read(row["received_at"])
    days = []
    for one in row["milestones"]:
        due, at = instants.read(one["at"]), told[f"day_{one['day']}"]
        days.append({
            "day": one["day"],
            "due_after_seconds": round((due - received).total_seconds(), 3),
            "told_after_seconds": round((at - received).total_seconds(), 3),
            "late_seconds": round((at - due).total_seconds(), 3),
        })  # fmt: skip
    alarms = sum(one["day"] >= ALARM_DAY for one in days)
    mails = until(lambda: _letters(stack, http, email, id, len(days), alarms), seconds=120)
    return {"seconds": round(seconds, 1), "status": row["status"], "milestones": days, "letters": mails}


def _letters(stack: Stack, http: Any, email: str, id: str, days: int, alarms: int) -> Json | None:
    """Subjects of what was written to the owner about the days, and to the officers from day 30 on, once all are there."""
    kept = http.get(f"{stack.access['mailbox_url']}/messages").json()["data"]
    told = [one for one in reversed(kept) if "hari ke-" in one["subject"]]
    owner = [one["subject"] for one in told if one["to"] == [email]]
    officers = [one["subject"] for one in told if one["to"] == [DESK] and id in one["text"]]
    return {"owner": owner, "officers": officers} if len(owner) >= days and len(officers) >= alarms else None


def main(arguments: Sequence[str]) -> int:
    """Measure both and write the record; 1 when a limit is missed or a milestone came before its instant."""
    parser = argparse.ArgumentParser(prog="python -m bench.refund", description=__doc__)
    parser.add_argument("--access", type=Path, default=HOUSE / ".local" / "access.json", help="the stack's access.json")
    parser.add_argument("--requests", type=int, default=REQUESTS)
    given = parser.parse_args(arguments)
    access = access_of(given.access)
    stack = Stack(Path(access["logs"]).parent.parent, 0)
    stack.access = access
    load = [os.getloadavg()[0]]
    with connect(access["api_url"]) as http, Progress() as progress:
        task = progress.add_task("requests, one after another", total=given.requests)
        person = Person.new(http)
        invoices = [person.buy(1)["id"] for _ in range(given.requests + 3)]
        for invoice in invoices[given.requests :]:
            decided(person, invoice)
        found = []
        for invoice in invoices[: given.requests]:
            found.append(decided(person, invoice))
            progress.advance(task)
        load.append(os.getloadavg()[0])
        task = progress.add_task("45 days", total=1)
        days = undecided(stack, http)
        progress.advance(task)
    seen = spread([one for one, _ in found])
    record = {
        "commit": commit(),
        "day": datetime.now(UTC).date().isoformat(),
        "load_average": [round(one, 1) for one in (*load, os.getloadavg()[0])],
        "request_to_decision": {
            "requests": len(found),
            "limit_p95_seconds": LIMIT_SECONDS,
            "seen_by_its_owner": seen,
            "times_faster_than_the_limit": round(LIMIT_SECONDS / seen["p95_seconds"], 1),
            "from_arrival_to_approval": spread([one for _, one in found]),
        },
        "forty_five_days": {"limit_seconds": DAYS_LIMIT_SECONDS, **days},
    }
    RESULTS.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n")
    print(json.dumps(record, indent=1, ensure_ascii=False))
    early = any(one["late_seconds"] < 0 for one in days["milestones"])
    return int(early or seen["p95_seconds"] >= LIMIT_SECONDS or days["seconds"] >= DAYS_LIMIT_SECONDS)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
