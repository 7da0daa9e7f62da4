"""Hunt every mutant from seed 0, on every core, and keep where it was found, for tests/simulation/test_mutants.py."""

from __future__ import annotations

import json
import multiprocessing
from pathlib import Path

from tests.simulation.mutants import MUTANTS, Kill, hunt

KILLS = Path(__file__).with_name("kills.json")
MOST = 20_000


def _hunt(number: int) -> Kill | None:
    return hunt(MUTANTS[number], 0, MOST)


def main() -> None:
    kills = {}
    with multiprocessing.Pool() as pool:
        for mutant, kill in zip(MUTANTS, pool.imap(_hunt, range(len(MUTANTS))), strict=True):
            print(f"{mutant.name}: " + (f"{kill.histories}, {kill.broken}" if kill else "ALIVE"), flush=True)
            if kill is not None:
                kills[mutant.name] = kill.seed
    KILLS.write_text(json.dumps(kills, indent=1) + "\n")


if __name__ == "__main__":
    main()
