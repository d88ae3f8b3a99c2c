"""The online store: one row per entity and service, in a database table, in Redis, or in a running Feast.

`MRM_ONLINE_URL` says which. A store is told rows and asked for them by hash; how far a service has come is one row of
ours (`OnlineState`), written last, so that a materialisation that broke off is simply done again.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, Protocol

from django.conf import settings

from mrm.kernel.clock import utc
from mrm.kernel.errors import Unavailable
from registry.features.models import Definition, OnlineRow
from registry.features.subjects import chunks

PIECE = 500


@dataclass(frozen=True)
class Row:
    """What is known of one entity: values by column, and when the first of them becomes too old."""

    hash: str
    values: Mapping[str, Any]
    expires_us: int | None


class OnlineStore(Protocol):
    """Where online rows are kept."""

    def put(self, service: Definition, key_name: str, rows: Sequence[Row]) -> None:
        """Keep rows, over what was kept of the same entities."""

    def get(self, service: Definition, key_name: str, hashes: Sequence[str]) -> dict[str, dict[str, Any]]:
        """The values of those entities that are kept."""

    def expired(self, service: Definition, key_name: str, at: int) -> Iterator[str]:
        """The hashes of entities of whom a value is too old at that time."""

    def count(self, service: Definition) -> int:
        """How many rows a service has."""

    def forget(self, services: Iterable[Definition], key_name: str, subject: str) -> None:
        """Take an erased subject away."""


class TableStore:
    """A table of the house's own database."""

    def put(self, service: Definition, key_name: str, rows: Sequence[Row]) -> None:
        """Insert or replace."""
        OnlineRow.objects.bulk_create(
            [
                OnlineRow(
                    service=service,
                    key_name=key_name,
                    hash=row.hash,
                    values=row.values,
                    expires_us=row.expires_us,
                )
                for row in rows
            ],
            update_conflicts=True,
            update_fields=["values", "expires_us"],
            unique_fields=["service", "key_name", "hash"],
        )

    def get(self, service: Definition, key_name: str, hashes: Sequence[str]) -> dict[str, dict[str, Any]]:
        """One lookup for a few, in pieces for many."""
        found: dict[str, dict[str, Any]] = {}
        for piece in chunks(hashes, PIECE):
            rows = OnlineRow.objects.filter(service=service, key_name=key_name, hash__in=piece)
            found |= dict(rows.values_list("hash", "values"))
        return found

    def expired(self, service: Definition, key_name: str, at: int) -> Iterator[str]:
        """By the index on expiry."""
        rows = OnlineRow.objects.filter(service=service, key_name=key_name, expires_us__lt=at)
        yield from rows.values_list("hash", flat=True)

    def count(self, service: Definition) -> int:
        """Of all keys."""
        return OnlineRow.objects.filter(service=service).count()

    def forget(self, services: Iterable[Definition], key_name: str, subject: str) -> None:
        """Delete the subject's rows."""
        OnlineRow.objects.filter(service__in=list(services), key_name=key_name, hash=subject).delete()


class RedisStore:
    """One Redis hash per service and key, and one sorted set of expiries."""

    def __init__(self, url: str) -> None:
        import redis

        self._trouble = redis.RedisError
        # the broker of jobs is named the same way: a socket under its scheme there is `unix` here
        address = url.replace("redis+socket://", "unix://", 1)
        self._link = redis.Redis.from_url(address, socket_connect_timeout=2, socket_timeout=5)

    def put(self, service: Definition, key_name: str, rows: Sequence[Row]) -> None:
        """In one round trip."""
        values, expiry = self._names(service, key_name)
        with self._watched():
            pipe = self._link.pipeline(transaction=True)
            pipe.hset(values, mapping={row.hash: json.dumps(row.values) for row in rows})
            for row in rows:
                if row.expires_us is None:
                    pipe.zrem(expiry, row.hash)
                else:
                    pipe.zadd(expiry, {row.hash: row.expires_us})
            pipe.execute()

    def get(self, service: Definition, key_name: str, hashes: Sequence[str]) -> dict[str, dict[str, Any]]:
        """In one round trip per piece."""
        values, _ = self._names(service, key_name)
        found: dict[str, dict[str, Any]] = {}
        for piece in chunks(hashes, 10 * PIECE):
            with self._watched():
                kept: Any = self._link.hmget(values, piece)
            found |= {name: json.loads(text) for name, text in zip(piece, kept, strict=True) if text}
        return found

    def expired(self, service: Definition, key_name: str, at: int) -> Iterator[str]:
        """From the sorted set."""
        _, expiry = self._names(service, key_name)
        with self._watched():
            names: Any = self._link.zrangebyscore(expiry, "-inf", f"({at}")
        yield from (name.decode() for name in names)

    def count(self, service: Definition) -> int:
        """Of all keys."""
        with self._watched():
            names = list(self._link.scan_iter(f"countersign:features:{service.pk}:*:values"))
            sizes: list[Any] = [self._link.hlen(name) for name in names]
        return sum(sizes)

    def forget(self, services: Iterable[Definition], key_name: str, subject: str) -> None:
        """Delete the subject's rows."""
        with self._watched():
            for service in services:
                values, expiry = self._names(service, key_name)
                self._link.hdel(values, subject)
                self._link.zrem(expiry, subject)

    def _names(self, service: Definition, key_name: str) -> tuple[str, str]:
        stem = f"countersign:features:{service.pk}:{key_name}"
        return f"{stem}:values", f"{stem}:expiry"

    @contextmanager
    def _watched(self) -> Iterator[None]:
        try:
            yield
        except self._trouble as trouble:
            raise Unavailable(
                "online_unreachable",
                "The online store (Redis) does not answer.",
                "Check MRM_ONLINE_URL and that the server runs; what was half-written is written again next time.",
            ) from trouble


@lru_cache(maxsize=4)
def _store(url: str) -> OnlineStore:
    return RedisStore(url) if url.startswith("redis") else TableStore()


def store() -> OnlineStore:
    """The store that the settings name."""
    return _store(settings.MRM_ONLINE_URL)


def encoded(value: Any) -> Any:
    """A feature's value as plain JSON."""
    if isinstance(value, datetime):
        return utc(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, float) and not math.isfinite(value):
        return repr(value)
    return value


def decoded(value: Any, kind: str) -> Any:
    """The value again, by the feature's type."""
    if value is None:
        return None
    if kind == "timestamp":
        return datetime.fromisoformat(value)
    if kind == "date":
        return date.fromisoformat(value)
    return float(value) if kind == "float64" else value
