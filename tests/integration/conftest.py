"""The local stack as a person starts it, in a folder of its own and on free ports, shared by every test that asks for it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from local.deployment import HOUSE, client
from local.ports import unused_port
from tests.integration.client import connect

DAY_SECONDS = 0.02
START_SECONDS = 120.0


@dataclass(frozen=True)
class Process:
    """A process of this machine, as /proc tells it."""

    pid: int

    def words(self, file: str) -> list[str]:
        """The NUL-separated words of one of its files; none once it has ended."""
        try:
            return (Path("/proc") / str(self.pid) / file).read_bytes().decode(errors="replace").split("\0")
        except OSError:
            return []

    def trace(self) -> str:
        """Its command line and the folder it works in."""
        try:
            folder = str((Path("/proc") / str(self.pid) / "cwd").readlink())
        except OSError:
            folder = ""
        return " ".join([*self.words("cmdline"), folder])

    def environment(self) -> dict[str, str]:
        """Its environment when it started."""
        return dict(word.split("=", 1) for word in self.words("environ") if "=" in word)

    def kill(self) -> None:
        """kill -9."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)


class Stack:
    """A running local stack: `access` is access.json; `client("s3")` a boto3 client of its engine."""

    def __init__(
        self, state: Path, port: int, day_seconds: float = DAY_SECONDS, issuer: str = "own", provider: str = "midtrans"
    ) -> None:
        self.state, self.port, self.day_seconds = state, port, day_seconds
        self.issuer, self.provider = issuer, provider
        self.process: subprocess.Popen[bytes] | None = None
        self.access: dict[str, str] = {}
        self._clients: dict[str, Any] = {}
        self._http: httpx.Client | None = None

    @property
    def api_url(self) -> str:
        """Where `/v1` hangs."""
        return self.access["api_url"]

    @property
    def web_url(self) -> str:
        """Where the page is."""
        return self.access["web_url"]

    def start(self) -> None:
        """Start the supervisor and wait until everything answers."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        environment.update(
            PORT=str(self.port),
            METERAI_STATE=str(self.state),
            REFUND_DAY_SECONDS=str(self.day_seconds),
            ISSUER=self.issuer,
            PAYMENT_PROVIDER=self.provider,
            PYTHONPATH=f"{HOUSE}/layers/meterai/python:{HOUSE}",
        )
        (self.state / "access.json").unlink(missing_ok=True)
        with (self.state / "supervisor.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "local"], cwd=HOUSE, env=environment, stdout=log, stderr=log
            )
        self.wait_until_ready()

    def wait_until_ready(self) -> None:
        """Until access.json is there."""
        assert self.process is not None
        path = self.state / "access.json"
        deadline = time.monotonic() + START_SECONDS
        while not path.exists():
            log = (self.state / "supervisor.log").read_text()
            assert self.process.poll() is None, f"the stack did not start: {log}"
            assert time.monotonic() < deadline, f"the stack was not ready in {START_SECONDS} s: {log}"
            time.sleep(0.05)
        self.access = json.loads(path.read_text())

    def well(self) -> Stack:
        """This stack, started if it does not run, once what somebody ended of it is back."""
        if self.process is None or self.process.poll() is not None:
            self.start()
        until(self.answers, 60)
        return self

    def answers(self) -> bool:
        """Whether the API does, through the origin, the engine and a function."""
        try:
            return httpx.get(f"{self.api_url}/v1/status", timeout=20).status_code == 200
        except httpx.HTTPError:
            return False

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Send the supervisor a signal and wait for its end."""
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(30)

    def processes(self) -> list[Process]:
        """Every process of this stack but its supervisor: those whose command line or folder names its state."""
        found = [Process(int(folder.name)) for folder in Path("/proc").iterdir() if folder.name.isdigit()]
        return [process for process in found if str(self.state) in process.trace() and process.pid != os.getpid()]

    def part(self, name: str) -> Process:
        """The process of one part: engine, authority, paysim or origin."""
        return next(process for process in self.processes() if f"local.{name}" in process.words("cmdline"))

    def workers(self, function: str) -> list[Process]:
        """The environments of the function with this name in template.yaml, such as SealFunction."""
        names = [(process, process.environment().get("AWS_LAMBDA_FUNCTION_NAME", "")) for process in self.processes()]
        return [process for process, name in names if name.startswith(f"meterai-{function}-")]

    def kill_worker(self, function: str) -> int:
        """kill -9 every environment of a function, as when a machine under it dies; how many there were."""
        doomed = self.workers(function)
        for process in doomed:
            process.kill()
        return len(doomed)

    def client(self, service: str) -> Any:
        """A boto3 client of the engine with the operator's credentials."""
        if service not in self._clients:
            access = self.access
            made = client(access["engine_url"], service, access["region"], access["secret_access_key"])
            self._clients[service] = made
        return self._clients[service]

    def http(self) -> httpx.Client:
        """An HTTP client of the API."""
        if self._http is None:
            self._http = connect(self.api_url)
        return self._http

    def close(self) -> None:
        """Let go of every connection, stop the stack, and see to it that nothing of it stays."""
        for made in self._clients.values():
            made.close()
        if self._http is not None:
            self._http.close()
        if self.process is not None and self.process.poll() is None:
            self.stop()
        for process in self.processes():
            process.kill()


def until(wanted: Callable[[], Any], seconds: float = 20.0) -> Any:
    """The first true value, asked for again and again; fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while not (value := wanted()):
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.05)
    return value


_running: dict[str, Stack] = {}
_users: dict[str, int] = {}


def _one_for_all(name: str, made: Callable[[], Stack]) -> Iterator[Stack]:
    """The stack of this name, one for every test of this process, whichever conftest they find it through."""
    if name not in _running:
        _running[name] = made()
        try:
            _running[name].start()
        except BaseException:
            _running.pop(name).close()
            raise
    _users[name] = _users.get(name, 0) + 1
    try:
        yield _running[name]
    finally:
        _users[name] -= 1
        if not _users[name]:
            _running.pop(name).close()


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The stack that tests share, and leave as they found it.

    tests/one_stack.py sees to it that under pytest-xdist they share its process too."""
    yield from _one_for_all("stack", lambda: Stack(tmp_path_factory.mktemp("stack"), unused_port()))


@pytest.fixture(scope="session")
def other(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A second stack, in which new codes are asked from Xendit and a simulated upstream issuer mints the stamps. Its tests may
    break it and stop it: each takes it `well`."""
    folder = tmp_path_factory.mktemp("other")
    yield from _one_for_all("other", lambda: Stack(folder, unused_port(), issuer="peruri", provider="xendit"))
