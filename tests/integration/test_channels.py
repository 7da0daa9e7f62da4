"""Channels go down under a running stack, and the road goes on through whoever stands in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from tests.integration.client import Person, connect, letter, seen, verify

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


def test_a_stamp_is_witnessed_by_the_next_authority_while_the_first_two_are_down(
    stack: Any, http: httpx.Client
) -> None:
    budi = Person.new(http)
    budi.buy(12)
    stamped: list[bytes] = []
    before = breaker(stack, "timestamp_3")
    with clocks_down(stack, 1, 2):
        # Each process of the seal counts failures for itself.
        while not stamped or (len(stamped) < 12 and breaker(stack, "timestamp_1") is None):
            stamped.append(budi.download(budi.stamp(letter())))
    for sealed in stamped:
        assert verify(http, sealed)["verdict"] == "authentic"
    assert breaker(stack, "timestamp_1") is not None
    assert breaker(stack, "timestamp_3") == before
