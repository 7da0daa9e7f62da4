"""Channels go down under a running stack, and the road goes on through whoever stands in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from local.ports import unused_port
from tests.integration.client import Person, connect, letter, seen, verify
from tests.integration.conftest import Stack

pytestmark = pytest.mark.xdist_group("stack")


@pytest.fixture(scope="module")
def http(stack: Any) -> Iterator[httpx.Client]:
    with connect(stack.api_url) as client:
        yield client


@contextmanager
def clocks_down(stack: Any, *numbers: int) -> Iterator[None]:
    """These time-stamping authorities do not answer inside the block."""
    knobs = stack.access["timestamp_url"].replace("/tsa", "/_knobs")
    seen(httpx.post(knobs, json={"down": numbers}), 200)
    try:
        yield
    finally:
        seen(httpx.post(knobs, json={"down": []}), 200)


def breaker(stack: Any, channel: str) -> str | None:
    key = {"pk": {"S": f"breaker_{channel}"}, "sk": {"S": "breaker"}}
    found = stack.client("dynamodb").get_item(TableName=stack.access["table_name"], Key=key, ConsistentRead=True)
    state: str | None = found.get("Item", {}).get("state", {}).get("S")
    return state


@pytest.fixture
def upstream(tmp_path: Path) -> Iterator[Stack]:
    """A stack of its own whose stamps the simulated upstream issuer mints."""
    running = Stack(tmp_path, unused_port(), issuer="peruri")
    try:
        running.start()
        yield running
    finally:
        running.close()


def test_an_upstream_issuers_stamps_are_authentic_and_lost_answers_spend_nothing_twice(upstream: Stack) -> None:
    knobs = f"{upstream.access['issuer_url']}/_knobs"
    with connect(upstream.api_url) as http:
        budi = Person.new(http)
        budi.buy(3)
        first = budi.stamp(letter())
        sealed = budi.download(first)
        assert verify(http, sealed)["verdict"] == "authentic"
        shown = seen(http.get(f"/v1/serials/{first['serial']}"), 200)
        assert (shown["state"], shown["issuer"]) == ("affixed", "peruri")
        seen(httpx.post(knobs, json={"abnormal": 1}), 200)
        assert verify(http, budi.download(budi.stamp(letter())))["verdict"] == "authentic"
    health = seen(httpx.get(f"{upstream.access['issuer_url']}/_health"), 200)
    assert (health["saldo"], health["notstamp"]) == (10_000 - 2, 0)


def test_a_stamp_is_witnessed_by_the_next_authority_while_the_first_two_are_down(
    stack: Any, http: httpx.Client
) -> None:
    budi = Person.new(http)
    budi.buy(12)
    stamped: list[bytes] = []
    with clocks_down(stack, 1, 2):
        while len(stamped) < 12 and breaker(stack, "timestamp_1") is None:  # each process of the seal counts for itself
            stamped.append(budi.download(budi.stamp(letter())))
    for sealed in stamped:
        assert verify(http, sealed)["verdict"] == "authentic"
    assert breaker(stack, "timestamp_1") is not None
    assert breaker(stack, "timestamp_3") is None
