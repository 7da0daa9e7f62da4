"""A thousand mutated documents at each run; `make fuzz` tries a hundred thousand."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.fuzz import __main__ as command
from tests.fuzz.mutations import MUTATIONS
from tests.fuzz.trials import document, known, seeds, trial, verdict
from tests.unit.pdf.lean import there

PARTS = 20
EACH = 50


@pytest.mark.parametrize("part", range(PARTS))
def test_a_mutated_document_is_judged_within_its_bounds_and_never_taken_for_genuine(part: int) -> None:
    @settings(
        max_examples=EACH, phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(st.integers(0, 10**12))
    def every(number: int) -> None:
        found = there(trial, part, number)
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


def test_runs_are_added_up_only_where_documents_are_read_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    trees = {"a1": "one", "a2": "one", "b": "two"}
    monkeypatch.setattr(command, "git", lambda *words: trees[words[1].split(":")[0]])

    def record(commit: str, first: int) -> dict[str, Any]:
        run = {"commit": commit, "day": "2026-11-25", "numbers": [first, first + 9], "documents": 10}
        same = {"machine": "this", "seed": 1, "seeds": {"paper": 15}}
        counts = {name: {"of it": 4} for name in ("verdicts", "findings", "mutations")}
        most = {"memory_mb": 300.0 + first, "cpu_seconds": 4.0}
        return same | counts | {
            "documents": 10, "seconds": 3, "runs": [run], "faults": [], "authentic": 0, "most": most
        }  # fmt: skip

    both = command.together(record("a1", 0), record("a2", 10))
    assert (both["documents"], both["seconds"], both["verdicts"]["of it"], both["most"]["memory_mb"]) == (20, 6, 8, 310)
    assert [run["commit"] for run in both["runs"]] == ["a1", "a2"]
    with pytest.raises(ValueError, match="otherwise"):
        command.together(both, record("b", 20))
    with pytest.raises(ValueError, match="another seed"):
        command.together(both, record("a1", 20) | {"seed": 2})
