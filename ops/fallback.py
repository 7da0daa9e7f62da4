"""The page for when all is dark, with one deployment's links: `python -m ops.fallback https://... board.json > index.html`.

fallback/index.html is that page for the made-up addresses of ops/board.example.json. The result holds all that it needs, and
goes to an origin that leans on nothing of the portal's (docs/board.md).
"""

from __future__ import annotations

import base64
import hashlib
import re
import sys
from collections.abc import Sequence
from html import escape
from pathlib import Path

from meterai.domain.board import Listed
from meterai.domain.errors import Refusal
from ops.board import listed_in

PAGE = Path(__file__).resolve().parent.parent / "fallback" / "index.html"
EXAMPLE = Path(__file__).resolve().parent / "board.example.json"
EXAMPLE_PORTAL = "https://meterai.example"


def rendered(portal: str, listed: Sequence[Listed]) -> str:
    """The page with links to this portal (its origin, without a slash at the end) and to these channels' pages."""
    text = PAGE.read_text("utf-8")
    links = [
        f'      <li><a href="{escape(one.page)}" rel="noreferrer">{escape(one.label)}</a></li>\n'
        for one in listed
        if one.page
    ]
    begin, end = text.index("<!-- channels -->\n") + len("<!-- channels -->\n"), text.index("<!-- /channels -->")
    text = text[:begin] + "".join(links) + text[end:]
    text = text.replace(EXAMPLE_PORTAL, escape(portal))
    style = text.partition("<style>")[2].partition("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return re.sub(r"'sha256-[^']*'", f"'sha256-{digest}'", text, count=1)


def main(arguments: Sequence[str]) -> int:
    """`python -m ops.fallback PORTAL FILE`: PORTAL is the portal's origin, FILE as ops/board.example.json."""
    if len(arguments) != 2 or not re.fullmatch(r"https?://[^/<>\"\s]+", arguments[0]):
        print(main.__doc__, file=sys.stderr)
        return 2
    try:
        print(rendered(arguments[0], listed_in(Path(arguments[1]))), end="")
    except Refusal as refusal:
        print(f"{refusal.code}: {refusal.detail}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
