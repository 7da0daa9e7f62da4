"""Faults of remote calls: at botocore's `before-send` and at httpx's transport, between the handlers and the real services.

A *call* is one operation asked of one service by one function; botocore's own retries belong to it. A history's plan names the
numbers of the calls that fail, and how.
"""

from __future__ import annotations

import io
import json
import re
import socket
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

import boto3
import httpx
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.exceptions import ConnectionClosedError, ReadTimeoutError
from botocore.httpsession import URLLib3Session


class Died(BaseException):
    """The process that made the call is gone: no handler can catch it."""


class Fault(StrEnum):
    """What can befall a call. An outage lasts until the invocation ends, so that every retry is used up."""

    CRASH_BEFORE = "crash before"
    CRASH_AFTER = "crash after"
    ANSWER_LOST = "answer lost"
    TIMED_OUT = "timed out"
    THROTTLED = "throttled"
    TWICE = "twice"
    LATE = "late"
    DEAD_AND_LATE = "dead and late"
    DEAD_AND_LAST = "dead and last"
    CONFLICT = "conflict"
    LOST_FOR_GOOD = "every answer lost"
    TIMED_OUT_FOR_GOOD = "every try timed out"
    THROTTLED_FOR_GOOD = "every try throttled"


OUTAGES = {
    Fault.LOST_FOR_GOOD: Fault.ANSWER_LOST,
    Fault.TIMED_OUT_FOR_GOOD: Fault.TIMED_OUT,
    Fault.THROTTLED_FOR_GOOD: Fault.THROTTLED,
}
LATE_BY = 7
"""How many calls pass before a request that was late arrives; the last ones arrive once the history is at rest."""
LAST = sys.maxsize
SIGNATURE_LASTS = timedelta(minutes=15)
"""AWS refuses a request that was signed longer ago than this (RequestTimeTooSkewed), so that it never arrives later."""
CONFLICTING = ("TransactWriteItems", "PutObject")
"""The operations that somebody else's write at the same instant can turn away."""


class Site(NamedTuple):
    """Where a call is made from, whom it asks, and for what."""

    function: str
    service: str
    operation: str


@dataclass(frozen=True)
class Attempt:
    """One request about to leave: its operation (over plain HTTP, whom it asks), how it is sent, and how its caller learns that
    something went wrong."""

    name: str
    signed: bool
    send: Callable[[], Any]
    lost: Callable[[], Exception]
    timed_out: Callable[[], Exception]
    throttled: Callable[[], Any]
    conflict: Callable[[], Any]


class Saboteur:
    """Counts the calls of a history and lets those of its plan fail."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self.sent: Counter[str] = Counter()
        self.start({})

    def start(self, plan: Mapping[int, Fault]) -> None:
        """A new history."""
        self.plan = dict(plan)
        self.calls: list[Site] = []
        self.struck: list[tuple[Site, Fault]] = []
        self.now: Fault | None = None
        self.outage: tuple[str, Fault] | None = None
        self.function: str | None = None
        self.dead = False
        self.adrift: list[tuple[int, datetime, Attempt]] = []

    @contextmanager
    def invocation(self, function: str) -> Iterator[None]:
        """A function runs: its calls count."""
        self.function, self.dead, self.outage, self.now = function, False, None, None
        try:
            yield
        finally:
            self.function = None

    def call(self, service: str, operation: str) -> None:
        """A call begins."""
        if self.function is None:
            return
        site, number = Site(self.function, service, operation), len(self.calls)
        if not self.dead:
            self.calls.append(site)
            self._arrive(number)
        self.now = fault = self.plan.get(number)
        if fault is not None and not self.dead:
            self.struck.append((site, fault))
            if fault in OUTAGES:
                self.outage = (service, OUTAGES[fault])
        if self.outage is not None and self.outage[0] == service:
            self.now = self.outage[1]

    def attempt(self, one: Attempt) -> Any:
        """What comes of one request of the call. Raises Died, or what the caller's library raises."""
        if self.dead:
            raise Died
        self.sent[one.name] += 1
        fault = self.now
        if self.outage is None:
            self.now = None
        match fault:
            case Fault.CRASH_BEFORE:
                self._die()
            case Fault.CRASH_AFTER:
                one.send()
                self._die()
            case Fault.ANSWER_LOST:
                one.send()
                raise one.lost()
            case Fault.TIMED_OUT:
                raise one.timed_out()
            case Fault.THROTTLED:
                return one.throttled()
            case Fault.CONFLICT:
                return one.conflict()
            case Fault.TWICE:
                answer = one.send()
                one.send()
                return answer
            case Fault.LATE:
                self.adrift.append((len(self.calls) + LATE_BY, self._now(), one))
                raise one.timed_out()
            case Fault.DEAD_AND_LATE:
                self.adrift.append((len(self.calls) + LATE_BY, self._now(), one))
                self._die()
            case Fault.DEAD_AND_LAST:
                self.adrift.append((LAST, self._now(), one))
                self._die()
        return one.send()

    def come_in(self) -> None:
        """Whatever is still on its way arrives now."""
        self._arrive(None)

    def _die(self) -> None:
        self.dead = True
        raise Died

    def _arrive(self, number: int | None) -> None:
        due = [one for one in self.adrift if number is None or one[0] <= number]
        self.adrift = [one for one in self.adrift if one not in due]
        for _, sent_at, one in due:
            if one.signed and self._now() > sent_at + SIGNATURE_LASTS:
                continue
            self.sent[one.name] += 1
            with suppress(httpx.HTTPError):
                one.send()


# botocore ------------------------------------------------------------------------------------------------------------------


def sabotage_boto(saboteur: Saboteur) -> None:
    """Have every client that is made from now on by `boto3.client` ask the saboteur first.

    An idempotency token would let the engine swallow a request that came twice; the ledger must not lean on it, so it goes."""
    at_once: Any = [(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)]
    network = URLLib3Session(socket_options=at_once)
    session = boto3._get_default_session()  # where boto3.client makes its clients

    def begins(model: Any, **_: Any) -> None:
        saboteur.call(str(model.service_model.service_name), str(model.name))

    def leaves(request: AWSPreparedRequest, event_name: str, **_: Any) -> Any:
        if saboteur.function is None:
            return None
        service, operation = event_name.split(".")[1:]

        def send() -> Any:
            request.reset_stream()
            return network.send(request)

        return saboteur.attempt(
            Attempt(
                name=operation,
                signed=True,
                send=send,
                lost=lambda: ConnectionClosedError(endpoint_url=request.url),
                timed_out=lambda: ReadTimeoutError(endpoint_url=request.url),
                throttled=lambda: _throttled(request, service),
                conflict=lambda: _conflict(request, service),
            )
        )

    def without_token(params: dict[str, Any], **_: Any) -> None:
        params.pop("ClientRequestToken", None)

    session.events.register_first("before-call", begins)
    session.events.register_first("before-send", leaves)
    session.events.register_last("before-parameter-build.dynamodb.TransactWriteItems", without_token)


class _Raw(io.BytesIO):
    """A body as urllib3 would stream it."""

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self.read()


def _answer(request: AWSPreparedRequest, status: int, body: bytes, kind: str) -> AWSResponse:
    headers: Any = {"Content-Type": kind}
    return AWSResponse(request.url, status, headers, _Raw(body))


def _throttled(request: AWSPreparedRequest, service: str) -> AWSResponse:
    """How each service says that it is asked too often (its API reference, common errors)."""
    if service == "s3":
        body = b"<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"
        return _answer(request, 503, body, "application/xml")
    names = {
        "sqs": "com.amazonaws.sqs#RequestThrottled",
        "dynamodb": "com.amazonaws.dynamodb.v20120810#ThrottlingException",
    }
    said = {"__type": names.get(service, "ThrottlingException"), "message": "Rate exceeded"}
    return _answer(request, 400, json.dumps(said).encode(), "application/x-amz-json-1.0")


def _conflict(request: AWSPreparedRequest, service: str) -> AWSResponse:
    """Somebody else writes there at the same instant (DynamoDB: TransactWriteItems; S3: conditional writes)."""
    if service == "s3":
        body = b"<Error><Code>ConditionalRequestConflict</Code><Message>Conflicting operations.</Message></Error>"
        return _answer(request, 409, body, "application/xml")
    asked: Any = request.body
    members = len(json.loads(asked).get("TransactItems", [None]))
    said = {
        "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
        "Message": "Transaction cancelled, please refer cancellation reasons for specific reasons",
        "CancellationReasons": [{"Code": "TransactionConflict"}, *[{"Code": "None"}] * (members - 1)],
    }
    return _answer(request, 400, json.dumps(said).encode(), "application/x-amz-json-1.0")


# httpx ---------------------------------------------------------------------------------------------------------------------

_ID = re.compile(r"[^/]*[0-9][^/]*")


def sabotage_httpx(saboteur: Saboteur, services: Mapping[str, str]) -> None:
    """Have every synchronous httpx request of a function ask the saboteur first. `services` names whoever listens at an
    origin, such as {"http://127.0.0.1:3002": "payment"}."""
    through = httpx.HTTPTransport.handle_request

    def handle(transport: httpx.HTTPTransport, request: httpx.Request) -> httpx.Response:
        if saboteur.function is None:
            return through(transport, request)

        def send() -> httpx.Response:
            answer = through(transport, request)
            answer.read()
            return answer

        url = request.url
        path = "/".join("*" if _ID.fullmatch(part) and part != "v2" else part for part in url.path.split("/"))
        service = services[f"{url.scheme}://{url.host}:{url.port}"]
        saboteur.call(service, f"{request.method} {path}")
        answer = saboteur.attempt(
            Attempt(
                name=service,
                signed=False,
                send=send,
                lost=lambda: httpx.ReadError("connection reset", request=request),
                timed_out=lambda: httpx.ReadTimeout("timed out", request=request),
                throttled=lambda: httpx.Response(429, json={"status_code": "429"}, request=request),
                conflict=lambda: httpx.Response(429, json={"status_code": "429"}, request=request),
            )
        )
        assert isinstance(answer, httpx.Response)
        return answer

    httpx.HTTPTransport.handle_request = handle  # type: ignore[method-assign,assignment]
