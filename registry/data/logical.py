"""The logical types that a snapshot may hold, and how a file's own types become them."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Any

from mrm.kernel.errors import BadInput, declare

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

declare(
    "type_not_supported",
    "a column of a Parquet file has a type that no snapshot keeps (list, struct, binary)",
)
declare("value_infinite", "a column of numbers holds infinity, as a division by zero leaves it")
declare("column_twice", "two columns of a file have the same name, or one has none")


def logical_type(kind: Any) -> str:
    """The name of an Arrow type that `normalised` lets through."""
    import pyarrow as pa

    names = {
        pa.int64(): "int64",
        pa.float64(): "float64",
        pa.bool_(): "bool",
        pa.string(): "text",
        pa.date32(): "date",
    }
    if kind in names:
        return names[kind]
    if pa.types.is_timestamp(kind):
        return "timestamp"
    if pa.types.is_decimal(kind):
        return "decimal"
    raise ValueError(f"{kind} is no logical type of a snapshot")


def normalised(table: pa.Table) -> pa.Table:
    """The same values in logical types; names in NFC, each once."""
    import pyarrow as pa

    names = [unicodedata.normalize("NFC", str(name)).strip() for name in table.column_names]
    check_names(names)
    columns = [_column(name, column) for name, column in zip(names, table.columns, strict=True)]
    return pa.table(columns, names=names)


def check_names(names: list[str]) -> None:
    """Every column has a name of its own."""
    twice = sorted({name or "(no name)" for name in names if not name or names.count(name) > 1})
    if twice:
        raise BadInput(
            "column_twice",
            f"Column names must be given and differ; the file has more than one, or none, for: {', '.join(twice[:5])}.",
            "Rename the columns, or give the names in order when uploading.",
        )


def _column(name: str, column: Any) -> Any:
    import pyarrow as pa

    kind = column.type
    if pa.types.is_dictionary(kind):
        column = column.cast(kind.value_type)
        kind = column.type
    try:
        if pa.types.is_null(kind):
            return column.cast(pa.string())
        if pa.types.is_integer(kind):
            return column.cast(pa.int64())
        if pa.types.is_floating(kind):
            return _finite(name, _no_nan(column.cast(pa.float64())))
        if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
            return _nfc(column.cast(pa.string()))
        if pa.types.is_date(kind):
            return column.cast(pa.date32())
        if pa.types.is_timestamp(kind):
            return column.cast(pa.timestamp("us", tz="UTC"), safe=False)
        if pa.types.is_boolean(kind) or pa.types.is_decimal(kind):
            return column
    except pa.ArrowInvalid as trouble:
        raise _unsupported(name, f"{kind} with values outside 64 bits") from trouble
    raise _unsupported(name, str(kind))


def _no_nan(column: Any) -> Any:
    """A number that is not one is missing: NaN and null are one thing in a snapshot."""
    import pyarrow.compute as pc

    return pc.if_else(pc.is_nan(column), None, column)


def _finite(name: str, column: Any) -> Any:
    import pyarrow.compute as pc

    if endless := pc.sum(pc.is_inf(column)).as_py():
        raise BadInput(
            "value_infinite",
            f"Column “{name}” is infinite in {endless:,} {'row' if endless == 1 else 'rows'}, as a division by zero leaves it.",
            "Leave such values missing; in a query divide by NULLIF(divisor, 0).",
        )
    return column


def _nfc(column: Any) -> Any:
    import pyarrow.compute as pc

    return pc.utf8_normalize(column, form="NFC")


def _unsupported(name: str, kind: str) -> BadInput:
    return BadInput(
        "type_not_supported",
        f"Column “{name}” is of type {kind}, which a snapshot does not keep.",
        "Write it as numbers, text, dates, timestamps, decimals or true/false.",
    )


def as_frame(rows: pa.Table) -> pd.DataFrame:
    """A typed table as pandas; decimals become float64."""
    import pyarrow as pa

    columns = [
        column.cast(pa.float64()) if pa.types.is_decimal(column.type) else column for column in rows.columns
    ]
    frame: pd.DataFrame = pa.table(columns, names=rows.column_names).to_pandas()
    return frame


def spelled(value: Any) -> str:
    """A value as the profile lists it: whole numbers without a point."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
