"""Real files of public collections, straight through preflight, seal and verdict: stamped and valid, or refused by name."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from meterai.domain.errors import PlacementOffPage, PlacementTooSmall, Refusal
from meterai.domain.placement import Placement, check
from meterai.domain.verdict import judge
from meterai.pdf.inspect import inspect
from meterai.pdf.preflight import examine, refusal
from tests.unit.pdf.conftest import House
from tests.unit.pdf.test_seal import status

CORPUS = Path(__file__).parents[4] / "shared" / "corpus"
FILES = sorted(CORPUS.glob("*.pdf")) if CORPUS.is_dir() else []
REFUSED = {
    "document_encrypted",
    "document_unreadable",
    "document_certified",
    "document_too_complex",
    "document_too_large",
}


@pytest.mark.skipif(not FILES, reason="../shared/corpus is not here")
def test_the_corpus_is_there_and_most_of_it_can_be_stamped() -> None:
    assert len(FILES) >= 100
    refused = [refusal(examine(path.read_bytes())) for path in FILES]
    assert sum(kind is None for kind in refused) >= 0.75 * len(FILES)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_real_file_is_stamped_and_valid_or_refused_by_name(house: House, path: Path) -> None:
    logging.getLogger("pyhanko").setLevel(logging.CRITICAL)
    source = path.read_bytes()
    seen = examine(source)
    refused: Refusal | None = refusal(seen)
    if refused is not None:
        assert refused.code in REFUSED
        with pytest.raises(Refusal):
            house.stamp(source, Placement(1, 0.1, 0.1, 0.2))
        return
    if seen.suggested_placement is None:
        with pytest.raises((PlacementOffPage, PlacementTooSmall)):
            check(Placement(1, 0, 0, 1), seen.pages, "HTTPS://X.ID/V/" + "0" * 22)
        return
    sealed = house.stamp(source, seen.suggested_placement)
    assert sealed.startswith(source)
    assert status(sealed, house.pki, "Emet")[-1].bottom_line
    assert judge(inspect(sealed, house.pki.trust), house.register).stamps[-1].verdict == "authentic"
