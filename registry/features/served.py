"""What serving says it read or was given: NDJSON lines, typed by the service, keys hashed, kept as Parquet."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from mrm import vault
from mrm.kernel.errors import BadInput
from registry.features import named
from registry.features.join import Wanted
from registry.features.loading import microseconds_of
from registry.features.materialising import ARROW, by_key
from registry.features.models import Definition, ServedBatch
from registry.features.subjects import hash_column, spelled

if TYPE_CHECKING:
    import pyarrow as pa

MAX_BYTES = 64 << 20
FORM = (
    '{"customer_id": 7, "at": "2026-01-31T09:30:00Z", "features": {"view__feature": 1.5}, "watermark": "…Z"}'
)


@dataclass(frozen=True)
class Batch:
    """Served rows, ready to be kept."""

    parquet: str
    rows: int
    served_from: datetime
    served_to: datetime


def batch_of(service: Definition, data: bytes) -> Batch:
    """A delivery of served features, whole or refused with the number of its first wrong line."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    if len(data) > MAX_BYTES:
        raise BadInput(
            "served_unreadable", "The delivery is larger than 64 MB.", "Send it in several deliveries."
        )
    plan = named.plan(service)
    kinds = {name: item.view.body["features"][feature] for item in plan for feature, name in item.columns}
    lines = [(number, text) for number, text in enumerate(data.split(b"\n"), 1) if text.strip()]
    if not lines:
        raise BadInput("served_unreadable", "The delivery has no lines.", f"One line is {FORM}.")
    rows = [_line(number, text, plan, kinds) for number, text in lines]
    columns: dict[str, Any] = {
        "__at": pa.array([row["at"] for row in rows], pa.int64()),
        "__watermark": pa.array([row["watermark"] for row in rows], pa.int64()),
    }
    for key, _ in by_key(plan):
        given = pa.table(
            {
                name: pa.array([_text(row["keys"][name]) for row in rows], pa.string())
                for name in key.body["key"]
            }
        )
        columns[key.column], _known = hash_column(key, given)
    for name, kind in kinds.items():
        columns[name] = pa.array([row["values"].get(name) for row in rows], ARROW[kind]())
        columns[f"__given_{name}"] = pa.array([name in row["values"] for row in rows], pa.bool_())
    sink = io.BytesIO()
    pq.write_table(pa.table(columns), sink, compression="zstd")
    moments = [row["moment"] for row in rows]
    return Batch(vault.put(sink.getvalue()), len(rows), min(moments), max(moments))


def _text(value: Any) -> str | None:
    return None if value is None else spelled(value)


def _line(number: int, text: bytes, plan: Sequence[Wanted], kinds: dict[str, str]) -> dict[str, Any]:
    try:
        line = json.loads(text)
        moment = _moment(line["at"])
        mark = _moment(line["watermark"]) if line.get("watermark") else None
        given = {name.replace(":", "__"): value for name, value in dict(line["features"]).items()}
        keys = {name: line[name] for item in plan for name in item.key.body["key"]}
        if unknown := sorted(set(given) - set(kinds)):
            raise ValueError(f"{unknown[0]} is no feature of the service")
        values = {name: _typed(name, value, kinds[name]) for name, value in given.items()}
    except KeyError as trouble:
        raise _refused(number, f"{trouble.args[0]} is missing") from None
    except (ValueError, TypeError, AttributeError) as trouble:
        raise _refused(number, " ".join(str(trouble).split())[:160].rstrip(".")) from None
    return {
        "at": microseconds_of(moment),
        "moment": moment,
        "watermark": None if mark is None else microseconds_of(mark),
        "keys": keys,
        "values": values,
    }


def _refused(number: int, why: str) -> BadInput:
    return BadInput("served_unreadable", f"Line {number} cannot be used: {why}.", f"One line is {FORM}.")


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text} has no zone")
    return moment


def _typed(name: str, value: Any, kind: str) -> Any:
    if value is None:
        return None
    if kind == "timestamp":
        return _moment(value)
    if kind == "date":
        return date.fromisoformat(value)
    if kind == "text" and isinstance(value, str):
        return value
    if kind == "bool" and isinstance(value, bool):
        return value
    if kind in {"int64", "float64"} and isinstance(value, int | float) and not isinstance(value, bool):
        return int(value) if kind == "int64" else float(value)
    raise ValueError(f"{name} is {kind}, not {json.dumps(value)[:40]}")


def rows_of(batches: Sequence[ServedBatch]) -> pa.Table:
    """The rows of several batches."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    return pa.concat_tables([pq.read_table(io.BytesIO(vault.get(batch.parquet))) for batch in batches])
