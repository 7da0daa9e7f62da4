"""Draw the README's pictures anew from a running stack (`make run` in another terminal):

    python -m tests.web.screenshots [--access .local/access.json] [--into docs/images]

page.png: the road on a phone, from choosing a document to checking the stamped one; the line it waits in is made up for the
picture. board.png: the channel board. stamped.png: a page of a stamped document.
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
from playwright.sync_api import Browser, Page, expect

from tests.web.test_waiting import Road, a_room
from tests.web.visitor import Visitor, chromium, letter, opened_browser

HOUSE = Path(__file__).resolve().parent.parent.parent
PAPER, GAP = "#dcd8cd", 36
ABREAST = 3
"""So many screens in a row of the sheet."""


def walk(browser: Browser, url: str) -> tuple[list[Image.Image], bytes]:
    """Choose, place, pay, wait, download and check on a phone; the screens worth a picture, and the stamped document."""
    phone = browser.new_context(
        viewport={"width": 360, "height": 720}, device_scale_factor=2, has_touch=True, is_mobile=True, locale="id-ID",
        reduced_motion="reduce",
    )  # fmt: skip
    visitor = Visitor(phone.new_page(), url)
    page, screens = visitor.page, []

    def look(part: str) -> None:
        page.locator(part).evaluate("part => part.scrollIntoView({ block: 'start' })")
        screens.append(seen(page))

    visitor.open()
    look("body")
    visitor.bring(letter(to_sign=True))
    expect(page.locator("#meter")).to_have_text("Aman")
    look("#placing")
    visitor.bill(1, "ani@contoh.id")
    look("#buying")
    Road(page, a_room(ahead=48_199))
    visitor.simulate("Bayar")
    expect(page.locator("#queue-place")).to_be_visible()
    look("#stamping")
    page.unroute_all()
    page.reload()
    expect(page.locator("#sealed-verdict")).to_be_visible()
    stamped = visitor.download()
    look("#stamping")
    visitor.verify(stamped, "surat-bermeterai.pdf")
    look("#verifying")
    phone.close()
    return screens, stamped


def seen(page: Page) -> Image.Image:
    """What is on the screen."""
    return Image.open(io.BytesIO(page.screenshot())).convert("RGB")


def board(browser: Browser, url: str) -> Image.Image:
    """The channel board on a wide screen."""
    screen = browser.new_context(viewport={"width": 1000, "height": 720}, locale="id-ID")
    page = screen.new_page()
    page.goto(f"{url}/status", wait_until="networkidle")
    found = seen(page)
    screen.close()
    return found


def side_by_side(screens: list[Image.Image]) -> Image.Image:
    """The screens on one sheet, in rows."""
    width, height = screens[0].size
    rows = -(-len(screens) // ABREAST)
    sheet = Image.new("RGB", (GAP + ABREAST * (width + GAP), GAP + rows * (height + GAP)), PAPER)
    for place, screen in enumerate(screens):
        row, column = divmod(place, ABREAST)
        sheet.paste(screen, (GAP + column * (width + GAP), GAP + row * (height + GAP)))
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
        url = json.loads(arguments.access.read_text())["web_url"]
        screens, stamped = walk(browser, url)
        board(browser, url).save(arguments.into / "board.png", optimize=True)
    side_by_side(screens).save(arguments.into / "page.png", optimize=True)
    draw(stamped, arguments.into / "stamped.png")
    return 0


if __name__ == "__main__":
    sys.exit(main())
