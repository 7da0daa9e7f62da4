"""The page without a connection: its own files stay in the browser, and so does what was under way."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Browser, expect

from tests.integration.client import until
from tests.web.visitor import Visitor, letter


def test_the_page_opens_in_flight_mode_and_goes_on_when_the_connection_is_back(browser: Browser, stack: Any) -> None:
    phone = browser.new_context(
        viewport={"width": 360, "height": 640}, has_touch=True, is_mobile=True, locale="id-ID", reduced_motion="reduce"
    )
    try:
        here = Visitor(phone.new_page(), stack.web_url)
        here.expects("ERR_INTERNET_DISCONNECTED", "Failed to load resource")
        here.open()
        until(lambda: here.page.evaluate("navigator.serviceWorker.controller !== null"))
        phone.set_offline(True)
        here.page.reload()
        expect(here.page.get_by_role("heading", name="Pilih dokumen")).to_be_visible()
        here.bring(letter(), "pesawat.pdf")
        said = re.compile("Tidak ada sambungan internet|Sambungan terputus")
        expect(here.page.locator("#banner")).to_contain_text(said)  # a renderer may not know yet that it is offline
        here.page.reload()
        expect(here.page.get_by_role("heading", name="Pilih dokumen")).to_be_visible()
        phone.set_offline(False)  # the page notices by itself
        expect(here.page.locator("#document-says")).to_contain_text("pesawat.pdf, 1 halaman")
        assert here.unexpected() == []
    finally:
        phone.close()
