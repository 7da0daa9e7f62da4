"""The origin's own refusals, without a server: they wear what the gateway's wear."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request
from samtranslator.yaml_helper import yaml_parse

from local.deployment import HOUSE
from local.in_flight import COME_AGAIN, InFlight, Kind, Slot
from local.origin import Copy, Origin, Routes, _address, application, pressed, problem

RESPONSES: dict[str, Any] = yaml_parse((HOUSE / "template.yaml").read_text("utf-8"))["Resources"]["Api"]["Properties"][
    "GatewayResponses"
]
SAME = [
    (404, "not_found", "MISSING_AUTHENTICATION_TOKEN"),
    (413, "request_too_large", "REQUEST_TOO_LARGE"),
    (503, "busy", "DEFAULT_5XX"),
]


@pytest.mark.parametrize(("status", "code", "gateway"), SAME, ids=[code for _, code, _ in SAME])
def test_a_refusal_of_the_origin_reads_like_the_gateways(status: int, code: str, gateway: str) -> None:
    answer = problem(status, code)
    assert isinstance(answer.body, bytes)
    shown = json.loads(answer.body)
    theirs = json.loads(RESPONSES[gateway]["ResponseTemplates"]["application/json"])
    assert shown.keys() == theirs.keys()
    its_own = {"instance", "request_id", "detail"}
    assert {k: shown[k] for k in shown.keys() - its_own} == {k: theirs[k] for k in theirs.keys() - its_own}
    assert shown["instance"] == f"urn:uuid:{answer.headers['Request-Id']}"
    assert answer.content_type == "application/problem+json"
    assert ("Retry-After" in answer.headers) == (code == "busy")


@pytest.mark.parametrize("kind", sorted(RESPONSES))
def test_a_gateway_response_says_in_its_body_the_status_that_it_has(kind: str) -> None:
    body = json.loads(RESPONSES[kind]["ResponseTemplates"]["application/json"])
    assert int(RESPONSES[kind]["StatusCode"]) == body["status"]


@pytest.mark.parametrize(
    ("asked", "handed_on"),
    [
        ("/V/JRSK7QCKCT7FIQ174BYG4J?lang=en", "/v/JRSK7QCKCT7FIQ174BYG4J?lang=en"),
        ("/v/jrsk7qckct7fiq174byg4j", "/v/jrsk7qckct7fiq174byg4j"),
        ("/V/A/V/B%2F", "/v/A/V/B%2F"),
        ("/v1/serials/V/V/", "/v1/serials/V/V/"),
    ],
)
def test_the_capitals_of_a_qr_code_lead_to_the_one_route(tmp_path: Path, asked: str, handed_on: str) -> None:
    request = make_mocked_request("GET", asked)
    app = application(Routes(tmp_path / "routes.json"))
    app.freeze()
    found = asyncio.run(app.router.resolve(request))
    assert found.handler.__name__ == "api"
    assert _address(request) == handed_on


def test_routes_are_read_again_when_their_file_changes_and_are_empty_while_it_is_absent(tmp_path: Any) -> None:
    routes = Routes(tmp_path / "routes.json")
    assert routes["api"] == ""
    (tmp_path / "routes.json").write_text('{"api": "http://one"}')
    assert routes["api"] == "http://one"
    (tmp_path / "routes.json").write_text('{"api": "http://an')
    assert routes["api"] == "http://one"
    (tmp_path / "routes.json").write_text('{"api": "http://another"}')
    assert routes["api"] == "http://another"


@pytest.mark.parametrize(
    ("method", "path", "kind"),
    [("POST", "/v1/accounts", "arriving"), ("POST", "/v1/stampings", "work"), ("GET", "/v1/quota", "reading")],
)
def test_a_request_without_a_seat_is_refused_and_told_when_to_come_again(
    tmp_path: Path, method: str, path: str, kind: Kind
) -> None:
    origin = Origin(Routes(tmp_path / "routes.json"), InFlight({kind: 0}, 0.0))

    async def asked() -> web.StreamResponse:
        return await origin.api(make_mocked_request(method, path))

    answer = asyncio.run(asked())
    assert (answer.status, answer.content_type) == (503, "application/problem+json")
    first, last = COME_AGAIN[kind]
    assert first <= int(answer.headers["Retry-After"]) <= last


@pytest.mark.parametrize(("status", "made_work"), [(201, True), (400, False), (503, False)])
def test_a_refusal_has_made_no_work_for_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: int, made_work: bool
) -> None:
    given = Slot()

    @asynccontextmanager
    async def slot(kind: Kind) -> AsyncIterator[Slot]:
        assert kind == "arriving"
        yield given

    async def handed_on(*_: Any) -> web.StreamResponse:
        return web.Response(status=status)

    async def asked() -> web.StreamResponse:
        return await origin.api(make_mocked_request("POST", "/v1/accounts"))

    limit = InFlight({"arriving": 1})
    origin = Origin(Routes(tmp_path / "routes.json"), limit)
    monkeypatch.setattr(limit, "slot", slot)
    monkeypatch.setattr(origin, "_handed_on", handed_on)
    assert asyncio.run(asked()).status == status
    assert given.made_work == made_work


class Bucket(Origin):
    """An origin before a bucket that counts how often it is asked."""

    def __init__(self, path: Path) -> None:
        super().__init__(Routes(path / "routes.json"), InFlight({}))
        self.asked, self.seconds, self.down = 0, 5, False

    async def _fetched(self, name: str) -> Copy | None:
        self.asked += 1
        await asyncio.sleep(0)
        return None if self.down else Copy(b"{}", f'"{self.asked}"', self.seconds, time.monotonic())


def read(bucket: Bucket, many: int, **headers: str) -> list[web.StreamResponse]:
    async def all_at_once() -> list[web.StreamResponse]:
        asked = (bucket.public(make_mocked_request("GET", "/room.json", headers=headers)) for _ in range(many))
        return list(await asyncio.gather(*asked))

    return asyncio.run(all_at_once())


def test_a_thousand_readers_of_the_room_make_one_fetch(tmp_path: Path) -> None:
    bucket = Bucket(tmp_path)
    answers = read(bucket, 1000)
    assert {answer.status for answer in answers} == {200}
    assert answers[0].headers["Cache-Control"] == "public, max-age=5"
    assert bucket.asked == 1
    assert read(bucket, 1, **{"If-None-Match": '"1"'})[0].status == 304


def test_a_copy_that_is_not_fresh_is_fetched_again_and_an_old_one_is_better_than_none(tmp_path: Path) -> None:
    bucket = Bucket(tmp_path)
    bucket.seconds = 0
    read(bucket, 2)
    assert bucket.asked == 2
    bucket.down = True
    (answer,) = read(bucket, 1)
    assert (answer.status, answer.headers["ETag"]) == (200, '"2"')


def test_before_the_room_was_ever_kept_the_origin_says_so(tmp_path: Path) -> None:
    bucket = Bucket(tmp_path)
    bucket.down = True
    (answer,) = read(bucket, 1)
    assert (answer.status, answer.content_type) == (503, "application/problem+json")


@pytest.mark.parametrize(
    ("kind", "headers", "varies", "is_pressed"),
    [
        ("text/html", {"Accept-Encoding": "gzip, br"}, True, True),
        ("text/html", {}, True, False),
        ("text/css", {"Accept-Encoding": "gzip", "Range": "bytes=0-9"}, True, False),
        ("text/css", {"Accept-Encoding": "gzip", "If-None-Match": '"1"'}, True, False),
        ("application/json", {"Accept-Encoding": "gzip"}, False, False),
    ],
)
def test_text_is_compressed_for_who_takes_it(
    kind: str, headers: dict[str, str], varies: bool, is_pressed: bool
) -> None:
    answer = pressed(
        make_mocked_request("GET", "/", headers=headers), web.Response(text="halaman " * 50, content_type=kind)
    )
    assert (answer.headers.get("Vary") == "Accept-Encoding") is varies
    assert answer.compression is is_pressed
