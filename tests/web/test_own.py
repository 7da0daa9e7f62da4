"""What a person comes back for: the history, the quota, a refund followed to its end, a reminder, and all of it on paper."""

from __future__ import annotations

import io
import json
import re
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pypdfium2  # type: ignore[import-untyped]
import zxingcpp
from playwright.sync_api import Page, Route, expect
from pypdf import PdfReader

from meterai.domain.receipt import Receipt, about
from tests.fakes.room import PlainReceiptSigner
from tests.integration.client import Person
from tests.integration.test_destination import turned
from tests.web.test_letters import link
from tests.web.test_page import fits_the_screen, invoice
from tests.web.test_waiting import a_room, spelled
from tests.web.visitor import Visitor, letter

SERIAL = "0123456789ABCDEFGHIJKL"
# A camera that sees a canvas on which something moves, and a reader that reads `window.code` in whatever it is shown.
CAMERA = """
  window.code = "https://lain.example/apa-saja";
  window.BarcodeDetector = class {
    static getSupportedFormats = async () => ["qr_code"];
    detect = async () => [{ rawValue: window.code }];
  };
  navigator.mediaDevices.getUserMedia = async () => {
    const canvas = document.createElement("canvas");
    setInterval(() => canvas.getContext("2d").fillRect(0, 0, 300 * Math.random(), 150), 50);
    return (window.seen = canvas.captureStream(10));
  };
"""


# The history ---------------------------------------------------------------------------------------------------------------


def test_what_was_stamped_is_listed_and_handed_out_again(visitor: Visitor) -> None:
    page = visitor.page
    expect(page.locator("#past")).to_be_hidden()
    visitor.buy(1, "ani@contoh.id")
    visitor.bring(letter())
    visitor.stamp()
    stamped, serial = visitor.download(), page.locator("#sealed-serial").inner_text()
    line = page.locator("#past-list > li")
    expect(line).to_have_count(1)
    expect(line.locator("h3")).to_have_text("surat.pdf bermeterai")
    page.get_by_role("button", name="Bubuhi dokumen lain").click()
    page.evaluate("localStorage.removeItem('meterai.names')")  # the service knows the name too
    page.reload()
    expect(line.locator("h3")).to_have_text("surat.pdf bermeterai")
    expect(line.locator(".serial a")).to_have_attribute("href", f"/v/{serial}")
    expect(line).to_contain_text(re.compile(r"Dibubuhi \d+ \w+ \d{4} pukul \d\d\.\d\d WIB"))
    expect(line).to_contain_text("Berkas asalnya disimpan sampai")
    expect(page.locator("#past")).to_contain_text("Dokumen bermeterai tidak dihapus")
    fits_the_screen(page)
    page.get_by_role("button", name="Unduh lagi: surat.pdf").focus()
    with page.expect_download() as coming:
        page.keyboard.press("Enter")
    assert Path(coming.value.path()).read_bytes() == stamped


def test_a_long_history_comes_page_by_page_and_says_where_each_piece_went(visitor: Visitor) -> None:
    page = visitor.page
    visitor.bill(1, "ani@contoh.id")
    page.evaluate("localStorage.removeItem('meterai.invoice')")
    begun = datetime(2024, 9, 4, 12, 0, tzinfo=UTC)

    def stamping(number: int, status: str, **more: Any) -> dict[str, Any]:
        at = spelled(begun - timedelta(hours=number))
        return {
            "id": f"stp_{number}", "document_id": f"doc_{number}", "status": status, "joined_at": at, "serial": None,
            "ended_at": None if status == "queued" else at, "reason": None, "receipt": None, **more,
        }  # fmt: skip

    pages = {
        "": [stamping(1, "queued"), stamping(2, "released", reason="stamping_cancelled")],
        "lagi": [stamping(3, "done", serial=SERIAL)],
    }

    def listed(route: Route) -> None:
        cursor = "lagi" if "cursor=lagi" in route.request.url else ""
        route.fulfill(json={"data": pages[cursor], "next_cursor": None if cursor else "lagi"})

    def named(route: Route) -> None:
        id = route.request.url.rsplit("/", 1)[1]
        route.fulfill(json={"id": id, "filename": f"{id}.pdf", "kept_until": spelled(begun)})

    page.route(re.compile(r"/v1/stampings\?"), listed)
    page.route("**/v1/stampings/stp_1", lambda route: route.fulfill(json=pages[""][0]))
    page.route(re.compile(r"/v1/documents/doc_\d$"), named)
    page.reload()
    lines = page.locator("#past-list > li")
    expect(lines.locator("h3")).to_have_text(["doc_1.pdf dalam antrean", "doc_2.pdf tidak jadi"])
    expect(lines.nth(0).get_by_role("button", name="Lihat giliran")).to_be_visible()
    expect(lines.nth(1)).to_contain_text("Kepingnya sudah kembali ke kuota Anda")
    expect(lines.nth(1).get_by_role("button")).to_have_count(0)
    page.get_by_role("button", name="Tampilkan yang lebih lama").click()
    expect(lines.locator("h3")).to_have_text(
        ["doc_1.pdf dalam antrean", "doc_2.pdf tidak jadi", "doc_3.pdf bermeterai"]
    )
    expect(lines.nth(2)).to_contain_text("Berkas asalnya sudah dihapus")
    expect(page.get_by_role("button", name="Tampilkan yang lebih lama")).to_be_hidden()
    fits_the_screen(page)
    page.get_by_role("button", name="Lihat giliran: doc_1.pdf").click()
    expect(page.locator("#stamping-says")).to_contain_text("Dalam antrean")
    expect(page.get_by_role("heading", name="Unduh")).to_be_focused()


# Quota and steps -----------------------------------------------------------------------------------------------------------


def test_pieces_left_from_before_are_named_before_anybody_pays_again(visitor: Visitor) -> None:
    page = visitor.page
    expect(page.locator("#buy-not")).to_be_hidden()
    visitor.buy(1, "ani@contoh.id")
    page.get_by_role("button", name="Beli lagi").click()
    expect(page.locator("#buy-not")).to_contain_text("Anda masih punya 1 keping. Pakai itu dulu")
    visitor.bring(letter())
    visitor.stamp()
    expect(page.locator("#buy-not")).to_be_hidden()


def test_the_quota_shows_what_there_is_and_explains_what_is_set_aside(visitor: Visitor) -> None:
    page = visitor.page
    quota = {"available": 2, "reserved": 0, "used": 0, "held": 0, "refunded": 0}
    page.route("**/v1/quota", lambda route: route.fulfill(json=quota))
    visitor.bill(1, "ani@contoh.id")
    page.reload()
    bar = page.locator("#quota")
    expect(bar.locator("dt:visible")).to_have_text(["tersedia"])
    expect(page.locator("#quota-note")).to_be_hidden()
    quota |= {"available": 0, "reserved": 1, "held": 3}
    page.reload()
    expect(bar.locator("dt:visible")).to_have_text(["tersedia", "dipesan", "ditahan"])
    expect(page.locator("#quota-note")).to_have_text(
        "Dipesan: untuk dokumen yang sedang dibubuhi. Ditahan: disisihkan untuk pengembalian dana."
    )
    fits_the_screen(page)


def test_the_steps_say_where_somebody_is(visitor: Visitor) -> None:
    page = visitor.page
    here = page.locator("road-steps [aria-current=step]")
    expect(here).to_have_text("Dokumen")
    visitor.bring(letter())
    expect(here).to_have_text("Tempat")
    visitor.bill(1, "ani@contoh.id")
    expect(here).to_have_text("Bayar")
    visitor.simulate("Bayar")
    expect(page.locator("#stamping-says")).to_contain_text("Dokumen Anda bermeterai")
    expect(here).to_have_text("Unduh")
    page.get_by_role("button", name="Bubuhi dokumen lain").click()
    expect(here).to_have_text("Dokumen")


def test_before_paying_it_is_said_how_long_files_are_kept_and_how_large_the_result_is(visitor: Visitor) -> None:
    visitor.bring(letter())
    says = visitor.page.locator("#document-says")
    expect(says).to_contain_text(re.compile(r"disimpan sampai \w+, \d+ \w+ \d{4}; yang sudah bermeterai tidak dihapus"))
    expect(visitor.page.locator("#weight-says")).to_contain_text("ukurannya paling besar")


# Refunds -------------------------------------------------------------------------------------------------------------------


def test_a_refund_is_counted_asked_for_and_followed_by_its_owner_and_from_the_letter(
    visitor: Visitor, stack: Any
) -> None:
    page, address = visitor.page, f"ani.{uuid.uuid4().hex[:12]}@contoh.id"
    visitor.buy(1, address)
    visitor.open(link(stack, address, "konfirmasi-email"))
    page.get_by_role("button", name="Konfirmasi alamat ini").click()
    expect(page.locator("#letter-says")).to_contain_text("sudah dikonfirmasi")
    asked: list[str] = []
    page.on("request", lambda one: asked.append(one.url) if one.method == "POST" and "/v1/refunds" in one.url else None)
    card = invoice(page, 0)
    http = stack.http()
    with turned(stack, http, refund_refused=True):
        card.get_by_role("button", name="Hitung pengembalian").click()
        expect(card.locator(".quote .amount")).to_have_text("Rp9.375")
        expect(card.locator(".quote")).to_contain_text("Ini baru hitungan, belum ada yang diajukan")
        assert asked == []
        card.get_by_role("button", name="Ajukan pengembalian").click()
        expect(card.locator(".refund-now")).to_contain_text("Menunggu keputusan petugas")
        assert len(asked) == 1
        coming = "Berikutnya: petugas memutuskan, Anda tidak perlu berbuat apa-apa."
        expect(card.locator(".turn")).to_contain_text(coming)
        last = card.locator(".timeline li").last
        expect(last).to_have_text(re.compile(r"^Uang kembali paling lambat \w+, \d+ \w+ \d{4} \(WIB\)$"))

        with page.expect_download() as reminder:
            card.get_by_role("link", name="Ingatkan saya di kalender").click()
        assert reminder.value.suggested_filename == "pengembalian-dana.ics"
        written = Path(reminder.value.path()).read_bytes().decode().replace("\r\n ", "")
        assert {"BEGIN:VEVENT", "TRIGGER:-P1D", "END:VCALENDAR"} <= set(written.split("\r\n"))
        assert "SUMMARY:Pengembalian dana Rp9.375: hari terakhir yang dijanjikan" in written
        refund = card.locator(".refund").get_attribute("data-refund") or ""
        assert f"UID:{refund}@meterai" in written
        fits_the_screen(page)

        friend = page.context.browser
        assert friend is not None
        phone = friend.new_context(viewport={"width": 360, "height": 640}, locale="id-ID", reduced_motion="reduce")
        other = Visitor(phone.new_page(), stack.web_url)
        other.open(link(stack, address, "pengembalian"))
        heading = other.page.get_by_role("heading", name="Pengembalian dana Anda")
        expect(heading).to_be_focused()
        expect(heading).to_be_in_viewport()
        shown = other.page.locator("#letter-refund")
        expect(shown.locator(".turn")).to_contain_text(coming)
        expect(shown.locator(".turn")).to_be_in_viewport()
        expect(shown.get_by_role("link", name="Ingatkan saya di kalender")).to_be_visible()
        fits_the_screen(other.page)
    officer = Person(http, stack.access["officer_key"])
    officer.ask("POST", f"/v1/refunds/{refund}/decision", json={"decision": "reject", "reason": "percobaan"})
    expect(card.locator(".refund")).to_have_attribute("data-status", "rejected")
    expect(card.locator(".timeline .next")).to_have_count(0)
    expect(shown.locator(".refund")).to_have_attribute("data-status", "rejected")
    assert other.unexpected() == []
    phone.close()


# On paper ------------------------------------------------------------------------------------------------------------------


def printed(page: Page) -> bytes:
    return page.pdf(format="A4")


def text_of(data: bytes) -> str:
    return "\n".join(one.extract_text() for one in PdfReader(io.BytesIO(data)).pages)


def test_the_page_on_paper_is_what_proves_something(visitor: Visitor, tmp_path: Path) -> None:
    page = visitor.page
    visitor.buy(1, "ani@contoh.id")
    visitor.bring(letter())
    visitor.stamp()
    serial = page.locator("#sealed-serial").inner_text()
    visitor.verify(visitor.download())
    paper = printed(page)
    (tmp_path / "page.pdf").write_bytes(paper)
    text = text_of(paper)
    assert serial in text
    assert f"/v/{serial}" in text
    assert "Asli" in text
    assert "Riwayat" in text
    for chrome in ("Ketuk untuk memilih", "Unduh dokumen bermeterai", "Papan saluran", "Pilih dokumen", "tersedia"):
        assert chrome not in text
    visitor.open(f"/v/{serial}")
    expect(page.locator("#serial-says")).to_contain_text("tercatat sudah dibubuhkan")
    assert serial in text_of(printed(page))


def test_a_receipt_on_paper_has_a_code_that_checks_it(visitor: Visitor) -> None:
    page = visitor.page
    page.route("**/room.json", lambda route: route.fulfill(json=a_room(ahead=0)))
    at = datetime(2024, 9, 10, 14, 14, 5, tzinfo=UTC)
    token = Receipt("paid", at, 2, about("acc_1")).signed(PlainReceiptSigner().sign)
    visitor.open(f"/receipt.html#{token}")
    expect(page.locator("#receipt-says")).to_have_text("Bukti ini asli.")
    paper = printed(page)
    assert "21.14.05 WIB" in text_of(paper)
    assert "Nomor akun atau pembubuhan" not in text_of(paper)  # a field is of no use there
    sheet = pypdfium2.PdfDocument(paper)[0].render(scale=150 / 72).to_pil()
    (code,) = zxingcpp.read_barcodes(sheet)
    assert code.text == f"{visitor.url}/receipt.html#{token}"
    fits_the_screen(page)


# Parts with a life of their own ---------------------------------------------------------------------------------------------


def test_the_camera_reads_a_serial_number_and_is_let_go(visitor: Visitor) -> None:
    page = visitor.page
    visitor.expects("404", "422")
    page.add_init_script(CAMERA)
    page.reload()
    scan = page.get_by_role("button", name="Pindai kode QR dengan kamera")
    scan.click()
    expect(page.locator("#camera")).to_contain_text("bukan kode meterai dari layanan ini")
    fits_the_screen(page)
    scan.click()
    expect(page.locator("#camera video")).to_be_hidden()
    assert page.evaluate("seen.getTracks().map((one) => one.readyState)") == ["ended"]
    scan.click()
    expect(page.locator("#camera video")).to_be_visible()
    page.evaluate("document.getElementById('camera').remove()")
    assert page.evaluate("seen.getTracks().map((one) => one.readyState)") == ["ended"]
    page.reload()
    page.evaluate(f"window.code = {json.dumps('HTTPS://M.ID/V/' + SERIAL)}")
    scan.click()
    expect(page).to_have_url(f"{visitor.url}/v/{SERIAL}")


def test_a_countdown_goes_on_while_it_is_on_the_page_and_says_when_it_is_over(visitor: Visitor) -> None:
    told = visitor.page.evaluate(
        """async () => {
          const made = document.createElement("count-down");
          const says = [];
          made.addEventListener("over", () => says.push("over"));
          document.body.append(made);
          made.until = new Date(Date.now() + 90_000).toISOString();
          says.push(made.textContent.slice(0, 3), made.over);
          made.until = new Date(Date.now() - 5_000).toISOString();
          says.push(made.textContent, made.over);
          made.remove();
          return says;
        }"""
    )
    assert told == ["01.", False, "over", "habis", True]
