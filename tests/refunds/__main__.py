"""`make refunds N=10000`: so many generated refunds, quote against decision against money. Writes bench/results/refund.json."""

from __future__ import annotations

import argparse
import json
import multiprocessing
import platform
import subprocess
import sys
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.progress import track

from tests.refunds.cases import case

HOUSE = Path(__file__).resolve().parents[2]
RESULTS = HOUSE / "bench" / "results" / "refund.json"


def main() -> int:
    """Play, write, print; 1 when a case broke."""
    parser = argparse.ArgumentParser(prog="python -m tests.refunds", description=__doc__)
    parser.add_argument("cases", type=int, nargs="?", default=10_000)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--jobs", type=int, default=multiprocessing.cpu_count())
    given = parser.parse_args()
    began, console = time.monotonic(), Console()
    seeds = range(given.first, given.first + given.cases)
    with multiprocessing.Pool(given.jobs) as pool:
        played = pool.imap_unordered(case, seeds, chunksize=20)
        outcomes = list(track(played, "refunds", total=len(seeds), console=console))
    broken = {one.seed: one.broken for one in outcomes if one.broken}
    commit = subprocess.run(
        ["git", "rev-parse", "--short=12", "HEAD"], capture_output=True, text=True, check=True, cwd=HOUSE
    )
    record = {
        "commit": commit.stdout.strip(),
        "day": datetime.now(UTC).date().isoformat(),
        "python": platform.python_version(),
        "seeds": [seeds.start, seeds.stop - 1],
        "cases": len(outcomes),
        "seconds": round(time.monotonic() - began),
        "broken": broken,
        "ended": dict(Counter(one.ended for one in outcomes).most_common()),
        "refunded_by": dict(
            Counter(f"policy {one.policy}, {one.way}" for one in outcomes if one.ended == "refunded").most_common()
        ),
        "refunded_idr": sum(one.amount_idr for one in outcomes),
    }
    RESULTS.write_text(json.dumps(record, indent=1) + "\n")
    console.print_json(data=record)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
