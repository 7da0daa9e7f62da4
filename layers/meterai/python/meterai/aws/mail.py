"""Mails that SES put into S3, and the notices that S3 sends about them (ports.mail.Mailbag)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus

from botocore.exceptions import BotoCoreError, ClientError

from meterai.domain import instants
from meterai.domain.errors import Busy
from meterai.ports.mail import Proof

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_ABSENT = {"NoSuchKey", "404", "NotFound"}
_EMPTY = {"InvalidRange", "416"}


@dataclass(frozen=True, slots=True)
class Arrival:
    """A mail's file, and when it was put there."""

    key: str
    at: datetime


def arrivals(notice: dict[str, Any]) -> list[Arrival]:
    """The files that a notice of S3 names; none in the one that S3 sends when it is first told to send any."""
    return [
        Arrival(unquote_plus(record["s3"]["object"]["key"]), instants.read(record["eventTime"]))
        for record in notice.get("Records", [])
        if str(record["eventName"]).removeprefix("s3:").startswith("ObjectCreated:")
    ]


class S3Mailbag:
    """One bucket: mails as they came, wherever SES was told to put them, and proofs under `proofs/{refund}/{sha256}`. How long
    each stays is the bucket's lifecycle (template.yaml)."""

    def __init__(self, client: S3Client, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def raw(self, key: str, *, most_bytes: int) -> bytes | None:
        try:
            found = self._client.get_object(Bucket=self._bucket, Key=key, Range=f"bytes=0-{most_bytes - 1}")
            data: bytes = found["Body"].read()
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code in _ABSENT or code in _EMPTY:
                return b"" if code in _EMPTY else None
            raise Busy("storage did not answer") from error
        except (BotoCoreError, OSError) as error:
            raise Busy("storage did not answer") from error
        return data

    def keep_proof(self, refund: str, proof: Proof) -> None:
        try:
            self._client.put_object(
                Bucket=self._bucket,
                Key=f"proofs/{refund}/{proof.sha256}",
                Body=proof.data,
                ContentType=proof.kind,
                ContentDisposition="attachment",
                ChecksumAlgorithm="SHA256",
            )
        except (ClientError, BotoCoreError) as error:
            raise Busy("storage did not take the file") from error
