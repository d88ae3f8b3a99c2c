"""Times as every format of the house writes them."""

from __future__ import annotations

from datetime import UTC, datetime


def utc(moment: datetime) -> str:
    """RFC 3339 in UTC with microseconds: `2026-11-24T09:04:00.000000Z`. A naive time is refused."""
    if moment.tzinfo is None:
        raise ValueError("a time without zone cannot be written down")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
