"""Functions run as AWS runs them: separate warm environments, each sealed to its own code, layers and AWS's runtime.

Stands in for the engine's worker, which lets a function import whatever this machine has, turns every exception into
Runtime.HandlerError, ends the environment after each, and waits 50 ms for log lines in every call.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import os
import select
import subprocess
import sys
import threading
import time
import uuid
import zipfile
from collections import deque
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import IO, Any

from ministack.core import lambda_runtime
from ministack.core.responses import request_scope
from ministack.services import lambda_svc

# What AWS's managed Python runtime brings along, and nothing else of this machine's packages.
RUNTIME_PACKAGES = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "urllib3", "six")
REQUEST_LIMIT = 6 * 1024 * 1024  # https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
INIT_SECONDS = 30.0
FULL_CPU_MEGABYTES = 1769  # "At 1,769 MB, a function has the equivalent of one vCPU": configuration-memory.html
STANDING_BACK = ("PurchaseFunction", "TallyFunction", "LetterFunction", "AuditFunction", "MailFunction")
"""Whoever has not paid yet, and what nobody waits for."""
BEHIND = 9  # nice levels: a weight of an eighth

_state = Path()
_unpacking = threading.Lock()
_freed = threading.Condition()
_waiting: dict[str, deque[object]] = {}


def place_in(state: Path) -> None:
    """Unpacked code, layers, the runtime's own packages and logs are kept under `state`."""
    global _state
    _state = state
    runtime = state / "runtime"
    runtime.mkdir(parents=True, exist_ok=True)
    (state / "logs").mkdir(exist_ok=True)
    for package in RUNTIME_PACKAGES:
        spec = find_spec(package)
        if spec is None or spec.origin is None:
            continue
        origin = Path(spec.origin)
        source = origin.parent if origin.name == "__init__.py" else origin
        link = runtime / source.name
        if not link.is_symlink() or link.resolve() != source.resolve():
            link.unlink(missing_ok=True)
            link.symlink_to(source)


def most_environments(config: dict[str, Any]) -> int:
    """How many environments of one function may run at once here: those that AWS gives a whole CPU share this
    machine's, the light ones get twice as many."""
    cpus = max(2, min(8, os.cpu_count() or 2))
    return cpus if int(config.get("MemorySize", 128)) >= FULL_CPU_MEGABYTES else 2 * cpus


def nice_level(config: dict[str, Any]) -> int:
    """How far an environment stands back for others on a processor that they share.

    "Lambda allocates CPU power in proportion to the amount of memory configured", and a nice level takes a fifth of a process's
    weight: https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html and
    https://docs.kernel.org/scheduler/sched-nice-design.html. On AWS no environment takes another's processor; here those of
    `STANDING_BACK` do not take it from those that paid work leans on (docs/adr/0026-in-flight-limit.md).
    """
    share = int(config.get("MemorySize", 128)) / FULL_CPU_MEGABYTES
    behind = BEHIND if any(f"-{name}-" in config["FunctionName"] for name in STANDING_BACK) else 0
    return max(0, min(19, round(-math.log(share, 1.25)) + behind))


def _unpacked(archive: bytes) -> Path:
    """The archive's files in a folder named by their hash, unpacked once and shared by every environment, as /opt is."""
    folder = _state / "unpacked" / hashlib.sha256(archive).hexdigest()[:32]
    with _unpacking:
        if not folder.is_dir():
            part = folder.with_suffix(f".{uuid.uuid4().hex}")
            with zipfile.ZipFile(BytesIO(archive)) as files:
                files.extractall(part)
            part.rename(folder)
    return folder


class Killed(Exception):
    """The environment ended in the middle of an invocation."""


class TimedOut(Exception):
    """The function ran longer than its Timeout."""


class Environment(lambda_runtime.Worker):  # type: ignore[misc]
    """A process that serves one function, one invocation at a time."""

    _requests: IO[str] | None = None
    _answers = -1
    _rest = b""

    def _spawn(self) -> None:
        self._proc = None
        code = _unpacked(self.code_zip)
        layers = [lambda_svc._resolve_layer_zip(layer) for layer in self.config.get("Layers", [])]
        # Later layers overwrite earlier ones: https://docs.aws.amazon.com/lambda/latest/dg/chapter-layers.html
        opt = [_unpacked(layer) / "python" for layer in reversed(layers) if layer]
        name = self.config["FunctionName"]
        _, region = lambda_runtime._account_region_from_function_config(self.config)
        environment = {
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
            "TZ": ":UTC",
            "TMPDIR": str(_state / "tmp"),
            **self.config.get("Environment", {}).get("Variables", {}),
            "AWS_REGION": region,
            "AWS_DEFAULT_REGION": region,
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{os.environ['GATEWAY_PORT']}",
            **lambda_runtime.execution_credentials(self.config),
            "AWS_EXECUTION_ENV": "AWS_Lambda_" + self.config["Runtime"],
            "AWS_LAMBDA_FUNCTION_NAME": name,
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(self.config["MemorySize"]),
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{name}",
            "AWS_LAMBDA_LOG_STREAM_NAME": uuid.uuid4().hex,
            "LAMBDA_TASK_ROOT": str(code),
            "_HANDLER": self.config["Handler"],
            "METERAI_PATH": os.pathsep.join(map(str, [code, *opt, _state / "runtime"])),
        }
        script = Path(__file__).with_name("environment.py")
        requests_read, requests_write = os.pipe()
        answers_read, answers_write = os.pipe()
        with (_state / "logs" / f"{name}.log").open("ab") as log:
            self._proc = subprocess.Popen(
                [sys.executable, "-P", "-S", "-s", str(script), str(requests_read), str(answers_write)],
                stdin=subprocess.PIPE, stdout=log, stderr=log, env=environment, cwd=code,
                pass_fds=(requests_read, answers_write),
            )  # fmt: skip
        with contextlib.suppress(ProcessLookupError):
            os.setpriority(os.PRIO_PROCESS, self._proc.pid, nice_level(self.config))
        os.close(requests_read)
        os.close(answers_write)
        self._requests = os.fdopen(requests_write, "w", encoding="utf-8")
        self._answers, self._rest = answers_read, b""
        ready = self._receive(time.monotonic() + INIT_SECONDS)
        if "error" in ready:
            self._end()
            raise InitFailed(ready["error"])

    def _receive(self, deadline: float) -> dict[str, Any]:
        pieces = [self._rest]
        while b"\n" not in pieces[-1]:
            readable, _, _ = select.select([self._answers], [], [], max(0.0, deadline - time.monotonic()))
            if not readable:
                raise TimedOut
            piece = os.read(self._answers, 1 << 16)
            if not piece:
                raise Killed
            pieces.append(piece)
        line, _, self._rest = b"".join(pieces).partition(b"\n")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _end(self) -> None:
        process, self._proc = self._proc, None
        if process is not None:
            process.kill()
            process.wait()
        if self._requests is not None:
            with contextlib.suppress(OSError):
                self._requests.close()
            os.close(self._answers)
            self._requests = None

    def _discard_tmpdir(self) -> None:
        """The engine has ended the process: let go of the pipes, once no call waits on them."""
        with self._lock:
            self._end()

    def start(self) -> None:
        """Start the process now, if it is not running; what keeps it from starting is told to the first call."""
        with self._lock:
            if self._proc is None:
                try:
                    self._spawn()
                except (InitFailed, Killed, TimedOut):
                    self._end()

    def call(self, event: Any, request_id: str) -> dict[str, Any]:
        """{"result": ...} or {"error": {errorType, errorMessage}}; an environment that timed out or died is ended,
        one whose handler raised stays warm (https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html).
        """
        timeout = float(self.config["Timeout"])
        with self._lock:
            try:
                if self._proc is not None and self._proc.poll() is not None:
                    self._end()
                if self._proc is None:
                    self._spawn()
                assert self._requests is not None
                call = {"event": event, "request_id": request_id, "arn": self.config["FunctionArn"],
                        "deadline": time.time() + timeout}  # fmt: skip
                self._requests.write(json.dumps(call) + "\n")
                self._requests.flush()
                return self._receive(time.monotonic() + timeout)
            except InitFailed as failed:
                return {"error": failed.args[0]}
            except TimedOut:
                self._end()
                message = f"{request_id} Task timed out after {timeout:.2f} seconds"
                return {"error": {"errorType": "Sandbox.Timedout", "errorMessage": message}}
            except (Killed, BrokenPipeError):
                self._end()
                message = f"RequestId: {request_id} Error: Runtime exited with error: signal: killed"
                return {"error": {"errorType": "Runtime.ExitError", "errorMessage": message}}


class InitFailed(Exception):
    """The handler's module could not be loaded."""


def _lease(name: str, config: dict[str, Any], code: bytes) -> Environment:
    """A free environment, a new one while there is room, or the next to come free, first come first served."""
    turn, key = object(), lambda_runtime._worker_key(name, config, "$LATEST")
    with _freed:
        line = _waiting.setdefault(key, deque())
        line.append(turn)
        try:
            while True:
                if line[0] is turn:
                    worker, _ = lambda_runtime.acquire_worker(
                        name, config, code, max_concurrency=most_environments(config)
                    )
                    if worker is not None:
                        return worker  # type: ignore[no-any-return]
                _freed.wait()
        finally:
            line.remove(turn)
            _freed.notify_all()


def _give_back(worker: Environment) -> None:
    lambda_runtime.release_worker(worker)
    with _freed:
        _freed.notify_all()


def execute(func: dict[str, Any], event: Any, request_id: str) -> dict[str, Any]:
    """Run one invocation in an environment of its own; the engine's record of what came out."""
    config = func.get("config") or func
    name = config["FunctionName"]
    if len(json.dumps(event)) > REQUEST_LIMIT:
        return _failed(
            {
                "errorType": "RequestEntityTooLargeException",
                "errorMessage": "Request must be smaller than 6291456 bytes",
            }
        )
    worker = _lease(name, config, func["code_zip"])
    try:
        answer = worker.call(event, request_id)
    finally:
        _give_back(worker)
    if "error" in answer:
        return _failed(answer["error"])
    return {"body": answer["result"], "log": ""}


def _failed(error: dict[str, Any]) -> dict[str, Any]:
    return {"body": error, "error": True, "log": json.dumps(error)}


def warm() -> None:
    """Start one environment of every function ahead of its first call (what AWS sells as provisioned concurrency)."""
    for func in list(lambda_svc._functions._data.values()):
        config = func["config"]
        worker = _lease(config["FunctionName"], config, func["code_zip"])
        try:
            with request_scope(*lambda_runtime._account_region_from_function_config(config)):
                worker.start()
        finally:
            _give_back(worker)
