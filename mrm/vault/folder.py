"""The vault in a local folder: `ab/cdef…`, written aside, synced, renamed into place, read-only."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import IO
from uuid import uuid4

from mrm.vault import store


class FolderStore:
    """Bytes in files of mode 0444 under `root`."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, digest: str) -> Path:
        """Where the bytes of `digest` are, or would be."""
        digest = store.checked(digest)
        return self.root / digest[:2] / digest[2:]

    def put(self, source: bytes | IO[bytes]) -> str:
        """Keep the bytes. A crash at any moment leaves the whole file or none under its digest."""
        file = store.as_file(source)
        incoming = self.root / "incoming"
        incoming.mkdir(parents=True, exist_ok=True, mode=0o700)
        store.require_space(self.root, store.size_of(file))
        aside = incoming / uuid4().hex
        try:
            with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400), "wb") as target:
                digest = store.copy(file, target)
                target.flush()
                os.fchmod(target.fileno(), 0o444)
                os.fsync(target.fileno())
            self._place(aside, digest)
        except OSError as error:
            if error.errno in {errno.ENOSPC, errno.EDQUOT}:
                raise store.full(store.size_of(file), 0) from error
            raise
        finally:
            aside.unlink(missing_ok=True)
        return digest

    def _place(self, aside: Path, digest: str) -> None:
        path = self.path(digest)
        if path.exists() and _intact(path, digest):
            return
        fresh = not path.parent.exists()
        path.parent.mkdir(exist_ok=True, mode=0o700)
        aside.replace(path)  # puts right what was damaged, too: the new bytes are the right ones
        for folder in (path.parent, self.root) if fresh else (path.parent,):
            _sync(folder)

    def open(self, digest: str) -> IO[bytes]:
        """The bytes as a file, after reading them once through to check them."""
        try:
            file = self.path(digest).open("rb")
        except FileNotFoundError as error:
            raise store.missing(digest) from error
        if store.copy(file) != digest:
            file.close()
            raise store.corrupt(digest)
        file.seek(0)
        return file

    def exists(self, digest: str) -> bool:
        """Whether a file is there."""
        return bool(store.DIGEST.fullmatch(digest)) and self.path(digest).exists()


def _intact(path: Path, digest: str) -> bool:
    with path.open("rb") as file:
        return store.copy(file) == digest


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
