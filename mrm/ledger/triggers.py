"""Append-only tables: what the database itself refuses, on SQLite and on PostgreSQL.

A concrete model with `append_only = True`, of whatever room, gets its triggers after every migration (SQLite
drops them whenever it remakes a table). Start-up and `doctor` compare what is there with what should be. On
SQLite, REPLACE deletes without asking a delete trigger, so the insert of an existing key is guarded too.
Triggers detect and hinder; who owns the database file can drop them, and the ledger's proofs then tell.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.apps import AppConfig, apps
from django.core import checks
from django.db import connections, models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.utils import DEFAULT_DB_ALIAS

FUNCTION = "mrm_append_only"
FUNCTION_BODY = (
    "BEGIN RAISE EXCEPTION 'append-only: % keeps what it has', TG_TABLE_NAME USING ERRCODE = '23001'; END"
)
# PostgreSQL's pg_trigger.tgtype: row 1, before 2, delete 8, update 16, truncate 32
POSTGRESQL = {
    "append_only_rows": (27, "BEFORE UPDATE OR DELETE", "ROW"),
    "append_only_truncate": (34, "BEFORE TRUNCATE", "STATEMENT"),
}


def marked(config: AppConfig | None = None) -> list[type[models.Model]]:
    """The models that are append-only: of one room, or of all."""
    source = config or apps
    return [
        model
        for model in source.get_models(include_auto_created=True)
        if getattr(model, "append_only", False) and not model._meta.proxy and model._meta.managed
    ]


def _keys(connection: BaseDatabaseWrapper, table: str) -> list[tuple[str, ...]]:
    """Every set of columns that SQLite keeps unique in `table`, the primary key first."""
    quoted = connection.ops.quote_name(table)
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA table_info({quoted})")
        primary = sorted((row[5], row[1]) for row in cursor.fetchall() if row[5])
        cursor.execute(f"PRAGMA index_list({quoted})")
        # a partial index is unique among some rows only: not to be guarded as if among all
        unique = sorted(row[1] for row in cursor.fetchall() if row[2] and not row[4])
        keys = [tuple(name for _, name in primary)]
        for index in unique:
            cursor.execute(f"PRAGMA index_info({connection.ops.quote_name(index)})")
            columns = tuple(row[2] for row in cursor.fetchall())
            if all(columns) and columns not in keys:
                keys.append(columns)
    return keys


def _sqlite(connection: BaseDatabaseWrapper, table: str) -> dict[str, str]:
    quote = connection.ops.quote_name
    raising = f"SELECT RAISE(ABORT, 'append-only: {table} keeps what it has');"
    wanted = {}
    for event in ("update", "delete"):
        name = f"{table}_append_only_{event}"
        wanted[name] = (
            f"CREATE TRIGGER {quote(name)} BEFORE {event.upper()} ON {quote(table)} BEGIN {raising} END"
        )
    taken = " OR ".join(
        f"EXISTS (SELECT 1 FROM {quote(table)} WHERE "  # noqa: S608 - names come from the catalogue, quoted
        + " AND ".join(f"{quote(column)} = NEW.{quote(column)}" for column in key)
        + ")"
        for key in _keys(connection, table)
    )
    name = f"{table}_append_only_insert"
    wanted[name] = (
        f"CREATE TRIGGER {quote(name)} BEFORE INSERT ON {quote(table)} WHEN {taken} BEGIN {raising} END"
    )
    return wanted


def expected(connection: BaseDatabaseWrapper, table: str) -> dict[str, str]:
    """The triggers that `table` should have: name and what the catalogue should say of each."""
    if connection.vendor == "sqlite":
        return _sqlite(connection, table)
    return {name: f"{kind} on {FUNCTION_BODY}" for name, (kind, _, _) in POSTGRESQL.items()}


def present(connection: BaseDatabaseWrapper, table: str) -> dict[str, str]:
    """The append-only triggers that `table` has, as the catalogue says them; a disabled one is absent."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(
                "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s AND name LIKE %s",
                [table, "%append_only%"],
            )
        else:
            cursor.execute(
                "SELECT t.tgname, t.tgtype || ' on ' || btrim(p.prosrc) FROM pg_trigger t"
                " JOIN pg_proc p ON p.oid = t.tgfoid WHERE t.tgrelid = to_regclass(%s)"
                " AND t.tgenabled IN ('O', 'A') AND p.proname = %s",
                [connection.ops.quote_name(table), FUNCTION],
            )
        return dict(cursor.fetchall())


def install(table: str, connection: BaseDatabaseWrapper) -> None:
    """Give `table` its append-only triggers; what is already right is left alone."""
    wanted = expected(connection, table)
    if present(connection, table) == wanted:
        return
    drop(table, connection)
    quoted = connection.ops.quote_name(table)
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            for sql in wanted.values():
                cursor.execute(sql)
            return
        cursor.execute(
            f"CREATE OR REPLACE FUNCTION {FUNCTION}() RETURNS trigger LANGUAGE plpgsql AS $body${FUNCTION_BODY}$body$"
        )
        for name, (_, event, each) in POSTGRESQL.items():
            cursor.execute(
                f"CREATE TRIGGER {name} {event} ON {quoted} FOR EACH {each} EXECUTE FUNCTION {FUNCTION}()"
            )


def drop(table: str, connection: BaseDatabaseWrapper) -> None:
    """Lift the triggers of `table`: for tests and for `install`."""
    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            for name in present(connection, table):
                cursor.execute(f"DROP TRIGGER {quote(name)}")
            return
        for name in POSTGRESQL:
            cursor.execute(f"DROP TRIGGER IF EXISTS {name} ON {quote(table)}")


def missing(connection: BaseDatabaseWrapper) -> list[str]:
    """Every trigger that a marked table lacks, or has in another form, as `table: trigger`."""
    tables = set(connection.introspection.table_names())
    lacking = []
    for model in marked():
        table = model._meta.db_table
        if table not in tables:
            continue
        found = present(connection, table)
        wanted = expected(connection, table)
        lacking += [f"{table}: {name}" for name, sql in wanted.items() if found.get(name) != sql]
    return lacking


def install_all(connection: BaseDatabaseWrapper, config: AppConfig | None = None) -> None:
    """Install the triggers of every marked table that exists."""
    tables = set(connection.introspection.table_names())
    for model in marked(config):
        if model._meta.db_table in tables:
            install(model._meta.db_table, connection)


def drop_all(connection: BaseDatabaseWrapper) -> None:
    """Lift the triggers of every marked table: a test database is emptied so, and gets them back afterwards."""
    for model in marked():
        drop(model._meta.db_table, connection)


def install_after_migrate(sender: AppConfig, using: str = DEFAULT_DB_ALIAS, **_signal: Any) -> None:
    """After each room's migrations: its marked tables get their triggers (back)."""
    install_all(connections[using], sender)


@checks.register(checks.Tags.database)
def check(*, databases: Collection[str] | None = None, **_: Any) -> list[checks.CheckMessage]:
    """Compare the triggers with what they should be, wherever Django is asked to check a database."""
    found: list[checks.CheckMessage] = []
    for alias in databases or ():
        # a warning, since `migrate` runs this check before it mends what is missing
        found += [
            checks.Warning(
                f"append-only trigger missing: {place}",
                hint="Run `manage.py migrate`; find out who dropped it.",
                id="ledger.W001",
            )
            for place in missing(connections[alias])
        ]
    return found
