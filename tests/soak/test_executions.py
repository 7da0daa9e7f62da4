"""A seeded share of the refunds on the engine's own Step Functions in every run of the tests, and what the wire knows."""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from unittest.mock import Mock

import pytest

from tests.soak import examined
from tests.soak.__main__ import HOUSE
from tests.soak.cases import Play
from tests.soak.executions import _play, drawn, ended
from tests.soak.recorded import Line, Record, added, numbers_of, part
from tests.soak.wire import WITHIN, Fate, Sent, Site, Strike, process_behind

REFUNDS = 12


def test_whatever_task_crashes_every_refund_is_paid_once_or_given_back_or_an_officers_case(tmp_path: Path) -> None:
    record, seed = tmp_path / "executions.json", os.environ.get("SOAK_SEED", "7")
    asked = ["--refunds", str(REFUNDS), "--seed", seed, "--brief", "--day-seconds", "0.2", "--record", str(record)]
    ended = subprocess.run(
        [sys.executable, "-m", "tests.soak.executions", *asked], cwd=HOUSE, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr[-6000:]
    told = json.loads(record.read_text())
    assert (told["refunds"], told["broken"]) == (REFUNDS, [])
    assert told["executions"] >= REFUNDS
    assert {end for ends in told["ends"].values() for end in ends} <= set(examined.OVER.values())
    assert told["strikes"] >= REFUNDS
    failed = {task.partition(":")[0] for task in told["failures_by_task"]}
    assert {"Advance"} <= failed <= {"Advance", "AwaitPerson"}


def test_a_seed_draws_the_same_ways_and_strikes_again() -> None:
    calls = [Site("table", "read"), Site("table", "call"), Site("provider", "POST /refunds")] * 9

    def met(seed: int) -> list[object]:
        found: list[object] = []
        for number in range(30):
            case, _, fate, stopped = drawn(seed, number)
            found += [case, stopped, [fate.meets(site) for site in calls]]
        return found

    assert met(1) == met(1)
    assert met(1) != met(2)


@pytest.mark.parametrize("number", range(20))
def test_every_refund_meets_something_early_and_no_more_than_its_fate_allows(number: int) -> None:
    fate = Fate(random.Random(number), most=3, unknown=1)
    first = [fate.meets(Site("table", "read")) for _ in range(WITHIN)]
    assert any(first)
    later = [fate.meets(Site("provider", "POST /refunds")) for _ in range(200)]
    assert sum(one is not None for one in later) <= 1
    assert len(fate.struck) <= 3
    assert Strike.TWICE not in first


def test_the_wire_names_what_a_task_writes() -> None:
    def written(*names: str) -> Site:
        change = {
            "Key": {"pk": {"S": "rfd_1"}, "sk": {"S": "refund"}},
            "ExpressionAttributeNames": dict(enumerate(names)),
        }
        body = json.dumps({"TransactItems": [{"Update": change}]}).encode()
        return Sent("table", "POST", "/", [("X-Amz-Target", "DynamoDB_20120810.TransactWriteItems")], body).site()

    assert written("status", "provider_key", "call_until").what == "call"
    assert written("status", "settled_at", "call_until").what == "settle"
    assert written("status", "updated_at").what == "move"
    read = Sent("table", "POST", "/", [("X-Amz-Target", "DynamoDB_20120810.GetItem")], b"{}")
    assert read.site() == Site("table", "read")
    paid = Sent("provider", "POST", "/v2/pay_7/refund/online/direct", [], b"")
    assert paid.site() == Site("provider", "POST /v2/*/refund/online/direct")


def test_a_play_that_has_not_begun_is_found_among_others() -> None:
    plays = [Play(Mock(), number, random.Random(number), Fate(random.Random(number))) for number in range(3)]
    plays.remove(last := plays[-1])
    assert last not in plays


def test_once_a_stack_has_failed_none_begins_and_what_the_others_found_is_kept() -> None:
    begun: list[int] = []
    other = threading.Event()

    def play(number: int) -> Record:
        begun.append(number)
        if number == 0:
            raise RuntimeError("no stack")
        other.wait(10)
        return {"number": number}

    with ThreadPoolExecutor(2) as stacks:
        running = [stacks.submit(play, number) for number in (1, 0, 2, 3)]
        found = []
        for done in ended(running):
            found.append(done.exception() or done.result())
            other.set()
    assert {0, 1} <= set(begun)
    assert 3 not in begun
    assert {"number": 1} in found
    assert len(found) == len(begun)


def test_a_play_that_broke_is_told_with_its_line() -> None:
    def case(_: Play) -> str:
        raise RuntimeError("no answer")

    line = Line(3, "case")
    _play(case, Mock(), line, lambda: None)
    [told] = line.broken
    assert re.fullmatch(r"RuntimeError: no answer \(test_executions\.py:\d+\)", told)


def test_nobody_is_behind_a_port_that_nobody_uses() -> None:
    assert process_behind(1) is None


def test_parts_of_a_run_are_added_up_and_no_other_run_is() -> None:
    def of(number: int, *struck: tuple[str, Strike]) -> Record:
        lines = [Line(number, "rejected", "rejected", 2.0, list(struck), 1), Line(number + 1, "dark", "refunded", 4.0)]
        made = part(lines, {"stopped": 1}, [], commit="c0ffee", seconds=8)
        return {"drawn_by": "seed 1"} | made

    one, other = of(0, ("table call", Strike.LOST)), of(2, ("table call", Strike.LOST), ("table read", Strike.LOST))
    both = added(one, other)
    assert (both["refunds"], both["executions"], both["stopped"], both["strikes"]) == (4, 2, 2, 3)
    assert both["ends"] == {"dark": {"settle": 2}, "rejected": {"unhold": 2}}
    assert both["strikes_by_site"] == {"table call": {Strike.LOST: 2}, "table read": {Strike.LOST: 1}}
    assert numbers_of(both) == {0, 1, 2, 3}
    with pytest.raises(ValueError, match="cannot be added"):
        added(both, other | {"drawn_by": "seed 2"})


def test_what_was_found_broken_is_in_the_record_by_its_number() -> None:
    lines = [Line(7, "dark", "", broken=["Stuck: not within 400 s"]), Line(8, "dark", "refunded")]
    made = part(lines, {}, ["acc_1 has a negative bucket"], commit="c0ffee", seconds=8)
    assert made["ends"] == {"dark": {"broken": 1, "settle": 1}}
    assert made["broken"] == [
        {"number": 7, "case": "dark", "what": ["Stuck: not within 400 s"]},
        {"numbers": [7, 8], "what": ["acc_1 has a negative bucket"]},
    ]
