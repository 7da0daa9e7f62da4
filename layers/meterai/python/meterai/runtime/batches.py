"""Batches from queues and streams: one record at a time, and only the failed ones come again."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from meterai.domain.errors import Refusal
from meterai.runtime.observability import logger, unexpected

Record = TypeVar("Record")
Handler = Callable[[dict[str, Any], object], dict[str, Any]]


def from_queue(work: Callable[[dict[str, Any]], None]) -> Handler:
    """A handler of SQS batches around work on one message's JSON body; failed messages are reported one by one."""

    def handler(event: dict[str, Any], _: object) -> dict[str, Any]:
        read_and_done = lambda one: work(json.loads(one["body"]))  # noqa: E731
        failed = [one["messageId"] for one in event["Records"] if not _done(read_and_done, one)]
        return {"batchItemFailures": [{"itemIdentifier": id} for id in failed]}

    return handler


def from_notices(
    read: Callable[[dict[str, Any]], Iterable[Record]],
) -> Callable[[Callable[[Record], None]], Handler]:
    """A handler of SQS batches around work on each thing that a message's JSON body gives notice of; a message of which one
    failed comes again whole."""

    def around(work: Callable[[Record], None]) -> Handler:
        def each(body: dict[str, Any]) -> None:
            for record in read(body):
                work(record)

        return from_queue(each)

    return around


def from_queue_together(
    read: Callable[[dict[str, Any]], Record], name: Callable[[Record], str], *, otherwise: Handler | None = None
) -> Callable[[Callable[[Iterable[Record]], Mapping[str, str]]], Handler]:
    """A handler of SQS batches around work on all messages at once, which answers with the codes of what must come again, by
    name. Events that are no batch are `otherwise`'s, where there is one."""

    def around(work: Callable[[Iterable[Record]], Mapping[str, str]]) -> Handler:
        def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
            if otherwise is not None and "Records" not in event:
                return otherwise(event, context)
            messages: dict[str, Record] = {}
            failed = [one["messageId"] for one in event["Records"] if not _done(_reading(read, messages), one)]
            again: dict[str, str] = {}
            if not _done(lambda _: again.update(work(messages.values())), None):
                failed += messages
            failed += [id for id, message in messages.items() if name(message) in again]
            if again:
                logger.warning("comes again", extra={"codes": sorted(set(again.values())), "count": len(again)})
            return {"batchItemFailures": [{"itemIdentifier": id} for id in dict.fromkeys(failed)]}

        return handler

    return around


def _reading(read: Callable[[dict[str, Any]], Record], into: dict[str, Record]) -> Callable[[Any], None]:
    def work(record: dict[str, Any]) -> None:
        into[record["messageId"]] = read(json.loads(record["body"]))

    return work


def from_stream(read: Callable[[dict[str, Any]], Record]) -> Callable[[Callable[[Record], None]], Handler]:
    """A handler of DynamoDB stream batches: at the first failure it stops and says where, so that order is kept."""

    def around(work: Callable[[Record], None]) -> Handler:
        def handler(event: dict[str, Any], _: object) -> dict[str, Any]:
            records = event["Records"]
            first = next((one for one in records if not _done(lambda record: work(read(record)), one)), None)
            failed = [{"itemIdentifier": first["dynamodb"]["SequenceNumber"]}] if first else []
            return {"batchItemFailures": failed}

        return handler

    return around


def _done(work: Callable[[Any], None], record: Any) -> bool:
    try:
        work(record)
    except Refusal as refusal:
        logger.warning("comes again", extra={"code": refusal.code, "detail": refusal.detail})
        return False
    except Exception as error:
        unexpected(error)
        return False
    return True
