"""How many requests the local origin lets through at once, by what they are for.

Each kind of request has slots of its own, so that no kind can take another's: whoever buys never keeps waiting who has paid. A
request without a slot waits in line for a moment, so that a burst is no refusal, and is then refused. A slot of those who have
paid nothing yet rests after each of them for as long as the house took, and longer: the slower the house is, the fewer it lets
in. In the cloud the stage's throttles and the functions' reserved concurrency do this work (docs/adr/0026-in-flight-limit.md).
"""

from __future__ import annotations

import asyncio
import os
from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

Kind = Literal["notification", "work", "reading", "looking", "buying", "arriving"]

A_PROCESSOR: dict[Kind, int] = {"reading": 10, "work": 6, "notification": 3, "looking": 2, "buying": 2, "arriving": 1}
"""Slots of each kind, for each processor that the stack may run on: 24 requests in flight together."""
LINE = 16
"""How many wait for each slot at most: who comes then is refused at once."""
PATIENCE_SECONDS = 4.0
"""How long one waits for a slot at most, before the refusal."""
RESTS: dict[Kind, float] = {"buying": 0.5, "arriving": 2.0}
"""How long a slot stays empty after a request that was not refused, in multiples of what that took."""
LONGEST_REST_SECONDS = 1.0
"""No longer than this: a function that loads for the first time says nothing of the house."""
COME_AGAIN: dict[Kind, tuple[int, int]] = {
    "notification": (2, 5), "work": (2, 5), "reading": (2, 5), "looking": (5, 15), "buying": (5, 15), "arriving": (5, 15),
}  # fmt: skip
"""Between how many seconds Retry-After is drawn: who has paid nothing yet is asked to stay away for longer."""


def kind_of(method: str, path: str) -> Kind:
    """What a request to the API is for. Everything that an owner does with what is theirs is work, and looking at it reading;
    a new account is arriving, a new invoice buying; what everybody may ask, of a file or a channel, is looking."""
    first, *words = path.partition("?")[0].strip("/").split("/")
    if first in ("v", "V"):  # the page behind a QR code
        return "looking"
    match method, words:
        case "POST", ["payments", *_]:
            return "notification"
        case "POST", ["accounts"] | ["checkouts"]:
            return "arriving"
        case "POST", ["invoices"] | ["invoices", _, "payments"]:
            return "buying"
        case _, ["verifications" | "serials" | "status", *_]:
            return "looking"
        case "GET" | "HEAD", _:
            return "reading"
        case _:
            return "work"


def slots(processors: int) -> dict[Kind, int]:
    """The slots of each kind on so many processors."""
    return {kind: each * max(1, processors) for kind, each in A_PROCESSOR.items()}


def own_processors() -> int:
    """How many processors this process may run on (sched_getaffinity(2)), which those that it serves share."""
    return len(os.sched_getaffinity(0))


def come_again(kind: Kind, request_id: str) -> int:
    """Seconds for Retry-After: drawn by the request's id, so that those refused together do not come back together."""
    first, last = COME_AGAIN[kind]
    return first + UUID(request_id).int % (last - first + 1)


@dataclass
class Slot:
    """A slot that somebody has. `made_work`: whether the house took on work for later, which it has unless it said no."""

    made_work: bool = True


class InFlight:
    """The slots, and who waits for one. Lives in one event loop."""

    def __init__(self, slots: Mapping[Kind, int], patience_seconds: float = PATIENCE_SECONDS) -> None:
        self.free = dict(slots)
        self._longest = {kind: LINE * number for kind, number in slots.items()}
        self._patience = patience_seconds
        self._lines: dict[Kind, deque[asyncio.Future[None]]] = {kind: deque() for kind in slots}

    @asynccontextmanager
    async def slot(self, kind: Kind) -> AsyncIterator[Slot | None]:
        """A slot, kept until the block is left, or None when there is none. First come, first served within a kind."""
        if not await self._taken(kind):
            yield None
            return
        loop = asyncio.get_running_loop()
        began, slot = loop.time(), Slot()
        try:
            yield slot
        finally:
            rest = min(LONGEST_REST_SECONDS, (loop.time() - began) * RESTS.get(kind, 0.0))
            loop.call_later(rest if slot.made_work else 0.0, self._give_back, kind)

    async def _taken(self, kind: Kind) -> bool:
        if self.free[kind]:
            self.free[kind] -= 1
            return True
        line = self._lines[kind]
        if len(line) >= self._longest[kind]:
            return False
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        line.append(turn)
        try:
            await asyncio.wait([turn], timeout=self._patience)
        except asyncio.CancelledError:  # the caller has hung up
            if turn.done():
                self._give_back(kind)
            raise
        finally:
            with suppress(ValueError):
                line.remove(turn)
        return turn.done()

    def _give_back(self, kind: Kind) -> None:
        """To the next in line, else to whoever comes."""
        if self._lines[kind]:
            self._lines[kind].popleft().set_result(None)
        else:
            self.free[kind] += 1
