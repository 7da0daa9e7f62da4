"""A request to the simulator and its answer, as plain values: tests need no socket."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

Wire = dict[str, object]
"""A JSON object of a provider's."""


@dataclass(frozen=True)
class Request:
    """`headers` have lower-case names; `path` is without the query."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    query: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes = b""
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


def json_answer(status: int, body: Mapping[str, object]) -> Answer:
    """An answer in JSON."""
    return Answer(status, json.dumps(body).encode())


def authorized(request: Request, key: str) -> bool:
    """Whether a request has `key` as the user of its basic authentication, without a password (both providers' way)."""
    expected = "Basic " + base64.b64encode(f"{key}:".encode()).decode()
    return hmac.compare_digest(expected.encode(), request.headers.get("authorization", "").encode())
