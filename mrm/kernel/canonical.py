"""Canonical bytes (RFC 8785) and digests: what is signed or compared is always these bytes."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import rfc8785

from mrm.kernel.clock import utc


def tidy(value: Any) -> Any:
    """Plain JSON values of `value`: numpy numbers unwrapped, Decimal, UUID and times as text. NaN is refused."""
    if isinstance(value, datetime):
        return utc(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal | UUID):
        return str(value)
    if isinstance(value, Mapping):
        return {str(key): tidy(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        items = sorted(value) if isinstance(value, set | frozenset) else value
        return [tidy(item) for item in items]
    if hasattr(value, "item") and not isinstance(value, str | bytes):
        return tidy(value.item())
    if isinstance(value, str) and type(value) is not str:
        return str(value)
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("NaN and infinity have no canonical form: say 'not defined' with its reason")
    return value


def canonical(value: Any) -> bytes:
    """RFC 8785 canonical JSON bytes of plain values."""
    return rfc8785.dumps(value)


def sha256(data: bytes) -> str:
    """SHA-256 in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def digest(value: Any) -> str:
    """SHA-256 over the canonical bytes of `value`."""
    return sha256(canonical(value))
