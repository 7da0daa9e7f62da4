"""Tasks of state machines: what goes in and out of a workflow's step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from math import ceil
from typing import Any

from meterai.domain.errors import Refusal
from meterai.domain.rows import Refund
from meterai.runtime.observability import logger, unexpected

Task = Callable[[dict[str, Any], object], dict[str, Any]]


class ComeAgain(Exception):
    """What a workflow's Retry knows by name: this step must be repeated."""


def step(task: Task) -> Task:
    """A task whose every failure is ComeAgain: the workflow repeats it, and nothing of the cause leaves the log."""

    def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
        try:
            return task(event, context)
        except Refusal as refusal:
            raise ComeAgain(refusal.code) from None
        except Exception as error:
            unexpected(error)
            raise ComeAgain(type(error).__name__) from None

    return handler


def steps(tasks: Mapping[str, Task], *, otherwise: Task) -> Task:
    """Tasks by the member that an event has for one alone, as `step` has them."""

    def chosen(event: dict[str, Any], context: object) -> dict[str, Any]:
        return next((task for member, task in tasks.items() if member in event), otherwise)(event, context)

    return step(chosen)


def told(task: Task) -> Task:
    """A scheduled task whose answer, which nobody waits for, goes to the log."""

    def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
        answer = task(event, context)
        logger.info("done", extra={"answer": answer})
        return answer

    return handler


def refund_step(refund: Refund, look_at: datetime | None, now: datetime, *, waits_for_person: bool) -> dict[str, Any]:
    """What the refund workflow goes by: `next` (end, person, wait), the instant to look again as RFC 3339 with Z and whole
    milliseconds, as TimestampPath wants it, and the whole seconds until then (1 or more), as TimeoutSecondsPath does."""
    state: dict[str, Any] = {"refund": refund.id, "status": refund.status, "next": "end"}
    if look_at is None:
        return state
    return state | {
        "next": "person" if waits_for_person else "wait",
        "look_at": look_at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{look_at.microsecond // 1000:03d}Z",
        "seconds": max(1, ceil((look_at - now).total_seconds())),
    }
