"""Doors over sockets: whatever a channel answers, all that is learnt is whether it is well and how long that took."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from meterai.issuers.doors import HttpDoors
from tests.fakes.outside import PlainDoors

PATIENCE_SECONDS = 20.0
"""For an answer that comes at once on a machine that has time for it."""
SLOW_SECONDS = 3.0
SECRET = "meterai-akun.internal:8443 Traceback (most recent call last)"


class Channel(BaseHTTPRequestHandler):
    """A channel that answers as its address says."""

    protocol_version = "HTTP/1.1"
    server: ThreadingHTTPServer
    turns = 0

    def do_GET(self) -> None:
        Channel.turns += 1
        kind = self.path.strip("/").partition("?")[0]
        if kind in ("302here", "loop"):
            self._answer(302, {"Location": "/200" if kind == "302here" else "/loop"})
        elif kind == "302there":
            self._answer(302, {"Location": f"http://localhost:{self.server.server_port}/200"})
        elif kind == "302nowhere":
            self._answer(302, {"Location": "http://[broken"})
        elif kind == "huge":
            self._answer(200, {"Content-Length": str(10**12)}, length=False)
        elif kind == "slow":
            time.sleep(SLOW_SECONDS)
            self._answer(200, {})
        else:
            self._answer(int(kind), {"X-Backend": SECRET})

    def _answer(self, status: int, headers: dict[str, str], *, length: bool = True) -> None:
        body = SECRET.encode()
        self.send_response(status)
        for name, value in headers.items() | ({("Content-Length", str(len(body)))} if length else set()):
            self.send_header(name, value)
        self.end_headers()
        with suppress(OSError):
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Silent."""


@pytest.fixture(scope="module")
def channel() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Channel)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@contextmanager
def speaking(*chunks: bytes, every: float = 0.0) -> Iterator[str]:
    """A listener that says these bytes to whoever comes, so many seconds apart, and then hangs up."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()

        def serve() -> None:
            with suppress(OSError):
                caller, _ = listener.accept()
                with caller:
                    caller.recv(4096)
                    for chunk in chunks:
                        caller.sendall(chunk)
                        time.sleep(every)

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"


def knock(address: str, seconds: float = 2.0) -> int | None:
    return HttpDoors(seconds=seconds).knock({"it": address})["it"]


def test_the_fake_and_the_real_doors_tell_the_same_things(channel: str) -> None:
    plain = PlainDoors()
    plain.closed.add("closed")
    addresses = {"open": f"{channel}/200", "closed": f"{channel}/503"}
    real = HttpDoors(seconds=PATIENCE_SECONDS).knock(addresses)
    for told in (plain.knock(addresses), real):
        assert list(told) == ["open", "closed"]
        assert told["closed"] is None
        assert 0 <= (told["open"] or 0) < PATIENCE_SECONDS * 1000
    assert HttpDoors().knock({}) == plain.knock({}) == {}


@pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500, 502, 503])
def test_a_block_page_is_not_well_whatever_it_says(channel: str, status: int) -> None:
    assert knock(f"{channel}/{status}") is None


def test_a_redirect_is_followed_on_the_same_host_and_not_for_ever(channel: str) -> None:
    assert knock(f"{channel}/302here", PATIENCE_SECONDS) is not None
    assert knock(f"{channel}/302there") is None
    assert knock(f"{channel}/302nowhere") is None
    before = Channel.turns
    assert knock(f"{channel}/loop") is None
    assert Channel.turns - before == 3


def test_a_redirect_never_leads_from_https_to_http() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.scheme == "https":
            return httpx.Response(301, headers={"Location": str(request.url.copy_with(scheme="http"))})
        raise AssertionError("asked in the clear")

    doors = HttpDoors(lambda: httpx.AsyncClient(transport=httpx.MockTransport(answer)))
    assert doors.knock({"it": "https://posfin.example/"}) == {"it": None}


def test_no_body_is_waited_for(channel: str) -> None:
    """This one never ends: whoever waited for it would hear of no answer."""
    assert knock(f"{channel}/huge", PATIENCE_SECONDS) is not None


def test_a_channel_that_is_slow_or_drips_is_given_up_in_time(channel: str) -> None:
    """Both answer well in the end, to whoever is there still."""
    assert knock(f"{channel}/slow", seconds=0.4) is None
    assert knock(f"{channel}/slow", PATIENCE_SECONDS) is not None
    drips = [b"HTTP/1.1 200 OK\r\n", *[b"x: y\r\n"] * 30, b"Content-Length: 0\r\n\r\n"]
    with speaking(*drips, every=0.1) as dripping:
        assert knock(dripping, seconds=0.4) is None
    with speaking(*drips, every=0.0) as dripping:
        assert knock(dripping, PATIENCE_SECONDS) is not None


@pytest.mark.parametrize(
    "said",
    [b"", b"\x00\xff" * 100, b"HTTP/1.1 999999 what\r\n\r\n", b"SSH-2.0-OpenSSH\r\n",
     b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", b"HTTP/1.1 200 OK\r\n" + b"a: " + b"b" * 200_000],
)  # fmt: skip
def test_what_is_no_answer_is_no_answer_and_raises_nothing(said: bytes) -> None:
    with speaking(said) as address:
        assert knock(address) is None


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:9/", "http://nobody.invalid/", "gopher://x/", "http://[x/", "", "::"]
)
def test_an_address_where_nobody_is_is_no_answer(address: str) -> None:
    assert knock(address) is None


def test_all_doors_are_knocked_at_at_once(channel: str) -> None:
    """One after the other they would take half a minute."""
    began = time.monotonic()
    told = HttpDoors(seconds=0.5).knock({str(number): f"{channel}/slow" for number in range(60)})
    assert set(told.values()) == {None}
    assert time.monotonic() - began < 60 * 0.5
