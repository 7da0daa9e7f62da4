"""One origin for page and API: `/v1/*` and `/v/*` go through the engine's gateway, the rest is the static files of web/.

    python -m local.origin --port PORT --routes FILE [--fallback URL]

FILE is JSON: {"api": base address of the deployed stage, "engine": ..., "simulator": ..., "room": address of the public bucket,
"mails": where mails that come in go (local/mailbox.py)}; it is read again when it changes, and while it is absent the API
answers 503. URL is the origin that is asked for a page which the bucket does not have. In the cloud a CDN does this work;
nothing here adds behaviour.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import mimetypes
import re
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp import ClientError, ClientSession, ClientTimeout, DummyCookieJar, TCPConnector, web
from yarl import URL

from local import mailbox
from local.in_flight import InFlight, Kind, come_again, kind_of, own_processors, slots

WEB = Path(__file__).resolve().parent.parent / "web"
BODY_LIMIT = 12 * 1024 * 1024
KINDS = {
    ".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8", ".json": "application/json", ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json", ".woff2": "font/woff2", ".txt": "text/plain; charset=utf-8",
}  # fmt: skip
PRESSED = {"text/html", "text/css", "text/javascript", "image/svg+xml"}
"""What is compressed on its way; room.json is small, and asked for by a crowd."""
WITHOUT_BODY = {"if-none-match", "if-modified-since", "if-match", "if-unmodified-since", "if-range", "range"}
"""What a request says that may be answered without the file, or with a part of it."""
HOP_BY_HOP = {
    "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te", "trailer",
    "transfer-encoding", "upgrade", "host", "content-length",
}  # fmt: skip
PUBLIC = {"/room.json": "room.json", "/status.json": "status.json", "/status": "status.html", "/status/": "status.html"}
"""What is handed on from the public bucket (template.yaml RoomBucket): address -> file."""
FALLBACK_HEADERS = ("Content-Type", "Content-Security-Policy", "X-Content-Type-Options", "Referrer-Policy")
TITLES = {
    "not_found": "Tidak ditemukan",
    "request_too_large": "Permintaan terlalu besar",
    "busy": "Sedang sibuk, tidak ada yang hilang",
}
DETAILS = {
    "not_found": "nothing has this address",
    "request_too_large": "the body is larger than the gateway takes; large files go by POST /v1/documents",
    "busy": "nothing is lost: try again later",
}


def problem(status: int, code: str, kind: Kind = "looking") -> web.Response:
    """A refusal of the origin's own, in the shape of the gateway's (RFC 9457), to a request of this kind."""
    request_id = str(uuid.uuid4())
    body = {"type": f"/problems.html#{code}", "title": TITLES[code], "status": status, "detail": DETAILS[code],
            "instance": f"urn:uuid:{request_id}", "code": code, "retryable": code == "busy", "errors": [],
            "request_id": request_id}  # fmt: skip
    headers = {"Request-Id": request_id, "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    if code == "busy":
        headers["Retry-After"] = str(come_again(kind, request_id))
    return web.Response(
        status=status, body=json.dumps(body).encode(), content_type="application/problem+json", headers=headers
    )


def _address(request: web.Request) -> str:
    """The address as the gateway has it. QR codes carry capitals: they are smaller with them."""
    return request.raw_path.replace("/V/", "/v/", 1) if request.path.startswith("/V/") else request.raw_path


def pressed(request: web.Request, answer: web.StreamResponse) -> web.StreamResponse:
    """The answer, compressed on its way if it is text and the reader takes gzip, as a CDN would. What may be answered
    without a body (304, HEAD) or in part stays as it is: aiohttp ends every compressed answer with bytes, those too."""
    if answer.content_type in PRESSED:
        answer.headers["Vary"] = "Accept-Encoding"
        whole = request.method == "GET" and not WITHOUT_BODY & {name.lower() for name in request.headers}
        if whole and "gzip" in request.headers.get("Accept-Encoding", ""):
            answer.enable_compression(web.ContentCoding.gzip)
    return answer


class Routes:
    """Where requests go; read from its file whenever that changes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp = 0
        self._values: dict[str, Any] = {}

    def __getitem__(self, name: str) -> str:
        return str(self._read().get(name, ""))

    def mails(self) -> dict[str, str]:
        """Where mails that come in go; nothing while that is not known."""
        return dict(self._read().get("mails", {}))

    def _read(self) -> dict[str, Any]:
        try:
            stamp = self._path.stat().st_mtime_ns
            if stamp != self._stamp:
                self._values = json.loads(self._path.read_text())
                self._stamp = stamp
        except (FileNotFoundError, json.JSONDecodeError):
            pass
        return self._values


@dataclass(frozen=True, slots=True)
class Copy:
    """A public file as it was fetched, and until when it may be handed on."""

    body: bytes
    etag: str
    seconds: int
    fetched: float

    def fresh(self) -> bool:
        """Whether it may still be handed on."""
        return time.monotonic() < self.fetched + self.seconds


class Origin:
    """The origin's handlers."""

    def __init__(self, routes: Routes, in_flight: InFlight, fallback: str = "") -> None:
        self.routes, self.in_flight, self.fallback = routes, in_flight, fallback
        self._session: ClientSession | None = None
        self._copies: dict[str, Copy] = {}
        self._fetching: dict[str, asyncio.Lock] = {name: asyncio.Lock() for name in PUBLIC.values()}

    async def session(self, _: web.Application) -> Any:
        """One pool of connections to the engine, for the life of the server. Answers pass through as they are."""
        async with ClientSession(
            connector=TCPConnector(limit=200), timeout=ClientTimeout(total=60, connect=2), auto_decompress=False,
            cookie_jar=DummyCookieJar(),
        ) as self._session:  # fmt: skip
            yield

    async def api(self, request: web.Request) -> web.StreamResponse:
        """Hand the request to the gateway and its answer back, or refuse it when too many of its kind are in flight."""
        kind = kind_of(request.method, request.path)
        async with self.in_flight.slot(kind) as slot:
            if slot is None:
                return problem(503, "busy", kind)
            answer = await self._handed_on(request, kind)
            slot.made_work = answer.status < 400
            return answer

    async def _handed_on(self, request: web.Request, kind: Kind) -> web.StreamResponse:
        """The gateway's answer, without the names of what answered."""
        base = self.routes["api"]
        if not base or self._session is None:
            return problem(503, "busy", kind)
        if (request.content_length or 0) > BODY_LIMIT:
            return problem(413, "request_too_large")
        try:
            body = await request.read()
        except web.HTTPRequestEntityTooLarge:
            return problem(413, "request_too_large")
        headers = [(name, value) for name, value in request.headers.items() if name.lower() not in HOP_BY_HOP]
        headers = [(name, value) for name, value in headers if not name.lower().startswith("x-forwarded-")]
        headers.append(("X-Forwarded-For", request.remote or "127.0.0.1"))
        try:
            async with self._session.request(
                request.method, URL(base + _address(request), encoded=True), headers=headers,
                data=body or None, allow_redirects=False,
            ) as answer:  # fmt: skip
                content = await answer.read()
        except (ClientError, TimeoutError):
            return problem(503, "busy", kind)
        response = web.Response(status=answer.status, body=content)
        for name, value in answer.headers.items():
            if name.lower() not in HOP_BY_HOP and not name.lower().startswith(("x-amz", "access-control-", "date")):
                if name.lower() == "content-type":
                    response.headers[name] = value
                else:
                    response.headers.add(name, value)
        return response

    async def public(self, request: web.Request) -> web.StreamResponse:
        """A file of the public bucket, kept for as long as it says: however many ask, it is fetched once in that time. While
        the bucket does not answer, the last copy is better than none: it says how old it is."""
        name = PUBLIC[request.path]
        async with self._fetching[name]:
            copy = self._copies.get(name)
            if copy is None or not copy.fresh():
                copy = self._copies[name] = await self._fetched(name) or copy or Copy(b"", "", 0, 0.0)
        if not copy.body:
            return await self._dark() if name.endswith(".html") else problem(503, "busy")
        age = int(time.monotonic() - copy.fetched)
        headers = {
            **self._shields(), "Content-Type": KINDS[Path(name).suffix], "ETag": copy.etag, "Age": str(age),
            "Cache-Control": f"public, max-age={copy.seconds}",
        }  # fmt: skip
        if copy.etag in [one.strip() for one in request.headers.get("If-None-Match", "").split(",")]:
            return web.Response(status=304, headers=headers)
        return pressed(request, web.Response(body=copy.body, headers=headers))

    async def _fetched(self, name: str) -> Copy | None:
        base = self.routes["room"]
        if not base or self._session is None:
            return None
        try:
            async with self._session.get(f"{base}/{name}") as answer:
                body = await answer.read()
                if answer.status != 200:
                    return None
                said = re.search(r"max-age=(\d+)", answer.headers.get("Cache-Control", ""))
                return Copy(body, answer.headers.get("ETag", ""), int(said[1]) if said else 0, time.monotonic())
        except (ClientError, TimeoutError):
            return None

    async def _dark(self) -> web.StreamResponse:
        """The other origin's page, in the place of one that this one does not have: what a CDN's failover gives."""
        try:
            if self.fallback and self._session is not None:
                async with self._session.get(self.fallback) as answer:
                    headers = {name: answer.headers[name] for name in FALLBACK_HEADERS if name in answer.headers}
                    return web.Response(body=await answer.read(), headers=headers | {"Cache-Control": "no-store"})
        except (ClientError, TimeoutError):
            pass
        return problem(503, "busy")

    async def health(self, _: web.Request) -> web.Response:
        """Answers as soon as the origin listens, whatever stands behind it."""
        return web.json_response({"status": "ok"})

    async def page(self, request: web.Request) -> web.StreamResponse:
        """A static file."""
        if request.method not in ("GET", "HEAD"):
            return problem(404, "not_found")
        path = WEB / request.path.lstrip("/")
        path = path / "index.html" if path.is_dir() else path
        hidden = any(part.startswith(".") for part in path.parts[len(WEB.parts) :])
        if hidden or not path.resolve().is_relative_to(WEB) or not path.is_file():
            return problem(404, "not_found")
        kind = KINDS.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        headers = {**self._shields(), "Content-Type": kind, "Cache-Control": "no-cache"}
        return pressed(request, web.FileResponse(path, headers=headers))

    def _shields(self) -> dict[str, str]:
        engine, simulator = self.routes["engine"], self.routes["simulator"]
        policy = (
            "default-src 'none'; script-src 'self'; style-src 'self'; worker-src 'self'; manifest-src 'self'; "
            f"connect-src 'self' {engine} {simulator}; img-src 'self' {engine} {simulator}; "
            "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
        )
        return {
            "Content-Security-Policy": " ".join(policy.split()).replace(" ;", ";"),
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
        }


async def _nameless(_: web.Request, response: web.StreamResponse) -> None:
    response.headers.pop("Server", None)


def application(routes: Routes, fallback: str = "") -> web.Application:
    """The origin as an aiohttp application."""
    origin = Origin(routes, InFlight(slots(own_processors())), fallback)
    app = web.Application(client_max_size=BODY_LIMIT)
    app.cleanup_ctx.append(origin.session)
    app.on_response_prepare.append(_nameless)
    for prefix in ("v1", "v", "V"):  # the API, and the page behind a QR code (runtime/serial_page.py)
        app.router.add_route("*", rf"/{prefix}/{{path:[\s\S]*}}", origin.api)
    app.router.add_get("/_health", origin.health)
    for path in PUBLIC:
        app.router.add_get(path, origin.public)
    app.router.add_routes(mailbox.handlers(lambda: routes["engine"], routes.mails))
    app.router.add_route("*", r"/{path:[\s\S]*}", origin.page)
    return app


def main() -> None:
    """Serve on the loopback address."""
    parser = argparse.ArgumentParser(prog="python -m local.origin", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--routes", type=Path, required=True)
    parser.add_argument("--fallback", default="")
    arguments = parser.parse_args()
    web.run_app(
        application(Routes(arguments.routes), arguments.fallback), host="127.0.0.1", port=arguments.port, print=None,
        access_log=None, shutdown_timeout=1,
    )  # fmt: skip


if __name__ == "__main__":
    main()
