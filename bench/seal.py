"""The seal beside its peers and beside the limit: `python -m bench.seal` (nothing has to run).

One run, turn by turn: each round, each way signs each document a few times in a row, so that whatever else the machine does
hits all alike. The limit is what no way can avoid: SHA-256 over the document, one signature, one join of document and tail.
Peers are installed into an environment of their own (.local/bench), never into ours; one that does not install is named, and
none is timed whose signature pyHanko does not call intact. `median_ms` is the processor's time, which is what a way costs
whatever else the machine does; `wall_ms` the clock's, the same on a quiet machine. Writes bench/results/seal.json and
docs/seal.md with its plot.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.metadata
import io
import itertools
import json
import logging
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from asn1crypto import tsp, x509
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import async_validate_pdf_signature
from pyhanko_certvalidator import ValidationContext
from rich.progress import Progress

from bench import page
from bench.material import PAPERS, Material, material, paper
from local.authority import Authority, Stamper
from meterai.domain.placement import Placement
from meterai.pdf.preflight import examine
from meterai.pdf.seal import seal
from meterai.ports.documents_pdf import Limits
from tests.unit.pdf.pki import NOW
from tests.unit.pdf.test_seal import at_once

HOUSE = Path(__file__).resolve().parent.parent
PLACE = HOUSE / ".local" / "bench"
PEERS = HOUSE / "bench" / "peers"
RESULTS = HOUSE / "bench" / "results" / "seal.json"
SERIAL = "0" * 22
ROUNDS, WARM, IN_A_ROW = 5, 4, 12
LEVELS = ("B-B", "B-T", "B-LT")
CHILD = "child: preflight"
PYHANKO = {
    "pyHanko, its guide": (), "pyHanko, KMS-shaped": ("kms",), "pyHanko, KMS-shaped, Courier": ("kms", "plain"),
}  # fmt: skip


class Taken(NamedTuple):
    """Milliseconds: of the processor (children counted), and of the clock."""

    processor: float
    clock: float


Way = Callable[[str], Taken]
"""Signs the named document once."""


class Watch:
    """Times what is done `with` it."""

    taken: Taken

    def __enter__(self) -> Watch:
        self._started = self._now()
        return self

    def __exit__(self, *_: object) -> None:
        now = self._now()
        self.taken = Taken(*((end - start) * 1000 for start, end in zip(self._started, now, strict=True)))

    @staticmethod
    def _now() -> tuple[float, float]:
        children = resource.getrusage(resource.RUSAGE_CHILDREN)
        return time.process_time() + children.ru_utime + children.ru_stime, time.perf_counter()


class Clock:
    """The local time-stamping authority in this process; `spent` is its own time."""

    def __init__(self, stamper: Stamper, at: datetime = NOW) -> None:
        self._stamper = stamper
        self._at = at
        self.spent: Taken | None = None

    def token(self, digest: bytes) -> bytes:
        with Watch() as watch:
            imprint = tsp.MessageImprint({"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": digest})
            query = tsp.TimeStampReq({"version": "v1", "message_imprint": imprint, "cert_req": True}).dump()
            answer = tsp.TimeStampResp.load(self._stamper.answer(query, self._at))
            token: bytes = answer["time_stamp_token"].dump()
        self.spent = watch.taken
        return token


@dataclass
class Bench:
    """Documents, keys and ways."""

    folder: Path
    papers: Mapping[str, bytes]
    keys: Mapping[str, Material]
    authority: Authority
    clock: Clock

    def path(self, name: str) -> Path:
        return self.folder / f"{name}.pdf"

    def seal(self, who: Material, level: str, data: bytes) -> bytes:
        """What the service does to a document, at this level of PAdES."""
        return seal(
            data, placement=Placement(1, 0.1, 0.1, 0.1), serial=SERIAL, verify_url=f"HTTPS://EMET.CONTOH.ID/V/{SERIAL}",
            specimen=True, signer=who.signer, timestamps=None if level == "B-B" else self.clock,
            validation=who if level == "B-LT" else None, now=NOW,
        )  # fmt: skip

    def ways(self) -> Iterator[tuple[str, Way]]:
        """Ours, and the limit, by name."""
        for key, who in self.keys.items():
            yield ("limit" if key == "rsa2048" else f"limit {key}"), self._timed(partial(self._limit, who))
            for level in LEVELS:
                yield f"ours {level} {key}", self._timed(partial(self.seal, who, level))
        yield "ours B-B rsa2048, file to file", self._file_to_file

    def child(self) -> Iterator[tuple[str, Way]]:
        """What is done once, when a document comes. On its own: a process that was forked writes slowly for a while."""
        yield CHILD, self._timed(lambda data: examine(data, Limits(cpu_seconds=60, wall_seconds=60.0)))

    def _timed(self, work: Callable[[bytes], object]) -> Way:
        def way(name: str) -> Taken:
            with Watch() as watch:
                work(self.papers[name])
            return watch.taken

        return way

    def _limit(self, who: Material, data: bytes) -> bytes:
        digest = hashlib.sha256(data).digest()
        return b"".join((data, who.signer.sign(digest), bytes(16_384)))

    def _file_to_file(self, name: str) -> Taken:
        with Watch() as watch:
            made = self.seal(self.keys["rsa2048"], "B-B", self.path(name).read_bytes())
            (self.folder / "ours.pdf").write_bytes(made)
        return watch.taken

    def intact(self, document: bytes) -> bool:
        """Whether pyHanko calls the last signature valid, and all of the file covered by it."""
        roots = [self.authority.root, *(who.root.certificate for who in self.keys.values())]
        context = ValidationContext(
            trust_roots=[x509.Certificate.load(root.public_bytes(Encoding.DER)) for root in roots],
            allow_fetching=False,
            moment=NOW + timedelta(hours=1),
        )
        signature = PdfFileReader(io.BytesIO(document), strict=False).embedded_signatures[-1]
        found = at_once(async_validate_pdf_signature(signature, context))
        return bool(found.intact and found.valid and found.coverage.name == "ENTIRE_FILE")


@dataclass
class Peer:
    """Somebody else's way, in a process of its own that stays."""

    name: str
    process: subprocess.Popen[str]
    bench: Bench

    @property
    def target(self) -> Path:
        return self.bench.folder / f"{self.name}.pdf"

    def __call__(self, name: str) -> Taken:
        turn = {"source": str(self.bench.path(name)), "target": str(self.target)}
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(turn) + "\n")
        self.process.stdin.flush()
        return Taken(**json.loads(self.process.stdout.readline()))


@dataclass
class Installed:
    """The peers that could be installed: the command of each row's worker, what is behind it; and of the others why not."""

    commands: dict[str, list[str]]
    versions: dict[str, str]
    missing: dict[str, str]


def installed() -> Installed:
    """Install the peers, each its newest version, into .local/bench."""
    uv, python, node = HOUSE / ".local" / "uv" / "bin" / "uv", PLACE / "python" / "bin" / "python", PLACE / "node"
    PLACE.mkdir(parents=True, exist_ok=True)
    ours = [f"{name}=={importlib.metadata.version(name)}" for name in ("pyhanko", "cryptography")]
    found = Installed({}, {}, {})

    def run(*command: str | Path) -> tuple[str | None, str]:
        """Why it failed, or None; and what it said."""
        done = subprocess.run(command, cwd=PLACE, capture_output=True, text=True, check=False)
        reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        return (None if done.returncode == 0 else reason), done.stdout

    if not python.exists():
        run(uv, "venv", "--quiet", "--python", sys.executable, PLACE / "python")

    def pip(package: str, *wanted: str) -> bool:
        reason, _ = run(uv, "pip", "install", "--quiet", "--python", python, *wanted)
        if reason:
            found.missing[package] = reason
        return reason is None

    letters = ("fontpkg-barlow-condensed", "uharfbuzz", "fonttools")
    if pip("pyhanko", *ours, "qrcode", "pillow", *letters):
        for row, kinds in PYHANKO.items():
            found.commands[row] = [str(python), str(PEERS / "pyhanko_guide.py"), *kinds]
    if pip("pdfsignerpy", "pdfsignerpy"):
        found.commands["pdfsignerpy, file to file"] = [str(python), str(PEERS / "pdfsignerpy_readme.py")]
    if pip("endesive", "endesive"):
        found.commands["endesive, file to file"] = [str(python), str(PEERS / "endesive_example.py")]
    packages = json.loads(run(uv, "pip", "list", "--python", python, "--format", "json")[1] or "[]")
    found.versions |= {
        one["name"]: one["version"] for one in packages if one["name"] in ("pyhanko", "pdfsignerpy", "endesive")
    }
    wanted = [f"@signpdf/{part}" for part in ("signpdf", "signer-p12", "placeholder-plain")]
    try:
        node.mkdir(exist_ok=True)
        reason, _ = run("npm", "install", "--silent", "--no-fund", "--no-audit", "--prefix", node, *wanted)
    except FileNotFoundError:
        reason = "npm is not installed"
    if reason:
        found.missing["@signpdf"] = reason
    else:
        found.commands["@signpdf, file to file"] = ["node", str(PEERS / "signpdf.mjs"), str(node)]
        about_it = json.loads((node / "node_modules" / "@signpdf" / "signpdf" / "package.json").read_text())
        found.versions["@signpdf/signpdf"] = about_it["version"]
    return found


def working(bench: Bench, peers: Installed) -> Iterator[Peer]:
    """The workers whose signatures are intact; the others are named among the missing."""
    for row, command in peers.commands.items():
        said = bench.folder / f"{row}.log"
        with said.open("w") as log:
            process = subprocess.Popen(
                [*command[:2], str(bench.folder), *command[2:]],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True,
            )  # fmt: skip
        peer = Peer(row, process, bench)
        try:
            for name in bench.papers:
                peer(name)
                if not bench.intact(peer.target.read_bytes()):
                    raise ValueError(f"its signature of {name} is not intact")
        except (OSError, ValueError, IndexError) as error:
            process.kill()
            peers.missing[row] = (said.read_text().strip().splitlines() or [str(error)])[-1]
        else:
            yield peer


def in_a_process(program: str, *arguments: str) -> str:
    """What a fresh Python prints."""
    command = [sys.executable, "-c", program, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True, cwd=HOUSE).stdout.strip()


def import_ms(module: str, times: int = 9) -> float:
    """Milliseconds of the processor to import this into a fresh Python, the median."""
    program = f"import time; t = time.process_time(); import {module}; print((time.process_time() - t) * 1000)"
    return statistics.median(float(in_a_process(program)) for _ in range(times))


PEAK = """
import base64, sys
from datetime import datetime, UTC
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from meterai.domain.placement import Placement
from meterai.pdf.seal import seal
folder, name = sys.argv[1:]
read = lambda file: open(f"{folder}/{file}", "rb").read()
der = lambda file: base64.b64decode(b"".join(read(file).splitlines()[1:-1]))
class Signer:
    chain = (der("cert.pem"), der("issuing.pem"), der("root.pem"))
    key = serialization.load_pem_private_key(read("key.pem"), None)
    def sign(self, data): return self.key.sign(data, padding.PKCS1v15(), hashes.SHA256())
for _ in range(10):
    made = seal(read(name + ".pdf"), placement=Placement(1, 0.1, 0.1, 0.1), serial="0" * 22, specimen=True,
                verify_url="HTTPS://EMET.CONTOH.ID/V/" + "0" * 22, signer=Signer(), timestamps=None, now=datetime.now(UTC))
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""


def measured(
    bench: Bench, ways: Mapping[str, Way], rounds: int, tick: Callable[[], object]
) -> dict[str, dict[str, list[Taken]]]:
    """What was taken, by document and row. The first few of each row's turn are not counted: they pay for what the way before
    left in the caches, not for themselves."""
    found: dict[str, dict[str, list[Taken]]] = {name: defaultdict(list) for name in bench.papers}
    for _ in range(rounds):
        for name in bench.papers:
            for row, way in ways.items():
                for turn in range(-WARM, IN_A_ROW):
                    bench.clock.spent = None
                    taken = way(name)
                    if turn < 0:
                        continue
                    found[name][row].append(taken)
                    if (spent := bench.clock.spent) is not None:
                        own = Taken(taken.processor - spent.processor, taken.clock - spent.clock)
                        found[name][f"{row}, beside the authority"].append(own)
                        found[name]["time-stamping authority"].append(spent)
                tick()
    return found


def tabulated(found: Mapping[str, Mapping[str, Sequence[Taken]]]) -> dict[str, dict[str, dict[str, float]]]:
    """Medians, and each as a multiple of the limit with the same kind of key."""
    table: dict[str, dict[str, dict[str, float]]] = {}
    for name, rows in found.items():
        medians = {row: statistics.median(one.processor for one in times) for row, times in rows.items()}
        table[name] = {}
        for row, median in medians.items():
            clock = statistics.median(one.clock for one in rows[row])
            table[name][row] = {"median_ms": round(median, 3), "wall_ms": round(clock, 3)}
            if not row.startswith("limit"):
                limit = medians["limit p256" if "p256" in row else "limit"]
                table[name][row]["x_limit"] = round(median / limit, 2)
    return table


def about(bench: Bench, peers: Installed, rounds: int) -> dict[str, Any]:
    """What belongs to the run and to no row."""
    p10 = bench.papers["p10"]
    grown = {level: max(len(bench.seal(who, level, p10)) - len(p10) for who in bench.keys.values()) for level in LEVELS}
    head = ["git", "rev-parse", "--short=12", "HEAD"]
    return {
        "commit": subprocess.run(head, capture_output=True, text=True, check=True, cwd=HOUSE).stdout.strip(),
        "day": datetime.now(UTC).date().isoformat(),
        "machine": f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}, Python {platform.python_version()}",
        "signings": rounds * IN_A_ROW,
        "bytes": {name: len(data) for name, data in bench.papers.items()},
        "import_ms": {
            "seal path": round(import_ms("meterai.pdf.seal"), 1),
            "pyhanko.sign.signers": round(import_ms("pyhanko.sign.signers"), 1),
        },
        "peak_mb": {
            name: round(int(in_a_process(PEAK, str(bench.folder), name)) / 1024, 1) for name in bench.papers
        },
        "added_bytes": grown,
        "versions": dict(sorted(peers.versions.items())),
        "not_measured": dict(sorted(peers.missing.items())),
    }  # fmt: skip


def require_intact(bench: Bench) -> None:
    """Nothing of ours is timed that pyHanko does not call valid."""
    for who, data, level in itertools.product(bench.keys.values(), bench.papers.values(), LEVELS):
        if not bench.intact(bench.seal(who, level, data)):
            raise SystemExit(f"meterai: pyHanko does not believe our {level}")


def main(arguments: Sequence[str]) -> int:
    """Run, print, write."""
    parser = argparse.ArgumentParser(prog="python -m bench.seal", description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"each signs {IN_A_ROW} times in a row")
    parser.add_argument(
        "--no-peers", action="store_true", help="ours and the limit only; nothing is installed or written"
    )
    given = parser.parse_args(arguments)
    logging.disable(logging.CRITICAL)
    with tempfile.TemporaryDirectory() as place, Progress(transient=True) as progress:
        authority = Authority(Path(place, "authority"), "http://127.0.0.1:9")
        bench = Bench(
            Path(place), {name: paper(*shape) for name, shape in PAPERS.items()},
            {key: material(key, authority) for key in ("rsa2048", "p256")}, authority, Clock(authority.stamper()),
        )  # fmt: skip
        for name, data in bench.papers.items():
            bench.path(name).write_bytes(data)
        bench.keys["rsa2048"].write(bench.folder)
        require_intact(bench)
        waiting = progress.add_task("installing the peers", total=None)
        peers = Installed({}, {}, {}) if given.no_peers else installed()
        beside = list(working(bench, peers))
        progress.remove_task(waiting)
        try:
            ways = dict(bench.ways()) | {peer.name: peer for peer in beside}
            turns = given.rounds * len(bench.papers) * (len(ways) + 1)
            task = progress.add_task("sealing in turn", total=turns)
            found = measured(bench, ways, given.rounds, lambda: progress.advance(task))
        finally:
            for peer in beside:
                peer.process.kill()
        alone = measured(bench, dict(bench.child()), given.rounds, lambda: progress.advance(task))
        for name in bench.papers:
            found[name] |= alone[name]
        record: dict[str, Any] = {**tabulated(found), "about": about(bench, peers, given.rounds)}
    if not given.no_peers:
        RESULTS.write_text(json.dumps(record, indent=1) + "\n")
        page.write(record)
    print(page.table(record))
    print(page.figures(record))
    return 0 if given.no_peers or page.kept(record) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
