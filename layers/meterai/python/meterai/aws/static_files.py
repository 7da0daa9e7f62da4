"""Public files in an S3 bucket that a CDN stands before (ports.outside.StaticFiles)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from meterai.domain.errors import Busy

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_KINDS = {"json": "application/json", "html": "text/html; charset=utf-8"}


class S3StaticFiles:
    """One object a file: each put takes the place of the last, whole or not at all (AWS: S3 data consistency model)."""

    def __init__(self, client: S3Client, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def put(self, name: str, data: bytes, *, max_age: int) -> None:
        kind = _KINDS[name.rpartition(".")[2]]
        try:
            self._client.put_object(
                Bucket=self._bucket,
                Key=name,
                Body=data,
                ContentType=kind,
                CacheControl=f"public, max-age={max_age}",
            )
        except (ClientError, BotoCoreError) as error:
            raise Busy("storage did not take the file") from error
