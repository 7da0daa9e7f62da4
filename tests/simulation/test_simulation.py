"""Some thousand histories of the house, as `make simulate` runs a million (docs/simulation.md)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.simulation.aims import AIMS
from tests.simulation.history import CALLS, history
from tests.simulation.network import FAULTS

HERE = Path(__file__).parents[2]
HISTORIES = 2_400
REPLAYED = "from tests.simulation.history import history\nfor s in range({}, {}): print(history(s, traced=True).digest)"


@pytest.mark.parametrize("part", range(4))
def test_no_history_breaks_an_invariant(part: int) -> None:
    calls, faults, broken = [], set(), {}
    for seed in range(part, HISTORIES, 4):
        outcome = history(seed)
        calls.append(outcome.calls)
        faults |= {fault for _, _, fault in outcome.befallen}
        assert outcome.befallen, f"nothing went wrong in {seed}"
        if outcome.broken:
            broken[seed] = outcome.broken
    assert broken == {}
    assert min(calls) >= CALLS
    assert faults == set(FAULTS)


def test_a_seed_replays_bit_for_bit_in_any_process() -> None:
    def digests(hash_seed: str) -> str:
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": f"layers/meterai/python:{HERE}"}
        command = [sys.executable, "-c", REPLAYED.format(40, 70)]
        return subprocess.run(command, env=environment, cwd=HERE, capture_output=True, text=True, check=True).stdout

    first = digests("1")
    assert len(set(first.split())) == 30
    assert digests("2") == first


def test_every_scene_reaches_what_it_aims_at() -> None:
    """The aim of a scene is a call that its histories make: one that none makes any more is a scene that has rotted."""
    reached: set[tuple[str, str]] = set()
    for seed in range(HISTORIES, 2 * HISTORIES):
        if {site for _, site in AIMS} <= reached:
            return
        reached |= history(seed).visited.keys()
    assert {site for _, site in AIMS} <= reached


def test_the_record_holds_what_the_documents_promise() -> None:
    record = json.loads((HERE / "bench/results/simulation.json").read_text())
    assert record["histories"] >= 1_000_000
    assert record["broken"] == len(record["seeds_broken"]) == 0
    assert record["fewest_faults"] >= 1
    assert record["calls"]["fewest"] >= CALLS
    assert record["min_cell_hits"] >= 1_000
    assert record["mutants"] == record["mutants_killed"] >= 30
    assert all(set(hits) == set(FAULTS) for hits in record["matrix"].values())
