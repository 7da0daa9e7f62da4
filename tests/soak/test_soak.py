"""A short soak in every run of the tests: each scenario once without a fault, then a few histories with one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

import pytest

from tests.soak.__main__ import HOUSE
from tests.soak.faults import Attempt, Died, Fault, Saboteur
from tests.soak.histories import histories
from tests.soak.scenarios import SCENARIOS

HISTORIES = 8


def test_whatever_call_fails_nothing_is_lost(tmp_path: Path) -> None:
    record, seed = tmp_path / "soak.json", int(os.environ.get("SOAK_SEED", "7"))
    asked = ["--histories", str(HISTORIES), "--seed", str(seed), "--record", str(record)]
    ended = subprocess.run(
        [sys.executable, "-m", "tests.soak", *asked], cwd=HOUSE, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr[-6000:]
    told = json.loads(record.read_text())
    assert told["broken"] == []
    assert told["histories"] == HISTORIES + len(SCENARIOS)
    assert told["faults"] >= HISTORIES // 2


def test_every_history_fails_at_another_place_and_a_seed_draws_the_same_ones_again() -> None:
    scenarios = ["-c-", "--"]
    singles = 5 * (len(Fault) - 1) + 1
    drawn, again = (list(islice(histories(scenarios, 1), singles + 5)) for _ in range(2))
    assert drawn == again
    assert len({str(history) for history in drawn[:singles]}) == singles
    assert {len(history.plan) for history in drawn[:singles]} == {1}
    assert max(len(history.plan) for history in drawn[singles:]) == 2


@pytest.mark.parametrize(
    ("fault", "sent", "heard"),
    [
        (Fault.CRASH_BEFORE, 0, "died"),
        (Fault.CRASH_AFTER, 1, "died"),
        (Fault.ANSWER_LOST, 1, "lost"),
        (Fault.TIMED_OUT, 0, "timed out"),
        (Fault.THROTTLED, 0, "throttled"),
        (Fault.CONFLICT, 0, "conflict"),
        (Fault.TWICE, 2, "sent"),
        (Fault.LATE, 0, "timed out"),
        (Fault.DEAD_AND_LATE, 0, "died"),
        (Fault.DEAD_AND_LAST, 0, "died"),
        (Fault.LOST_FOR_GOOD, 1, "lost"),
    ],
)
def test_a_fault_does_to_a_call_what_it_says(fault: Fault, sent: int, heard: str) -> None:
    now = [datetime(2024, 9, 3, 14, tzinfo=UTC)]
    saboteur, arrived = Saboteur(lambda: now[0]), list[str]()

    def send() -> str:
        arrived.append("a request")
        return "sent"

    one = Attempt(
        name="TransactWriteItems",
        signed=True,
        send=send,
        lost=lambda: OSError("lost"),
        timed_out=lambda: OSError("timed out"),
        throttled=lambda: "throttled",
        conflict=lambda: "conflict",
    )
    saboteur.start({0: fault})
    with saboteur.invocation("stamp"):
        saboteur.call("dynamodb", "TransactWriteItems")
        try:
            answer = saboteur.attempt(one)
        except OSError as error:
            answer = str(error)
        except Died:
            answer = "died"
            with pytest.raises(Died):  # the dead call nobody
                saboteur.attempt(one)
    assert (len(arrived), answer) == (sent, heard)
    saboteur.come_in()
    late = fault in (Fault.LATE, Fault.DEAD_AND_LATE, Fault.DEAD_AND_LAST)
    assert len(arrived) == sent + late
    assert [str(one) for _, one in saboteur.struck] == [str(fault)]


def test_what_was_signed_too_long_ago_never_arrives() -> None:
    now = [datetime(2024, 9, 3, 14, tzinfo=UTC)]
    saboteur, arrived = Saboteur(lambda: now[0]), list[str]()
    saboteur.start({0: Fault.DEAD_AND_LAST, 1: Fault.DEAD_AND_LAST})
    for name, signed in (("TransactWriteItems", True), ("payment", False)):
        one = Attempt(
            name=name,
            signed=signed,
            send=lambda name=name: arrived.append(name),  # type: ignore[misc]
            lost=OSError,
            timed_out=OSError,
            throttled=OSError,
            conflict=OSError,
        )
        with saboteur.invocation("refund_task"):
            saboteur.call("service", name)
            with pytest.raises(Died):
                saboteur.attempt(one)
    now[0] += timedelta(minutes=16)
    saboteur.come_in()
    assert arrived == ["payment"]
