"""What the long runs promised is in the records that they left, and the pages show these records."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, get_args

from bench import box, page, verdict, visit
from meterai.domain.verdict import Judgement

HOUSE = Path(__file__).parents[2]


def record(name: str) -> Any:
    return json.loads((HOUSE / "bench" / "results" / f"{name}.json").read_text())


def test_the_seal_is_as_close_to_the_limit_and_as_far_ahead_of_its_peers_as_promised() -> None:
    seal = record("seal")
    promises = {what: kept for what, _, _, kept in page.promised(seal)}
    assert len(promises) == 13
    assert [what for what, kept in promises.items() if not kept] == []
    for paper in page.PAPERS:
        assert {"limit", "ours B-B rsa2048", "pyHanko, KMS-shaped", "pdfsignerpy, file to file"} <= seal[paper].keys()


def test_the_page_of_the_seal_shows_its_record() -> None:
    seal = record("seal")
    assert page.table(seal) in (HOUSE / "docs" / "seal.md").read_text()
    assert page.figures(seal) in (HOUSE / "docs" / "seal.md").read_text()
    assert page.plot(seal) == (HOUSE / "docs" / "images" / "seal.svg").read_text()


def test_the_verdict_is_as_far_ahead_of_pyhanko_as_promised_and_its_page_shows_the_record() -> None:
    kept = record("verdict")
    promises = {what: is_kept for what, _, _, is_kept in verdict.promised(kept)}
    assert len(promises) == 5
    assert [what for what, is_kept in promises.items() if not is_kept] == []
    text = verdict.DOC.read_text()
    assert verdict.written(text, kept) == text
    assert verdict.plot(kept) == verdict.PLOT.read_text()


def test_the_page_of_the_box_shows_its_record_and_nobody_who_paid_was_lost() -> None:
    kept = record("box")
    text = box.DOC.read_text()
    assert box.written(text, kept) == text
    assert {"1x", f"{box.KEPT_LEVEL}x", "10x"} <= kept["levels"].keys()
    for level in kept["levels"].values():
        assert (level["lost"], level["wrong"], level["bare"], level["unanswered"]) == (0, [], [], [])
        assert level["paid"] == level["stamped"] > 0
        assert level["back_to_normal_seconds"] <= box.NORMAL_WITHIN_SECONDS
    assert (kept["audit"]["findings"], kept["left_behind"]) == ([], 0)
    assert box.kept(kept)


def test_the_applicants_page_is_as_light_and_as_fast_as_promised_and_its_page_shows_the_record() -> None:
    kept = record("page")
    promises = {what: is_kept for what, *_, is_kept in visit.promised(kept)}
    assert len(promises) == 10
    assert [what for what, is_kept in promises.items() if not is_kept] == []
    text = visit.DOC.read_text()
    assert visit.written(text, kept) == text


def test_the_page_of_the_verdict_names_every_verdict_and_every_reason() -> None:
    source = (HOUSE / "layers" / "meterai" / "python" / "meterai" / "domain" / "verdict.py").read_text()
    reasons = set(re.findall(r'Reason\(\s*"(\w+)"', source))
    rows = [line.split("|") for line in verdict.DOC.read_text().splitlines() if line.startswith("| `")]
    assert {row[1].strip().strip("`") for row in rows} == set(get_args(Judgement))
    assert {one for row in rows for one in re.findall(r"\w+", row[3])} - {"none"} == reasons
