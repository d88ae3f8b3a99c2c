"""Parquet in an S3-compatible object store: buckets that an administrator named, never an address of the caller's.

Credentials come from the environment as boto3 reads them, and the endpoint from `MRM_OBJECT_ENDPOINT`: a person
chooses a key in an allowed bucket and nothing else.
"""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from mrm import vault
from mrm.kernel.errors import BadInput, Unavailable, declare
from registry.data import reading

ADDRESS = re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])/([^\x00-\x1f]{1,1024})")
ABSENT = {"404", "NoSuchKey", "NoSuchBucket", "NotFound"}
CHUNK = 1 << 20

declare("object_address", "the address of an object is not s3://bucket/key, or its bucket is not allowed")
declare("object_missing", "the object store holds nothing under the address")
declare("object_unreachable", "the object store of snapshots does not answer or refuses")


@dataclass(frozen=True)
class Address:
    """An object in an allowed bucket."""

    bucket: str
    key: str

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.key}"


@dataclass(frozen=True)
class Fetched:
    """An object's bytes in the vault, and how the store names that state of it."""

    file_digest: str
    size: int
    etag: str
    version: str


def checked(text: str) -> Address:
    """The address, if it is one and its bucket is allowed."""
    match = ADDRESS.fullmatch(text.strip())
    if match is None:
        raise BadInput(
            "object_address",
            "The address is not of the form s3://bucket/key.",
            "Give bucket and key of one object.",
        )
    found = Address(*match.groups())
    if found.bucket not in settings.MRM_OBJECT_BUCKETS:
        allowed = ", ".join(settings.MRM_OBJECT_BUCKETS)
        raise BadInput(
            "object_address",
            f"Snapshots are not taken from bucket {found.bucket}.",
            f"Allowed are: {allowed}."
            if allowed
            else "An administrator names buckets in MRM_OBJECT_BUCKETS.",
        )
    return found


def fetch(where: Address) -> Fetched:
    """Bring an object into the vault, in pieces; one that is too large is refused before its first byte is kept."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        answer = _client().get_object(Bucket=where.bucket, Key=where.key)
        _small_enough(int(answer["ContentLength"]))
        size = 0
        with tempfile.TemporaryFile() as aside:
            for piece in answer["Body"].iter_chunks(CHUNK):
                size += aside.write(piece)
                _small_enough(size)  # what the store announced may be wrong
            aside.seek(0)
            digest = vault.put(aside)
    except ClientError as trouble:
        if trouble.response["Error"]["Code"] in ABSENT:
            raise BadInput(
                "object_missing", f"The object store holds nothing at {where}.", "Check bucket and key."
            ) from trouble
        raise _unreachable() from trouble
    except (BotoCoreError, OSError) as trouble:
        raise _unreachable() from trouble
    return Fetched(digest, size, str(answer.get("ETag", "")).strip('"'), str(answer.get("VersionId", "")))


def _client() -> Any:
    import boto3
    from botocore.config import Config

    config = Config(
        retries={"max_attempts": 3},
        connect_timeout=5,
        read_timeout=30,
        response_checksum_validation="when_required",
        request_checksum_calculation="when_required",
    )
    return boto3.client("s3", endpoint_url=settings.MRM_OBJECT_ENDPOINT or None, config=config)


def _small_enough(size: int) -> None:
    if size > reading.MAX_BYTES:
        raise BadInput(
            "file_too_large",
            f"The object has {size / 2**20:.0f} MB; a snapshot may have {reading.MAX_BYTES // 2**20}.",
            "Take a sample that says how it was drawn, or query it with an engine.",
        )


def _unreachable() -> Unavailable:
    return Unavailable(
        "object_unreachable",
        "The object store does not answer, or refuses us.",
        "Check MRM_OBJECT_ENDPOINT and the credentials, then take the snapshot again.",
    )
