"""What the chains' keepers promise, in memory and on AWS' clients (moto)."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from meterai.aws.export import ExportedTable, ScannedTable
from meterai.aws.keys import KmsHeadsSigner
from meterai.aws.locked_files import S3LockedFiles
from meterai.aws.messages import SqsEntryQueue, sent_entry
from meterai.aws.table import DynamoLedger, stored_row
from meterai.domain.audit import READ
from meterai.domain.chains import Recorded, entry_digest
from meterai.domain.errors import Busy
from meterai.domain.ledger import Key, Move, Put, Row
from meterai.ports.chains import LockedFile, LockedFiles
from ops.audit import verifier
from tests.fakes.chains import MemoryLockedFiles

PLACE: Any = {"LocationConstraint": "ap-southeast-3"}
ENTRY: Row = {"account": "acc_1", "at": "2024-09-03T10:00:00.000000Z", "lines": {"liability": 10_000, "duty": -10_000}}


@pytest.fixture
def cloud() -> Iterator[None]:
    with mock_aws():
        yield


@pytest.fixture(params=["memory", "aws"])
def files(request: pytest.FixtureRequest) -> Iterator[LockedFiles]:
    if request.param == "memory":
        yield MemoryLockedFiles()
        return
    with mock_aws():
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket="lock", CreateBucketConfiguration=PLACE, ObjectLockEnabledForBucket=True)
        yield S3LockedFiles(s3, "lock")


def test_locked_files_are_written_once_and_read_in_order(files: LockedFiles) -> None:
    assert files.last() is None
    assert list(files.every()) == []
    assert files.keep(1, b"first") == b"first"
    assert files.keep(1, b"other") == b"first"
    for number in range(2, 12):
        files.keep(number, str(number).encode())
    assert files.last() == LockedFile(11, b"11")
    assert [file.number for file in files.every()] == list(range(1, 12))
    assert all(file.untouched for file in files.every())


@pytest.mark.usefixtures("cloud")
def test_what_was_put_over_or_hidden_is_still_read_as_it_was_first() -> None:
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="lock", CreateBucketConfiguration=PLACE, ObjectLockEnabledForBucket=True)
    files = S3LockedFiles(s3, "lock")
    for number in (1, 2, 3):
        files.keep(number, str(number).encode())
    s3.put_object(Bucket="lock", Key="heads/000000001", Body=b"forged")
    s3.delete_object(Bucket="lock", Key="heads/000000003")
    s3.put_object(Bucket="lock", Key="heads/README", Body=b"not ours")
    found = list(files.every())
    assert found == [LockedFile(1, b"1", False), LockedFile(2, b"2"), LockedFile(3, b"3", False)]


@pytest.mark.usefixtures("cloud")
def test_the_ledgers_key_signs_what_its_public_half_verifies() -> None:
    kms = boto3.client("kms")
    key = kms.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["Arn"]
    signer = KmsHeadsSigner(kms, key)
    verify = verifier(signer.public_key())
    assert verify(b"heads", signer.sign(b"heads"))
    assert not verify(b"others", signer.sign(b"heads"))
    assert not verify(b"heads", b"")


@pytest.mark.usefixtures("cloud")
def test_an_entry_arrives_as_it_was_sent() -> None:
    sqs = boto3.client("sqs")
    url = sqs.create_queue(QueueName="entries")["QueueUrl"]
    sent = Recorded("entry_commit_stp_1", "ab" * 32, "2024-09-03T10:00:00.000000Z")
    SqsEntryQueue(sqs, url).send(sent)
    (message,) = sqs.receive_message(QueueUrl=url)["Messages"]
    assert sent_entry(json.loads(message["Body"])) == sent
    with pytest.raises(ValueError, match="hex"):
        sent_entry({"entry": "e", "hash": "no hash", "at": "now"})


@pytest.mark.usefixtures("cloud")
def test_keepers_that_do_not_answer_are_busy() -> None:
    s3, sqs = boto3.client("s3"), boto3.client("sqs")
    queue = SqsEntryQueue(sqs, "https://sqs.ap-southeast-3.amazonaws.com/123456789012/nobody")
    asked: list[Callable[[], object]] = [
        lambda: S3LockedFiles(s3, "nobody").last(),
        lambda: S3LockedFiles(s3, "nobody").keep(1, b""),
        lambda: list(S3LockedFiles(s3, "nobody").every()),
        lambda: queue.send(Recorded("e", "", "")),
        lambda: KmsHeadsSigner(boto3.client("kms"), "nobody").sign(b""),
        lambda: KmsHeadsSigner(boto3.client("kms"), "nobody").public_key(),
        lambda: list(ScannedTable(boto3.client("dynamodb"), "nobody")()),
    ]
    for ask in asked:
        with pytest.raises(Busy):
            ask()


@pytest.mark.usefixtures("cloud")
def test_scan_export_and_stream_read_one_entry_alike(tmp_path: Path) -> None:
    """Its hash is taken from the stream's image, and looked for in the table or in an export."""
    dynamodb = boto3.client("dynamodb")
    dynamodb.create_table(
        TableName="t",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in ("pk", "sk")],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
    )
    key: Key = ("entry_commit_stp_1", "entry")
    person: Key = ("acc_1", "account")
    contact: Row = {"email": "budi@contoh.id"}
    DynamoLedger(dynamodb, "t").apply(Move("test", (Put(key, ENTRY), Put(person, contact))))
    items = dynamodb.scan(TableName="t")["Items"]
    lines = "".join(json.dumps({"Item": item}) + "\n" for item in items)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "part.json.gz").write_bytes(gzip.compress(lines.encode()))
    (tmp_path / "plain.json").write_text(lines)
    (image,) = (item for item in items if item["sk"]["S"] == "entry")
    assert entry_digest(key, stored_row(image)) == entry_digest(key, ENTRY)
    for rows in (ScannedTable(dynamodb, "t"), ExportedTable(tmp_path / "data"), ExportedTable(tmp_path / "plain.json")):
        assert dict(rows()) == {key: ENTRY, person: {}}


@pytest.mark.usefixtures("cloud")
def test_a_number_that_is_not_whole_is_not_rounded_away(tmp_path: Path) -> None:
    item = {"pk": {"S": "entry_x"}, "sk": {"S": "entry"}, "lines": {"M": {"fee": {"N": "0.5"}}}, "set": {"SS": ["b", "a"]},
            "list": {"L": [{"BOOL": True}, {"NULL": True}]}}  # fmt: skip
    (tmp_path / "one.json").write_text(json.dumps({"Item": item}) + "\n")
    ((_, row),) = ExportedTable(tmp_path / "one.json")()
    assert row == {"lines": {"fee": "0.5"}, "set": frozenset("ab"), "list": [True, "NULL True"]}


def test_contacts_tokens_and_documents_are_not_read() -> None:
    assert not READ.keys() & {"account", "token", "document", "report", "notice"}
    read = {name for names in READ.values() for name in names}
    assert not read & {"email", "phone", "destination", "reference", "metadata", "reason"}
