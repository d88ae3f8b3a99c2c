"""Dates, times and digests as pages write them."""

from __future__ import annotations

from datetime import date, datetime, tzinfo

from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

NONE = "none"


def day(value: object) -> str:
    """`23 Nov 2026`; a moment's day is the one in the reader's zone."""
    found = _read(value)
    if isinstance(found, datetime):
        found = _local(found).date()
    return f"{found.day} {found:%b %Y}" if found else NONE


def moment(value: object, zone: tzinfo | None = None) -> str:
    """`23 Nov 2026, 09:04 CET`: a time always names its zone."""
    found = _read(value)
    if not isinstance(found, datetime):
        return day(value)
    local = _local(found, zone)
    return f"{local.day} {local:%b %Y, %H:%M} {local.tzname()}"


def short_digest(value: str) -> str:
    """First eight and last four characters, as a row shows a digest."""
    return value if len(value) <= 16 else f"{value[:8]}…{value[-4:]}"


def _local(value: datetime, zone: tzinfo | None = None) -> datetime:
    if timezone.is_naive(value):
        raise ValueError("a time without zone cannot be shown")
    return timezone.localtime(value, zone)


def _read(value: object) -> date | None:
    if isinstance(value, str):
        return parse_date(value) if len(value) == 10 else parse_datetime(value)
    return value if isinstance(value, date) else None
