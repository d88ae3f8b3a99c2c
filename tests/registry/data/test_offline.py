"""Queries: one SELECT within limits, on DuckDB and PostgreSQL; whatever reaches further is refused with a sentence."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mrm.config import environment
from mrm.kernel.errors import CountersignError
from registry.data import offline
from registry.data.canonical_digest import data_digest
from registry.data.logical import normalised
from registry.data.sql import checked

REFUSED = [
    "INSERT INTO t VALUES (1)",
    "UPDATE t SET a = 1",
    "DELETE FROM t",
    "DROP TABLE t",
    "CREATE TABLE x AS SELECT 1",
    "SELECT 1; SELECT 2",
    "SELECT 1; DROP TABLE t",
    "WITH r AS (INSERT INTO t VALUES (1) RETURNING *) SELECT * FROM r",
    "WITH r AS (DELETE FROM t RETURNING *) SELECT * FROM r",
    "SELECT * INTO x FROM t",
    "SELECT * FROM t FOR UPDATE",
    "COPY t TO '/tmp/x'",
    "PRAGMA version",
    "SET threads = 2",
    "EXPLAIN SELECT 1",
    "SHOW TABLES",
    "CALL pragma_version()",
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM read_parquet('s3://elsewhere/x')",
    "SELECT * FROM read_text('/etc/passwd')",
    "SELECT * FROM query('SELECT 1')",
    "SELECT pg_read_file('/etc/passwd')",
    "SELECT set_config('statement_timeout', '0', false)",
    "SELECT nextval('s')",
    "SELECT lo_import('/etc/passwd')",
    "SELECT current_setting('x')",
    "SELECT * FROM dblink('host=elsewhere', 'SELECT 1') AS t(a int)",
    "SELECT * FROM information_schema.tables",
    "SELECT * FROM pg_catalog.pg_authid",
    "SELECT * FROM pg_shadow",
    "SELECT $1",
    "VALUES (1)",
    "",
]


@pytest.mark.parametrize("dialect", ["duckdb", "postgres"])
@pytest.mark.parametrize("text", REFUSED)
def test_what_is_not_one_select_over_values_is_refused(text: str, dialect: str) -> None:
    with pytest.raises(CountersignError) as refused:
        checked(text, dialect=dialect)
    assert refused.value.code == "query_refused"
    assert refused.value.remedy


def test_unreadable_sql_says_where() -> None:
    with pytest.raises(CountersignError) as refused:
        checked("SELECT a,\nFROM (t WHERE", dialect="duckdb")
    assert refused.value.code == "query_syntax"
    assert "line 2" in refused.value.detail


def test_the_tables_of_a_query_are_named_without_its_own() -> None:
    query = checked(
        'WITH r AS (SELECT * FROM "D-7K2QD") SELECT * FROM r JOIN bank.loans USING (id) ORDER BY id',
        dialect="duckdb",
    )
    assert set(query.tables) == {"D-7K2QD", "bank.loans"}
    assert query.ordered
    assert not checked("SELECT 1 AS one", dialect="duckdb").ordered


@pytest.mark.parametrize(("text", "most", "end"), [("SELECT 1", 5, "LIMIT 5"), ("SELECT 1 LIMIT 3", 5, "LIMIT 3"),
                                                  ("SELECT 1 LIMIT 9", 5, "LIMIT 5")])  # fmt: skip
def test_a_limit_is_added_and_a_smaller_one_kept(text: str, most: int, end: str) -> None:
    assert checked(text, dialect="duckdb", most=most).sql.endswith(end)


def test_a_limit_that_is_computed_cannot_be_held_to_a_number() -> None:
    with pytest.raises(CountersignError) as refused:
        checked("SELECT 1 LIMIT (SELECT 5)", dialect="duckdb", most=5)
    assert refused.value.code == "query_refused"


@pytest.mark.parametrize(
    "url", ["", "mysql://host/db", "duckdb://host/file", "postgres://host", "/file.duckdb"]
)
def test_an_address_that_is_none_stops_the_start(url: str) -> None:
    with pytest.raises(ValueError, match="MRM_OFFLINE_URL"):
        environment.offline(url)


@pytest.mark.parametrize(
    "url", ["duckdb:", "duckdb:///data/bank.duckdb", "postgres://reader:secret@db.bank/risk"]
)
def test_an_address_is_shown_without_user_and_password(url: str, settings: Any) -> None:
    settings.MRM_OFFLINE_URL = environment.offline(url)
    where = offline.address()
    assert where.said in {"snapshots in the vault", "bank.duckdb", "db.bank/risk"}
    assert where.embedded is (url == "duckdb:")


@pytest.fixture
def loans(tmp_path: Path) -> dict[str, Path]:
    path = tmp_path / "loans.parquet"
    rows = {"id": [3, 1, 2], "amount": [30.0, None, 20.0], "region": ["north", "süd", None]}
    pq.write_table(pa.table(rows), path)
    return {"D-7K2QD": path}


def test_embedded_queries_read_what_is_mounted_and_nothing_else(loans: dict[str, Path]) -> None:
    got = offline.select(
        'SELECT region, sum(id) AS n FROM "D-7K2QD" GROUP BY 1 ORDER BY 1 NULLS LAST', tables=loans
    )
    assert got.table.to_pydict() == {"region": ["north", "süd", None], "n": [3, 1, 2]}
    assert got.table.schema.field("n").type == pa.int64()
    assert (got.address.engine, got.address.said) == ("duckdb", "snapshots in the vault")
    with offline.backend(tables=loans) as link:
        assert link.table("D-7K2QD").count().execute() == 3
        for reaching in (
            "SELECT * FROM read_text('/etc/hostname')",
            "SET threads = 2",
            "ATTACH '/tmp/x.db' AS y",
        ):
            with pytest.raises(Exception, match=r"disabled|locked"):
                link.con.execute(reaching)


def test_limits_of_time_and_rows(settings: Any) -> None:
    endless = "SELECT count(*) FROM range(1000000000) AS a, range(1000000000) AS b"
    with pytest.raises(CountersignError) as stopped:
        offline.select(endless, seconds=0.3)
    assert stopped.value.code == "query_timeout"
    settings.MRM_OFFLINE_ROWS = 10
    with pytest.raises(CountersignError) as long:
        offline.select("SELECT range AS x FROM range(11)", rows=100)
    assert long.value.code == "query_rows"
    assert offline.select("SELECT range AS x FROM range(11)", cut=True).table.num_rows == 10


def test_an_unknown_column_is_told_and_a_missing_file_is_the_engines(settings: Any, tmp_path: Path) -> None:
    with pytest.raises(CountersignError) as failed:
        offline.select("SELECT nothing FROM range(3) AS t(x)")
    assert failed.value.code == "query_failed"
    assert "nothing" in failed.value.detail
    settings.MRM_OFFLINE_URL = f"duckdb://{tmp_path}/none.duckdb"
    with pytest.raises(CountersignError) as away:
        offline.select("SELECT 1 AS x")
    assert away.value.code == "offline_unreachable"


def test_a_duckdb_file_is_read_and_not_written(settings: Any, tmp_path: Path) -> None:
    import duckdb

    with duckdb.connect(str(tmp_path / "bank.duckdb")) as own:
        own.execute("CREATE TABLE loans AS SELECT range AS id FROM range(4)")
    settings.MRM_OFFLINE_URL = f"duckdb://{tmp_path}/bank.duckdb"
    assert offline.select("SELECT id FROM loans ORDER BY id").table.to_pydict() == {"id": [0, 1, 2, 3]}
    with offline.backend() as link, pytest.raises(duckdb.Error):
        link.con.execute("INSERT INTO loans VALUES (9)")


@pytest.mark.only_services
def test_postgresql_gives_the_digest_that_a_file_has(warehouse: str) -> None:
    got = offline.select("SELECT * FROM bank.loans ORDER BY id")
    moment = pa.scalar(1704063600_000000, pa.timestamp("us", tz="UTC"))
    file = pa.table(
        {
            "id": pa.array([1, 2]),
            "amount": pa.array([None, Decimal("20.50")]),
            "region": pa.array([None, "b "]),
            "day": pa.array([None, 19782], pa.int32()).cast(pa.date32()),
            "good": pa.array([None, True]),
            "rate": pa.array([None, 1.5]),
            "at": pa.array([None, moment.as_py()], pa.timestamp("us", tz="UTC")),
            "code": pa.array([None, "x"]),
        }
    )
    assert data_digest(normalised(got.table)) == data_digest(normalised(file))
    assert "secret" not in got.address.said


@pytest.mark.only_services
def test_postgresql_refuses_to_write_and_stops_what_never_ends(warehouse: str) -> None:
    import psycopg

    with offline.backend() as link, pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        link.con.execute("INSERT INTO bank.loans(id) VALUES (9)")
    with pytest.raises(CountersignError) as stopped:
        offline.select(
            "WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n FROM r) SELECT count(*) AS n FROM r",
            seconds=0.5,
        )
    assert stopped.value.code == "query_timeout"
    with pytest.raises(CountersignError) as failed:
        offline.select("SELECT 1 / (id - 1) AS x FROM bank.loans")
    assert failed.value.code == "query_failed"
    assert "division by zero" in failed.value.detail


@pytest.mark.only_services
def test_postgresql_with_a_wrong_address_does_not_tell_the_password(warehouse: str, settings: Any) -> None:
    settings.MRM_OFFLINE_URL = warehouse.replace("host=", "host=%2Fnowhere")
    with pytest.raises(CountersignError) as away:
        offline.select("SELECT 1 AS x")
    assert away.value.code == "offline_unreachable"
    assert "secret" not in f"{away.value.detail}{away.value.remedy}"
