"""Rows of a PostgreSQL cursor as a typed Arrow table, by the types the server declares."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from mrm.kernel.errors import BadInput

INTEGERS, FLOATS, TEXTS = {20, 21, 23, 26}, {700, 701}, {18, 19, 25, 1042, 1043, 2950}
BOOL, NUMERIC, DATE, TIMESTAMP, TIMESTAMPTZ = 16, 1700, 1082, 1114, 1184


def arrow_table(description: Sequence[Any], batches: Iterable[list[tuple[Any, ...]]]) -> Any:
    """One chunk a batch; the type of a column is the server's, also where every value is null."""
    import pyarrow as pa

    names = [column.name for column in description]
    codes = [column.type_code for column in description]
    kinds = [_arrow_type(name, code) for name, code in zip(names, codes, strict=True)]
    chunks: list[list[Any]] = [[] for _ in names]
    for rows in batches:
        for place, values in enumerate(zip(*rows, strict=True)):
            chunks[place].append(_array(values, codes[place], kinds[place]))
    columns = [_joined(parts, kind) for parts, kind in zip(chunks, kinds, strict=True)]
    return pa.table(columns, names=names)


def _arrow_type(name: str, code: int) -> Any:
    import pyarrow as pa

    kinds = {BOOL: pa.bool_(), DATE: pa.date32(), TIMESTAMP: pa.timestamp("us", tz="UTC"), NUMERIC: None}
    kinds |= dict.fromkeys(INTEGERS, pa.int64()) | dict.fromkeys(FLOATS, pa.float64())
    kinds |= dict.fromkeys(TEXTS, pa.string()) | {TIMESTAMPTZ: pa.timestamp("us", tz="UTC")}
    if code not in kinds:
        raise BadInput(
            "type_not_supported",
            f"Column “{name}” has a type that a snapshot does not keep.",
            "Cast it in the query to a number, text, date or timestamp, for example col::text.",
        )
    return kinds[code]


def _array(values: Sequence[Any], code: int, kind: Any) -> Any:
    import pyarrow as pa

    if code == NUMERIC:  # NaN is missing in a snapshot; precision is found from the values
        known = [value if value is not None and value.is_finite() else None for value in values]
        return pa.array(known, pa.decimal128(38, _scale(known)))
    if code in TEXTS:
        return pa.array(
            [None if value is None else str(value).rstrip(" " if code == 1042 else "") for value in values],
            kind,
        )
    return pa.array(values, kind)


def _scale(values: Iterable[Decimal | None]) -> int:
    exponents = [value.normalize().as_tuple().exponent for value in values if value is not None]
    return max((-item for item in exponents if isinstance(item, int)), default=0) if exponents else 0


def _joined(parts: list[Any], kind: Any) -> Any:
    import pyarrow as pa

    if kind is None:
        scale = max((part.type.scale for part in parts), default=0)
        kind = pa.decimal128(38, max(scale, 0))
        parts = [part.cast(kind) for part in parts]
    return pa.chunked_array(parts, kind)
