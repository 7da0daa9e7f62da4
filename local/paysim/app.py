"""The simulator's routes, as a function from a request to an answer, so that tests need no socket.

POST /v2/charge                                       Midtrans, basic auth with the server key (midtrans.py)
GET  /v2/{order id or transaction id}/status
POST /v2/{order id or transaction id}/refund/online/direct
GET  /v2/{qris or gopay}/{transaction id}/qr-code     the QR as PNG
POST, GET /payment_requests                           Xendit, basic auth with the secret key (xendit.py)
GET  /v2/payment_methods/{id}/payments
POST, GET /refunds
POST, GET /v2/payouts                                 (with the payout key)
POST /v1.2/identity/bank_account_validation_details   Iluma, basic auth with its own key (iluma.py)
GET  /v1.2/identity/bank_account_validation_details/{id}
GET  /simulate/{order id}                             a page to pay, deny, expire, pay late, pay twice: either provider's
POST /simulate/{order id}                             {"action": ...} as JSON, or the page's form
GET  /simulate/{order id}/qr-code                     the QR as PNG
GET, POST, DELETE /_knobs                             what goes wrong on purpose: shown, changed, as new
GET  /_health
"""

from __future__ import annotations

import io
import json
import time
from collections.abc import Callable, Mapping
from typing import cast, get_args
from urllib.parse import parse_qs, quote, unquote

import segno

from local.paysim.book import Book, Knobs, ProviderName, Transaction
from local.paysim.iluma import Iluma
from local.paysim.page import missing_page, payment_page
from local.paysim.provider import Action, Provider, turned
from local.paysim.wire import Answer, Request, json_answer

_PAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; form-action 'self'; base-uri 'none'"
_DONE = "Selesai: status terbaru tampak di bawah."
_NOT_ALLOWED = "Status pesanan ini tidak mengizinkannya."


class App:
    """`allowed_origins` are the pages that may call /simulate from a browser; `changed` is called after each write; `names` is
    the name check."""

    def __init__(
        self,
        book: Book,
        providers: Mapping[ProviderName, Provider],
        allowed_origins: tuple[str, ...] = (),
        changed: Callable[[], None] = lambda: None,
        sleep: Callable[[float], None] = time.sleep,
        names: Iluma | None = None,
    ) -> None:
        self._book = book
        self._providers = providers
        self._allowed_origins = allowed_origins
        self._changed = changed
        self._sleep = sleep
        self._names = names

    def __call__(self, request: Request) -> Answer:
        parts = tuple(unquote(part) for part in request.path.split("/")[1:])
        match parts:
            case ("_health",) if request.method == "GET":
                return json_answer(200, {"status": "ok", "notifications_waiting": self._book.waiting()})
            case ("_knobs",):
                return self._knobs(request)
            case ("simulate", order_id):
                return self._shared(request, self._simulate(request, order_id))
            case ("v2", "qris" | "gopay", transaction_id, "qr-code") if request.method == "GET":
                return _image(self._book.find(transaction_id))
            case ("simulate", order_id, "qr-code") if request.method == "GET":
                return _image(self._book.find(order_id))
            case _:
                return self._provide(request, parts)

    def _provide(self, request: Request, parts: tuple[str, ...]) -> Answer:
        # Midtrans has all of /v2 that is not Xendit's.
        for provider in (self._names, self._providers.get("xendit"), self._providers.get("midtrans")):
            if provider is not None and provider.serves(parts):
                knobs = self._book.knobs()
                if knobs.delay_answers_seconds:
                    self._sleep(knobs.delay_answers_seconds)
                if knobs.outage:
                    return Answer(503, b"<html><h1>503 Service Temporarily Unavailable</h1></html>", "text/html")
                with self._book.alone():
                    answer = provider.answer(request, parts)
                if request.method == "POST":
                    self._changed()
                return answer
        return json_answer(404, {"error": "no such route"})

    def _simulate(self, request: Request, order_id: str) -> Answer:
        if request.method == "OPTIONS":
            return Answer(204)
        if request.method not in ("GET", "POST"):
            return json_answer(405, {"error": "method not allowed"})
        for provider in self._providers.values():
            provider.pass_time()
        transactions = self._book.of_order(order_id)
        wants_page = not request.headers.get("content-type", "").startswith("application/json")
        if not transactions:
            return _page(404, missing_page()) if wants_page else json_answer(404, {"error": "unknown order"})
        if request.method == "GET":
            return self._show(200, transactions)
        action = _action(request)
        if action is None:
            return json_answer(400, {"error": "unknown action", "actions": list(get_args(Action))})
        done = self._providers[transactions[0].provider].act(order_id, action)
        self._changed()
        if wants_page and done is None:
            return self._show(409, transactions, _NOT_ALLOWED)
        if wants_page:
            return Answer(303, headers={"Location": f"/simulate/{quote(order_id, safe='')}"})
        return json_answer(
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
        allowed = self._providers[transactions[0].provider].allowed(transactions[0].status)
        return _page(status, payment_page(transactions, allowed, sentence))

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
        if request.method == "GET":
            return json_answer(200, self._book.knobs().model_dump())
        if request.method == "DELETE":
            knobs = Knobs()
        elif request.method != "POST":
            return json_answer(405, {"error": "method not allowed"})
        elif not request.headers.get("content-type", "").startswith("application/json"):
            # A page of another origin can send a form, but no JSON without a preflight, which is not answered here.
            return json_answer(415, {"error": "application/json is expected"})
        else:
            try:
                knobs = turned(self._book.knobs(), request.body)
            except (ValueError, RecursionError):
                return json_answer(400, {"error": "unknown knob or wrong type", "knobs": Knobs().model_dump()})
        with self._book.writing():
            self._book.turn(knobs)
        return json_answer(200, knobs.model_dump())


def _image(transaction: Transaction | None) -> Answer:
    if transaction is None or transaction.qr_string is None:
        return json_answer(404, {"error": "no such code"})
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


def _page(status: int, html: str) -> Answer:
    return Answer(status, html.encode(), "text/html; charset=utf-8", {"Content-Security-Policy": _PAGE_POLICY})
