"""`make fuzz N=100000`: so many mutated documents through intake and inspection. Writes bench/results/fuzz.json and prints what
broke. A document is found again by its number: `--only NUMBER --keep FILE`."""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Generator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from tests.fuzz.trials import Trial, document, faults, seeds, trial

HOUSE = Path(__file__).resolve().parent.parent.parent
RESULTS = HOUSE / "bench" / "results" / "fuzz.json"
PACKAGE = "layers/meterai/python/meterai"
UNDER_TEST = (f"{PACKAGE}/pdf", f"{PACKAGE}/domain/verdict.py", "tests/fuzz/mutations.py", "tests/fuzz/trials.py")
CHUNK = 100


def work(seed: int, numbers: range) -> list[Trial]:
    """These documents, one after another, in this process and its children."""
    return [trial(seed, number) for number in numbers]


def run(seed: int, first: int, count: int, jobs: int) -> Generator[Trial, None, None]:
    """Every trial as it ends, `jobs` at a time. Whoever closes it waits for the documents in hand alone."""
    end = first + count
    parts = [range(start, min(end, start + CHUNK)) for start in range(first, end, CHUNK)]
    pool = ProcessPoolExecutor(jobs)
    try:
        for done in as_completed([pool.submit(work, seed, part) for part in parts]):
            yield from done.result()
    finally:
        pool.shutdown(cancel_futures=True)


def summary(trials: list[Trial], seed: int, seconds: float) -> dict[str, Any]:
    """The record of a run."""
    commit, day = git("rev-parse", "--short=12", "HEAD"), datetime.now(UTC).date().isoformat()
    numbers = [trials[0].number, trials[-1].number]
    broke = faults(trials)
    return {
        "machine": f"{os.cpu_count()} processors, Python {platform.python_version()}, pyHanko {version('pyhanko')},"
        f" pypdfium2 {version('pypdfium2')}",
        "seed": seed,
        "documents": len(trials),
        "seconds": round(seconds),
        "runs": [{"commit": commit, "day": day, "numbers": numbers, "documents": len(trials)}],
        "seeds": dict(Counter(name.split(":")[0].split(" ")[0] for name in seeds().names)),
        "faults": broke,
        "authentic": sum(one["fault"] == "authentic" for one in broke),
        "most": {
            "memory_mb": round(max(one.memory_mb for one in trials), 1),
            "cpu_seconds": round(max(one.cpu_seconds for one in trials), 2),
        },
        "verdicts": dict(Counter(one.verdict for one in trials).most_common()),
        "findings": dict(Counter(code for one in trials for code in one.findings).most_common()),
        "mutations": dict(Counter(name for one in trials for name in one.mutations).most_common()),
    }


def together(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """The record of runs over different documents of one seed, on one machine, at commits that read and mutate documents alike.
    Raises ValueError for others."""
    if any(before[name] != after[name] for name in ("seed", "seeds", "machine")):
        raise ValueError("another seed or machine: these runs are not one")
    runs = before["runs"] + after["runs"]
    if len({git("rev-parse", *(f"{run['commit']}:{path}" for path in UNDER_TEST)) for run in runs}) > 1:
        raise ValueError("documents were read or mutated otherwise: these runs are not one")
    counted = {
        name: dict(Counter(before[name]) + Counter(after[name])) for name in ("verdicts", "findings", "mutations")
    }
    summed = {name: before[name] + after[name] for name in ("documents", "seconds", "faults", "authentic")}
    most = {name: max(before["most"][name], after["most"][name]) for name in before["most"]}
    return before | counted | summed | {"most": most, "runs": runs}


def git(*words: str) -> str:
    """What git says of this house."""
    return subprocess.run(["git", *words], capture_output=True, text=True, check=True, cwd=HOUSE).stdout.strip()


def main() -> int:
    """Run, write, print; 1 when a promise broke."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("count", type=int, nargs="?", default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0, help="the number of the first document")
    parser.add_argument("--add", action="store_true", help="add to the record that is there, of other documents")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument(
        "--minutes", type=float, help="stop by itself after this long, and record what was done by then"
    )
    parser.add_argument("--only", type=int, help="this document alone; nothing is written")
    parser.add_argument("--keep", type=Path, help="with --only: write the document here")
    given = parser.parse_args()
    if given.only is not None:
        if given.keep:
            given.keep.write_bytes(document(given.seed, given.only)[2])
        print(json.dumps(asdict(trial(given.seed, given.only)), indent=1))
        return 0
    seeds()  # made once, before the workers are forked
    columns = (TextColumn("documents"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    started, trials = time.monotonic(), []
    with Progress(*columns) as progress:
        task = progress.add_task("", total=given.count)
        each = run(given.seed, given.first, given.count, given.jobs)
        for one in each:
            trials.append(one)
            progress.advance(task)
            if one.fault:
                progress.console.print(f"{one.number}: {one.fault}: {one.seed}: {', '.join(one.mutations)}")
            if given.minutes and time.monotonic() - started > given.minutes * 60:
                each.close()
                break
    record = summary(sorted(trials, key=lambda one: one.number), given.seed, time.monotonic() - started)
    if given.add:
        record = together(json.loads(RESULTS.read_text()), record)
    RESULTS.write_text(json.dumps(record, indent=1) + "\n")
    print(json.dumps({key: record[key] for key in ("documents", "seconds", "most", "verdicts", "faults")}, indent=1))
    return 1 if record["faults"] else 0


if __name__ == "__main__":
    sys.exit(main())
