"""Files of locked heads in an S3 bucket with Object Lock (ports.chains.LockedFiles)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from meterai.domain.errors import Busy
from meterai.ports.chains import LockedFile

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_FOLDER = "heads/"
_NAME = re.compile(r"heads/(\d{9})")
_SOMEBODY_WAS_FIRST = {"PreconditionFailed", "ConditionalRequestConflict"}
_READERS = 8


class S3LockedFiles:
    """`heads/{number}`: put if absent; the bucket's default retention keeps every version. The oldest version of a name is the
    file: one put over it, or a delete marker, hides nothing from who asks for versions (AWS: Object Lock, versioning)."""

    def __init__(self, client: S3Client, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def last(self) -> LockedFile | None:
        newest = 0
        try:
            for page in self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=_FOLDER):
                newest = max([newest, *(_number(one["Key"]) for one in page.get("Contents", []))])
        except (ClientError, BotoCoreError) as error:
            raise Busy("storage did not answer") from error
        return LockedFile(newest, self._read(Key=_name(newest))) if newest else None

    def keep(self, number: int, data: bytes) -> bytes:
        key = _name(number)
        try:
            self._client.put_object(
                Bucket=self._bucket, Key=key, Body=data, IfNoneMatch="*", ChecksumAlgorithm="SHA256"
            )
        except ClientError as error:
            if error.response["Error"]["Code"] not in _SOMEBODY_WAS_FIRST:
                raise Busy("storage did not take the heads") from error
        except BotoCoreError as error:
            raise Busy("storage did not answer") from error
        return self._read(Key=key)

    def every(self) -> Iterator[LockedFile]:
        oldest: list[tuple[str, str, bool]] = []
        for key, versions in groupby(self._versions(), key=itemgetter(0)):
            found = list(versions)
            ids = [version for _, version, is_file in found if is_file]
            if ids and _number(key):
                oldest.append((key, ids[-1], len(found) == 1))
        with ThreadPoolExecutor(_READERS) as readers:
            read = readers.map(lambda one: self._read(Key=one[0], VersionId=one[1]), oldest)
            for (key, _, untouched), data in zip(oldest, read, strict=True):
                yield LockedFile(_number(key), data, untouched)

    def _versions(self) -> Iterator[tuple[str, str, bool]]:
        """Key, version and whether it is a file (else a delete marker), by key, newest first."""
        found: list[tuple[str, Any, str, bool]] = []
        try:
            for page in self._client.get_paginator("list_object_versions").paginate(
                Bucket=self._bucket, Prefix=_FOLDER
            ):
                found += [(one["Key"], one["LastModified"], one["VersionId"], True) for one in page.get("Versions", [])]
                found += [
                    (one["Key"], one["LastModified"], one["VersionId"], False) for one in page.get("DeleteMarkers", [])
                ]
        except (ClientError, BotoCoreError) as error:
            raise Busy("storage did not answer") from error
        yield from ((key, version, is_file) for key, _, version, is_file in sorted(found, key=_by_key_newest_first))

    def _read(self, **where: str) -> bytes:
        try:
            data: bytes = self._client.get_object(Bucket=self._bucket, **where)["Body"].read()  # type: ignore[arg-type]
        except (ClientError, BotoCoreError, OSError) as error:
            raise Busy("storage did not answer") from error
        return data


def _by_key_newest_first(found: tuple[str, Any, str, bool]) -> tuple[str, float]:
    return found[0], -found[1].timestamp()


def _name(number: int) -> str:
    return f"{_FOLDER}{number:09}"


def _number(key: str) -> int:
    """The number in a file's name; 0 for what is no file of ours."""
    named = _NAME.fullmatch(key)
    return int(named[1]) if named else 0
