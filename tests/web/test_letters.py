"""What a person does with our letters: the links in them, on the page."""

from __future__ import annotations

import re
import time
import uuid
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import expect

from tests.web.test_page import fits_the_screen
from tests.web.visitor import SECONDS, Visitor


def link(stack: Any, address: str, fragment: str) -> str:
    """The newest such link that was sent to this address, as it stands behind the page's origin."""
    deadline = time.monotonic() + SECONDS / 1_000
    while True:
        letters = httpx.get(f"{stack.access['mailbox_url']}/messages").json()["data"]
        texts = [letter["text"] for letter in letters if letter["to"] == [address]]
        found = [one for text in texts for one in re.findall(rf"#{fragment}=[A-Za-z0-9_-]+", text)]
        if found:
            return "/" + str(found[0])
        assert time.monotonic() < deadline, f"no {fragment} for {address} among {len(letters)} letters"
        time.sleep(0.05)


def test_an_address_is_confirmed_from_its_letter_and_the_refund_followed_from_the_next(
    visitor: Visitor, stack: Any, tmp_path: Path
) -> None:
    page, address = visitor.page, f"ani.{uuid.uuid4().hex[:12]}@contoh.id"
    visitor.buy(1, address)

    confirm = link(stack, address, "konfirmasi-email")
    visitor.open(confirm)
    expect(page.get_by_role("heading", name="Konfirmasi alamat e-mail")).to_be_focused()
    assert page.url == f"{visitor.url}/"  # the secret does not stay where it could be seen or kept
    expect(page.locator("#letter-says")).to_contain_text("Ketuk untuk menyatakan")
    fits_the_screen(page)
    page.get_by_role("button", name="Konfirmasi alamat ini").click()
    expect(page.locator("#letter-says")).to_contain_text("sudah dikonfirmasi")
    expect(page.get_by_role("button", name="Konfirmasi alamat ini")).to_have_count(0)
    page.get_by_role("button", name="Kirim lagi surat konfirmasi").click()
    expect(page.locator("#confirm-says")).to_have_text("Alamat e-mail ini sudah dikonfirmasi.")

    invoice = page.locator("#invoices > li").first
    invoice.get_by_role("button", name="Hitung pengembalian").click()
    invoice.get_by_role("button", name="Ajukan pengembalian").click()
    expect(invoice.locator(".refund")).to_have_attribute("data-status", "refunded")
    expect(invoice.locator(".turn")).to_contain_text("Selesai pada hari pengajuan, dari 45 hari")

    follow = link(stack, address, "pengembalian")
    friend = page.context.browser
    assert friend is not None
    phone = friend.new_context(viewport={"width": 360, "height": 640}, locale="id-ID", reduced_motion="reduce")
    other = Visitor(phone.new_page(), stack.web_url)
    other.open(follow)
    shown = other.page.locator("#letter-refund")
    expect(other.page.get_by_role("heading", name="Pengembalian dana Anda")).to_be_visible()
    expect(shown.locator(".amount")).to_have_text("Rp9.375")
    expect(shown.locator(".refund")).to_have_attribute("data-status", "refunded")
    expect(shown.locator(".timeline li").last).to_contain_text(re.compile(r"Uang sudah dikembalikan.*\d\d\.\d\d WIB"))
    expect(shown.locator(".turn")).to_contain_text("Sudah berakhir.")
    expect(shown.get_by_role("button")).to_have_count(0)
    assert other.page.url == f"{visitor.url}/"
    fits_the_screen(other.page)
    other.page.screenshot(path=tmp_path / "followed.png", full_page=True)
    assert other.unexpected() == []
    phone.close()


def test_a_link_that_is_none_says_so_and_what_to_do(visitor: Visitor) -> None:
    page = visitor.page
    visitor.expects("403")
    for fragment in ("konfirmasi-email", "pengembalian"):
        visitor.open(f"/#{fragment}={'A' * 43}")
        expect(page).to_have_url(f"{visitor.url}/")  # the secret left the address: nothing is asked again
        page.reload()
        expect(page.locator("#letter")).to_be_hidden()
        page.goto("about:blank")
        visitor.open(f"/#{fragment}={'A' * 43}")
        if fragment == "konfirmasi-email":
            page.get_by_role("button", name="Konfirmasi alamat ini").click()
        expect(page.locator("#letter-says")).to_contain_text("Tautan ini sudah dipakai atau lewat waktunya.")
        fits_the_screen(page)


def test_a_link_opened_in_a_page_that_is_already_there_is_followed(visitor: Visitor) -> None:
    visitor.page.evaluate("location.hash = '#konfirmasi-email=' + 'A'.repeat(43)")
    expect(visitor.page.get_by_role("button", name="Konfirmasi alamat ini")).to_be_visible()
    visitor.page.evaluate("location.hash = '#verifying'")
    expect(visitor.page.locator("#letter")).to_be_visible()


def test_asking_for_the_letter_again_too_soon_is_told_and_not_repeated(visitor: Visitor) -> None:
    visitor.expects("429")
    visitor.bill(1, f"ani.{uuid.uuid4().hex[:12]}@contoh.id")
    visitor.page.get_by_role("button", name="Kirim lagi surat konfirmasi").click()
    expect(visitor.page.locator("#confirm-says")).to_contain_text("Surat baru saja dikirim")
    expect(visitor.page.locator("#banner")).to_be_hidden()
