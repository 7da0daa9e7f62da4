"""What must hold once the plays are over: rows, the money at the providers, the executions' histories, the books."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from local.paysim.book import Book, Payout
from meterai.domain.audit import Audit
from meterai.domain.ledger import Key
from meterai.domain.policy import MILESTONES
from tests.simulation.invariants import HOLDING
from tests.soak.cases import Play

OVER = {"refunded": "settle", "rejected": "unhold", "cancelled": "unhold", "awaiting_decision": "an officer's case"}
"""What each end is."""


@dataclass
class Histories:
    """What became of the executions of one refund: how many there were, how many somebody stopped, and the failures of their
    tasks, by the state and the error. `broken` is what nobody would have seen."""

    executions: int = 0
    stopped: int = 0
    failures: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)
    running: bool = False


def histories(states: Any, machine: str, refund: dict[str, Any], id: str) -> Histories:
    """All executions of a refund, as the engine tells them."""
    found = Histories()
    for number in range(1, refund["execution"] + 1):
        arn = machine.replace(":stateMachine:", ":execution:") + f":{id}-{number}"
        status = states.describe_execution(executionArn=arn)["status"]
        found.executions += 1
        found.stopped += status == "ABORTED"
        found.running = status == "RUNNING"
        if status not in ("RUNNING", "SUCCEEDED", "ABORTED"):
            found.broken.append(f"{id}-{number} is {status}")
        _tell(found, f"{id}-{number}", status, _events(states, arn))
    return found


def _events(states: Any, arn: str) -> list[dict[str, Any]]:
    pages = states.get_paginator("get_execution_history").paginate(executionArn=arn)
    return [event for page in pages for event in page["events"]]


def _tell(found: Histories, name: str, status: str, events: list[dict[str, Any]]) -> None:
    """Every failure of a task is followed by another try, or by the state that its Catch names."""
    state, failed = "", ""
    for event in events:
        if event["type"].endswith("StateEntered"):
            state, failed = event["stateEnteredEventDetails"]["name"], ""
        elif event["type"] == "TaskFailed":
            failed = event["taskFailedEventDetails"]["error"]
            if failed != "States.Timeout":  # a milestone came before a person
                found.failures[f"{state}: {failed}"] += 1
        elif event["type"] in ("TaskScheduled", "TaskSucceeded", "TaskStateExited"):
            failed = ""
    if failed and status not in ("RUNNING", "ABORTED"):
        found.broken.append(f"{name} ended with {failed} in {state}")


def money(book: Book, payouts: list[Payout], row: dict[str, Any], id: str) -> list[str]:
    """The money of a refund moved exactly once where it is refunded, else not at all."""
    back = [
        (one.key, one.amount_idr)
        for payment in book.of_order(row["order"])
        for one in payment.refunds
        if one.status == "SUCCEEDED"
    ]
    out = [
        (one.reference_id, one.amount_idr)
        for one in payouts
        if one.status == "SUCCEEDED" and one.reference_id.rpartition("-")[0] == id
    ]
    moved = back + out
    wanted = [(row.get("provider_key"), row["amount_idr"])] if row["status"] == "refunded" else []
    return [] if moved == wanted else [f"{id} is {row['status']} and {moved} has moved, not {wanted}"]


def refund(play: Play, row: dict[str, Any], ended: str) -> list[str]:
    """Its end is one of the three, its pieces are where that end puts them, and no milestone was told twice."""
    found = [] if row["status"] == ended and ended in OVER else [f"{play.id} is {row['status']}, not {ended}"]
    told = [line["note"] for line in row["timeline"] if str(line.get("note")).startswith("day_")]
    if told != [f"day_{day}" for day in MILESTONES][: len(told)] or len(told) != row.get("milestone", 0):
        found.append(f"{play.id} told {told}")
    quota = play.place.witness.rows[play.person.id, "quota"]
    wanted = {
        "held": row["quantity"] if row["status"] in HOLDING else 0,
        "refunded": row["quantity"] if row["status"] == "refunded" else 0,
        "reserved": 0,
    }
    if any(quota[name] != count for name, count in wanted.items()):
        found.append(f"{play.id} is {row['status']} and its pieces are {quota}")
    return found


def books(rows: dict[Key, dict[str, Any]], now: Any) -> list[str]:
    """The audit of every row finds no difference (locked heads are tests/integration/test_audit.py's affair)."""
    audit = Audit(now, timedelta(hours=2))
    for key, row in rows.items():
        audit.see(key, row)
    findings = audit.findings([], lambda _data, _signature: False)
    return [str(one) for one in findings if not one.code.startswith("lock_")]


def opened(state: Path) -> Book:
    """The simulator's own book."""
    return Book(str(state / "paysim.sqlite"))
