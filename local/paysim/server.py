"""The simulator behind a loopback socket, with its notifier in a thread."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl

import httpx

from local.paysim.app import App
from local.paysim.book import Book, Notice, ProviderName
from local.paysim.iluma import Iluma
from local.paysim.midtrans import Midtrans
from local.paysim.notify import Notifier
from local.paysim.provider import Outcome, Provider
from local.paysim.wire import Answer, Request
from local.paysim.xendit import Xendit

HOST = "127.0.0.1"
BODY_BYTES_MAX = 65_536
TIMEOUT_SECONDS: Mapping[ProviderName, float] = {"midtrans": 15.0, "xendit": 30.0}
"""How long each provider waits for an answer to its notification (docs.midtrans.com; docs.xendit.co/webhook)."""


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
        path, _, query = self.path.partition("?")
        self._send(
            self.server.app(
                Request(
                    method=self.command,
                    path=path,
                    headers={name.lower(): value for name, value in self.headers.items()},
                    body=self.rfile.read(length),
                    query=dict(parse_qsl(query)),
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


@dataclass(frozen=True)
class Keys:
    """What a merchant has at both providers and at the name check."""

    server_key: str
    secret_key: str
    callback_token: str
    payout_key: str
    name_key: str


def providers(book: Book, keys: Keys, base_url: str) -> dict[ProviderName, Provider]:
    """Both providers on one book, in real time."""

    def now() -> datetime:
        return datetime.now(UTC)

    midtrans = Midtrans(book, keys.server_key, base_url, now, secrets.token_bytes)
    xendit = Xendit(book, keys.secret_key, keys.callback_token, base_url, now, secrets.token_bytes, keys.payout_key)
    return {"midtrans": midtrans, "xendit": xendit}


class Simulator:
    """A running simulator. `notify` has the addresses for notifications by topic ("midtrans.payments"); what has none is not
    sent, as Xendit does with a webhook whose URL is not set. Raises OSError when the port is taken."""

    def __init__(
        self,
        *,
        port: int,
        keys: Keys,
        notify: Mapping[str, str],
        state: str,
        retry_scale: float,
        allowed_origins: tuple[str, ...] = (),
    ) -> None:
        self._listener = _Listener((HOST, port), _Handler)
        self.base_url = f"http://{HOST}:{self._listener.server_address[1]}"
        self._book = Book(state)
        both = providers(self._book, keys, self.base_url)
        self._merchant = httpx.Client(trust_env=False)
        self._notifier = Notifier(self._book, both, lambda: datetime.now(UTC), self._post, retry_scale)
        self._notify = notify
        names = Iluma(self._book, keys.name_key, lambda: datetime.now(UTC), secrets.token_bytes)
        self._listener.app = App(self._book, both, allowed_origins, changed=self._notifier.wake, names=names)
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
            thread.join(max(TIMEOUT_SECONDS.values()))
        self._listener.server_close()
        self._merchant.close()
        self._book.close()

    def _post(self, notice: Notice) -> Outcome:
        address = self._notify.get(f"{notice.provider}.{notice.topic}")
        if address is None:
            return 200
        headers = {"Content-Type": "application/json", **notice.headers}
        timeout = TIMEOUT_SECONDS[notice.provider]
        try:
            return self._merchant.post(
                address, content=notice.body.encode(), headers=headers, timeout=timeout
            ).status_code
        except httpx.TimeoutException:
            return "timeout"
        except httpx.HTTPError:
            return "unreachable"
