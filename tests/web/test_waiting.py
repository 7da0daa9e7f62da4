"""The waiting view in a real browser: it reads one static file, and leaves the service alone until the turn has come."""

from __future__ import annotations

import json
import random
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Page, Route, expect

from meterai.domain.receipt import Receipt, about, spelled_key
from tests.fakes.room import PlainReceiptSigner
from tests.unit.domain.test_receipt_forgeries import HANDED_OUT, REAL, WAYS
from tests.web.visitor import Visitor, letter

CASES = json.loads((Path(__file__).resolve().parents[1] / "room_cases.json").read_text())


def spelled(at: datetime) -> str:
    return at.isoformat(timespec="microseconds").replace("+00:00", "Z")


def a_room(*, ahead: int, rates: list[int] | None = None, still: int | None = 0, **more: Any) -> dict[str, Any]:
    """room.json as it is while so many wait who joined an hour ago."""
    now = datetime.now(UTC)
    minute = int(now.timestamp()) // 60 - 60
    own = [int(now.timestamp()) // 60, 1, 1, 1]
    bins = [[minute, 1, ahead, ahead], own] if ahead else [own]
    rates = rates or [36_000, 40_000, 44_000]
    line = {"waiting": ahead + 1, "bins": bins, "served": [], "rates": rates}
    return {
        "kept_at": spelled(now), "every_seconds": 10, "minute": minute + 60, "lines": {"paid": line, "bulk": line},
        "rates": rates, "rates_are": "measured", "standstill_seconds": still, "backlog": ahead, "admission": None,
        "deadline_at": None, "back_at": None, "channels": {"issuer": "up" if still == 0 else "down"}, "incident": None,
        "receipt_keys": [spelled_key(PlainReceiptSigner().public_key())],
    } | more  # fmt: skip


class Road:
    """What the page asks of the service, with one stamping that stays in line until `done`."""

    def __init__(self, page: Page, room: dict[str, Any]) -> None:
        self.room, self.done = room, False
        self.stampings, self.rooms = 0, 0
        self.joined_at = datetime.now(UTC)
        page.route("**/room.json", self._room)
        page.route(re.compile(r"/v1/stampings(/.*)?$"), self._stampings)

    def _room(self, route: Route) -> None:
        self.rooms += 1
        route.fulfill(json=self.room)

    def _stampings(self, route: Route) -> None:
        if route.request.method == "POST":
            answer = route.fetch(headers={**route.request.headers, "prefer": "wait=0"})
            self.shown = answer.json()
            self.receipt = self.shown["receipt"]
            route.fulfill(status=202, json=self.shown | {"status": "queued", "joined_at": spelled(self.joined_at)})
            return
        self.stampings += 1
        if self.done:
            route.continue_()
        else:
            route.fulfill(json=self.shown | {"status": "queued", "joined_at": spelled(self.joined_at)})


def join(visitor: Visitor) -> None:
    visitor.buy(1, "ani@contoh.id")
    visitor.bring(letter())
    visitor.page.get_by_role("button", name="Bubuhkan", exact=True).click()


def test_who_waits_far_back_reads_the_room_and_asks_the_service_nothing(visitor: Visitor) -> None:
    page = visitor.page
    road = Road(page, a_room(ahead=48_199))
    join(visitor)
    expect(page.locator("#queue-place")).to_have_text("Kira-kira nomor 48.200 dalam antrean.")
    expect(page.locator("#queue-turn")).to_contain_text("Giliran Anda kira-kira antara pukul")
    expect(page.locator("#queue-age")).to_contain_text(
        re.compile(r"Diperbarui \d+ detik yang lalu. Halaman ini boleh ditutup")
    )
    expect(page.locator("#queue-receipt a")).to_have_attribute("href", f"/receipt.html#{road.receipt}")
    page.wait_for_timeout(6_000)
    assert road.stampings == 0
    assert road.rooms >= 1


def test_the_service_is_asked_once_the_turn_has_come_and_hands_out_the_file(visitor: Visitor) -> None:
    page = visitor.page
    road = Road(page, a_room(ahead=0))
    road.done = True
    join(visitor)
    expect(page.locator("#stamping-says")).to_contain_text("Dokumen Anda bermeterai", timeout=60_000)
    expect(page.locator("#queue")).to_be_hidden()
    assert road.stampings <= 8


def test_in_a_standstill_no_turn_is_promised_and_the_incident_is_told(visitor: Visitor) -> None:
    page = visitor.page
    Road(page, a_room(ahead=10, still=None, incident={"id": "Penerbit padam sejak pukul 20.", "en": "Down."}))
    join(visitor)
    expect(page.locator("#queue-turn")).to_contain_text("belum dapat diperkirakan")
    expect(page.locator("#queue-incident")).to_have_text("Penerbit padam sejak pukul 20.")


def test_the_estimate_is_shown_before_paying(visitor: Visitor) -> None:
    visitor.bill(1, "ani@contoh.id")
    expect(visitor.page.locator("#bill-eta")).to_contain_text(
        re.compile("Bila dibayar sekarang|belum dapat diperkirakan")
    )


def test_the_page_works_out_places_and_ranges_as_the_service_does(visitor: Visitor) -> None:
    found = visitor.page.evaluate(
        """async ({places, estimates}) => {
            const {ahead, estimate} = await import("/page/queue.js");
            return [places.map(({bins, second}) => ahead(bins, second)),
                    estimates.map(({before, rates, standstill}) => estimate(before, rates, standstill))];
        }""",
        CASES,
    )
    assert found == [[one["ahead"] for one in CASES["places"]], [one["estimate"] for one in CASES["estimates"]]]


# The receipt ---------------------------------------------------------------------------------------------------------------


def test_an_agency_checks_a_receipt(visitor: Visitor) -> None:
    page = visitor.page
    page.route("**/room.json", lambda route: route.fulfill(json=a_room(ahead=0)))
    at = datetime(2024, 9, 10, 14, 14, 5, tzinfo=UTC)
    token = Receipt("paid", at, 2, about("acc_1")).signed(PlainReceiptSigner().sign)
    visitor.open(f"/receipt.html#{token}")
    expect(page.locator("#receipt-says")).to_have_text("Bukti ini asli.")
    expect(page.locator("#receipt-since")).to_contain_text("21.14.05 WIB")
    expect(page.locator("#receipt-pieces")).to_have_text("2 keping lunas")
    page.get_by_label("Nomor akun atau pembubuhan").fill("acc_1")
    page.get_by_role("button", name="Periksa").click()
    expect(page.locator("#receipt-whose")).to_have_text("nomor yang Anda isi")
    page.get_by_label("Nomor akun atau pembubuhan").fill("acc_2")
    page.get_by_role("button", name="Periksa").click()
    expect(page.locator("#receipt-says")).to_contain_text("milik akun atau pembubuhan lain")
    page.get_by_label("Bukti antre (").fill(token[:-1] + ("A" if token[-1] != "A" else "Q"))
    page.get_by_role("button", name="Periksa").click()
    expect(page.locator("#receipt-says")).to_contain_text("Ini bukan bukti antre")


def test_the_browser_takes_every_real_receipt_and_no_forgery(visitor: Visitor) -> None:
    dice = random.Random(1)
    forged = [token for way in WAYS for token in (way(dice) for _ in range(60)) if token not in set(HANDED_OUT)]
    real = [
        {"about": one.about, "joined_at": spelled(one.joined_at), "line": one.line, "pieces": one.pieces}
        for one in REAL
    ]
    found = visitor.page.evaluate(
        """async ({tokens, keys}) => {
            const {read} = await import("/page/receipt.js");
            return Promise.all(tokens.map((token) => read(token, keys)));
        }""",
        {"tokens": [*HANDED_OUT, *forged], "keys": [spelled_key(PlainReceiptSigner().public_key())]},
    )
    assert found == [*real, *[None] * len(forged)]


def test_a_receipt_that_the_stack_handed_out_is_genuine_by_the_key_that_it_publishes(
    visitor: Visitor, stack: Any
) -> None:
    visitor.buy(1, "ani@contoh.id")
    answers: list[Any] = []
    visitor.page.on("response", lambda answer: answers.append(answer) if answer.url.endswith("/v1/stampings") else None)
    visitor.bring(letter())
    visitor.page.route(
        re.compile(r"/v1/stampings$"),
        lambda route: route.continue_(headers={**route.request.headers, "prefer": "wait=0"}),
    )
    visitor.page.get_by_role("button", name="Bubuhkan", exact=True).click()
    expect(visitor.page.locator("#stamping-says")).to_contain_text("Dokumen Anda bermeterai", timeout=60_000)
    shown = answers[0].json()
    keys = httpx.get(f"{stack.web_url}/room.json").json()["receipt_keys"]
    assert len(keys) == 1
    visitor.open(f"/receipt.html#{shown['receipt']}")
    expect(visitor.page.locator("#receipt-says")).to_have_text("Bukti ini asli.")
    visitor.page.get_by_label("Nomor akun atau pembubuhan").fill(shown["id"])
    visitor.page.get_by_role("button", name="Periksa").click()
    expect(visitor.page.locator("#receipt-whose")).to_have_text("nomor yang Anda isi")
    assert timedelta(0) < datetime.now(UTC) - datetime.fromisoformat(shown["joined_at"]) < timedelta(minutes=10)
