"""Real files through the API: stamped and valid for other people's tools, or refused by name; never a fault, never stuck.

A share of the folder runs here, every file with METERAI_CORPUS=all; the whole table is docs/corpus.md (`make corpus`).
"""

from __future__ import annotations

import os
import shutil
from typing import Any

import pytest

from bench.corpus import CORPUS, Row, roots_of, run, summary
from meterai.runtime.problems import TABLE
from tests.integration.client import Person, connect

FILES = sorted(CORPUS.glob("*.pdf"))[:: 1 if os.environ.get("METERAI_CORPUS") == "all" else 4]
pytestmark = [
    pytest.mark.xdist_group("stack"),
    pytest.mark.skipif(not FILES, reason="../shared/corpus is not here"),
    pytest.mark.skipif(shutil.which("pdfsig") is None, reason="pdfsig is not installed (poppler-utils)"),
    pytest.mark.skipif(shutil.which("qpdf") is None, reason="qpdf is not installed"),
]


@pytest.fixture(scope="module")
def judged(stack: Any) -> tuple[list[Row], dict[str, int]]:
    """What became of each file, and the quota of the person who stamped them."""
    with connect(stack.api_url) as http:
        person = Person.new(http)
        person.buy(len(FILES))
        rows = run(person, FILES, roots_of(stack.access["root_certificate"]))
        return rows, person.quota()


def test_every_real_file_is_done_or_refused_by_a_name_that_people_can_look_up(
    judged: tuple[list[Row], dict[str, int]],
) -> None:
    rows, quota = judged
    assert len(rows) == len(FILES)
    refused = {row.outcome for row in rows} - {"done"}
    assert refused <= TABLE.keys()
    assert {TABLE[code].status for code in refused} <= {409, 413, 422}
    done = sum(row.outcome == "done" for row in rows)
    assert quota == quota | {"available": len(FILES) - done, "reserved": 0, "used": done}


def test_other_peoples_tools_agree_with_every_stamp(judged: tuple[list[Row], dict[str, int]]) -> None:
    done = [row for row in judged[0] if row.outcome == "done"]
    assert len(done) >= 20, summary(judged[0])
    assert [row for row in done if row.pdfsig != "Signature is Valid"] == []
    assert [row for row in done if row.qpdf_worse] == []
    assert [row for row in done if row.pyhanko != "trusted"] == []


def test_our_own_verdict_on_every_stamp_is_authentic_unless_another_signature_asks_for_review(
    judged: tuple[list[Row], dict[str, int]],
) -> None:
    done = [row for row in judged[0] if row.outcome == "done"]
    assert [
        row for row in done if row.verdict != "authentic" and not (row.verdict == "review" and "signed" in row.findings)
    ] == []
