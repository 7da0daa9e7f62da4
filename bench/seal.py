"""The seal beside its peers and beside the limit: `python -m bench.seal` (nothing has to run).

One run, turn by turn: each way signs each document once a round, so that whatever else the machine does hits all alike.
The limit is what no way can avoid: SHA-256 over the document, one signature, one join of document and tail. Peers are
installed into an environment of their own (.local/bench), never into ours; one that does not install is named.
`median_ms` is the processor's time, which is what a way costs whatever else the machine does; `wall_ms` the clock's, the
same on a quiet machine. Writes bench/results/seal.json and docs/seal.md with its plot.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.metadata
import json
import logging
import os
import platform
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from asn1crypto import tsp
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, pkcs12
from rich.progress import Progress

from bench import page
from local.authority import Authority, Stamper
from meterai.domain.placement import Placement
from meterai.pdf.preflight import examine
from meterai.pdf.seal import seal
from meterai.ports.documents_pdf import Limits
from meterai.ports.sealing import TimestampAuthority
from tests.unit.pdf.pki import NOW, Known, Pki, make_pki
from tests.unit.pdf.test_seal import status

HOUSE = Path(__file__).resolve().parent.parent
PLACE = HOUSE / ".local" / "bench"
PEERS = HOUSE / "bench" / "peers"
RESULTS = HOUSE / "bench" / "results" / "seal.json"
PAPERS = {"p1": (1, 62_000), "p10": (10, 610_000), "p100": (100, 6_000_000)}
SERIAL = "0" * 22


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


def paper(pages: int, size: int) -> bytes:
    """A document of so many A4 pages and about so many bytes, most of them scanned pictures, with a classical
    cross-reference table."""
    dice = random.Random(pages)  # noqa: S311 - pictures
    out, offsets = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"), []

    def add(body: bytes) -> None:
        offsets.append(len(out))
        out.extend(b"%d 0 obj\n%s\nendobj\n" % (len(offsets), body))

    picture = size // pages - 900
    kids = b" ".join(b"%d 0 R" % (4 + 3 * index) for index in range(pages))
    add(b"<< /Type /Catalog /Pages 2 0 R >>")
    add(b"<< /Type /Pages /Count %d /Kids [%s] /MediaBox [0 0 595 842] >>" % (pages, kids))
    add(b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>")
    for index in range(pages):
        at = 4 + 3 * index
        add(
            b"<< /Type /Page /Parent 2 0 R /Contents %d 0 R /Resources << /Font << /F1 3 0 R >> /XObject << /I %d 0 R >> >> >>"
            % (at + 1, at + 2)
        )
        lines = b"".join(b"BT /F1 11 Tf 72 %d Td (Surat pernyataan %d) Tj ET\n" % (720 - 14 * n, n) for n in range(40))
        text = zlib.compress(lines + b"q 300 0 0 120 72 60 cm /I Do Q")
        add(b"<< /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream" % (len(text), text))
        height = picture // 200
        pixels = dice.randbytes(height * 200)
        add(
            b"<< /Type /XObject /Subtype /Image /Width 200 /Height %d /BitsPerComponent 8 /ColorSpace /DeviceGray"
            b" /Length %d >>\nstream\n%s\nendstream" % (height, len(pixels), pixels)
        )
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(offsets) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer\n<< /Size %d /Root 1 0 R /ID [<%s> <%s>] >>\nstartxref\n%d\n%%%%EOF\n" % (
        len(offsets) + 1, b"0" * 32, b"0" * 32, start,
    )  # fmt: skip
    return bytes(out)


class Clock:
    """The local time-stamping authority in this process; `spent` is its own time."""

    def __init__(self, stamper: Stamper) -> None:
        self._stamper = stamper
        self.spent: Taken | None = None

    def token(self, digest: bytes) -> bytes:
        with Watch() as watch:
            imprint = tsp.MessageImprint({"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": digest})
            query = tsp.TimeStampReq({"version": "v1", "message_imprint": imprint, "cert_req": True}).dump()
            answer = tsp.TimeStampResp.load(self._stamper.answer(query, NOW))
            token: bytes = answer["time_stamp_token"].dump()
        self.spent = watch.taken
        return token


def sealed(source: bytes, pki: Pki, timestamps: TimestampAuthority | None, validation: Known | None) -> bytes:
    """What the service does to a document, at the level that its arguments give."""
    return seal(
        source, placement=Placement(1, 0.1, 0.1, 0.1), serial=SERIAL, verify_url=f"HTTPS://EMET.CONTOH.ID/V/{SERIAL}",
        specimen=True, signer=pki.signer, timestamps=timestamps, validation=validation, now=NOW,
    )  # fmt: skip


@dataclass
class Bench:
    """Documents, keys and ways."""

    folder: Path
    papers: Mapping[str, bytes]
    keys: Mapping[str, Pki]
    clock: Clock

    def path(self, name: str) -> Path:
        return self.folder / f"{name}.pdf"

    def ways(self) -> Iterator[tuple[str, Way]]:
        """Ours, and the limit, by name."""
        for key, pki in self.keys.items():
            suffix = "" if key == "rsa2048" else f" {key}"
            yield f"limit{suffix}", self._timed(lambda data, pki=pki: self._limit(data, pki))
            yield f"ours B-B {key}", self._timed(lambda data, pki=pki: sealed(data, pki, None, None))
            yield f"ours B-T {key}", self._timed(lambda data, pki=pki: sealed(data, pki, self.clock, None))
            yield f"ours B-LT {key}", self._timed(lambda data, pki=pki: sealed(data, pki, self.clock, pki.validation))
        yield "ours B-B rsa2048, file to file", self._file_to_file
        yield "child: preflight", self._timed(lambda data: examine(data, Limits(cpu_seconds=60, wall_seconds=60.0)))

    def _timed(self, work: Callable[[bytes], object]) -> Way:
        def way(name: str) -> Taken:
            with Watch() as watch:
                work(self.papers[name])
            return watch.taken

        return way

    def _limit(self, data: bytes, pki: Pki) -> bytes:
        digest = hashlib.sha256(data).digest()
        return b"".join((data, pki.signer.sign(digest), bytes(16_384)))

    def _file_to_file(self, name: str) -> Taken:
        with Watch() as watch:
            made = sealed(self.path(name).read_bytes(), self.keys["rsa2048"], None, None)
            (self.folder / "ours.pdf").write_bytes(made)
        return watch.taken


@dataclass
class Peer:
    """Somebody else's way, in a process of its own that stays."""

    name: str
    process: subprocess.Popen[str]
    bench: Bench

    def __call__(self, name: str) -> Taken:
        turn = {"source": str(self.bench.path(name)), "target": str(self.bench.folder / f"{self.name}.pdf")}
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(turn) + "\n")
        self.process.stdin.flush()
        return Taken(**json.loads(self.process.stdout.readline()))


def installed() -> tuple[dict[str, list[str]], dict[str, str]]:
    """The peers that could be installed, by row: the command of their worker; and, of the others, why not."""
    uv, python, node = HOUSE / ".local" / "uv" / "bin" / "uv", PLACE / "python" / "bin" / "python", PLACE / "node"
    PLACE.mkdir(parents=True, exist_ok=True)
    ours = [f"{name}=={importlib.metadata.version(name)}" for name in ("pyhanko", "cryptography")]
    rows: dict[str, list[str]] = {}
    missing: dict[str, str] = {}

    def run(*command: str | Path, where: Path = PLACE) -> str | None:
        done = subprocess.run(command, cwd=where, capture_output=True, text=True, check=False)
        return None if done.returncode == 0 else (done.stderr.strip().splitlines() or ["no reason given"])[-1]

    if not python.exists():
        run(uv, "venv", "--quiet", "--python", sys.executable, PLACE / "python")

    def pip(package: str, *wanted: str) -> bool:
        reason = run(uv, "pip", "install", "--quiet", "--python", python, *wanted)
        if reason:
            missing[package] = reason
        return reason is None

    if pip("pyhanko", *ours, "qrcode", "pillow", "uharfbuzz", "fonttools", "python-barcode"):
        rows["pyHanko, its guide"] = [str(python), str(PEERS / "pyhanko_guide.py"), "guide"]
        rows["pyHanko, KMS-shaped"] = [str(python), str(PEERS / "pyhanko_guide.py"), "kms"]
    if pip("pdfsignerpy", "pdfsignerpy"):
        rows["pdfsignerpy, file to file"] = [str(python), str(PEERS / "pdfsignerpy_readme.py")]
    if pip("endesive", "endesive"):
        rows["endesive, file to file"] = [str(python), str(PEERS / "endesive_example.py")]
    packages = [f"@signpdf/{part}" for part in ("signpdf", "signer-p12", "placeholder-plain")]
    try:
        node.mkdir(exist_ok=True)
        reason = run("npm", "install", "--silent", "--no-fund", "--no-audit", "--prefix", node, *packages)
    except FileNotFoundError:
        reason = "npm is not installed"
    if reason:
        missing["@signpdf"] = reason
    else:
        rows["@signpdf, file to file"] = ["node", str(PEERS / "signpdf.mjs"), str(node)]
    return rows, missing


def peers(bench: Bench, rows: Mapping[str, list[str]], missing: dict[str, str]) -> Iterator[Peer]:
    """The workers that sign a first document; who does not is named."""
    for row, command in rows.items():
        folder = [str(bench.folder)]
        arguments = [*command[:2], *folder, *command[2:]]
        process = subprocess.Popen(
            arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        peer = Peer(row, process, bench)
        try:
            for name in bench.papers:
                peer(name)
        except (OSError, ValueError):
            process.kill()
            _, said = process.communicate()
            missing[row] = (said.strip().splitlines() or ["it ended"])[-1]
        else:
            yield peer


def write_keys(folder: Path, pki: Pki) -> None:
    """The RSA key and its chain as peers want them. The PKCS #12 file takes one round: opening it is not signing."""
    key = pki.signer.key
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "key.pem").write_bytes(pem)
    (folder / "cert.pem").write_bytes(pki.seal.public_bytes(Encoding.PEM))
    (folder / "root.pem").write_bytes(pki.root.public_bytes(Encoding.PEM))
    locked = (
        PrivateFormat.PKCS12.encryption_builder()
        .kdf_rounds(1)
        .key_cert_algorithm(pkcs12.PBES.PBESv1SHA1And3KeyTripleDESCBC)
        .hmac_hash(hashes.SHA1())  # noqa: S303 - what every PKCS #12 reader knows
        .build(b"bench")
    )
    made = pkcs12.serialize_key_and_certificates(b"bench", key, pki.seal, [pki.root], locked)  # type: ignore[arg-type]
    (folder / "key.p12").write_bytes(made)


def in_a_process(program: str, *arguments: str) -> str:
    """What a fresh Python prints."""
    command = [sys.executable, "-c", program, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True, cwd=HOUSE).stdout.strip()


def import_ms(*modules: str, times: int = 7) -> float:
    """Milliseconds of the processor to import these into a fresh Python, the median."""
    program = (
        f"import time; t = time.process_time(); import {', '.join(modules)}; print((time.process_time() - t) * 1000)"
    )
    return statistics.median(float(in_a_process(program)) for _ in range(times))


PEAK = """
import sys
from datetime import datetime, UTC
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from meterai.domain.placement import Placement
from meterai.pdf.seal import seal
folder, name = sys.argv[1:]
pem = lambda file: open(f"{folder}/{file}", "rb").read()
der = lambda file: __import__("base64").b64decode(b"".join(pem(file).splitlines()[1:-1]))
class Signer:
    chain = (der("cert.pem"), der("root.pem"))
    key = serialization.load_pem_private_key(pem("key.pem"), None)
    def sign(self, data): return self.key.sign(data, padding.PKCS1v15(), hashes.SHA256())
for _ in range(10):
    made = seal(pem(name + ".pdf"), placement=Placement(1, 0.1, 0.1, 0.1), serial="0" * 22, specimen=True,
                verify_url="HTTPS://EMET.CONTOH.ID/V/" + "0" * 22, signer=Signer(), timestamps=None, now=datetime.now(UTC))
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""


def measured(bench: Bench, ways: Mapping[str, Way], rounds: int) -> dict[str, dict[str, list[Taken]]]:
    """What was taken, by document and row, one of each a round."""
    found: dict[str, dict[str, list[Taken]]] = {name: defaultdict(list) for name in bench.papers}
    with Progress(transient=True) as progress:
        task = progress.add_task("rounds", total=rounds)
        for _ in range(rounds):
            for name in bench.papers:
                for row, way in ways.items():
                    bench.clock.spent = None
                    taken = way(name)
                    found[name][row].append(taken)
                    if (spent := bench.clock.spent) is not None:
                        own = Taken(taken.processor - spent.processor, taken.clock - spent.clock)
                        found[name][f"{row}, beside the authority"].append(own)
                        found[name]["time-stamping authority"].append(spent)
            progress.advance(task)
    return found


def tabulated(found: Mapping[str, Mapping[str, list[Taken]]]) -> dict[str, dict[str, dict[str, float]]]:
    """Medians, and each as a multiple of the limit with the same key."""
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


def about(bench: Bench, missing: Mapping[str, str], rounds: int) -> dict[str, Any]:
    """What belongs to the run and to no row."""
    rsa, source = bench.keys["rsa2048"], bench.papers["p10"]
    grown = {
        "B-B": sealed(source, rsa, None, None), "B-T": sealed(source, rsa, bench.clock, None),
        "B-LT": sealed(source, rsa, bench.clock, rsa.validation),
    }  # fmt: skip
    head = ["git", "rev-parse", "--short=12", "HEAD"]
    return {
        "commit": subprocess.run(head, capture_output=True, text=True, check=True, cwd=HOUSE).stdout.strip(),
        "day": datetime.now(UTC).date().isoformat(),
        "machine": f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}, Python {platform.python_version()}",
        "rounds": rounds,
        "bytes": {name: len(data) for name, data in bench.papers.items()},
        "import_ms": {
            "seal path": round(import_ms("meterai.pdf.seal"), 1),
            "pyhanko.sign.signers": round(import_ms("pyhanko.sign.signers"), 1),
        },
        "peak_mb": {
            name: round(int(in_a_process(PEAK, str(bench.folder), name)) / 1024, 1) for name in bench.papers
        },
        "added_bytes": {level: len(made) - len(source) for level, made in grown.items()},
        "not_installed": dict(missing),
    }  # fmt: skip


def require_believed(bench: Bench) -> None:
    """Nothing is timed that pyHanko does not call valid."""
    for pki in bench.keys.values():
        for data in bench.papers.values():
            for level in ((None, None), (bench.clock, None), (bench.clock, pki.validation)):
                made = status(sealed(data, pki, *level), pki)[-1]
                assert made.intact
                assert made.valid
                assert made.coverage.name == "ENTIRE_FILE"


def main() -> None:
    """Run, print, write."""
    parser = argparse.ArgumentParser(prog="python -m bench.seal", description=__doc__)
    parser.add_argument("--rounds", type=int, default=25)
    parser.add_argument(
        "--no-peers", action="store_true", help="ours and the limit only; nothing is installed or written"
    )
    arguments = parser.parse_args()
    logging.disable(logging.CRITICAL)
    with tempfile.TemporaryDirectory() as place:
        rsa = make_pki()
        authority = Authority(Path(place, "authority"), "http://127.0.0.1:9")
        bench = Bench(
            Path(place), {name: paper(*shape) for name, shape in PAPERS.items()},
            {"rsa2048": rsa, "p256": rsa.elliptic()}, Clock(authority.stamper()),
        )  # fmt: skip
        for name, data in bench.papers.items():
            bench.path(name).write_bytes(data)
        write_keys(bench.folder, rsa)
        require_believed(bench)
        rows, missing = ({}, {}) if arguments.no_peers else installed()
        working = list(peers(bench, rows, missing))
        try:
            ways = dict(bench.ways()) | {peer.name: peer for peer in working}
            table = tabulated(measured(bench, ways, arguments.rounds))
        finally:
            for peer in working:
                peer.process.kill()
        record: dict[str, Any] = {**table, "about": about(bench, missing, arguments.rounds)}
    if not arguments.no_peers:
        RESULTS.write_text(json.dumps(record, indent=1) + "\n")
        page.write(record)
    print(page.table(record))
    print(json.dumps(record["about"], indent=1))


if __name__ == "__main__":
    main()
