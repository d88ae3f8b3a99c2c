"""Acts that take a snapshot from where data already is: a query, or an object in a store."""

from __future__ import annotations

from datetime import date

from mrm import vault
from mrm.access.acts import Act, verb
from registry.data import objects, querying
from registry.data.effects import begin
from registry.data.models import Dataset, Snapshot
from registry.data.rules import OriginKind


@verb("snapshot.query")
def query_snapshot(
    act: Act,
    *,
    dataset: Dataset,
    sql: str,
    title: str = "",
    seconds: int | None = None,
    rows: int | None = None,
    period_from: date | None = None,
    period_to: date | None = None,
    gone: list[str] | None = None,
) -> Snapshot:
    """Take a snapshot from a query.

    One SELECT, run by a job within limits of time and rows. On the embedded engine it reads datasets by reference
    (`"D-7K2QD"`: the newest released snapshot) or snapshots (`"S-4M1XA"`) that the caller may see; with
    MRM_OFFLINE_URL the bank's own tables. Without ORDER BY the order of rows, and so the data digest, may differ when
    it is run again. `gone` names columns of the dataset that are left out on purpose.
    """
    asked = querying.ask(act.actor, sql)
    text = asked.query.text.encode()
    return begin(
        act,
        dataset=dataset,
        kind=OriginKind.QUERY,
        request=asked.to_json(seconds=seconds, rows=rows),
        file={
            "file_name": "query.sql",
            "file_format": "sql",
            "file_size": len(text),
            "file_digest": vault.put(text),
            "declared": {},
        },
        title=title,
        period=(period_from, period_to),
        gone=gone,
    )


@verb("snapshot.fetch")
def fetch_snapshot(
    act: Act,
    *,
    dataset: Dataset,
    address: str,
    title: str = "",
    period_from: date | None = None,
    period_to: date | None = None,
    gone: list[str] | None = None,
) -> Snapshot:
    """Take a snapshot from Parquet in an object store.

    `address` is `s3://bucket/key` in a bucket that MRM_OBJECT_BUCKETS allows. A job brings the object into the vault;
    its digest, ETag and version stand on the snapshot's page. `gone` names columns that are left out on purpose.
    """
    where = objects.checked(address)
    return begin(
        act,
        dataset=dataset,
        kind=OriginKind.OBJECT,
        request={"address": str(where)},
        file={
            "file_name": where.key.rpartition("/")[2][-200:] or where.key[-200:],
            "file_format": "parquet",
            "file_size": 0,
            "file_digest": "",
            "declared": {},
        },
        title=title,
        period=(period_from, period_to),
        gone=gone,
    )
