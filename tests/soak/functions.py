"""The production handlers, loaded as Lambda loads them and called with the events that AWS sends.

A function's module is its process: when a call kills it, the module is thrown away and its next invocation begins with a fresh
one. What stays are the clients of boto3 (connections and parsed service models, nothing of an invocation).
"""

from __future__ import annotations

import base64
import json
import logging
import os
import re
import sys
import types
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import boto3
import botocore.endpoint

from meterai.aws.table import DynamoLedger
from meterai.domain.errors import Refusal
from meterai.runtime import clock
from meterai.runtime.observability import logger
from meterai.runtime.settings import settings
from meterai.runtime.tasks import ComeAgain
from ops.openapi import template
from tests.soak.faults import Died, Saboteur

HOUSE = Path(__file__).resolve().parent.parent.parent
Json = dict[str, Any]
GATEWAY_FAILED = 502


@dataclass
class Clock:
    """The time that the functions read: the machine's, and whatever somebody waited for."""

    ahead: timedelta = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def wait(self, seconds: float) -> None:
        self.ahead += timedelta(seconds=seconds)


@dataclass(frozen=True)
class Answer:
    """What a caller gets through the gateway."""

    status: int
    body: Any

    def __getitem__(self, name: str) -> Any:
        return self.body[name]


class _Unforeseen(logging.Handler):
    """What the functions log as unexpected: an exception that no line of theirs names."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.getMessage() == "unexpected":
            self.seen.append(f"{record.__dict__.get('kind')} at {record.__dict__.get('frames')}")


class Functions:
    """Every function of functions/, each in its own process as far as its module goes."""

    def __init__(self, environment: Mapping[str, str], saboteur: Saboteur, time_of: Clock) -> None:
        os.environ.update(environment, POWERTOOLS_METRICS_DISABLED="true")
        self._saboteur, self.clock = saboteur, time_of
        self._code = {
            file.parent.name: compile(file.read_text("utf-8"), str(file), "exec")
            for file in sorted(HOUSE.glob("functions/*/app.py"))
        }
        self._modules: dict[str, types.ModuleType] = {}
        self._routes = list(_routes())
        self._unforeseen = _Unforeseen()
        self.dice = Random(0)
        logger.handlers.clear()
        logger.addHandler(self._unforeseen)
        self.deaths = 0
        # Whoever waits, waits by this clock: retries of the ledger's and of botocore's, and a request that wishes to.
        clock.now = time_of.now
        clock.random = self._bytes  # type: ignore[assignment]
        clock.pause = time_of.wait  # type: ignore[assignment]
        DynamoLedger.__init__.__kwdefaults__["pause"] = time_of.wait  # type: ignore[index]
        botocore.endpoint.time = types.SimpleNamespace(sleep=time_of.wait)  # type: ignore[attr-defined]
        boto3.client = cache(boto3.client)

    @property
    def unforeseen(self) -> list[str]:
        """What was logged as unexpected, since the list was last cleared."""
        return self._unforeseen.seen

    def run(self, name: str, event: Any) -> Any:
        """One invocation. Raises Died when its process ended, and whatever the handler raises."""
        with self._saboteur.invocation(name):
            try:
                context = types.SimpleNamespace(
                    aws_request_id=str(uuid.uuid4()), get_remaining_time_in_millis=lambda: 9000
                )
                answer = self._handler(name)(json.loads(json.dumps(event)), context)
                return json.loads(json.dumps(answer))
            except Died:
                self.deaths += 1
                self._modules.pop(name, None)
                raise
            except (Refusal, ComeAgain):
                raise
            except Exception as error:
                self.unforeseen.append(f"{type(error).__name__} out of {name}")
                raise

    def _bytes(self, size: int) -> bytes:
        return self.dice.randbytes(size)

    def prefer(self, provider: str) -> None:
        """Have new codes asked from this payment provider: another deployment, so that every process begins anew."""
        if os.environ["PAYMENT_PROVIDER"] != provider:
            os.environ["PAYMENT_PROVIDER"] = provider
            settings.cache_clear()
            self._modules.clear()

    def _handler(self, name: str) -> Callable[[Any, Any], Any]:
        if name not in self._modules:
            module = types.ModuleType(f"function_{name}")
            sys.modules[module.__name__] = module
            exec(self._code[name], module.__dict__)
            self._modules[name] = module
        handler: Callable[[Any, Any], Any] = self._modules[name].handler
        return handler

    # API Gateway -------------------------------------------------------------------------------------------------------

    def request(
        self,
        method: str,
        url: str,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        caller: Json | None,
    ) -> Answer:
        """A request through the gateway, already authorized as `caller`. A function that ends or raises is a bad gateway."""
        parts = urlsplit(url)
        resource, function, parameters, _ = self.route(method, parts.path)
        said = {"Accept": "application/json", "Host": "api.local", **(headers or {})}
        query = dict(parse_qsl(parts.query)) or None
        binary = said.get("Content-Type") == "application/pdf"
        event = {
            "resource": resource, "path": parts.path, "httpMethod": method, "headers": said,
            "multiValueHeaders": {name: [value] for name, value in said.items()},
            "queryStringParameters": query,
            "multiValueQueryStringParameters": {name: [value] for name, value in query.items()} if query else None,
            "pathParameters": parameters or None, "stageVariables": None,
            "requestContext": {
                "accountId": "000000000000", "apiId": "api", "stage": "live", "httpMethod": method,
                "path": f"/live{parts.path}", "resourcePath": resource, "requestId": str(uuid.uuid4()),
                "requestTimeEpoch": int(self.clock.now().timestamp() * 1000), "protocol": "HTTP/1.1",
                "identity": {"sourceIp": "203.0.113.7"}, **({"authorizer": caller} if caller else {}),
            },
            "body": None if body is None else base64.b64encode(body).decode() if binary else body.decode(),
            "isBase64Encoded": binary,
        }  # fmt: skip
        try:
            answer = self.run(function, event)
        except Died:
            return Answer(GATEWAY_FAILED, None)
        return Answer(answer["statusCode"], json.loads(answer["body"]) if answer["body"] else None)

    def route(self, method: str, path: str) -> tuple[str, str, Json, bool]:
        """Resource, function, path parameters, and whether a token is needed, as template.yaml has it."""
        for wanted, pattern, resource, function, token in self._routes:
            if wanted == method and (found := pattern.fullmatch(path)):
                return resource, function, found.groupdict(), token
        raise LookupError(f"{method} {path}")

    @property
    def readers(self) -> list[str]:
        """The functions that read the table's stream."""
        return [name for _, name, events in _functions() if any(one["Type"] == "DynamoDB" for one in events)]

    def folder(self, logical: str) -> str:
        """The folder of the function with this name in template.yaml."""
        return next(name for found, name, _ in _functions() if found == logical)

    def authorize(self, token: str) -> Json:
        """What the gateway learns of a bearer token. Raises what the authorizer raises."""
        event = {"type": "TOKEN", "authorizationToken": f"Bearer {token}",
                 "methodArn": "arn:aws:execute-api:ap-southeast-3:000000000000:api/live/GET/v1/quota"}  # fmt: skip
        answer = self.run("authorize", event)
        return {"principalId": answer["principalId"], **answer["context"]}


@cache
def _functions() -> list[tuple[str, str, list[Json]]]:
    """Each function of template.yaml: its name there, its folder, its events."""
    return [
        (logical, one["Properties"]["CodeUri"].rpartition("/")[2], list(one["Properties"].get("Events", {}).values()))
        for logical, one in template()["Resources"].items()
        if one["Type"] == "AWS::Serverless::Function"
    ]


def _routes() -> Iterator[tuple[str, re.Pattern[str], str, str, bool]]:
    for _, function, events in _functions():
        for event in events:
            if event["Type"] == "Api":
                asked = event["Properties"]
                pattern = re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", asked["Path"]))
                token = asked.get("Auth", {}).get("Authorizer") != "NONE"
                yield asked["Method"], pattern, asked["Path"], function, token


def stream_record(record: Json, ahead: timedelta) -> Json:
    """A record of GetRecords as Lambda hands it over: its instant as a number of seconds, by the clock of the functions."""
    body = record["dynamodb"]
    at = (body["ApproximateCreationDateTime"] + ahead).timestamp()
    return {**record, "dynamodb": {**body, "ApproximateCreationDateTime": at}}


def queue_record(message: Json) -> Json:
    """A message of ReceiveMessage as Lambda hands it over."""
    return {
        "messageId": message["MessageId"], "receiptHandle": message["ReceiptHandle"], "body": message["Body"],
        "attributes": message.get("Attributes", {}), "messageAttributes": {}, "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:ap-southeast-3:000000000000:seal", "awsRegion": "ap-southeast-3",
    }  # fmt: skip
