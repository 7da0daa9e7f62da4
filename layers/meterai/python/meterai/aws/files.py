"""Documents in S3: sources as people brought them, and sealed files (ports.outside)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from botocore.exceptions import BotoCoreError, ClientError

from meterai.domain.errors import Busy, DocumentTooLarge
from meterai.ports.outside import StoredFile, UploadForm

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_ABSENT = {"NoSuchKey", "NoSuchVersion", "404", "NotFound"}
_SOMEBODY_WAS_FIRST = {"PreconditionFailed", "ConditionalRequestConflict"}
"""412 and 409 of a conditional write both mean: read back what is there (AWS: conditional writes)."""
PDF = "application/pdf"
WEBP = "image/webp"


class S3Sources:
    """Sources, one key a document, every version kept until the document is deleted."""

    def __init__(self, client: S3Client, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def upload_form(self, document: str, *, most_bytes: int, seconds: int) -> UploadForm:
        form = self._client.generate_presigned_post(
            self._bucket,
            document,
            Fields={"Content-Type": PDF},
            Conditions=[["content-length-range", 1, most_bytes], {"Content-Type": PDF}],
            ExpiresIn=seconds,
        )
        return UploadForm(url=form["url"], fields=form["fields"])

    def origin(self) -> str:
        """The origin that upload forms are sent to: the page of a stamp names it as one that its script may ask."""
        parts = urlsplit(self.upload_form("any", most_bytes=1, seconds=1).url)
        return f"{parts.scheme}://{parts.netloc}"

    def latest(self, document: str, *, most_bytes: int) -> StoredFile | None:
        found = _get(self._client, Bucket=self._bucket, Key=document)
        if found is None:
            return None
        if found["ContentLength"] > most_bytes:
            raise DocumentTooLarge(f"at most {most_bytes} bytes", limit=most_bytes)
        return StoredFile(version=found["VersionId"], data=_read(found))

    def pinned(self, document: str, version: str) -> bytes | None:
        found = _get(self._client, Bucket=self._bucket, Key=document, VersionId=version)
        return _read(found) if found is not None else None

    def keep(self, document: str, data: bytes) -> str:
        return self._put(document, data, PDF)

    def keep_preview(self, document: str, version: str, page: int, data: bytes) -> None:
        self._put(_preview(document, version, page), data, WEBP)

    def preview_link(self, document: str, version: str, page: int, *, seconds: int) -> str:
        where = {"Bucket": self._bucket, "Key": _preview(document, version, page)}
        return self._client.generate_presigned_url("get_object", Params=where, ExpiresIn=seconds)

    def _put(self, key: str, data: bytes, kind: str) -> str:
        try:
            kept = self._client.put_object(
                Bucket=self._bucket, Key=key, Body=data, ContentType=kind, ChecksumAlgorithm="SHA256"
            )
        except (ClientError, BotoCoreError) as error:
            raise Busy("storage did not take the file") from error
        return kept["VersionId"]

    def delete(self, document: str) -> None:
        try:
            pages = self._client.get_paginator("list_object_versions").paginate(Bucket=self._bucket, Prefix=document)
            for page in pages:
                for one in [*page.get("Versions", []), *page.get("DeleteMarkers", [])]:
                    self._client.delete_object(Bucket=self._bucket, Key=one["Key"], VersionId=one["VersionId"])
        except (ClientError, BotoCoreError) as error:
            raise Busy("storage did not answer") from error


def _preview(document: str, version: str, page: int) -> str:
    """Where a page's picture is: below the document's own key, so that it is deleted with it."""
    return f"{document}/{version}/{page}.webp"


class S3SealedFiles:
    """Sealed files and tombstones under `{stamping}/{serial}`, written once."""

    def __init__(self, client: S3Client, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def keep(self, stamping: str, serial: str, data: bytes) -> bytes:
        try:
            self._client.put_object(
                Bucket=self._bucket,
                Key=f"{stamping}/{serial}",
                Body=data,
                IfNoneMatch="*",
                ContentType=PDF,
                ChecksumAlgorithm="SHA256",
            )
        except ClientError as error:
            if error.response["Error"]["Code"] not in _SOMEBODY_WAS_FIRST:
                raise Busy("storage did not take the sealed file") from error
        except BotoCoreError as error:
            raise Busy("storage did not answer") from error
        there = self.read(stamping, serial)
        if there is None:
            raise Busy("the sealed file could not be read back")
        return there

    def read(self, stamping: str, serial: str) -> bytes | None:
        found = _get(self._client, Bucket=self._bucket, Key=f"{stamping}/{serial}")
        return _read(found) if found is not None else None

    def link(self, stamping: str, serial: str, *, filename: str, seconds: int) -> str:
        ascii_name = "".join(c if c.isascii() and (c.isalnum() or c in "._- ") else "_" for c in filename)
        return self._client.generate_presigned_url(
            "get_object",
            Params={
                "Bucket": self._bucket,
                "Key": f"{stamping}/{serial}",
                "ResponseContentType": PDF,
                "ResponseContentDisposition": f'attachment; filename="{ascii_name}"',
            },
            ExpiresIn=seconds,
        )


class S3Trust:
    """Certificates and pinned keys that operators put into the trust bucket."""

    def __init__(self, client: S3Client, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def read(self, name: str) -> bytes:
        """The file of this name. Raises Busy when it is missing or cannot be read: nothing is sealed or judged without it."""
        found = _get(self._client, Bucket=self._bucket, Key=name)
        if found is None:
            raise Busy("the trust store is not complete")
        return _read(found)


def _get(client: S3Client, **where: Any) -> Any:
    try:
        return client.get_object(**where)
    except ClientError as error:
        if error.response["Error"]["Code"] in _ABSENT:
            return None
        raise Busy("storage did not answer") from error
    except BotoCoreError as error:
        raise Busy("storage did not answer") from error


def _read(found: Any) -> bytes:
    try:
        data: bytes = found["Body"].read()
    except (BotoCoreError, OSError) as error:
        raise Busy("storage broke off") from error
    return data
