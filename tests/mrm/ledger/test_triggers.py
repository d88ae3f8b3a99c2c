"""Append-only tables, as both databases keep them."""

from __future__ import annotations

import pytest
from django.core.checks import Warning as CheckWarning
from django.db import DatabaseError, connection, transaction

from mrm.ledger import leaves, sealing, triggers
from mrm.ledger.models import Checkpoint, Leaf, Node, Sequence

pytestmark = [pytest.mark.django_db, pytest.mark.services]
PLAIN = {"actor": "robot", "auth": {"method": "robot"}, "act": "model.register"}


@pytest.fixture(autouse=True)
def _sealed() -> None:
    leaves.append(PLAIN)
    sealing.seal()


def refused(sql: str) -> None:
    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(sql)


@pytest.mark.parametrize("model", [Leaf, Sequence, Node, Checkpoint])
def test_rows_are_neither_changed_nor_deleted(model: type[Leaf]) -> None:
    table = model._meta.db_table
    column = connection.ops.quote_name(model._meta.concrete_fields[-1].column)
    refused(f"UPDATE {table} SET {column} = {column}")
    refused(f"DELETE FROM {table}")
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        model.objects.all()._raw_delete("default")


def test_a_table_is_not_truncated() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no TRUNCATE")
    refused("TRUNCATE ledger_checkpoint")


def test_replace_does_not_slip_past() -> None:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL has no REPLACE")
    leaf = Leaf.objects.first()
    assert leaf is not None
    refused(f"REPLACE INTO ledger_leaf (id, bytes, hash) VALUES ({leaf.id}, x'00', 'forged')")
    refused(f"INSERT OR REPLACE INTO ledger_leaf (bytes, hash) VALUES (x'00', '{leaf.hash}')")
    refused(
        f"INSERT INTO ledger_leaf (id, bytes, hash) VALUES ({leaf.id}, x'00', 'forged')"
        " ON CONFLICT(id) DO UPDATE SET hash = excluded.hash"
    )
    refused('REPLACE INTO ledger_sequence ("index", leaf_id) VALUES (0, 999999)')
    refused(f'REPLACE INTO ledger_sequence ("index", leaf_id) VALUES (999999, {leaf.id})')


def test_replace_over_a_partial_index_does_not_slip_past_our_connections() -> None:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL has no REPLACE")
    with connection.cursor() as cursor:
        cursor.execute("CREATE UNIQUE INDEX one_short ON ledger_node (hash) WHERE position < 1")
    node = Node.objects.get(position=0)
    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("REPLACE INTO ledger_node (position, hash) VALUES (-7, %s)", [bytes(node.hash)])


def test_a_dropped_or_bent_trigger_is_noticed_and_mended() -> None:
    assert triggers.missing(connection) == []
    triggers.drop("ledger_leaf", connection)
    lacking = triggers.missing(connection)
    assert lacking
    assert all(place.startswith("ledger_leaf: ") for place in lacking)
    found = triggers.check(databases=["default"])
    assert [type(item) for item in found] == [CheckWarning] * len(lacking)
    triggers.install_all(connection)
    assert triggers.missing(connection) == []
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("DROP TRIGGER ledger_leaf_append_only_update")
            cursor.execute(
                "CREATE TRIGGER ledger_leaf_append_only_update BEFORE UPDATE ON ledger_leaf BEGIN SELECT 1; END"
            )
        else:
            cursor.execute("ALTER TABLE ledger_leaf DISABLE TRIGGER append_only_rows")
    assert len(triggers.missing(connection)) == 1
    triggers.install_all(connection)
    assert triggers.missing(connection) == []
    refused("DELETE FROM ledger_leaf")


def test_every_marked_table_of_every_room_has_its_triggers() -> None:
    tables = {model._meta.db_table for model in triggers.marked()}
    assert {"ledger_leaf", "ledger_sequence", "ledger_node", "ledger_checkpoint", "ledger_origin"} <= tables
    for table in tables:
        assert triggers.present(connection, table) == triggers.expected(connection, table)
