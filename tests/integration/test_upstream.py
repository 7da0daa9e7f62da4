"""A stack whose stamps an upstream issuer mints, as far as the one that is simulated goes."""

from __future__ import annotations

import httpx

from tests.integration.client import Json, Person, connect, letter, seen, verify
from tests.integration.conftest import Stack


def test_an_upstream_issuers_stamps_are_authentic_and_lost_answers_spend_nothing_twice(other: Stack) -> None:
    knobs = f"{other.well().access['issuer_url']}/_knobs"
    before = health(other)
    with connect(other.api_url) as http:
        budi = Person.new(http)
        budi.buy(3)
        first = budi.stamp(letter())
        sealed = budi.download(first)
        assert verify(http, sealed)["verdict"] == "authentic"
        shown = seen(http.get(f"/v1/serials/{first['serial']}"), 200)
        assert (shown["state"], shown["issuer"]) == ("affixed", "peruri")
        seen(httpx.post(knobs, json={"abnormal": 1}), 200)
        assert verify(http, budi.download(budi.stamp(letter())))["verdict"] == "authentic"
    after = health(other)
    assert (before["saldo"] - after["saldo"], after["notstamp"] - before["notstamp"]) == (2, 0)


def health(stack: Stack) -> Json:
    """What the simulated issuer has left, and how many serials it has given out and not signed for."""
    return seen(httpx.get(f"{stack.access['issuer_url']}/_health"), 200)
