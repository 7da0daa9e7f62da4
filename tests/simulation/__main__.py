"""`make simulate N=1000000`: histories on every core, a matrix of what went wrong where, and the hunt for the mutants.

Writes bench/results/simulation.json and docs/simulation-matrix.md. `--seed 42` runs one history and prints each call it makes.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import platform
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from tests.simulation.history import history
from tests.simulation.mutants import MUTANTS, Kill, hunt
from tests.simulation.network import FAULTS, Site

RECORD = Path("bench/results/simulation.json")
MATRIX = Path("docs/simulation-matrix.md")
BLOCK = 250
MUTANT_HISTORIES = 50_000


@dataclass
class Tally:
    """What a number of histories came to."""

    histories: int = 0
    calls: Counter[int] = field(default_factory=Counter)
    befallen: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    sites: Counter[Site] = field(default_factory=Counter)
    fewest_faults: int = 10**9
    broken: dict[int, str] = field(default_factory=dict)

    def add(self, other: Tally) -> None:
        """Both together."""
        self.histories += other.histories
        self.calls.update(other.calls)
        self.befallen.update(other.befallen)
        self.sites.update(other.sites)
        self.fewest_faults = min(self.fewest_faults, other.fewest_faults)
        self.broken.update(other.broken)

    @property
    def cells(self) -> dict[Site, list[int]]:
        """For each call site, how often it met each of FAULTS."""
        return {site: [self.befallen[*site, fault] for fault in FAULTS] for site in sorted(self.sites)}

    @property
    def median_calls(self) -> int:
        """The median of the histories' remote calls."""
        seen = 0
        for calls, histories in sorted(self.calls.items()):
            seen += histories
            if 2 * seen >= self.histories:
                return calls
        return 0


def block(first: int, histories: int) -> Tally:
    """Run histories of consecutive seeds."""
    tally = Tally()
    for seed in range(first, first + histories):
        outcome = history(seed)
        tally.histories += 1
        tally.calls[outcome.calls] += 1
        tally.befallen.update(outcome.befallen)
        tally.sites.update(outcome.visited.keys())
        tally.fewest_faults = min(tally.fewest_faults, len(outcome.befallen))
        if outcome.broken:
            tally.broken[seed] = outcome.broken
    return tally


def _block(bounds: tuple[int, int]) -> Tally:
    return block(*bounds)


def _hunt(number: int) -> tuple[int, Kill | None]:
    return number, hunt(MUTANTS[number], first_seed=0, most=MUTANT_HISTORIES)


def main() -> int:
    parser = argparse.ArgumentParser(prog="make simulate", description=__doc__)
    parser.add_argument("histories", nargs="?", type=int, default=1_000_000)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--seed", type=int, help="run this one history and print its calls")
    parser.add_argument("--no-mutants", action="store_true", help="no hunt")
    parser.add_argument(
        "--mutants-only", action="store_true", help="hunt, and add what was found to the record that is there"
    )
    parser.add_argument("--no-record", action="store_true", help="write nothing")
    asked = parser.parse_args()
    console = Console()
    if asked.seed is not None:
        outcome = history(asked.seed, lines=console.print)
        console.print(outcome.broken or "nothing broke")
        return int(outcome.broken is not None)
    began = time.monotonic()
    commit, tally = _commit(), Tally()
    kills: dict[int, Kill | None] = {}
    with multiprocessing.Pool() as pool, _progress(console) as progress:
        if not asked.mutants_only:
            task = progress.add_task("histories", total=asked.histories)
            for one in pool.imap_unordered(_block, _blocks(asked.first_seed, asked.histories)):
                tally.add(one)
                progress.update(task, advance=one.histories, description=f"histories, {len(tally.broken)} broken")
        seconds = time.monotonic() - began
        if not asked.no_mutants:
            task = progress.add_task("mutants", total=len(MUTANTS))
            for number, kill in pool.imap_unordered(_hunt, range(len(MUTANTS))):
                kills[number] = kill
                progress.advance(task)
    _show(console, tally, kills)
    if not asked.no_record:
        record = (
            json.loads(RECORD.read_text())
            if asked.mutants_only
            else _histories(tally, asked.first_seed, seconds, commit)
        )
        RECORD.write_text(json.dumps(record | _mutants(kills, commit), indent=1) + "\n")
    return int(bool(tally.broken) or None in kills.values())


def _blocks(first: int, histories: int) -> Iterator[tuple[int, int]]:
    for at in range(first, first + histories, BLOCK):
        yield at, min(BLOCK, first + histories - at)


def _show(console: Console, tally: Tally, kills: dict[int, Kill | None]) -> None:
    table = Table("call site", *FAULTS, title=f"what went wrong where, in {tally.histories:,} histories")
    for (operation, call), hits in tally.cells.items():
        table.add_row(f"{operation} · {call}", *(f"{hit:,}" for hit in hits))
    console.print(table)
    for seed, words in sorted(tally.broken.items())[:50]:
        console.print(f"[red]seed {seed}[/]: {words}")
    if kills:
        table = Table("mutant", "seed", "histories", "what it broke")
        for number, kill in sorted(kills.items()):
            found = (str(kill.seed), f"{kill.histories:,}", kill.broken) if kill else ("[red]alive[/]", "", "")
            table.add_row(MUTANTS[number].name, *found)
        console.print(table)
    console.print(f"{len(tally.broken)} of {tally.histories:,} histories broke an invariant")


def _histories(tally: Tally, first: int, seconds: float, commit: str) -> dict[str, object]:
    """The record of the histories; writes the matrix for people beside it."""
    cells = tally.cells
    calls = sum(calls * times for calls, times in tally.calls.items())
    _write_matrix(tally, first)
    return {
        "commit": commit,
        "first_seed": first,
        "histories": tally.histories,
        "broken": len(tally.broken),
        "seeds_broken": sorted(tally.broken),
        "seconds": round(seconds, 1),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "calls": {
            "total": calls,
            "mean": round(calls / tally.histories, 2),
            "median": tally.median_calls,
            "fewest": min(tally.calls),
            "most": max(tally.calls),
        },
        "faults": sum(tally.befallen.values()),
        "fewest_faults": tally.fewest_faults,
        "crashes": sum(hits for (_, _, fault), hits in tally.befallen.items() if fault.startswith("crash")),
        "sites": len(cells),
        "min_cell_hits": min(min(hits) for hits in cells.values()),
        "matrix": {f"{name} {call}": dict(zip(FAULTS, hits, strict=True)) for (name, call), hits in cells.items()},
    }


def _mutants(kills: dict[int, Kill | None], commit: str) -> dict[str, object]:
    """The record of the hunt, empty when there was none."""
    if not kills:
        return {}
    return {
        "mutants": len(kills),
        "mutants_killed": sum(kill is not None for kill in kills.values()),
        "mutants_commit": commit,
        "kills": {
            MUTANTS[number].name: {"seed": kill.seed, "histories": kill.histories, "broken": kill.broken}
            if kill
            else None
            for number, kill in sorted(kills.items())
        },
    }


def _write_matrix(tally: Tally, first: int) -> None:
    lines = [
        "# What went wrong where",
        "",
        f"Every call site x every fault, hits in {tally.histories:,} histories from seed {first}. Written by `make simulate`;",
        "what it means: [simulation.md](simulation.md).",
        "",
        "| operation | call | " + " | ".join(FAULTS) + " |",
        "|---|---|" + "---:|" * len(FAULTS),
    ]
    for (operation, call), hits in tally.cells.items():
        lines.append(f"| {operation} | {call} | " + " | ".join(f"{hit:,}" for hit in hits) + " |")
    MATRIX.write_text("\n".join(lines) + "\n")


def _progress(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=console,
    )


def _commit() -> str:
    return subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=True).stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
