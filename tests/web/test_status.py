"""The status page and the fallback page as people meet them: with and without a script, by day and by night, on a phone."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.integration.conftest import Stack, until
from tests.integration.test_board import keep, kept, operate, probed
from tests.web.visitor import Visitor

PICTURES = os.environ.get("METERAI_PICTURES")
"""A folder to put pictures of both pages in, for somebody to look at."""
CONTRAST = """() => {
  const light = (rgb) => {
    const linear = (part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    const [r, g, b] = rgb.map((part) => linear(part / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const numbers = (color) => color.match(/[\\d.]+/g).map(Number);
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const [r, g, b, a = 1] = numbers(getComputedStyle(at).backgroundColor);
      if (a === 1) return [r, g, b];
    }
    return [255, 255, 255];
  };
  const faults = [];
  for (const element of document.querySelectorAll("body *")) {
    const text = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    if (!text || !element.checkVisibility()) continue;
    const lights = [light(numbers(getComputedStyle(element).color).slice(0, 3)), light(ground(element))].sort((a, b) => b - a);
    const ratio = (lights[0] + 0.05) / (lights[1] + 0.05);
    if (ratio < 4.5) faults.push(`${element.tagName} ${element.textContent.trim().slice(0, 40)}: ${ratio.toFixed(2)}`);
  }
  return faults;
}"""
"""Texts whose contrast is below 4.5 : 1 (WCAG 2.2, 1.4.3)."""
Scheme = Literal["light", "dark"]


@pytest.fixture(scope="module")
def board(stack: Stack) -> Stack:
    """The stack with a board on which an operator spoke, while all that the portal leans on is well."""
    said = operate(stack, "say", "posfin", "up", "--by", "Sari, petugas", "--stock", "low", "--wait", "20")
    assert said.returncode == 0, said.stderr
    assert operate(stack, "say", "momofin", "down", "--by", "Budi", "--stock", "none").returncode == 0
    until(lambda: set(probed(stack).values()) == {"up"}, 60)
    until(lambda: keep(stack)["portal"] == "up", 60)
    until(
        lambda: ((kept(stack) or {}).get("channels", {}).get("momofin", {}).get("word") or {}).get("by") == "Budi", 40
    )
    until(lambda: "Sari, petugas" in stack.http().get("/status").text, 40)
    return stack


@pytest.fixture(params=[(True, "light"), (False, "dark")], ids=["with a script, by day", "without, by night"])
def reader(request: pytest.FixtureRequest, browser: Browser, board: Stack) -> Iterator[Visitor]:
    """Somebody on the narrowest phone that WCAG asks about (1.4.10: 320 pixels)."""
    script, scheme = request.param
    phone = browser.new_context(
        viewport={"width": 320, "height": 640}, java_script_enabled=script, color_scheme=scheme, locale="id-ID",
        reduced_motion="reduce",
    )  # fmt: skip
    here = Visitor(phone.new_page(), board.web_url)
    here.open("/status")
    yield here
    phone.close()
    assert here.unexpected() == []


def picture(page: Page, name: str) -> None:
    if PICTURES:
        page.screenshot(path=Path(PICTURES) / f"{name}.png", full_page=True)


def test_everything_is_readable_and_nothing_is_asked_of_another_host(reader: Visitor, request: Any) -> None:
    page = reader.page
    expect(page.get_by_role("heading", name="Papan saluran")).to_be_visible()
    expect(page.get_by_text("Semua yang kami pakai berjalan.")).to_be_visible()
    posfin = page.get_by_role("listitem").filter(has=page.get_by_role("heading", name="Posfin"))
    expect(posfin).to_contain_text("Ada sekarang")
    expect(posfin).to_contain_text("melayani, stok menipis")
    expect(posfin).to_contain_text("Menunggu sekitar 20 menit")
    momofin = page.get_by_role("listitem").filter(has=page.get_by_role("heading", name="Momofin"))
    expect(momofin).to_contain_text("Tidak sekarang")
    expect(page.locator("#portal")).to_contain_text("sejam terakhir dijawab")
    assert reader.origins == {reader.url}
    picture(page, f"status-{request.node.callspec.id.replace(' ', '-').replace(',', '')}")


def test_nothing_is_wider_than_a_narrow_phone(reader: Visitor) -> None:
    assert reader.page.locator("html").evaluate("page => page.scrollWidth") <= 320


def test_english_is_said_to_be_english_and_the_first_stop_of_the_keyboard_is_the_board(reader: Visitor) -> None:
    page = reader.page
    expect(page.locator("html")).to_have_attribute("lang", "id")
    expect(page.locator("#posfin [lang=en]").filter(has_text="A wait of some 20 min.")).to_be_visible()
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Langsung ke isi")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("which", ["web_url", "fallback_url"])
def test_every_text_stands_out_by_day_and_by_night(browser: Browser, board: Stack, which: str, scheme: Scheme) -> None:
    with_script = browser.new_context(viewport={"width": 900, "height": 800}, color_scheme=scheme)
    page = with_script.new_page()
    page.goto(board.access[which] + ("/status" if which == "web_url" else "/"))
    assert page.evaluate(CONTRAST) == []
    picture(page, f"{which}-{scheme}")
    with_script.close()


def test_the_next_board_takes_the_place_of_this_one_and_what_was_read_stays_where_it_was(
    browser: Browser, board: Stack
) -> None:
    context = browser.new_context(viewport={"width": 360, "height": 640}, locale="id-ID")
    here = Visitor(context.new_page(), board.web_url)
    page = here.page
    page.clock.install()
    here.open("/status")
    expect(page.locator("#age")).to_contain_text("yang lalu")
    assert operate(board, "say", "sobatmeterai", "down", "--by", "Wati").returncode == 0
    keep(board)
    until(lambda: "Wati" in board.http().get("/status").text, 40)
    page.get_by_role("link", name="status.json").focus()

    def shown() -> bool:
        """Whether it is there after the next look; the browser's cache may answer one look with the board before."""
        page.clock.fast_forward(60_000)
        return "Kabar dari Wati" in page.locator("#sobatmeterai").inner_text()

    until(shown, 40)
    expect(page.get_by_role("link", name="status.json")).to_be_focused()
    assert here.origins == {board.web_url}
    context.close()
    assert here.unexpected() == []


def test_a_board_that_is_not_written_any_more_says_so_itself(browser: Browser, board: Stack) -> None:
    context = browser.new_context(locale="id-ID")
    here = Visitor(context.new_page(), board.web_url)
    here.expects("ERR_FAILED")
    here.page.clock.install()
    here.open("/status")
    old = here.page.get_by_text("Papan ini sudah lama tidak ditulis.")
    expect(old).to_be_hidden()
    here.page.route("**/status", lambda route: route.abort())
    here.page.clock.fast_forward(6 * 60_000)
    expect(old).to_be_visible()
    expect(here.page.locator("#age")).to_contain_text("menit yang lalu")
    context.close()
    assert here.unexpected() == []


@pytest.mark.parametrize("script", [True, False])
def test_the_fallback_page_loads_itself_alone_and_leads_on(browser: Browser, board: Stack, script: bool) -> None:
    context = browser.new_context(viewport={"width": 320, "height": 640}, java_script_enabled=script, locale="id-ID")
    here = Visitor(context.new_page(), board.access["fallback_url"])
    here.open("/")
    page = here.page
    expect(page.get_by_role("heading", name="Keping Anda tidak hilang")).to_be_visible()
    expect(page.get_by_role("heading", name="Jalan yang sah: Surat Setoran Pajak")).to_be_visible()
    expect(page.get_by_role("link", name="Papan saluran")).to_have_attribute("href", f"{board.web_url}/status")
    expect(page.get_by_role("link", name="Sobatmeterai")).to_be_visible()
    assert page.locator("main").evaluate("main => getComputedStyle(main).display") == "grid"  # its own style was let in
    assert page.locator("html").evaluate("page => page.scrollWidth") <= 320
    assert here.origins == {board.access["fallback_url"]}
    picture(page, f"fallback-{'with' if script else 'without'}")
    context.close()
    assert here.unexpected() == []
