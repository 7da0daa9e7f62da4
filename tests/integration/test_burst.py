"""More people at once than the origin lets in: whoever gets in is served to the end, all others are told when to come again.

`make bench BENCH=box` does the same for minutes, on one processor, and writes down what it found (docs/box.md)."""

from __future__ import annotations

import asyncio
import random
from typing import Any

from bench.box import books
from bench.crowd import Crowd, Met, Walk, session
from local.in_flight import LINE, own_processors, slots

LET_IN = slots(own_processors())["arriving"] * (1 + LINE)
TOO_MANY = 12
OPEN_SECONDS = 3.0


async def burst(api_url: str, people: int) -> tuple[list[Walk], Met]:
    """So many at once, who try to buy once and for some seconds; before them one, so that every function has loaded."""
    async with session() as http:
        first = await Crowd(http, api_url, random.Random(6), looks=0.2).walk()
        assert first.home is not None, first
        crowd = Crowd(http, api_url, random.Random(7), looks=0.5, tries=1)
        walks = [asyncio.create_task(crowd.walk()) for _ in range(people)]
        await asyncio.sleep(OPEN_SECONDS)
        crowd.closed.set()
        return await asyncio.gather(*walks), crowd.met


def test_a_burst_is_served_or_told_to_come_again_and_nobody_who_paid_is_refused(stack: Any) -> None:
    walks, met = asyncio.run(burst(stack.api_url, LET_IN + TOO_MANY))
    found = books(walks)
    assert (met.bare, met.unanswered) == ([], [])
    assert (found["wrong"], found["lost"]) == ([], 0)
    assert found["paid"] == found["stamped"] >= 1
    assert found["paid"] + found["gave_up_buying"] == found["arrived"]
    assert met.refusals["arriving: busy"] >= 1
    assert met.refusals.keys() <= {"arriving: busy", "buying: busy"}
