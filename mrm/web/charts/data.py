"""The data behind a chart, as a table that everyone can read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mrm.kernel import numbers

SHOWN = 60


def table(chart: Mapping[str, Any]) -> dict[str, Any]:
    """Columns and rows of the chart's data, at most sixty rows, evenly thinned; `more` says that rows are left out."""
    rows: Sequence[Mapping[str, Any]] = chart.get("data") or []
    names = list(dict.fromkeys(name for row in rows for name in row))
    numeric = {name: all(_is_number(row.get(name)) for row in rows) for name in names}
    kept = rows if len(rows) <= SHOWN else [rows[i * (len(rows) - 1) // (SHOWN - 1)] for i in range(SHOWN)]
    return {
        "columns": [{"label": name.replace("_", " "), "num": numeric[name]} for name in names],
        "rows": [[{"text": text(row.get(name)), "num": numeric[name]} for name in names] for row in kept],
        "total": len(rows),
        "more": len(kept) < len(rows),
    }


def _is_number(value: object) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))


def text(value: object) -> str:
    """A cell: whole numbers as they are, others with four significant places, a word for nothing."""
    if value is None or value == "":
        return "none" if value == "" else numbers.NOT_DEFINED
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return numbers.plain(value)
    if isinstance(value, float):
        if value.is_integer() and abs(value) < 1e15:
            return numbers.plain(int(value))
        return numbers.stat(value, 4) if abs(value) < 10 else numbers.plain(value, 2)
    return str(value)
