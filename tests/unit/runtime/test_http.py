"""What the API makes of a request before any operation sees it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import BaseModel

from meterai.runtime import http


class Optional(BaseModel):
    """A body that may be without any member."""

    email: str | None = None


def answer(kind: str, body: str) -> dict[str, Any]:
    app = http.api()

    @app.post("/v1/things", status_code=201)
    def make(body: Optional) -> Optional:
        return body

    event = {
        "resource": "/v1/things",
        "path": "/v1/things",
        "httpMethod": "POST",
        "headers": {"Content-Type": kind},
        "multiValueHeaders": {"Content-Type": [kind]},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "requestContext": {"requestId": "r-1", "path": "/v1/things", "httpMethod": "POST"},
        "body": body,
        "isBase64Encoded": False,
    }
    return http.serve(app)(event, None)


@pytest.mark.parametrize("body", ['{"email": "budi@contoh.id"}', "{}", "--x--", ""])
@pytest.mark.parametrize("kind", ["multipart/form-data; boundary=x", "multipart/mixed", "text/plain"])
def test_a_body_that_is_no_json_is_refused_also_where_every_member_is_optional(kind: str, body: str) -> None:
    told = answer(kind, body)
    refused = (told["statusCode"], json.loads(told["body"])["code"])
    assert refused in ((415, "media_type_unsupported"), (400, "request_invalid"))


def test_a_json_body_without_members_is_taken_where_every_one_is_optional() -> None:
    assert answer("application/json", "{}")["statusCode"] == 201
