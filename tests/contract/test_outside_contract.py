"""What storage, queue and workflows promise, in memory and on AWS' clients (moto)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils
from moto import mock_aws

from meterai.aws.files import S3SealedFiles, S3Sources, S3Trust
from meterai.aws.keys import KmsSigner, secret
from meterai.aws.messages import RefundExecutions, SqsSealQueue
from meterai.domain.errors import Busy, DocumentTooLarge
from meterai.domain.rows import LINES
from meterai.pdf import cms
from meterai.ports.outside import Documents, Executions, SealedFiles, SealQueue
from tests.fakes.outside import MemoryExecutions, MemoryQueue, MemorySealedFiles, MemorySources
from tests.unit.pdf.pki import make_pki


@dataclass
class House:
    """The adapters under test; `upload` plays the browser, `pictures` looks at what lies beside a document."""

    sources: Documents
    sealed: SealedFiles
    queue: SealQueue
    executions: Executions
    upload: Callable[[str, bytes], object]
    pictures: Callable[[str], list[bytes]]


@pytest.fixture(params=["memory", "aws"])
def house(request: pytest.FixtureRequest) -> Iterator[House]:
    if request.param == "memory":
        sources = MemorySources()
        yield House(
            sources,
            MemorySealedFiles(),
            MemoryQueue(),
            MemoryExecutions(),
            sources.upload,
            lambda document: [data for (owner, _, _), data in sources.previews.items() if owner == document],
        )
        return
    with mock_aws():
        s3, sqs, workflows = boto3.client("s3"), boto3.client("sqs"), boto3.client("stepfunctions")
        place: Any = {"CreateBucketConfiguration": {"LocationConstraint": "ap-southeast-3"}}
        for bucket in ("sources", "sealed"):
            s3.create_bucket(Bucket=bucket, **place)
        s3.put_bucket_versioning(Bucket="sources", VersioningConfiguration={"Status": "Enabled"})
        machine = workflows.create_state_machine(
            name="refund",
            roleArn="arn:aws:iam::123456789012:role/refund",
            definition=json.dumps(
                {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 1000, "End": True}}}
            ),
        )["stateMachineArn"]
        yield House(
            S3Sources(s3, "sources"),
            S3SealedFiles(s3, "sealed"),
            SqsSealQueue(sqs, {line: sqs.create_queue(QueueName=line)["QueueUrl"] for line in LINES}),
            RefundExecutions(workflows, machine),
            lambda document, data: s3.put_object(Bucket="sources", Key=document, Body=data),
            lambda document: [
                s3.get_object(Bucket="sources", Key=found["Key"])["Body"].read()
                for found in s3.list_objects_v2(Bucket="sources", Prefix=f"{document}/").get("Contents", [])
            ],
        )


def test_an_uploaded_document_is_read_and_its_version_stays_what_it_was(house: House) -> None:
    assert house.sources.latest("doc_1", most_bytes=100) is None
    house.upload("doc_1", b"first")
    first = house.sources.latest("doc_1", most_bytes=100)
    assert first is not None
    house.upload("doc_1", b"second")
    second = house.sources.latest("doc_1", most_bytes=100)
    assert second is not None
    assert (first.data, second.data) == (b"first", b"second")
    assert house.sources.pinned("doc_1", first.version) == b"first"
    assert house.sources.pinned("doc_2", first.version) is None


def test_a_document_larger_than_allowed_is_refused_before_it_is_read(house: House) -> None:
    house.upload("doc_1", b"x" * 101)
    with pytest.raises(DocumentTooLarge):
        house.sources.latest("doc_1", most_bytes=100)


def test_a_deleted_document_is_gone_in_every_version(house: House) -> None:
    for data in (b"one", b"two"):
        house.upload("doc_1", data)
    stored = house.sources.latest("doc_1", most_bytes=100)
    assert stored is not None
    for _ in range(2):
        house.sources.delete("doc_1")
    assert house.sources.latest("doc_1", most_bytes=100) is None
    assert house.sources.pinned("doc_1", stored.version) is None


def test_a_repaired_version_is_the_newest_and_the_original_stays(house: House) -> None:
    house.upload("doc_1", b"original")
    original = house.sources.latest("doc_1", most_bytes=100)
    assert original is not None
    mended = house.sources.keep("doc_1", b"mended")
    newest = house.sources.latest("doc_1", most_bytes=100)
    assert newest is not None
    assert (newest.version, newest.data) == (mended, b"mended")
    assert house.sources.pinned("doc_1", original.version) == b"original"
    house.sources.delete("doc_1")
    assert [house.sources.pinned("doc_1", version) for version in (original.version, mended)] == [None, None]


def test_pictures_are_linked_by_version_and_page_shortly_and_go_with_their_document(house: House) -> None:
    house.upload("doc_1", b"original")
    house.sources.keep_preview("doc_1", "v1", 2, b"RIFF....WEBP")
    link = house.sources.preview_link("doc_1", "v1", 2, seconds=60)
    assert all(part in link for part in ("doc_1", "v1", "2", "60"))
    assert house.pictures("doc_1") == [b"RIFF....WEBP"]
    stored = house.sources.latest("doc_1", most_bytes=100)
    assert stored is not None
    assert stored.data == b"original"
    house.sources.delete("doc_1")
    assert house.pictures("doc_1") == []


def test_the_form_names_where_the_file_goes(house: House) -> None:
    form = house.sources.upload_form("doc_1", most_bytes=100, seconds=60)
    assert form.url
    assert form.fields


def test_who_comes_second_to_a_sealed_key_reads_what_the_first_put(house: House) -> None:
    assert house.sealed.read("stp_1", "SN") is None
    assert house.sealed.keep("stp_1", "SN", b"first") == b"first"
    assert house.sealed.keep("stp_1", "SN", b"second") == b"first"
    assert house.sealed.read("stp_1", "SN") == b"first"
    assert house.sealed.read("stp_1", "OTHER") is None


def test_a_link_names_the_file_and_lives_shortly(house: House) -> None:
    link = house.sealed.link("stp_1", "SN", filename='su"rat\r\nlamaran é.pdf', seconds=60)
    assert "stp_1/SN" in link
    assert "60" in link


def test_the_queue_counts_what_waits(house: House) -> None:
    assert house.queue.waiting() == 0
    house.queue.send("stp_1", "paid")
    house.queue.send("stp_1", "bulk")
    assert house.queue.waiting() == 2


def test_an_execution_of_one_name_is_started_once(house: House) -> None:
    assert not house.executions.running("rfd_1", 1)
    house.executions.start("rfd_1", 1)
    house.executions.start("rfd_1", 1)
    assert house.executions.running("rfd_1", 1)
    assert not house.executions.running("rfd_1", 2)


@pytest.fixture
def cloud() -> Iterator[None]:
    with mock_aws():
        yield


@pytest.mark.usefixtures("cloud")
def test_storage_queue_and_workflows_that_do_not_answer_are_busy() -> None:
    s3, sqs, workflows = boto3.client("s3"), boto3.client("sqs"), boto3.client("stepfunctions")
    machine = "arn:aws:states:ap-southeast-3:123456789012:stateMachine:nobody"
    nobody = "https://sqs.ap-southeast-3.amazonaws.com/123456789012/nobody"
    asked: list[Callable[[], object]] = [
        lambda: S3Sources(s3, "nobody").latest("doc", most_bytes=1),
        lambda: S3Sources(s3, "nobody").delete("doc"),
        lambda: S3SealedFiles(s3, "nobody").keep("stp", "SN", b""),
        lambda: S3SealedFiles(s3, "nobody").read("stp", "SN"),
        lambda: S3Trust(s3, "nobody").read("roots.pem"),
        lambda: SqsSealQueue(sqs, {"paid": nobody}).send("stp", "paid"),
        lambda: SqsSealQueue(sqs, {"paid": nobody}).waiting(),
        lambda: RefundExecutions(workflows, machine).start("rfd", 1),
        lambda: secret(boto3.client("secretsmanager"), "nobody"),
        lambda: KmsSigner(boto3.client("kms"), "nobody", ()).sign(b""),
        lambda: KmsSigner(boto3.client("kms"), "nobody", ()).probe(),
    ]
    for ask in asked:
        with pytest.raises(Busy):
            ask()


class Kms:
    """KMS' Sign on a key in memory: moto's DIGEST gives signatures that do not verify."""

    def __init__(self, key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> None:
        self.key = key

    def sign(self, *, KeyId: str, Message: bytes, MessageType: str, SigningAlgorithm: str) -> dict[str, bytes]:  # noqa: N803
        assert (KeyId, MessageType, len(Message)) == ("seal", "DIGEST", 32)
        hashed = utils.Prehashed(hashes.SHA256())
        if isinstance(self.key, rsa.RSAPrivateKey):
            assert SigningAlgorithm == "RSASSA_PKCS1_V1_5_SHA_256"
            return {"Signature": self.key.sign(Message, padding.PKCS1v15(), hashed)}
        assert SigningAlgorithm == "ECDSA_SHA_256"
        return {"Signature": self.key.sign(Message, ec.ECDSA(hashed))}


def test_the_seals_key_signs_as_its_certificate_says_and_only_a_digest_travels() -> None:
    pki = make_pki()
    for signer in (pki.signer, pki.elliptic().signer):
        client: Any = Kms(signer.key)
        template = cms.template(signer.chain)
        document = template.attributes(bytes(32))
        assert template.fits(KmsSigner(client, "seal", signer.chain).sign(document), document)


@pytest.mark.usefixtures("cloud")
def test_a_secret_that_was_never_set_is_busy_and_a_set_one_is_read() -> None:
    client = boto3.client("secretsmanager")
    client.create_secret(Name="payment")
    with pytest.raises(Busy):
        secret(client, "payment")
    client.put_secret_value(SecretId="payment", SecretString="made by the test")
    assert secret(client, "payment") == "made by the test"
