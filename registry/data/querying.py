"""A query of a person: what it may read is settled when it is asked, by what that person may see.

On the embedded engine a query names datasets (`"D-7K2QD"`, or the dataset's name) or snapshots (`"S-4M1XA"`). A dataset
stands for its newest released snapshot; which one that was is kept, so that the same query later reads the same rows.
With `MRM_OFFLINE_URL` it reads the bank's own tables, as far as the role in that address may.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import QuerySet

from mrm import vault
from mrm.access.actors import Actor
from mrm.kernel.canonical import tidy
from mrm.kernel.errors import BadInput
from registry.data import offline, queries
from registry.data.logical import normalised
from registry.data.models import Snapshot
from registry.data.profile import schema
from registry.data.rules import SnapshotStatus
from registry.data.sql import Query, checked

PREVIEW_ROWS = 10
PREVIEW_SECONDS = 5.0
NAMED = 8


@dataclass(frozen=True)
class Asked:
    """A query with the snapshots that its names stand for (none where the bank's own database is asked)."""

    query: Query
    snapshots: Mapping[str, Snapshot]

    def to_json(self, *, seconds: int | None, rows: int | None) -> dict[str, Any]:
        """As it is kept with the snapshot that is made of it."""
        where = offline.address()
        return {
            "sql": self.query.text,
            "sql_digest": self.query.digest,
            "engine": where.engine,
            "host": where.said,
            "ordered": self.query.ordered,
            "seconds": min(seconds or settings.MRM_OFFLINE_SECONDS, settings.MRM_OFFLINE_SECONDS),
            "rows": min(rows or settings.MRM_OFFLINE_ROWS, settings.MRM_OFFLINE_ROWS),
            "tables": [
                {"name": name, "snapshot": row.reference, "data_digest": row.content.data_digest}
                for name, row in self.snapshots.items()
            ]
            or [{"name": name} for name in self.query.tables],
        }


@dataclass(frozen=True)
class Preview:
    """The columns a query gives, with their types, and its first rows."""

    columns: list[dict[str, str]]
    rows: list[list[Any]]
    ordered: bool


def ask(actor: Actor, sql: str) -> Asked:
    """The query, if it is one SELECT and this person may see every dataset it names."""
    where = offline.address()
    query = checked(sql, dialect=where.engine)
    if not where.embedded:
        return Asked(query, {})
    released = (
        queries.snapshots(actor)
        .filter(standing__state=SnapshotStatus.RELEASED)
        .order_by("-uploaded_at", "-pk")
    )
    found = {name.lower(): _found(name, released) for name in query.tables}
    return Asked(query, found)


def _found(name: str, released: QuerySet[Snapshot]) -> Snapshot:
    given = name.upper()
    if given.startswith("S-"):
        rows = list(released.filter(reference=given)[:1])
    elif given.startswith("D-"):
        rows = list(released.filter(dataset__reference=given)[:1])
    else:
        rows = list(released.filter(dataset__name__iexact=name))
        if len({row.dataset_id for row in rows}) > 1:
            raise BadInput(
                "query_table_unknown",
                f"More than one dataset is called {name}.",
                "Name it by its reference, in double quotes: "
                + _some(row.dataset.reference for row in rows)
                + ".",
            )
    if rows:
        return rows[0]
    known = _some(row.dataset.reference for row in released[:200])
    raise BadInput(
        "query_table_unknown",
        f"There is no dataset or snapshot {name} with released rows that you may see.",
        f"Name one by its reference, in double quotes: {known}."
        if known
        else "Upload and release a snapshot first.",
    )


def _some(names: Iterable[str]) -> str:
    held = list(dict.fromkeys(names))
    return ", ".join(f'"{name}"' for name in held[:NAMED]) + (" …" if len(held) > NAMED else "")


@contextmanager
def mounted(tables: Mapping[str, Snapshot]) -> Iterator[dict[str, Path]]:
    """The Parquet of each snapshot on the local disk, by the name that the query gives it."""
    with ExitStack() as stack:
        yield {
            name: stack.enter_context(vault.local(row.content.parquet, ".parquet"))
            for name, row in tables.items()
        }


def preview(actor: Actor, sql: str) -> Preview:
    """What a query would give: its columns and first rows, within a few seconds."""
    asked = ask(actor, sql)
    with mounted(asked.snapshots) as tables:
        got = offline.select(sql, seconds=PREVIEW_SECONDS, rows=PREVIEW_ROWS, tables=tables, cut=True)
    table = normalised(got.table)
    names = table.column_names
    rows = [[tidy(row[name]) for name in names] for row in table.to_pylist()]
    return Preview(schema(table), rows, asked.query.ordered)


def again(request: Mapping[str, Any]) -> offline.Selected:
    """The query of a snapshot, run on the snapshots that were settled when it was asked."""
    named = {item["name"]: item["snapshot"] for item in request["tables"] if "snapshot" in item}
    rows = {row.reference: row for row in Snapshot.objects.filter(reference__in=named.values())}
    with mounted({name: rows[reference] for name, reference in named.items()}) as tables:
        return offline.select(request["sql"], seconds=request["seconds"], rows=request["rows"], tables=tables)
