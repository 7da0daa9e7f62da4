"""The audit against a million entries and a thousand tamperings: `python -m bench.audit`.

Makes a ledger of 1,000,000 entries in which everything agrees, as the files of a table export, and audits it: nothing may be
found. Then 1,000 tamperings (250 each: changed, removed, inserted, swapped), two ways:

- all at once in the million, where each must be named by its entry;
- one at a time in a ledger of 2,000 entries, every one judged alone by the whole audit. A third alter the entry alone; a third
  also write the links that must differ; a third make the whole chain anew with its head, so that only what was signed and
  locked before can tell. Only findings of the chains count: that balances and rows differ too is left out.

Writes bench/results/audit.json.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from bench.ledger import Made
from meterai.aws.export import ExportedTable
from meterai.domain.audit import Finding
from meterai.domain.chains import ENTRY, LINK, chain_of, genesis, grown, partition, place, recorded
from meterai.domain.ledger import Key, Row
from meterai.domain.moves.chains import head_key
from meterai.operations.audit import Audited, audit

HOUSE = Path(__file__).resolve().parent.parent
RESULTS = HOUSE / "bench" / "results" / "audit.json"
KINDS = ("changed", "removed", "inserted", "swapped")
COVERS = ("the entry alone", "its links too", "the whole chain")
PARTS = 256
SMALL = 2_000
Rows = dict[Key, Row]


# A million entries ---------------------------------------------------------------------------------------------------------


def export(made: Made, folder: Path, sample: set[int], tick: Callable[[], object]) -> list[tuple[Key, Row]]:
    """Write the ledger as an export's files, its rows spread as a table's partitions spread them; the entries whose turn is in
    `sample`."""
    picked: list[tuple[Key, Row]] = []
    turn = 0

    def entry_made(key: Key, row: Row) -> None:
        nonlocal turn
        if turn in sample:
            picked.append((key, row))
        turn += 1
        if turn % 1000 == 0:
            tick()

    with ExitStack() as files:
        parts = [files.enter_context((folder / f"{part:03}.json").open("w")) for part in range(PARTS)]
        for key, row in made.rows(entry_made):
            item = {"pk": {"S": key[0]}, "sk": {"S": key[1]}, **{name: typed(value) for name, value in row.items()}}
            parts[zlib.crc32(key[0].encode()) % PARTS].write(json.dumps({"Item": item}) + "\n")
    return picked


def typed(value: object) -> dict[str, Any]:
    """A value as DynamoDB's JSON has it."""
    if isinstance(value, str):
        return {"S": value}
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, int):
        return {"N": str(value)}
    if isinstance(value, dict):
        return {"M": {name: typed(one) for name, one in value.items()}}
    if isinstance(value, list):
        return {"L": [typed(one) for one in value]}
    raise TypeError(type(value).__name__)


def all_at_once(
    picked: list[tuple[Key, Row]], each: int, dice: random.Random
) -> tuple[dict[Key, Row | None], set[str]]:
    """Four times `each` tamperings of picked entries: what stands under which key instead (None: nothing), and the entries
    that must be named."""
    dice.shuffle(picked)
    instead: dict[Key, Row | None] = {}
    for key, row in picked[:each]:
        instead[key] = changed(row, dice)
    for key, _ in picked[each : 2 * each]:
        instead[key] = None
    for _, row in picked[2 * each : 3 * each]:
        instead[(forged_name(dice), ENTRY)] = row
    pairs = picked[3 * each : 5 * each]
    for (one, its), (other, others) in zip(pairs[::2], pairs[1::2], strict=True):
        instead |= {one: others, other: its}
    return instead, {key[0] for key in instead}


def tampered(
    rows: Callable[[], Iterator[tuple[Key, Row]]], instead: dict[Key, Row | None]
) -> Iterator[tuple[Key, Row]]:
    """The rows with others in their place, and what was inserted."""
    left = dict(instead)
    for key, row in rows():
        if key in left:
            other = left.pop(key)
            if other is not None:
                yield key, other
        else:
            yield key, row
    yield from ((key, row) for key, row in left.items() if row is not None)


# One at a time -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Trial:
    """One tampering: what was done, how it was covered up, and whether the chains' findings name it."""

    kind: str
    cover: str
    caught: bool


def trial(rows: Rows, judge: Callable[[Rows], Audited], kind: str, cover: str, dice: random.Random) -> Trial:
    """Tamper with a copy, and have it judged."""
    entries = [key[0] for key in rows if key[1] == ENTRY]
    entry = dice.choice(entries)
    copy = dict(rows)
    touched = {"changed": change, "removed": remove, "inserted": insert, "swapped": swap}[kind](
        copy, entry, cover, dice
    )
    names = touched | {partition(chain_of(one)) for one in touched}
    named = [
        one for one in judge(copy).findings if of_the_chains(one) and any(n in f"{one.id} {one.what}" for n in names)
    ]
    return Trial(kind, cover, bool(named))


def of_the_chains(finding: Finding) -> bool:
    """Whether a finding is about chains, links and locks, not about balances."""
    told = ("entry_changed", "entry_unlinked", "link_", "marker_", "head_", "lock_")
    return finding.code.startswith(told)


def change(rows: Rows, entry: str, cover: str, dice: random.Random) -> set[str]:
    """An entry says something else."""
    rows[entry, ENTRY] = changed(rows[entry, ENTRY], dice)
    recover(rows, chain_of(entry), names(rows, chain_of(entry)), cover)
    return {entry}


def remove(rows: Rows, entry: str, cover: str, _: random.Random) -> set[str]:
    """An entry is gone."""
    del rows[entry, ENTRY]
    if cover != COVERS[0]:
        del rows[entry, LINK]
    recover(rows, chain_of(entry), [one for one in names(rows, chain_of(entry)) if one != entry], cover)
    return {entry}


def insert(rows: Rows, entry: str, cover: str, dice: random.Random) -> set[str]:
    """An entry that no move made, before one that is there."""
    forged = next(name for name in iter(lambda: forged_name(dice), "") if chain_of(name) == chain_of(entry))
    rows[forged, ENTRY] = rows[entry, ENTRY]
    order = names(rows, chain_of(entry))
    order.insert(order.index(entry), forged)
    recover(rows, chain_of(entry), order, cover)
    return {forged}


def swap(rows: Rows, entry: str, cover: str, dice: random.Random) -> set[str]:
    """Two entries change places: their rows under each other's keys, or their links within the chain."""
    order = names(rows, chain_of(entry))
    others = [one for one in order if rows[one, ENTRY] != rows[entry, ENTRY]]
    other = dice.choice(others)
    if cover == COVERS[0]:
        rows[entry, ENTRY], rows[other, ENTRY] = rows[other, ENTRY], rows[entry, ENTRY]
        return {entry, other}
    here, there = order.index(entry), order.index(other)
    order[here], order[there] = other, entry
    recover(rows, chain_of(entry), order, cover)
    return {entry, other}


def changed(row: Row, dice: random.Random) -> Row:
    """The row with another amount, owner or instant."""
    other = deepcopy(row)
    lines = other["lines"]
    assert isinstance(lines, dict)
    match dice.choice(("amount", "owner", "instant")):
        case "amount":
            by = dice.choice((-1, 1, 10_000))
            other["lines"] = {name: amount + by * (1 if amount > 0 else -1) for name, amount in lines.items()}  # type: ignore[operator]
        case "owner":
            other["account"] = f"acc_{dice.randrange(10**26):026}"
        case _:
            other["at"] = str(other["at"]).replace("2024-", "2023-")
    return other


def forged_name(dice: random.Random) -> str:
    return f"entry_commit_stp_{dice.randrange(10**26):026}"


def names(rows: Rows, chain: int) -> list[str]:
    """The entries of a chain in the order of its links."""
    found, number = [], 1
    while (link := rows.get((partition(chain), place(number)))) is not None:
        found.append(str(link["entry"]))
        number += 1
    return found


def recover(rows: Rows, chain: int, order: list[str], cover: str) -> None:
    """Cover a tampering up: write a chain's links as `order` would have them, all of them, or (its links too) only those that
    differ in entry or hash, their heads reckoned from the link before; then the head."""
    if cover == COVERS[0]:
        return
    running = bytes.fromhex(genesis(chain).hash)
    for number, one in enumerate(order, start=1):
        key = (partition(chain), place(number))
        hash = recorded(one, rows[one, ENTRY]).hash
        kept = rows.get(key)
        if cover == COVERS[2] or kept is None or (kept["entry"], kept["hash"]) != (one, hash):
            running = grown(running, bytes.fromhex(hash))
            rows[key] = {"entry": one, "hash": hash, "head": running.hex()}
            rows[one, LINK] = {"chain": chain, "number": number, "at": rows[one, ENTRY]["at"]}
        else:
            running = bytes.fromhex(str(kept["head"]))
    number = len(order) + 1
    while rows.pop((partition(chain), place(number)), None) is not None:
        number += 1
    rows[head_key(chain)] = {"length": len(order), "head": running.hex()}


# The run -------------------------------------------------------------------------------------------------------------------


def main(arguments: list[str]) -> int:
    """Make, audit, tamper, judge; the exit code says whether nothing false was found and nothing true was missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--tamperings", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--folder", type=Path, help="where the export is made (about 3 GB for a million); else a temporary one"
    )
    given = parser.parse_args(arguments)
    each = given.tamperings // len(KINDS)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with tempfile.TemporaryDirectory(dir=given.folder) as name, Progress(*columns) as progress:
        folder, dice = Path(name), random.Random(given.seed)  # noqa: S311 - repeatable
        made = Made(given.entries, given.seed)
        task = progress.add_task("entries made", total=given.entries)
        sample = set(dice.sample(range(given.entries), 5 * each))
        picked = export(made, folder, sample, lambda: progress.advance(task, 1000))
        rows = ExportedTable(folder)

        def look(description: str, read: Callable[[], Iterator[tuple[Key, Row]]]) -> tuple[Audited, float, float]:
            task, began, worked = progress.add_task(description, total=None), time.perf_counter(), time.process_time()

            def shown() -> Iterator[tuple[Key, Row]]:
                for count, pair in enumerate(read(), start=1):
                    if count % 10_000 == 0:
                        progress.update(task, completed=count)
                    yield pair

            audited = audit(shown, made.locked, made.pen.verify, now=made.now)
            progress.update(task, completed=audited.rows, total=audited.rows)
            return audited, time.perf_counter() - began, time.process_time() - worked

        clean, seconds, cpu_seconds = look("rows audited", rows)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        instead, wanted = all_at_once(picked, each, dice)
        dirty, dirty_seconds, _ = look("rows audited, all tamperings at once", lambda: tampered(rows, instead))
        named = {one.id for one in dirty.findings if of_the_chains(one)}
        trials = one_at_a_time(each, given.seed, progress)
    record = {
        "commit": subprocess.run(
            ["git", "rev-parse", "--short=12", "HEAD"], cwd=HOUSE, capture_output=True, text=True, check=True
        ).stdout.strip(),
        "day": datetime.now(UTC).date().isoformat(),
        "seed": given.seed,
        "entries": clean.entries,
        "rows": clean.rows,
        "locked_heads": clean.locked,
        "seconds": round(seconds, 1),
        "cpu_seconds": round(cpu_seconds, 1),
        "findings": len(clean.findings),
        "peak_mib": peak,
        "all_at_once": {
            "tamperings": 4 * each,
            "entries_touched": len(wanted),
            "entries_named": len(wanted & named),
            "strangers_named": len(named - wanted),
            "seconds": round(dirty_seconds, 1),
        },
        "one_at_a_time_entries": SMALL,
        "tamperings": len(trials),
        "caught": sum(one.caught for one in trials),
        "by_kind": tally(trials, lambda one: one.kind),
        "by_cover": tally(trials, lambda one: one.cover),
    }
    if given.entries == parser.get_default("entries"):
        RESULTS.write_text(json.dumps(record, indent=1) + "\n")
    print(json.dumps(record, indent=1))
    missed = len(wanted - named) + sum(not one.caught for one in trials)
    return 1 if clean.findings or missed else 0


def one_at_a_time(each: int, seed: int, progress: Progress) -> list[Trial]:
    """So many tamperings of each kind, each in a fresh copy of one small ledger."""
    small = Made(SMALL, seed)
    rows = dict(small.rows())

    def judge(copy: Rows) -> Audited:
        return audit(lambda: iter(copy.items()), small.locked, small.pen.verify, now=small.now)

    untouched = judge(rows)
    if untouched.findings:
        raise AssertionError(untouched.findings[:3])
    dice = random.Random(seed)  # noqa: S311 - repeatable
    trials: list[Trial] = []
    task = progress.add_task("tamperings, one at a time", total=each * len(KINDS))
    for number in range(each):
        for kind in KINDS:
            trials.append(trial(rows, judge, kind, COVERS[number % len(COVERS)], dice))
            progress.advance(task)
    return trials


def tally(trials: list[Trial], by: Callable[[Trial], str]) -> dict[str, dict[str, int]]:
    """How many were made and caught, by something."""
    made, caught = Counter(map(by, trials)), Counter(by(one) for one in trials if one.caught)
    return {name: {"made": made[name], "caught": caught[name]} for name in made}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
