"""From what was asked to typed rows: the file in the vault, the query run, the object fetched."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mrm import vault
from mrm.kernel.errors import BadInput
from registry.data import objects, querying, reading
from registry.data.logical import normalised
from registry.data.models import Snapshot
from registry.data.rules import OriginKind

if TYPE_CHECKING:
    import pyarrow as pa


def take(snapshot: Snapshot) -> tuple[pa.Table, dict[str, Any]]:
    """The rows in logical types, and what is to be said of where they came from."""
    asked = snapshot.asked
    if asked is not None and asked.kind == OriginKind.QUERY:
        return _queried(asked.request)
    if asked is not None and asked.kind == OriginKind.OBJECT:
        return _fetched(asked.request)
    return reading.read(vault.get(snapshot.file_digest), read_as(snapshot.declared)), {}


def read_as(declared: Mapping[str, Any]) -> reading.Reading | None:
    """The reading that was settled at upload; None for Parquet."""
    if not declared:
        return None
    lists = {name: tuple(declared[name]) for name in ("names", "missing")}
    return reading.Reading(**{**declared, **lists})


def _queried(request: Mapping[str, Any]) -> tuple[pa.Table, dict[str, Any]]:
    got = querying.again(request)
    if got.table.num_rows == 0:
        raise BadInput("file_empty", "The query gives no rows.", "Check its conditions.")
    reading.check_shape(got.table.num_rows, got.table.num_columns)
    said = {"engine": got.address.engine, "host": got.address.said, "sql_digest": request["sql_digest"]}
    return normalised(got.table), said


def _fetched(request: Mapping[str, Any]) -> tuple[pa.Table, dict[str, Any]]:
    got = objects.fetch(objects.checked(request["address"]))
    data = vault.get(got.file_digest)
    if not reading.is_parquet(data):
        raise BadInput(
            "parquet_unreadable", "The object is not Parquet.", "Write it as Parquet, or upload it as a file."
        )
    said = {"file_digest": got.file_digest, "size": got.size, "etag": got.etag, "version": got.version}
    return reading.read(data, None), said
