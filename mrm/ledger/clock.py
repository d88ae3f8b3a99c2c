"""The one clock of ledger and rows: the database's."""

from __future__ import annotations

from datetime import UTC, datetime

from django.db import connections
from django.db.utils import DEFAULT_DB_ALIAS


def now(using: str = DEFAULT_DB_ALIAS) -> datetime:
    """The database's clock, as an aware time in UTC (SQLite knows milliseconds, PostgreSQL microseconds)."""
    connection = connections[using]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT clock_timestamp()")
            moment: datetime = cursor.fetchone()[0]
            return moment.astimezone(UTC)
        cursor.execute("SELECT strftime('%Y-%m-%dT%H:%M:%f', 'now')")
        return datetime.fromisoformat(cursor.fetchone()[0]).replace(tzinfo=UTC)
