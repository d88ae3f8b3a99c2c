"""C2SP signed notes and `tlog-checkpoint`s, signed with Ed25519.

A note is text that ends in a newline, an empty line, and signature lines `— name base64(hash ‖ signature)`.
A checkpoint's text is the log's origin, its size, its root in base64, then optional extension lines. A
verifier key is written `origin+hash+key`.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

ED25519 = b"\x01"
LARGEST = 1_000_000
SIGNATURE_LINE = re.compile(r"— (\S+) (\S+)")


class NoteError(ValueError):
    """The text is not a well-formed note, checkpoint or key."""


def check_name(name: str) -> str:
    """A key name: not empty, without white space and without a plus sign."""
    if not name or "+" in name or any(mark.isspace() for mark in name):
        raise NoteError(f"{name!r} cannot name a log: it needs a name without spaces and without '+'")
    return name


def _decode(text: str, what: str) -> bytes:
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise NoteError(f"{what} is not base64") from error
    if base64.b64encode(data).decode() != text:
        raise NoteError(f"{what} is not in the one form that base64 has")
    return data


def key_hash(name: str, key: bytes) -> bytes:
    """The four bytes that tell one key from another: SHA-256(name ‖ newline ‖ type ‖ key)."""
    return hashlib.sha256(name.encode() + b"\n" + ED25519 + key).digest()[:4]


@dataclass(frozen=True)
class VerifierKey:
    """A public key and the name of the log it signs for."""

    name: str
    key: bytes

    def __str__(self) -> str:
        encoded = base64.b64encode(ED25519 + self.key).decode()
        return f"{self.name}+{key_hash(self.name, self.key).hex()}+{encoded}"

    @classmethod
    def parse(cls, text: str) -> VerifierKey:
        """Read `origin+hash+key`; a hash that does not fit name and key is refused."""
        parts = text.strip().split("+", 2)
        if len(parts) != 3:
            raise NoteError("a verifier key is written name+hash+key")
        name, claimed, encoded = parts
        data = _decode(encoded, "the verifier key")
        if data[:1] != ED25519 or len(data) != 33:
            raise NoteError("only Ed25519 verifier keys are known")
        if key_hash(check_name(name), data[1:]).hex() != claimed:
            raise NoteError("the verifier key's hash does not fit its name and key")
        return cls(name, data[1:])

    def verifies(self, text: str, signature: bytes) -> bool:
        """Whether `signature` is this key's signature of `text`."""
        try:
            Ed25519PublicKey.from_public_bytes(self.key).verify(signature, text.encode())
        except InvalidSignature:
            return False
        return True


def verifier_key(name: str, private: Ed25519PrivateKey) -> VerifierKey:
    """The public half of `private`, under the log's name."""
    return VerifierKey(check_name(name), private.public_key().public_bytes_raw())


def sign(text: str, name: str, private: Ed25519PrivateKey) -> str:
    """The signed note of `text`."""
    if not text.endswith("\n") or any(ord(mark) < 32 and mark != "\n" for mark in text):
        raise NoteError("a note's text ends in a newline and has no control characters")
    own = verifier_key(name, private)
    signature = base64.b64encode(key_hash(name, own.key) + private.sign(text.encode())).decode()
    return f"{text}\n— {name} {signature}\n"


@dataclass(frozen=True)
class Note:
    """A parsed note: its text and its signatures as (name, key hash, signature)."""

    text: str
    signatures: tuple[tuple[str, bytes, bytes], ...]

    @classmethod
    def parse(cls, note: str) -> Note:
        """Split a signed note; anything that is not one is refused."""
        if len(note) > LARGEST or any(ord(mark) < 32 and mark != "\n" for mark in note):
            raise NoteError("this is not a signed note")
        text, gap, tail = note.rpartition("\n\n")
        if not gap or not tail.endswith("\n"):
            raise NoteError("a signed note ends in an empty line and signature lines")
        signatures = []
        for line in tail[:-1].split("\n"):
            match = SIGNATURE_LINE.fullmatch(line)
            if not match:
                raise NoteError("a signature line is written '— name base64'")
            data = _decode(match[2], "the signature")
            if len(data) < 5:
                raise NoteError("the signature is too short")
            signatures.append((check_name(match[1]), data[:4], data[4:]))
        return cls(text + "\n", tuple(signatures))

    def signer(self, keys: Iterable[VerifierKey]) -> VerifierKey | None:
        """The first of `keys` that signed; None when none did. A false signature by a known key counts as none."""
        for key in keys:
            mark = key_hash(key.name, key.key)
            mine = [item for name, hashed, item in self.signatures if name == key.name and hashed == mark]
            if mine and all(key.verifies(self.text, item) for item in mine):
                return key
        return None


@dataclass(frozen=True)
class Head:
    """What a checkpoint says: the log, how many entries it has, their root, and extension lines."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def text(self) -> str:
        """The checkpoint's text, as it is signed."""
        lines = (self.origin, str(self.size), base64.b64encode(self.root).decode(), *self.extensions)
        if any(not line or "\n" in line for line in lines):
            raise NoteError("a checkpoint has no empty lines")
        return "\n".join(lines) + "\n"

    @classmethod
    def parse(cls, text: str) -> Head:
        """Read a checkpoint's text."""
        lines = text.split("\n")
        if len(lines) < 4 or lines.pop() != "" or not all(lines):
            raise NoteError("a checkpoint has at least origin, size and root")
        origin, size, encoded, *extensions = lines
        if not re.fullmatch(r"0|[1-9][0-9]{0,18}", size):
            raise NoteError("a checkpoint's size is a decimal number")
        root = _decode(encoded, "the root")
        if len(root) != 32:
            raise NoteError("a root has 32 bytes")
        return cls(origin, int(size), root, tuple(extensions))


def read_checkpoint(note: str) -> tuple[Head, Note]:
    """The head that a checkpoint note states, and the note, whose signatures are still to be checked."""
    parsed = Note.parse(note)
    return Head.parse(parsed.text), parsed
