"""What nobody should have to think of: strange files and names, two tabs, the back button, old links, a wrong clock, a browser
that keeps nothing. Each is told in a sentence that says what to do, and nothing is lost or spent twice."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Dialog, expect
from pypdf import PdfWriter

from tests.integration.client import Person, until
from tests.unit.pdf import papers
from tests.web.failing import asked, comes_as, holdings, owner, sentences
from tests.web.test_failures import budi, done, placed
from tests.web.test_letters import link
from tests.web.test_page import fits_the_screen, locked
from tests.web.test_waiting import Road, a_room
from tests.web.visitor import Visitor, half_locked, letter, photographed, written

__all__ = ["budi"]

DAY = 86_400_000
WIB = timezone(timedelta(hours=7))
SHIFTED = """
  const real = Date;
  const now = () => real.now() + %d;
  globalThis.Date = class extends real {
    constructor(...given) { given.length ? super(...given) : super(now()); }
    static now() { return now(); }
  };
"""
FULL = """
  Storage.prototype.setItem = () => { throw new DOMException("full", "QuotaExceededError"); };
  IDBFactory.prototype.open = () => { throw new DOMException("refused", "InvalidStateError"); };
"""
REFUSED = """
  for (const name of ["localStorage", "sessionStorage", "indexedDB", "caches"])
    Object.defineProperty(globalThis, name, { get() { throw new DOMException("refused", "SecurityError"); } });
  Object.defineProperty(Navigator.prototype, "cookieEnabled", { get: () => false });
"""


# Files ---------------------------------------------------------------------------------------------------------------------


def test_what_is_certainly_no_use_is_said_here_and_nothing_of_it_is_sent(visitor: Visitor, tmp_path: Path) -> None:
    page = visitor.page
    words = sentences(page)
    sent = asked(page, "/v1/", "bucket")
    large = tmp_path / "besar.pdf"
    with large.open("wb") as file:
        file.write(b"%PDF-1.7\n")
        file.truncate(60_000_000)
    picture = photographed(letter())
    for name, data, told in (
        ("surat.pdf", b"PK\x03\x04" + b"word/document.xml" * 50, words["device"]["office"]),
        ("surat.doc.pdf", b"\xd0\xcf\x11\xe0" * 200, words["device"]["office"]),
        ("tanda.pdf", b"\x89PNG\r\n\x1a\n" + b"\0" * 500, words["device"]["picture"]),
        ("foto.pdf", picture, words["device"]["picture"]),
        ("kosong.pdf", b"", words["device"]["empty"]),
        ("catatan.pdf", b"bukan PDF", words["problems"]["document_unreadable"]),
        (str(large), None, words["problems"]["document_too_large"]),
    ):
        if data is None:
            page.locator("#document-file").set_input_files(name)
        else:
            visitor.bring(data, name)
        expect(page.locator("#document-says")).to_contain_text(told)
        expect(page.locator("#placing")).to_be_hidden()
    assert sent == []
    fits_the_screen(page)


def certified() -> bytes:
    """A file that its signer closed for changes."""
    reference = "<< /TransformMethod /DocMDP /TransformParams << /P 1 >> >>"
    body = papers.objects(
        catalog_extra="/Perms << /DocMDP 30 0 R >>", more={30: f"<< /Type /Sig /Reference [{reference}] >>".encode()}
    )
    return papers.classical(body)


def sized(width: float, height: float) -> bytes:
    """One page of so many points."""
    writer = PdfWriter()
    writer.add_blank_page(width, height)
    return written(writer)


def test_what_only_the_service_sees_is_told_with_what_to_do_before_paying(visitor: Visitor) -> None:
    page = visitor.page
    words = sentences(page)
    for name, data, code in (
        ("terkunci.pdf", locked(), "document_encrypted"),
        ("ditutup.pdf", certified(), "document_certified"),
        ("tebal.pdf", letter(pages=201), "document_too_many_pages"),
    ):
        visitor.bring(data, name)
        expect(page.locator("#document-says")).to_have_text(words["documents"]["refused"])
        expect(page.locator("#findings")).to_contain_text(words["problems"][code])
        expect(page.locator("#placing")).to_be_hidden()
        expect(page.locator("#pay-check")).to_be_visible()
    visitor.bring(sized(20, 20), "prangko.pdf")
    expect(page.locator("#document-says")).to_contain_text(words["problems"]["placement_too_small"])
    visitor.bring(half_locked(letter()), "pemilik.pdf")
    expect(page.get_by_role("button", name=words["repairs"]["unlock"]["tap"])).to_be_visible()
    fits_the_screen(page)


def test_two_hundred_pages_a_long_strip_and_a_turned_one_are_placed(visitor: Visitor) -> None:
    page = visitor.page
    visitor.bring(letter(pages=200), "tebal.pdf")
    expect(page.locator("#document-says")).to_contain_text("tebal.pdf, 200 halaman")
    page.get_by_label("Halaman", exact=True).select_option("200")
    expect(page.locator("#place-says")).to_contain_text("Halaman 200")
    fits_the_screen(page)
    writer = PdfWriter()
    writer.add_blank_page(3_000, 250).rotate(90)
    for name, data, ratio in (
        ("struk.pdf", sized(230, 4_000), 230 / 4_000),
        ("putar.pdf", written(writer), 250 / 3_000),
    ):
        visitor.bring(data, name)
        expect(page.locator("#document-says")).to_contain_text(f"{name}, 1 halaman")
        box = page.locator("#sheet").bounding_box()
        assert box is not None
        assert box["width"] / box["height"] == pytest.approx(ratio, rel=0.05)
        fits_the_screen(page)


def test_a_name_is_text_whatever_stands_in_it(visitor: Visitor, budi: Person) -> None:
    page = visitor.page
    dialogs: list[Dialog] = []
    page.on("dialog", lambda dialog: dialogs.append(dialog))
    comes_as(visitor, budi)
    for name, shown in (
        ("surat\u202efdp.exe", "suratfdp.exe, 1 halaman"),  # written from right to left it would read suratexe.pdf
        ("رسالة" + "a" * 300 + ".pdf", "رسالة" + "a" * 195 + ", 1 halaman"),
        ('<img src=x onerror=alert(1)> "📄".pdf', '<img src=x onerror=alert(1)> "📄".pdf, 1 halaman'),
    ):
        placed(visitor, name=name)
        expect(page.locator("#document-says")).to_contain_text(shown)
        assert "\u202e" not in page.locator("#bringing").inner_text()
        assert page.locator("#bringing img[src='x']").count() == 0
        fits_the_screen(page)
    visitor.stamp()
    visitor.download()
    assert dialogs == []


# Tabs and the way back -----------------------------------------------------------------------------------------------------


def test_two_tabs_with_a_document_each_stamp_each_its_own(visitor: Visitor, stack: Any, budi: Person) -> None:
    comes_as(visitor, budi)
    before = holdings(budi)
    other = Visitor(visitor.page.context.new_page(), stack.web_url)
    other.open()
    first = placed(visitor, letter(pages=1), "satu.pdf")
    second = placed(other, letter(pages=2), "dua.pdf")
    visitor.stamp()
    other.stamp()
    assert visitor.download().startswith(first)
    assert other.download().startswith(second)
    after = holdings(budi)
    assert (after["used"], after["available"]) == (before.get("used", 0) + 2, before["available"] - 2)
    assert after["stampings"] == before.get("stampings", 0) + 2
    assert other.unexpected() == []


def test_the_back_button_loses_nothing_and_sends_nothing_twice(visitor: Visitor, stack: Any) -> None:
    page = visitor.page
    visitor.open("/problems.html")
    visitor.open()
    sent = asked(page, "/v1/invoices", "/v1/stampings")

    def back_and_forth() -> None:
        page.go_back()
        expect(page).to_have_url(re.compile("problems.html"))
        page.go_forward()

    source = placed(visitor)
    back_and_forth()
    expect(page.locator("#placing")).to_be_visible()
    visitor.bill(1, "mundur@contoh.id")
    code = page.locator("#qr-string").text_content()
    back_and_forth()
    expect(page.locator("#qr-string")).to_have_text(code or "")
    visitor.simulate("Bayar")
    done(page)
    page.get_by_role("link", name="Periksa").click()  # within the page
    page.go_back()
    done(page)
    back_and_forth()
    done(page)
    assert visitor.download().startswith(source)
    assert [one.removeprefix(f"POST {stack.web_url}") for one in sent if one.startswith("POST")] == [
        "/v1/invoices", "/v1/stampings",
    ]  # fmt: skip
    assert holdings(owner(page, stack)) == {"used": 1, "invoices": 1, "stampings": 1}


# Old links -----------------------------------------------------------------------------------------------------------------


def test_a_download_link_that_grew_old_is_replaced_by_the_tap(visitor: Visitor, budi: Person) -> None:
    page = visitor.page
    comes_as(visitor, budi)
    source = placed(visitor)
    visitor.stamp()
    page.locator("#download").evaluate("(link) => (link.href = link.href.replace(/Signature=[^&]*/, 'Signature=00'))")
    assert visitor.download().startswith(source)


def test_a_link_in_a_letter_that_was_followed_already_says_the_same_again(visitor: Visitor, stack: Any) -> None:
    page = visitor.page
    visitor.bill(1, "tautan@contoh.id")
    confirm = link(stack, "tautan@contoh.id", "konfirmasi-email")
    for _ in range(2):
        page.goto("about:blank")
        visitor.open(confirm)
        page.get_by_role("button", name="Konfirmasi alamat ini").click()
        expect(page.locator("#letter-says")).to_have_text(sentences(page)["letters"]["email"]["done"])


# Clocks, storage, e-mail ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("days", [-1, 1])
def test_a_phone_a_day_off_counts_down_estimates_and_waits_right(visitor: Visitor, stack: Any, days: int) -> None:
    page = visitor.page
    page.add_init_script(SHIFTED % (days * DAY))
    page.reload()
    placed(visitor)
    visitor.bill(1, "jam@contoh.id")
    expect(page.locator("#countdown")).to_have_text(re.compile(r"^1[45]\.\d\d$"))
    page.reload()
    expect(page.locator("#countdown")).to_have_text(re.compile(r"^1[45]\.\d\d$"))
    expect(page.locator("#bill-says")).to_have_text(sentences(page)["payments"]["open"])
    Road(page, a_room(ahead=48_199))
    visitor.simulate("Bayar")
    expect(page.locator("#queue-place")).to_have_text("Kira-kira nomor 48.200 dalam antrean.")
    told = re.search(r"pukul (\d\d)\.(\d\d) dan", page.locator("#queue-turn").inner_text())
    assert told is not None
    at, real = int(told[1]) * 60 + int(told[2]), datetime.now(WIB)
    assert 60 <= (at - real.hour * 60 - real.minute) % 1_440 <= 70  # minutes from now, by the clock on the wall
    expect(page.locator("#queue-age")).to_contain_text(re.compile(r"Diperbarui \d\d? detik yang lalu"))
    person = owner(page, stack)
    until(lambda: holdings(person) == {"used": 1, "invoices": 1, "stampings": 1})


@pytest.mark.parametrize("storage", [FULL, REFUSED], ids=["full", "refused"])
def test_a_browser_that_keeps_nothing_says_so_and_walks_the_road(visitor: Visitor, stack: Any, storage: str) -> None:
    page = visitor.page
    page.add_init_script(storage)
    page.reload()
    expect(page.locator("#not-kept")).to_have_text(sentences(page)["device"]["notKept"])
    sent = asked(page, "/v1/invoices", "/v1/stampings")
    source = placed(visitor)
    visitor.bill(1, "pribadi@contoh.id")
    visitor.simulate("Bayar")
    done(page)
    assert visitor.download().startswith(source)
    visitor.quota(available=0, used=1)
    assert len([one for one in sent if one.startswith("POST")]) == 2
    fits_the_screen(page)


def test_a_browser_that_keeps_says_nothing_of_it(visitor: Visitor) -> None:
    visitor.bring(letter())
    expect(visitor.page.locator("#placing")).to_be_visible()
    expect(visitor.page.locator("#not-kept")).to_be_empty()


def test_strange_addresses_are_told_at_their_field_and_spaces_around_one_are_not(visitor: Visitor, stack: Any) -> None:
    page = visitor.page
    words = sentences(page)
    visitor.expects("400")
    sent = asked(page, "/v1/invoices")
    for address in (
        "",
        "   ",
        "ani lestari@contoh.id",
        "añi",
        "ani@",
        "ani@contoh",
        "@contoh.id",
        "a" * 300 + "@contoh.id",
    ):
        page.get_by_label("E-mail", exact=True).fill(address)
        page.get_by_role("button", name="Bayar dengan QRIS").click()
        expect(page.locator("#buy-says")).to_contain_text(words["fields"]["email"])
        expect(page.get_by_label("E-mail", exact=True)).to_be_focused()
        page.locator("#buy-says").evaluate("(says) => says.replaceChildren()")
    assert sent == []
    visitor.bill(1, "  spasi@contoh.id  ")
    expect(page.locator("#account-email")).to_have_text("spasi@contoh.id")
    assert holdings(owner(page, stack)) == {"invoices": 1}
