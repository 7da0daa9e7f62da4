"""Public files in memory and in S3: the last one put is the one that is there, as long as it may be kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from moto import mock_aws

from meterai.aws.room import S3PublicFiles
from meterai.domain.errors import Busy
from meterai.ports.room import PublicFiles
from tests.fakes.room import MemoryPublicFiles


@dataclass
class Files:
    """The files under test; `read` plays a reader, `broken` are files whose storage does not answer."""

    files: PublicFiles
    read: Callable[[str], tuple[bytes, int]]
    broken: PublicFiles


@pytest.fixture(params=["memory", "aws"])
def public(request: pytest.FixtureRequest) -> Iterator[Files]:
    if request.param == "memory":
        memory = MemoryPublicFiles()
        yield Files(memory, memory.files.__getitem__, MemoryPublicFiles(down=True))
        return
    with mock_aws():
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket="room", CreateBucketConfiguration={"LocationConstraint": "ap-southeast-3"})

        def read(name: str) -> tuple[bytes, int]:
            found: Any = s3.get_object(Bucket="room", Key=name)
            return found["Body"].read(), int(found["CacheControl"].removeprefix("public, max-age="))

        yield Files(S3PublicFiles(s3, "room"), read, S3PublicFiles(s3, "nowhere"))


def test_the_last_file_of_a_name_is_the_one_that_is_there(public: Files) -> None:
    public.files.publish("status.json", b"{}", fresh_seconds=15)
    public.files.publish("status.json", b'{"status": "ok"}', fresh_seconds=5)
    assert public.read("status.json") == (b'{"status": "ok"}', 5)


def test_storage_that_does_not_answer_is_busy(public: Files) -> None:
    with pytest.raises(Busy):
        public.broken.publish("status.json", b"{}", fresh_seconds=15)


@pytest.mark.parametrize(
    ("name", "kind"), [("status.json", "application/json"), ("status.html", "text/html; charset=utf-8")]
)
def test_a_page_is_a_page_and_the_rest_is_json(name: str, kind: str) -> None:
    with mock_aws():
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket="room", CreateBucketConfiguration={"LocationConstraint": "ap-southeast-3"})
        S3PublicFiles(s3, "room").publish(name, b"x", fresh_seconds=15)
        assert s3.get_object(Bucket="room", Key=name)["ContentType"] == kind
