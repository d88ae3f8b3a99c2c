"""The engine that queries run on: DuckDB over the vault's Parquet, a DuckDB file, or the bank's PostgreSQL.

`MRM_OFFLINE_URL` says which. `backend()` is its Ibis backend, for expressions of our own; `select()` asks somebody
else's SELECT within limits of time and rows. Guards, from the outside in: the syntax tree (sql.py); on DuckDB no
external access, no extensions and a locked configuration; on PostgreSQL a read-only transaction with a statement
timeout. On PostgreSQL the real guard is the role in the address: give it SELECT on what may be read, and nothing else.
"""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote, urlsplit

from django.conf import settings

from mrm.kernel.errors import BadInput, CountersignError, Unavailable, declare
from registry.data.columns import arrow_table
from registry.data.sql import Query, checked

if TYPE_CHECKING:
    import pyarrow as pa

BATCH = 50_000
MEMORY_MB = 512  # what needs more is spilled to disk

declare(
    "query_failed",
    "the engine could not answer a query: an unknown table or column, or values that do not fit",
)
declare("query_timeout", "a query took longer than it may and was stopped")
declare("query_rows", "a query gives more rows than it may")
declare("query_table_unknown", "a query names a dataset or snapshot that does not exist or may not be seen")
declare("offline_unreachable", "the engine named by MRM_OFFLINE_URL does not answer or refuses us")


@dataclass(frozen=True)
class Address:
    """Which engine: `said` is what may be shown of it, without user and password."""

    engine: str
    said: str
    path: str = ""
    link: Mapping[str, Any] | None = None

    @property
    def embedded(self) -> bool:
        """Whether queries read snapshots in the vault, for want of a database of the bank."""
        return self.engine == "duckdb" and not self.path


@dataclass(frozen=True)
class Selected:
    """What a query gave, and where it was asked."""

    table: pa.Table
    query: Query
    address: Address
    seconds: float


def address() -> Address:
    """As the settings say; their form was checked when the process started."""
    parts = urlsplit(settings.MRM_OFFLINE_URL)
    if parts.scheme == "duckdb":
        path = unquote(parts.path)
        return Address("duckdb", Path(path).name if path else "snapshots in the vault", path=path)
    query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    host = query.pop("host", None) or parts.hostname or "localhost"
    name = unquote(parts.path.lstrip("/"))
    place = "local socket" if host.startswith("/") else host
    link = {
        "host": unquote(host),
        "port": parts.port or int(query.pop("port", 5432)),
        "user": unquote(parts.username or "") or None,
        "password": unquote(parts.password or "") or None,
        "database": name,
        **{key: value for key, value in query.items() if key in {"sslmode", "sslrootcert"}},
    }
    return Address("postgres", f"{place}/{name}", link=link)


@contextmanager
def backend(
    *, read_only: bool = True, tables: Mapping[str, Path] | None = None, seconds: float | None = None
) -> Iterator[Any]:
    """The engine's Ibis backend, closed at the end.

    `tables` are Parquet files to be seen under a name (embedded DuckDB alone). With `read_only` DuckDB opens files
    read-only, reaches nothing outside `tables` and takes no further settings, and PostgreSQL refuses to write.
    """
    where = address()
    opened = _duckdb if where.engine == "duckdb" else _postgres
    with opened(where, read_only, tables or {}, seconds) as link:
        yield link


@contextmanager
def _duckdb(
    where: Address, read_only: bool, tables: Mapping[str, Path], seconds: float | None
) -> Iterator[Any]:
    import duckdb
    import ibis

    del seconds  # a connection is interrupted from outside
    with tempfile.TemporaryDirectory(prefix="countersign-duckdb-") as spill:
        try:
            link = ibis.duckdb.connect(
                where.path or ":memory:",
                read_only=read_only and bool(where.path),
                temp_directory=spill,
                memory_limit=f"{MEMORY_MB}MB",
                threads=1,
                autoinstall_known_extensions=False,
                autoload_known_extensions=False,
                python_enable_replacements=False,
            )
        except duckdb.Error as trouble:
            raise _unreachable(where, trouble) from trouble
        try:
            _mount(link.con, tables)
            if read_only:
                link.con.execute("SET enable_external_access = false")
                link.con.execute("SET lock_configuration = true")
            yield link
        finally:
            link.disconnect()


def _mount(link: Any, tables: Mapping[str, Path]) -> None:
    """Parquet files as views under their names; nothing else of the disk can be opened afterwards."""
    if tables:
        paths = ", ".join(f"'{_quoted(path)}'" for path in tables.values())
        link.execute(f"SET allowed_paths = [{paths}]")
    for name, path in tables.items():
        link.read_parquet(str(path)).create_view(name)


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")


@contextmanager
def _postgres(
    where: Address, read_only: bool, tables: Mapping[str, Path], seconds: float | None
) -> Iterator[Any]:
    import ibis
    import psycopg

    del tables
    options = ["-c timezone=UTC"]
    if read_only:
        options.append("-c default_transaction_read_only=on")
    if seconds:
        options.append(f"-c statement_timeout={int(seconds * 1000)}")
    try:
        link = ibis.postgres.connect(
            **(where.link or {}),
            options=" ".join(options),
            connect_timeout=10,
            application_name="countersign",
        )
    except psycopg.Error as trouble:
        raise _unreachable(where, trouble) from trouble
    try:
        yield link
    finally:
        link.disconnect()


def select(
    sql: str,
    *,
    seconds: float | None = None,
    rows: int | None = None,
    tables: Mapping[str, Path] | None = None,
    cut: bool = False,
) -> Selected:
    """Ask one SELECT; its rows as a typed table, in the query's order.

    Limits are those of the settings unless less is asked. With `cut` further rows are left away (a look at the first);
    without, more rows than `rows` are refused: a snapshot is never cut off in silence.
    """
    where = address()
    time_left = min(seconds or settings.MRM_OFFLINE_SECONDS, settings.MRM_OFFLINE_SECONDS)
    most = min(rows or settings.MRM_OFFLINE_ROWS, settings.MRM_OFFLINE_ROWS)
    query = checked(sql, dialect=where.engine, most=most if cut else most + 1)
    start = time.monotonic()
    with backend(tables=tables, seconds=time_left) as link:
        ask = _ask_duckdb if where.engine == "duckdb" else _ask_postgres
        table = ask(link.con, query, time_left)
    if table.num_rows > most:
        raise BadInput(
            "query_rows",
            f"The query gives more than {most:,} rows.",
            "Narrow it, aggregate, or draw a sample and say how; an administrator sets MRM_OFFLINE_ROWS.",
        )
    return Selected(table, query, where, time.monotonic() - start)


def _ask_duckdb(link: Any, query: Query, seconds: float) -> Any:
    import pyarrow as pa

    with stopped_after(link, seconds):
        relation = link.sql(query.sql)
        whole = [name in {"HUGEINT", "UHUGEINT"} for name in map(str, relation.types)]
        reader = relation.to_arrow_reader(BATCH)
        table = pa.Table.from_batches(list(reader), schema=reader.schema)
    return _narrowed(table, whole)


@contextmanager
def stopped_after(link: Any, seconds: float) -> Iterator[None]:
    """What a DuckDB connection does inside is interrupted when its time is over; its errors become ours."""
    import duckdb
    import pyarrow as pa

    clock = threading.Timer(seconds, link.interrupt)
    clock.daemon = True
    clock.start()
    try:
        yield
    except duckdb.InterruptException as trouble:
        raise _timeout(seconds) from trouble
    except duckdb.Error as trouble:
        raise _failed(trouble) from trouble
    except pa.ArrowException as trouble:
        # an interrupted or failing stream reaches Arrow as its own error
        if "INTERRUPT" in str(trouble).upper():
            raise _timeout(seconds) from trouble
        raise _failed(trouble) from trouble
    finally:
        clock.cancel()


@contextmanager
def over_parquet(tables: Mapping[str, Path]) -> Iterator[Any]:
    """A DuckDB connection over Parquet files by name, whatever engine the bank's queries run on."""
    with _duckdb(Address("duckdb", ""), True, tables, None) as link:
        yield link.con


def _narrowed(table: Any, whole: list[bool]) -> Any:
    """DuckDB sums whole numbers in 128 bits: as int64 again where they fit, as PostgreSQL and a file would have them."""
    import pyarrow as pa

    columns = []
    for column, wide in zip(table.columns, whole, strict=True):
        try:
            columns.append(column.cast(pa.int64()) if wide else column)
        except pa.ArrowInvalid:
            columns.append(column)
    return pa.table(columns, names=table.column_names)


def _ask_postgres(link: Any, query: Query, seconds: float) -> Any:
    import psycopg

    try:
        with link.transaction(), link.cursor("countersign") as cursor:
            cursor.itersize = BATCH
            cursor.execute(query.sql.encode())
            return arrow_table(cursor.description, iter(lambda: cursor.fetchmany(BATCH), []))
    except psycopg.errors.QueryCanceled as trouble:
        raise _timeout(seconds) from trouble
    except psycopg.OperationalError as trouble:
        raise _unreachable(address(), trouble) from trouble
    except psycopg.Error as trouble:
        raise _failed(trouble) from trouble


def _timeout(seconds: float) -> CountersignError:
    return BadInput(
        "query_timeout",
        f"The query was stopped after {seconds:g} s.",
        "Check its joins and recursion, or narrow it; an administrator sets MRM_OFFLINE_SECONDS.",
    )


def _failed(trouble: Exception) -> CountersignError:
    said = " ".join(str(trouble).split("LINE ", 1)[0].split())
    for prefix in ("Catalog Error: ", "Binder Error: ", "Conversion Error: ", "Parser Error: "):
        said = said.removeprefix(prefix)
    text = (said[:240] + "…" if len(said) > 240 else said).rstrip(".")
    return BadInput(
        "query_failed",
        f"The engine could not answer: {text}.",
        "Check the names of tables and columns, and the types of what is compared or converted.",
    )


def _unreachable(where: Address, trouble: Exception) -> CountersignError:
    del trouble  # its text may repeat the address with its password
    return Unavailable(
        "offline_unreachable",
        f"The engine for queries ({where.engine}, {where.said}) does not answer or refuses us.",
        "Check MRM_OFFLINE_URL, that the server runs and that the role may connect.",
    )
