"""What a page that waits asks over an hour of the browser's clock: the room's static file, and the service next to nothing."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, Route, expect

from tests.web.test_waiting import a_room, spelled
from tests.web.visitor import Visitor

STEP = 40  # seconds: a look that is due in it is made once
HOUR = 3_600
NOTHING = dict.fromkeys(("available", "used", "held", "refunded"), 0) | {"reserved": 1}


@dataclass
class Service:
    """The service with one stamping in line, which never comes to an end; every request that it was asked."""

    page: Page
    room: dict[str, Any]
    joined_at: datetime
    calls: list[str] = field(default_factory=list)
    rooms: int = 0

    def __post_init__(self) -> None:
        self.page.route(re.compile(r"/v1/"), self._answer)
        self.page.route("**/room.json", self._room)

    def _room(self, route: Route) -> None:
        self.rooms += 1
        route.fulfill(json=self.room)

    def _answer(self, route: Route) -> None:
        path = urlsplit(route.request.url).path
        self.calls.append(f"{route.request.method} {path}")
        waiting = {"id": "stp_1", "status": "queued", "joined_at": spelled(self.joined_at), "receipt": None}
        if path == "/v1/quota":
            route.fulfill(json=NOTHING)
        else:
            route.fulfill(json=waiting if path == "/v1/stampings/stp_1" else {"data": [], "next_cursor": None})


def waits(visitor: Visitor, room: dict[str, Any], *, joined_before: timedelta = timedelta(0)) -> Service:
    """An hour of waiting in this room, of which the service remembers what it was asked."""
    page = visitor.page
    service = Service(page, room, datetime.now(UTC) - joined_before)
    page.evaluate(
        """() => {
            localStorage.setItem("meterai.token", '"token"');
            localStorage.setItem("meterai.stamping", '"stp_1"');
        }"""
    )
    page.clock.install(time=datetime.now(UTC))
    page.reload()
    expect(page.locator("#queue-place")).to_contain_text("dalam antrean")
    page.wait_for_load_state("networkidle")
    service.calls.clear()
    service.rooms = 0
    for _ in range(HOUR // STEP):
        page.clock.fast_forward(STEP * 1_000)
        page.evaluate(
            "fetch('/icon.svg').then((answer) => answer.text())"
        )  # whatever was asked before has its answer by now
    return service


def test_far_back_nothing_is_asked_of_the_service_and_the_room_seldom(visitor: Visitor) -> None:
    service = waits(visitor, a_room(ahead=480_000))
    assert service.calls == []
    assert 20 <= service.rooms <= 45


def test_in_a_standstill_nothing_is_asked_of_the_service(visitor: Visitor) -> None:
    service = waits(visitor, a_room(ahead=0, still=None), joined_before=timedelta(hours=2))
    assert service.calls == []
    assert 30 <= service.rooms <= 90


@pytest.mark.parametrize("behind", [0, 48_000], ids=["alone", "in a long line"])
def test_at_the_front_the_service_is_asked_once_a_minute_however_long_it_takes(visitor: Visitor, behind: int) -> None:
    service = waits(visitor, a_room(ahead=behind), joined_before=timedelta(hours=2))
    assert set(service.calls) == {"GET /v1/stampings/stp_1"}
    assert 30 <= len(service.calls) <= 60
    assert service.rooms >= 80
