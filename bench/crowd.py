"""An honest crowd: people who walk the whole road over sockets, and do as they are told.

Each of them opens an account, asks for an invoice, pays it at the simulator, uploads a letter, has it stamped, looks seldom
until it is, and downloads it. Told to come again, they wait as long as `Retry-After` says and a little more. Told so at buying,
they come again twice and then go home; once they have paid they stay until they have their stamp.
"""

from __future__ import annotations

import asyncio
import hashlib
import random
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from local.in_flight import kind_of
from meterai.domain import instants
from tests.integration.client import PROBLEM_MEMBERS, letter, new_key

Json = dict[str, Any]
BUYING_TRIES = 3
LETTER_BYTES = 100_000
TIMEOUT_SECONDS = 60.0
SLOWER, SLOWEST_SECONDS = 1.5, 10.0
"""How much longer one waits before each further look, and at most."""


@dataclass
class Met:
    """What a crowd was answered beside what it wanted. All but `refusals` is to stay empty."""

    refusals: Counter[str] = field(default_factory=Counter)
    bare: list[str] = field(default_factory=list)
    """Refusals that are no problem of ours, 5xx that are not 503, and whoever is to come again without Retry-After."""
    unanswered: list[str] = field(default_factory=list)


@dataclass
class Walk:
    """How far one came: instants are seconds since 1970, None for what did not happen."""

    began: float
    paid: float | None = None
    stamped: float | None = None
    """When the stamping ended, as the API says."""
    home: float | None = None
    """With the file, and it is the right one."""
    wrong: str = ""

    @property
    def seconds(self) -> float | None:
        """From the first request to the file."""
        return None if self.home is None else self.home - self.began


class WentHome(Exception):
    """Somebody who was told to come again gave up buying."""


class Crowd:
    """People at one API. `looks`: seconds between two looks of somebody in a hurry; without it they look slower and slower.
    `tries`: how often somebody tries to buy who is told to come again."""

    def __init__(
        self,
        http: aiohttp.ClientSession,
        api_url: str,
        dice: random.Random,
        *,
        looks: float | None = None,
        tries: int = BUYING_TRIES,
    ) -> None:
        self._http, self._api, self._dice, self._looks, self._tries = http, api_url, dice, looks, tries
        self.met = Met()
        self.closed = asyncio.Event()
        """Set when the day is over: who has not bought yet goes home."""

    async def walk(self) -> Walk:
        """One person, from the first request to the file."""
        walk = Walk(began=time.time())
        try:
            await self._walked(walk)
        except WentHome:
            pass
        except (AssertionError, KeyError, ValueError) as broken:
            walk.wrong = f"{type(broken).__name__}: {broken}"
        return walk

    async def _walked(self, walk: Walk) -> None:
        account = await self._ask("POST", "/v1/accounts", buying=True, json={"email": "budi@contoh.id"})
        token = str(account["token"])
        wanted = {"quantity": 1, "payment_method": "qris"}
        invoice = await self._ask("POST", "/v1/invoices", token, buying=True, json=wanted)
        await self._ask("POST", invoice["payment"]["simulator_url"], json={"action": "settle"})
        await self._until(f"/v1/invoices/{invoice['id']}", token, "paid", first=self._looks or 1.0)
        walk.paid = time.time()
        source = letter(LETTER_BYTES, seed=self._dice.random())
        announced = {"filename": "surat.pdf", "size": len(source)}
        document = await self._ask("POST", "/v1/documents", token, json=announced)
        await self._upload(document["upload"], source)
        asked = {"document_id": document["id"], "placement": "auto"}
        stamping = await self._ask("POST", "/v1/stampings", token, json=asked)
        stamping = await self._until(f"/v1/stampings/{stamping['id']}", token, "done", first=self._looks or 2.0)
        walk.stamped = instants.read(stamping["ended_at"]).timestamp()
        file = await self._download(stamping["download_url"])
        assert file.startswith(source), f"{stamping['id']}: the file is not the one that came"
        assert hashlib.sha256(file).hexdigest() == stamping["sealed_sha256"], (
            f"{stamping['id']}: not the register's file"
        )
        walk.home = time.time()

    async def _ask(self, method: str, path: str, token: str = "", *, buying: bool = False, **more: Any) -> Json:
        """The object that the API answers, however often it has to be asked. Raises WentHome when buying."""
        headers = {"Idempotency-Key": new_key(), "Accept": "application/json, application/problem+json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        address = path if path.startswith("http") else self._api + path
        tries = 0
        while True:
            if buying and (self.closed.is_set() or tries >= self._tries):
                raise WentHome
            tries += 1
            try:
                async with self._http.request(method, address, headers=headers, **more) as answer:
                    if answer.status < 400:
                        found: Json = await answer.json()
                        return found
                    wait = await self._refused(answer)
            except (aiohttp.ClientError, TimeoutError) as silence:
                self.met.unanswered.append(f"{method} {path}: {type(silence).__name__}")
                wait = 5.0
            await self._pause(wait * self._dice.uniform(1.0, 1.5), buying)

    async def _refused(self, answer: aiohttp.ClientResponse) -> float:
        """Take a refusal down; the seconds after which to come again. Raises AssertionError for one that is final."""
        text = await answer.text()
        try:
            body = await answer.json(content_type="application/problem+json")
        except (aiohttp.ContentTypeError, ValueError):
            body = {}
        wait = answer.headers.get("Retry-After", "")
        told = body.keys() >= PROBLEM_MEMBERS and body["status"] == answer.status
        again = answer.status >= 500 or body.get("retryable")
        if not told or (again and not (answer.status in (429, 503) and wait.isdigit())):
            self.met.bare.append(f"{answer.method} {answer.url.path}: {answer.status} {text[:200]}")
            return 5.0
        self.met.refusals[f"{kind_of(answer.method, answer.url.path)}: {body['code']}"] += 1
        assert body["retryable"], text
        return float(wait)

    async def _pause(self, seconds: float, buying: bool) -> None:
        """Wait; who has not bought yet only until the day is over."""
        if not buying:
            await asyncio.sleep(seconds)
            return
        with suppress(TimeoutError):
            await asyncio.wait_for(self.closed.wait(), seconds)

    async def _until(self, path: str, token: str, status: str, *, first: float) -> Json:
        """The object, once it has this status; looked at slower and slower."""
        wait = first
        while True:
            await asyncio.sleep(wait * self._dice.uniform(0.75, 1.25))
            found = await self._ask("GET", path, token)
            if found["status"] == status:
                return found
            assert found["status"] not in ("released", "expired"), found
            wait = wait if self._looks else min(SLOWEST_SECONDS, wait * SLOWER)

    async def _upload(self, form: Json, data: bytes) -> None:
        while True:
            body = aiohttp.FormData(form["fields"])
            body.add_field("file", data, filename="surat.pdf", content_type="application/pdf")
            try:
                async with self._http.post(form["url"], data=body) as answer:
                    assert answer.status in (200, 201, 204), await answer.text()
                    return
            except (aiohttp.ClientError, TimeoutError) as silence:
                self.met.unanswered.append(f"upload: {type(silence).__name__}")
                await asyncio.sleep(5.0)

    async def _download(self, address: str) -> bytes:
        while True:
            try:
                async with self._http.get(address) as answer:
                    assert answer.status == 200, await answer.text()
                    return await answer.read()
            except (aiohttp.ClientError, TimeoutError) as silence:
                self.met.unanswered.append(f"download: {type(silence).__name__}")
                await asyncio.sleep(5.0)


def session() -> aiohttp.ClientSession:
    """Sockets for a crowd: as many as it wants."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0), timeout=aiohttp.ClientTimeout(total=TIMEOUT_SECONDS),
        cookie_jar=aiohttp.DummyCookieJar(),
    )  # fmt: skip


async def arrive(
    crowd: Crowd, rate: float, seconds: float, dice: random.Random, tick: Callable[[], object]
) -> list[Any]:
    """People come by themselves, `rate` a second, whatever becomes of those before them (an open loop); their walks."""
    walks, began, due = [], time.monotonic(), 0.0
    while (due := due + dice.expovariate(rate)) < seconds:
        await asyncio.sleep(max(0.0, began + due - time.monotonic()))
        walks.append(asyncio.create_task(crowd.walk()))
        tick()
    await asyncio.sleep(max(0.0, began + seconds - time.monotonic()))
    return walks
