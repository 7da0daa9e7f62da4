"""The road under load, on this machine: `python -m bench.road` (the stack must run: `make run`).

Measures one 100 KB file from accepted to done, then offers 200 stamps at once by 20 accounts, then the same again while every
seal worker is killed once in the middle. Nothing may be lost: every stamping ends done, quota is exact, serials are unique,
every file is what the register says. Writes bench/results/road.json.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from rich.progress import Progress

from bench.corpus import HOUSE, access_of
from tests.integration.client import Person, connect, letter
from tests.integration.conftest import Stack

ACCOUNTS, PIECES = 20, 10
SINGLE = 30
PATIENCE_SECONDS = 300.0
LOOK_AGAIN_SECONDS = 1.0
"""How often each of a crowd looks: what `Retry-After` says. Looking more often takes the machine away from the sealing."""
RESULTS = HOUSE / "bench" / "results" / "road.json"


@dataclass(frozen=True)
class Crowd:
    """What became of a crowd: seconds from the first offer to the last stamp, and what was found wrong (nothing, one hopes)."""

    stamps: int
    seconds: float
    wrong: list[str]


def accepted_to_done(person: Person, size: int, times: int, tick: Callable[[], object] = lambda: None) -> list[float]:
    """Seconds from offering a stamping of a `size`-byte file to its being done, one after another."""
    found = []
    for number in range(times):
        document = person.bring(letter(size, seed=number))
        person.get(f"/v1/documents/{document}")
        began = time.perf_counter()
        asked = person.ask_stamping(document, wait=20)
        if asked.status_code != 200:
            person.wait_stamping(asked.json()["id"], "done")
        found.append(time.perf_counter() - began)
        tick()
    return found


def crowd(
    http: httpx.Client, accounts: int, pieces: int, *, seed: int, in_the_middle: Callable[[], object] | None = None
) -> Crowd:
    """`accounts` people offer `pieces` stamps each at once; `in_the_middle` happens when half of them were accepted."""
    people = [Person.new(http) for _ in range(accounts)]
    with ThreadPoolExecutor(accounts) as clients:
        list(clients.map(lambda person: person.buy(pieces), people))
        work = [(person, letter(seed=f"{seed}-{person.id}-{n}")) for person in people for n in range(pieces)]
        documents = list(clients.map(lambda one: one[0].bring(one[1]), work))
        began = time.perf_counter()
        accepted = itertools.count(1)

        def offer(number: int) -> str:
            answer = work[number][0].ask_stamping(documents[number])
            if answer.status_code not in (200, 202):
                raise AssertionError(answer.text)
            if next(accepted) == len(work) // 2 and in_the_middle is not None:
                in_the_middle()
            return str(answer.json()["id"])

        ids = list(clients.map(offer, range(len(work))))
        ended = list(
            clients.map(
                lambda number: work[number][0].wait_stamping(
                    ids[number], seconds=PATIENCE_SECONDS, every=LOOK_AGAIN_SECONDS
                ),
                range(len(work)),
            )
        )
        seconds = time.perf_counter() - began
        files = list(clients.map(lambda number: _file(work[number][0], ended[number]), range(len(work))))
        quotas = list(clients.map(lambda person: person.quota(), people))
    wrong = [f"{one['id']} is {one['status']}: {one['reason']}" for one in ended if one["status"] != "done"]
    if len({one["serial"] for one in ended}) != len(ended):
        wrong.append("a serial is on two stamps")
    for (_, source), one, file in zip(work, ended, files, strict=True):
        if not file.startswith(source) or hashlib.sha256(file).hexdigest() != one["sealed_sha256"]:
            wrong.append(f"{one['id']}: the file is not what the register says")
    exact = {"available": 0, "reserved": 0, "used": pieces}
    wrong += [f"quota {quota}" for quota in quotas if not exact.items() <= quota.items()]
    return Crowd(len(work), seconds, wrong)


def _file(person: Person, stamping: dict[str, Any]) -> bytes:
    return person.download(stamping) if stamping["status"] == "done" else b""


def main(arguments: Sequence[str]) -> int:
    """Run all three and write the record; 1 when anything was lost."""
    parser = argparse.ArgumentParser(prog="python -m bench.road", description=__doc__)
    parser.add_argument("--access", type=Path, default=HOUSE / ".local" / "access.json", help="the stack's access.json")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args(arguments)
    access = access_of(given.access)
    killed: list[int] = []
    with connect(access["api_url"]) as http, Progress() as progress:
        task = progress.add_task("100 KB, one after another", total=SINGLE)
        person = Person.new(http)
        person.buy(SINGLE + 3)
        accepted_to_done(person, 1_000, 3)
        single = accepted_to_done(person, 100_000, SINGLE, lambda: progress.advance(task))
        task = progress.add_task(f"{ACCOUNTS * PIECES} at once", total=1)
        calm = crowd(http, ACCOUNTS, PIECES, seed=given.seed)
        progress.advance(task)
        task = progress.add_task(f"{ACCOUNTS * PIECES} at once, workers killed", total=1)
        stack = Stack(Path(access["logs"]).parent.parent, 0)
        rough = crowd(
            http,
            ACCOUNTS,
            PIECES,
            seed=given.seed + 1,
            in_the_middle=lambda: killed.append(stack.kill_worker("SealFunction")),
        )
        progress.advance(task)
    commit = subprocess.run(
        ["git", "rev-parse", "--short=12", "HEAD"], capture_output=True, text=True, check=True, cwd=HOUSE
    ).stdout.strip()
    record = {
        "commit": commit,
        "day": datetime.now(UTC).date().isoformat(),
        "seed": given.seed,
        "accepted_to_done_100_kb": {
            "stamps": SINGLE,
            "p50_seconds": round(statistics.median(single), 3),
            "p90_seconds": round(statistics.quantiles(single, n=10)[-1], 3),
        },
        "at_once": {"stamps": calm.stamps, "seconds": round(calm.seconds, 1), "wrong": calm.wrong},
        "at_once_workers_killed": {
            "stamps": rough.stamps,
            "workers_killed": sum(killed),
            "seconds": round(rough.seconds, 1),
            "wrong": rough.wrong,
        },
    }
    RESULTS.write_text(json.dumps(record, indent=1) + "\n")
    print(json.dumps(record, indent=1))
    return 1 if calm.wrong or rough.wrong or not sum(killed) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
