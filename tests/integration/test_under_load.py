"""Many at once, and workers killed among them: every stamp is done, quota is exact, nothing is on two documents."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bench.corpus import CORPUS, HOUSE, roots_of, run
from bench.road import crowd
from tests.integration.client import Person, connect


def test_a_crowd_that_stamps_at_once_is_served_to_the_last(stack: Any) -> None:
    with connect(stack.api_url) as http:
        assert crowd(http, 8, 5, seed=1).wrong == []


def test_a_crowd_whose_every_seal_worker_is_killed_in_the_middle_is_served_to_the_last(stack: Any) -> None:
    killed: list[int] = []
    with connect(stack.api_url) as http:
        found = crowd(http, 6, 4, seed=2, in_the_middle=lambda: killed.append(stack.kill_worker("SealFunction")))
    assert found.wrong == []
    assert sum(killed) >= 1


def test_the_record_of_the_full_run_says_that_nothing_was_lost() -> None:
    record = json.loads((HOUSE / "bench" / "results" / "road.json").read_text())
    for crowded in ("at_once", "at_once_workers_killed"):
        assert (record[crowded]["stamps"], record[crowded]["wrong"]) == (200, [])


@pytest.mark.skipif(not CORPUS.is_dir(), reason="needs ../shared/corpus")
def test_real_files_end_done_or_with_a_problem_and_other_peoples_tools_agree(stack: Any) -> None:
    files = sorted(Path(CORPUS).glob("*.pdf"))[::3]
    with connect(stack.api_url) as http:
        person = Person.new(http)
        person.buy(len(files))
        rows = run(person, files, roots_of(stack.access["root_certificate"]))
    done = [row for row in rows if row.outcome == "done"]
    assert len(done) >= 20
    assert all(row.status < 500 for row in rows)
    assert [row.file for row in done if row.pdfsig != "Signature is Valid" or row.qpdf_worse] == []
    assert sum(row.pyhanko == "trusted" for row in done) >= 20
    assert {row.verdict for row in done} <= {"authentic", "review"}
