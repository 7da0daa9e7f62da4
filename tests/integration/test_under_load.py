"""Many at once, and workers killed among them: every stamp is done, quota is exact, nothing is on two documents."""

from __future__ import annotations

import json
from typing import Any

from bench.corpus import HOUSE
from bench.road import crowd
from tests.integration.client import connect, until


def test_a_crowd_that_stamps_at_once_is_served_to_the_last(stack: Any) -> None:
    with connect(stack.api_url) as http:
        assert crowd(http, 6, 5, seed=1).wrong == []


def test_a_crowd_whose_every_seal_worker_is_killed_in_the_middle_is_served_to_the_last(stack: Any) -> None:
    killed: list[int] = []
    with connect(stack.api_url) as http:
        found = crowd(
            http, 6, 4, seed=2, in_the_middle=lambda: killed.append(until(lambda: stack.kill_worker("SealFunction")))
        )
    assert found.wrong == []
    assert sum(killed) >= 1


def test_the_record_of_the_full_run_says_that_nothing_was_lost() -> None:
    record = json.loads((HOUSE / "bench" / "results" / "road.json").read_text())
    for crowded in ("at_once", "at_once_workers_killed"):
        assert (record[crowded]["stamps"], record[crowded]["wrong"]) == (200, [])
