"""What a stamp costs in the cloud: `python -m bench.capacity`.

One stamping goes its whole way through the production operations over fakes that count: requests, units of the table, files,
messages, signatures, the stream's records. How long each function runs is reckoned from what was measured here
(bench/results/seal.json) and from what a remote call is taken to last. Prices are stated in bench/prices.json, with where they
were read. Writes bench/results/capacity.json and the figures of docs/capacity.md.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from samtranslator.yaml_helper import yaml_parse

from bench.corpus import HOUSE
from bench.surge.crowd import PIECES, SHARES
from bench.units import MeteredLedger
from bench.versions import version
from meterai.domain.instants import spell
from meterai.operations.chain_entries import chain_entries
from meterai.operations.deliver_stamping import deliver_stamping
from meterai.operations.purchase import bill_of
from meterai.operations.show_document import show_document
from meterai.ports.documents_pdf import Limits
from tests.fakes.outside import MemorySealedFiles, MemorySources, PlainSigner, PlainTimestamps
from tests.fakes.world import SILENT, World, plain_examiner

RESULTS = HOUSE / "bench" / "results"
PAGE = HOUSE / "docs" / "capacity.md"
BEGIN, END = "<!-- figures: written by python -m bench.capacity -->", "<!-- end of figures -->"
WANTED_USD = 0.20
"""For 1,000 stamps, from upload to download (issue: deadline day)."""
PIECES_A_PURCHASE = float(PIECES @ SHARES)
REMOTE_MS = {
    "get": 8,
    "query": 10,
    "write": 10,
    "transaction": 25,
    "s3_get": 40,
    "s3_put": 60,
    "kms": 40,
    "receipts": 40,
    "timestamp": 250,
    "sqs": 15,
    "provider": 500,
}
"""What a call is taken to last, in milliseconds: on the slow side of what AWS and authorities usually take. Only the cloud
shows it."""
HANDLER_MS = 15
"""What a function adds around its work, for each invocation."""
SLOWER = 2.0
"""How much slower a function of 1,769 MB is taken to be than the machine on which the bench ran."""
STREAM_BATCH, QUEUE_BATCH = 5, 10
"""Records to one invocation of the stream's two readers, and messages to one receive, when few come. More come together when
many do."""
LOG_BYTES = 700
"""Logged for each request: our one line (runtime/http.py). Lambda's own are kept only about failures (template.yaml:
SystemLogLevel), and what the stream and the queues bring is logged only when it comes again."""
DOCUMENT_BYTES, SEALED_BYTES, PREVIEW_BYTES, ANSWER_BYTES, ROW_BYTES = 100_000, 130_000, 60_000, 3_000, 12_000
ROOM_LOOKS, ROOM_BYTES = 10, 4_000
"""How often somebody in line reads room.json, and how large it is on the wire."""
AUTHORIZED_BY_CACHE = 0.5
"""The share of requests whose token the gateway has judged within a minute (template.yaml: ReauthorizeEvery)."""
PDF_MS = {"examine": ("child: preflight",), "draw": ("child: preflight",), "seal": ("ours B-LT rsa2048",)}
"""Work on documents, by its names in bench/results/seal.json (a page of 100 KB)."""


Took = dict[str, float]
"""How often each thing was taken; parts of one, where one of several takes it."""


@dataclass
class Step:
    """One invocation of a function, and what it took."""

    what: str
    function: str
    requests: int = 0
    pdf: tuple[str, ...] = ()
    took: Took = field(default_factory=dict)
    times: float = 1.0


class CountedSources(MemorySources):
    """Sources that count what their requests to S3 would be."""

    def __init__(self, took: Counter[str]) -> None:
        super().__init__()
        self._took = took

    def latest(self, document: str, *, most_bytes: int) -> Any:
        self._took["s3_get"] += 1
        return super().latest(document, most_bytes=most_bytes)

    def pinned(self, document: str, version: str) -> bytes | None:
        self._took["s3_get"] += 1
        return super().pinned(document, version)

    def keep_preview(self, document: str, version: str, page: int, data: bytes) -> None:
        self._took["s3_put"] += 1
        super().keep_preview(document, version, page, data)


class CountedSealedFiles(MemorySealedFiles):
    """Sealed files that count: what is kept is read back (aws/files.py)."""

    def __init__(self, took: Counter[str]) -> None:
        super().__init__()
        self._took = took

    def keep(self, stamping: str, serial: str, data: bytes) -> bytes:
        self._took.update(s3_put=1, s3_get=1)
        return super().keep(stamping, serial, data)

    def read(self, stamping: str, serial: str) -> bytes | None:
        self._took["s3_get"] += 1
        return super().read(stamping, serial)


class CountedSigner(PlainSigner):
    """A key that counts its signatures."""

    took: Counter[str]

    def sign(self, data: bytes) -> bytes:
        self.took["kms"] += 1
        return super().sign(data)


class CountedTimestamps(PlainTimestamps):
    """A witness that counts its tokens."""

    took: Counter[str]

    def token(self, digest: bytes) -> bytes:
        self.took["timestamp"] += 1
        return super().token(digest)


@dataclass
class Walk:
    """A house in which every remote call of a step is counted."""

    steps: list[Step] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.took: Counter[str] = Counter()
        self.ledger = MeteredLedger()
        signer, timestamps = CountedSigner(), CountedTimestamps()
        signer.took = timestamps.took = self.took
        self.world = World(
            ledger=self.ledger,
            sources=CountedSources(self.took),
            sealed=CountedSealedFiles(self.took),
            signer=signer,
            timestamps=timestamps,
        )

    def step(self, step: Step, work: Callable[[], Any]) -> Any:
        """Do some work, and note what it took."""
        self.took.clear()
        for counted in (self.ledger.calls, self.ledger.reads, self.ledger.writes):
            counted.clear()
        done = work()
        units = {"read_unit": self.ledger.reads.total(), "write_unit": self.ledger.writes.total()}
        step.took = {**self.took, **self.ledger.calls, **units}
        self.steps.append(step)
        return done

    def stream(self) -> None:
        """Let the stream's readers, the chains' keeper and the tally do what the changes of these steps ask for."""
        world, records = self.world, 0

        def read() -> None:
            nonlocal records
            while self.ledger.changes:
                changes, self.ledger.changes = self.ledger.changes, []
                for number, (key, old, new) in enumerate(changes, records):
                    if not key[0].startswith(SILENT):
                        world.carry_out(key, old, new, f"{spell(world.now)}#{number:040}")
                records += len(changes)

        step = Step("stream: dispatch and tell", "DispatchFunction", times=0)
        before = len(world.counts.messages) + len(world.entries.messages) + len(world.queue.messages)
        self.step(step, read)
        sent = len(world.counts.messages) + len(world.entries.messages) + len(world.queue.messages) - before
        step.took |= {"sqs": sent, "records": records}
        step.times = 2 * records / STREAM_BATCH
        entries, world.entries.messages = world.entries.messages, []
        if entries:
            taken = Step("chains", "AuditFunction", times=len(entries) / QUEUE_BATCH)
            self.step(taken, lambda: chain_entries(self.ledger, entries))
            taken.took["sqs_received"] = 2 * taken.times
        counts = len(world.counts.messages)
        taken = Step("tally", "TallyFunction", times=counts / QUEUE_BATCH)
        self.step(taken, world.count)
        taken.took["sqs_received"] = 2 * taken.times
        self.ledger.changes = [one for one in self.ledger.changes if not one[0][0].startswith(SILENT)]


def stamped() -> list[Step]:
    """A stamp from upload to download, by somebody who has the piece."""
    walk = Walk()
    world = walk.world
    opened = world.account()
    world.pay(world.buy(opened.account.id).attempt.id)
    walk.stream()
    walk.stream()
    walk.steps.clear()
    account = opened.account.id
    document = walk.step(Step("announce", "DocumentFunction", 1), lambda: world.document(opened.token))
    walk.steps.append(Step("upload", "", took={"s3_put": 1}))

    def look() -> None:
        show_document(
            walk.ledger, world.sources, plain_examiner, lambda *_: {1: b"a picture"},
            account=account, document_id=document, limits=Limits(),
        )  # fmt: skip

    walk.step(Step("examine and draw", "DocumentFunction", 1, pdf=("examine", "draw")), look)
    walk.steps.append(Step("see the page", "", took={"s3_get": 1, "out_bytes": PREVIEW_BYTES}))
    ask = Step("ask", "StampFunction", 1)
    stamping = walk.step(ask, lambda: world.stamp(account, document)).stamping.id
    ask.took["receipts"] = 1
    walk.stream()
    world.queue.messages.clear()
    seal = Step("seal", "SealFunction", pdf=("seal",))
    walk.step(seal, lambda: world.seal(stamping))
    seal.took["sqs_received"] = 2
    walk.stream()
    walk.step(
        Step("fetch", "StampFunction", 1),
        lambda: deliver_stamping(walk.ledger, world.sealed, account=account, stamping_id=stamping, now=world.now),
    )
    walk.steps.append(Step("download", "", took={"s3_get": 1, "out_bytes": SEALED_BYTES}))
    waiting: Took = {"cdn_request": ROOM_LOOKS, "out_bytes": ROOM_LOOKS * ROOM_BYTES}
    walk.steps.append(Step("read room.json in line", "", took=waiting))
    return [*walk.steps, authorized(walk.steps)]


def bought() -> list[Step]:
    """A new account, an invoice, its payment, and looks at it until it is paid."""
    walk = Walk()
    world = walk.world
    opened = walk.step(Step("open an account", "PurchaseFunction", 1), world.account)
    account = opened.account.id
    purchase = Step("buy", "PurchaseFunction", 1)
    bill = walk.step(purchase, lambda: world.buy(account))
    payment = Step("be paid", "PaymentFunction", 1)
    walk.step(payment, lambda: world.pay(bill.attempt.id))
    for one in (purchase, payment):
        one.took["provider"] = 1
    purchase.took["receipts"] = 2  # the second when a look finds it paid
    look = Step("look whether it is paid", "PurchaseFunction", 1)
    walk.step(look, lambda: bill_of(walk.ledger, account=account, invoice_id=bill.invoice.id, now=world.now))
    walk.steps += [look] * 19
    walk.stream()
    walk.stream()
    return [*walk.steps, authorized(walk.steps)]


def authorized(steps: Sequence[Step]) -> Step:
    """The authorizer's own work for these requests."""
    times = (1 - AUTHORIZED_BY_CACHE) * sum(step.requests for step in steps)
    return Step("authorize", "AuthorizeFunction", took={"get": times, "read_unit": times}, times=times)


def memories() -> dict[str, int]:
    """Each function's memory, from the template."""
    template = yaml_parse((HOUSE / "template.yaml").read_text())
    default = template["Globals"]["Function"]["MemorySize"]
    functions = {n: r for n, r in template["Resources"].items() if r["Type"] == "AWS::Serverless::Function"}
    return {name: int(one["Properties"].get("MemorySize", default)) for name, one in functions.items()}


def milliseconds(step: Step, measured: Mapping[str, Any]) -> float:
    """How long all invocations of a step run together."""
    work = sum(float(measured[name]["median_ms"]) for kind in step.pdf for name in PDF_MS[kind])
    remote = sum(REMOTE_MS[name] * several for name, several in step.took.items() if name in REMOTE_MS)
    return HANDLER_MS * step.times + work * SLOWER + remote


def bill(steps: Sequence[Step]) -> dict[str, float]:
    """How much of each priced thing these steps take."""
    measured, memory = json.loads((RESULTS / "seal.json").read_text())["p1"], memories()
    found: dict[str, float] = defaultdict(float)
    for step in steps:
        took = step.took
        for name in ("read_unit", "write_unit", "s3_put", "s3_get", "cdn_request"):
            found[name] += took.get(name, 0)
        found["rest_request"] += step.requests
        found["kms_sign"] += took.get("kms", 0)
        found["kms_sign_other"] += took.get("receipts", 0)
        found["sqs_request"] += took.get("sqs", 0) + took.get("sqs_received", 0)
        found["stream_read"] += took.get("records", 0)
        found["out_gb"] += (took.get("out_bytes", 0) + ANSWER_BYTES * step.requests) / 1e9
        if step.function:
            found["lambda_request"] += step.times
            found["lambda_gb_second"] += memory[step.function] / 1024 * milliseconds(step, measured) / 1000
            found["log_gb"] += LOG_BYTES * step.requests / 1e9
    return found


def record() -> dict[str, Any]:
    """Quantities and dollars for 1,000 stamps: from upload to download, of what was bought for them, and of keeping them."""
    prices = json.loads((HOUSE / "bench" / "prices.json").read_text())

    def priced(quantities: Mapping[str, float], share: float = 1) -> dict[str, Any]:
        each = {name: 1000 * share * several for name, several in quantities.items()}
        usd = {name: each[name] * prices["usd"][name]["price"] * prices["margin"] for name in each}
        rows = {name: {"quantity": round(each[name], 4), "usd": round(usd[name], 5)} for name in each}
        return {"rows": rows, "usd": round(sum(usd.values()), 4)}

    kept = {"s3_gb_month": (DOCUMENT_BYTES + SEALED_BYTES + PREVIEW_BYTES) / 1e9, "table_gb_month": ROW_BYTES / 1e9}
    return {
        **version(),
        "region": prices["region"],
        "prices_read": prices["read"],
        "margin": prices["margin"],
        "stamp": priced(bill(stamped())),
        "purchase": priced(bill(bought()), 1 / PIECES_A_PURCHASE),
        "kept_a_month": priced(kept),
    }


def written(text: str, kept: Mapping[str, Any]) -> str:
    """The page with these figures between its marks."""
    before, _, rest = text.partition(BEGIN)
    return before + BEGIN + "\n\n" + table(kept) + "\n" + END + rest.partition(END)[2]


def table(kept: Mapping[str, Any]) -> str:
    """What 1,000 stamps cost, line by line; and the hottest keys of the replay."""
    prices = json.loads((HOUSE / "bench" / "prices.json").read_text())["usd"]
    keys = json.loads((RESULTS / "keys.json").read_text())
    parts = [kept[name] for name in ("stamp", "purchase", "kept_a_month")]
    stamp, purchase, month = parts
    lines = [
        f"**1,000 stamps, from upload to download: USD {stamp['usd']:.4f}** (wanted: under {WANTED_USD:.2f}).",
        f"What was bought for them, {PIECES_A_PURCHASE:g} pieces at a time: USD {purchase['usd']:.3f}.",
        f"Keeping them for a month: USD {month['usd']:.3f}.",
        f"Prices of {kept['region']}, read on {kept['prices_read']}, times {kept['margin']} for Jakarta.",
        f"Commit {kept['commit']}, {kept['day']}.",
        "",
        "| what | USD each | for 1,000 stamps | USD | their purchase | USD | a month | USD |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, price in prices.items():
        rows = [part["rows"].get(name, {"quantity": 0, "usd": 0}) for part in parts]
        cells = [cell for row in rows for cell in (f"{row['quantity']:,.6g}", f"{row['usd']:.4f}")]
        lines.append(f"| {price['what']} | {price['price']:g} | {' | '.join(cells)} |")
    totals = " | ".join(f"| **{part['usd']:.4f}**" for part in parts)
    lines += [
        f"| **together** | | {totals} |",
        "",
        f"**{keys['stampings']:,} stampings replayed at {keys['a_second']:,} a second**, {keys['of_one_partner']:.0%} of one",
        f"partner with {keys['quota_shards']} quota shards: {keys['write_units_each']:g} write units each, from the document",
        "to the last list, and the purchase where there is one. What the hottest partition of each kind took in one second,",
        f"of the 1,000 that it can (`bench/results/keys.json`, commit {keys['commit']}, seeds {keys['seeds']}):",
        "",
        "| partitions | write units in their busiest second |",
        "|---|---|",
        *(f"| `{kind}` | {taken} |" for kind, taken in keys["write_units_a_second"].items()),
        "",
    ]
    reads = ", ".join(f"`{kind}` {taken:,}" for kind, taken in keys["read_units_a_second"].items())
    return "\n".join([*lines, f"Read units, of 3,000: {reads}.", ""])


def main(arguments: Sequence[str]) -> int:
    """Count, price, write; 1 when a stamp costs more than it may."""
    argparse.ArgumentParser(prog="python -m bench.capacity", description=__doc__).parse_args(arguments)
    kept = record()
    (RESULTS / "capacity.json").write_text(json.dumps(kept, indent=1) + "\n")
    PAGE.write_text(written(PAGE.read_text(), kept))
    print(json.dumps({name: kept[name]["usd"] for name in ("stamp", "purchase", "kept_a_month")}))
    return 0 if kept["stamp"]["usd"] < WANTED_USD else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
