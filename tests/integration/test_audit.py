"""The chains and the audit on the running stack: through its stream, queue, key and locked bucket."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from botocore.exceptions import ClientError
from typer.testing import CliRunner

from meterai.aws.export import ScannedTable
from ops.audit import Place, app, audit_place
from tests.integration.client import Person, connect, until
from tests.integration.conftest import Stack


@pytest.fixture(scope="module")
def http(stack: Stack) -> Iterator[httpx.Client]:
    with connect(stack.api_url) as client:
        yield client


@pytest.fixture(scope="module")
def stamping(stack: Stack, http: httpx.Client) -> str:
    """A piece that was bought and became a stamp, its entries chained and the heads locked."""
    person = Person.new(http)
    invoice = person.buy(2)
    stamping = str(person.stamp()["id"])
    until(lambda: row(stack, f"entry_commit_{stamping}", "link"))
    until(lambda: row(stack, f"entry_pay_{paid_by(stack, invoice['id'])}", "link"))
    lock(stack)
    return stamping


def row(stack: Stack, pk: str, sk: str) -> dict[str, Any] | None:
    key = {"pk": {"S": pk}, "sk": {"S": sk}}
    found: dict[str, Any] = stack.client("dynamodb").get_item(TableName=stack.access["table_name"], Key=key)
    return found.get("Item")


def paid_by(stack: Stack, invoice: str) -> str:
    found = row(stack, invoice, "invoice")
    assert found is not None
    return str(found["paid_by"]["S"])


def lock(stack: Stack) -> dict[str, Any]:
    """Have the heads locked now, as an operator would."""
    answer = stack.client("lambda").invoke(
        FunctionName=stack.access["audit_function"], Payload=json.dumps({"heads": "lock"}).encode()
    )
    told: dict[str, Any] = json.loads(answer["Payload"].read())
    assert "FunctionError" not in answer, told
    return told


def settled(stack: Stack) -> None:
    """Wait until every entry of every test so far has its link."""

    def none_waits() -> bool:
        keys = {key for key, _ in ScannedTable(stack.client("dynamodb"), stack.access["table_name"])()}
        return all((pk, "link") in keys for pk, sk in keys if sk == "entry")

    until(none_waits)


def test_what_was_bought_and_stamped_is_chained_and_its_heads_are_locked(stack: Stack, stamping: str) -> None:
    told = lock(stack)
    assert told["again"] == {}
    assert told["entries"] >= 2
    s3, bucket = stack.client("s3"), stack.access["lock_bucket"]
    key = f"heads/{told['number']:09}"
    kept = s3.get_object_retention(Bucket=bucket, Key=key)["Retention"]
    assert kept["Mode"] == "COMPLIANCE"
    (version,) = s3.list_object_versions(Bucket=bucket, Prefix=key)["Versions"]
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.delete_object(Bucket=bucket, Key=key, VersionId=version["VersionId"])
    with pytest.raises(ClientError, match="PreconditionFailed"):
        s3.put_object(Bucket=bucket, Key=key, Body=b"other heads", IfNoneMatch="*")


def test_the_running_stack_is_clean_and_a_changed_entry_is_named(stack: Stack, stamping: str, tmp_path: Path) -> None:
    settled(stack)
    lock(stack)
    access = stack.state / "access.json"
    audited = audit_place(Place.local(access))
    assert audited.findings == ()
    assert audited.entries >= 2
    assert audited.locked >= 2
    assert CliRunner().invoke(app, ["--access", str(access)]).exit_code == 0

    table, dynamodb = stack.access["table_name"], stack.client("dynamodb")
    kept = row(stack, f"entry_commit_{stamping}", "entry")
    assert kept is not None
    dynamodb.put_item(TableName=table, Item={**kept, "at": {"S": "2024-09-03T10:00:00.000000Z"}})
    try:
        told = CliRunner().invoke(app, ["--access", str(access), "--json", str(tmp_path / "findings.json")])
    finally:
        dynamodb.put_item(TableName=table, Item=kept)
    assert told.exit_code == 1
    assert "entry_changed" in told.output
    (finding,) = json.loads((tmp_path / "findings.json").read_text())
    assert (finding["code"], finding["id"]) == ("entry_changed", f"entry_commit_{stamping}")


def test_an_exported_table_audits_as_the_table_does(stack: Stack, stamping: str, tmp_path: Path) -> None:
    settled(stack)
    lock(stack)
    lines = []
    for page in stack.client("dynamodb").get_paginator("scan").paginate(TableName=stack.access["table_name"]):
        lines += [json.dumps({"Item": item}, default=sorted) for item in page["Items"]]
    (tmp_path / "export.json").write_text("\n".join(lines) + "\n")
    audited = audit_place(Place.local(stack.state / "access.json"), export=tmp_path / "export.json")
    assert audited.findings == ()
    assert audited.entries >= 2
