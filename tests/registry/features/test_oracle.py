"""The as-of join against brute force: late, duplicate, tied, restated values, keys never seen, on both engines."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from registry.features.building import places, spread
from registry.features.join import Wanted, as_of
from registry.features.models import Definition
from registry.features.store import Embedded, Pushed, Store, unbound

COLUMNS = {
    "__seq": "int64",
    "__event": "int64",
    "__known": "int64",
    "__key_customer_v1": "text",
    "value": "int64",
    "keep": "bool",
}
moments = st.integers(0, 8)
keys = st.sampled_from(["a", "b", "c"])
stored = st.lists(st.tuples(keys, moments, moments, st.integers(0, 3), st.booleans()), max_size=25)
asked = st.lists(st.tuples(st.one_of(st.none(), keys, st.just("unseen")), moments), min_size=1, max_size=12)


def wanted(ttl: int | None, where: bool) -> Wanted:
    """One view of one feature."""
    body: dict[str, Any] = {"features": {"value": "int64"}}
    body |= {"ttl": ttl} if ttl else {}
    body |= {"where": "keep"} if where else {}
    return Wanted(
        view=Definition(kind="view", name="v", number=1, body=body),
        key=Definition(kind="entity", name="customer", number=1, body={"key": ["id"]}),
        source=Definition(kind="source", name="s", number=1, body={}),
        columns=[("value", "v__value")],
    )


def brute(history: list[Any], rows: list[Any], facts: dict[str, Any]) -> list[int | None]:
    """What was known, row by row, by looking at everything."""
    answers = []
    for key, at in rows:
        limit = at if facts["until"] is None else min(at, facts["until"])
        candidates = [
            (event, known, seq, value)
            for seq, (owner, event, known, value, keep) in enumerate(history)
            if owner == key
            and seq <= facts["last_seq"]
            and event <= at
            and known <= limit
            and (not facts["ttl"] or event >= at - facts["ttl"])
            and (keep or not facts["where"])
        ]
        answers.append(max(candidates)[3] if candidates else None)
    return answers


def computed(engine: Store, history: list[Any], rows: list[Any], facts: dict[str, Any]) -> list[int | None]:
    """What the expression says."""
    owner, event, known, value, keep = zip(*history, strict=True) if history else ((), (), (), (), ())
    table = pa.table(
        {
            "__seq": pa.array(range(len(history)), pa.int64()),
            "__event": pa.array(event, pa.int64()),
            "__known": pa.array(known, pa.int64()),
            "__key_customer_v1": pa.array(owner, pa.string()),
            "value": pa.array(value, pa.int64()),
            "keep": pa.array(keep, pa.bool_()),
        }
    )
    engine._tables += 1
    name = f"store_{engine._tables}"
    engine._hand_over(name, table, COLUMNS)
    given_rows = pa.table(
        {
            "row": pa.array(range(len(rows)), pa.int64()),
            "key": pa.array([key for key, _ in rows], pa.string()),
            "at": pa.array([at for _, at in rows], pa.int64()),
        }
    )
    expression = as_of(
        engine.rows(given_rows),
        unbound(name, COLUMNS),
        wanted(facts["ttl"], facts["where"]),
        last_seq=facts["last_seq"],
        until=facts["until"],
    )
    found = engine.answer(expression)
    assert found.num_rows == len(set(found["row"].to_pylist())), "one line a row"
    answers: list[int | None] = spread(found["v__value"], places(found["row"], len(rows))).to_pylist()
    return answers


facts = st.fixed_dictionaries(
    {
        "ttl": st.one_of(st.none(), st.integers(1, 4)),
        "until": st.one_of(st.none(), moments),
        "last_seq": st.integers(-1, 25),
        "where": st.booleans(),
    }
)


ENGINE = Embedded(duckdb.connect(":memory:"))


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(history=stored, rows=asked, how=facts)
def test_duckdb_equals_brute_force(history: list[Any], rows: list[Any], how: dict[str, Any]) -> None:
    assert computed(ENGINE, history, rows, how) == brute(history, rows, how)


@pytest.fixture
def pushed(db: None) -> Iterator[Pushed]:
    """An engine in the PostgreSQL of the services leg."""
    if connection.vendor != "postgresql":
        pytest.skip("runs on PostgreSQL")
    import psycopg

    facts_of = connection.get_connection_params()
    link = psycopg.connect(
        host=facts_of.get("host"), dbname=facts_of["dbname"], user=facts_of.get("user"), autocommit=True
    )
    yield Pushed(link)
    link.close()


@pytest.mark.only_services
def test_postgresql_equals_brute_force(pushed: Pushed) -> None:
    @settings(max_examples=60, deadline=None)
    @given(history=stored, rows=asked, how=facts)
    def holds(history: list[Any], rows: list[Any], how: dict[str, Any]) -> None:
        assert computed(pushed, history, rows, how) == brute(history, rows, how)

    holds()
