"""The page in a real browser at 360 x 640, over the real stack: the whole road, and what it says when things go wrong."""

from __future__ import annotations

import hashlib
import io
import json
import re
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import FloatRect, Locator, Page, Route, expect
from pypdf import PdfReader, PdfWriter
from pypdf.generic import RectangleObject

from tests.web.visitor import Visitor, half_locked, letter, photographed, written

MM = 72 / 25.4


def stamp_centre(data: bytes, page: int) -> tuple[float, float]:
    """The middle of the seal's widget, in the page's own units."""
    annotations = (each.get_object() for each in PdfReader(io.BytesIO(data)).pages[page].annotations or ())
    (seal,) = [each for each in annotations if each.get("/FT") == "/Sig"]
    left, bottom, right, top = (float(value) for value in seal["/Rect"])
    return (left + right) / 2, (bottom + top) / 2


def shown_box(part: Locator) -> FloatRect:
    """Where on the screen a part is, once it is there."""
    expect(part).to_be_visible()
    part.scroll_into_view_if_needed()
    box = part.bounding_box()
    assert box is not None
    return box


def fits_the_screen(page: Page) -> None:
    """Nothing sticks out sideways, and whatever can be tapped is 48 CSS pixels high (or lies inside a label that is)."""
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    small = page.evaluate(
        """() => [...document.querySelectorAll("button, select, input, summary, a.main, nav a, .brand")]
            .filter((one) => one.offsetParent && !one.matches(".square, [type=checkbox]"))
            .filter((one) => one.getBoundingClientRect().height < 48)
            .map((one) => one.outerHTML)"""
    )
    assert small == []


def invoice(page: Page, number: int) -> Locator:
    """The invoice at this place of the list, newest first."""
    return page.locator("#invoices > li").nth(number)


# The road ------------------------------------------------------------------------------------------------------------------


def test_a_person_buys_stamps_downloads_verifies_and_gets_another_invoice_back(
    visitor: Visitor, tmp_path: Path
) -> None:
    page, source = visitor.page, letter(pages=2)
    visitor.bill(2, "ani@contoh.id")
    expect(page.locator("#bill-total")).to_have_text("Rp25.000")
    expect(page.locator("#qr")).to_be_visible()
    (seen,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(page.locator("#qr").screenshot())))
    assert seen.text == page.locator("#qr-string").text_content()
    expect(page.locator("#countdown")).to_have_text(re.compile(r"^1[45]\.\d\d$"))
    assert (page.locator("#qr-string").text_content() or "").startswith("000201")  # EMVCo: payload format indicator
    fits_the_screen(page)
    page.screenshot(path=tmp_path / "pay.png")
    visitor.simulate("Bayar")
    visitor.quota(available=2)
    expect(page.get_by_role("heading", name="Pilih dokumen")).to_be_focused()

    visitor.bring(source)
    expect(page.locator("#document-says")).to_contain_text("surat.pdf, 2 halaman")
    page.get_by_label("Halaman", exact=True).select_option("1")
    box = shown_box(page.locator("#sheet"))
    page.locator("#sheet").tap(position={"x": box["width"] * 0.4, "y": box["height"] * 0.6})
    expect(page.locator("#place-says")).to_contain_text("Halaman 1")
    fits_the_screen(page)
    page.screenshot(path=tmp_path / "place.png")
    visitor.stamp()
    visitor.quota(available=1, reserved=0, used=1)
    stamped = visitor.download()
    assert stamped.startswith(source)
    assert len(stamped) > len(source)
    assert stamped.rstrip().endswith(b"%%EOF")
    across, up = stamp_centre(stamped, 0)
    assert across == pytest.approx(0.4 * 595.28, abs=1.5 * MM)
    assert up == pytest.approx(0.4 * 841.89, abs=1.5 * MM)
    fits_the_screen(page)
    page.screenshot(path=tmp_path / "done.png", full_page=True)

    visitor.verify(stamped)
    serial = page.locator("#sealed-serial").inner_text()
    expect(page.locator("#verdict h3")).to_have_text("Asli")
    expect(page.locator("#verdict .serial")).to_have_text(serial)

    page.get_by_role("button", name="Beli lagi").click()
    visitor.buy(1)
    visitor.quota(available=2, used=1)
    expect(page.locator("#invoices > li")).to_have_count(2)
    newest = invoice(page, 0)
    newest.get_by_role("button", name="Hitung pengembalian").click()
    expect(newest.locator(".amount")).to_have_text("Rp9.375")  # 75 % of Rp12.500
    expect(newest.locator(".quote")).to_contain_text("Paling lambat")
    expect(newest.locator(".quote")).to_contain_text("(WIB)")
    expect(newest.locator(".quote")).to_contain_text("Aturan A")
    fits_the_screen(page)
    newest.get_by_role("button", name="Ajukan pengembalian").click()
    expect(newest.locator(".refund")).to_have_attribute("data-status", "refunded")
    expect(newest.locator(".timeline li").last).to_contain_text("Uang sudah dikembalikan")
    expect(newest.locator(".tag")).to_have_text("sudah dikembalikan")
    visitor.quota(available=1, reserved=0, used=1, held=0, refunded=1)
    fits_the_screen(page)
    page.screenshot(path=tmp_path / "refunded.png", full_page=True)


def test_the_stamp_lands_where_it_was_put_on_a_turned_and_cropped_page(visitor: Visitor) -> None:
    writer = PdfWriter()
    sheet = writer.add_blank_page(500, 700)
    sheet.cropbox = RectangleObject((50, 100, 450, 600))  # 400 x 500 points, seen as 500 x 400
    sheet.rotate(90)
    source = written(writer)
    visitor.buy(1, "budi@contoh.id")
    visitor.bring(source)
    square = visitor.page.locator("#square")
    box = shown_box(visitor.page.locator("#sheet"))
    assert box["width"] / box["height"] == pytest.approx(500 / 400, rel=0.02)
    visitor.page.locator("#sheet").tap(position={"x": box["width"] * 0.5, "y": box["height"] * 0.25})
    square.focus()
    visitor.page.keyboard.press("Shift+ArrowLeft")  # 10 mm
    visitor.page.keyboard.press("ArrowDown")  # 1 mm
    visitor.stamp()
    right, down = 0.5 * 500 - 10 * MM, 0.25 * 400 + 1 * MM
    across, up = stamp_centre(visitor.download(), 0)
    assert across == pytest.approx(50 + down, abs=1.5 * MM)
    assert up == pytest.approx(100 + right, abs=1.5 * MM)


def test_the_square_is_dragged_and_never_leaves_the_page(visitor: Visitor) -> None:
    page = visitor.page
    visitor.buy(1, "cici@contoh.id")
    visitor.bring(letter())
    square, sheet = page.locator("#square"), page.locator("#sheet")
    frame, start = shown_box(sheet), shown_box(square)
    page.mouse.move(start["x"] + 5, start["y"] + 5)
    page.mouse.down()
    page.mouse.move(start["x"] - 75, start["y"] - 35, steps=4)
    half_way = shown_box(square)
    assert (half_way["x"] - start["x"], half_way["y"] - start["y"]) == pytest.approx((-80, -40), abs=1.5)
    page.mouse.move(frame["x"] - 200, frame["y"] - 200, steps=4)
    page.mouse.up()
    expect(page.locator("#place-says")).to_contain_text("0 mm dari kiri, 0 mm dari atas")
    visitor.stamp()


# Payment -------------------------------------------------------------------------------------------------------------------


def test_a_refused_payment_is_told_and_a_new_code_is_paid(visitor: Visitor) -> None:
    visitor.bill(1, "dedi@contoh.id")
    visitor.simulate("Tolak")
    expect(visitor.page.locator("#bill-says")).to_contain_text("Pembayaran ditolak")
    expect(visitor.page.locator("#code")).to_be_hidden()
    visitor.page.get_by_role("button", name="Buat kode baru").click()
    expect(visitor.page.locator("#code")).to_be_visible()
    visitor.simulate("Bayar")
    visitor.quota(available=1)


def test_a_payment_after_the_code_expired_still_counts(visitor: Visitor) -> None:
    visitor.bill(1, "eka@contoh.id")
    visitor.simulate("Kedaluwarsa")
    expect(visitor.page.locator("#bill-says")).to_contain_text("Kode ini kedaluwarsa")
    visitor.simulate("Bayar terlambat")
    visitor.quota(available=1)


def test_a_second_payment_for_the_same_invoice_is_seen_on_its_way_back(visitor: Visitor) -> None:
    visitor.bill(1, "fani@contoh.id")
    visitor.simulate("Bayar dua kali")
    visitor.quota(available=1)
    page = visitor.page
    back = invoice(page, 0).locator(".refund")
    for _ in range(20):
        page.get_by_role("button", name="Perbarui daftar").click()
        page.wait_for_timeout(500)
        if back.count():
            break
    expect(back).to_contain_text("Pembayaran yang tidak membeli apa pun Rp12.500")
    expect(back).to_have_attribute("data-status", "refunded")
    visitor.quota(available=1, refunded=0)


# Documents -----------------------------------------------------------------------------------------------------------------


def locked() -> bytes:
    writer = PdfWriter()
    writer.add_blank_page(300, 300)
    writer.encrypt("rahasia", algorithm="AES-256")
    return written(writer)


def test_a_file_that_cannot_be_stamped_gives_a_sentence_that_says_what_to_do(visitor: Visitor, tmp_path: Path) -> None:
    says = visitor.page.locator("#bringing")
    visitor.bring(b"bukan PDF", "catatan.txt")
    expect(says).to_contain_text("tidak dapat dibaca sebagai PDF")
    visitor.bring(photographed(letter()), "foto.jpg")
    expect(says).to_contain_text("Ini gambar, bukan PDF")
    visitor.bring(b"PK\x03\x04word", "surat.docx")
    expect(says).to_contain_text("Simpan sebagai PDF")
    visitor.bring(b"", "kosong.pdf")
    expect(says).to_contain_text("Berkas ini kosong")
    visitor.bring(letter())
    expect(says).to_contain_text("Berkas dapat dibubuhi")  # before anybody said who they are
    visitor.bring(locked(), "terkunci.pdf")
    expect(says).to_contain_text("Simpan salinan tanpa kata sandi")
    expect(visitor.page.locator("#placing")).to_be_hidden()
    visitor.bring(b"%PDF-1.7\nrusak", "rusak.pdf")
    expect(says).to_contain_text("tidak dapat dibaca sebagai PDF")
    large = tmp_path / "besar.pdf"
    large.write_bytes(b"%PDF-1.7\n" + b"0" * 60_000_000)
    visitor.page.locator("#document-file").set_input_files(large)
    expect(says).to_contain_text("lebih besar dari 10 MB")


def test_a_document_that_comes_while_a_bill_is_open_is_stamped_with_its_pieces(visitor: Visitor) -> None:
    visitor.bill(2, "hadi@contoh.id")
    visitor.bring(letter())
    expect(visitor.page.locator("#placing")).to_be_visible()
    expect(visitor.page.get_by_role("button", name="Bubuhkan", exact=True)).to_be_hidden()  # there is no piece yet
    visitor.simulate("Bayar")
    visitor.quota(available=2)
    expect(visitor.page.locator("#affix-note")).to_contain_text("masih punya 2 keping")
    visitor.stamp()


def test_quota_that_went_elsewhere_is_told_and_the_document_stays(visitor: Visitor) -> None:
    page = visitor.page
    visitor.buy(1, "wati@contoh.id")
    visitor.bring(letter())
    expect(page.get_by_role("button", name="Bubuhkan", exact=True)).to_be_visible()
    problem = {"code": "quota_exhausted", "status": 409, "title": "Kuota habis", "retryable": False}
    visitor.expects("409")
    page.route(
        "**/v1/stampings",
        lambda route: route.fulfill(status=409, content_type="application/problem+json", body=json.dumps(problem)),
    )
    page.get_by_role("button", name="Bubuhkan", exact=True).click()
    expect(page.locator("#affix-says")).to_contain_text("Kuota meterai Anda habis")
    page.unroute("**/v1/stampings")
    visitor.stamp()


def test_a_stamped_document_takes_a_second_piece_only_when_asked(visitor: Visitor) -> None:
    visitor.buy(2, "indra@contoh.id")
    visitor.bring(letter())
    visitor.stamp()
    once = visitor.download()
    visitor.page.get_by_role("button", name="Bubuhi dokumen lain").click()
    visitor.bring(once, "sekali.pdf")
    expect(visitor.page.locator("#findings")).to_contain_text("sudah memuat meterai")
    visitor.expects("409")
    visitor.page.get_by_role("button", name="Bubuhkan", exact=True).click()
    expect(visitor.page.locator("#affix-says")).to_contain_text("sudah bermeterai")
    visitor.quota(available=1, used=1)
    visitor.page.get_by_label("Tetap bubuhi lagi").check()
    visitor.stamp()
    visitor.verify(visitor.download())
    expect(visitor.page.locator("#verdict h3")).to_have_text("Asli")
    expect(visitor.page.locator(".one-stamp")).to_have_count(2)


# Verdicts ------------------------------------------------------------------------------------------------------------------


def test_verdicts_are_told_in_plain_words_without_an_account(visitor: Visitor) -> None:
    title = visitor.page.locator("#verdict h3")
    visitor.verify(letter())
    expect(title).to_have_text("Belum bermeterai")
    visitor.verify(b"bukan PDF", "catatan.txt")
    expect(title).to_have_text("Tidak terbaca")
    large = letter() + b"%" + b"0" * 5_000_000 + b"\n"
    with visitor.page.expect_request("**/v1/documents"):  # more than 4 MB goes by way of storage
        visitor.verify(large, "besar.pdf")
    expect(title).to_have_text(re.compile("Belum bermeterai|Tidak terbaca"))


def test_pages_that_nobody_looked_at_are_named(visitor: Visitor) -> None:
    writer = PdfWriter()
    for _ in range(14):
        writer.append(io.BytesIO(letter()))
    visitor.verify(written(writer), "panjang.pdf")
    expect(visitor.page.locator("#verdict")).to_contain_text("Kode QR di halaman")
    expect(visitor.page.locator("#verdict [data-kind=unseen]")).to_have_text(re.compile(r"halaman \d+–1[0-3] tidak"))
    visitor.verify(letter())
    expect(visitor.page.locator("#verdict h3")).to_have_text("Belum bermeterai")
    expect(visitor.page.locator("#verdict [data-kind=unseen]")).to_have_count(0)


def test_the_page_behind_the_qr_tells_the_register_and_checks_the_file(visitor: Visitor) -> None:
    page = visitor.page
    visitor.buy(1, "joko@contoh.id")
    visitor.bring(letter())
    visitor.stamp()
    stamped, serial = visitor.download(), page.locator("#sealed-serial").inner_text()
    visitor.open(f"/V/{serial}")
    expect(page.locator("#serial-says")).to_contain_text("tercatat sudah dibubuhkan")
    expect(page.locator("#affixed-at")).to_contain_text("WIB")
    expect(page.locator("#hash-starts")).to_have_text(re.compile(r"^([0-9a-f]{4} ){4}…$"))
    fits_the_screen(page)
    visitor.verify(stamped)
    expect(page.locator("#verdict")).to_contain_text("Nomor seri di atas ada di berkas ini")
    visitor.verify(stamped + b"\n% tambahan\n")
    expect(page.locator("#verdict h3")).to_have_text("Dokumen berubah")
    visitor.expects("404")
    last = "A" if serial[-1] != "A" else "B"
    visitor.open(f"/v/{serial[:-1].lower()}{last}")
    expect(page.locator("#serial-says")).to_contain_text("salah ketik")


def test_a_locked_file_is_unlocked_with_one_tap_and_stamped(visitor: Visitor, tmp_path: Path) -> None:
    page = visitor.page
    visitor.buy(1, "sari@contoh.id")
    visitor.bring(half_locked(letter()))
    expect(page.locator("#document-says")).to_contain_text("tidak dapat dibubuhi")
    fits_the_screen(page)
    page.screenshot(path=tmp_path / "repair.png", full_page=True)
    page.get_by_role("button", name="Buka kunci berkas ini").click()
    expect(page.locator("#document-says")).to_contain_text("Berkas dapat dibubuhi")
    expect(page.locator("#after-picture")).to_be_visible()
    assert page.locator("#after-picture").evaluate("image => image.decode().then(() => image.naturalWidth)") > 100
    expect(page.locator("#repaired")).to_contain_text("tetap disimpan")
    expect(page.get_by_role("button", name="Buka kunci berkas ini")).to_be_hidden()
    fits_the_screen(page)
    page.screenshot(path=tmp_path / "repaired.png", full_page=True)
    visitor.stamp()
    visitor.verify(visitor.download())
    expect(page.locator("#verdict h3")).to_have_text("Asli")


def test_a_file_that_nothing_mends_offers_no_repair(visitor: Visitor) -> None:
    page = visitor.page
    visitor.buy(1, "tono@contoh.id")
    writer = PdfWriter(clone_from=io.BytesIO(letter()))
    writer.encrypt(user_password="rahasia", owner_password="pemilik")
    visitor.bring(written(writer))
    expect(page.locator("#document-says")).to_contain_text("tidak dapat dibubuhi")
    expect(page.locator("#findings")).to_contain_text("terkunci kata sandi")
    expect(page.locator("#repair")).to_be_hidden()


def test_a_photo_of_a_stamped_page_is_told_to_be_a_copy_and_what_to_compare_it_with(
    visitor: Visitor, tmp_path: Path
) -> None:
    page = visitor.page
    visitor.buy(1, "umar@contoh.id")
    visitor.bring(letter())
    visitor.stamp()
    stamped, serial = visitor.download(), page.locator("#sealed-serial").inner_text()
    photo = photographed(stamped)
    visitor.verify(photo, "foto.jpg", "image/jpeg")
    expect(page.locator("#verdict h3")).to_have_text("Salinan")
    expect(page.locator("#verdict")).to_contain_text("tidak membuktikan apa pun")
    expect(page.locator("#verdict")).to_contain_text(f"Catatan nomor {serial}")
    page.screenshot(path=tmp_path / "photo.png", full_page=True)
    visitor.verify(photographed(letter()), "lain.jpg", "image/jpeg")
    expect(page.locator("#verdict")).to_contain_text("tidak terbaca di gambar ini")
    visitor.open(f"/v/{serial.lower()}")
    expect(page.locator("#serial-says")).to_contain_text("tercatat sudah dibubuhkan")
    digest = hashlib.sha256(stamped).hexdigest()
    expect(page.locator("#hash-starts")).to_have_text(" ".join(re.findall("....", digest[:16])) + " …")
    expect(page.locator("#issuer")).to_have_text("layanan ini")
    expect(page.locator("#document-size")).not_to_be_empty()
    visitor.verify(stamped)
    expect(page.locator("#same-says")).to_contain_text("sama persis")
    visitor.verify(photo, "foto.jpg", "image/jpeg")
    expect(page.locator("#same-says")).to_contain_text("sidiknya tidak cocok")
    expect(page.locator("#verdict")).to_contain_text(
        "Nomor seri di atas tampak di berkas ini, tetapi segelnya tidak ada"
    )
    visitor.verify(photographed(letter()), "lain.jpg", "image/jpeg")
    expect(page.locator("#verdict")).to_contain_text("Nomor seri di atas tidak ada di berkas ini")
    visitor.verify(photo, "foto.jpg", "image/jpeg")
    expect(page.locator("#verdict")).to_contain_text("tampak di berkas ini")
    fits_the_screen(page)
    page.screenshot(path=tmp_path / "serial.png", full_page=True)


# The worst day -------------------------------------------------------------------------------------------------------------


def test_an_answer_that_is_lost_spends_nothing_twice_even_after_a_reload(visitor: Visitor) -> None:
    page = visitor.page
    keys: list[str] = []
    back = False

    def lose(route: Route) -> None:
        keys.append(route.request.headers["idempotency-key"])
        if back:
            route.continue_()
            return
        if len(keys) == 1:
            route.fetch()  # it arrives and is done, and nobody hears of it
        route.abort("connectionreset")

    visitor.buy(2, "kiki@contoh.id")
    visitor.bring(letter())
    expect(page.locator("#placing")).to_be_visible()
    visitor.expects("ERR_CONNECTION_RESET")
    page.route("**/v1/stampings", lose)
    page.get_by_role("button", name="Bubuhkan", exact=True).click()
    expect(page.locator("#banner")).to_contain_text("Tidak ada yang hilang")
    back = True
    page.reload()
    expect(page.locator("#stamping-says")).to_contain_text("Dokumen Anda bermeterai")
    visitor.quota(available=1, reserved=0, used=1)
    assert len(keys) >= 2
    assert len(set(keys)) == 1
    assert visitor.download().startswith(b"%PDF-")


def test_a_busy_service_is_asked_again_with_the_same_key(visitor: Visitor) -> None:
    page = visitor.page
    keys: list[str] = []

    def busy_twice(route: Route) -> None:
        keys.append(route.request.headers["idempotency-key"])
        if len(keys) > 2:
            route.continue_()
            return
        problem = {"code": "busy", "status": 503, "title": "Sedang sibuk", "retryable": True}
        route.fulfill(status=503, content_type="application/problem+json", body=json.dumps(problem))

    visitor.expects("503")
    page.route("**/v1/invoices", busy_twice)
    page.get_by_label("E-mail", exact=True).fill("lia@contoh.id")
    page.get_by_role("button", name="Bayar dengan QRIS").click()
    expect(page.locator("#banner")).to_contain_text("Layanan sedang sibuk")
    page.get_by_role("button", name="Coba sekarang").click()
    expect(page.get_by_role("group", name="Simulasi")).to_be_visible()
    expect(page.locator("#banner")).to_be_hidden()
    assert len(keys) >= 3
    assert len(set(keys[:3])) == 1


def test_without_a_connection_the_page_waits_and_goes_on_when_it_is_back(visitor: Visitor) -> None:
    page = visitor.page
    visitor.expects("ERR_INTERNET_DISCONNECTED")
    page.get_by_label("E-mail", exact=True).fill("mira@contoh.id")
    page.context.set_offline(True)
    page.get_by_role("button", name="Bayar dengan QRIS").click()
    expect(page.locator("#banner")).to_contain_text("Tidak ada sambungan internet")
    page.context.set_offline(False)
    expect(page.get_by_role("group", name="Simulasi")).to_be_visible()
    expect(page.locator("#banner")).to_be_hidden()


def test_after_a_reload_the_invoice_the_document_and_the_stamp_are_still_there(visitor: Visitor) -> None:
    page = visitor.page
    visitor.bill(1, "nina@contoh.id")
    page.reload()
    visitor.simulate("Bayar")
    visitor.quota(available=1)
    visitor.bring(letter())
    expect(page.locator("#placing")).to_be_visible()
    page.reload()
    expect(page.locator("#placing")).to_be_visible()
    visitor.stamp()
    page.reload()
    expect(page.locator("#stamping-says")).to_contain_text("Dokumen Anda bermeterai")
    expect(page.locator("#placing")).to_be_hidden()
    assert visitor.download().startswith(b"%PDF-")


def test_an_account_that_is_not_known_any_more_is_told_and_another_can_be_opened(visitor: Visitor) -> None:
    page = visitor.page
    page.evaluate("localStorage.setItem('meterai.token', JSON.stringify('tidak-dikenal'))")
    visitor.expects("401")
    page.reload()
    expect(page.locator("#buy-says")).to_contain_text("Isi e-mail untuk membuka akun baru")
    visitor.bill(1, "opik@contoh.id")


def test_a_wrong_email_or_quantity_is_told_at_its_field(visitor: Visitor) -> None:
    page = visitor.page
    page.get_by_label("E-mail", exact=True).fill("bukan-email")
    page.get_by_role("button", name="Bayar dengan QRIS").click()
    expect(page.locator("#buy-says")).to_contain_text("nama@contoh.id")
    expect(page.get_by_label("E-mail", exact=True)).to_be_focused()
    page.get_by_label("E-mail", exact=True).fill("putu@contoh.id")
    page.get_by_label("Jumlah keping", exact=True).fill("5000")
    visitor.expects("400")
    page.get_by_role("button", name="Bayar dengan QRIS").click()
    expect(page.locator("#buy-says")).to_contain_text("dari 1 sampai 1.000")


def test_a_refund_that_the_rules_refuse_says_why(visitor: Visitor) -> None:
    visitor.buy(1, "rini@contoh.id")
    visitor.bring(letter())
    visitor.stamp()
    first = invoice(visitor.page, 0)
    first.get_by_role("button", name="Hitung pengembalian").click()
    expect(first.locator(".says").first).to_contain_text("Sisa kuota Anda kurang")


def test_the_words_at_the_top_of_the_page_stay_whole_on_a_small_phone(visitor: Visitor) -> None:
    visitor.open()
    for name in ("Meterai", "Periksa", "Tagihan"):
        word = visitor.page.locator(".top a", has_text=name)
        wrapped = word.evaluate("one => getComputedStyle(one).overflowWrap")
        assert (name, wrapped) == (name, "normal")
    box = visitor.page.locator(".top").bounding_box()
    assert box is not None
    assert box["height"] <= 80
    assert visitor.page.evaluate("document.documentElement.scrollWidth") <= 360
