"""The first visit and the second: how many taps and fields they take, and that nothing is asked twice."""

from __future__ import annotations

import hashlib
import re
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.web.slow import seconds_to_the_code
from tests.web.test_page import fits_the_screen
from tests.web.visitor import Visitor, letter, scanned

COUNT = """
  window.taps = [];
  addEventListener("click", (event) => {
    const by = event.target.closest("button, a, label, input");
    if (event.isTrusted && by) window.taps.push(by.id || by.textContent);
  }, true);
  window.typed = new Set();
  addEventListener("input", ({ target }) => target.matches("input:not([type=file])") && window.typed.add(target.id), true);
"""


def choose(page: Page, data: bytes, name: str = "surat.pdf") -> None:
    """A tap on the field, and a file chosen in what opens."""
    with page.expect_file_chooser() as coming:
        page.locator("label.file[for=document-file]").tap()
    coming.value.set_files({"name": name, "mimeType": "application/pdf", "buffer": data})


def test_the_first_document_takes_five_taps_and_one_field_and_the_second_three(visitor: Visitor) -> None:
    page = visitor.page
    page.add_init_script(COUNT)
    page.reload()
    choose(page, letter())
    expect(page.locator("#placing")).to_be_visible()
    expect(page.locator("#meter")).to_have_text("Aman")
    expect(page.locator("#price")).to_have_text("Rp12.500")
    page.get_by_label("E-mail", exact=True).fill("ani@contoh.id")
    page.get_by_role("button", name="Bayar dengan QRIS").tap()
    expect(page.locator("#qr")).to_be_visible()
    with page.expect_download() as picture:
        page.get_by_role("button", name="Simpan gambar kode").tap()
    assert picture.value.suggested_filename.startswith("qris-inv_")
    taps = page.evaluate("taps.length")
    visitor.simulate("Bayar")  # the payer's bank, elsewhere
    expect(page.locator("#stamping-says")).to_contain_text("Dokumen Anda bermeterai")  # the page turned by itself
    expect(page.locator("#sealed-verdict")).to_contain_text("sidik berkasnya cocok")
    before = page.evaluate("taps.length")
    assert visitor.download().startswith(letter())
    taps += page.evaluate("taps.length") - before
    assert taps <= 5
    assert page.evaluate("[...typed]") == ["email"]
    fits_the_screen(page)

    visitor.buy_more(1)
    page.get_by_role("button", name="Bubuhi dokumen lain").tap()
    before = page.evaluate("taps.length")
    choose(page, letter(pages=2), "kedua.pdf")
    expect(page.locator("#affix-note")).to_contain_text("masih punya 1 keping")
    page.get_by_role("button", name="Bubuhkan", exact=True).tap()
    expect(page.locator("#stamping-says")).to_contain_text("Dokumen Anda bermeterai")
    visitor.download()
    assert page.evaluate("taps.length") - before <= 3
    assert page.evaluate("[...typed]") == ["email", "quantity"]


def test_a_place_over_text_is_said_and_a_clear_one_too(visitor: Visitor) -> None:
    page = visitor.page
    visitor.bring(letter())
    sheet = page.locator("#sheet")
    expect(page.locator("#meter")).to_have_text("Aman")
    box = sheet.bounding_box()
    assert box is not None
    sheet.tap(position={"x": box["width"] * 0.3, "y": box["height"] * 0.24})  # among the lines of the letter
    expect(page.locator("#meter")).to_have_text("Menutupi tulisan")
    expect(page.locator("#place-says")).to_contain_text("geser ke tempat kosong")
    page.get_by_role("button", name="Tempat yang disarankan").tap()
    expect(page.locator("#meter")).to_have_text("Aman")
    page.get_by_role("button", name="Perbesar halaman").tap()
    wider = sheet.bounding_box()
    assert wider is not None
    assert wider["width"] == pytest.approx(1.5 * box["width"], rel=0.02)
    fits_the_screen(page)


def test_the_final_size_is_said_against_the_limit_before_paying(visitor: Visitor) -> None:
    page = visitor.page
    visitor.bring(scanned(1_000), "pindaian.pdf")
    expect(page.locator("#weight-says")).to_contain_text("ukurannya paling besar")
    page.get_by_label("Batas ukuran dari penerima").select_option("500 KB")
    expect(page.locator("#weight-says")).to_contain_text("lebih dari 500 KB")
    page.get_by_role("button", name="Perkecil gambar di dalamnya").tap()
    expect(page.locator("#weight-says")).to_contain_text(re.compile(r"ukurannya paling besar [1-4]?\d\d KB"))
    expect(page.locator("#shrink")).to_be_hidden()
    expect(page.locator("#repaired")).to_contain_text("tetap disimpan")
    fits_the_screen(page)


def test_a_tab_that_was_closed_goes_on_where_it_was(visitor: Visitor) -> None:
    page = visitor.page
    page.route("**/v1/documents", lambda route: route.abort("connectionreset"))
    visitor.expects("ERR_CONNECTION_RESET", "Failed to load resource")
    visitor.bring(letter(), "sisa.pdf")
    expect(page.locator("#banner")).to_contain_text("Tidak ada yang hilang")
    again = page.context.new_page()
    page.close()
    other = Visitor(again, visitor.url)
    other.open()
    expect(again.locator("#document-says")).to_contain_text("sisa.pdf, 1 halaman")  # from this browser's own shelf
    box = again.locator("#sheet").bounding_box()
    assert box is not None
    again.locator("#sheet").tap(position={"x": box["width"] * 0.2, "y": box["height"] * 0.9})
    expect(again.locator("#meter")).to_have_text("Aman")
    where = again.locator("#place-says").text_content()
    again.get_by_label("E-mail", exact=True).fill("sisa@contoh.id")
    again.get_by_role("button", name="Bayar dengan QRIS").tap()
    expect(again.locator("#qr")).to_be_visible()
    again.reload()
    expect(again.locator("#place-says")).to_have_text(where or "")
    other.simulate("Bayar")
    expect(again.locator("#stamping-says")).to_contain_text("Dokumen Anda bermeterai")
    assert hashlib.sha256(other.download()[: len(letter())]).digest() == hashlib.sha256(letter()).digest()
    assert other.unexpected() == []


def test_two_tabs_that_see_the_same_payment_spend_one_piece(visitor: Visitor) -> None:
    page = visitor.page
    visitor.bring(letter())
    expect(page.locator("#placing")).to_be_visible()
    visitor.bill(2, "dua@contoh.id")
    other = page.context.new_page()
    other.goto(visitor.url)
    expect(other.get_by_role("group", name="Simulasi")).to_be_visible()
    visitor.simulate("Bayar")
    expect(page.locator("#stamping-says")).to_contain_text("Dokumen Anda bermeterai")
    visitor.quota(available=1, reserved=0, used=1)


def test_a_phone_whose_clock_is_wrong_by_a_day_counts_down_right(visitor: Visitor) -> None:
    page = visitor.page
    page.add_init_script("const real = Date.now; Date.now = () => real() + 86_400_000;")
    page.reload()
    visitor.bill(1, "jam@contoh.id")
    expect(page.locator("#countdown")).to_have_text(re.compile(r"^1[45]\.\d\d$"))


def test_a_first_visit_on_a_slow_network_reaches_its_code_in_time(browser: Browser, stack: Any) -> None:
    assert seconds_to_the_code(browser, stack.web_url) <= 20


def test_the_other_language_is_a_switch_away_and_stays(visitor: Visitor) -> None:
    page = visitor.page
    page.get_by_role("button", name="English").tap()
    expect(page.get_by_role("heading", name="Choose a document")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    visitor.bring(letter())
    expect(page.locator("#document-says")).to_contain_text("The file can be stamped.")
    expect(page.locator("#meter")).to_have_text("Safe")
    page.get_by_label("E-mail", exact=True).fill("not an e-mail")
    page.get_by_role("button", name="Pay with QRIS").tap()
    expect(page.locator("#buy-says")).to_contain_text("name@example.id")
    fits_the_screen(page)
    page.reload()
    expect(page.get_by_role("heading", name="Choose a document")).to_be_visible()
    page.get_by_role("button", name="Bahasa Indonesia").tap()
    expect(page.get_by_role("heading", name="Pilih dokumen")).to_be_visible()


def test_the_whole_road_goes_by_keyboard_alone(visitor: Visitor) -> None:
    page = visitor.page
    visitor.bring(letter())  # what the file chooser of the system would give
    square = page.locator("#square")
    expect(square).to_be_visible()
    for _ in range(60):
        page.keyboard.press("Tab")
        if square.evaluate("one => one === document.activeElement"):
            break
    expect(square).to_be_focused()
    before = page.locator("#place-says").text_content()
    page.keyboard.press("Shift+ArrowUp")
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#place-says")).not_to_have_text(before or "")
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.locator("#email").evaluate("one => one === document.activeElement"):
            break
    page.keyboard.type("kunci@contoh.id")
    page.keyboard.press("Enter")
    expect(page.locator("#qr")).to_be_visible()
    visitor.simulate("Bayar")
    expect(page.locator("#stamping-says")).to_contain_text("Dokumen Anda bermeterai")
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.locator("#download").evaluate("one => one === document.activeElement"):
            break
    with page.expect_download():
        page.keyboard.press("Enter")
