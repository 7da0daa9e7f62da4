"""Every page over the whole road: nobody else is asked for anything, and no page could run what somebody slipped into it."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, Response, expect

from tests.web.test_page import shown_box
from tests.web.visitor import Visitor, letter

SLIPPED_IN = """() => [...document.querySelectorAll("*")].flatMap((one) => [
    ...(one.localName === "script" && !one.src ? [one.outerHTML] : []),
    ...(one.localName === "style" ? [one.outerHTML] : []),
    ...[...one.attributes].filter(({ name }) => name.startsWith("on")).map(({ name }) => `${one.localName} ${name}`),
    ...[...one.attributes].filter(({ value }) => value.trim().startsWith("javascript:")).map(({ value }) => value),
])"""
"""What a page carries that a strict policy does not run: scripts and styles of its own, handlers in attributes."""


def rules_of(policy: str) -> dict[str, list[str]]:
    """A policy's words, by what they are about."""
    return {words[0]: words[1:] for rule in policy.split(";") if (words := rule.split())}


def is_strict(answer: Response | None, *known: str) -> None:
    """Nothing is allowed but what is named, and only these origins are."""
    assert answer is not None
    rules = rules_of(answer.headers["content-security-policy"])
    assert rules["default-src"] == ["'none'"]
    named = {word for words in rules.values() for word in words}
    assert named <= {"'none'", "'self'", *known}, rules
    assert rules["base-uri"] == rules["frame-ancestors"] == ["'none'"]


def test_on_a_wide_screen_the_road_goes_by_mouse_and_asks_nobody_else(browser: Browser, stack: Any) -> None:
    screen = browser.new_context(
        viewport={"width": 1280, "height": 900}, locale="id-ID", reduced_motion="reduce", service_workers="block"
    )
    try:
        here = Visitor(screen.new_page(), stack.web_url)
        page = here.page
        source = letter()
        here.open()
        here.bring(source)
        square = page.locator("#square")
        expect(page.locator("#meter")).to_have_text("Aman")
        start = shown_box(square)
        page.mouse.move(start["x"] + 10, start["y"] + 10)
        page.mouse.down()
        page.mouse.move(start["x"] - 190, start["y"] - 20, steps=8)
        page.mouse.up()
        moved = shown_box(square)
        assert (moved["x"] - start["x"], moved["y"] - start["y"]) == pytest.approx((-200, -30), abs=2)
        expect(page.locator("#meter")).to_have_text("Aman")
        here.bill(1, "lebar@contoh.id")
        here.simulate("Bayar")
        expect(page.locator("#sealed-verdict")).to_contain_text("sidik berkasnya cocok")
        stamped = here.download()
        assert stamped.startswith(source)
        here.verify(stamped)
        expect(page.locator("#verdict h3")).to_have_text("Asli")
        assert page.evaluate("document.documentElement.scrollWidth") <= 1280
        assert page.evaluate(SLIPPED_IN) == []
        answer = page.goto(stack.web_url + "/v/" + page.locator("#sealed-serial").inner_text())
        is_strict(answer, stack.access["engine_url"], stack.access["simulator_url"])
        assert page.evaluate(SLIPPED_IN) == []
        assert here.unexpected() == []
        assert here.origins <= {stack.web_url, stack.access["engine_url"], stack.access["simulator_url"]}
    finally:
        screen.close()


@pytest.mark.parametrize(
    "path", ["/", "/lite.html", "/status", "/v/0000000000000000000000", "/problems.html", "/receipt.html", "/desk/"]
)
def test_a_page_asks_nobody_else_and_runs_nothing_but_its_own(visitor: Visitor, stack: Any, path: str) -> None:
    visitor.expects("404", "422")
    visitor.origins.clear()
    answer = visitor.page.goto(stack.web_url + path)
    visitor.page.wait_for_load_state("networkidle")
    is_strict(answer, stack.access["engine_url"], stack.access["simulator_url"])
    assert visitor.page.evaluate(SLIPPED_IN) == []
    assert visitor.origins == {stack.web_url}


def test_the_page_in_the_dark_asks_nobody_and_runs_nothing(browser: Browser, stack: Any) -> None:
    """It is one file for whoever hosts it, so that it carries its policy itself."""
    page = browser.new_page()
    try:
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        answer = page.goto(stack.access["fallback_url"])
        page.wait_for_load_state("networkidle")
        assert answer is not None
        assert answer.headers["content-security-policy"] == "frame-ancestors 'none'"
        carried = page.locator("meta[http-equiv=Content-Security-Policy]").get_attribute("content") or ""
        rules = rules_of(carried)
        assert rules["default-src"] == rules["base-uri"] == rules["form-action"] == ["'none'"]
        assert "script-src" not in rules
        assert all(word.startswith("'sha256-") for word in rules["style-src"])
        assert page.evaluate("document.scripts.length") == 0
        assert page.evaluate("document.querySelectorAll('[style]').length") == 0
        assert [url.removesuffix("/") for url in asked] == [stack.access["fallback_url"]]
    finally:
        page.close()
