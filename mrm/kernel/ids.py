"""Identifiers: UUIDv7 keys and display references that nobody can count."""

from __future__ import annotations

import os
import secrets
import time
import uuid

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def uuid7() -> uuid.UUID:
    """A UUID version 7 (RFC 9562 §5.7): 48 bits of Unix milliseconds, then random bits."""
    milliseconds = time.time_ns() // 1_000_000
    value = (milliseconds & (1 << 48) - 1) << 80 | int.from_bytes(os.urandom(10), "big")
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return uuid.UUID(int=value)


def reference(kind: str) -> str:
    """A display reference such as `M-7K2QD`: five random Crockford base32 characters, so that it tells no count."""
    return f"{kind}-" + "".join(secrets.choice(CROCKFORD) for _ in range(5))
