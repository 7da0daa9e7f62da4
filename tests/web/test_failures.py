"""Each way in which the road can break off, over the real stack: what the page says, that it goes on by itself, and that the
account has afterwards exactly what was paid for."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from tests.integration.client import Person, until
from tests.integration.client import letter as noise
from tests.integration.conftest import Process
from tests.web.failing import (
    asked,
    comes_as,
    holdings,
    issuer_down,
    opened_again,
    owner,
    provider,
    revoked,
    sentences,
)  # fmt: skip
from tests.web.visitor import FLAGS, Visitor, chromium, letter

PHONE: dict[str, Any] = {
    "viewport": {"width": 360, "height": 640}, "has_touch": True, "is_mobile": True, "locale": "id-ID",
    "reduced_motion": "reduce", "service_workers": "block",
}  # fmt: skip


@pytest.fixture(scope="module")
def budi(stack: Any) -> Person:
    """Somebody with pieces enough for the tests that only need one."""
    person = Person.new(stack.http())
    person.buy(20)
    return person


def placed(visitor: Visitor, data: bytes | None = None, name: str = "surat.pdf") -> bytes:
    """A document in its place; its bytes."""
    source = data or letter()
    visitor.bring(source, name)
    expect(visitor.page.locator("#placing")).to_be_visible()
    return source


def newest(person: Person) -> Any:
    """The account's newest invoice."""
    return person.get(f"/v1/invoices/{person.get('/v1/invoices')['data'][0]['id']}")


def done(page: Page) -> None:
    """The page has the stamped document to hand out."""
    expect(page.locator("#stamping-says")).to_contain_text("Dokumen Anda bermeterai")


# Paying --------------------------------------------------------------------------------------------------------------------


def test_a_code_paid_after_it_expired_with_the_page_closed_stamps_the_document_once(
    visitor: Visitor, stack: Any
) -> None:
    source = placed(visitor)
    visitor.bill(1, "terlambat@contoh.id")
    person = owner(visitor.page, stack)
    late = newest(person)
    visitor.simulate("Kedaluwarsa")
    expect(visitor.page.locator("#bill-says")).to_have_text(sentences(visitor.page)["payments"]["expired"])
    visitor.page.get_by_role("button", name="Buat kode baru").tap()
    expect(visitor.page.locator("#qr")).to_be_visible()
    context = visitor.page.context
    visitor.page.close()
    person.pay(late, "settle_late")  # the code before this one, in a wallet's queue
    person.wait_invoice(late["id"], "paid")
    again = Visitor(context.new_page(), stack.web_url)
    again.open()
    done(again.page)
    assert again.download().startswith(source)
    assert holdings(person) == {"used": 1, "invoices": 1, "stampings": 1}


def test_a_provider_that_is_down_is_said_and_asked_again_for_one_invoice(visitor: Visitor, stack: Any) -> None:
    page = visitor.page
    placed(visitor)
    visitor.expects("503")
    with provider(stack, outage=True):
        page.get_by_label("E-mail", exact=True).fill("padam@contoh.id")
        page.get_by_role("button", name="Bayar dengan QRIS").tap()
        expect(page.locator("#banner")).to_contain_text(sentences(page)["problems"]["payment_provider_unavailable"])
    page.get_by_role("button", name="Coba sekarang").tap()
    expect(page.locator("#qr")).to_be_visible()
    expect(page.locator("#banner")).to_be_hidden()
    assert holdings(owner(page, stack)) == {"invoices": 1}


def test_a_slow_provider_and_a_double_tap_make_one_invoice(visitor: Visitor, stack: Any) -> None:
    page = visitor.page
    page.get_by_label("E-mail", exact=True).fill("sabar@contoh.id")
    sent = asked(page, "/v1/invoices")
    with provider(stack, delay_answers_seconds=2):
        page.get_by_role("button", name="Bayar dengan QRIS").dblclick()
        expect(page.locator("#buy-says")).to_have_text(sentences(page)["buying"]["making"])
        expect(page.get_by_role("button", name="Bayar dengan QRIS")).to_be_disabled()
        expect(page.locator("#qr")).to_be_visible()
    assert [one for one in sent if one.startswith("POST")] == [f"POST {stack.web_url}/v1/invoices"]
    assert holdings(owner(page, stack)) == {"invoices": 1}


# The upload ----------------------------------------------------------------------------------------------------------------


def test_an_upload_that_is_cut_midway_starts_again_by_itself(visitor: Visitor) -> None:
    page = visitor.page
    network = page.context.new_cdp_session(page)
    network.send("Network.enable")
    slow = {"offline": False, "latency": 20, "downloadThroughput": -1, "uploadThroughput": 200_000}
    network.send("Network.emulateNetworkConditions", slow)
    visitor.expects("ERR_INTERNET_DISCONNECTED")
    with page.expect_request(lambda request: request.method == "POST" and "sourcesbucket" in request.url):
        visitor.bring(noise(1_500_000), "putus.pdf")
    expect(page.locator("#document-says")).to_contain_text("Mengunggah")
    network.send("Network.emulateNetworkConditions", slow | {"offline": True})
    expect(page.locator("#banner")).to_contain_text(sentences(page)["connection"]["promise"])
    network.send("Network.emulateNetworkConditions", slow | {"uploadThroughput": -1})
    page.get_by_role("button", name="Coba sekarang").tap()
    expect(page.locator("#document-says")).to_contain_text("putus.pdf, 1 halaman, 1,5 MB")
    expect(page.locator("#banner")).to_be_hidden()


def test_a_page_reloaded_during_the_upload_sends_the_file_again_from_its_shelf(visitor: Visitor) -> None:
    page = visitor.page
    held: list[Route] = []
    page.route(re.compile("sourcesbucket"), lambda route: held.append(route))  # under way, and never there
    with page.expect_request(re.compile("sourcesbucket")):
        visitor.bring(letter(), "muat-ulang.pdf")
    expect(page.locator("#document-says")).to_contain_text("Mengunggah")
    page.unroute(re.compile("sourcesbucket"))
    page.reload()
    expect(page.locator("#document-says")).to_contain_text("muat-ulang.pdf, 1 halaman")
    expect(page.locator("#placing")).to_be_visible()


# Refused -------------------------------------------------------------------------------------------------------------------


def test_a_piece_that_went_elsewhere_is_told_and_another_one_stamps_the_document(visitor: Visitor, stack: Any) -> None:
    page = visitor.page
    person = Person.new(stack.http())
    person.buy(1)
    comes_as(visitor, person)
    source = placed(visitor)
    expect(page.get_by_role("button", name="Bubuhkan", exact=True)).to_be_visible()
    person.stamp(noise())  # elsewhere, with the last piece
    visitor.expects("409")
    page.get_by_role("button", name="Bubuhkan", exact=True).tap()
    expect(page.locator("#affix-says")).to_contain_text(sentences(page)["problems"]["quota_exhausted"])
    expect(page.get_by_role("button", name="Bubuhkan", exact=True)).to_be_hidden()
    visitor.bill(1)
    visitor.simulate("Bayar")
    done(page)
    assert visitor.download().startswith(source)
    assert holdings(person) == {"used": 2, "invoices": 2, "stampings": 2}


def test_a_document_that_only_the_service_refuses_costs_no_piece(visitor: Visitor, stack: Any) -> None:
    page = visitor.page
    words = sentences(page)
    visitor.bring(b"%PDF-1.7\n/MediaBox [0 0 595 842]\nrusak", "rusak.pdf")
    expect(page.locator("#document-says")).to_have_text(words["documents"]["refused"])
    expect(page.locator("#findings")).to_contain_text(words["problems"]["document_unreadable"])
    expect(page.locator("#pay-check")).to_be_visible()
    visitor.buy(1, "tetap@contoh.id")
    person = owner(page, stack)
    assert holdings(person) == {"available": 1, "invoices": 1}
    placed(visitor)
    visitor.stamp()
    assert holdings(person) == {"used": 1, "invoices": 1, "stampings": 1}


def test_a_document_that_is_refused_while_it_is_sealed_says_why_and_that_the_piece_is_back(
    visitor: Visitor, budi: Person
) -> None:
    page = visitor.page
    words = sentences(page)
    stamping = budi.stamp()
    refused = {"status": "released", "reason": "document_altered", "serial": None, "download_url": None}
    page.route(f"**/v1/stampings/{stamping['id']}", lambda route: route.fulfill(json=stamping | refused))
    page.evaluate("(id) => localStorage.setItem('meterai.stamping', JSON.stringify(id))", stamping["id"])
    comes_as(visitor, budi)
    expect(page.locator("#stamping-says")).to_contain_text(words["stampings"]["released"])
    expect(page.locator("#stamping-says")).to_contain_text(words["problems"]["document_altered"])
    page.get_by_role("button", name="Bubuhi dokumen lain").tap()
    placed(visitor)
    expect(page.get_by_role("button", name="Bubuhkan", exact=True)).to_be_visible()


def test_a_document_deleted_meanwhile_is_sent_again_and_stamped(visitor: Visitor, stack: Any, budi: Person) -> None:
    page = visitor.page
    comes_as(visitor, budi)
    source = placed(visitor)
    before = holdings(budi)
    document = page.evaluate("JSON.parse(localStorage.getItem('meterai.document'))")
    assert budi.ask("DELETE", f"/v1/documents/{document}").status_code in (200, 202, 204)
    visitor.expects("404", "409")
    page.get_by_role("button", name="Bubuhkan", exact=True).tap()
    expect(page.locator("#document-says")).to_contain_text("surat.pdf, 1 halaman")
    visitor.stamp()
    assert visitor.download().startswith(source)
    assert holdings(budi)["used"] == before.get("used", 0) + 1


def test_a_revoked_token_is_told_and_the_document_goes_on_under_the_next_account(visitor: Visitor, stack: Any) -> None:
    page = visitor.page
    source = placed(visitor)
    first = owner(page, stack)
    revoked(page)
    visitor.expects("401", "403")
    page.get_by_label("E-mail", exact=True).fill("cabut@contoh.id")
    page.get_by_role("button", name="Bayar dengan QRIS").tap()
    expect(page.locator("#buy-says")).to_contain_text(sentences(page)["problems"]["token_invalid"])
    expect(page.locator("#placing")).to_be_visible()  # the file itself was kept here
    visitor.bill(1, "cabut@contoh.id")
    visitor.simulate("Bayar")
    done(page)
    second = owner(page, stack)
    assert second.token != first.token
    assert visitor.download().startswith(source)
    assert holdings(second) == {"used": 1, "invoices": 1, "stampings": 1}


# The tab, the browser, the phone -------------------------------------------------------------------------------------------


def looked_at_again(page: Page) -> None:
    """The person comes back to the page, which looks at once instead of when it is due."""
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


def told_down(page: Page) -> Event:
    """Until the event is set, room.json says of the issuer what it will once its door was knocked at, which is done each
    minute."""
    back = Event()

    def told(route: Route) -> None:
        answer = route.fetch()
        down = {} if back.is_set() else {"channels": {"issuer": "down"}, "standstill_seconds": None}
        route.fulfill(response=answer, json=answer.json() | down)

    page.route("**/room.json", told)
    return back


def test_a_tab_closed_at_every_stage_goes_on_and_so_do_flight_mode_and_an_issuer_that_is_down(
    visitor: Visitor, stack: Any
) -> None:
    words = sentences(visitor.page)
    source = placed(visitor)
    here = opened_again(visitor.page, stack.web_url)  # placing
    expect(here.page.locator("#placing")).to_be_visible()
    here.bill(1, "tutup@contoh.id")
    code = here.page.locator("#qr-string").text_content()
    person = owner(here.page, stack)
    here = opened_again(here.page, stack.web_url)  # the code is shown
    expect(here.page.locator("#qr-string")).to_have_text(code or "")
    context = here.page.context
    here.page.close()
    invoice = newest(person)
    person.pay(invoice)
    person.wait_invoice(invoice["id"], "paid")
    assert holdings(person) == {"available": 1, "invoices": 1}
    here = Visitor(context.new_page(), stack.web_url)  # paid, and not stamped
    with issuer_down(stack):
        here.open()
        expect(here.page.locator("#queue-place")).to_contain_text("dalam antrean")
        here = opened_again(here.page, stack.web_url)  # waiting
        expect(here.page.locator("#stamping-says")).to_have_text(words["stampings"]["queued"])
        expect(here.page.locator("#queue-place")).to_contain_text("dalam antrean")
        network = context.new_cdp_session(here.page)
        network.send("Network.enable")
        network.send("Network.setCacheDisabled", {"cacheDisabled": True})
        here.expects("ERR_INTERNET_DISCONNECTED")
        context.set_offline(True)
        looked_at_again(here.page)
        expect(here.page.locator("#banner")).to_contain_text(words["connection"]["offline"])
        expect(here.page.locator("#queue-place")).to_contain_text("dalam antrean")
        context.set_offline(False)
        expect(here.page.locator("#banner")).to_be_hidden()
        back = told_down(here.page)
        looked_at_again(here.page)
        expect(here.page.locator("#queue-incident")).to_have_text(words["queue"]["issuerDown"])
        expect(here.page.locator("#queue-turn")).to_have_text(words["queue"]["unknown"])
        assert holdings(person) == {"reserved": 1, "invoices": 1, "stampings": 1}
    back.set()
    for _ in range(90):  # seconds: the room may have heard of the issuer by itself
        if here.page.locator("#download").is_visible():
            break
        looked_at_again(here.page)
        here.page.wait_for_timeout(1_000)
    done(here.page)
    here = opened_again(here.page, stack.web_url)  # done
    done(here.page)
    assert here.download().startswith(source)
    assert holdings(person) == {"used": 1, "invoices": 1, "stampings": 1}
    assert here.unexpected() == []


def test_of_what_is_kept_twice_the_newer_holds(visitor: Visitor) -> None:
    page = visitor.page
    kept = "async () => { const kept = await import('/page/kept.js'); return [kept.get('wish'), kept.get('place')]; }"
    page.evaluate(
        """async () => {
            const kept = await import("/page/kept.js");
            kept.set("wish", "to stamp");
            kept.set("place", 1);
            const early = { ...localStorage };
            kept.drop("wish");
            kept.set("place", 2);
            await kept.written();
            localStorage.clear();
            Object.assign(localStorage, early); // what the disk has when the battery dies
        }"""
    )
    page.reload()
    assert page.evaluate(kept) == [None, 2]  # a wish that was fulfilled is not fulfilled again
    page.evaluate("localStorage.setItem('meterai.turn', '99'), localStorage.setItem('meterai.place', '3')")
    page.reload()
    assert page.evaluate(kept) == [None, 3]


@pytest.fixture
def switched_on(browser: Browser, tmp_path: Path) -> Iterator[Any]:
    """Switches a phone on, whose browser keeps its things on a disk; off without a warning."""
    path, disk = chromium(), tmp_path / "disk"
    assert path is not None
    opened: list[BrowserContext] = []

    def on() -> BrowserContext:
        phone = browser.browser_type.launch_persistent_context(disk, executable_path=path, args=FLAGS.split(), **PHONE)
        opened.append(phone)
        return phone

    def off() -> None:
        flat = [Process(int(one.name)) for one in Path("/proc").iterdir() if one.name.isdigit()]
        for process in flat:
            if str(disk) in process.trace() and process.pid != os.getpid():
                process.kill()
        until(lambda: not any(str(disk) in process.trace() for process in flat))
        for lock in disk.glob("Singleton*"):
            lock.unlink()

    yield on, off
    off()


def test_a_battery_that_dies_with_the_code_on_the_screen_loses_nothing(switched_on: Any, stack: Any) -> None:
    on, off = switched_on
    visitor = Visitor(on().pages[0], stack.web_url)
    visitor.open()
    source = placed(visitor)
    visitor.bill(1, "baterai@contoh.id")
    person = owner(visitor.page, stack)
    off()
    invoice = newest(person)
    person.pay(invoice)
    person.wait_invoice(invoice["id"], "paid")
    again = Visitor(on().pages[0], stack.web_url)
    again.open()
    done(again.page)
    assert owner(again.page, stack).token == person.token
    assert again.download().startswith(source)
    assert holdings(person) == {"used": 1, "invoices": 1, "stampings": 1}
