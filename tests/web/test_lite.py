"""The page for slow networks: the road in one small script, over the same routes."""

from __future__ import annotations

import io

import zxingcpp
from PIL import Image
from playwright.sync_api import expect

from tests.web.test_page import fits_the_screen
from tests.web.visitor import Visitor, letter


def test_the_light_page_walks_the_road_and_goes_on_after_a_reload(visitor: Visitor) -> None:
    page = visitor.page
    visitor.open("/lite.html")
    chosen = page.get_by_label("1. Berkas PDF")
    chosen.set_input_files({"name": "catatan.txt", "mimeType": "text/plain", "buffer": b"bukan"})
    expect(page.locator("#file-says")).to_contain_text("Ini bukan PDF")
    chosen.set_input_files({"name": "surat.pdf", "mimeType": "application/pdf", "buffer": letter()})
    expect(page.locator("#file-says")).to_contain_text("Berkas dapat dibubuhi, 1 halaman")
    page.get_by_label("2. E-mail").fill("ringan@contoh.id")
    page.get_by_role("button", name="3. Bayar Rp12.500").click()
    expect(page.locator("#qr")).to_be_visible()
    (code,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(page.locator("#qr").screenshot())))
    assert code.text.startswith("000201")
    fits_the_screen(page)
    page.reload()
    expect(page.locator("#qr")).to_be_visible()
    page.get_by_role("link", name="Bayar (simulasi)").click()
    expect(page.locator("#says")).to_contain_text("Selesai. Nomor seri")
    with page.expect_download() as coming:
        page.get_by_role("link", name="Unduh dokumen bermeterai").click()
    data = coming.value.path().read_bytes()
    assert data.startswith(letter())


def test_the_light_page_speaks_english_where_the_page_does(visitor: Visitor) -> None:
    page = visitor.page
    visitor.open("/lite.html")
    page.get_by_role("button", name="English").tap()
    expect(page.get_by_role("heading", name="Meterai, the light page")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page).to_have_title("Meterai, the light page")
    page.get_by_label("1. PDF file").set_input_files({"name": "notes.txt", "mimeType": "text/plain", "buffer": b"none"})
    expect(page.locator("#file-says")).to_contain_text("This is no PDF")
    fits_the_screen(page)
    page.get_by_role("link", name="Full page").tap()
    expect(page.get_by_role("heading", name="Choose a document")).to_be_visible()
    visitor.open("/lite.html")
    page.get_by_role("button", name="Bahasa Indonesia").tap()
    expect(page.get_by_role("heading", name="Meterai, halaman ringan")).to_be_visible()


def test_the_light_page_goes_on_after_a_battery_that_took_the_local_storage_with_it(visitor: Visitor) -> None:
    page = visitor.page
    visitor.open("/lite.html")
    page.get_by_label("1. Berkas PDF").set_input_files(
        {"name": "surat.pdf", "mimeType": "application/pdf", "buffer": letter()}
    )
    expect(page.locator("#file-says")).to_contain_text("Berkas dapat dibubuhi")
    page.get_by_label("2. E-mail").fill("baterai@contoh.id")
    page.get_by_role("button", name="3. Bayar Rp12.500").click()
    expect(page.locator("#qr")).to_be_visible()
    page.evaluate("localStorage.clear()")  # not written to the disk yet
    visitor.open("/lite.html")
    expect(page.locator("#qr")).to_be_visible()
    page.get_by_role("link", name="Bayar (simulasi)").click()
    expect(page.locator("#says")).to_contain_text("Selesai. Nomor seri")


def test_the_light_page_walks_the_road_where_the_browser_keeps_nothing_and_says_so(visitor: Visitor) -> None:
    page = visitor.page
    page.add_init_script(
        "Storage.prototype.setItem = () => { throw new DOMException('no', 'QuotaExceededError'); };"
        "IDBFactory.prototype.open = () => { throw new DOMException('no', 'SecurityError'); };"
    )
    visitor.open("/lite.html")
    expect(page.locator("#says")).to_contain_text("Jangan tutup halaman ini")
    page.get_by_label("1. Berkas PDF").set_input_files(
        {"name": "surat.pdf", "mimeType": "application/pdf", "buffer": letter()}
    )
    expect(page.locator("#file-says")).to_contain_text("Berkas dapat dibubuhi")
    page.get_by_label("2. E-mail").fill("pribadi@contoh.id")
    page.get_by_role("button", name="3. Bayar Rp12.500").click()
    page.get_by_role("link", name="Bayar (simulasi)").click()
    expect(page.locator("#says")).to_contain_text("Selesai. Nomor seri")
