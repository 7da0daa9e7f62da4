"""Parse what strangers send in a forked child that has no environment, no descriptors, little memory and little time.

`os.fork` and a pipe: AWS Lambda has no /dev/shm, which rules multiprocessing's queues out. A fork costs 1-2 ms.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import resource
import select
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, NoReturn

from meterai.ports.documents_pdf import Limits

_CHUNK = 1 << 16
_ANSWER_MAX = 24 * 1024 * 1024
"""Bytes of an answer, its files included: the largest document twice, and then some."""


@dataclass(frozen=True, slots=True)
class Failure:
    """The child gave no answer: it `raised`, ran out of `memory` or `time`, `crashed`, or `stalled`: the machine could make or
    confine no child, or hardly gave it a processor, which says nothing about the document."""

    why: Literal["raised", "memory", "time", "crashed", "stalled"]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a child tells, and files that it made: bytes do not fit into JSON."""

    told: Any
    files: tuple[bytes, ...]


def run(function: Callable[[bytes], Any], source: bytes, limits: Limits) -> Any | Failure:
    """What `function(source)` answers (anything JSON can carry, or an Answer) when run in a bounded child, or how it
    failed.

    Never raises for what `source` is. Whatever `function` imports has to be imported before: the child can open no
    file. Usable from any thread: the parent keeps no state and waits for its own child only."""
    try:
        reading, writing = os.pipe()
    except OSError:
        return Failure("stalled")
    try:
        pid = os.fork()
    except OSError:
        os.close(reading)
        os.close(writing)
        return Failure("stalled")
    if pid == 0:  # pragma: no cover - the child
        _serve(function, source, limits, writing)
    os.close(writing)
    try:
        answer = _listen(reading, time.monotonic() + limits.wall_seconds)
    finally:
        os.close(reading)
        with contextlib.suppress(ProcessLookupError):
            os.kill(
                pid, signal.SIGKILL
            )  # not reaped yet, so the number is still the child's; after an answer it does nothing
        _, status, spent = os.wait4(pid, 0)
    if answer is None:
        return Failure("time" if spent.ru_utime + spent.ru_stime >= limits.cpu_seconds / 2 else "stalled")
    if not answer:
        killed = os.WTERMSIG(status) if os.WIFSIGNALED(status) else None
        return Failure("time" if killed == signal.SIGXCPU else "crashed")
    head, _, rest = answer.partition(b"\n")
    try:
        message = json.loads(head)
    except ValueError:
        return Failure("crashed")
    if "failure" in message:
        return Failure(message["failure"])
    sizes = message["files"]
    if sizes is None:
        return message["answer"]
    if sum(sizes) != len(rest):
        return Failure("crashed")
    ends = list(itertools.accumulate(sizes, initial=0))
    return Answer(message["answer"], tuple(rest[start:end] for start, end in itertools.pairwise(ends)))


def _listen(reading: int, until: float) -> bytes | None:
    """All that the child says before it closes its end; None when time is up."""
    poll = select.poll()
    poll.register(reading, select.POLLIN)
    heard = bytearray()
    while len(heard) <= _ANSWER_MAX:
        left = until - time.monotonic()
        if left <= 0 or not poll.poll(max(1, int(left * 1000))):
            return None
        chunk = os.read(reading, _CHUNK)
        if not chunk:
            return bytes(heard)
        heard += chunk
    return b""


def _serve(
    function: Callable[[bytes], Any], source: bytes, limits: Limits, writing: int
) -> NoReturn:  # pragma: no cover
    """The child's whole life. Nothing may leave this function but through `_exit`: what is above on the stack is the
    parent's."""
    files: tuple[bytes, ...] = ()
    failure = "stalled"
    try:
        _confine(limits, writing)
        failure = "raised"
        answer = function(source)
        sizes = None
        if isinstance(answer, Answer):
            answer, files = answer.told, answer.files
            sizes = [len(file) for file in files]
        text = json.dumps({"answer": answer, "files": sizes})
    except MemoryError:
        text, files = '{"failure": "memory"}', ()
    except BaseException:
        text, files = json.dumps({"failure": failure}), ()
    try:
        for part in (text.encode(), b"\n", *files):
            view = memoryview(part)
            while view:
                view = view[os.write(writing, view) :]
    finally:
        os._exit(0)


def _confine(limits: Limits, writing: int) -> None:  # pragma: no cover - the child
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGALRM):
        signal.signal(number, signal.SIG_DFL)
    os.environ.clear()
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nothing, standard)
    for name in os.listdir("/proc/self/fd"):
        if int(name) > 2 and int(name) != writing:
            with contextlib.suppress(OSError):
                os.close(int(name))
    with open("/proc/self/statm", encoding="ascii") as statm:
        used = int(statm.read().split()[0]) * resource.getpagesize()
    memory = used + limits.memory_max
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (limits.cpu_seconds, limits.cpu_seconds + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))
