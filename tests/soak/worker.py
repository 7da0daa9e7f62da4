"""A part of the soak in a process of its own: `python -m tests.soak.worker '{"seed": 1, "calls": [], "numbers": [0, 1, 2]}'`.

Starts a house, runs the histories with these numbers, and prints a line of JSON for each. Where nobody knows yet how many
calls each scenario makes, it begins with a dry history of each: that of scenario k has the number -1 - k."""

from __future__ import annotations

import gc
import json
import signal
import sys
import tempfile
from dataclasses import asdict
from itertools import islice
from pathlib import Path

from tests.soak.histories import History, Outcome, Soak, histories, marked
from tests.soak.house import House
from tests.soak.scenarios import SCENARIOS


def main(wanted_json: str) -> int:
    """Run what is asked for."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    wanted = json.loads(wanted_json)
    with tempfile.TemporaryDirectory(prefix="meterai-soak-") as folder:
        house = House(Path(folder))
        try:
            soak = Soak(house, wanted["seed"])
            gc.freeze()
            calls = wanted["calls"]
            if not calls:
                for scenario in range(len(SCENARIOS)):
                    calls.append(marked(told(soak, History(scenario, {}), -1 - scenario).calls))
            drawn = list(islice(histories(calls, wanted["seed"]), max(wanted["numbers"]) + 1))
            # Those of one provider after the others: changing it is a new deployment.
            for number in sorted(wanted["numbers"], key=lambda one: SCENARIOS[drawn[one].scenario].provider):
                told(soak, drawn[number], number)
        finally:
            house.close()
    return 0


def told(soak: Soak, history: History, number: int) -> Outcome:
    """Run a history and print what came of it."""
    outcome = soak.run(history, number)
    print(json.dumps({"number": number, "history": str(history), **asdict(outcome)}), flush=True)
    return outcome


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
