"""The queue of counts in SQS, public files in S3 and the receipts' key in KMS (ports.room)."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from meterai.domain import instants
from meterai.domain.errors import Busy
from meterai.domain.tally import Count

if TYPE_CHECKING:
    from mypy_boto3_kms import KMSClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

_ED25519 = bytes.fromhex("302a300506032b6570032100")
"""How the DER SubjectPublicKeyInfo of an Ed25519 key begins (RFC 8410, 4); its 32 bytes follow."""


class SqsCountQueue:
    """One standard queue; what dies in it is counted by an operator's redrive (docs/waiting-room.md)."""

    def __init__(self, client: SQSClient, url: str) -> None:
        self._client = client
        self._url = url

    def send(self, count: Count) -> None:
        body = {"change": count.change, "at": instants.spell(count.at), "sums": dict(count.sums)}
        try:
            self._client.send_message(QueueUrl=self._url, MessageBody=json.dumps(body))
        except (ClientError, BotoCoreError) as error:
            raise Busy("the queue did not take the count") from error


def sent_count(message: dict[str, Any]) -> Count:
    """The count in a message's body. Raises KeyError, TypeError or ValueError when there is none."""
    at: datetime = instants.read(message["at"])
    return Count(str(message["change"]), at, {str(name): int(number) for name, number in message["sums"].items()})


class S3PublicFiles:
    """Objects of a bucket whose policy lets anybody read them."""

    def __init__(self, client: S3Client, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def publish(self, name: str, data: bytes, *, fresh_seconds: int) -> None:
        try:
            self._client.put_object(
                Bucket=self._bucket,
                Key=name,
                Body=data,
                ContentType="application/json",
                CacheControl=f"public, max-age={fresh_seconds}",
            )
        except (ClientError, BotoCoreError) as error:
            raise Busy("storage did not take the file") from error


class KmsReceiptSigner:
    """ports.room.ReceiptSigner on an ECC_NIST_EDWARDS25519 SIGN_VERIFY key, which never leaves KMS."""

    def __init__(self, client: KMSClient, key_id: str) -> None:
        self._client = client
        self._key = key_id
        self._public: bytes | None = None

    def sign(self, data: bytes) -> bytes:
        try:
            answer = self._client.sign(
                KeyId=self._key, Message=data, MessageType="RAW", SigningAlgorithm="ED25519_SHA_512"
            )
        except (ClientError, BotoCoreError) as error:
            raise Busy("the receipts' key did not answer") from error
        return answer["Signature"]

    def public_key(self) -> bytes:
        if self._public is None:
            self._public = self._asked()
        return self._public

    def _asked(self) -> bytes:
        try:
            found = self._client.get_public_key(KeyId=self._key)["PublicKey"]
        except (ClientError, BotoCoreError) as error:
            raise Busy("the receipts' key did not answer") from error
        if len(found) != 44 or not found.startswith(_ED25519):
            raise Busy("the receipts' key is not of Ed25519")
        return found[12:]
