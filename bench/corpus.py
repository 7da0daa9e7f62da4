"""Real files through the running API, and what other people's tools say of the result: `python -m bench.corpus`.

Every PDF of a folder is stamped where the API suggests, after the repairs that it offers; each ends `done` or with a problem's
code. What is done is judged by pdfsig (poppler), qpdf, pyHanko's validator with the local root as its only trust, and the API's
own verdict. The API must run (`make run`). Writes bench/results/corpus.json and docs/corpus.md.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import io
import json
import logging
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from asn1crypto import pem, x509
from pyhanko.pdf_utils.crypt import AuthStatus, StandardSecurityHandler
from pyhanko.pdf_utils.generic import DictionaryObject
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import enumerate_sig_fields
from pyhanko.sign.validation import async_validate_pdf_signature
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko_certvalidator import ValidationContext
from rich.progress import Progress

from tests.integration.client import Person, connect, new_key, upload, verify

HOUSE = Path(__file__).resolve().parent.parent
CORPUS = HOUSE.parent / "shared" / "corpus"
CLIENTS = 4
WANTED = 0.95
"""The share of the files within reach that is to be stamped."""
WORSE = {0: 0, 3: 1, 2: 2}
"""qpdf's exit codes by how bad they are: clean, warnings, errors (qpdf manual: exit status)."""
QPDF_WORD = {0: "clean", 3: "warnings", 2: "errors"}
Tick = Callable[[], object]


@dataclass(frozen=True)
class Row:
    """What became of one file. `outcome` is `done` or the code of the problem that refused it; sizes are bytes; `repairs` were
    offered and done; qpdf's words are about the file before and after; the judges' words are None for a file that was not
    stamped. `in_reach`: pyHanko opens it with a page, it needs no password, and nobody closed it by certification."""

    file: str
    size: int
    pages: int | None
    outcome: str
    status: int
    findings: list[str]
    in_reach: bool
    repairs: tuple[str, ...] = ()
    size_out: int | None = None
    pdfsig: str | None = None
    qpdf_before: str | None = None
    qpdf_after: str | None = None
    pyhanko: str | None = None
    verdict: str | None = None

    @property
    def qpdf_worse(self) -> bool:
        """Whether qpdf finds worse in the stamped file than in the one that came."""
        rank = [*QPDF_WORD.values()]
        return bool(self.qpdf_after) and rank.index(str(self.qpdf_after)) > rank.index(str(self.qpdf_before))


def run(person: Person, files: Sequence[Path], roots: Sequence[bytes], tick: Tick = lambda: None) -> list[Row]:
    """Stamp each file with a piece of this person's and have it judged. `roots` are certificates (DER) that pyHanko trusts."""
    logging.getLogger("pyhanko").setLevel(logging.CRITICAL)

    def one(path: Path) -> Row:
        row = stamp(person, path, roots)
        tick()
        return row

    with ThreadPoolExecutor(CLIENTS) as clients:
        return list(clients.map(one, files))


def stamp(person: Person, path: Path, roots: Sequence[bytes]) -> Row:
    """One file through the API. Raises AssertionError for an answer that is neither a stamping nor a problem of ours."""
    data = path.read_bytes()
    row = Row(path.name, len(data), None, "", 0, [], within_reach(data))
    announced = person.ask("POST", "/v1/documents", json={"filename": path.name, "size": len(data)})
    if announced.status_code != 201:
        return _refused(row, announced)
    document = announced.json()
    upload(person.http, document["upload"], data)
    seen = person.get(f"/v1/documents/{document['id']}")
    row = replace(row, findings=[finding["code"] for finding in seen["findings"]])
    while (offered := _offered(seen)) is not None:
        mended = person.ask("POST", f"/v1/documents/{document['id']}/repair", json={"repair": offered})
        if mended.status_code != 200:
            return _refused(row, mended)
        seen, row = mended.json(), replace(row, repairs=(*row.repairs, offered))
    row = replace(row, pages=len(seen["pages"]) or None)
    asked = person.ask_stamping(document["id"], key=new_key(), wait=20)
    if asked.status_code not in (200, 202):
        return _refused(row, asked)
    ended = person.wait_stamping(asked.json()["id"])
    if ended["status"] != "done":
        return replace(row, outcome=ended["reason"], status=asked.status_code)
    sealed = person.download(ended)
    kept = hashlib.sha256(sealed[: seen["size"]]).hexdigest()
    assert kept == seen["sha256"], "the sealed file does not begin with the document that was sealed"
    return replace(
        row,
        outcome="done",
        status=asked.status_code,
        size_out=len(sealed),
        pdfsig=pdfsig(sealed, ended["serial"]),
        qpdf_before=qpdf(data),
        qpdf_after=qpdf(sealed),
        pyhanko=pyhanko(sealed, ended["serial"], roots),
        verdict=verify(person.http, sealed)["verdict"],
    )


def _offered(document: dict[str, Any]) -> str | None:
    """The repair that would mend what refuses a document."""
    errors = [finding for finding in document["findings"] if finding["severity"] == "error"]
    offered: str | None = errors[0]["repair"] if errors else None
    return offered


def _refused(row: Row, answer: httpx.Response) -> Row:
    assert answer.headers["content-type"] == "application/problem+json", answer.text[:300]
    return replace(row, outcome=answer.json()["code"], status=answer.status_code)


def within_reach(source: bytes) -> bool:
    """Whether pyHanko's lenient reader opens the file with a page, it needs no password, and no DocMDP closes it. Asked of
    pyHanko alone: none of our own code has a say in what counts."""
    try:
        reader: Any = PdfFileReader(io.BytesIO(source), strict=False)
        if reader.encrypted:
            standard = isinstance(reader.security_handler, StandardSecurityHandler)
            if not standard or reader.decrypt(b"").status == AuthStatus.FAILED:
                return False
        page = reader.find_page_for_modification(0)[0].get_object()
        return isinstance(page, DictionaryObject) and not _closed(reader)
    except Exception:
        return False


def _closed(reader: Any) -> bool:
    """Whether a certification allows no change (ISO 32000-2, 12.8.2.2: DocMDP with P 1)."""
    try:
        references = reader.root["/Perms"]["/DocMDP"]["/Reference"]
    except KeyError:
        return False
    transforms = [one.get_object() for one in references]
    return any(one["/TransformMethod"] == "/DocMDP" and one["/TransformParams"].get("/P") == 1 for one in transforms)


# Judges --------------------------------------------------------------------------------------------------------------------


def pdfsig(sealed: bytes, serial: str) -> str:
    """What poppler says of our signature."""
    said = _tool(["pdfsig", "-nocert"], sealed).stdout
    for signature in re.split(r"^Signature #\d+:", said, flags=re.M)[1:]:
        if serial in signature:
            found = re.search(r"Signature Validation: (.+)", signature)
            return found[1].rstrip(".") if found else "no word"
    return "our signature is not found"


def qpdf(data: bytes) -> str:
    """How `qpdf --check` ends: clean, warnings or errors."""
    code = _tool(["qpdf", "--check"], data).returncode
    return QPDF_WORD.get(code, f"exit {code}")


def _tool(command: list[str], data: bytes) -> subprocess.CompletedProcess[str]:
    with tempfile.NamedTemporaryFile(suffix=".pdf") as file:
        file.write(data)
        file.flush()
        return subprocess.run(
            [*command, file.name], capture_output=True, text=True, errors="replace", timeout=60, check=False
        )


def pyhanko(sealed: bytes, serial: str, roots: Sequence[bytes]) -> str:
    """What pyHanko's validator says of our signature when it trusts these roots (DER) and nothing else."""
    trusted = [x509.Certificate.load(root) for root in roots]
    try:
        reader = PdfFileReader(io.BytesIO(sealed), strict=False)
        name, _, field = next(one for one in enumerate_sig_fields(reader, filled_status=True) if serial in one[0])
        context = ValidationContext(trust_roots=trusted, allow_fetching=False)
        work = async_validate_pdf_signature(EmbeddedPdfSignature(reader, field, name), context)
        try:
            work.send(None)
        except StopIteration as end:
            status = end.value
            return "trusted" if status.bottom_line else str(status.summary())
    except Exception as error:
        return type(error).__name__
    return "waits for something"


# Table ---------------------------------------------------------------------------------------------------------------------


def summary(rows: Iterable[Row]) -> dict[str, Any]:
    """Counts: outcomes, and what the judges say of what was done."""
    rows = list(rows)
    done = [row for row in rows if row.outcome == "done"]
    reach = [row for row in rows if row.in_reach]
    return {
        "files": len(rows),
        "in_reach": len(reach),
        "in_reach_done": sum(row.outcome == "done" for row in reach),
        "repaired": dict(Counter(repair for row in done for repair in row.repairs).most_common()),
        "outcomes": dict(Counter(row.outcome for row in rows).most_common()),
        "pdfsig": dict(Counter(str(row.pdfsig) for row in done).most_common()),
        "qpdf_worse": sum(row.qpdf_worse for row in done),
        "pyhanko": dict(Counter(str(row.pyhanko) for row in done).most_common()),
        "verdict": dict(Counter(str(row.verdict) for row in done).most_common()),
    }


def table(rows: Sequence[Row], origins: dict[str, str], about: dict[str, Any]) -> str:
    """docs/corpus.md."""
    counts = about["summary"]
    lines = [
        "# Real files",
        "",
        f"{counts['files']} PDFs of public test collections went through the running API on {about['day']} (commit"
        f" {about['commit']}): announced, uploaded, examined, repaired as far as the API offers it, stamped where it suggests."
        " Each ends `done` or with a problem's code; none is left under way. What is done is judged by other people's tools:"
        f" {about['tools']['pdfsig']}, {about['tools']['qpdf']}, and pyHanko {about['tools']['pyhanko']} with the local root as"
        " its only trust.",
        "",
        "Repeat it while `make run` runs: `make corpus`, with files of your own `make corpus ARGS=FOLDER`; for a stack that"
        ' keeps its state elsewhere, `ARGS="FOLDER --access STATE/access.json"`. The same figures as JSON:'
        " `bench/results/corpus.json`.",
        "",
        "`authentic` and `review` are verdicts on the whole file; our own stamp is authentic in both. `review` here:"
        " another signature, which the file came with, is broken. `placement_too_small` here: no page can hold a stamp"
        " whose QR would be read. Within reach, asked of pyHanko alone: its lenient reader opens the file with a page, it"
        " needs no password, and no certification closes it.",
        "",
        f"**{counts['in_reach_done']} of the {counts['in_reach']} within reach are stamped"
        f" ({counts['in_reach_done'] / max(1, counts['in_reach']):.1%}; wanted: {WANTED:.0%})**, after these repairs:"
        f" {_told(counts['repaired'])}.",
        "",
        "| outcome | files |",
        "|---|---|",
        *(f"| `{code}` | {count} |" for code, count in counts["outcomes"].items()),
        "",
        f"Of the {counts['outcomes'].get('done', 0)} done: pdfsig {_told(counts['pdfsig'])}; qpdf finds worse than before in"
        f" {counts['qpdf_worse']}; pyHanko {_told(counts['pyhanko'])}; our verdict {_told(counts['verdict'])}.",
        "",
        "| file | origin | bytes | pages | reach | repairs | outcome | pdfsig | qpdf before, after | pyHanko | verdict |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        cells = (
            row.file[:8],
            origins.get(row.file, ""),
            row.size,
            row.pages or "",
            "yes" if row.in_reach else "",
            ", ".join(row.repairs),
            f"`{row.outcome}`",
            (row.pdfsig or "").removeprefix("Signature is "),
            f"{row.qpdf_before}, {row.qpdf_after}" if row.qpdf_after else "",
            row.pyhanko or "",
            row.verdict or "",
        )
        lines.append("| " + " | ".join(str(cell) for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def _told(counts: dict[str, int]) -> str:
    return ", ".join(f"{word} {count}" for word, count in counts.items()) or "nothing"


def origins_of(folder: Path) -> dict[str, str]:
    """Where each file comes from: repository and path, from the folder's manifest.tsv, if it has one."""
    manifest = folder / "manifest.tsv"
    if not manifest.is_file():
        return {}
    with manifest.open(newline="") as lines:
        return {row["file"]: f"{row['repo']} {Path(row['path']).name}" for row in csv.DictReader(lines, delimiter="\t")}


def about_this_run(rows: Sequence[Row]) -> dict[str, Any]:
    """Commit, day, tools and counts."""
    from importlib.metadata import version

    def said(*command: str) -> str:
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=HOUSE)
        return (done.stdout + done.stderr).strip().splitlines()[0]

    return {
        "commit": said("git", "rev-parse", "--short=12", "HEAD"),
        "day": datetime.now(UTC).date().isoformat(),
        "tools": {
            "pdfsig": said("pdfsig", "-v").replace(" version", ""),
            "qpdf": said("qpdf", "--version").replace(" version", ""),
            "pyhanko": version("pyhanko"),
        },
        "summary": summary(rows),
    }


def roots_of(path: str) -> list[bytes]:
    """The certificates (DER) of a PEM file."""
    return [der for _, _, der in pem.unarmor(Path(path).read_bytes(), multiple=True)]


def access_of(path: Path) -> dict[str, str]:
    """The running stack's access.json. Raises SystemExit with a sentence when there is none."""
    if not path.is_file():
        raise SystemExit(f"meterai: {path} is missing: start the local stack first (make run)")
    found: dict[str, str] = json.loads(path.read_text())
    return found


def main(arguments: Sequence[str]) -> int:
    """Run the whole folder and write both files; 1 when a judge disagrees with what was done."""
    parser = argparse.ArgumentParser(prog="python -m bench.corpus", description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=CORPUS, help="a folder of PDFs")
    parser.add_argument("--access", type=Path, default=HOUSE / ".local" / "access.json", help="the stack's access.json")
    given = parser.parse_args(arguments)
    files = sorted(given.folder.glob("*.pdf"))
    if not files:
        raise SystemExit(f"meterai: no PDF in {given.folder}")
    access = access_of(given.access)
    with connect(access["api_url"]) as http, Progress() as progress:
        person = Person.new(http)
        person.buy(len(files))
        task = progress.add_task("stamping", total=len(files))
        rows = run(person, files, roots_of(access["root_certificate"]), lambda: progress.advance(task))
    about = about_this_run(rows)
    results = {**about, "rows": [asdict(row) for row in rows]}
    (HOUSE / "bench" / "results" / "corpus.json").write_text(json.dumps(results, indent=1) + "\n")
    (HOUSE / "docs" / "corpus.md").write_text(table(rows, origins_of(given.folder), about))
    print(json.dumps(about["summary"], indent=1))
    done = [row for row in rows if row.outcome == "done"]
    valid = [
        row for row in done if row.pdfsig == "Signature is Valid" and row.pyhanko == "trusted" and not row.qpdf_worse
    ]
    share = about["summary"]["in_reach_done"] / max(1, about["summary"]["in_reach"])
    return 0 if len(valid) == len(done) and share >= WANTED else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
