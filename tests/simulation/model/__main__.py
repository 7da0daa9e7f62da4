"""Explore the scopes: `python -m tests.simulation.model [--full] [--most STATES] [SCOPE ...]`."""

from __future__ import annotations

import argparse
import sys

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from tests.simulation.model.checker import Explored, explore
from tests.simulation.model.scope import Model, Scope
from tests.simulation.model.scopes import LARGE, QUICK, SCOPES

MOST = 1_500_000
"""How many states of a scope are explored: about a gigabyte of memory."""


def main() -> int:
    """0 if every invariant holds and no state is stuck, 1 otherwise."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation.model", description=__doc__)
    parser.add_argument("--full", action="store_true", help="the large scopes too")
    parser.add_argument("--most", type=int, default=MOST, help=f"states of a scope at most ({MOST:,})")
    parser.add_argument("scopes", nargs="*", metavar="SCOPE", help=", ".join(SCOPES))
    asked = parser.parse_args()
    if unknown := [name for name in asked.scopes if name not in SCOPES]:
        parser.error(f"no scope is called {', '.join(unknown)}")
    chosen = [SCOPES[name] for name in asked.scopes or (QUICK | LARGE if asked.full else QUICK)]
    console = Console()
    found = [_explored(console, scope, asked.most) for scope in chosen]
    console.print(_table(found))
    for scope, result in found:
        if result.broken:
            console.print(f"[bold red]{scope.name}: {result.broken}")
            for label in result.trace:
                console.print(f"    {label}", highlight=False)
    return 1 if any(result.broken for _, result in found) else 0


def _explored(console: Console, scope: Scope, most: int) -> tuple[Scope, Explored]:
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(scope.name)

        def told(states: int, transitions: int, depth: int) -> None:
            words = f"{scope.name}: {states:,} states, {transitions:,} transitions, depth {depth}"
            progress.update(task, description=words)

        return scope, explore(Model(scope), most=most, progress=told)


def _table(found: list[tuple[Scope, Explored]]) -> Table:
    table = Table("scope", "states", "transitions", "depth", "core seconds", "found")
    for column in table.columns[1:5]:
        column.justify = "right"
    for scope, result in found:
        whole = "whole, sound" if result.finished else "in part, sound"
        numbers = (f"{one:,}" for one in (result.states, result.transitions, result.depth))
        table.add_row(scope.name, *numbers, f"{result.seconds:.1f}", result.broken or whole)
    total = [result for _, result in found]
    table.add_section()
    states, transitions = (sum(getattr(one, name) for one in total) for name in ("states", "transitions"))
    table.add_row("all", f"{states:,}", f"{transitions:,}", "", f"{sum(one.seconds for one in total):.1f}", "")
    return table


if __name__ == "__main__":
    sys.exit(main())
