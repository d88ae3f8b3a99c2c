"""The digest of typed values: equal for a CSV and a Parquet file that say the same.

    SHA-256 over
      "countersign data 1\\n" · number of columns (u64) · for each column: text(name) text(logical type)
      · number of rows (u64) · for each column in file order: block(null flags) block(values)

`u64` is little-endian, `text(s)` is u64 length and the UTF-8 bytes of s in NFC, `block(b)` is u64 length and the
bytes. Null flags are one byte a row, 1 for null. Values are those of the rows that are not null: `int64` 8 bytes
little-endian, `float64` the 8 bytes of the IEEE number with the one NaN 7ff8000000000000 and no −0, `bool` one byte,
`date` days since 1970-01-01 as int64, `timestamp` microseconds since 1970-01-01 UTC as int64, `text` and `decimal`
as text(s), a decimal in plain notation without trailing zeros.
"""

from __future__ import annotations

import hashlib
import unicodedata
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from registry.data.logical import logical_type

if TYPE_CHECKING:
    import pyarrow as pa

MAGIC = b"countersign data 1\n"
LOGICAL_TYPES = ("int64", "float64", "bool", "text", "date", "timestamp", "decimal")


def data_digest(table: pa.Table) -> str:
    """The digest of a table in the logical types of `logical.normalised`."""
    seal = hashlib.sha256(MAGIC)
    seal.update(_u64(table.num_columns))
    for field in table.schema:
        seal.update(_text(field.name))
        seal.update(_text(logical_type(field.type)))
    seal.update(_u64(table.num_rows))
    for field, column in zip(table.schema, table.columns, strict=True):
        flags = column.is_null().to_numpy().astype("u1").tobytes()
        values = _values(column.drop_null(), logical_type(field.type))
        seal.update(_u64(len(flags)) + flags)
        seal.update(_u64(len(values)))
        seal.update(values)
    return seal.hexdigest()


def _values(column: Any, kind: str) -> bytes:
    import numpy as np
    import pyarrow as pa

    if kind == "int64":
        return column.to_numpy().astype("<i8").tobytes()  # type: ignore[no-any-return]
    if kind == "float64":
        numbers = np.array(column.to_numpy(), dtype="<f8")
        numbers[np.isnan(numbers)] = np.nan
        return (numbers + 0.0).tobytes()  # −0 + 0 is 0
    if kind == "bool":
        return np.asarray(column.to_numpy(zero_copy_only=False)).astype("u1").tobytes()
    if kind == "date":
        return column.cast(pa.int32()).to_numpy().astype("<i8").tobytes()  # type: ignore[no-any-return]
    if kind == "timestamp":
        return column.cast(pa.int64()).to_numpy().astype("<i8").tobytes()  # type: ignore[no-any-return]
    spell = _plain if kind == "decimal" else str
    written: dict[Any, bytes] = {}
    parts = []
    for value in column.to_pylist():
        if value not in written:
            written[value] = _text(spell(value))
        parts.append(written[value])
    return b"".join(parts)


def _plain(value: Decimal) -> str:
    text = format(value, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in {"-0", ""} else text


def _u64(number: int) -> bytes:
    return number.to_bytes(8, "little")


def _text(text: str) -> bytes:
    data = unicodedata.normalize("NFC", text).encode()
    return _u64(len(data)) + data
