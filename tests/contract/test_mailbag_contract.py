"""What keeps mails and proofs, in memory and on AWS' client (moto): the same promises."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from moto import mock_aws

from meterai.aws.mail import Arrival, S3Mailbag, arrivals
from meterai.domain.errors import Busy
from meterai.ports.mail import Mailbag, Proof
from tests.fakes.mailbag import MemoryMailbag

PROOF = Proof("application/pdf", "ab" * 32, b"%PDF-1.7 bukti")


@dataclass
class House:
    """The mailbag under test; `put` plays SES, `proof` looks at what was kept."""

    bag: Mailbag
    put: Callable[[str, bytes], object]
    proof: Callable[[str, str], bytes]


@pytest.fixture(params=["memory", "aws"])
def house(request: pytest.FixtureRequest) -> Iterator[House]:
    if request.param == "memory":
        bag = MemoryMailbag()
        yield House(bag, bag.mails.__setitem__, lambda refund, sha256: bag.proofs[refund, sha256].data)
        return
    with mock_aws():
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket="mail", CreateBucketConfiguration={"LocationConstraint": "ap-southeast-3"})
        yield House(
            S3Mailbag(s3, "mail"),
            lambda key, data: s3.put_object(Bucket="mail", Key=key, Body=data),
            lambda refund, sha256: s3.get_object(Bucket="mail", Key=f"proofs/{refund}/{sha256}")["Body"].read(),
        )


def test_a_mail_is_read_as_far_as_is_asked(house: House) -> None:
    house.put("inbound/1", b"From: budi@example.id\r\n\r\nisi")
    assert house.bag.raw("inbound/1", most_bytes=1_000) == b"From: budi@example.id\r\n\r\nisi"
    assert house.bag.raw("inbound/1", most_bytes=4) == b"From"


def test_a_mail_that_is_gone_is_none_and_an_empty_one_is_empty(house: House) -> None:
    house.put("inbound/1", b"")
    assert house.bag.raw("inbound/1", most_bytes=10) == b""
    assert house.bag.raw("inbound/2", most_bytes=10) is None


def test_a_proof_is_kept_beside_its_request_and_twice_is_once(house: House) -> None:
    for _ in range(2):
        house.bag.keep_proof("rfd_1", PROOF)
    assert house.proof("rfd_1", PROOF.sha256) == PROOF.data


def test_storage_that_does_not_answer_is_busy_and_not_an_empty_mail() -> None:
    with mock_aws():
        bag = S3Mailbag(boto3.client("s3"), "nobodys-bucket")
        with pytest.raises(Busy):
            bag.raw("inbound/1", most_bytes=10)
        with pytest.raises(Busy):
            bag.keep_proof("rfd_1", PROOF)


def test_a_proof_is_a_file_to_save_and_never_one_to_show() -> None:
    with mock_aws():
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket="mail", CreateBucketConfiguration={"LocationConstraint": "ap-southeast-3"})
        S3Mailbag(s3, "mail").keep_proof("rfd_1", PROOF)
        kept = s3.get_object(Bucket="mail", Key=f"proofs/rfd_1/{PROOF.sha256}")
        assert (kept["ContentDisposition"], kept["ContentType"]) == ("attachment", "application/pdf")


def record(name: str, key: str) -> dict[str, Any]:
    return {"eventName": name, "eventTime": "2024-09-03T14:14:05.123Z", "s3": {"object": {"key": key}}}


def test_a_notice_names_files_that_were_put_as_s3_spells_them() -> None:
    notice = {"Records": [record("ObjectCreated:Put", "inbound/a+b%2Bc"), record("ObjectRemoved:Delete", "inbound/x")]}
    assert arrivals(notice) == [Arrival("inbound/a b+c", datetime(2024, 9, 3, 14, 14, 5, 123_000, tzinfo=UTC))]
    assert arrivals({"Service": "Amazon S3", "Event": "s3:TestEvent"}) == []
