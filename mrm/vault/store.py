"""What a store of bytes is, and what goes wrong with one."""

from __future__ import annotations

import hashlib
import io
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Protocol

from mrm.kernel.errors import CountersignError, Unavailable, declare

CHUNK = 1 << 20
SPARE = 64 * CHUNK
DIGEST = re.compile(r"[0-9a-f]{64}")

declare("vault_corrupt", "stored bytes no longer give the digest they are kept under")
declare("vault_missing", "the vault holds nothing under the digest")
declare("vault_full", "there is not enough room on the disk for what is to be stored")
declare("vault_unreachable", "the object store does not answer or refuses")


class Store(Protocol):
    """Content-addressed bytes. A digest is SHA-256 in hexadecimal."""

    def put(self, source: bytes | IO[bytes]) -> str:
        """Keep the bytes; the same bytes twice are kept once. Returns their digest."""

    def open(self, digest: str) -> IO[bytes]:
        """The checked bytes, as a file."""

    def exists(self, digest: str) -> bool:
        """Whether something is kept under `digest`."""


def checked(digest: str) -> str:
    """`digest`, if it is one: nothing else ever becomes part of a path."""
    if not DIGEST.fullmatch(digest):
        raise missing(digest)
    return digest


def missing(digest: str) -> CountersignError:
    """Nothing is kept under `digest`."""
    return CountersignError(
        "vault_missing",
        f"The vault holds no bytes under {digest[:64]}.",
        "Restore them from a backup: any copy with this digest is the right one.",
        digest=digest,
    )


def corrupt(digest: str) -> CountersignError:
    """What is kept under `digest` is something else."""
    return CountersignError(
        "vault_corrupt",
        f"The bytes kept under {digest} no longer give this digest.",
        "Restore them from a backup: any copy with this digest is the right one.",
        digest=digest,
    )


def full(needed: int, free: int) -> Unavailable:
    """No room."""
    return Unavailable(
        "vault_full",
        f"Storing {needed:,} bytes needs more room than the {free:,} bytes that are free.",
        "Free space on the vault's disk, then try again: nothing was written.",
    )


def as_file(source: bytes | IO[bytes]) -> IO[bytes]:
    """`source` as a binary file."""
    return io.BytesIO(source) if isinstance(source, bytes | bytearray | memoryview) else source


def size_of(source: IO[bytes]) -> int:
    """How many bytes are still to come, 0 when the source cannot tell; a stream may say it by its `length`."""
    if isinstance(length := getattr(source, "length", None), int):
        return length
    if not source.seekable():
        return 0
    here = source.tell()
    end = source.seek(0, io.SEEK_END)
    source.seek(here)
    return end - here


def copy(source: IO[bytes], target: IO[bytes] | None = None) -> str:
    """Read `source` to its end, into `target` if given; returns the digest of what was read."""
    digest = hashlib.sha256()
    while chunk := source.read(CHUNK):
        digest.update(chunk)
        if target is not None:
            target.write(chunk)
    return digest.hexdigest()


def require_space(folder: Path, needed: int) -> None:
    """Refuse before the first byte what would fill the disk."""
    free = shutil.disk_usage(folder).free
    if needed + SPARE > free:
        raise full(needed, free)


@contextmanager
def local_copy(store: Store, digest: str, suffix: str = "") -> Iterator[Path]:
    """A private read-only copy of the bytes, for a process that must not reach the vault itself."""
    with tempfile.TemporaryDirectory(prefix="countersign-") as folder:
        path = Path(folder) / f"{digest[:16]}{suffix}"
        with store.open(digest) as source, path.open("wb") as target:
            if copy(source, target) != digest:
                raise corrupt(digest)
        path.chmod(0o444)
        yield path
