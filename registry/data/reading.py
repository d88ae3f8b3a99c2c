"""From the bytes of an uploaded file to a typed table. Everything that was inferred is returned as a parameter."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from mrm.kernel.errors import BadInput, declare
from registry.data.logical import check_names, normalised

if TYPE_CHECKING:
    import pyarrow as pa

MAX_BYTES = 256 * 1024 * 1024
MAX_ROWS = 5_000_000
MAX_COLUMNS = 2_000
DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", " ": "space"}
MISSING_WORDS = ("", "NA", "N/A", "NaN", "nan", "NULL", "null", "None", "?")
SNIFFED_LINES = 200

INTEGER = r"^[+-]?(0|[1-9][0-9]{0,17})$"
NUMBER = r"^[+-]?((0|[1-9][0-9]*)(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?$"
DATE = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
MOMENT = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?Z?$"

declare("file_empty", "an uploaded file has no bytes, or no rows below its header")
declare("file_too_large", "an uploaded file is larger, longer or wider than a snapshot may be")
declare("csv_unreadable", "a text file cannot be read as rows and columns")
declare("parquet_unreadable", "a file that should be Parquet is not, or is damaged")
declare("columns_differ", "the columns of a file are not those that were declared or needed")


@dataclass(frozen=True)
class Reading:
    """How a text file is read: given by the person who uploads, or found by looking at its first lines."""

    delimiter: str
    header: bool
    names: tuple[str, ...] = ()
    encoding: str = "utf-8"
    missing: tuple[str, ...] = MISSING_WORDS
    rule: str = "csv types 1"

    def to_json(self) -> dict[str, Any]:
        """The parameters as they are kept with the snapshot."""
        return {**asdict(self), "names": list(self.names), "missing": list(self.missing)}


def check_size(data: bytes) -> None:
    """Neither empty nor too large."""
    if not data.strip():
        raise BadInput("file_empty", "The file is empty.", "Export it again and check that it has rows.")
    if len(data) > MAX_BYTES:
        raise BadInput(
            "file_too_large",
            f"The file has {len(data) / 2**20:.0f} MB; a snapshot may have {MAX_BYTES // 2**20}.",
            "Send Parquet, which is smaller, or a sample that says how it was drawn.",
        )


def is_parquet(data: bytes) -> bool:
    """By the file's own mark, whatever its name says."""
    return data[:4] == b"PAR1"


def sniff(
    data: bytes, *, delimiter: str = "", header: bool | None = None, names: Sequence[str] = ()
) -> Reading:
    """How to read a text file: what is not given is inferred from its first lines."""
    text, encoding = _text_of(data)
    lines = [line for line in text.splitlines()[:SNIFFED_LINES] if line.strip()]
    if not lines:
        raise BadInput("file_empty", "The file has no rows.", "Export it again and check that it has rows.")
    found = delimiter or _delimiter(lines)
    rows = list(csv.reader(lines, delimiter=found))
    if header is None:
        header = (not names and _looks_like_header(rows)) or (bool(names) and rows[0] == list(names))
    given = tuple(name.strip() for name in names)
    if given and len(given) != len(rows[0]):
        raise BadInput(
            "columns_differ",
            f"{len(given)} column names were given, but the first line has {len(rows[0])} "
            f"{'value' if len(rows[0]) == 1 else 'values'} when read by {DELIMITERS.get(found, repr(found))}.",
            "Give one name for each column in order, and check the delimiter.",
        )
    if not given:
        given = tuple(rows[0]) if header else tuple(f"column_{n}" for n in range(1, len(rows[0]) + 1))
    check_names([name.strip() for name in given])
    return Reading(delimiter=found, header=bool(header), names=given, encoding=encoding)


def read(data: bytes, reading: Reading | None) -> pa.Table:
    """The typed table. `reading` is None for Parquet."""
    check_size(data)
    table = _read_parquet(data) if reading is None else _read_csv(data, reading)
    if table.num_rows == 0:
        raise BadInput("file_empty", "The file has columns but no rows.", "Export it again with its rows.")
    return normalised(table)


def _text_of(data: bytes) -> tuple[str, str]:
    head = data[: 1 << 20]
    if b"\x00" in head:
        raise BadInput(
            "csv_unreadable",
            "The file is not text: it contains zero bytes.",
            "Send CSV in UTF-8, or Parquet; a spreadsheet must be exported first.",
        )
    for encoding in ("utf-8", "cp1252"):
        try:
            # The head may be cut in the middle of a character: an incremental decoder keeps it for later.
            decoder = codecs.getincrementaldecoder(encoding)()
            return decoder.decode(head, final=len(head) == len(data)).lstrip("\ufeff"), encoding
        except UnicodeDecodeError:
            continue
    raise BadInput("csv_unreadable", "The file is neither UTF-8 nor Windows-1252 text.", "Save it as UTF-8.")


def _delimiter(lines: list[str]) -> str:
    best, widest = ",", 1
    for mark in DELIMITERS:
        widths = {len(row) for row in csv.reader(lines, delimiter=mark)}
        if len(widths) == 1 and (width := widths.pop()) > widest:
            best, widest = mark, width
    return best


def _looks_like_header(rows: list[list[str]]) -> bool:
    first = [cell.strip() for cell in rows[0]]
    if len(set(first)) < len(first) or any(re.match(NUMBER, cell) or not cell for cell in first):
        return False
    return len(rows) == 1 or first not in [[cell.strip() for cell in row] for row in rows[1:]]


def _read_csv(data: bytes, reading: Reading) -> pa.Table:
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    if reading.encoding == "cp1252":
        data = data.decode("cp1252", errors="replace").encode()
    names = list(reading.names)
    options = arrow_csv.ConvertOptions(
        column_types={name: pa.string() for name in names},
        strings_can_be_null=True,
        quoted_strings_can_be_null=False,
        null_values=list(reading.missing),
    )
    try:
        table = arrow_csv.read_csv(
            io.BytesIO(data),
            read_options=arrow_csv.ReadOptions(column_names=names, skip_rows=1 if reading.header else 0),
            parse_options=arrow_csv.ParseOptions(delimiter=reading.delimiter, newlines_in_values=True),
            convert_options=options,
        )
    except (pa.ArrowInvalid, UnicodeDecodeError) as trouble:
        if "Empty CSV" in str(trouble):
            raise BadInput(
                "file_empty", "The file has no rows.", "Export it again with its rows."
            ) from trouble
        raise BadInput(
            "csv_unreadable",
            f"The file cannot be read as {len(names)} columns: {_said(trouble)}",
            "Every row needs the same number of values; check delimiter and quotes.",
        ) from trouble
    check_shape(table.num_rows, table.num_columns)
    return pa.table([_typed(column) for column in table.columns], names=names)


def _said(trouble: Exception) -> str:
    text = str(trouble).splitlines()[0].replace("CSV parse error: ", "")
    return (text[:160] + "…" if len(text) > 160 else text).rstrip(".") + "."


def _typed(column: Any) -> Any:
    """The narrowest of int64, float64, date, timestamp that every value fits; else text."""
    import pyarrow as pa
    import pyarrow.compute as pc

    present = pc.utf8_trim_whitespace(column.drop_null())
    if len(present) == 0:
        return column
    trimmed = pc.utf8_trim_whitespace(column)

    def fits(pattern: str) -> bool:
        return bool(pc.all(pc.match_substring_regex(present, pattern)).as_py())

    try:
        if fits(INTEGER):
            return trimmed.cast(pa.int64())
        if fits(NUMBER):
            return trimmed.cast(pa.float64())
        if fits(DATE):
            return trimmed.cast(pa.date32())
        if fits(MOMENT):
            plain = pc.utf8_rtrim(trimmed, characters="Z").cast(pa.timestamp("us"))
            return pc.assume_timezone(plain, "UTC")
    except pa.ArrowInvalid:
        return column
    return column


def _read_parquet(data: bytes) -> pa.Table:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(io.BytesIO(data))
        check_shape(file.metadata.num_rows, file.metadata.num_columns)
        return file.read()
    except (pa.ArrowException, OSError, ValueError) as trouble:
        raise BadInput(
            "parquet_unreadable",
            "The file is marked as Parquet but cannot be read; it is damaged or cut off.",
            "Write it again, or send CSV.",
        ) from trouble


def check_shape(rows: int, columns: int) -> None:
    """No longer and no wider than a snapshot may be."""
    if rows > MAX_ROWS or columns > MAX_COLUMNS:
        raise BadInput(
            "file_too_large",
            f"The file has {rows:,} rows and {columns:,} columns; a snapshot may have {MAX_ROWS:,} and {MAX_COLUMNS:,}.",
            "Send a sample that says how it was drawn.",
        )
