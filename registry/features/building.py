"""Point-in-time reads: rows of keys and moments in, the same rows with what was known of them then out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from mrm.kernel.errors import BadInput, CountersignError
from registry.data.canonical_digest import data_digest
from registry.data.logical import normalised
from registry.features import checks, named
from registry.features.join import ZERO, Wanted, as_of
from registry.features.loading import microseconds_of, moments
from registry.features.models import Definition
from registry.features.store import Store, opened, watermark
from registry.features.subjects import erased, hash_column

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

AT = "as_of"


@dataclass(frozen=True)
class Built:
    """A training set, and everything that fixes it."""

    table: pa.Table
    rows_digest: str
    data_digest: str
    watermark: dict[str, int]


def marks(plan: Sequence[Wanted]) -> dict[str, int]:
    """The watermark of each source now: the number of its last row."""
    return {item.source.label: watermark(item.source) for item in plan}


def build(
    service: Definition,
    given: pa.Table,
    *,
    known_until: datetime | None = None,
    at_watermark: Mapping[str, int] | None = None,
) -> Built:
    """The training set of a service: every row and its order kept, a missing value where nothing was known."""
    rows, plan = normalised(given), named.plan(service)
    at = checked(rows, plan)
    upto = dict(at_watermark or marks(plan))
    until = microseconds_of(known_until) if known_until else None
    with opened() as store:
        columns = read(store, rows, at, plan=plan, upto=upto, until=until)
    table = rows
    for feature in named.features_of(service):
        table = table.append_column(feature.column, columns[feature.column])
    return Built(table, data_digest(rows), data_digest(normalised(table)), upto)


def checked(rows: pa.Table, plan: Sequence[Wanted]) -> Any:
    """The moments of the rows, if these have what a build needs."""
    check_names(rows, plan, with_time=True)
    try:
        return moments(rows, AT)
    except CountersignError as trouble:
        raise BadInput(
            "rows_unusable", f"The rows cannot be used. {trouble.detail}", trouble.remedy
        ) from None


def check_names(rows: pa.Table, plan: Sequence[Wanted], *, with_time: bool) -> None:
    """The columns that are needed are there, and none that would be added."""
    needed = {name: f"the key of {item.key.name}" for item in plan for name in item.key.body["key"]}
    if with_time:
        needed[AT] = "the moment (UTC) at which a row's features are wanted"
    for name, what in needed.items():
        if name not in rows.column_names:
            raise BadInput(
                "rows_unusable",
                f"The rows have no column “{name}”, {what}; they have {', '.join(rows.column_names[:20])}.",
                f"Give CSV or Parquet with {', '.join(needed)}.",
            )
    taken = [name for item in plan for _, name in item.columns if name in rows.column_names]
    if taken:
        raise BadInput(
            "rows_unusable",
            f"The rows have a column “{taken[0]}” already, which would be added.",
            "Leave features out of the rows: give keys, as_of and what else you need.",
        )


def read(
    store: Store,
    rows: pa.Table,
    at: Any,
    *,
    plan: Sequence[Wanted],
    upto: Mapping[str, int],
    until: int | None,
) -> dict[str, Any]:
    """Each feature's column for `rows`, in their order."""
    import numpy as np
    import pyarrow as pa

    hashes: dict[Any, Any] = {}
    columns: dict[str, Any] = {}
    for item in plan:
        if item.key.pk not in hashes:
            hashes[item.key.pk] = known_keys(item.key, rows)
        asked = pa.table({"row": np.arange(rows.num_rows), "key": hashes[item.key.pk], "at": at})
        columns |= of_view(store, asked, item, upto, until)[0]
    return columns


def known_keys(key: Definition, rows: pa.Table) -> Any:
    """The hashes of the rows' keys; of an erased subject nothing is known."""
    import pyarrow as pa
    import pyarrow.compute as pc

    hashes, _ = hash_column(key, rows)
    if gone := erased(key.catalogue):
        hashes = pc.if_else(pc.is_in(hashes, pa.array(sorted(gone))), None, hashes)
    return hashes


def of_view(
    store: Store, asked: pa.Table, item: Wanted, upto: Mapping[str, int], until: int | None
) -> tuple[dict[str, Any], Any]:
    """The columns of one view for rows (`row`, `key`, `at`), and the time of the event each was read from."""
    import pyarrow as pa

    table = store.source(item.source)
    expression = as_of(store.rows(asked), table, item, last_seq=upto[item.source.label], until=until)
    found = store.answer(expression)
    zeros = sum(found[ZERO].to_pylist()) if "/" in str(item.view.body.get("transform")) else 0
    if zeros:
        raise checks.divided(item.view, zeros)
    place = places(found["row"], asked.num_rows)
    columns = {name: spread(found[name], place) for _, name in item.columns}
    return columns, spread(found["__event"].cast(pa.int64()), place)


def places(rows: Any, count: int) -> np.ndarray[Any, Any]:
    """Where each of `count` rows stands in the answer, -1 where it does not."""
    import numpy as np

    place = np.full(count, -1, dtype=np.int64)
    numbers = rows.to_numpy()
    place[numbers] = np.arange(len(numbers))
    return place


def spread(values: Any, place: np.ndarray[Any, Any]) -> Any:
    """The answer's values in the rows' order, null where a row has none."""
    import pyarrow as pa

    kind = values.type
    if pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        values = values.cast(pa.string())
    if pa.types.is_timestamp(kind):
        values = values.cast(pa.timestamp("us", tz="UTC"))
    return values.take(pa.array(place, mask=place < 0))
