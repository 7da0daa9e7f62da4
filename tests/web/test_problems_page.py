"""The page that a problem's `type` points at says the same as the page people use."""

from __future__ import annotations

import html
import re
from pathlib import Path

WEB = Path(__file__).resolve().parent.parent.parent / "web"


def test_the_list_of_problems_has_each_sentence_under_its_own_anchor() -> None:
    sentences = dict(re.findall(r'^\s*"([a-z_]+)": "(.*)",$', (WEB / "sentences.id.js").read_text(), re.MULTILINE))
    page = (WEB / "problems.html").read_text()
    listed = dict(re.findall(r'<dt id="([a-z_]+)">\1</dt>\s*<dd>(.*)</dd>', page))
    assert sentences
    assert {code: html.unescape(text) for code, text in listed.items()} == sentences
