"""The vault: bytes under their own SHA-256. What is read is checked against the name it was asked by.

`put(bytes | file) -> digest`, `get(digest) -> bytes`, `open(digest)` (a binary file), `exists(digest)`, and
`local(digest)`, a private copy on disk for a child process.
"""

from mrm.vault.installed import exists, get, local, open, put  # noqa: A004 - open(digest), as of a file

__all__ = ["exists", "get", "local", "open", "put"]
