"""The page on slow phones and slow networks: what Lighthouse says of it, and how long a first visit takes to its code."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, expect

from tests.web.visitor import FLAGS, Visitor, chromium, scanned

TOOLS = Path(__file__).parent / "tools"
PAGES = ("/", "/lite.html", "/status", "/receipt.html")
"""The public pages; that of a serial has another address each time."""
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
SLOW_3G = {"offline": False, "latency": 400, "downloadThroughput": 50_000, "uploadThroughput": 50_000}
"""As browsers' tools have it: milliseconds before an answer, bytes a second (Network.emulateNetworkConditions)."""
WIDE = 400
"""Pixels of the scanned page that is brought: some 100 KB that do not compress."""


def missing() -> str | None:
    """What Lighthouse lacks on this machine, None where it can run."""
    if chromium() is None:
        return "chromium is not installed (Debian: apt install chromium)"
    if shutil.which("node") is None:
        return "node is not installed (Debian: apt install nodejs)"
    if not (TOOLS / "node_modules" / "lighthouse").exists():
        return "lighthouse is not installed (npm ci --prefix tests/web/tools)"
    return None


def looked_at(urls: Sequence[str], categories: Sequence[str] = CATEGORIES) -> dict[str, Any]:
    """What Lighthouse says of each address on its default slow phone: `scores` out of 100 by category, the audits `lost`, the
    `figures` behind the speed."""
    given = {"chromium": chromium(), "flags": FLAGS.split(), "urls": list(urls), "categories": list(categories)}
    done = subprocess.run(
        ["node", str(TOOLS / "lighthouse.mjs")], input=json.dumps(given), capture_output=True, text=True, timeout=600,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def seconds_to_the_code(browser: Browser, url: str, path: str = "/") -> float:
    """From an empty cache on slow 3G to the code that can be paid, with a file of 100 KB and nobody thinking in between."""
    phone = browser.new_context(
        viewport={"width": 360, "height": 640}, has_touch=True, is_mobile=True, locale="id-ID", service_workers="block"
    )
    try:
        here = Visitor(phone.new_page(), url)
        network = phone.new_cdp_session(here.page)
        network.send("Network.enable")
        network.send("Network.emulateNetworkConditions", SLOW_3G)
        source = scanned(WIDE)
        assert 90_000 <= len(source) <= 130_000
        begun = time.monotonic()
        here.open(path)
        if path == "/":
            here.bring(source)
            here.page.get_by_label("E-mail", exact=True).fill("lambat@contoh.id")
            expect(here.page.locator("#placing")).to_be_visible()
            here.page.get_by_role("button", name="Bayar dengan QRIS").click()
        else:
            here.page.locator("#file").set_input_files(
                {"name": "surat.pdf", "mimeType": "application/pdf", "buffer": source}
            )
            here.page.locator("#email").fill("lambat@contoh.id")
            here.page.locator("#go").click()
        expect(here.page.locator("#qr")).to_be_visible()
        taken = time.monotonic() - begun
        assert here.unexpected() == []
        return taken
    finally:
        phone.close()
