"""The audit, for an operator: every chain, balance and bucket worked out anew, every difference named.

    python -m ops.audit                                  the running local stack (.local/access.json)
    python -m ops.audit --table T --bucket B --key ARN   a stack in the cloud, with the credentials of the environment
    python -m ops.audit --table T ... --export FOLDER --at 2026-10-01T00:00:00Z   a table export: one instant, no load

The exit code is 1 when anything was found. What is printed are ids, amounts, states and hashes: never contacts or tokens.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import boto3
import typer
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key, load_pem_public_key
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from meterai.aws.export import ExportedTable, ScannedTable
from meterai.aws.keys import KmsHeadsSigner
from meterai.aws.locked_files import S3LockedFiles
from meterai.aws.table import DynamoLedger
from meterai.domain.chains import ENTRY, Verify, recorded
from meterai.domain.ledger import Key, Row
from meterai.operations.audit import Audited, audit
from meterai.operations.chain_entries import chain_entries
from meterai.operations.lock_heads import read_heads
from meterai.ports.chains import Rows

HOUSE = Path(__file__).resolve().parent.parent
SHOWN = 200
"""Findings in the printed table; all are in --json."""
app = typer.Typer(add_completion=False, help=__doc__)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a stack keeps its table, its locked heads and its key, and how it is reached."""

    table: str
    bucket: str
    key: str
    reached: dict[str, str]

    @classmethod
    def local(cls, access: Path) -> Place:
        """The stack that `make run` runs."""
        said = json.loads(access.read_text())
        reached = {
            "endpoint_url": said["engine_url"],
            "region_name": said["region"],
            "aws_access_key_id": said["access_key_id"],
            "aws_secret_access_key": said["secret_access_key"],
        }
        return cls(said["table_name"], said["lock_bucket"], said["ledger_key"], reached)

    def client(self, service: str) -> Any:
        """A boto3 client."""
        return boto3.client(service, **self.reached)  # type: ignore[call-overload]


def verifier(public_key: bytes) -> Verify:
    """Judges signatures of the ledger's key: its public half, DER or PEM. Raises ValueError when it is no EC key."""
    pem = public_key.lstrip().startswith(b"-----")
    key = load_pem_public_key(public_key) if pem else load_der_public_key(public_key)
    if not isinstance(key, EllipticCurvePublicKey):
        raise ValueError("the ledger's key is an elliptic curve key")
    return partial(_signed_by, key)


def _signed_by(key: EllipticCurvePublicKey, data: bytes, signature: bytes) -> bool:
    with suppress(InvalidSignature):
        key.verify(signature, data, ECDSA(SHA256()))
        return True
    return False


def audit_place(
    place: Place,
    *,
    export: Path | None = None,
    at: datetime | None = None,
    public_key: bytes | None = None,
    progress: Progress | None = None,
) -> Audited:
    """Audit a stack: its table as it goes on, or an export of it as of the instant `at`. Raises Busy."""
    dynamodb = place.client("dynamodb")
    files = S3LockedFiles(place.client("s3"), place.bucket)
    verify = verifier(public_key or KmsHeadsSigner(place.client("kms"), place.key).public_key())
    now = at or datetime.now(UTC)
    if export is not None:
        return audit(_counted(ExportedTable(export), None, progress), files, verify, now=now)
    ledger = DynamoLedger(dynamodb, place.table)
    about = dynamodb.describe_table(TableName=place.table)["Table"].get("ItemCount") or None
    rows = _counted(ScannedTable(dynamodb, place.table), about, progress)
    return audit(rows, files, verify, now=now, heads=lambda: read_heads(ledger))


def _counted(rows: Rows, about: int | None, progress: Progress | None) -> Rows:
    """The same rows, shown as they pass; `about` is how many are expected."""
    if progress is None:
        return rows

    def shown() -> Iterator[tuple[Key, Row]]:
        task = progress.add_task("rows", total=about)
        passed = 0
        for passed, pair in enumerate(rows(), start=1):
            if passed % 1000 == 0:
                progress.update(task, completed=passed, total=max(passed, about or 0) if about else None)
            yield pair
        progress.update(task, completed=passed, total=passed)

    return shown


def bar(console: Console) -> Progress:
    """How far the audit is."""
    return Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), console=console
    )


def show(console: Console, audited: Audited) -> None:
    """Print what was seen and found."""
    if audited.findings:
        table = Table("code", "id", "what", "expected", "found", title=f"{len(audited.findings)} findings")
        for one in audited.findings[:SHOWN]:
            table.add_row(one.code, one.id, one.what, one.expected, one.found)
        console.print(table)
    if len(audited.findings) > SHOWN:
        console.print(f"and {len(audited.findings) - SHOWN} more: --json FILE has all")
    console.print(f"{audited.entries} entries in {audited.rows} rows, {audited.locked} locked heads", highlight=False)


def mend(place: Place, audited: Audited) -> dict[str, str]:
    """Chain the entries that were found without a link. Returns the codes of what must come again, by entry. Raises Busy."""
    ledger = DynamoLedger(place.client("dynamodb"), place.table)
    unlinked = [one.id for one in audited.findings if one.code == "entry_unlinked"]
    rows = ((entry, ledger.get((entry, ENTRY))) for entry in unlinked)
    return chain_entries(ledger, [recorded(entry, row) for entry, row in rows if row is not None])


@app.command(help=__doc__)
def main(
    table: Annotated[
        str | None, typer.Option(help="The stack's output TableName; without it, the local stack.")
    ] = None,
    bucket: Annotated[str, typer.Option(help="The stack's output LockBucket.")] = "",
    key: Annotated[str, typer.Option(help="The stack's output LedgerKeyArn.")] = "",
    access: Annotated[Path, typer.Option(help="access.json of a local stack.")] = HOUSE / ".local" / "access.json",
    public_key: Annotated[Path | None, typer.Option(help="The key's public half, kept elsewhere (PEM or DER).")] = None,
    export: Annotated[Path | None, typer.Option(help="File or folder of a table export (DynamoDB JSON).")] = None,
    at: Annotated[datetime | None, typer.Option(help="The export's instant, UTC.")] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write all findings here.")] = None,
    chain: Annotated[bool, typer.Option(help="Then chain the entries that have no link.")] = False,
) -> None:
    console = Console()
    place = Place(table, bucket, key, {}) if table else Place.local(access)
    with bar(console) as progress:
        audited = audit_place(
            place,
            export=export,
            at=at.replace(tzinfo=UTC) if at else None,
            public_key=public_key.read_bytes() if public_key else None,
            progress=progress,
        )
    show(console, audited)
    if json_file is not None:
        findings = [
            {"code": one.code, "id": one.id, "what": one.what, "expected": one.expected, "found": one.found}
            for one in audited.findings
        ]
        json_file.write_text(json.dumps(findings, indent=1) + "\n")
    if chain:
        console.print(f"to come again: {mend(place, audited) or 'nothing'}", highlight=False)
    raise typer.Exit(1 if audited.findings else 0)


if __name__ == "__main__":
    app()
