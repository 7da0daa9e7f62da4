"""Every page and every step of the road, looked at by axe: in both colours and both languages, no violation at all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.integration.client import Person
from tests.integration.officers import undecided
from tests.web.visitor import Scheme, Visitor, letter

AXE = Path(__file__).parent / "tools" / "node_modules" / "axe-core" / "axe.min.js"
PAGES = ("/", "/v/0000000000000000000000", "/problems.html", "/receipt.html", "/desk/", "/lite.html", "/status")
ONE_LANGUAGE = ("/problems.html", "/status")
"""Without a switch: what problems mean, and the board, which is told in both at once."""
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
CLEAN: dict[Scheme, list[str]] = {scheme: [] for scheme in SCHEMES}
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture(scope="module")
def axe() -> str:
    if not AXE.exists():
        pytest.skip("axe-core is not installed (npm ci --prefix tests/web/tools)")
    return AXE.read_text()


def violations(page: Page, axe: str) -> list[str]:
    """What axe has against the page as it stands."""
    page.evaluate(f"{axe}; null")
    found: dict[str, Any] = page.evaluate(
        f"axe.run(document, {{ runOnly: {json.dumps(TAGS)}, resultTypes: ['violations'] }})"
    )
    return [f"{one['id']}: {node['html'][:160]}" for one in found["violations"] for node in one["nodes"]]


def by_day_and_by_night(page: Page, axe: str) -> dict[Scheme, list[str]]:
    """What axe has against the page in either colour scheme; nothing, one hopes."""
    found: dict[Scheme, list[str]] = {}
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        found[scheme] = violations(page, axe)
    return found


@pytest.mark.parametrize("path", PAGES)
def test_every_page_is_without_a_violation(visitor: Visitor, axe: str, path: str) -> None:
    visitor.expects("404", "422")
    page = visitor.page
    visitor.open(path)
    page.wait_for_load_state("networkidle")
    assert by_day_and_by_night(page, axe) == CLEAN
    if path in ONE_LANGUAGE:
        return
    page.evaluate("""localStorage.setItem("meterai.language", '"en"')""")
    page.reload()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.wait_for_load_state("networkidle")
    assert by_day_and_by_night(page, axe) == CLEAN


def test_the_fallback_page_is_without_a_violation(browser: Browser, stack: Any, axe: str) -> None:
    context = browser.new_context(
        viewport={"width": 360, "height": 640}, bypass_csp=True
    )  # which lets nothing in, not even axe
    try:
        page = context.new_page()
        page.goto(stack.access["fallback_url"])
        assert by_day_and_by_night(page, axe) == CLEAN
    finally:
        context.close()


def test_the_desk_is_without_a_violation_inside(visitor: Visitor, stack: Any, axe: str) -> None:
    page, http = visitor.page, stack.http()
    refund = undecided(stack, http, Person.new(http))["id"]
    visitor.open(f"/desk/#{refund}")
    page.get_by_label("Kunci petugas").fill(stack.access["officer_key"])
    page.get_by_role("button", name="Masuk").click()
    expect(page.locator("#case-title")).to_contain_text("Menunggu keputusan petugas")
    page.get_by_text("Dari WhatsApp, kantor pos").click()
    assert by_day_and_by_night(page, axe) == CLEAN
    page.get_by_role("button", name="English").click()
    expect(page.locator("#case-title")).to_contain_text("Waiting for an officer's decision")
    assert by_day_and_by_night(page, axe) == CLEAN


def test_the_page_of_an_affixed_stamp_is_without_a_violation(
    visitor: Visitor, stamped: tuple[str, bytes], axe: str
) -> None:
    for address in (f"/V/{stamped[0]}", f"/v/{stamped[0]}?lang=en"):
        visitor.open(address)
        visitor.verify(stamped[1])
        assert by_day_and_by_night(visitor.page, axe) == CLEAN


def test_every_step_of_the_road_is_without_a_violation(visitor: Visitor, axe: str) -> None:
    page = visitor.page
    visitor.bring(b"bukan PDF", "catatan.txt")
    expect(page.locator("#document-says")).to_contain_text("tidak dapat dibaca")
    assert by_day_and_by_night(page, axe) == CLEAN
    visitor.bring(letter(pages=2))
    expect(page.locator("#placing")).to_be_visible()
    assert by_day_and_by_night(page, axe) == CLEAN
    visitor.bill(1, "ani@contoh.id")
    assert by_day_and_by_night(page, axe) == CLEAN
    visitor.simulate("Bayar")
    expect(page.locator("#stamping-says")).to_contain_text("Dokumen Anda bermeterai")
    visitor.verify(visitor.download())
    assert by_day_and_by_night(page, axe) == CLEAN
    page.locator("#invoices > li").first.wait_for()
    assert by_day_and_by_night(page, axe) == CLEAN


def test_the_page_is_without_a_violation_on_a_wide_screen_in_english(browser: Browser, stack: Any, axe: str) -> None:
    screen = browser.new_context(viewport={"width": 1280, "height": 900}, service_workers="block")
    try:
        here = Visitor(screen.new_page(), stack.web_url)
        here.open()
        here.page.get_by_role("button", name="English").click()
        expect(here.page.get_by_role("heading", name="Choose a document")).to_be_visible()
        here.bring(letter())
        expect(here.page.locator("#placing")).to_be_visible()
        assert violations(here.page, axe) == []
    finally:
        screen.close()
