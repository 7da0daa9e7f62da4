"""The wire of the refund's tasks: every request of a worker to the table or to a provider passes here, on its way to the real
one.

The workers are the engine's own processes and know nothing of it: their function is deployed with these addresses. At points
that each refund's seed draws, the worker is killed (SIGKILL), hears nothing until its function's time-out, or is told an error;
and what it had sent arrives, or does not, or arrives later.
"""

from __future__ import annotations

import http.client
import json
import os
import random
import re
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

import httpx


class Strike(StrEnum):
    """What befalls a request. Nothing of it is heard by a worker that was killed."""

    KILLED_BEFORE = "killed, nothing arrives"
    KILLED_AFTER = "killed, the request arrived"
    KILLED_LATE = "killed, the request arrives later"
    HUNG_BEFORE = "timed out, nothing arrives"
    HUNG_AFTER = "timed out, the request arrived"
    FAILED_BEFORE = "an error, nothing arrives"
    FAILED_AFTER = "an error, the request arrived"
    LOST = "connection lost, the request arrived"
    TWICE = "the request arrives twice"


WEIGHTS = {
    Strike.KILLED_BEFORE: 16, Strike.KILLED_AFTER: 16, Strike.KILLED_LATE: 8, Strike.HUNG_BEFORE: 1, Strike.HUNG_AFTER: 1,
    Strike.FAILED_BEFORE: 15, Strike.FAILED_AFTER: 15, Strike.LOST: 13, Strike.TWICE: 13,
}  # fmt: skip
KILLED = (Strike.KILLED_BEFORE, Strike.KILLED_AFTER, Strike.KILLED_LATE)
ARRIVED = (Strike.KILLED_AFTER, Strike.HUNG_AFTER, Strike.FAILED_AFTER, Strike.LOST)
LATE_SECONDS = (0.2, 12.0)
"""How much later a request of the dead arrives: before its recorded call is over (operations/advance_refund.py, CALL_LASTS)."""
OFTEN, SELDOM = 0.3, 0.05
"""How likely a strike is at the calls that matter most (the provider's, the write after it, a token's), and at any other."""
WITHIN = 8
"""One of a refund's first calls is always struck, so that each execution meets something."""
WRITES = {
    "token": "keep the token", "settled_at": "settle", "tries": "start", "decided_by": "decided anew", "milestone": "remind",
    "call_until": "call",
}  # fmt: skip
"""What a transaction of the tasks does, by the first attribute here that its refund's change names; another one is a `move`."""
REFUND = re.compile(r"rfd_[0-9A-Za-z]+")


class Site(NamedTuple):
    """Whom a request asks, and for what."""

    service: str
    what: str


@dataclass
class Fate:
    """What one refund meets, drawn from its `chance` as its calls come. `refuse` are the tries that the provider or the bank
    refuses; while `dark` it answers nobody. `most` is how many strikes there are at most, `unknown` how many of them may leave
    the provider's answer unknown: each of these is asked about half a minute later."""

    chance: random.Random
    refuse: frozenset[int] = frozenset()
    dark: bool = False
    most: int = 3
    unknown: int = 2
    calls: int = 0
    asked: bool = False
    struck: list[tuple[Site, Strike]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.first = self.chance.randrange(WITHIN)

    def meets(self, site: Site) -> Strike | None:
        """What befalls the next call."""
        with self.lock:
            number, self.calls = self.calls, self.calls + 1
            matters = site.service == "provider" or self.asked or site.what == WRITES["token"]
            drawn = self.chance.random() < (OFTEN if matters else SELDOM) or number == self.first
            strike = self.chance.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
            doubtful = site.service == "provider" or self.asked
            if site.what != "read":
                self.asked = site.service == "provider"
            if not drawn or len(self.struck) >= self.most or (doubtful and not self.unknown):
                return None
            if strike is Strike.TWICE and site.service != "provider":
                strike = Strike.LOST  # a token of botocore's keeps a transaction from being done twice
            self.unknown -= doubtful
            self.struck.append((site, strike))
            return strike


@dataclass(frozen=True)
class Sent:
    """A request as it came."""

    service: str
    method: str
    path: str
    headers: list[tuple[str, str]]
    body: bytes

    def site(self) -> Site:
        """Where it goes."""
        if self.service == "provider":
            parts = self.path.partition("?")[0].split("/")
            path = "/".join("*" if re.search("[0-9]", part) and part != "v2" else part for part in parts)
            return Site("provider", f"{self.method} {path}")
        operation = dict(self.headers).get("X-Amz-Target", "").rpartition(".")[2]
        if operation != "TransactWriteItems":
            return Site("table", "read")
        items = json.loads(self.body)["TransactItems"]
        changes = [one["Update"] for one in items if "Update" in one and one["Update"]["Key"]["sk"]["S"] == "refund"]
        named = {name for one in changes for name in one.get("ExpressionAttributeNames", {}).values()}
        return Site("table", next((what for attribute, what in WRITES.items() if attribute in named), "move"))


class Heard(NamedTuple):
    """An answer as it came."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


class Wire:
    """`engine` and `simulator` are the real addresses; `owns` says whether a process is a worker of the refund's tasks."""

    def __init__(self, engine: str, simulator: str, owns: Callable[[int], bool]) -> None:
        self._owns = owns
        self._simulator = simulator
        self._knobs = httpx.Client(base_url=simulator, timeout=30)
        self._turning = threading.Lock()
        self._fates: dict[str, Fate] = {}
        self._of_worker: dict[int, str] = {}
        self._late: list[threading.Timer] = []
        self._listeners = [_Listener(self, "table", engine), _Listener(self, "provider", simulator)]
        self.table, self.provider = (one.address for one in self._listeners)
        self.unknown_refunds = 0
        for one in self._listeners:
            threading.Thread(target=one.serve_forever, daemon=True).start()

    def expect(self, refund: str, fate: Fate) -> None:
        """From now on this refund meets its fate."""
        self._fates[refund] = fate

    def fate_of(self, worker: int | None, sent: Sent) -> tuple[str, Fate] | None:
        """Whose request it is: it names its refund, or its worker did just before."""
        named = REFUND.search(sent.path) or REFUND.search(sent.body.decode("utf-8", "replace"))
        if worker is not None and named is not None:
            self._of_worker[worker] = named[0]
        refund = named[0] if named else self._of_worker.get(worker or 0, "")
        fate = self._fates.get(refund)
        return None if fate is None else (refund, fate)

    def pass_on(self, upstream: Callable[[Sent], Heard], sent: Sent, mine: tuple[str, Fate] | None) -> Heard:
        """Let the real one answer; the provider refuses, or is dark, where the refund's fate says so."""
        if sent.service == "table" or mine is None:
            return upstream(sent)
        refund, fate = mine
        if fate.dark:
            return Heard(
                503, [("Content-Type", "text/html")], b"<html><h1>503 Service Temporarily Unavailable</h1></html>"
            )
        key = re.search(rf"{refund}-([0-9]+)", sent.body.decode("utf-8", "replace"))
        refused = sent.method == "POST" and key is not None and int(key[1]) in fate.refuse
        with self._turning, self._turned() if refused else nullcontext():
            return upstream(sent)

    @contextmanager
    def _turned(self) -> Iterator[None]:
        self._knobs.post("/_knobs", json={"refund_refused": True, "payout_bounced": "failed"}).raise_for_status()
        try:
            yield
            self._knobs.get("/simulate/nobody")  # what was asked is judged while the knobs stand so
        finally:
            self._knobs.post("/_knobs", json={"refund_refused": False, "payout_bounced": None}).raise_for_status()

    def later(self, seconds: float, act: Callable[[], object]) -> None:
        """A request of the dead is still on its way."""
        timer = threading.Timer(seconds, act)
        timer.daemon = True
        self._late.append(timer)
        timer.start()

    def come_in(self) -> None:
        """Wait until everything has arrived that was on its way."""
        for timer in list(self._late):
            timer.join()

    def kill(self, worker: int | None) -> bool:
        """kill -9, if it is a worker of the refund's tasks."""
        if worker is None or not self._owns(worker):
            return False
        with suppress(ProcessLookupError):
            os.kill(worker, signal.SIGKILL)
        return True

    def close(self) -> None:
        """Listen no more."""
        self.come_in()
        for one in self._listeners:
            one.shutdown()
            one.server_close()
        self._knobs.close()


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, wire: Wire, service: str, upstream: str) -> None:
        super().__init__(("127.0.0.1", 0), _Line)
        self.wire, self.service = wire, service
        self.host, self.port = httpx.URL(upstream).host, int(httpx.URL(upstream).port or 80)
        self.address = f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Silent: who was killed hangs up."""

    def ask(self, sent: Sent) -> Heard:
        """The real one's answer, as it comes. Raises OSError."""
        upstream = http.client.HTTPConnection(self.host, self.port, timeout=60)
        try:
            upstream.putrequest(sent.method, sent.path, skip_host=True, skip_accept_encoding=True)
            for name, value in sent.headers:
                if name.lower() not in ("connection", "expect"):
                    upstream.putheader(name, value)
            upstream.putheader("Connection", "close")
            upstream.endheaders(sent.body)
            answer = upstream.getresponse()
            return Heard(answer.status, answer.getheaders(), answer.read())
        finally:
            upstream.close()


class _Line(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: _Listener

    def setup(self) -> None:
        super().setup()
        self.worker = process_behind(self.client_address[1])

    def _pass(self) -> None:
        line, wire = self.server, self.server.wire
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        sent = Sent(line.service, self.command, self.path, list(self.headers.items()), body)
        mine = wire.fate_of(self.worker, sent)
        strike = mine[1].meets(sent.site()) if mine is not None else None
        wire.unknown_refunds += mine is None

        def ask() -> Heard:
            return wire.pass_on(line.ask, sent, mine)

        if strike is None:
            self._tell(ask())
        elif strike is Strike.TWICE:
            ask()
            self._tell(ask())
        else:
            self._struck(strike, ask, mine)

    def _struck(self, strike: Strike, ask: Callable[[], Heard], mine: tuple[str, Fate] | None) -> None:
        """What was to arrive arrives first; then the worker hears of it, dies, or waits in vain."""
        wire = self.server.wire
        if strike in ARRIVED:
            ask()
        if strike in KILLED:
            wire.kill(self.worker)
        if strike is Strike.KILLED_LATE and mine is not None:
            wire.later(mine[1].chance.uniform(*LATE_SECONDS), ask)
        if strike in (Strike.HUNG_BEFORE, Strike.HUNG_AFTER):
            while self.worker is not None and Path(f"/proc/{self.worker}/fd").exists():
                time.sleep(0.1)
        if strike in (Strike.FAILED_BEFORE, Strike.FAILED_AFTER):
            self._tell(_ERRORS[self.server.service])
        else:
            self.close_connection = True

    def _tell(self, heard: Heard) -> None:
        self.send_response_only(heard.status)
        for name, value in heard.headers:
            if name.lower() not in ("transfer-encoding", "connection", "content-length", "keep-alive"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(heard.body)))
        self.end_headers()
        self.wfile.write(heard.body)

    do_GET = do_POST = _pass  # noqa: N815 (the names that http.server calls)

    def log_message(self, format: str, *args: object) -> None:
        """Silent."""


_ERRORS = {
    "table": Heard(
        400,
        [("Content-Type", "application/x-amz-json-1.0")],
        b'{"__type": "com.amazon.coral.service#AccessDeniedException", "Message": "not now"}',
    ),
    "provider": Heard(
        500, [("Content-Type", "application/json")], b'{"status_code": "500", "error_code": "SERVER_ERROR"}'
    ),
}
"""Errors that no library repeats by itself."""


def process_behind(port: int) -> int | None:
    """The process on this machine whose connection leaves from this loopback port."""
    local = f"0100007F:{port:04X}"
    lines = (line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:])
    socket = next((f"socket:[{line[9]}]" for line in lines if line[1] == local and line[9] != "0"), None)
    if socket is None:
        return None
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and int(folder.name) != os.getpid():
            with suppress(OSError):
                if any(os.readlink(one) == socket for one in (folder / "fd").iterdir()):
                    return int(folder.name)
    return None
