"""What tests walk the road with: a person (or a partner, or an officer) at the API, over plain HTTP."""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx

from tests.unit.pdf import papers

Json = dict[str, Any]
T = TypeVar("T")
PATIENCE_SECONDS = 60.0
"""How long a test waits for what the machine does behind the wire: far more than it takes, so that only a fault fails."""


def connect(api_url: str, *, clients: int = 20) -> httpx.Client:
    """An HTTP client of the API with room for this many requests at once, which comes again when the gateway asks for that. The
    caller closes it."""
    bounds = httpx.Limits(max_connections=clients, max_keepalive_connections=clients)
    return httpx.Client(base_url=api_url, timeout=PATIENCE_SECONDS, transport=_Patient(limits=bounds))


class _Patient(httpx.HTTPTransport):
    """Waits as long as Retry-After says where a method takes no more requests (template.yaml: MethodSettings). Our own "too
    fast" is an answer like any other: it names the path, and not the request."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        while (answer := super().handle_request(request)).status_code == 429:
            answer.read()
            if not answer.json()["instance"].startswith("urn:uuid:"):
                break
            time.sleep(float(answer.headers["Retry-After"]))
        return answer


def until(wanted: Callable[[], T | None], *, seconds: float = PATIENCE_SECONDS, every: float = 0.05) -> T:
    """The first true answer, asked for again and again. Raises AssertionError when it does not come in time."""
    deadline = time.monotonic() + seconds
    while not (answer := wanted()):
        assert time.monotonic() < deadline, f"{getattr(wanted, '__qualname__', wanted)}: not within {seconds} s"
        time.sleep(every)
    return answer


def letter(size: int = 0, *, seed: object = None) -> bytes:
    """A one-page PDF like no other (or the one of `seed`), filled with noise until it has at least `size` bytes."""
    chance = random.Random(uuid.uuid4().hex if seed is None else str(seed))
    body = papers.objects(text=f"Surat pernyataan {chance.getrandbits(64):016x} halaman")
    small = papers.classical(body)
    if len(small) < size:
        noise = chance.randbytes(size - len(small))
        body[max(body) + 1] = b"<< /Length %d >>\nstream\n%s\nendstream" % (len(noise), noise)
    return papers.classical(body)


@dataclass(frozen=True)
class Person:
    """Somebody with a token. Methods that end in a noun give the object; `ask` gives the answer as it came."""

    http: httpx.Client
    token: str
    id: str = ""

    @classmethod
    def new(cls, http: httpx.Client, email: str = "budi@contoh.id") -> Person:
        """A new account."""
        opened = seen(http.post("/v1/accounts", json={"email": email}), 201)
        return cls(http, opened["token"], opened["id"])

    def ask(self, method: str, path: str, *, key: str | None = None, **more: Any) -> httpx.Response:
        """Any request with this person's token and, where given, an Idempotency-Key."""
        headers = {"Authorization": f"Bearer {self.token}"} | more.pop("headers", {})
        if key is not None:
            headers["Idempotency-Key"] = key
        return self.http.request(method, path, headers=headers, **more)

    def get(self, path: str, **params: Any) -> Json:
        """An object of this person's, or a list."""
        return seen(self.ask("GET", path, params=params), 200)

    def quota(self) -> Json:
        """Kuota."""
        return self.get("/v1/quota")

    # Buying ----------------------------------------------------------------------------------------------------------------

    def invoice(self, quantity: int = 1, *, key: str | None = None, method: str = "qris", **more: Any) -> Json:
        """A new invoice with the code to pay it."""
        wanted = {"quantity": quantity, "payment_method": method, **more}
        return seen(self.ask("POST", "/v1/invoices", key=key or new_key(), json=wanted), 201)

    def pay(self, invoice: Json, action: str = "settle") -> None:
        """Do at the simulator what a person would do with the code: settle, deny, expire, settle_late, settle_twice."""
        seen(self.http.post(invoice["payment"]["simulator_url"], json={"action": action}), 200)

    def wait_invoice(self, id: str, *statuses: str) -> Json:
        """The invoice, once it has one of these statuses."""
        return self._wait(f"/v1/invoices/{id}", statuses)

    def buy(self, quantity: int = 1, **more: Any) -> Json:
        """A paid invoice of so many pieces."""
        invoice = self.invoice(quantity, **more)
        self.pay(invoice)
        return self.wait_invoice(invoice["id"], "paid")

    # Stamping --------------------------------------------------------------------------------------------------------------

    def announce(self, data: bytes, filename: str = "surat.pdf", **more: Any) -> Json:
        """A document's row with the form that takes its bytes."""
        wanted = {"filename": filename, "size": len(data), **more}
        return seen(self.ask("POST", "/v1/documents", json=wanted), 201)

    def bring(self, data: bytes, filename: str = "surat.pdf", **more: Any) -> str:
        """The id of an uploaded document."""
        document = self.announce(data, filename, **more)
        upload(self.http, document["upload"], data)
        return str(document["id"])

    def ask_stamping(
        self, document: str, placement: Json | str = "auto", *, key: str | None = None, wait: int = 0, **more: Any
    ) -> httpx.Response:
        """Ask for a stamp, wishing to wait for it up to `wait` seconds."""
        wanted = {"document_id": document, "placement": placement, **more}
        headers = {"Prefer": f"wait={wait}"} if wait else {}
        return self.ask("POST", "/v1/stampings", key=key or new_key(), json=wanted, headers=headers)

    def stamp(self, data: bytes | None = None, placement: Json | str = "auto", **more: Any) -> Json:
        """A stamping that is done, of a new document."""
        asked = self.ask_stamping(self.bring(data or letter()), placement, **more)
        assert asked.status_code in (200, 202), asked.text
        return self.wait_stamping(asked.json()["id"], "done")

    def wait_stamping(self, id: str, *statuses: str, seconds: float = PATIENCE_SECONDS, every: float = 0.05) -> Json:
        """The stamping, once it has one of these statuses (done or released when none is given), looked at `every` so often."""
        return self._wait(f"/v1/stampings/{id}", statuses or ("done", "released"), seconds, every)

    def download(self, stamping: Json) -> bytes:
        """The sealed file behind a stamping's link, which carries no token."""
        answer = self.http.get(stamping["download_url"])
        assert answer.status_code == 200, answer.text[:500]
        return answer.content

    # Refunds ---------------------------------------------------------------------------------------------------------------

    def ask_refund(self, invoice: str, *, key: str | None = None, **more: Any) -> httpx.Response:
        """Ask an invoice's money back."""
        wanted = {"invoice_id": invoice, "reason": "batal mendaftar", **more}
        return self.ask("POST", "/v1/refunds", key=key or new_key(), json=wanted)

    def refund(self, invoice: str, **more: Any) -> Json:
        """A refund that was accepted."""
        return seen(self.ask_refund(invoice, **more), 202)

    def wait_refund(self, id: str, *statuses: str) -> Json:
        """The refund, once it has one of these statuses."""
        return self._wait(f"/v1/refunds/{id}", statuses)

    def _wait(
        self, path: str, statuses: tuple[str, ...], seconds: float = PATIENCE_SECONDS, every: float = 0.05
    ) -> Json:
        deadline = time.monotonic() + seconds
        while (found := self.get(path))["status"] not in statuses:
            assert time.monotonic() < deadline, f"not {' or '.join(statuses)} within {seconds} s: {found}"
            time.sleep(every)
        return found


def new_key() -> str:
    """An Idempotency-Key that nobody has used."""
    return uuid.uuid4().hex


def seen(answer: httpx.Response, status: int) -> Json:
    """The answer's object, which came with this status."""
    assert answer.status_code == status, (
        f"{answer.request.method} {answer.request.url}: {answer.status_code} {answer.text}"
    )
    found: Json = answer.json()
    return found


def upload(http: httpx.Client, form: Json, data: bytes) -> None:
    """Send a file to storage with the form that the API gave out: the fields first, then the file."""
    answer = http.post(form["url"], data=form["fields"], files={"file": ("surat.pdf", data, "application/pdf")})
    assert answer.status_code in (200, 201, 204), answer.text[:500]


def verify(http: httpx.Client, data: bytes) -> Json:
    """The verdict on a file, asked by nobody in particular; a larger one than a body may be goes by document."""
    if len(data) <= 4 * 1024 * 1024:
        return seen(http.post("/v1/verifications", content=data, headers={"Content-Type": "application/pdf"}), 200)
    wanted = {"filename": "periksa.pdf", "size": len(data), "purpose": "verify"}
    document = seen(http.post("/v1/documents", json=wanted), 201)
    upload(http, document["upload"], data)
    return seen(http.post("/v1/verifications", json={"document_id": document["id"]}), 200)


PROBLEM_MEMBERS = {"type", "title", "status", "detail", "instance", "code", "errors", "retryable", "request_id"}
UPSTREAM = (
    "boto", "botocore", "amazonaws", "amazon", "dynamo", "python", "traceback", "pydantic", "midtrans", "ministack",
    "powertools", "localstack", "sqs", "lambda", "pyhanko", "pypdf", "127.0.0.1", ".py", "/tmp/", "/var/", "/opt/",
    "exception", "keyerror", "valueerror", "typeerror", "apigateway", "gateway_timeout", "aiohttp", "hypercorn",
)  # fmt: skip
"""Words of what stands behind the wire: none of them in a refusal."""


def problem(answer: httpx.Response, status: int | None = None, code: str | None = None) -> Json:
    """The refusal in an answer, held to the promises of every refusal: the shape of RFC 9457 with our members, a
    Request-Id, nothing of what stands behind, 5xx only as 503 with Retry-After."""
    where = f"{answer.request.method} {answer.request.url}: {answer.status_code} {answer.text[:600]}"
    assert answer.headers.get("content-type", "").partition(";")[0] == "application/problem+json", where
    body: Json = {}
    with suppress(ValueError):
        body = answer.json()
    assert body.keys() >= PROBLEM_MEMBERS, f"{where} lacks {sorted(PROBLEM_MEMBERS - body.keys())}"
    assert body["status"] == answer.status_code, where
    assert all(isinstance(body[name], str) for name in ("type", "title", "detail", "instance", "code")), where
    assert body["title"], where
    assert body["code"].replace("_", "").isalpha(), where
    assert body["code"].islower(), where
    assert body["instance"] in (answer.request.url.path, f"urn:uuid:{body['request_id']}"), where
    assert isinstance(body["retryable"], bool), where
    assert all(set(error) == {"pointer", "detail"} for error in body["errors"]), where
    assert answer.headers.get("request-id"), where
    assert answer.headers["request-id"] == body["request_id"], where
    assert answer.status_code < 500 or (answer.status_code == 503 and answer.headers.get("retry-after")), where
    told = (answer.text + repr(list(answer.headers.items()))).lower()
    path = answer.request.url.path.lower()
    leaked = [word for word in UPSTREAM if word in told.replace(path, "")]
    assert not leaked, f"{where} says {leaked}"
    assert status is None or answer.status_code == status, where
    assert code is None or body["code"] == code, where
    return body
