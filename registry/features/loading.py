"""From what a source gives to a part of the store: times, keys hashed, only rows that say something new."""

# ruff: noqa: S608 - SQL is put together from quoted names, whole numbers, and paths that are digests
from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from mrm import vault
from mrm.kernel.errors import BadInput
from registry.data import reading
from registry.data.logical import logical_type, normalised
from registry.features import checks, expressions
from registry.features.models import Definition, StorePart
from registry.features.named import keys_of_source, views_of_source
from registry.features.rules import Clock
from registry.features.store import local, parts_of, quoted, unified
from registry.features.subjects import hash_column

if TYPE_CHECKING:
    import pyarrow as pa

WIDENED = {("int64", "float64"), ("float64", "int64"), ("decimal", "float64")}


@dataclass(frozen=True)
class Part:
    """Rows ready to be received: what the act writes of them, and the raw keys to be sealed before."""

    number: int
    first_seq: int
    rows: int
    skipped: int
    columns: list[dict[str, str]]
    profile: dict[str, Any]
    parquet: str
    clock: str
    event_from: datetime | None
    event_to: datetime | None
    file_digest: str
    received: datetime


def table_of(data: bytes) -> pa.Table:
    """The typed rows of a delivered file."""
    reading.check_size(data)
    return reading.read(data, None if reading.is_parquet(data) else reading.sniff(data))


def prepare(
    source: Definition, given: pa.Table, received: datetime, file_digest: str
) -> tuple[Part | None, dict[Definition, dict[str, str]]]:
    """The part that these rows make, or None when they say nothing new; and the raw keys by feature key."""
    import pyarrow as pa

    rows, keys = normalised(given), keys_of_source(source)
    parts = parts_of(source)
    check_columns(source, rows, keys, parts)
    body = source.body
    event = moments(rows, body["event_time"])
    columns: dict[str, Any] = {"__event": event}
    if "known_time" in body:
        columns["__known"] = moments(rows, body["known_time"])
    raw: dict[Definition, dict[str, str]] = {}
    for key in keys:
        columns[key.column], raw[key] = hash_column(key, rows)
    hidden = {name for key in keys for name in key.body["key"]}
    for name, column in zip(rows.column_names, rows.columns, strict=True):
        if name not in hidden:
            columns[name] = column.cast(pa.float64()) if pa.types.is_decimal(column.type) else column
    for moment, name in (("__event", "event_time"), ("__known", "known_time")):
        if name in body and body[name] in columns:
            columns[body[name]] = columns[moment].cast(pa.timestamp("us", tz="UTC"))
    made = _numbered(source, pa.table(columns), parts, received)
    profile = checks.run(source, made)
    if made.num_rows == 0:
        return None, raw
    part = _part(source, made, parts, received=received, file_digest=file_digest, given=rows.num_rows)
    return replace(part, profile=profile), raw


def check_columns(
    source: Definition, rows: pa.Table, keys: Sequence[Definition], parts: Sequence[StorePart]
) -> None:
    """The source gives what its definition, its views and its own earlier rows promise."""
    types = {field.name: logical_type(field.type) for field in rows.schema}
    wanted: dict[str, str] = {source.body["event_time"]: "its event time"}
    if "known_time" in source.body:
        wanted[source.body["known_time"]] = "its known time"
    wanted |= {name: f"the key of {key.label}" for key in keys for name in key.body["key"]}
    for view in views_of_source(source):
        transform = view.body.get("transform", {})
        texts = [*transform.values(), view.body.get("where", "")]
        needed = {name for text in texts if text for name in expressions.columns(text)}
        needed |= set(view.body["features"]) - set(transform)
        wanted |= {name: f"view {view.label}" for name in needed if name not in wanted}
    if missing := [name for name in wanted if name not in types]:
        raise drifted(
            source,
            f"it has no column “{missing[0]}”, which is needed for {wanted[missing[0]]}; it has {', '.join(list(types)[:30])}",
        )
    if own := [name for name in types if name.startswith("__")]:
        raise drifted(
            source, f"column “{own[0]}” begins with two underscores, which the store keeps for itself"
        )
    if not keys:
        raise BadInput(
            "source_unread",
            f"No view reads source {source.label} yet, so nobody has said which columns are keys.",
            "Apply a view on it first: keys are hashed on entry.",
        )
    _like_before(source, types, keys, parts)


def _like_before(
    source: Definition, types: Mapping[str, str], keys: Sequence[Definition], parts: Sequence[StorePart]
) -> None:
    before = unified(parts)
    if not before:
        return
    if late := [key for key in keys if key.column not in before]:
        raise drifted(
            source,
            f"its earlier rows were kept without the key of {late[0].label}, which came later",
            "Apply the source under a new name, and the view on that: its rows are then kept with every key.",
        )
    for name, kind in before.items():
        if name.startswith("__"):
            continue
        if name not in types:
            raise drifted(source, f"column “{name}” of its earlier rows is missing")
        if types[name] != kind and (types[name], kind) not in WIDENED:
            raise drifted(source, f"column “{name}” was {kind} and is {types[name]} now")


def drifted(source: Definition, why: str, remedy: str = "") -> BadInput:
    """A source that is not what it was, or not what was said of it. Nothing of the delivery is kept."""
    return BadInput(
        "source_schema",
        f"Source {source.label} cannot be read: {why}.",
        remedy
        or "Mend the delivery, or apply a new version of the source and of its views that says what it is now.",
    )


def moments(rows: pa.Table, name: str) -> pa.Array:
    """A column of times as whole microseconds since 1970 in UTC; every row has one."""
    import pyarrow as pa

    column = rows[name].combine_chunks()
    if pa.types.is_string(column.type):
        column = _spelled(column)
    if pa.types.is_date(column.type):
        column = column.cast(pa.timestamp("us", tz="UTC"))
    if not pa.types.is_timestamp(column.type):
        raise BadInput(
            "source_times",
            f"Column “{name}” is {logical_type(column.type)}, not a time.",
            "Give timestamps in UTC (2026-01-31T09:30:00Z) or dates.",
        )
    if column.null_count:
        raise BadInput(
            "source_times",
            f"Column “{name}” has no time in {column.null_count:,} of {len(column):,} rows.",
            "Leave rows without a time out: nobody could say when they hold.",
        )
    return column.cast(pa.int64())


def _spelled(column: Any) -> Any:
    """Times that a CSV spells in several ways; without a zone they are UTC. What is no time stays text."""
    import pyarrow as pa

    coded = column.dictionary_encode()
    try:
        found = [text and datetime.fromisoformat(text.strip()) for text in coded.dictionary.to_pylist()]
    except ValueError:
        return column
    aware = [item and (item if item.tzinfo else item.replace(tzinfo=UTC)) for item in found]
    return pa.array(aware, pa.timestamp("us", tz="UTC")).take(coded.indices)


def _numbered(source: Definition, rows: pa.Table, parts: Sequence[StorePart], received: datetime) -> pa.Table:
    """The rows that are new, with the time they were known and their numbers in the source."""
    import duckdb

    first = parts[-1].last_seq + 1 if parts else 0
    at = microseconds_of(received)
    link = duckdb.connect(":memory:")
    try:
        link.execute("SET TimeZone = 'UTC'")
        link.register("given", rows)
        names = ", ".join(
            f"g.{quoted(name)}" for name in rows.column_names if name not in {"__event", "__known"}
        )
        if parts:
            files = ", ".join("'" + str(local(part.parquet)).replace("'", "''") + "'" for part in parts)
            link.execute(f"CREATE VIEW held AS SELECT * FROM read_parquet([{files}], union_by_name = true)")
        sql = (
            _asserted(rows, bool(parts))
            if source.clock == Clock.ASSERTED
            else _by_group(source, rows, bool(parts), at)
        )
        made: pa.Table = link.sql(
            f"SELECT {first} + row_number() OVER (ORDER BY g.__place) - 1 AS __seq, g.__event, g.__known::BIGINT AS __known, "
            f"{names} FROM ({sql}) g ORDER BY 1"
        ).to_arrow_table()
        return made
    finally:
        link.close()


PLACED = "SELECT *, row_number() OVER () AS __place FROM given"


def _asserted(rows: pa.Table, held: bool) -> str:
    """Rows that the store does not hold in exactly this form."""
    if not held:
        return PLACED
    same = " AND ".join(
        f"n.{quoted(name)} IS NOT DISTINCT FROM h.{quoted(name)}" for name in rows.column_names
    )
    return f"SELECT n.* FROM ({PLACED}) n ANTI JOIN held h ON {same}"


def _by_group(source: Definition, rows: pa.Table, held: bool, received: int) -> str:
    """Without a known time of its own, a delivery says something new of a key and event when its last word differs from ours.

    A value that replaces one we hold was known when we received it, whatever lag the source declares: else a
    restatement would reach back in time.
    """
    keys = [name for name in rows.column_names if name.startswith("__key")]
    group = ", ".join([*map(quoted, keys), "__event"])
    lag = source.body.get("lag")
    fresh = str(received) if lag is None else f"n.__event + {lag}"
    if not held:
        return f"SELECT n.*, {fresh} AS __known FROM ({PLACED}) n"
    match = " AND ".join(
        f"a.{quoted(name)} IS NOT DISTINCT FROM b.{quoted(name)}" for name in (*keys, "__event")
    )
    same = " AND ".join(
        f"a.{quoted(name)} IS NOT DISTINCT FROM b.{quoted(name)}" for name in rows.column_names
    )
    on = match.replace("a.", "n.").replace("b.", "v.")
    return (
        f"WITH placed AS ({PLACED}), "
        f"last_given AS (SELECT * FROM placed QUALIFY row_number() OVER (PARTITION BY {group} ORDER BY __place DESC) = 1), "
        f"last_held AS (SELECT * FROM held QUALIFY row_number() OVER (PARTITION BY {group} ORDER BY __seq DESC) = 1), "
        f"verdict AS (SELECT {', '.join(f'a.{quoted(name)}' for name in (*keys, '__event'))}, ({same}) AS same "
        f"FROM last_given a JOIN last_held b ON {match}) "
        f"SELECT n.*, CASE WHEN v.same IS NULL THEN {fresh} ELSE {received} END AS __known "
        f"FROM placed n LEFT JOIN verdict v ON {on} WHERE NOT coalesce(v.same, false)"
    )


def _part(
    source: Definition,
    made: pa.Table,
    parts: Sequence[StorePart],
    *,
    received: datetime,
    file_digest: str,
    given: int,
) -> Part:
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    sink = io.BytesIO()
    pq.write_table(made, sink, compression="zstd")
    span = pc.min_max(made["__event"]).as_py()
    return Part(
        number=len(parts) + 1,
        first_seq=made["__seq"][0].as_py(),
        rows=made.num_rows,
        skipped=given - made.num_rows,
        columns=[{"name": field.name, "type": logical_type(field.type)} for field in made.schema],
        profile={},
        parquet=vault.put(sink.getvalue()),
        clock=source.clock,
        event_from=_moment(span["min"]),
        event_to=_moment(span["max"]),
        file_digest=file_digest,
        received=received,
    )


def microseconds_of(moment: datetime) -> int:
    """A time as whole microseconds since 1970."""
    seconds = moment.astimezone(UTC).replace(microsecond=0)
    return int(seconds.timestamp()) * 1_000_000 + moment.microsecond


def _moment(microseconds: int) -> datetime | None:
    try:
        seconds, rest = divmod(microseconds, 1_000_000)
        return datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest)
    except (ValueError, OverflowError, OSError):
        return None
