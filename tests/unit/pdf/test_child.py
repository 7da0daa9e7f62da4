from __future__ import annotations

import _socket
import contextlib
import ctypes
import errno
import os
import resource
import signal
import stat
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from meterai.pdf import child
from meterai.pdf.child import Failure
from meterai.ports.documents_pdf import Limits

LIBC = ctypes.CDLL(None)
LIBC.getenv.restype = ctypes.c_char_p
LIMITS = Limits(cpu_seconds=1, wall_seconds=5.0, memory_max=128 * 1024 * 1024)


def test_the_answer_comes_back() -> None:
    assert child.run(lambda source: {"length": len(source)}, b"x" * 1000, LIMITS) == {"length": 1000}


def test_a_long_answer_comes_back_whole() -> None:
    assert child.run(lambda _: ["x" * 1000] * 1000, b"", LIMITS) == ["x" * 1000] * 1000


def test_files_that_the_child_makes_come_back_as_they_are() -> None:
    files = (b"one\n", b"", bytes(range(256)) * 20_000)
    assert child.run(lambda _: child.Answer({"a": 1}, files), b"", LIMITS) == child.Answer({"a": 1}, files)


def fail(_: bytes) -> Any:
    raise ValueError("secret of a library")


def leave(_: bytes) -> Any:
    sys.exit(3)


def crash(_: bytes) -> Any:
    os.kill(os.getpid(), signal.SIGSEGV)


def spin(_: bytes) -> Any:
    while True:
        pass


def doze(_: bytes) -> Any:
    signal.pause()


def hoard(_: bytes) -> Any:
    return len(bytearray(512 * 1024 * 1024))


def recurse(source: bytes) -> Any:
    return recurse(source)


@pytest.mark.parametrize(
    ("work", "why"),
    [(fail, "raised"), (leave, "raised"), (crash, "crashed"), (spin, "time"), (hoard, "memory"), (recurse, "raised")],
)
def test_every_way_of_failing_is_named(work: Any, why: str) -> None:
    assert child.run(work, b"", LIMITS) == Failure(why)  # type: ignore[arg-type]


def test_a_child_that_only_waits_is_ended() -> None:
    assert child.run(doze, b"", Limits(wall_seconds=0.2)) == Failure("stalled")


def test_an_answer_without_end_is_not_collected() -> None:
    assert child.run(lambda _: "x" * (25 * 1024 * 1024), b"", LIMITS) == Failure("crashed")


def test_the_child_sees_no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    assert child.run(lambda _: dict(os.environ), b"", LIMITS) == {}
    assert child.run(lambda _: LIBC.getenv(b"AWS_SECRET_ACCESS_KEY") is None, b"", LIMITS) is True
    assert LIBC.getenv(b"AWS_SECRET_ACCESS_KEY") == b"secret"


def opens(_: bytes) -> Any:
    refused = []
    own = Path(__file__)
    for attempt in (
        lambda: Path("/proc/self/environ").read_bytes(),
        own.read_bytes,
        lambda: own.with_name("made-by-a-child").write_bytes(b""),
        lambda: os.listdir("/"),
        _socket.socket,
        lambda: _socket.socket(_socket.AF_UNIX),
        os.pipe,
        lambda: os.memfd_create("x"),
        lambda: os.dup(1),
    ):
        try:
            attempt()
        except OSError as error:
            refused.append(error.errno)
    return refused


def test_the_child_can_open_neither_file_nor_socket() -> None:
    assert child.run(opens, b"", LIMITS) == [errno.EMFILE] * 8 + [
        errno.EINVAL
    ]  # dup(2) takes the limit for a bad number


def test_what_the_child_may_use_is_bounded_by_the_kernel() -> None:
    def bounds(_: bytes) -> Any:
        names = ("NOFILE", "NPROC", "FSIZE", "CORE", "CPU")
        return {name: resource.getrlimit(getattr(resource, f"RLIMIT_{name}")) for name in names}

    nothing = [0, 0]
    assert child.run(bounds, b"", LIMITS) == {
        "NOFILE": nothing, "NPROC": nothing, "FSIZE": nothing, "CORE": nothing, "CPU": [1, 2]
    }  # fmt: skip


def test_the_child_has_its_answer_to_write_to_and_nothing_else() -> None:
    ends = _socket.socketpair()

    def kinds(_: bytes) -> Any:
        found = []
        for number in range(256):
            with contextlib.suppress(OSError):
                found.append((number <= 2, stat.S_IFMT(os.fstat(number).st_mode)))
        return found

    pipe, device = stat.S_IFIFO, stat.S_IFCHR
    assert child.run(kinds, b"", LIMITS) == [[True, device]] * 3 + [[False, pipe]]
    for end in ends:
        end.close()


def test_a_machine_that_makes_no_child_says_nothing_about_the_document(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> Any:
        raise BlockingIOError(errno.EAGAIN, "no more processes")

    before = len(os.listdir("/proc/self/fd"))
    for name in ("fork", "pipe"):
        with monkeypatch.context() as patched:
            patched.setattr(os, name, refuse)
            assert child.run(len, b"", LIMITS) == Failure("stalled")
    monkeypatch.setattr(child, "_confine", refuse)
    assert child.run(len, b"", LIMITS) == Failure("stalled")
    assert len(os.listdir("/proc/self/fd")) == before


def test_the_child_inherits_no_descriptor_of_the_parent(tmp_path: Path) -> None:
    with (tmp_path / "secret").open("wb+") as kept:
        kept.write(b"secret")
        kept.flush()
        number = kept.fileno()

        def peek(_: bytes) -> Any:
            try:
                return os.pread(number, 6, 0).decode()
            except OSError:
                return "closed"

        assert child.run(peek, b"", LIMITS) == "closed"
        assert os.pread(number, 6, 0) == b"secret"


def test_it_works_in_threads_and_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    forked: list[int] = []
    fork = os.fork

    def seen() -> int:
        forked.append(process := fork())
        return process

    monkeypatch.setattr(os, "fork", seen)
    before = len(os.listdir("/proc/self/fd"))
    answers: list[Any] = []
    threads = [
        threading.Thread(target=lambda n=number: answers.append(child.run(len, b"x" * n, LIMITS)))
        for number in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == list(range(8))
    assert len(os.listdir("/proc/self/fd")) == before
    assert len(forked) >= len(threads)
    for process in forked:
        with pytest.raises(ChildProcessError):
            os.waitpid(process, os.WNOHANG)
