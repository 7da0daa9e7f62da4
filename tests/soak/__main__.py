"""`make soak N=2000`: so many histories of the production handlers over the local engine, each with faults of its own.

First one dry history of each scenario counts the remote calls; then every call of every scenario meets every fault, in an order
that spreads over all of them; then pairs of faults are drawn by seed. Writes bench/results/soak.json and prints what broke. A
history is found again by its number: `--only NUMBER`."""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from local.engine import VERSION
from tests.soak.faults import CONFLICTING, Fault, Site
from tests.soak.histories import marked
from tests.soak.scenarios import SCENARIOS

HOUSE = Path(__file__).resolve().parent.parent.parent
RESULTS = HOUSE / "bench" / "results" / "soak.json"
IN_ONE_HOUSE = 250
"""After so many histories a worker begins with a new engine: what it keeps of streams and workflows would fill its memory."""
Line = dict[str, Any]


def work(seed: int, calls: list[str], numbers: list[int]) -> Iterator[Line]:
    """What a worker says of each of these histories. Raises CalledProcessError when it ends too early."""
    asked = json.dumps({"seed": seed, "calls": calls, "numbers": numbers})
    command = [sys.executable, "-m", "tests.soak.worker", asked]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    with subprocess.Popen(command, cwd=HOUSE, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield from map(json.loads, process.stdout)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, "tests.soak.worker")


def soak(seed: int, numbers: list[int], jobs: int) -> Iterator[Line]:
    """Every history's line, as `jobs` workers come to it; first the dry ones, which the first worker runs before its own."""
    size = max(1, min(IN_ONE_HOUSE, -(-len(numbers) // jobs)))
    parts = [numbers[at : at + size] for at in range(0, len(numbers), size)]
    lines: SimpleQueue[Line | Future[None]] = SimpleQueue()
    calls: list[str] = []

    def run(part: list[int], known: list[str]) -> None:
        for line in work(seed, known, part):
            lines.put(line)

    with ThreadPoolExecutor(jobs) as pool:

        def begin(part: list[int]) -> None:
            pool.submit(run, part, list(calls)).add_done_callback(lines.put)

        begin(parts.pop(0))
        running = 1
        while running:
            said = lines.get()
            if isinstance(said, Future):
                said.result()
                running -= 1
                continue
            yield said
            if said["number"] < 0:
                calls.append(marked([Site(*site) for site in said["calls"]]))
                if len(calls) == len(SCENARIOS):
                    for part in parts:
                        begin(part)
                    running += len(parts)


def matrix(lines: list[Line]) -> dict[str, Any]:
    """How often each fault struck each call site: a row of hits for every site, in the order of the faults."""
    hits: dict[str, Counter[str]] = {" ".join(site): Counter() for line in lines for site in line["calls"]}
    for line in lines:
        for site, fault in line["struck"]:
            hits[" ".join(site)][fault] += 1
    return {"faults": list(Fault), "hits": {site: [hits[site][fault] for fault in Fault] for site in sorted(hits)}}


def commit() -> str:
    """The commit that ran, and whether the tree had changes."""
    found = subprocess.run(
        ["git", "describe", "--always", "--dirty", "--abbrev=12"],
        cwd=HOUSE,
        capture_output=True,
        text=True,
        check=False,
    )
    return found.stdout.strip() or "unknown"


def main() -> int:
    """Run, record, tell. The exit code is 1 when a history broke."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("-n", "--histories", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0, help="the number of the first history")
    parser.add_argument("--only", type=int, help="run one history again")
    parser.add_argument("--jobs", type=int, default=1, help="houses at a time")
    parser.add_argument("--record", type=Path, default=RESULTS)
    options = parser.parse_args()
    console = Console(stderr=True)
    began = time.monotonic()
    numbers = list(range(options.first, options.first + options.histories)) if options.only is None else [options.only]
    lines: list[Line] = []
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    try:
        with Progress(*columns, console=console) as progress:
            task = progress.add_task("0 broken", total=len(numbers) + len(SCENARIOS))
            for line in soak(options.seed, numbers, options.jobs):
                lines.append(line)
                if line["broken"]:
                    console.print(f"{line['number']} {line['history']}\n{line['broken']}", markup=False)
                broken = sum(bool(one["broken"]) for one in lines)
                progress.update(task, advance=1, description=f"{broken} broken")
    finally:  # what was run before Ctrl-C is told too
        record = told(lines, time.monotonic() - began, options)
        if options.only is None:
            options.record.parent.mkdir(parents=True, exist_ok=True)
            options.record.write_text(written(record))
            console.print(f"{record['histories']} histories, {len(record['broken'])} broken: {options.record}")
    return 1 if record["broken"] else 0


def written(record: dict[str, Any]) -> str:
    """The record as JSON, a list on one line."""
    text = json.dumps(record, indent=1, ensure_ascii=False)
    return re.sub(r"\[\s+([^][{}]*?)\s+\]", lambda found: f"[{' '.join(found[1].split())}]", text) + "\n"


def told(lines: list[Line], seconds: float, options: argparse.Namespace) -> dict[str, Any]:
    """The record of a run."""
    dry = [line["calls"] for line in lines if line["number"] < 0]
    cells, broken = matrix(lines), [line for line in lines if line["broken"]]
    unforeseen = Counter(one for line in lines for one in line["unforeseen"])
    return {
        "run_at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "commit": commit(),
        "engine": {"ministack": VERSION, "python": platform.python_version(), "boto3": version("boto3"),
                   "botocore": version("botocore"), "httpx": version("httpx")},
        "seed": options.seed,
        "numbers": [options.first, options.first + options.histories - 1],
        "histories": len(lines),
        "broken": [{"number": one["number"], "history": one["history"], "trace": one["broken"]} for one in broken],
        "seconds": round(seconds, 1),
        "calls": sum(len(line["calls"]) for line in lines),
        "faults": sum(len(line["struck"]) for line in lines),
        "deaths": sum(line["deaths"] for line in lines),
        "calls_of_each_scenario": {str(one): len(calls) for one, calls in zip(SCENARIOS, dry, strict=False)},
        "single_faults_possible": sum(len(Fault) - (site[2] not in CONFLICTING) for calls in dry for site in calls),
        "sites": len(cells["hits"]),
        "sites_struck": sum(any(row) for row in cells["hits"].values()),
        "cells_struck": sum(hits > 0 for row in cells["hits"].values() for hits in row),
        "unforeseen_exceptions": dict(unforeseen.most_common()),
        "matrix": cells,
    }  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
