"""The profile of a table: per column how many are missing and different, the range, and the values where few."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mrm.kernel.canonical import tidy
from registry.data.logical import logical_type, spelled
from registry.data.rules import LISTED_VALUES, NUMBERS

if TYPE_CHECKING:
    import pyarrow as pa


def schema(table: pa.Table) -> list[dict[str, str]]:
    """Name and logical type of each column, in order."""
    return [{"name": field.name, "type": logical_type(field.type)} for field in table.schema]


def profile(table: pa.Table) -> dict[str, Any]:
    """The profile by column."""
    return {item["name"]: _column(table.column(item["name"]), item["type"]) for item in schema(table)}


def _column(column: Any, kind: str) -> dict[str, Any]:
    import pyarrow.compute as pc

    present = column.drop_null()
    facts: dict[str, Any] = {"missing": column.null_count, "distinct": pc.count_distinct(present).as_py()}
    if len(present) == 0:
        return facts
    if kind in NUMBERS or kind in {"date", "timestamp"}:
        ends = pc.min_max(present).as_py()
        facts |= {"min": spelled(tidy(ends["min"])), "max": spelled(tidy(ends["max"]))}
    if kind in {"int64", "float64"}:
        facts["mean"] = pc.mean(present).as_py()
        facts["quartiles"] = pc.quantile(present, q=[0.25, 0.5, 0.75]).to_pylist()
    if facts["distinct"] <= LISTED_VALUES:
        counted = sorted(
            (spelled(tidy(item["values"])), item["counts"]) for item in pc.value_counts(present).to_pylist()
        )
        facts["values"] = [{"value": value, "n": n} for value, n in counted]
    return facts
