"""Every table: governed, append-only or operational, and held so by the guard and by the database itself."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.apps import apps
from django.db import DatabaseError, connection, models

from mrm.access import guard
from mrm.ledger import triggers
from tests.house.source import ROOTS
from tests.house.watch import undone

OURS = [
    model
    for config in apps.get_app_configs()
    if config.name.partition(".")[0] in ROOTS
    for model in config.get_models(include_auto_created=True)
]
RECORD = {"governed", "append_only"}
# Tables of rights that Django makes for us; the guard names them one by one.
RIGHTS = {"access.user_groups", "access.user_user_permissions"}


def kind(model: type[models.Model]) -> str:
    """What a table is declared to be."""
    return getattr(model, "record_kind", "")


def label(model: type[models.Model]) -> str:
    """The name of a table in the ledger and in a test's id."""
    return model._meta.label_lower


@pytest.mark.parametrize("model", OURS, ids=label)
def test_every_table_says_what_it_is(model: type[models.Model]) -> None:
    if label(model) in RIGHTS:
        assert model._meta.label in guard.THIRD_PARTY_GOVERNED
        return
    assert kind(model) in {*RECORD, "operational"}
    assert getattr(model, "append_only", False) is (kind(model) == "append_only")
    if kind(model) == "operational":
        assert len(model.why.split()) > 3, "say why the table is outside the record"  # type: ignore[attr-defined]


@pytest.mark.parametrize("model", [model for model in OURS if kind(model) in RECORD], ids=label)
def test_a_record_keeps_what_it_refers_to(model: type[models.Model]) -> None:
    for field in model._meta.concrete_fields:
        if isinstance(field, models.ForeignKey) and label(model) != "access.scopegrant":
            assert field.remote_field.on_delete is models.PROTECT, field.name


def test_no_cascade_reaches_a_record() -> None:
    reached = [
        f"{label(model)} ← {relation.related_model._meta.label_lower}.{relation.field.name}"
        for model in OURS
        for relation in model._meta.related_objects
        if kind(relation.related_model) in RECORD
        and relation.on_delete is not models.PROTECT
        and relation.related_model._meta.label_lower != "access.scopegrant"
    ]
    assert reached == []


@pytest.mark.parametrize("table", sorted(guard.governed_tables()))
@pytest.mark.parametrize("sql", ["INSERT INTO {} DEFAULT VALUES", "UPDATE {} SET id = id", "DELETE FROM {}"])
def test_the_guard_refuses_a_write_outside_an_act(table: str, sql: str, db: None) -> None:
    with pytest.raises(guard.GuardViolation), connection.cursor() as cursor:
        cursor.execute(sql.format(connection.ops.quote_name(table)))


@pytest.mark.services
def test_no_trigger_is_missing(db: None) -> None:
    assert {model for model in OURS if kind(model) == "append_only"} <= set(triggers.marked())
    assert triggers.missing(connection) == []


@pytest.mark.services
@pytest.mark.parametrize("model", triggers.marked(), ids=label)
def test_the_database_refuses_to_change_an_append_only_row(model: type[models.Model], db: None) -> None:
    table = connection.ops.quote_name(model._meta.db_table)
    key = connection.ops.quote_name(model._meta.pk.column)
    for sql in (f"UPDATE {table} SET {key} = {key}", f"DELETE FROM {table}"):
        with undone():
            gate = guard.opened()
            try:
                if not model._default_manager.exists():
                    insert(model)
                with pytest.raises(DatabaseError, match="append-only"), connection.cursor() as cursor:
                    cursor.execute(sql)
            finally:
                guard.closed(gate)


# what a table's own constraints ask of a row of plain values
CONSTRAINED: dict[str, dict[str, Any]] = {"cases.approval": {"decision": "recuse"}}


def insert(model: type[models.Model]) -> None:
    """One row of plain values; what it refers to need not exist, since nothing is committed."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA defer_foreign_keys = ON")
        fields = [field for field in model._meta.concrete_fields if not isinstance(field, models.AutoField)]
        names = ", ".join(connection.ops.quote_name(field.column) for field in fields)
        holes = ", ".join(["%s"] * len(fields))
        own = CONSTRAINED.get(label(model), {})
        values = [field.get_db_prep_save(own.get(field.name, plain(field)), connection) for field in fields]
        cursor.execute(
            f"INSERT INTO {connection.ops.quote_name(model._meta.db_table)} ({names}) VALUES ({holes})",
            values,
        )


def plain(field: Any) -> Any:
    """A value that fits a column."""
    if field.choices:
        return field.choices[0][0]
    if field.has_default():
        return field.get_default()
    if field.null:
        return None
    target = field.target_field if field.is_relation else field
    values: list[tuple[Any, Any]] = [
        (models.UUIDField, uuid.uuid4()),
        (models.DateTimeField, datetime(2026, 1, 1, tzinfo=UTC)),
        (models.DateField, date(2026, 1, 1)),
        (models.JSONField, {}),
        (models.BinaryField, b"x"),
        (models.BooleanField, True),
        (models.DecimalField, Decimal(1)),
        (models.IntegerField, 1),
        (models.CharField, "x"),
        (models.TextField, "x"),
    ]
    return next(value for kind, value in values if isinstance(target, kind))
