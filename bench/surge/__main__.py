"""`make surge SURGE=paper`: every day, the promises held against what came, plots and record.

`python -m bench.surge ten hour` runs those days alone and prints their figures; only a run of all days writes
bench/results/surge.json, the plots and the table of docs/surge.md. With the same seed the same figures come.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from multiprocessing import get_context
from queue import Empty
from typing import Any

from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from bench.corpus import HOUSE
from bench.surge import plots
from bench.surge.bounds import quotas, worker_seconds
from bench.surge.days import DAYS
from bench.surge.paper import simulated
from bench.versions import version

RESULTS = HOUSE / "bench" / "results" / "surge.json"
PAGE = HOUSE / "docs" / "surge.md"
BEGIN, END = "<!-- figures: written by python -m bench.surge -->", "<!-- end of figures -->"
JOBS = 2


def promised(days: Mapping[str, Any]) -> list[tuple[str, str, bool]]:
    """What was promised, what came, and whether it was kept (issue: deadline day)."""
    ten, hour, failures = days["ten"], days["hour"], days["failures"]
    paid = [days[name]["estimates"]["paid"]["held"] for name in ("plain", "ten", "hour", "door")]
    lost = sum(day["lost"] for day in days.values())
    silent = sum(one["silently_broken"] for one in failures["estimates"].values())
    drained = max(days[name]["drained_hours_after_the_peak_began"] for name in ("hour", "door"))
    return [
        (
            "nothing is lost, on any day",
            f"{lost} lost; every tally exact",
            not lost and all(d["tally_exact"] for d in days.values()),
        ),
        ("10x, 400 a second: every paid stamp before the deadline", f"{ten['late']} late", ten["late"] == 0),
        ("10x: people's wait, p99 under 60 s", f"{ten['wait_p99_seconds']} s", ten["wait_p99_seconds"] < 60),
        ("48x: drained in 3.5 h", f"{drained} h at {hour['a_second']:.0f} a second", drained <= 3.5),
        (
            "without an outage people's estimate holds the truth, 95 % of looks",
            f"{min(paid):.1%} at least",
            min(paid) >= 0.95,
        ),
        ("failures: no promise is silently broken", f"{silent} of {_passed(failures)} that passed", silent == 0),
        (
            "failures: what was sold to people lands before the deadline",
            f"{failures['late']} late",
            failures["late"] == 0,
        ),
    ]


def _passed(day: Mapping[str, Any]) -> int:
    return sum(one["passed"] for one in day["estimates"].values())


def written(text: str, record: Mapping[str, Any]) -> str:
    """The page with these figures between its marks."""
    before, _, rest = text.partition(BEGIN)
    return before + BEGIN + "\n\n" + table(record) + "\n" + END + rest.partition(END)[2]


def table(record: Mapping[str, Any]) -> str:
    """The promises, then each day's figures."""
    days = record["days"]
    lines = ["| promised | came | |", "|---|---|---|"]
    lines += [f"| {what} | {came} | {'kept' if kept else '**broken**'} |" for what, came, kept in promised(days)]
    rows: list[tuple[str, Callable[[Mapping[str, Any]], str]]] = [
        ("stampings (of people)", lambda d: f"{d['stampings']:,} ({d['of_people']:,})"),
        ("workers, stamps a second", lambda d: f"{d['workers']}, {d['a_second']:.0f}"),
        ("requests a second at the gateway", lambda d: f"{d['api_a_second']:,}"),
        ("most in both lines", lambda d: f"{d['busiest_waiting']:,}"),
        (
            "people's wait p50, p99, most (s)",
            lambda d: "{wait_p50_seconds:,}, {wait_p99_seconds:,}, {wait_most_seconds:,}".format(**d),
        ),
        ("batches' wait p99 (s)", lambda d: f"{d['batches_wait_p99_seconds']:,}"),
        ("told to come again at the gateway, mean (s)", lambda d: f"{d['at_the_door_mean_seconds']:,}"),
        ("people told that nothing is left, who left", lambda d: f"{d['people_turned_away']:,}"),
        ("hours from the peak's beginning until nobody waits", lambda d: f"{d['drained_hours_after_the_peak_began']}"),
        ("people's stamps, batches' after the deadline", lambda d: f"{d['late']:,}, {d['late_in_batches']:,}"),
        ("looks of people, of them in the range", lambda d: _looks(d["estimates"]["paid"])),
        ("looks of partners, of them in the range", lambda d: _looks(d["estimates"]["bulk"])),
        (
            "promises that passed, silently",
            lambda d: f"{_passed(d)}, {sum(e['silently_broken'] for e in d['estimates'].values())}",
        ),
    ]
    lines += ["", "| | " + " | ".join(days) + " |", "|---|" + "---|" * len(days)]
    lines += [f"| {what} | " + " | ".join(say(day) for day in days.values()) + " |" for what, say in rows]
    lines += ["", f"Commit {record['commit']}, {record['day']}, seed {record['seed']}. A worker has a stamping for"]
    bears = ", ".join(f"{name} {number:.0f}" for name, number in record["quotas_a_second"].items())
    lines += [f"{record['worker_seconds']} s; quotas bear, with a fifth kept free, in stampings a second: {bears}.", ""]
    return "\n".join(lines)


def _looks(estimate: Mapping[str, Any]) -> str:
    return f"{estimate['looks']:,}, {estimate['held']:.1%}"


def main(arguments: Sequence[str]) -> int:
    """Simulate, judge, record; 1 when a promise was broken."""
    parser = argparse.ArgumentParser(prog="python -m bench.surge", description=__doc__)
    parser.add_argument(
        "days", nargs="*", choices=[*DAYS, []], help="which; without any, all, and the record is written"
    )
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args(arguments)
    names, of = given.days or list(DAYS), version()
    context = get_context("spawn")
    columns = (TextColumn("{task.description:>9}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns) as progress, context.Manager() as manager, ProcessPoolExecutor(JOBS, context) as pool:
        ticks = manager.Queue()
        tasks = {name: progress.add_task(name, total=DAYS[name].seconds + DAYS[name].tail) for name in names}
        longest_first = sorted(names, key=lambda name: -DAYS[name].seconds)
        runs = {name: pool.submit(simulated, name, given.seed, ticks.put) for name in longest_first}
        while not all(one.done() for one in runs.values()):
            with suppress(Empty):
                name, second = ticks.get(timeout=1)
                progress.update(tasks[name], completed=second)
        papers = {name: runs[name].result() for name in names}
    days = {name: paper.figures() for name, paper in papers.items()}
    if given.days:
        print(json.dumps(days, indent=1))
        return 0
    record = {
        **of,
        "seed": given.seed,
        "worker_seconds": worker_seconds(),
        "quotas_a_second": {name: round(bears, 1) for name, bears in quotas().items()},
        "days": days,
    }
    RESULTS.write_text(json.dumps(record, indent=1) + "\n")
    PAGE.write_text(written(PAGE.read_text(), record))
    plots.draw(papers)
    for what, came, kept in promised(days):
        print(f"{'kept  ' if kept else 'BROKEN'} {what}: {came}")
    return 0 if all(kept for _, _, kept in promised(days)) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
