"""Every fault seeded into the ledger is found. The record of `make simulate` says by which seed it was found first; the hunt
begins there, and goes on for a while in case the histories have changed since."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.simulation.mutants import MUTANTS, Mutant, hunt

RECORD = json.loads((Path(__file__).parents[2] / "bench/results/simulation.json").read_text())
A_WHILE = 2_000


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_the_simulation_finds(mutant: Mutant) -> None:
    known = RECORD["kills"][mutant.name]
    assert hunt(mutant, first_seed=known["seed"], most=A_WHILE) is not None


def test_the_faults_are_many_and_each_has_a_name_of_its_own() -> None:
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS) >= 30
    assert set(RECORD["kills"]) == {mutant.name for mutant in MUTANTS}
