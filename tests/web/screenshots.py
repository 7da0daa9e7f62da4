"""Draw the README's pictures anew from a running stack (`make run` in another terminal):

    python -m tests.web.screenshots [--access .local/access.json] [--into docs/images]

page.png: placing, paying, downloading and checking on a phone, side by side. stamped.png: a page of a stamped document.
"""

from __future__ import annotations

import argparse
import io
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, expect

from tests.web.visitor import Visitor, chromium, letter, opened_browser

HOUSE = Path(__file__).resolve().parent.parent.parent
PAPER, GAP = "#dcd8cd", 36


def walk(browser: Browser, url: str) -> tuple[list[Image.Image], bytes]:
    """Place, pay, download and check on a phone; the screens worth a picture, and the stamped document."""
    phone = browser.new_context(
        viewport={"width": 360, "height": 720}, device_scale_factor=2, has_touch=True, is_mobile=True, locale="id-ID",
        reduced_motion="reduce",
    )  # fmt: skip
    visitor = Visitor(phone.new_page(), url)
    page, screens = visitor.page, []

    def look(part: str) -> None:
        page.locator(part).evaluate("part => part.scrollIntoView({ block: 'start' })")
        screens.append(Image.open(io.BytesIO(page.screenshot())).convert("RGB"))

    visitor.open()
    visitor.bring(letter())
    expect(page.locator("#meter")).to_have_text("Aman")
    look("#placing")
    visitor.bill(1, "ani@contoh.id")
    look("#buying")
    visitor.simulate("Bayar")
    expect(page.locator("#sealed-verdict")).to_be_visible()
    stamped = visitor.download()
    look("#stamping")
    visitor.verify(stamped, "surat-bermeterai.pdf")
    look("#verifying")
    phone.close()
    return screens, stamped


def side_by_side(screens: list[Image.Image]) -> Image.Image:
    """The screens on one sheet."""
    width, height = screens[0].size
    sheet = Image.new("RGB", (GAP + len(screens) * (width + GAP), height + 2 * GAP), PAPER)
    for place, screen in enumerate(screens):
        sheet.paste(screen, (GAP + place * (width + GAP), GAP))
    return sheet.resize((sheet.width * 2 // 3, sheet.height * 2 // 3), Image.Resampling.LANCZOS)


def draw(document: bytes, into: Path) -> None:
    """The upper part of the document's first page, as poppler shows it."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "stamped.pdf"
        source.write_bytes(document)
        command = ["pdftoppm", "-r", "130", "-png", "-singlefile", str(source), str(Path(folder) / "page")]
        subprocess.run(command, check=True)
        page = Image.open(Path(folder) / "page.png").convert("RGB")
        page.crop((0, 0, page.width, page.height * 52 // 100)).save(into, optimize=True)


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m tests.web.screenshots", description=__doc__)
    parser.add_argument("--access", type=Path, default=HOUSE / ".local" / "access.json")
    parser.add_argument("--into", type=Path, default=HOUSE / "docs" / "images")
    arguments = parser.parse_args()
    path = chromium()
    if path is None or not arguments.access.exists():
        print("meterai: chromium and a running stack (make run) are needed", file=sys.stderr)
        return 2
    arguments.into.mkdir(parents=True, exist_ok=True)
    with opened_browser(path) as browser:
        screens, stamped = walk(browser, json.loads(arguments.access.read_text())["web_url"])
    side_by_side(screens).save(arguments.into / "page.png", optimize=True)
    draw(stamped, arguments.into / "stamped.png")
    return 0


if __name__ == "__main__":
    sys.exit(main())
