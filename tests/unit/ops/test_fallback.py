"""The page for when all is dark: all in one file, and every link where it belongs."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path

import pytest

from meterai.domain.board import Listed
from ops.board import listed_in
from ops.fallback import EXAMPLE, EXAMPLE_PORTAL, PAGE, main, rendered
from tests.unit.runtime.test_status_page import Read

MOST_BYTES = 15_000
EXAMPLE_PAGE = rendered(EXAMPLE_PORTAL, listed_in(EXAMPLE))


def test_the_page_that_is_kept_is_the_examples() -> None:
    assert PAGE.read_text() == EXAMPLE_PAGE


def test_it_is_small_and_holds_all_that_it_needs() -> None:
    page = Read(EXAMPLE_PAGE.encode())
    assert len(EXAMPLE_PAGE.encode()) < MOST_BYTES
    assert not [tag for tag, _ in page.tags if tag in ("script", "img", "iframe", "object", "form", "base")]
    assert [one["href"] for one in page.all("link")] == ["data:,"]
    assert not re.search(r"url\(|@import", EXAMPLE_PAGE)
    assert all(not any(name.startswith("on") or name == "style" for name in one) for _, one in page.tags)


def test_its_own_policy_lets_its_own_style_in_and_nothing_else() -> None:
    style = EXAMPLE_PAGE.partition("<style>")[2].partition("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = next(one["content"] for one in Read(EXAMPLE_PAGE.encode()).all("meta") if "http-equiv" in one)
    assert policy is not None
    assert policy.startswith(f"default-src 'none'; style-src 'sha256-{digest}';")
    assert "unsafe" not in policy


@pytest.mark.parametrize(
    "sentence",
    [
        "Surat Setoran Pajak",
        "PMK 134/2021",
        "PMK 78/2024",
        "Meterai tempel",
        "tidak kedaluwarsa",
        "bukti antre",
        "NTPN",
    ],
)
def test_it_tells_the_legal_way_out_and_what_becomes_of_paid_pieces(sentence: str) -> None:
    assert sentence in Read(EXAMPLE_PAGE.encode()).text


def test_every_part_is_told_in_both_languages() -> None:
    page = Read(EXAMPLE_PAGE.encode())
    for sentence in ("do not expire", "not pay twice", "tax payment slip", "glued stamp", "Other channels"):
        assert sentence in page.english.replace("does not expire", "do not expire")


def test_links_are_those_of_the_deployment_and_names_are_text() -> None:
    hostile = Listed("shop", "distributor", "A&B's", "https://shop.id/?a=1&b=2")
    page = Read(rendered("https://meterai.id", [hostile, Listed("counter", "counter", "Tanpa laman")]).encode())
    links = [one["href"] for one in page.all("a")]
    assert {"https://meterai.id/", "https://meterai.id/status", "https://shop.id/?a=1&b=2"} <= set(links)
    assert not [link for link in links if link and ".example" in link]
    assert "A&B's" in page.text
    assert "Tanpa laman" not in page.text


def test_the_command_writes_the_page_or_says_why_not(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([EXAMPLE_PORTAL, str(EXAMPLE)]) == 0
    assert capsys.readouterr().out == EXAMPLE_PAGE
    assert main(["https://meterai.id", str(tmp_path / "absent.json")]) == 1
    for words in (
        [],
        ["meterai.id", str(EXAMPLE)],
        ["https://meterai.id/path", str(EXAMPLE)],
        ['https://"x', str(EXAMPLE)],
    ):
        assert main(words) == 2
