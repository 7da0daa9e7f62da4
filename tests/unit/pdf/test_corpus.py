"""Real files of public collections, straight through preflight, the repairs it offers, seal and verdict: stamped and valid,
or refused by name."""

from __future__ import annotations

import io
import logging
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from pyhanko.pdf_utils.crypt import AuthStatus
from pyhanko.pdf_utils.reader import PdfFileReader

from meterai.domain.errors import Refusal
from meterai.domain.placement import Placement
from meterai.domain.verdict import judge
from meterai.pdf import reading
from meterai.pdf.inspect import inspect
from meterai.pdf.preflight import examine, refusal
from meterai.pdf.repair import repair
from tests.unit.pdf.conftest import House
from tests.unit.pdf.test_seal import status

CORPUS = Path(__file__).parents[4] / "shared" / "corpus"
FILES = sorted(CORPUS.glob("*.pdf")) if CORPUS.is_dir() else []
REFUSED = {
    "document_encrypted",
    "document_unreadable",
    "document_certified",
    "document_too_complex",
    "document_too_many_pages",
    "document_too_large",
}
NO_PLACE = "placement_too_small"
"""No page is large enough for a stamp that can be read."""


@cache
def stampable(path: Path) -> tuple[str, bytes]:
    """`ready`, or the code of what refuses the file after every repair that preflight offers; and its bytes by then."""
    source = path.read_bytes()
    seen = examine(source)
    while (refused := refusal(seen)) is not None:
        offered = [found.repair for found in seen.findings if found.code == refused.code and found.repair]
        if not offered:
            return refused.code, source
        try:
            mended = repair(source, offered[0], None)
        except Refusal as failed:
            return failed.code, source
        if mended == source:
            return refused.code, source
        source = mended
        seen = examine(source)
    return ("ready" if seen.suggested_placement else NO_PLACE), source


def within_reach(source: bytes) -> bool:
    """Whether pyHanko's lenient reader opens the file with a page, it needs no password, and no DocMDP closes it."""
    reader: Any = PdfFileReader(io.BytesIO(source), strict=False)
    try:
        if reader.encrypted and reader.decrypt(b"").status == AuthStatus.FAILED:
            return False
        reader.find_page_for_modification(0)
        return not reading.closed_by_certification(reader)
    except Exception:
        return False


def openable(source: bytes) -> bool:
    try:
        return within_reach(source)
    except Exception:
        return False


@pytest.mark.skipif(not FILES, reason="../shared/corpus is not here")
def test_95_percent_of_what_can_be_stamped_is() -> None:
    logging.getLogger("pyhanko").setLevel(logging.CRITICAL)
    assert len(FILES) >= 100
    reach = [path for path in FILES if openable(path.read_bytes())]
    outcomes = {path.stem: stampable(path)[0] for path in reach}
    ready = [name for name, outcome in outcomes.items() if outcome == "ready"]
    assert len(ready) >= 0.95 * len(reach), {name: code for name, code in outcomes.items() if code != "ready"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_real_file_is_stamped_and_valid_or_refused_by_name(house: House, path: Path) -> None:
    logging.getLogger("pyhanko").setLevel(logging.CRITICAL)
    outcome, source = stampable(path)
    if outcome != "ready":
        assert outcome in {*REFUSED, NO_PLACE}
        with pytest.raises(Refusal):
            house.stamp(source, Placement(1, 0.1, 0.1, 0.2))
        return
    sealed = house.stamp(source, examine(source).suggested_placement)
    assert sealed.startswith(source)
    assert our_status(sealed, house).bottom_line
    assert judge(inspect(sealed, house.pki.trust), house.register).stamps[-1].verdict == "authentic"


def our_status(sealed: bytes, house: House) -> Any:
    """What pyHanko's validator says of our signature."""
    return status(sealed, house.pki, "Emet")[-1]
