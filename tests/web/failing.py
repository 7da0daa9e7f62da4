"""What goes wrong on purpose under a person at the page, and what their account has afterwards."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import httpx
from playwright.sync_api import BrowserContext, Page, Request

from meterai.domain import breaker as rules
from meterai.domain.breaker import ISSUER, Rule, channel_breaker
from meterai.domain.rows import Breaker
from meterai.operations.find import load
from meterai.operations.guard import READ_AFTER
from meterai.runtime.clock import now
from tests.integration.client import Json, Person, seen
from tests.integration.officers import table
from tests.web.visitor import Visitor

Said = dict[str, Any]

SAID = """async () => JSON.parse(JSON.stringify(await import("/sentences.id.js")))"""


def sentences(page: Page) -> Said:
    """The sentences of the page by their names: those that are made of nothing but words."""
    found: Said = page.evaluate(SAID)
    return found


def owner(page: Page, stack: Any) -> Person:
    """Whose account this browser has, at the API."""
    token = page.evaluate("JSON.parse(localStorage.getItem('meterai.token'))")
    return Person(stack.http(), token)


def comes_as(visitor: Visitor, person: Person, email: str = "budi@contoh.id") -> None:
    """The browser has this person's account, as after a visit before."""
    visitor.page.evaluate(
        """({token, email}) => {
            localStorage.setItem("meterai.token", JSON.stringify(token));
            localStorage.setItem("meterai.email", JSON.stringify(email));
        }""",
        {"token": person.token, "email": email},
    )
    visitor.page.reload()


def holdings(person: Person) -> dict[str, int]:
    """What the account has: its pieces by bucket, and how often it bought and stamped."""
    quota = {name: count for name, count in person.quota().items() if isinstance(count, int)}
    counts = {name: len(person.get(f"/v1/{name}", limit=100)["data"]) for name in ("invoices", "stampings")}
    return {name: count for name, count in {**quota, **counts}.items() if count}


def asked(page: Page, *parts: str) -> list[str]:
    """Every request of this browser from now on whose address has one of these parts, as method and address."""
    found: list[str] = []

    def note(request: Request) -> None:
        if any(part in request.url for part in parts):
            found.append(f"{request.method} {request.url}")

    page.context.on("request", note)
    return found


def opened_again(page: Page, url: str) -> Visitor:
    """The tab is closed, and a new one opened in the same browser."""
    context: BrowserContext = page.context
    page.close()
    again = Visitor(context.new_page(), url)
    again.open()
    return again


# What goes wrong -----------------------------------------------------------------------------------------------------------


@contextmanager
def provider(stack: Any, **knobs: Any) -> Iterator[None]:
    """The payment provider goes wrong in this way inside the block."""
    address = f"{stack.access['simulator_url']}/_knobs"
    seen(httpx.post(address, json=knobs), 200)
    try:
        yield
    finally:
        seen(httpx.delete(address), 200)


@contextmanager
def issuer_down(stack: Any) -> Iterator[None]:
    """Nobody asks the issuer inside the block: its breaker is open. Afterwards it is closed, and the line is drained."""
    ledger = table(stack)
    known = load(ledger, Breaker, channel_breaker(ISSUER))
    opened = rules.opened(ISSUER, known, Rule(rest=timedelta(hours=1)), now())
    ledger.project(put=[(opened.key, opened.row())])
    time.sleep(READ_AFTER.total_seconds())
    try:
        yield
    finally:
        closed = rules.closed(opened, now())
        ledger.project(put=[(closed.key, closed.row())])
        time.sleep(READ_AFTER.total_seconds())
        invoke(stack, "DrainFunction", {"line": "drain"})


def invoke(stack: Any, function: str, event: Json) -> None:
    """What a schedule does each minute, now."""
    engine = stack.client("lambda")
    pages = engine.get_paginator("list_functions").paginate()
    names = [one["FunctionName"] for page in pages for one in page["Functions"]]
    (name,) = [one for one in names if one.startswith(f"meterai-{function}-")]
    engine.invoke(FunctionName=name, Payload=json.dumps(event).encode())


def revoked(page: Page) -> None:
    """The token that this browser has is not known any more: another one in its place, because one that was known is believed
    for a minute (template.yaml, ReauthorizeEvery)."""
    page.evaluate("localStorage.setItem('meterai.token', JSON.stringify('dicabut'))")
