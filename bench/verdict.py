"""The verdict beside other people's checks of the same files: `python -m bench.verdict` (nothing has to run).

One run, turn by turn, in process and offline. Ours is what the public check does but for its children: every signature, the
timestamp token, the pinned chain, every byte accounted for, and the judgement by the register. It remembers no certificate
from the check before, as the child in which it runs does not. The bounded child and the reading of codes from drawn pages are
rows of their own. pyHanko validates as its guide shows, with its difference analysis;
pdfsig (poppler) is a whole process; pdfsignerpy (Rust) verifies from a file. Nothing is timed that does not call the file
sound. Writes bench/results/verdict.json and docs/verdict.md with its plot.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import logging
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import _lru_cache_wrapper, partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

from asn1crypto import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import async_validate_pdf_signature
from pyhanko_certvalidator import ValidationContext
from rich.progress import Progress

from bench import page
from bench.material import PAPERS, Material, material, paper
from bench.seal import HOUSE, PEERS, PLACE, Clock, Taken, Watch, installed
from local.authority import Authority
from meterai.domain import serial
from meterai.domain.placement import Placement
from meterai.domain.verdict import Inspection, PinnedKey, RegisterEntry, Trust, Verdict, judge
from meterai.pdf import certificates, child, cms, own_signature, shown, signatures, timestamps
from meterai.pdf.inspect import inspect
from meterai.pdf.seal import seal
from meterai.ports.documents_pdf import Limits
from tests.unit.pdf.test_seal import at_once

RESULTS = HOUSE / "bench" / "results" / "verdict.json"
DOC, PLOT = HOUSE / "docs" / "verdict.md", HOUSE / "docs" / "images" / "verdict.svg"
FIGURES = "<!-- figures: written by python -m bench.verdict -->"
STAMPS = {"one stamp": 1, "two stamps": 2}
ROUNDS, WARM, IN_A_ROW = 5, 2, 8
OURS, SLOW, PYHANKO = "ours", "ours, read as other people's", "pyHanko"
REMEMBERED = "ours, certificates remembered"
CHILD, PAGES = "ours in its bounded child", "ours: reading the pages, in a child"
PDFSIG, RUST = "pdfsig, a whole process", "pdfsignerpy, from a file"
HASH = "SHA-256 alone"
ADDRESS = "HTTPS://EMET.CONTOH.ID/V/"
WANTED = {("one stamp", "p1"): 5, ("one stamp", "p10"): 5, ("one stamp", "p100"): 3, ("two stamps", "p10"): 10,
          ("two stamps", "p100"): 10}  # fmt: skip
"""How many times faster than pyHanko."""
WIDE = Limits(cpu_seconds=60, wall_seconds=60.0)


@dataclass
class Case:
    """One sealed file and what the register knows of its stamps."""

    name: str
    data: bytes
    path: Path
    register: dict[str, RegisterEntry]


@dataclass
class Bench:
    """What every way goes by."""

    who: Material
    authority: Authority
    clock: Clock
    at: datetime
    folder: Path

    @property
    def roots(self) -> tuple[bytes, ...]:
        return self.who.root.der, self.authority.root.public_bytes(Encoding.DER)

    @property
    def trust(self) -> Trust:
        public = self.who.certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        year = timedelta(days=365)
        return Trust(
            self.roots, (PinnedKey("own", hashlib.sha256(public).hexdigest(), self.at - year, self.at + year),)
        )

    def case(self, document: str, stamps: int) -> Case:
        """A document sealed at B-LT so many times."""
        data, register = paper(*PAPERS[document]), {}
        for index in range(stamps):
            number = serial.mint(os.urandom)
            sealed = seal(
                data, placement=Placement(1, 0.1 + 0.3 * index, 0.1, 0.1), serial=number, specimen=True,
                verify_url=f"{ADDRESS}{number}", signer=self.who.signer, timestamps=self.clock,
                validation=self.who, now=self.at,
            )  # fmt: skip
            before, after = (hashlib.sha256(part).hexdigest() for part in (data, sealed))
            register[number] = RegisterEntry(number, "affixed", before, len(data), after)
            data = sealed
        path = self.folder / f"{document}-{stamps}.pdf"
        path.write_bytes(data)
        return Case(document, data, path, register)


def ours(bench: Bench, case: Case) -> Verdict:
    """The public check without its children."""
    found = own_signature.read(case.data, bench.trust)
    if found is None:
        raise SystemExit("meterai: our own seal is not read the fast way")
    return judged(case, found)


def slow(bench: Bench, case: Case) -> Verdict:
    """The same, as if somebody else had sealed it."""
    return judged(case, signatures.read(case.data, bench.trust)[0])


def judged(case: Case, found: Sequence[Any]) -> Verdict:
    digest = hashlib.sha256(case.data).hexdigest()
    return judge(Inspection(digest, len(case.data), True, tuple(found), (), False), case.register)


def in_a_child(bench: Bench, case: Case) -> Verdict:
    """The same, with the child: all of the public check but what pages show."""
    return judge(inspect(case.data, bench.trust, replace(WIDE, pages_read=0)), case.register)


def on_pages(case: Case) -> bool:
    """Whether the pages show the serials that were put on them."""
    answer = child.run(partial(shown.on_pages, ADDRESS, WIDE), case.data, WIDE)
    return not isinstance(answer, child.Failure) and bool(answer["serials"] == sorted(case.register))


def forget() -> None:
    """Remember no certificate: what is left of the check before would flatter ours, and the child inherit it."""
    for module in (certificates, cms, own_signature, timestamps):
        for held in vars(module).values():
            if isinstance(held, _lru_cache_wrapper):
                held.cache_clear()


def pyhanko(bench: Bench, case: Case) -> bool:
    """Every signature, as pyHanko's guide validates: difference analysis, timestamps, chains; nothing fetched."""
    roots = [x509.Certificate.load(root) for root in bench.roots]
    sound = True
    reader = PdfFileReader(io.BytesIO(case.data))
    for signature in reader.embedded_signatures:
        context = ValidationContext(trust_roots=roots, allow_fetching=False, moment=bench.at + timedelta(hours=1))
        sound &= bool(at_once(async_validate_pdf_signature(signature, context)).bottom_line)
    return sound


def pdfsig(case: Case) -> bool:
    """Poppler's, without its certificate store."""
    said = subprocess.run(["pdfsig", "-nocert", case.path], capture_output=True, text=True, check=False).stdout
    return said.count("Signature is Valid") == said.count("Signature #") == len(case.register)


Way = Callable[[Case], tuple[bool, Taken]]
"""Checks a file once: whether it found it sound, and what that took."""


def timed(check: Callable[[Case], bool], before: Callable[[], object] = lambda: None) -> Way:
    def way(case: Case) -> tuple[bool, Taken]:
        before()
        with Watch() as watch:
            sound = check(case)
        return sound, watch.taken

    return way


def rust(stack: ExitStack, bench: Bench) -> Way:
    """pdfsignerpy, in a process of its own that stays."""
    bundle = bench.folder / "roots.pem"
    certificates = (
        bench.who.root.certificate,
        bench.who.issuing.certificate,
        bench.authority.root,
        bench.authority.tsa,
    )
    bundle.write_bytes(b"".join(one.public_bytes(Encoding.PEM) for one in certificates))
    process = subprocess.Popen(
        [str(PLACE / "python" / "bin" / "python"), str(PEERS / "pdfsignerpy_verify.py"), str(bundle)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    stack.callback(process.kill)

    def way(case: Case) -> tuple[bool, Taken]:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps({"source": str(case.path)}) + "\n")
        process.stdin.flush()
        said = json.loads(process.stdout.readline())
        return bool(said["found"]), Taken(said["processor"], said["clock"])

    return way


def ways(bench: Bench, stack: ExitStack) -> Iterator[tuple[str, Way]]:
    """Every way by its name; the children last, since a process that was forked writes slowly for a while."""
    yield HASH, timed(lambda case: bool(hashlib.sha256(case.data).digest()))
    yield OURS, timed(lambda case: ours(bench, case).verdict == "authentic", forget)
    yield REMEMBERED, timed(lambda case: ours(bench, case).verdict == "authentic")
    yield SLOW, timed(lambda case: slow(bench, case).verdict == "authentic", forget)
    yield PYHANKO, timed(partial(pyhanko, bench))
    yield PDFSIG, timed(pdfsig)
    yield RUST, rust(stack, bench)
    yield CHILD, timed(lambda case: in_a_child(bench, case).verdict == "authentic", forget)
    yield PAGES, timed(on_pages)


def measured(
    cases: Mapping[str, Sequence[Case]], found: Mapping[str, Way], rounds: int, tick: Callable[[], object]
) -> dict[str, dict[str, dict[str, list[Taken]]]]:
    """What was taken, by stamps, document and row. Raises SystemExit when a way does not call a file sound."""
    taken: dict[str, dict[str, dict[str, list[Taken]]]] = {
        stamps: {case.name: defaultdict(list) for case in files} for stamps, files in cases.items()
    }
    for _ in range(rounds):
        for stamps, files in cases.items():
            for case in files:
                for row, way in found.items():
                    for turn in range(-WARM, IN_A_ROW):
                        sound, one = way(case)
                        if not sound:
                            raise SystemExit(f"meterai: {row} does not call {case.name} with {stamps} sound")
                        if turn >= 0:
                            taken[stamps][case.name][row].append(one)
                    tick()
    return taken


def tabulated(taken: Mapping[str, Mapping[str, Mapping[str, Sequence[Taken]]]]) -> dict[str, Any]:
    """Medians, and how many times as long as ours each takes."""
    table: dict[str, Any] = {}
    for stamps, files in taken.items():
        table[stamps] = {}
        for name, rows in files.items():
            medians = {row: statistics.median(one.processor for one in times) for row, times in rows.items()}
            clock = {row: statistics.median(one.clock for one in times) for row, times in rows.items()}
            table[stamps][name] = {
                row: {
                    "median_ms": round(median, 3),
                    "wall_ms": round(clock[row], 3),
                    "x_ours": round(median / medians[OURS], 2),
                }
                for row, median in medians.items()
            }
    return table


def promised(record: Mapping[str, Any]) -> Iterator[tuple[str, str, str, bool]]:
    """What had to be, what is, and whether it is kept."""
    for (stamps, name), times in WANTED.items():
        found = record[stamps][name][PYHANKO]["x_ours"]
        yield f"faster than pyHanko, {name} with {stamps}", f"at least {times}x", f"{found:.1f}x", found >= times


def figures(record: Mapping[str, Any]) -> str:
    """The tables and the plot of docs/verdict.md."""
    own, versions = record["about"], record["about"]["versions"]
    sizes = ", ".join(f"{name} {own['bytes'][name] // 1000} KB" for name in PAPERS)
    parts = [
        page.prose(f"""{own["checks"]} checks of each row on {own["day"]}, commit {own["commit"]}, {own["machine"]}. Beside it:
            {", ".join(f"{name} {number}" for name, number in versions.items())}. Medians in milliseconds of the processor (the
            clock's are in [bench/results/verdict.json](../bench/results/verdict.json)) and, in brackets, how many times as
            long as ours. {sizes}, of 1, 10 and 100 pages, sealed at B-LT.""")
    ]
    for stamps in STAMPS:
        parts += [f"| {stamps} | " + " | ".join(PAPERS) + " |", "|---|" + "---|" * len(PAPERS)]
        for row in record[stamps]["p1"]:
            cells = (record[stamps][name][row] for name in PAPERS)
            said = (f"{one['median_ms']:.2f} ({one['x_ours']:.1f}x)" for one in cells)
            parts.append(f"| {row} | " + " | ".join(said) + " |")
        parts.append("")
    parts += ["| figure | wanted | found | |", "|---|---|---|---|"]
    for what, wanted, found, kept in promised(record):
        parts.append(f"| {what} | {wanted} | {found} | {'kept' if kept else '**missed**'} |")
    return "\n".join([*parts, "", f"![Milliseconds a check, by way; the scale is logarithmic](images/{PLOT.name})", ""])


def plot(record: Mapping[str, Any]) -> str:
    """One group of bars for each document and number of stamps."""
    groups = {
        f"{name}, {stamps}": {row: one["median_ms"] for row, one in record[stamps][name].items()}
        for stamps in STAMPS
        for name in PAPERS
    }
    return page.bars(groups, base=HASH)


def written(text: str, record: Mapping[str, Any]) -> str:
    """docs/verdict.md with these figures in the place of those that it has."""
    before, _, rest = text.partition(FIGURES)
    _, _, after = rest.partition(FIGURES)
    return f"{before}{FIGURES}\n\n{figures(record)}\n{FIGURES}{after}"


def about(cases: Mapping[str, Sequence[Case]], rounds: int, peers: Mapping[str, str]) -> dict[str, Any]:
    """What belongs to the run and to no row."""

    def said(*command: str) -> str:
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=HOUSE)
        return (done.stdout + done.stderr).strip().splitlines()[0]

    return {
        "commit": said("git", "rev-parse", "--short=12", "HEAD"),
        "day": datetime.now(UTC).date().isoformat(),
        "machine": f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}, Python {platform.python_version()}",
        "checks": rounds * IN_A_ROW,
        "bytes": {case.name: len(case.data) for case in cases["one stamp"]},
        "versions": {
            "pyhanko": version("pyhanko"),
            "pdfsig": said("pdfsig", "-v").removeprefix("pdfsig version "),
            "pdfsignerpy": peers["pdfsignerpy"],
        },
    }


def main(arguments: Sequence[str]) -> int:
    """Run, print, write; 1 when a figure is missed."""
    parser = argparse.ArgumentParser(prog="python -m bench.verdict", description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"each checks {IN_A_ROW} times in a row")
    given = parser.parse_args(arguments)
    logging.disable(logging.CRITICAL)
    with tempfile.TemporaryDirectory() as place, ExitStack() as stack, Progress(transient=True) as progress:
        authority = Authority(Path(place, "authority"), "http://127.0.0.1:9")
        now = datetime.now(UTC).replace(microsecond=0)
        bench = Bench(material("rsa2048", authority), authority, Clock(authority.stamper(), now), now, Path(place))
        waiting = progress.add_task("installing the peers", total=None)
        peers = installed()
        if "pdfsignerpy" not in peers.versions:
            raise SystemExit(f"meterai: pdfsignerpy is missing: {peers.missing}")
        progress.remove_task(waiting)
        cases = {stamps: [bench.case(name, count) for name in PAPERS] for stamps, count in STAMPS.items()}
        found = dict(ways(bench, stack))
        task = progress.add_task("checking in turn", total=given.rounds * len(found) * len(STAMPS) * len(PAPERS))
        taken = measured(cases, found, given.rounds, lambda: progress.advance(task))
        record = {**tabulated(taken), "about": about(cases, given.rounds, peers.versions)}
    RESULTS.write_text(json.dumps(record, indent=1) + "\n")
    PLOT.write_text(plot(record))
    DOC.write_text(written(DOC.read_text(), record))
    print(figures(record))
    return 0 if all(kept for *_, kept in promised(record)) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
