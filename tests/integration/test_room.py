"""The waiting room on the running stack: what is stamped shows in room.json, which anybody may read and nobody is named in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import httpx

from meterai.domain.instants import read
from tests.integration.client import Person, letter, until
from tests.integration.conftest import Stack

OLDEST = timedelta(seconds=15)


def room(stack: Stack) -> dict[str, Any]:
    answer = stack.http().get("/room.json")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def served(found: dict[str, Any], line: str = "paid") -> int:
    return sum(done for _, done in found["lines"][line]["served"])


def settled(stack: Stack) -> dict[str, Any]:
    """The room when the stampings of earlier tests are over: three of its files in turn say the same."""
    until(lambda: stack.http().get("/room.json").status_code == 200, seconds=60)  # a new stack has none yet
    files: list[dict[str, Any]] = []

    def still() -> bool:
        now = room(stack)
        if not files or files[-1]["kept_at"] != now["kept_at"]:
            files.append(now)
        return (
            len({served(file) for file in files[-3:]}) == 1 and len(files) >= 3 and not now["lines"]["paid"]["waiting"]
        )

    until(still, seconds=120, every=0.5)
    return files[-1]


def test_what_is_stamped_is_seen_in_the_room_once(stack: Stack) -> None:
    before = settled(stack)
    person = Person.new(stack.http())
    person.buy(3)
    for _ in range(2):
        person.stamp(letter())
    person.invoice(4)

    def counted() -> dict[str, Any] | None:
        now = room(stack)
        enough = served(now) >= served(before) + 2 and now["lines"]["paid"]["waiting"] == 0
        return now if enough else None

    after = until(counted, seconds=60, every=0.5)
    assert served(after) == served(before) + 2
    assert after["backlog"] >= 1 + 4


def test_the_room_is_at_most_fifteen_seconds_old_whoever_hands_it_on(stack: Stack) -> None:
    """As its own instants tell: this machine may be too busy to look when it should."""
    until(lambda: stack.http().get("/room.json").status_code == 200)
    kept: list[datetime] = []
    ages: list[timedelta] = []

    def followed() -> bool:
        """Whether a file followed the one before in time."""
        at = read(room(stack)["kept_at"])
        ages.append(datetime.now(UTC) - at)
        kept.extend({at} - set(kept))
        return any(later - earlier <= OLDEST for earlier, later in pairwise(kept))

    until(followed, seconds=120, every=0.5)
    assert min(ages) <= OLDEST


def test_the_room_is_a_public_file_that_caches_may_keep(stack: Stack) -> None:
    until(lambda: stack.http().get("/room.json").status_code == 200)
    answer = stack.http().get("/room.json")
    seconds = int(answer.headers["Cache-Control"].removeprefix("public, max-age="))
    assert 0 < seconds <= 15
    bucket = f"{stack.access['engine_url']}/{stack.access['room_bucket']}"
    assert httpx.get(f"{bucket}/room.json").json()["lines"].keys() == {"paid", "bulk"}
    assert httpx.get(bucket).status_code == 403, "who may read the file may not list the bucket"
    assert httpx.put(f"{bucket}/room.json", content=b"{}").status_code == 403
    again = stack.http().get("/room.json", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code in (200, 304)
