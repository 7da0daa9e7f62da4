"""The page that a problem's `type` points at says the same as the page people use."""

from __future__ import annotations

import html
import re
from pathlib import Path

WEB = Path(__file__).resolve().parent.parent.parent / "web"


def sentences(language: str) -> dict[str, str]:
    """The page's sentences for every code, in this language."""
    text = (WEB / f"sentences.{language}.js").read_text().partition("};")[0]  # `problems` is the first
    return dict(re.findall(r'^\s*"([a-z_]+)": "(.*)",$', text, re.MULTILINE))


def test_the_list_of_problems_has_each_sentence_under_its_own_anchor_in_both_languages() -> None:
    page = (WEB / "problems.html").read_text()
    entry = r'<dt id="([a-z_]+)">\1</dt>\s*<dd>(.*)</dd>\s*<dd class="small" lang="en">(.*)</dd>'
    listed = [(code, *map(html.unescape, said)) for code, *said in re.findall(entry, page)]
    assert sentences("id")
    assert {code: indonesian for code, indonesian, _ in listed} == sentences("id")
    assert {code: english for code, _, english in listed} == sentences("en")
