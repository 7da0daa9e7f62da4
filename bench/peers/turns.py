"""What every peer's worker does: sign when asked, and say how long it took. Lines of JSON in and out.

Runs in the environment that the bench makes for peers, with nothing of ours on its path."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any


def file_to_file(sign: Callable[[str, str], object]) -> None:
    """Serve: each turn signs one file into another, reading and writing counted."""
    for line in sys.stdin:
        turn = json.loads(line)
        _, taken = _timed(lambda: sign(turn["source"], turn["target"]))  # noqa: B023 - called at once
        print(json.dumps(taken), flush=True)


def in_memory(sign: Callable[[bytes], bytes]) -> None:
    """Serve: each turn signs one document, from bytes to bytes."""
    for line in sys.stdin:
        turn = json.loads(line)
        source = Path(turn["source"]).read_bytes()
        signed, taken = _timed(lambda: sign(source))  # noqa: B023 - called at once
        Path(turn["target"]).write_bytes(signed)
        print(json.dumps(taken), flush=True)


def checked(check: Callable[[str], object]) -> None:
    """Serve: each turn verifies one file; it says what it found too."""
    for line in sys.stdin:
        found, taken = _timed(lambda: check(json.loads(line)["source"]))  # noqa: B023 - called at once
        print(json.dumps(taken | {"found": found}), flush=True)


def _timed(work: Callable[[], Any]) -> tuple[Any, dict[str, float]]:
    """What it gives, and the milliseconds of the processor and of the clock."""
    clock, processor = time.perf_counter(), time.process_time()
    done = work()
    processor, clock = time.process_time() - processor, time.perf_counter() - clock
    return done, {"processor": processor * 1000, "clock": clock * 1000}
