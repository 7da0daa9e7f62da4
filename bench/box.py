"""A load in a box: the stack on one processor, an honest crowd on another, offered more than it holds: `python -m bench.box`.

Starts a stack of its own. Measures one walk of the whole road with nobody else about, then what a handful who walk without rest
get done (what the box holds), then lets people come at 1, 3, 4 and 10 times that, whatever becomes of those before them.
Counts the stamps that are done a second, every refusal, and how soon the road is as it was. Afterwards the books are audited,
and nothing of it may be left running. Writes bench/results/box.json and the figures of docs/box.md; some eleven minutes.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.progress import Progress

from bench.corpus import HOUSE
from bench.crowd import Crowd, Walk, arrive, session
from bench.page import prose
from local.in_flight import slots
from local.ports import unused_port
from ops.audit import Place, audit_place
from tests.integration.conftest import Stack
from tests.soak.__main__ import commit

LEVELS = (1, 3, 4, 10)
WALKERS = 8
SETTLE_SECONDS, COUNT_SECONDS = 15.0, 60.0
"""How long a level runs before its stamps are counted, and how long they are."""
PROBES = 9
NORMAL = 1.5
"""The road is as it was when the median of three walks is at most so many times the unloaded one's, and the line is short."""
SHORT_LINE = 2
PATIENCE_SECONDS = 120.0
"""How long people who have paid are waited for when a level is over."""
MOST_PEOPLE = 2_000
KEPT_SHARE, KEPT_LEVEL, NORMAL_WITHIN_SECONDS = 0.8, 4, 30.0
RESULTS = HOUSE / "bench" / "results" / "box.json"
DOC = HOUSE / "docs" / "box.md"
FIGURES = "<!-- box -->"
Json = dict[str, Any]


# What is reckoned -----------------------------------------------------------------------------------------------------------


def goodput(walks: Sequence[Walk], first: float, last: float) -> float:
    """Stamps done a second between two instants, of which it is said when each was done."""
    return sum(walk.stamped is not None and first <= walk.stamped < last for walk in walks) / (last - first)


def back_to_normal(probes: Sequence[tuple[float, float, int]], ended: float, usual: float) -> float | None:
    """Seconds from the load's end until the road was as it was: the end of the first three walks in a row whose median is at
    most NORMAL times `usual`, with a short line behind them. A probe is its end, its seconds, and the line after it."""
    for three in zip(probes, probes[1:], probes[2:], strict=False):
        end, _, line = three[-1]
        if statistics.median(seconds for _, seconds, _ in three) <= NORMAL * usual and line <= SHORT_LINE:
            return end - ended
    return None


def books(walks: Sequence[Walk]) -> Json:
    """What became of people: `lost` paid and did not get home with their stamp."""
    return {
        "arrived": len(walks),
        "gave_up_buying": sum(walk.paid is None and not walk.wrong for walk in walks),
        "paid": sum(walk.paid is not None for walk in walks),
        "stamped": sum(walk.home is not None for walk in walks),
        "lost": sum(walk.paid is not None and walk.home is None for walk in walks),
        "wrong": [walk.wrong for walk in walks if walk.wrong],
    }


def promised(record: Mapping[str, Any]) -> Iterator[tuple[str, str, str, bool]]:
    """What the figures had to be, what they are, and whether they are."""
    levels = record["levels"]
    once = levels["1x"]["stamps_per_second"]
    for name in (f"{KEPT_LEVEL}x", f"{LEVELS[-1]}x"):
        share = levels[name]["stamps_per_second"] / once
        wanted = f"at least {KEPT_SHARE:.0%}" if name == f"{KEPT_LEVEL}x" else ""
        yield f"stamps a second at {name}, of those at 1x", wanted, f"{share:.0%}", not wanted or share >= KEPT_SHARE
    longest = [level["back_to_normal_seconds"] for level in levels.values()]
    slowest = None if None in longest else max(longest)
    yield (
        "back to normal after the load, the slowest level", f"within {NORMAL_WITHIN_SECONDS:.0f} s",
        "never" if slowest is None else f"{slowest:.0f} s", slowest is not None and slowest <= NORMAL_WITHIN_SECONDS,
    )  # fmt: skip
    for what, name in (
        ("answers of 5xx that are no problem with Retry-After", "bare"),
        ("requests without an answer", "unanswered"),
    ):
        found = sum(len(level[name]) for level in levels.values())
        yield what, "0", str(found), found == 0
    lost = sum(level["lost"] + len(level["wrong"]) for level in levels.values())
    yield "who paid and did not get a stamp", "0", str(lost), lost == 0
    yield (
        "findings of the audit afterwards",
        "0",
        str(len(record["audit"]["findings"])),
        not record["audit"]["findings"],
    )
    yield "processes left behind", "0", str(record["left_behind"]), record["left_behind"] == 0


def kept(record: Mapping[str, Any]) -> bool:
    """Whether every promise was kept."""
    return all(is_kept for *_, is_kept in promised(record))


def figures(record: Mapping[str, Any]) -> str:
    """The record as two tables: what was promised, and each level."""
    levels, holds = record["levels"], record["holds"]
    counted = next(iter(levels.values()))["seconds"]
    about = f"""{record["day"]}, commit {record["commit"]}, {record["processors"]} processors, load
        {record["load_average"]:.1f} before, {record["minutes"]:.0f} minutes; stamps counted for {counted:.0f} s of each level.
        One walk with nobody else about: p50 {record["unloaded"]["p50_seconds"]:.2f} s. The box holds
        {holds["stamps_per_second"]:.2f} whole walks a second: what {holds["walkers"]} people get done who walk without rest."""
    lines = [prose(about), "| figure | wanted | found | |", "|---|---|---|---|"]
    lines += [
        f"| {what} | {wanted} | {found} | {'kept' if ok else '**missed**'} |"
        for what, wanted, found, ok in promised(record)
    ]
    lines += [
        "", "| offered | came | stamps/s | gave up buying | paid | stamped | refusals | p50, p90 of a walk | normal after |",
        "|---|---|---|---|---|---|---|---|---|",
    ]  # fmt: skip
    for name, level in levels.items():
        refusals = ", ".join(f"{number} `{code}`" for code, number in sorted(level["refusals"].items())) or "none"
        normal = level["back_to_normal_seconds"]
        after = "never" if normal is None else f"{normal:.0f} s"
        lines.append(
            f"| {name} ({level['offered_per_second']:.2f}/s) | {level['arrived']} | {level['stamps_per_second']:.2f} "
            f"| {level['gave_up_buying']} | {level['paid']} | {level['stamped']} | {refusals} "
            f"| {level['p50_seconds']:.1f} s, {level['p90_seconds']:.1f} s | {after} |"
        )
    return "\n".join(lines)


def written(text: str, record: Mapping[str, Any]) -> str:
    """docs/box.md with these figures in the place of those that it has."""
    before, _, rest = text.partition(FIGURES)
    _, _, after = rest.partition(FIGURES)
    return f"{before}{FIGURES}\n\n{figures(record)}\n\n{FIGURES}{after}"


# What is done ---------------------------------------------------------------------------------------------------------------


@contextmanager
def on_processor(number: int) -> Iterator[None]:
    """This process, and what it starts inside, run on one processor (sched_setaffinity(2))."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {number})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


class Box:
    """A stack on one processor, and what is done to it."""

    def __init__(self, stack: Stack, progress: Progress, seed: int) -> None:
        self.stack, self.progress, self.seed = stack, progress, seed

    def _dice(self, name: str) -> random.Random:
        return random.Random(f"{self.seed} {name}")  # noqa: S311 - repeatable

    async def _line(self) -> int:
        """How many messages wait for the seal or are with it."""
        return await asyncio.to_thread(line_of, self.stack)

    async def unloaded(self, probes: int) -> Json:
        """One walk after another, nobody else about."""
        task = self.progress.add_task("one walk after another", total=probes)
        found = []
        async with session() as http:
            crowd = Crowd(http, self.stack.api_url, self._dice("unloaded"), looks=0.1)
            for number in range(probes + 2):
                walk = await crowd.walk()
                assert walk.seconds is not None, (walk, crowd.met)
                if number >= 2:  # the first ones find functions that have not loaded everything
                    found.append(walk.seconds)
                    self.progress.advance(task)
        return {
            "walks": probes,
            "p50_seconds": round(statistics.median(found), 3),
            "most_seconds": round(max(found), 3),
        }

    async def holds(self, walkers: int, seconds: float) -> Json:
        """What so many get done who begin anew as soon as they are home (a closed loop)."""
        task = self.progress.add_task(f"{walkers} without rest", total=None)
        walks: list[Walk] = []
        began = time.time()
        first, last = began + SETTLE_SECONDS, began + SETTLE_SECONDS + seconds
        async with session() as http:
            crowd = Crowd(http, self.stack.api_url, self._dice("holds"))

            async def walker() -> None:
                while time.time() < last:
                    walks.append(await crowd.walk())
                    self.progress.advance(task)

            await asyncio.gather(*(walker() for _ in range(walkers)))
        self.progress.update(task, total=len(walks))
        return {"walkers": walkers, "seconds": seconds, "stamps_per_second": round(goodput(walks, first, last), 3),
                "refusals": dict(crowd.met.refusals)}  # fmt: skip

    async def level(self, times: int, rate: float, seconds: float, usual: float) -> Json:
        """People come at `rate` a second; then nobody new does, and the road is looked at until it is as it was."""
        task = self.progress.add_task(f"{times}x: {rate:.2f} people a second", total=None)
        assert rate * (SETTLE_SECONDS + seconds) < MOST_PEOPLE, "more people than this client is made for"
        began = time.time()
        async with session() as http:
            crowd = Crowd(http, self.stack.api_url, self._dice(f"{times}x"))
            coming = await arrive(
                crowd,
                rate,
                SETTLE_SECONDS + seconds,
                self._dice(f"arrivals {times}x"),
                lambda: self.progress.advance(task),
            )
            ended = time.time()
            crowd.closed.set()
            probing = Crowd(http, self.stack.api_url, self._dice(f"probes {times}x"), looks=0.1)
            probes: list[tuple[float, float, int]] = []
            normal = None
            while normal is None and time.time() < ended + PATIENCE_SECONDS:
                probe = await probing.walk()
                assert probe.seconds is not None, (probe, probing.met)
                probes.append((time.time(), probe.seconds, await self._line()))
                normal = back_to_normal(probes, ended, usual)
            done, late = await asyncio.wait(coming, timeout=PATIENCE_SECONDS) if coming else (set(), set())
            for one in late:
                one.cancel()
        walks = [one.result() for one in done]
        walks += [Walk(began, paid=began, wrong="did not get home in time") for _ in late]
        found = sorted(walk.seconds for walk in walks if walk.seconds is not None) or [0.0, 0.0]
        self.progress.update(task, total=len(coming))
        return {
            "offered_per_second": round(rate, 3),
            "seconds": seconds,
            "stamps_per_second": round(goodput(walks, began + SETTLE_SECONDS, began + SETTLE_SECONDS + seconds), 3),
            **books(walks),
            "refusals": dict(crowd.met.refusals + probing.met.refusals),
            "bare": crowd.met.bare + probing.met.bare,
            "unanswered": crowd.met.unanswered + probing.met.unanswered,
            "p50_seconds": round(statistics.median(found), 2),
            "p90_seconds": round(statistics.quantiles(found, n=10, method="inclusive")[-1], 2),
            "back_to_normal_seconds": None if normal is None else round(normal, 1),
            "probes_seconds": [round(seconds, 2) for _, seconds, _ in probes],
        }


def line_of(stack: Stack) -> int:
    """How many messages wait in the seal's queues or are being worked on."""
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    told = [
        stack.client("sqs").get_queue_attributes(QueueUrl=stack.access[queue], AttributeNames=names)["Attributes"]
        for queue in ("paid_queue_url", "bulk_queue_url")
    ]
    return sum(int(number) for attributes in told for number in attributes.values())


def audited(stack: Stack, seconds: float = 60.0) -> Json:
    """The books, once every entry has its link; what is found after `seconds` is told as it is."""
    deadline = time.monotonic() + seconds
    while (found := audit_place(Place.local(stack.state / "access.json"))).findings and time.monotonic() < deadline:
        time.sleep(1)
    return {"rows": found.rows, "entries": found.entries,
            "findings": [f"{one.code} {one.id}: {one.what}" for one in found.findings]}  # fmt: skip


def main(arguments: Sequence[str]) -> int:
    """Run all of it and write the record; 1 when a promise was missed."""
    parser = argparse.ArgumentParser(prog="python -m bench.box", description=__doc__)
    parser.add_argument("--levels", type=int, nargs="+", default=list(LEVELS), help="other levels write no record")
    parser.add_argument("--seconds", type=float, default=COUNT_SECONDS, help="counted at each level")
    parser.add_argument("--holds", type=float, help="what the box holds, where that is known")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args(arguments)
    processors = sorted(os.sched_getaffinity(0))
    if len(processors) < 2:
        raise SystemExit("meterai: this bench needs two processors: one for the stack, one for the crowd")
    load, began = os.getloadavg()[0], time.monotonic()
    with tempfile.TemporaryDirectory(prefix="meterai-box-") as folder, Progress() as progress:
        stack = Stack(Path(folder), unused_port())
        try:
            with on_processor(processors[-1]):
                stack.start()
            with on_processor(processors[0]):
                box = Box(stack, progress, given.seed)
                unloaded = asyncio.run(box.unloaded(PROBES))
                holds = (
                    {"stamps_per_second": given.holds, "walkers": 0}
                    if given.holds
                    else asyncio.run(box.holds(WALKERS, given.seconds))
                )
                levels = {
                    f"{times}x": asyncio.run(
                        box.level(times, times * holds["stamps_per_second"], given.seconds, unloaded["p50_seconds"])
                    )
                    for times in given.levels
                }
                audit = audited(stack)
            stack.stop()
            left = len(stack.processes())
        finally:
            stack.close()
    record = {
        "commit": commit(),
        "day": datetime.now(UTC).date().isoformat(),
        "seed": given.seed,
        "processors": len(processors),
        "load_average": round(load, 2),
        "slots": slots(1),
        "unloaded": unloaded,
        "holds": holds,
        "levels": levels,
        "audit": audit,
        "left_behind": left,
        "minutes": round((time.monotonic() - began) / 60, 1),
    }
    print(json.dumps(record, indent=1))
    if (tuple(given.levels), given.seconds, given.holds) != (LEVELS, COUNT_SECONDS, None):
        return 0
    RESULTS.write_text(json.dumps(record, indent=1) + "\n")
    DOC.write_text(written(DOC.read_text(), record))
    return 0 if kept(record) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
