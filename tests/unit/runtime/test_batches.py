"""Batches taken together: only what failed comes again."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from meterai.domain.errors import Busy
from meterai.runtime.batches import from_notices, from_queue, from_queue_together


def batch(*bodies: str) -> dict[str, Any]:
    return {"Records": [{"messageId": str(number), "body": body} for number, body in enumerate(bodies)]}


def read(message: dict[str, Any]) -> str:
    name: str = message["name"]
    return name


def again(*failed: str) -> Any:
    @from_queue_together(read, str, otherwise=lambda event, _: {"otherwise": event})
    def handler(names: Iterable[str]) -> Mapping[str, str]:
        if "down" in failed:
            raise Busy("down")
        if "broken" in failed:
            raise RuntimeError("nobody foresaw it")
        return {name: "busy" for name in names if name in failed}

    return handler


def ids(answer: dict[str, Any]) -> list[str]:
    return [one["itemIdentifier"] for one in answer["batchItemFailures"]]


EVENT = batch(*(json.dumps({"name": name}) for name in "abca"))


def test_a_batch_that_went_well_fails_nobody() -> None:
    assert ids(again()(EVENT, None)) == []


def test_every_message_of_what_must_come_again_is_named() -> None:
    assert ids(again("a", "c")(EVENT, None)) == ["0", "2", "3"]


def test_work_that_breaks_makes_all_come_again() -> None:
    assert ids(again("down")(EVENT, None)) == ["0", "1", "2", "3"]
    assert ids(again("broken")(EVENT, None)) == ["0", "1", "2", "3"]


def test_a_message_that_cannot_be_read_fails_alone() -> None:
    assert ids(again()(batch('{"name": "a"}', "{", '{"other": 1}'), None)) == ["1", "2"]


def test_an_event_that_is_no_batch_goes_elsewhere() -> None:
    assert again()({"heads": "lock"}, None) == {"otherwise": {"heads": "lock"}}


def test_of_notices_each_thing_is_worked_on_and_a_message_of_which_one_failed_comes_again() -> None:
    done: list[str] = []

    @from_notices(lambda notice: notice["files"])
    def handler(file: str) -> None:
        if file == "broken":
            raise Busy("storage is down")
        done.append(file)

    answer = handler(batch('{"files": ["a", "b"]}', '{"files": ["c", "broken"]}', '{"files": []}', "{}"), None)
    assert done == ["a", "b", "c"]
    assert answer == {"batchItemFailures": [{"itemIdentifier": "1"}, {"itemIdentifier": "3"}]}


def test_a_message_that_nobody_can_read_fails_alone() -> None:
    done: list[object] = []
    handler = from_queue(done.append)
    records = [{"messageId": "m-1", "body": "{"}, {"messageId": "m-2", "body": '{"stamping": "stp_2"}'}]
    assert handler({"Records": records}, None) == {"batchItemFailures": [{"itemIdentifier": "m-1"}]}
    assert done == [{"stamping": "stp_2"}]
