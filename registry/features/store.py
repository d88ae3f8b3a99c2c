"""Our store's rows, wherever they live: Parquet parts read by DuckDB, or tables in the bank's PostgreSQL.

Parts in the vault are the record. PostgreSQL (`MRM_OFFLINE_URL=postgres://…`) holds a copy, table by source, that is
brought up to date by whoever reads; a copy that broke off is taken up again from the last whole part. Expressions are
made over tables without a connection, once for both, and compiled to the engine's SQL here.
"""

# ruff: noqa: S608 - SQL is put together from quoted names, whole numbers, and paths that are digests
from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings

from mrm import vault
from mrm.kernel.errors import BadInput, RuleRefused, Unavailable
from registry.data import offline
from registry.data.columns import arrow_table
from registry.features.models import Definition, StorePart

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import pyarrow as pa

SCHEMA = "countersign_features"
IBIS = {
    "int64": "int64",
    "float64": "float64",
    "text": "string",
    "bool": "boolean",
    "date": "date",
    "timestamp": "timestamp('UTC')",
}
POSTGRES = {
    "int64": "bigint", "float64": "double precision", "text": "text", "bool": "boolean", "date": "date",
    "timestamp": "timestamptz",
}  # fmt: skip
OWN = ("__seq", "__event", "__known")


def unified(parts: Sequence[StorePart]) -> dict[str, str]:
    """The columns of a source over all its parts: whole numbers widen to numbers, nothing else changes."""
    columns: dict[str, str] = {}
    for part in parts:
        for item in part.columns:
            before = columns.get(item["name"], item["type"])
            columns[item["name"]] = before if before == item["type"] else "float64"
    return columns


def parts_of(source: Definition) -> list[StorePart]:
    """The parts of a source in order."""
    return list(source.parts.order_by("number"))


def watermark(source: Definition) -> int:
    """The number of the last row that came, -1 before any."""
    last = source.parts.order_by("-number").first()
    return last.last_seq if last else -1


def local(digest: str) -> Path:
    """A part as a file on this disk, checked against its digest when it was fetched."""
    folder = Path(settings.MRM_HOME) / "cache" / "features"
    path = folder / f"{digest}.parquet"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder, delete=False) as file:
            file.write(vault.get(digest))
        Path(file.name).replace(path)
    return path


class Store:
    """An open engine: `source` and `rows` give tables for expressions, `answer` computes them."""

    dialect = ""

    def __init__(self, link: Any) -> None:
        self.link = link
        self._tables = 0
        self._known: dict[Any, ir.Table] = {}

    def source(self, source: Definition) -> ir.Table:
        """All rows of a source."""
        if source.pk not in self._known:
            parts = parts_of(source)
            if not parts:
                raise RuleRefused(
                    "source_unread",
                    f"Source {source.label} has not been read: nothing is known of it.",
                    f"Read it: manage.py features load {source.name}, or deliver its file on its page.",
                )
            columns = unified(parts)
            name = self._mount(source, parts, columns)
            self._known[source.pk] = unbound(name, columns)
        return self._known[source.pk]

    def rows(self, rows: pa.Table) -> ir.Table:
        """Rows of the caller's (whole numbers and text)."""
        self._tables += 1
        name = f"rows_{self._tables}"
        columns = {field.name: "int64" if str(field.type) == "int64" else "text" for field in rows.schema}
        self._hand_over(name, rows, columns)
        return unbound(name, columns)

    def answer(self, expression: ir.Table) -> pa.Table:
        """Compute an expression."""
        import ibis

        return self._ask(str(ibis.to_sql(expression, dialect=self.dialect)))

    def _mount(self, source: Definition, parts: list[StorePart], columns: dict[str, str]) -> str:
        raise NotImplementedError

    def _hand_over(self, name: str, rows: pa.Table, columns: dict[str, str]) -> None:
        raise NotImplementedError

    def _ask(self, sql: str) -> pa.Table:
        raise NotImplementedError


def unbound(name: str, columns: dict[str, str]) -> ir.Table:
    """A table by name and columns, without a connection."""
    import ibis

    return ibis.table({column: IBIS[kind] for column, kind in columns.items()}, name=name)


def quoted(name: str) -> str:
    """A name in SQL."""
    return '"' + name.replace('"', '""') + '"'


class Embedded(Store):
    """DuckDB in this process over the parts."""

    dialect = "duckdb"

    def _mount(self, source: Definition, parts: list[StorePart], columns: dict[str, str]) -> str:
        name = f"s_{source.pk.hex}"
        files = ", ".join("'" + str(local(part.parquet)).replace("'", "''") + "'" for part in parts)
        self.link.execute(
            f"CREATE VIEW {quoted(name)} AS SELECT {', '.join(map(quoted, columns))} "
            f"FROM read_parquet([{files}], union_by_name = true)"
        )
        return name

    def _hand_over(self, name: str, rows: pa.Table, columns: dict[str, str]) -> None:
        self.link.register(name, rows)

    def _ask(self, sql: str) -> pa.Table:
        import duckdb

        try:
            return self.link.sql(sql).to_arrow_table()
        except duckdb.Error as trouble:
            raise failed(trouble) from trouble


class Pushed(Store):
    """Tables in PostgreSQL, in a schema of our own."""

    dialect = "postgres"

    def _mount(self, source: Definition, parts: list[StorePart], columns: dict[str, str]) -> str:
        import psycopg

        name = f"s_{source.pk.hex}"
        try:
            with self.link.transaction():
                self._bring(name, parts, columns)
        except psycopg.errors.InsufficientPrivilege as trouble:
            raise Unavailable(
                "store_unwritable",
                "The role of MRM_OFFLINE_URL may not keep the feature store's tables.",
                f"Give it a schema of its own: CREATE SCHEMA {SCHEMA} AUTHORIZATION the_role.",
            ) from trouble
        return name

    def _bring(self, name: str, parts: list[StorePart], columns: dict[str, str]) -> None:
        import pyarrow.parquet as pq

        self.link.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [name])
        spelled = ", ".join(f"{quoted(column)} {POSTGRES[kind]}" for column, kind in columns.items())
        if self.link.execute("SELECT to_regnamespace(%s)", [SCHEMA]).fetchone()[0] is None:
            self.link.execute(f"CREATE SCHEMA {SCHEMA}")
        self.link.execute(f"CREATE TABLE IF NOT EXISTS {SCHEMA}.{name} ({spelled})")
        held = self.link.execute(f"SELECT coalesce(max(__seq), -1) FROM {SCHEMA}.{name}").fetchone()[0]
        missing = [part for part in parts if part.last_seq > held]
        if not missing:
            return
        self._widen(name, columns)
        for part in missing:
            table = pq.read_table(local(part.parquet), columns=[item["name"] for item in part.columns])
            self._copy(f"{SCHEMA}.{name}", table)
        for item in columns:
            if item.startswith("__key"):
                index = quoted(f"{name}_{item.removeprefix('__key_')}"[:60])
                self.link.execute(
                    f"CREATE INDEX IF NOT EXISTS {index} ON {SCHEMA}.{name} ({quoted(item)}, __event)"
                )
        self.link.execute(f"CREATE UNIQUE INDEX IF NOT EXISTS {name}_seq ON {SCHEMA}.{name} (__seq)")
        self.link.execute(f"ANALYZE {SCHEMA}.{name}")

    def _widen(self, name: str, columns: dict[str, str]) -> None:
        known = dict(
            self.link.execute(
                "SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = %s AND table_name = %s",
                [SCHEMA, name],
            ).fetchall()
        )
        for column, kind in columns.items():
            if known.get(column) == "bigint" and kind == "float64":
                self.link.execute(f"ALTER TABLE {SCHEMA}.{name} ALTER {quoted(column)} TYPE double precision")

    def _copy(self, name: str, table: pa.Table) -> None:
        columns = ", ".join(map(quoted, table.column_names))
        with self.link.cursor() as cursor, cursor.copy(f"COPY {name} ({columns}) FROM STDIN") as copy:
            for batch in table.to_batches(max_chunksize=20_000):
                for line in zip(*[column.to_pylist() for column in batch.columns], strict=True):
                    copy.write_row(line)

    def _hand_over(self, name: str, rows: pa.Table, columns: dict[str, str]) -> None:
        spelled = ", ".join(f"{quoted(column)} {POSTGRES[kind]}" for column, kind in columns.items())
        self.link.execute(f"CREATE TEMP TABLE {name} ({spelled})")
        self._copy(name, rows)
        self.link.execute(f"ANALYZE {name}")

    def _ask(self, sql: str) -> pa.Table:
        import psycopg

        try:
            with self.link.transaction(), self.link.cursor("countersign") as cursor:
                cursor.itersize = offline.BATCH
                cursor.execute(sql.encode())
                return arrow_table(cursor.description, iter(lambda: cursor.fetchmany(offline.BATCH), []))
        except psycopg.Error as trouble:
            raise failed(trouble) from trouble


def failed(trouble: Exception) -> BadInput:
    """The engine's refusal in a sentence; what it says may name values, so only its first line is kept."""
    said = " ".join(str(trouble).partition("\n")[0].split())[:200].rstrip(".")
    return BadInput(
        "transform_failed",
        f"The engine could not compute a feature view: {said}.",
        "Check the types in its transformation, and guard what may not hold in every row with CASE.",
    )


@contextmanager
def opened() -> Iterator[Store]:
    """The engine of `MRM_OFFLINE_URL`; a DuckDB file there is the bank's data, so the store stays in its parts."""
    if offline.address().engine == "postgres":
        with offline.backend(read_only=False) as link:
            link.con.autocommit = True
            link.con.execute(f"SET search_path TO {SCHEMA}, public")
            link.con.execute("SET jit TO off")
            yield Pushed(link.con)
        return
    import duckdb

    connection = duckdb.connect(":memory:")
    try:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("SET preserve_insertion_order = false")
        yield Embedded(connection)
    finally:
        connection.close()
