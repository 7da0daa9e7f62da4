"""The officers' desk in a real browser at 360 x 640 and on a wide screen, over the real stack: by touch and by keyboard."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.integration.client import Person, connect, problem, seen
from tests.integration.officers import NUMBER, address, named, officer, undecided, verify
from tests.web.test_page import fits_the_screen
from tests.web.visitor import Visitor

REASON = "bank penerima sudah pulih"


@pytest.fixture(scope="module")
def http(stack: Any) -> Iterator[httpx.Client]:
    with connect(stack.api_url) as client:
        yield client


@pytest.fixture
def owner(http: httpx.Client) -> Person:
    return Person.new(http, "siti@contoh.id")


@pytest.fixture
def wide(browser: Browser, stack: Any) -> Iterator[Visitor]:
    """Somebody at a desk with a keyboard."""
    screen = browser.new_context(viewport={"width": 1280, "height": 900}, locale="id-ID", reduced_motion="reduce")
    here = Visitor(screen.new_page(), stack.web_url)
    yield here
    screen.close()
    assert here.unexpected() == []
    assert here.origins == {stack.web_url}


def enter(visitor: Visitor, key: str, path: str = "/desk/") -> Page:
    """Come with a key."""
    page = visitor.page
    visitor.open(path)
    page.get_by_label("Kunci petugas").fill(key)
    page.get_by_role("button", name="Masuk").click()
    expect(page.get_by_role("heading", name="Antrean")).to_be_visible()
    return page


def decide(page: Page, button: str, reason: str, way: str | None = None) -> None:
    page.get_by_label("Alasan", exact=True).fill(reason)
    if way is not None:
        page.get_by_label("Bila disetujui, dibayarkan").select_option(way)
    page.get_by_role("button", name=button, exact=True).click()
    expect(page.locator("#case-says")).to_have_text("Keputusan Anda tercatat.")


def test_an_officer_finds_a_case_in_the_queue_reads_it_and_decides_it(
    visitor: Visitor, stack: Any, http: httpx.Client, owner: Person, tmp_path: Path
) -> None:
    refund = undecided(stack, http, owner)["id"]
    page = enter(visitor, officer(stack, http, "refunds:decide").token)
    page.get_by_label("Tampilkan", exact=True).select_option("awaiting_decision")
    line = page.locator(f"[data-refund={refund}]")
    expect(line).to_contain_text("Rp9.375, Menunggu keputusan petugas")
    expect(line).to_contain_text("perlu petugas")
    expect(line).to_contain_text("dijanjikan paling lambat")
    expect(line).to_contain_text("Giliran: petugas memutuskan")
    fits_the_screen(page)
    page.screenshot(path=tmp_path / "queue.png", full_page=True)
    line.click()
    case = page.locator("#opened")
    expect(page.locator("#case-title")).to_have_text("Rp9.375, Menunggu keputusan petugas")
    expect(page.locator("#case-title")).to_be_focused()
    expect(case).to_contain_text("siti@contoh.id (belum dikonfirmasi)")
    expect(case).to_contain_text("batal mendaftar")
    expect(case).to_contain_text("penyedia pembayaran menolak")
    fits_the_screen(page)
    page.screenshot(path=tmp_path / "case.png", full_page=True)

    page.get_by_role("button", name="Tolak", exact=True).click()
    expect(page.locator("#deciding-says")).to_contain_text("Tulis dulu alasannya")
    expect(page.get_by_label("Alasan", exact=True)).to_be_focused()
    decide(page, "Tolak", "keping sudah dipakai di tempat lain")
    expect(page.locator("#case-title")).to_have_text("Rp9.375, Ditolak")
    expect(case).to_contain_text("menolak: keping sudah dipakai di tempat lain")
    expect(line).to_have_count(0)
    assert owner.get(f"/v1/refunds/{refund}")["status"] == "rejected"
    assert owner.quota()["available"] == 1


def test_an_officer_works_in_english(visitor: Visitor, stack: Any, http: httpx.Client, owner: Person) -> None:
    refund = undecided(stack, http, owner)["id"]
    page = enter(visitor, officer(stack, http, "refunds:decide").token, f"/desk/#{refund}")
    page.get_by_role("button", name="English").tap()
    case = page.locator("#opened")
    expect(page.locator("#case-title")).to_have_text("Rp9.375, Waiting for an officer's decision")
    expect(page.locator(f"[data-refund={refund}]")).to_contain_text("Turn: an officer decides")
    expect(case).to_contain_text(re.compile(r"by \w+,? \d{1,2} \w+ \d{4} at the latest"))
    expect(case).to_contain_text("WIB, by page or API")
    fits_the_screen(page)
    page.get_by_role("button", name="Reject", exact=True).click()
    expect(page.locator("#deciding-says")).to_contain_text("Write the reason first")
    page.get_by_label("Reason", exact=True).fill("used elsewhere")
    page.get_by_role("button", name="Reject", exact=True).click()
    expect(page.locator("#case-says")).to_have_text("Your decision is recorded.")
    expect(case).to_contain_text("rejected: used elsewhere")
    page.get_by_role("button", name="Leave").click()
    expect(page.get_by_label("Officer's key")).to_be_focused()


def test_who_approved_a_payout_is_told_that_another_pays_and_another_does(
    visitor: Visitor, wide: Visitor, stack: Any, http: httpx.Client, owner: Person, tmp_path: Path
) -> None:
    refund = undecided(stack, http, owner, 2)["id"]
    named(stack, owner, refund)
    page = enter(visitor, stack.access["officer_key"], f"/desk/#{refund}")
    decide(page, "Setujui", REASON, "payout")
    expect(page.locator("#opened")).to_contain_text("Anda yang menyetujui pencairan ini")
    expect(page.get_by_role("button", name="Cairkan")).to_have_count(0)
    fits_the_screen(page)
    page.screenshot(path=tmp_path / "approved.png", full_page=True)
    same = Person(http, stack.access["officer_key"])
    problem(same.ask("POST", f"/v1/refunds/{refund}/payout", json={}), 403, "same_officer")

    other = enter(wide, stack.access["payer_key"])
    other.get_by_label("Tampilkan", exact=True).select_option("approved")
    other.locator(f"[data-refund={refund}]").click()
    expect(other.locator("#opened")).to_contain_text(f"Rp18.750 ke ID_BCA {NUMBER}, atas nama BUDI SANTOSO")
    other.screenshot(path=tmp_path / "pay.png", full_page=True)
    other.get_by_label("Catatan (boleh kosong)").fill("nama cocok")
    other.get_by_role("button", name="Cairkan Rp18.750").click()
    expect(other.locator("#case-says")).to_contain_text("Pencairan diperintahkan")
    expect(other.locator("#case-title")).to_have_text(
        re.compile(r"^Rp18\.750, Uang (sedang dikirim|sudah dikembalikan)$")
    )
    expect(other.locator("#opened")).to_contain_text("memerintahkan pencairan: nama cocok")
    expect(other.locator(f"[data-refund={refund}]")).to_have_count(0)
    assert owner.get(f"/v1/refunds/{refund}")["status"] in ("paying", "refunded")
    other.screenshot(path=tmp_path / "paid.png", full_page=True)


def test_an_account_number_is_legible_to_who_pays_alone(
    visitor: Visitor, stack: Any, http: httpx.Client, owner: Person
) -> None:
    refund = undecided(stack, http, owner)["id"]
    named(stack, owner, refund)
    page = enter(visitor, officer(stack, http, "refunds:decide").token, f"/desk/#{refund}")
    case = page.locator("#opened")
    expect(case).to_contain_text("••••••7890")
    expect(case).to_contain_text("Nomor lengkap hanya terlihat oleh petugas yang mencairkan")
    assert NUMBER not in page.content()
    decide(page, "Setujui", REASON, "provider")
    expect(page.locator("#case-title")).to_have_text("Rp9.375, Uang sudah dikembalikan")


def test_a_key_that_is_typed_before_the_script_is_there_goes_nowhere(wide: Visitor) -> None:
    page = wide.page
    wide.expects("ERR_FAILED")
    page.route("**/desk/main.js", lambda route: route.abort())
    wide.open("/desk/")
    page.get_by_label("Kunci petugas").fill("of_rahasia")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Masuk")).to_be_disabled()
    assert page.url == f"{wide.url}/desk/"


def test_the_desk_is_worked_by_keyboard_alone(wide: Visitor, stack: Any, http: httpx.Client, owner: Person) -> None:
    refund = undecided(stack, http, owner)["id"]
    wide.open("/desk/")
    page, keys = wide.page, wide.page.keyboard
    expect(page.get_by_role("button", name="Masuk")).to_be_enabled()
    page.get_by_label("Kunci petugas").focus()
    keys.type(stack.access["officer_key"])
    keys.press("Enter")
    expect(page.locator("#queue-title")).to_be_focused()
    keys.press("Tab")
    expect(page.get_by_label("Tampilkan", exact=True)).to_be_focused()
    page.locator(f"[data-refund={refund}]").focus()
    keys.press("Enter")
    expect(page.locator("#case-title")).to_be_focused()
    keys.press("Tab")
    expect(page.get_by_label("Alasan", exact=True)).to_be_focused()
    keys.type(REASON)
    for name in ("Bila disetujui, dibayarkan", "Setujui", "Tolak"):
        keys.press("Tab")
        control = page.get_by_label(name) if "," in name else page.get_by_role("button", name=name, exact=True)
        expect(control).to_be_focused()
    keys.press("Enter")
    expect(page.locator("#case-title")).to_have_text("Rp9.375, Ditolak")
    expect(page.locator("#case-title")).to_be_focused()


def test_the_key_stays_in_its_tab_and_goes_with_it(
    visitor: Visitor, stack: Any, http: httpx.Client, owner: Person
) -> None:
    key = officer(stack, http, "refunds:decide").token
    page = enter(visitor, key)
    assert key not in page.evaluate("JSON.stringify(localStorage)")
    page.reload()
    expect(page.get_by_role("heading", name="Antrean")).to_be_visible()
    page.get_by_role("button", name="Keluar").click()
    expect(page.get_by_label("Kunci petugas")).to_be_focused()
    assert page.evaluate("JSON.stringify(sessionStorage)") == "{}"
    expect(page.locator("#queue")).to_be_hidden()
    page.reload()
    expect(page.get_by_label("Kunci petugas")).to_be_visible()


def test_a_key_that_opens_no_desk_is_told_so(visitor: Visitor, stack: Any, http: httpx.Client, owner: Person) -> None:
    visitor.expects("401", "403")
    visitor.open("/desk/")
    page = visitor.page
    for key, sentence in (
        ("", "Tempelkan dulu kunci petugas"),
        ("of_tidak-dikenal", "tidak dikenal atau sudah dicabut"),
        (owner.token, "bukan kunci petugas"),
        (stack.access["partner_key"], "bukan kunci petugas"),
    ):
        page.get_by_label("Kunci petugas").fill(key)
        page.get_by_role("button", name="Masuk").click()
        expect(page.locator("#enter-says")).to_contain_text(sentence)
        expect(page.locator("#queue")).to_be_hidden()
    fits_the_screen(page)


def test_a_case_that_is_not_there_is_told_so(visitor: Visitor, stack: Any, http: httpx.Client) -> None:
    visitor.expects("404")
    page = enter(visitor, stack.access["officer_key"], f"/desk/#rfd_{'0' * 26}")
    expect(page.locator("#case-says")).to_contain_text("Perkara ini tidak ada")


def test_what_another_officer_did_meanwhile_is_told_and_shown(
    visitor: Visitor, stack: Any, http: httpx.Client, owner: Person
) -> None:
    visitor.expects("409")
    refund = undecided(stack, http, owner)["id"]
    page = enter(visitor, stack.access["officer_key"], f"/desk/#{refund}")
    page.get_by_label("Alasan", exact=True).fill(REASON)
    faster = officer(stack, http, "refunds:decide")
    body = {"decision": "reject", "reason": "lebih dulu"}
    seen(faster.ask("POST", f"/v1/refunds/{refund}/decision", json=body), 200)
    page.get_by_role("button", name="Setujui", exact=True).click()
    expect(page.locator("#case-says")).to_contain_text("tidak sedang menunggu keputusan")
    expect(page.locator("#case-title")).to_have_text("Rp9.375, Ditolak")
    expect(page.locator("#opened")).to_contain_text("lebih dulu")


def test_a_request_by_whatsapp_is_written_down_and_opens_as_a_case(
    visitor: Visitor, stack: Any, http: httpx.Client, tmp_path: Path
) -> None:
    visitor.expects("400", "409")
    email = address()
    owner = Person.new(http, email)
    invoice = owner.buy(1)
    page = enter(visitor, officer(stack, http, "refunds:decide").token)
    page.get_by_text("Dari WhatsApp, kantor pos").click()
    write, says = page.get_by_role("button", name="Catat", exact=True), page.locator("#write-says")
    write.click()
    expect(says).to_contain_text("Isi nomor tagihannya")
    page.get_by_label("Nomor tagihan").fill(invoice["id"])
    page.get_by_label("Jalan masuk").select_option("post_office")
    page.get_by_label("Tiba di sini (WIB)").fill("2024-09-03T17:00:00")
    page.get_by_label("Alasan, menurut pemiliknya").fill("tidak jadi melamar")
    write.click()
    expect(says).to_contain_text("sebelum tagihannya dibayar")
    now = datetime.now(timezone(timedelta(hours=7)))
    page.get_by_label("Tiba di sini (WIB)").fill(now.strftime("%Y-%m-%dT%H:%M:%S"))
    write.click()
    expect(says).to_contain_text("belum mengonfirmasi e-mailnya")
    fits_the_screen(page)
    page.screenshot(path=tmp_path / "form.png", full_page=True)
    verify(stack, http, email)
    write.click()
    expect(says).to_contain_text("Dicatat.")
    case = page.locator("#opened")
    expect(page.locator("#case-title")).to_have_text("Rp9.375, Belum dikonfirmasi pemiliknya")
    expect(case).to_contain_text("kantor pos")
    expect(case).to_contain_text("mencatat pengajuan: tidak jadi melamar")
    expect(case).to_contain_text("pemilik mengonfirmasi lewat e-mail")
    (noted,) = owner.get("/v1/refunds")["data"]
    assert (noted["status"], noted["reason"]) == ("unconfirmed", "tidak jadi melamar")
