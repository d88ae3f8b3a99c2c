"""Who signs checkpoints: a port, with the key in a file as its first provider.

The signer keeps its own state, apart from the database: the last head it signed. It refuses a head that is not
a consistent growth of that one, so that a database rolled back, edited or forked cannot have its new history
signed with the real key.
"""

from __future__ import annotations

import base64
import fcntl
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol
from uuid import uuid4

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings

from mrm.kernel import merkle, notes
from mrm.kernel.errors import Unavailable, declare
from mrm.ledger.origin import origin

declare("signer_refuses", "the ledger's head is not a consistent growth of the last head the signer signed")
declare("signer_key_unusable", "the ledger's signing key is absent, unreadable or not an Ed25519 key")


class Signer(Protocol):
    """What a signer can do: name its key, say what it signed last, sign a grown head."""

    def vkey(self) -> notes.VerifierKey:
        """The public key, under the log's name."""

    def last(self) -> tuple[int, bytes] | None:
        """Size and root of the last head it signed for this log."""

    def sign(self, head: notes.Head, proof: Sequence[bytes]) -> str:
        """The signed checkpoint; `proof` is the consistency proof from the last head signed."""


def _unusable(detail: str, remedy: str) -> Unavailable:
    return Unavailable("signer_key_unusable", detail, remedy)


class FileSigner:
    """Signs with an Ed25519 key in a file of mode 0400 (PKCS #8 PEM, as openssl writes it)."""

    def __init__(self, name: str, key: Path, state: Path, *, make: bool) -> None:
        self.name = notes.check_name(name)
        self._state = state
        if make and not key.exists():
            _make_key(key)
        try:
            loaded = serialization.load_pem_private_key(key.read_bytes(), None)
        except (OSError, ValueError, TypeError) as error:
            raise _unusable(
                "The ledger's signing key cannot be read.",
                "Point MRM_SIGNING_KEY at an unencrypted Ed25519 key in PEM.",
            ) from error
        if not isinstance(loaded, Ed25519PrivateKey):
            raise _unusable(
                "The ledger's signing key is not an Ed25519 key.",
                "Make one: openssl genpkey -algorithm ed25519.",
            )
        self._key = loaded

    def vkey(self) -> notes.VerifierKey:
        """The public key, under the log's name."""
        return notes.verifier_key(self.name, self._key)

    def last(self) -> tuple[int, bytes] | None:
        """Size and root of the last head it signed for this log."""
        entry = self._read().get(self.name)
        return None if entry is None else (int(entry["size"]), base64.b64decode(entry["root"]))

    def sign(self, head: notes.Head, proof: Sequence[bytes]) -> str:
        """Sign `head` if it grew out of the last one; the state is on disk before the signature leaves."""
        if head.origin != self.name:
            raise Unavailable("signer_refuses", "The signer does not sign for another log.", "Check the key.")
        with self._locked():
            last = self.last()
            if last is not None and not merkle.verify_consistency(
                last[0], head.size, last[1], head.root, proof
            ):
                raise Unavailable(
                    "signer_refuses",
                    f"The ledger's head of {head.size} entries does not continue the head of {last[0]} entries "
                    "that was signed last.",
                    "The database was rolled back or altered: run `manage.py verify --ledger`, and restore a newer backup.",
                )
            note = notes.sign(head.text(), self.name, self._key)
            self._write(head)
            return note

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self._state.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with self._state.with_suffix(".lock").open("a") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def _read(self) -> dict[str, Any]:
        if not self._state.exists():
            return {}
        states: dict[str, Any] = json.loads(self._state.read_text(encoding="utf-8"))
        return states

    def _write(self, head: notes.Head) -> None:
        entry = {"size": head.size, "root": base64.b64encode(head.root).decode()}
        text = json.dumps({**self._read(), self.name: entry}, indent=1, sort_keys=True)
        fresh = self._state.with_suffix(f".{uuid4().hex}")
        with fresh.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self._state)


def _make_key(path: Path) -> None:
    """Make the key once; of two processes that try, one key stays and both use it."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    pem = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    fresh = path.with_suffix(f".{uuid4().hex}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400), "wb") as file:
        file.write(pem)
        file.flush()
        os.fsync(file.fileno())
    try:
        path.hardlink_to(fresh)
    except FileExistsError:
        pass
    finally:
        fresh.unlink()


def signer(*, make: bool = True) -> Signer:
    """The installation's signer: the key of `MRM_SIGNING_KEY`, or one made once in MRM_HOME/keys.

    Who only checks says `make=False`: a verifier that makes the missing key would trust nothing but itself.
    """
    folder = Path(settings.MRM_HOME) / "keys"
    given = settings.MRM_SIGNING_KEY
    key = Path(given) if given else folder / "ledger.pem"
    return FileSigner(origin(), key, folder / "signer.json", make=make and not given)


def vkey() -> notes.VerifierKey:
    """This installation's verifier key, for those who want to check."""
    return signer().vkey()
