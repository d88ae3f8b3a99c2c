"""Snapshots from a query and from an object store: the same digest as by file, lineage kept, refusals that write nothing."""

from __future__ import annotations

import io
from typing import Any

import pytest

from mrm import vault
from mrm.access.models import Entry
from mrm.access.rules import Role
from mrm.kernel.canonical import sha256
from mrm.kernel.errors import BadInput, CountersignError, Denied
from registry.data import querying, sourcing
from registry.data import verbs as data
from registry.data.models import Dataset, Snapshot
from registry.data.rules import SnapshotStatus
from tests import make
from tests.registry.making import frame, released, rows, upload, work

pytestmark = [pytest.mark.django_db, pytest.mark.services]


def queried(actor: Any, dataset: Dataset, sql: str, **facts: Any) -> Snapshot:
    snapshot = sourcing.query_snapshot(actor, dataset=dataset, sql=sql, **facts)
    work(snapshot.standing.job)
    return Snapshot.objects.get(pk=snapshot.pk)


def fetched(actor: Any, dataset: Dataset, address: str) -> Snapshot:
    snapshot = sourcing.fetch_snapshot(actor, dataset=dataset, address=address)
    work(snapshot.standing.job)
    return Snapshot.objects.get(pk=snapshot.pk)


def test_a_query_of_all_rows_has_the_digest_of_the_file(dev: Any, dataset: Dataset) -> None:
    source = upload(dev, dataset, rows())
    sql = f'SELECT * FROM "{dataset.reference}" ORDER BY id'
    made = queried(dev, dataset, sql)
    assert made.status == SnapshotStatus.RELEASED
    assert made.content.data_digest == source.content.data_digest
    asked = made.origin.request
    assert asked["sql"] == sql
    assert asked["sql_digest"] == sha256(sql.encode()) == made.file_digest
    assert vault.get(made.file_digest).decode() == sql
    assert asked["tables"] == [
        {
            "name": dataset.reference.lower(),
            "snapshot": source.reference,
            "data_digest": source.content.data_digest,
        }
    ]
    assert asked["ordered"]
    assert made.judgement.source == {
        "engine": "duckdb",
        "host": "snapshots in the vault",
        "sql_digest": asked["sql_digest"],
    }


def test_a_query_reads_the_snapshot_that_was_newest_when_it_was_asked(dev: Any, dataset: Dataset) -> None:
    first = upload(dev, dataset, rows())
    asked = sourcing.query_snapshot(dev, dataset=dataset, sql="SELECT id, bad FROM loans ORDER BY id")
    upload(dev, dataset, rows(n=100, seed=9))
    work(asked.standing.job)
    made = Snapshot.objects.get(pk=asked.pk)
    assert made.content.rows == first.content.rows == 240


@pytest.mark.parametrize(
    ("sql", "code"),
    [
        ("SELECT * FROM nowhere", "query_table_unknown"),
        ('SELECT * FROM "D-00000"', "query_table_unknown"),
        ("SELECT * FROM read_csv('/etc/passwd')", "query_refused"),
        ("DELETE FROM loans", "query_refused"),
        ("SELECT FROM WHERE", "query_syntax"),
    ],
)
def test_what_may_not_be_asked_is_refused_at_once_and_nothing_is_written(
    dev: Any, dataset: Dataset, sql: str, code: str
) -> None:
    upload(dev, dataset, rows())
    before = Entry.objects.count(), Snapshot.objects.count()
    with pytest.raises(BadInput) as refused:
        sourcing.query_snapshot(dev, dataset=dataset, sql=sql)
    assert refused.value.code == code
    assert refused.value.remedy
    assert (Entry.objects.count(), Snapshot.objects.count()) == before


def test_a_dataset_that_one_may_not_see_is_unknown_to_a_query(
    bank: make.Bank, dev: Any, dataset: Dataset
) -> None:
    other = bank.person("other", Role.MODEL_DEVELOPER, level=None)
    own = data.create_dataset(other, entity=bank.entity, name="Own")
    upload(dev, dataset, rows())
    with pytest.raises(CountersignError) as refused:
        sourcing.query_snapshot(other, dataset=own, sql=f'SELECT * FROM "{dataset.reference}"')
    assert refused.value.code == "query_table_unknown"
    assert dataset.reference not in refused.value.remedy
    with pytest.raises(Denied):
        sourcing.query_snapshot(bank.person("reader", Role.AUDITOR), dataset=dataset, sql="SELECT 1 AS x")


@pytest.mark.parametrize(
    ("sql", "code", "word"),
    [
        ("SELECT nothing FROM loans", "query_failed", "nothing"),
        ("SELECT income / (bad - bad) AS x FROM loans", "value_infinite", "NULLIF"),
        ("SELECT * FROM loans WHERE id < 0", "file_empty", "no rows"),
        ("SELECT [id] AS ids FROM loans", "type_not_supported", "ids"),
        ("SELECT id FROM loans ORDER BY id", "query_rows", "10 rows"),
        ("SELECT count(*) AS n FROM range(1000000000) a, range(1000000000) b", "query_timeout", "1 s"),
    ],
)
def test_a_query_that_fails_is_told_on_the_snapshot(
    dev: Any, dataset: Dataset, sql: str, code: str, word: str
) -> None:
    upload(dev, dataset, rows())
    made = queried(dev, dataset, sql, rows=10 if code == "query_rows" else None, seconds=1)
    assert made.status == SnapshotStatus.FAILED
    assert made.standing.code == code
    assert word in f"{made.standing.reason} {made.standing.remedy}"
    assert made.filled is None


def test_a_preview_tells_columns_and_first_rows(dev: Any, dataset: Dataset) -> None:
    upload(dev, dataset, rows())
    seen = querying.preview(
        dev, "SELECT region, count(*) AS n, avg(income) AS income FROM loans GROUP BY region ORDER BY 1"
    )
    assert seen.columns == [
        {"name": "region", "type": "text"}, {"name": "n", "type": "int64"}, {"name": "income", "type": "float64"},
    ]  # fmt: skip
    assert [row[0] for row in seen.rows] == ["north", "south", "west"]
    assert seen.ordered
    assert len(querying.preview(dev, "SELECT id FROM loans").rows) == querying.PREVIEW_ROWS


def test_parquet_of_an_object_store_has_the_digest_of_the_file(
    dev: Any, dataset: Dataset, bucket: dict[str, bytes]
) -> None:
    sink = io.BytesIO()
    frame().to_parquet(sink, index=False)
    bucket["loans/2026.parquet"] = sink.getvalue()
    made = fetched(dev, dataset, "s3://risk/loans/2026.parquet")
    assert made.status == SnapshotStatus.RELEASED
    assert made.content.data_digest == upload(dev, dataset, rows()).content.data_digest
    assert made.judgement.source == {
        "file_digest": sha256(sink.getvalue()), "size": len(sink.getvalue()), "etag": "e1", "version": "v7",
    }  # fmt: skip
    assert vault.get(made.judgement.source["file_digest"]) == sink.getvalue()


def test_only_allowed_buckets_and_real_objects_are_taken(
    dev: Any, dataset: Dataset, bucket: dict[str, bytes], settings: Any
) -> None:
    for address in (
        "https://risk/x",
        "s3://secret/x",
        "s3://risk/",
        "file:///etc/passwd",
        "s3://risk@evil/x",
    ):
        with pytest.raises(BadInput) as refused:
            sourcing.fetch_snapshot(dev, dataset=dataset, address=address)
        assert refused.value.code == "object_address"
    assert fetched(dev, dataset, "s3://risk/none.parquet").standing.code == "object_missing"
    bucket["text.parquet"] = b"a,b\n1,2\n"
    assert fetched(dev, dataset, "s3://risk/text.parquet").standing.code == "parquet_unreadable"
    bucket["cut.parquet"] = bytes(1 << 16)
    assert fetched(dev, dataset, "s3://risk/cut.parquet").standing.code == "object_unreachable"
    settings.MRM_OBJECT_ENDPOINT = "http://127.0.0.1:9"
    assert fetched(dev, dataset, "s3://risk/x.parquet").standing.code == "object_unreachable"


def test_a_column_that_roles_name_may_not_go_in_silence(dev: Any, dataset: Dataset) -> None:
    first = released(dev, dataset)
    short = "SELECT id, income, debt, age, bad, income - debt AS free, region = 'west' AS west FROM loans ORDER BY id"
    stopped = queried(dev, dataset, short)
    assert (stopped.status, stopped.standing.code) == (SnapshotStatus.BLOCKED, "schema_drift")
    assert "region" in stopped.standing.reason
    drift = stopped.judgement.drift
    assert (drift["against"], drift["gone"], drift["new"]) == (first.reference, ["region"], ["free", "west"])
    meant = queried(dev, dataset, short, gone=["region"])
    assert meant.status == SnapshotStatus.RELEASED
    assert "region is gone" in meant.judgement.drift["said"]


@pytest.mark.only_services
def test_the_banks_own_postgresql_gives_the_digest_of_the_file(
    dev: Any, dataset: Dataset, warehouse: str
) -> None:
    sql = "SELECT id, day, rate, code FROM bank.loans ORDER BY id DESC"
    made = queried(dev, dataset, sql)
    assert made.status == SnapshotStatus.RELEASED
    file = upload(dev, dataset, "id,day,rate,code\n2,2024-02-29,1.5,x\n1,,,\n")
    assert made.content.data_digest == file.content.data_digest
    asked = made.origin.request
    assert (asked["engine"], asked["tables"]) == ("postgres", [{"name": "bank.loans"}])
    assert "secret" not in f"{asked}{made.judgement.source}"
    stopped = queried(dev, dataset, "SELECT id / (id - id) AS x FROM bank.loans")
    assert (stopped.status, stopped.standing.code) == (SnapshotStatus.FAILED, "query_failed")
    with pytest.raises(BadInput):
        sourcing.query_snapshot(dev, dataset=dataset, sql="DELETE FROM bank.loans")
