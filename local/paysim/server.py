"""The simulator behind a loopback socket, with its notifier in a thread."""

from __future__ import annotations

import secrets
import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx

from local.paysim.app import Answer, App, Request
from local.paysim.book import Book
from local.paysim.notify import Notifier
from local.paysim.provider import Provider

HOST = "127.0.0.1"
BODY_BYTES_MAX = 65_536
NOTIFICATION_TIMEOUT_SECONDS = 15.0


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 75
    disable_nagle_algorithm = True
    wbufsize = -1
    server: _Listener

    def _handle(self) -> None:
        declared = self.headers.get("Content-Length", "0")
        length = int(declared) if declared.isdecimal() else BODY_BYTES_MAX + 1
        if length > BODY_BYTES_MAX or "Transfer-Encoding" in self.headers:
            self.close_connection = True
            self._send(Answer(413, b'{"error": "too large"}'))
            return
        self._send(
            self.server.app(
                Request(
                    method=self.command,
                    path=self.path.partition("?")[0],
                    headers={name.lower(): value for name, value in self.headers.items()},
                    body=self.rfile.read(length),
                )
            )
        )

    def _send(self, answer: Answer) -> None:
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        if answer.status != 204:
            self.send_header("Content-Length", str(len(answer.body)))
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body)

    do_GET = do_POST = do_DELETE = do_OPTIONS = _handle  # noqa: N815 (the names that http.server calls)

    def log_message(self, format: str, *args: object) -> None:
        """Silent: what happened is in the state file and at the merchant."""


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    app: App


class Simulator:
    """A running simulator. Raises OSError when the port is taken."""

    def __init__(
        self,
        *,
        port: int,
        server_key: str,
        notify_url: str,
        state: str,
        retry_scale: float,
        allowed_origins: tuple[str, ...] = (),
    ) -> None:
        self._listener = _Listener((HOST, port), _Handler)
        self.base_url = f"http://{HOST}:{self._listener.server_address[1]}"
        self._book = Book(state)
        provider = Provider(self._book, server_key, self.base_url, lambda: datetime.now(UTC), secrets.token_bytes)
        self._merchant = httpx.Client(timeout=NOTIFICATION_TIMEOUT_SECONDS, trust_env=False)
        self._notifier = Notifier(provider, self._post, retry_scale)
        self._notify_url = notify_url
        self._listener.app = App(provider, allowed_origins, changed=self._notifier.wake)
        self._threads = [
            threading.Thread(target=self._notifier.run, name="paysim-notifier", daemon=True),
            threading.Thread(target=self._listener.serve_forever, name="paysim-listener", daemon=True),
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._notifier.stop()
        self._listener.shutdown()
        for thread in self._threads:
            thread.join(NOTIFICATION_TIMEOUT_SECONDS)
        self._listener.server_close()
        self._merchant.close()
        self._book.close()

    def _post(self, body: bytes) -> int | None:
        try:
            answer = self._merchant.post(
                self._notify_url, content=body, headers={"Content-Type": "application/json", "User-Agent": "Veritrans"}
            )
        except httpx.HTTPError:
            return None
        return answer.status_code
