"""Two thousand mutated documents at each run; `make fuzz` tries a hundred thousand."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.fuzz.mutations import MUTATIONS
from tests.fuzz.trials import document, known, seeds, trial, verdict

PARTS = 20
EACH = 100


@pytest.mark.parametrize("part", range(PARTS))
def test_a_mutated_document_is_judged_within_its_bounds_and_never_taken_for_genuine(part: int) -> None:
    @settings(
        max_examples=EACH, derandomize=True, database=None, deadline=None, phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(st.integers(0, 10**12))
    def every(number: int) -> None:
        found = trial(part, number)
        assert found.fault is None, found

    every()


def test_the_seeds_that_were_sealed_are_genuine() -> None:
    sealed = [data for name, data in zip(seeds().names, seeds().documents, strict=True) if name.startswith("sealed")]
    assert len(sealed) > 15
    assert {verdict(data) for data in sealed} == {"authentic"}
    assert all(known(data) for data in sealed)


def test_a_document_is_found_again_by_its_number_and_every_mutation_is_drawn() -> None:
    assert document(1, 7) == document(1, 7)
    drawn = {name for number in range(300) for name in document(1, number)[1]}
    assert drawn == set(MUTATIONS)
