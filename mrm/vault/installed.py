"""The store of this installation, and its short names."""

from __future__ import annotations

from contextlib import AbstractContextManager
from functools import lru_cache
from pathlib import Path
from typing import IO

from django.conf import settings

from mrm.vault.bucket import BucketStore
from mrm.vault.folder import FolderStore
from mrm.vault.store import Store, local_copy


@lru_cache(maxsize=4)
def _store(url: str, endpoint: str, home: str) -> Store:
    return BucketStore(url, endpoint) if url else FolderStore(Path(home) / "vault")


def store() -> Store:
    """The store that the settings name."""
    return _store(settings.MRM_VAULT_URL, settings.MRM_VAULT_ENDPOINT, str(settings.MRM_HOME))


def put(source: bytes | IO[bytes]) -> str:
    """Keep bytes, or what a binary file still holds; returns their SHA-256."""
    return store().put(source)


def get(digest: str) -> bytes:
    """The bytes kept under `digest`, checked."""
    with store().open(digest) as file:
        return file.read()


def open(digest: str) -> IO[bytes]:  # noqa: A001 - vault.open(digest), as of a file
    """The bytes kept under `digest`, checked, as a binary file."""
    return store().open(digest)


def exists(digest: str) -> bool:
    """Whether something is kept under `digest`."""
    return store().exists(digest)


def local(digest: str, suffix: str = "") -> AbstractContextManager[Path]:
    """A private read-only copy on disk for a child process; gone when the block ends."""
    return local_copy(store(), digest, suffix)
