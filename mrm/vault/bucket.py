"""The vault in an S3-compatible object store, by `MRM_VAULT_URL=s3://bucket/prefix`."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

from mrm.kernel.errors import Unavailable
from mrm.vault import store

ABSENT = {"404", "NoSuchKey", "NotFound"}


class BucketStore:
    """Bytes as objects `prefix/ab/cdef…`; credentials come from the environment as boto3 reads them."""

    def __init__(self, url: str, endpoint: str = "") -> None:
        import boto3
        from botocore.config import Config

        parts = urlsplit(url)
        if parts.scheme != "s3" or not parts.netloc:
            raise ValueError(f"MRM_VAULT_URL: {url!r} is not s3://bucket/prefix")
        self.bucket = parts.netloc
        self.prefix = parts.path.strip("/")
        # checksums only where the protocol asks: many S3-compatible stores do not know the newer trailers
        config = Config(request_checksum_calculation="when_required", retries={"max_attempts": 4})
        self.client: Any = boto3.client("s3", endpoint_url=endpoint or None, config=config)

    def key(self, digest: str) -> str:
        """The object's name."""
        digest = store.checked(digest)
        return "/".join(part for part in (self.prefix, digest[:2], digest[2:]) if part)

    def put(self, source: bytes | IO[bytes]) -> str:
        """Keep the bytes: read once to a temporary file for the digest, sent if the store lacks them."""
        file = store.as_file(source)
        store.require_space(Path(tempfile.gettempdir()), store.size_of(file))
        with tempfile.TemporaryFile() as aside:
            digest = store.copy(file, aside)
            if not self.exists(digest):
                aside.seek(0)
                with _answers(digest):
                    self.client.upload_fileobj(aside, self.bucket, self.key(digest))
        return digest

    def open(self, digest: str) -> IO[bytes]:
        """The checked bytes, in a temporary file."""
        file = tempfile.TemporaryFile()  # noqa: SIM115 - handed to the caller, who closes it
        try:
            with _answers(digest):
                self.client.download_fileobj(self.bucket, self.key(digest), file)
            file.seek(0)
            if store.copy(file) != digest:
                raise store.corrupt(digest)
        except BaseException:
            file.close()
            raise
        file.seek(0)
        return file

    def exists(self, digest: str) -> bool:
        """Whether the store has the object."""
        from botocore.exceptions import ClientError

        if not store.DIGEST.fullmatch(digest):
            return False
        with _answers(digest):
            try:
                self.client.head_object(Bucket=self.bucket, Key=self.key(digest))
            except ClientError as error:
                if error.response["Error"]["Code"] in ABSENT:
                    return False
                raise
        return True


@contextmanager
def _answers(digest: str) -> Iterator[None]:
    """The store's errors in our words."""
    from boto3.exceptions import Boto3Error
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except ClientError as error:
        if error.response["Error"]["Code"] in ABSENT:
            raise store.missing(digest) from error
        raise _unreachable() from error
    except (Boto3Error, BotoCoreError) as error:
        raise _unreachable() from error


def _unreachable() -> Unavailable:
    return Unavailable(
        "vault_unreachable",
        "The object store does not answer, or refuses us.",
        "Check MRM_VAULT_URL, MRM_VAULT_ENDPOINT and the credentials, then try again.",
    )
