"""HTTP at the edge of every function: one resolver, one caller, one way of telling refusals."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated, Any, TypeVar
from urllib.parse import urlencode

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.event_handler.middlewares import NextMiddleware
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestUnsupportedContentType, RequestValidationError
from aws_lambda_powertools.event_handler.openapi.params import Header, Query
from pydantic import BaseModel, ValidationError

from meterai.domain.errors import (
    IdempotencyKeyMissing,
    MediaTypeUnsupported,
    Missing,
    Refusal,
    RequestInvalid,
    RequestTooLarge,
    ScopeMissing,
    TokenInvalid,
)
from meterai.domain.rows import Line, line_of
from meterai.runtime import problems
from meterai.runtime.observability import logger, unavailable, unexpected

Model = TypeVar("Model", bound=BaseModel)
MOST_JSON = 100_000
Teller = Callable[[Any], Response[str]]
PageTeller = Callable[[APIGatewayRestResolver, Refusal], Response[str]]
Handler = Callable[[dict[str, Any], object], dict[str, Any]]
IdempotencyKey = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        pattern=r"^[\x21-\x7e]+$",
        description="Names this request for ever: the same key and body give the same object, and move nothing twice.",
    ),
]
Limit = Annotated[int, Query(ge=1, le=100, description="How many to list.")]
Cursor = Annotated[str | None, Query(max_length=512, description="`next_cursor` of the page before.")]
Reference = Annotated[str | None, Query(max_length=64, description="Only those made with this `reference`.")]
InvoiceId = Annotated[str, Query(min_length=1, max_length=40, description="The invoice asked about.")]
ReasonText = Annotated[
    str | None, Query(max_length=200, description="Why, in the person's words; policy A does not ask.")
]
PageLanguage = Annotated[str | None, Query(alias="lang", description="`en`; Indonesian without it.")]
Prefer = Annotated[
    str | None,
    Header(
        alias="Prefer",
        max_length=100,
        description="`wait=10`: a wish (RFC 7240). While many wait it is passed over: 202 at once.",
    ),
]


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, as the authorizer found them."""

    account: str
    kind: str
    scopes: frozenset[str]

    @property
    def line(self) -> Line:
        """The line in which their stampings wait."""
        return line_of(self.kind)

    def must_have(self, scope: str) -> Caller:
        """The caller, who has this scope. Raises ScopeMissing."""
        if scope not in self.scopes:
            raise ScopeMissing(f"this needs the scope {scope}", scope=scope)
        return self

    def must_have_one_of(self, *scopes: str) -> Caller:
        """The caller, who has at least one of these scopes. Raises ScopeMissing, which names the first."""
        return self if self.scopes & set(scopes) else self.must_have(scopes[0])


def api(pages: Mapping[str, PageTeller] | None = None) -> APIGatewayRestResolver:
    """A resolver that validates by the routes' types and tells every failure as a problem (RFC 9457). Addresses whose first
    word is among `pages` are read by people: there a failure is told as a page."""
    app = APIGatewayRestResolver(enable_validation=True, json_body_deserializer=_json)
    app.use([_no_form])
    on: Callable[[type[Exception]], Callable[[Teller], Teller]] = app.exception_handler

    def told(refusal: Refusal, errors: list[dict[str, str]] | None = None) -> Response[str]:
        page = (pages or {}).get(app.current_event.path.strip("/").partition("/")[0])
        return page(app, refusal) if page else _problem(app, refusal, errors)

    @on(Refusal)
    def refused(refusal: Refusal) -> Response[str]:
        if refusal.mender == "us":
            unavailable(refusal)
        return told(refusal)

    @on(RequestValidationError)
    def invalid(error: RequestValidationError) -> Response[str]:
        refusal, faults = _invalid(error)
        return told(refusal, faults)

    @on(RequestUnsupportedContentType)
    def unsupported(_: RequestUnsupportedContentType) -> Response[str]:
        return told(MediaTypeUnsupported("send application/json"))

    @on(NotFoundError)
    def unknown(_: NotFoundError) -> Response[str]:
        return told(Missing("no such route"))

    @on(Exception)
    def unforeseen(error: Exception) -> Response[str]:
        unexpected(error)
        return told(problems.UNEXPECTED("an error of ours; nothing was lost"))

    return app


def serve(app: APIGatewayRestResolver) -> Handler:
    """The Lambda handler of a resolver. Every answer carries a Request-Id and is kept by nobody."""

    def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
        answer = app.resolve(event, context)  # type: ignore[arg-type]  # the engine and tests hand over a plain context
        answer["body"] = answer.get("body") or ""
        headers = answer.setdefault("multiValueHeaders", {})
        headers["Request-Id"] = [request_id(app)]
        headers.setdefault("Cache-Control", ["no-store"])
        logger.info(
            "answered",
            extra={"route": event.get("resource"), "status": answer.get("statusCode"), "request_id": request_id(app)},
        )
        return answer

    return handler


def caller(app: APIGatewayRestResolver) -> Caller:
    """Who the gateway's authorizer found behind the bearer token. Raises TokenInvalid on a route without one."""
    found = app.current_event.raw_event.get("requestContext", {}).get("authorizer") or {}
    if "principalId" not in found:
        raise TokenInvalid("this route needs a bearer token")
    scopes = frozenset(str(found.get("scopes", "")).split())
    return Caller(account=str(found["principalId"]), kind=str(found.get("kind", "account")), scopes=scopes)


def header(app: APIGatewayRestResolver, name: str) -> str | None:
    """A request header, whatever its case."""
    found = app.current_event.headers.get(name)
    return str(found) if found is not None else None


def request_id(app: APIGatewayRestResolver) -> str:
    """The gateway's id of this request."""
    return str(app.current_event.raw_event.get("requestContext", {}).get("requestId", ""))


def arrived_at(app: APIGatewayRestResolver) -> datetime:
    """When the gateway received this request, UTC, to the millisecond."""
    epoch = app.current_event.raw_event["requestContext"]["requestTimeEpoch"]
    return datetime.fromtimestamp(int(epoch) / 1000, tz=UTC)


def raw_body(app: APIGatewayRestResolver, *, most_bytes: int, otherwise: str = "") -> bytes:
    """The body as it came, binary or not. Raises RequestTooLarge, which tells what to do `otherwise`, and RequestInvalid."""
    event = app.current_event
    text = event.body or ""
    try:
        body = base64.b64decode(text, validate=True) if event.is_base64_encoded else text.encode()
    except binascii.Error:
        raise RequestInvalid("the body is not what the gateway said it is") from None
    if len(body) > most_bytes:
        raise RequestTooLarge("; ".join(filter(None, (f"at most {most_bytes} bytes", otherwise))), limit=most_bytes)
    return body


def _no_form(app: APIGatewayRestResolver, go_on: NextMiddleware) -> Response[Any]:
    """Nothing here takes a form; the resolver reads one of several parts as if it were JSON without members."""
    if media_type(app).startswith("multipart/"):
        raise MediaTypeUnsupported("send application/json")
    return go_on(app)


def media_type(app: APIGatewayRestResolver) -> str:
    """The body's media type, without parameters, in lower case."""
    return (header(app, "Content-Type") or "").partition(";")[0].strip().lower()


def only_media_type(app: APIGatewayRestResolver, *allowed: str) -> str:
    """The body's media type, which is one of `allowed`. Raises MediaTypeUnsupported."""
    found = media_type(app)
    if found not in allowed:
        raise MediaTypeUnsupported(f"send {' or '.join(allowed)}")
    return found


def fingerprint(*parts: str | BaseModel) -> str:
    """SHA-256 of what a request asks for: the same key with another fingerprint is refused."""
    texts = [
        part if isinstance(part, str) else json.dumps(part.model_dump(mode="json"), sort_keys=True) for part in parts
    ]
    return hashlib.sha256(json.dumps(texts).encode()).hexdigest()


def wait_wish(prefer: str | None) -> float:
    """How many seconds a `Prefer: wait=N` wishes for; 0 without one."""
    wishes = (wish.strip().partition("=") for wish in (prefer or "").lower().split(","))
    return next(
        (float(value) for name, _, value in wishes if name.strip() == "wait" and value.strip().isdecimal()), 0.0
    )


def answer(
    status: HTTPStatus,
    body: BaseModel | None,
    *,
    location: str | None = None,
    retry_after: int | None = None,
    replayed: bool = False,
) -> Response[Any]:
    """An answer with the headers our conventions ask for."""
    headers = {
        "Location": location,
        "Retry-After": str(retry_after) if retry_after is not None else None,
        "Idempotency-Replayed": "true" if replayed else None,
    }
    return Response(
        status_code=int(status),
        content_type="application/json" if body is not None else None,
        body=body,
        headers={name: value for name, value in headers.items() if value is not None},
    )


def file(app: APIGatewayRestResolver, data: bytes, kind: str, name: str) -> Response[str]:
    """A file to keep under this name. Its bytes are encoded here: the resolver takes an answer that it validates for text."""
    answer = Response(
        status_code=200,
        content_type=kind,
        body=base64.b64encode(data).decode(),
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "X-Content-Type-Options": "nosniff",
            "Content-Language": language(app),
        },
    )
    answer.base64_encoded = True
    return answer


def only_accepts(app: APIGatewayRestResolver, kind: str) -> None:
    """That the caller takes this media type of a binary answer and names no other: to anybody else the gateway would hand on
    its base 64 (API Gateway: content type conversions, Lambda proxy). Raises RequestInvalid."""
    if (header(app, "Accept") or "").strip().lower() != kind:
        raise RequestInvalid(f"send Accept: {kind}, and nothing beside it")


def language(app: APIGatewayRestResolver) -> problems.Language:
    """The language of what is told: English where Accept-Language begins with it, and else Indonesian."""
    return "en" if (header(app, "Accept-Language") or "").strip().lower().startswith("en") else "id"


def under_way(body: BaseModel, *, ended: bool, location: str, replayed: bool) -> Response[Any]:
    """Slow work: 200 when it has ended already, else 202 with where and when to look again."""
    if ended:
        return answer(HTTPStatus.OK, body, location=location, replayed=replayed)
    return answer(HTTPStatus.ACCEPTED, body, location=location, retry_after=1, replayed=replayed)


def json_body(app: APIGatewayRestResolver, model: type[Model], *others: str) -> Model | None:
    """The body as `model` if it is JSON, None if it is of one of the media types `others`. Raises MediaTypeUnsupported for
    anything else, RequestInvalid."""
    if only_media_type(app, *others, "application/json") in others:
        return None
    try:
        return model.model_validate_json(raw_body(app, most_bytes=MOST_JSON))
    except ValidationError as error:
        faults = [f"{_pointer(one['loc'])}: {one['msg']}" for one in error.errors(include_input=False)]
        raise RequestInvalid("; ".join(faults)[:500]) from None


def listed(app: APIGatewayRestResolver, body: BaseModel, next_cursor: str | None) -> Response[Any]:
    """A page of a list, with a Link to the next (RFC 8288) while it goes on."""
    query = dict(app.current_event.query_string_parameters or {}) | {"cursor": next_cursor or ""}
    headers = {"Link": f'<{app.current_event.path}?{urlencode(query)}>; rel="next"'} if next_cursor else {}
    return Response(status_code=200, content_type="application/json", body=body, headers=headers)


def _json(text: str) -> Any:
    """A request's body read as JSON. Raises RequestTooLarge, and RequestInvalid also for what no reader should attempt: nesting
    without end, numbers of thousands of digits."""
    if len(text) > MOST_JSON:
        raise RequestTooLarge(f"at most {MOST_JSON} characters of JSON", limit=MOST_JSON)
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise RequestInvalid("the body is not JSON that can be read") from None
    if not isinstance(found, dict):  # a list of one object would be taken for that object
        raise RequestInvalid("the body is a JSON object")
    return found


def _invalid(error: RequestValidationError) -> tuple[Refusal, list[dict[str, str]]]:
    """A validation error as ours: each fault with its JSON pointer, never the value that was sent."""
    faults = [{"pointer": _pointer(one["loc"]), "detail": str(one["msg"])} for one in error.errors()]
    if any("idempotency-key" in fault["pointer"].lower() for fault in faults):
        return IdempotencyKeyMissing("send Idempotency-Key: 1 to 255 visible ASCII characters"), faults
    return RequestInvalid("; ".join(f"{fault['pointer']}: {fault['detail']}" for fault in faults)[:500]), faults


def _pointer(loc: tuple[Any, ...]) -> str:
    steps = [str(step) for step in loc if step not in ("body",)]
    return "/" + "/".join(step.replace("~", "~0").replace("/", "~1") for step in steps)


def _problem(
    app: APIGatewayRestResolver, refusal: Refusal, errors: list[dict[str, str]] | None = None
) -> Response[str]:
    body = problems.problem(
        refusal,
        language=language(app),
        instance=app.current_event.path,
        request_id=request_id(app),
    )
    if errors:
        body["errors"] = errors
    wait = refusal.facts.get("retry_after") or problems.RETRY_AFTER_SECONDS
    headers = {"Retry-After": str(wait)} if refusal.retryable else {}
    if isinstance(refusal, TokenInvalid):
        headers["WWW-Authenticate"] = "Bearer"
    return Response(
        status_code=int(body["status"]),
        content_type="application/problem+json",
        body=json.dumps(body, ensure_ascii=False),
        headers=headers,
    )
