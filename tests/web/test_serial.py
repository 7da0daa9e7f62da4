"""The page behind the QR code as people meet it: without a script and with one, in both languages, on the narrowest phone."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.integration.conftest import Stack
from tests.web.test_status import CONTRAST
from tests.web.visitor import Scheme, Visitor, letter

PICTURES = os.environ.get("METERAI_PICTURES")
"""A folder to put pictures of the page in, for somebody to look at."""


def reading(browser: Browser, stack: Stack, *, script: bool, scheme: Scheme = "light") -> Iterator[Visitor]:
    phone = browser.new_context(
        viewport={"width": 320, "height": 640}, java_script_enabled=script, color_scheme=scheme, locale="id-ID",
        reduced_motion="reduce", service_workers="block",
    )  # fmt: skip
    here = Visitor(phone.new_page(), stack.web_url)
    yield here
    phone.close()
    assert here.unexpected() == []
    assert here.origins <= {stack.web_url, stack.access["engine_url"]}


@pytest.fixture
def reader(browser: Browser, stack: Stack) -> Iterator[Visitor]:
    """Somebody whose browser runs no script."""
    yield from reading(browser, stack, script=False)


@pytest.fixture
def checker(browser: Browser, stack: Stack) -> Iterator[Visitor]:
    """Somebody whose browser does."""
    yield from reading(browser, stack, script=True)


def picture(here: Visitor, name: str) -> None:
    if PICTURES:
        here.page.screenshot(path=Path(PICTURES) / f"{name}.png", full_page=True)


def test_a_stamp_is_told_without_a_script_in_both_languages(reader: Visitor, stamped: tuple[str, bytes]) -> None:
    page, serial = reader.page, stamped[0]
    reader.open(f"/V/{serial}")
    expect(page.locator("html")).to_have_attribute("lang", "id")
    expect(page.locator("#serial")).to_have_text(serial)
    expect(page.get_by_text("Nomor seri ini tercatat sudah dibubuhkan.")).to_be_visible()
    expect(page.locator("#affixed-at")).to_have_text(re.compile(r"^\d+ \w+ \d{4} pukul \d\d\.\d\d WIB$"))
    expect(page.locator("#issuer")).to_have_text("layanan ini")
    expect(page.locator("#hash-starts")).to_have_text(re.compile(r"^([0-9a-f]{4} ){4}…$"))
    expect(page.get_by_text("belum membuktikan berkas di tangan Anda")).to_be_visible()
    expect(page.locator("#verify-file")).to_be_hidden()
    assert page.locator("html").evaluate("page => page.scrollWidth") <= 320
    picture(reader, "serial-id")
    page.get_by_role("link", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.get_by_text("This serial number is recorded as affixed.")).to_be_visible()
    expect(page.get_by_text("does not prove the file you hold")).to_be_visible()
    picture(reader, "serial-en")
    page.get_by_role("link", name="Check a file on the main page").click()
    expect(page).to_have_url(f"{reader.url}/#verifying")


def test_a_number_that_is_none_says_what_to_do_without_a_script(reader: Visitor) -> None:
    reader.expects("404")
    reader.open("/v/0000000000000000000000")
    expect(reader.page.get_by_text("Nomor seri ini salah ketik.")).to_be_visible()
    expect(reader.page.get_by_role("link", name="Periksa berkas di halaman utama")).to_be_visible()
    picture(reader, "serial-mistyped")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("lang", ["id", "en"])
def test_every_text_stands_out_by_day_and_by_night(
    browser: Browser, stack: Any, stamped: tuple[str, bytes], lang: str, scheme: Scheme
) -> None:
    for here in reading(browser, stack, script=True, scheme=scheme):
        here.open(f"/v/{stamped[0]}?lang={lang}")
        here.verify(stamped[1])
        assert here.page.evaluate(CONTRAST) == []
        targets = here.page.locator("a:not(.skip), button:visible, label:visible")
        sizes = [box for box in (each.bounding_box() for each in targets.all() if each.is_visible()) if box]
        assert [box for box in sizes if box["height"] < 24 or box["width"] < 24] == []
        picture(here, f"serial-checked-{lang}-{scheme}")


def test_with_a_script_the_file_in_hand_is_checked_in_the_pages_language(
    checker: Visitor, stamped: tuple[str, bytes]
) -> None:
    page, (serial, sealed) = checker.page, stamped
    checker.open(f"/v/{serial}")
    expect(page.locator("#verify-elsewhere")).to_be_hidden()
    checker.verify(sealed)
    expect(page.locator("#same-says")).to_contain_text("sama persis")
    expect(page.locator("#verdict h3")).to_have_text("Asli")
    page.get_by_role("link", name="English").click()
    checker.verify(letter())
    expect(page.locator("#same-says")).to_contain_text("not the file that was stamped")
    expect(page.locator("#verdict")).to_contain_text("The serial number above is not in this file")
    checker.open(f"/V/{serial}")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.get_by_role("link", name="bahasa Indonesia").click()
    expect(page.locator("html")).to_have_attribute("lang", "id")


def test_a_file_too_large_for_the_api_is_checked_on_this_page_too(checker: Visitor, stamped: tuple[str, bytes]) -> None:
    checker.open(f"/v/{stamped[0]}")
    checker.verify(stamped[1] + b"\n%" + b"x" * 4_300_000)
    expect(checker.page.locator("#verdict h3")).to_have_text(re.compile("Dokumen berubah|Tidak terbaca"))
