"""Every fault seeded into the ledger is found. The record of `make simulate` says by which seed it was found first; the hunt
begins there, and goes on for a while in case the histories have changed since."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.simulation.history import history
from tests.simulation.mutants import MUTANTS, Mutant, hunt

RECORD = json.loads((Path(__file__).parents[2] / "bench/results/simulation.json").read_text())
A_WHILE = 2_000


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_the_simulation_finds(mutant: Mutant) -> None:
    known = RECORD["kills"][mutant.name]
    kill = hunt(mutant, first_seed=known["seed"], most=A_WHILE)
    assert kill is not None, f"alive: {mutant.breaks}"
    assert history(kill.seed).broken is None, "the house breaks without the fault"


def test_every_fault_is_another() -> None:
    assert len({mutant.name for mutant in MUTANTS}) == len({mutant.breaks for mutant in MUTANTS}) == len(MUTANTS)
    assert set(RECORD["kills"]) == {mutant.name for mutant in MUTANTS}
