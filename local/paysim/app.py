"""The simulator's routes, as a function from a request to an answer, so that tests need no socket.

POST /v2/charge                                       Midtrans, basic auth with the server key
GET  /v2/{order id or transaction id}/status
POST /v2/{order id or transaction id}/refund/online/direct
GET  /v2/{qris or gopay}/{transaction id}/qr-code     the QR as PNG
GET  /simulate/{order id}                             a page to pay, deny, expire, pay late, pay twice
POST /simulate/{order id}                             {"action": ...} as JSON, or the page's form
GET, POST, DELETE /_knobs                             what goes wrong on purpose: shown, changed, as new
GET  /_health
"""

from __future__ import annotations

import base64
import hmac
import io
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import cast, get_args
from urllib.parse import parse_qs, quote, unquote

import segno

from local.paysim.book import Knobs, Transaction
from local.paysim.page import missing_page, payment_page
from local.paysim.provider import Action, Provider, Wire, turned

_PAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; form-action 'self'; base-uri 'none'"
_DONE = "Selesai: status terbaru tampak di bawah."
_NOT_ALLOWED = "Status pesanan ini tidak mengizinkannya."


@dataclass(frozen=True)
class Request:
    """`headers` have lower-case names; `path` is without the query."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes = b""
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


class App:
    """`allowed_origins` are the pages that may call /simulate from a browser; `changed` is called after each write."""

    def __init__(
        self,
        provider: Provider,
        allowed_origins: tuple[str, ...] = (),
        changed: Callable[[], None] = lambda: None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._provider = provider
        self._allowed_origins = allowed_origins
        self._changed = changed
        self._sleep = sleep

    def __call__(self, request: Request) -> Answer:
        parts = tuple(unquote(part) for part in request.path.split("/")[1:])
        match parts:
            case ("_health",) if request.method == "GET":
                return _json(200, {"status": "ok", "notifications_waiting": self._provider.book.waiting()})
            case ("_knobs",):
                return self._knobs(request)
            case ("simulate", order_id):
                return self._shared(request, self._simulate(request, order_id))
            case ("v2", "qris" | "gopay", transaction_id, "qr-code") if request.method == "GET":
                return self._image(transaction_id)
            case ("v2", *rest):
                return self._provide(request, tuple(rest))
            case _:
                return _json(404, {"status_code": "404", "status_message": "no such route"})

    def _provide(self, request: Request, parts: tuple[str, ...]) -> Answer:
        knobs = self._provider.book.knobs()
        if knobs.delay_answers_seconds:
            self._sleep(knobs.delay_answers_seconds)
        if knobs.outage:
            return Answer(503, b"<html><h1>503 Service Temporarily Unavailable</h1></html>", "text/html")
        if not self._authorized(request):
            return _wire(self._provider.refusal("401"))
        match (request.method, *parts):
            case ("POST", "charge"):
                answer = self._provider.charge(request.body)
            case ("GET", payment_id, "status"):
                answer = self._provider.status(payment_id)
            case ("POST", payment_id, "refund", "online", "direct"):
                answer = self._provider.refund(payment_id, request.body)
            case _:
                answer = self._provider.refusal("404")
        if request.method == "POST":
            self._changed()
        return _wire(answer)

    def _authorized(self, request: Request) -> bool:
        expected = "Basic " + base64.b64encode(f"{self._provider.server_key}:".encode()).decode()
        return hmac.compare_digest(expected.encode(), request.headers.get("authorization", "").encode())

    def _simulate(self, request: Request, order_id: str) -> Answer:
        if request.method == "OPTIONS":
            return Answer(204)
        if request.method not in ("GET", "POST"):
            return _json(405, {"error": "method not allowed"})
        self._provider.expire_overdue()
        transactions = self._provider.book.of_order(order_id)
        wants_page = not request.headers.get("content-type", "").startswith("application/json")
        if not transactions:
            return _page(404, missing_page()) if wants_page else _json(404, {"error": "unknown order"})
        if request.method == "GET":
            return self._show(200, transactions)
        action = _action(request)
        if action is None:
            return _json(400, {"error": "unknown action", "actions": list(get_args(Action))})
        done = self._provider.act(order_id, action)
        self._changed()
        if wants_page and done is None:
            return self._show(409, transactions, _NOT_ALLOWED)
        if wants_page:
            return Answer(303, headers={"Location": f"/simulate/{quote(order_id, safe='')}"})
        return _json(
            409 if done is None else 200,
            {
                "order_id": order_id,
                "transaction_status": (done or transactions)[0].status,
                "transactions": [
                    {"transaction_id": each.transaction_id, "transaction_status": each.status}
                    for each in done or transactions
                ],
            },
        )

    def _show(self, status: int, transactions: list[Transaction], sentence: str = "") -> Answer:
        return _page(status, payment_page(transactions, self._provider.allowed(transactions[0].status), sentence))

    def _shared(self, request: Request, answer: Answer) -> Answer:
        """With the CORS headers for an allowed page."""
        origin = request.headers.get("origin", "")
        if origin not in self._allowed_origins:
            return answer
        allowed = {
            "Access-Control-Allow-Origin": origin,
            "Access-Control-Allow-Methods": "GET, POST, OPTIONS",
            "Access-Control-Allow-Headers": "Content-Type",
            "Vary": "Origin",
        }
        return Answer(answer.status, answer.body, answer.content_type, {**answer.headers, **allowed})

    def _knobs(self, request: Request) -> Answer:
        book = self._provider.book
        if request.method == "GET":
            return _json(200, book.knobs().model_dump())
        if request.method == "DELETE":
            knobs = Knobs()
        elif request.method != "POST":
            return _json(405, {"error": "method not allowed"})
        elif not request.headers.get("content-type", "").startswith("application/json"):
            # A page of another origin can send a form, but no JSON without a preflight, which is not answered here.
            return _json(415, {"error": "application/json is expected"})
        else:
            try:
                knobs = turned(book.knobs(), request.body)
            except (ValueError, RecursionError):
                return _json(400, {"error": "unknown knob or wrong type", "knobs": Knobs().model_dump()})
        with book.writing():
            book.turn(knobs)
        return _json(200, knobs.model_dump())

    def _image(self, transaction_id: str) -> Answer:
        transaction = self._provider.book.find(transaction_id)
        if transaction is None or transaction.qr_string is None:
            return _wire(self._provider.refusal("404"))
        image = io.BytesIO()
        segno.make(transaction.qr_string, error="m", micro=False).save(image, kind="png", scale=6, border=4)
        return Answer(200, image.getvalue(), "image/png", {"Cache-Control": "private, max-age=3600"})


def _action(request: Request) -> Action | None:
    try:
        if request.headers.get("content-type", "").startswith("application/json"):
            asked = json.loads(request.body)["action"]
        else:
            asked = parse_qs(request.body.decode())["action"][0]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return cast(Action, asked) if asked in get_args(Action) else None


def _wire(answer: Wire) -> Answer:
    """Midtrans: the HTTP status is 200 for what was done, the body's status_code where it was refused."""
    code = int(str(answer["status_code"]))
    return _json(code if code >= 400 and "transaction_id" not in answer else 200, answer)


def _json(status: int, body: Mapping[str, object]) -> Answer:
    return Answer(status, json.dumps(body).encode())


def _page(status: int, html: str) -> Answer:
    return Answer(status, html.encode(), "text/html; charset=utf-8", {"Content-Security-Policy": _PAGE_POLICY})
