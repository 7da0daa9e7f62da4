"""A browser for the tests of the page, over the stack that the integration tests use."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.integration.client import Person, connect
from tests.integration.conftest import stack
from tests.web.visitor import Visitor, chromium, opened_browser

__all__ = ["stack"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser for the tests of one file, gone before the next file's: while it runs, nobody else's event loop can in this
    process (playwright's own is running), and a worker goes on with other tests after these."""
    path = chromium()
    if path is None:
        pytest.skip("chromium is not installed (Debian: apt install chromium)")
    with opened_browser(path) as running:
        yield running


@pytest.fixture
def visitor(browser: Browser, stack: Any) -> Iterator[Visitor]:
    """Somebody on a small phone, for the first time here. Whatever they did, the console stayed quiet and only the page's
    own origin, storage and the payment simulator were asked."""
    phone = browser.new_context(
        viewport={"width": 360, "height": 640}, has_touch=True, is_mobile=True, locale="id-ID", reduced_motion="reduce",
        service_workers="block",
    )  # fmt: skip
    here = Visitor(phone.new_page(), stack.web_url)
    here.open()
    yield here
    phone.close()
    assert here.unexpected() == []
    known = {stack.web_url, stack.api_url, stack.access["engine_url"], stack.access["simulator_url"]}
    assert here.origins <= known


@pytest.fixture(scope="module")
def stamped(stack: Any) -> tuple[str, bytes]:
    """A stamp's serial number and its file."""
    with connect(stack.api_url) as http:
        person = Person.new(http)
        person.buy(1)
        done = person.stamp()
        return done["serial"], person.download(done)
