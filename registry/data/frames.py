"""The rows of a snapshot as the battery and the models read them."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mrm import vault
from registry.data.logical import as_frame, spelled
from registry.data.models import SnapshotContent
from registry.data.rules import Attribute, Roles, band_names

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa


@dataclass(frozen=True)
class View:
    """A snapshot for the battery: its frame with one column more per protected attribute, and what each column is.

    `groups` maps the name of an attribute to its column and reference group.
    """

    frame: pd.DataFrame
    roles: dict[str, str]
    event: str
    groups: dict[str, tuple[str, str]]


def table(content: SnapshotContent) -> pa.Table:
    """The typed rows from the vault."""
    import pyarrow.parquet as pq

    return pq.read_table(io.BytesIO(vault.get(content.parquet)))


def frame(content: SnapshotContent) -> pd.DataFrame:
    """The rows as pandas: numbers as int64 or float64 (missing is NaN), text as text (missing is None)."""
    return as_frame(table(content))


def view(content: SnapshotContent, roles: Roles) -> View:
    """The frame with its roles and the groups of its protected attributes."""
    rows = frame(content)
    known, groups = dict(roles.columns), {}
    for attribute in roles.attributes:
        name = attribute["name"]
        if name in rows.columns:
            name = f"{name} (group)"
        rows[name] = banded(rows[attribute["column"]], attribute)
        known[name] = "group"
        groups[attribute["name"]] = (name, attribute["reference"])
    return View(rows, known, roles.event, groups)


def banded(column: Any, attribute: Attribute) -> Any:
    """The group of each row; missing stays missing."""
    import pandas as pd

    banding = attribute["banding"]
    if banding["rule"] == "codes":
        return column.map(lambda value: None if pd.isna(value) else spelled(value)).astype("str")
    low, high = band_names(attribute["column"], banding["edge"])
    numbers = pd.to_numeric(column)
    grouped = numbers.map(lambda value: None if pd.isna(value) else low if value <= banding["edge"] else high)
    return grouped.astype("str")
