"""What the API makes of a request before any operation sees it."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from aws_lambda_powertools.event_handler import Response
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


def file(accept: str | None, language: str | None = None) -> dict[str, Any]:
    app = http.api()

    @app.get("/v1/files")
    def get() -> Response[str]:
        http.only_accepts(app, "application/pdf")
        return http.file(app, b"%PDF-\xff", "application/pdf", "a.pdf")

    headers = {name: value for name, value in (("accept", accept), ("Accept-Language", language)) if value}
    event = {"path": "/v1/files", "httpMethod": "GET", "headers": headers, "requestContext": {"requestId": "r-1"}}
    return http.serve(app)(event, None)


@pytest.mark.parametrize(
    ("asked", "told"), [(None, "id"), ("en-GB,en;q=0.9", "en"), (" EN", "en"), ("id, en", "id"), ("fr", "id")]
)
def test_a_file_is_handed_on_as_base_64_under_its_name(asked: str | None, told: str) -> None:
    given = file(" Application/PDF", asked)
    headers = given["multiValueHeaders"]
    assert (given["statusCode"], given["isBase64Encoded"], base64.b64decode(given["body"])) == (200, True, b"%PDF-\xff")
    assert headers["Content-Disposition"] == ['attachment; filename="a.pdf"']
    assert (headers["Content-Language"], headers["Cache-Control"]) == ([told], ["no-store"])


@pytest.mark.parametrize(
    "accept", [None, "*/*", "application/*", "application/json", "application/pdf, */*", "application/pdf;q=1"]
)
def test_a_file_is_refused_to_who_would_be_handed_its_base_64(accept: str | None) -> None:
    given = file(accept)
    assert (given["statusCode"], json.loads(given["body"])["code"]) == (400, "request_invalid")
    assert "Accept: application/pdf" in json.loads(given["body"])["detail"]


def test_a_json_body_without_members_is_taken_where_every_one_is_optional() -> None:
    assert answer("application/json", "{}")["statusCode"] == 201
