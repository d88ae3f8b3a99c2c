"""From the store to the online rows of a service, up to a time: incremental, and the same however often it is done.

An entity's online row is what a build at that time would give. Only entities are computed again of whom something
came, became known or happened since the last watermark, or of whom a value has become too old; the state is moved
last. So a materialisation that died is done again from the old state, over rows it may have written already.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from mrm.kernel.clock import utc
from mrm.kernel.errors import RuleRefused
from registry.data.logical import normalised
from registry.features import building, named, online
from registry.features.join import Wanted
from registry.features.loading import microseconds_of
from registry.features.models import Definition, OnlineState
from registry.features.rules import SECOND
from registry.features.store import Store, opened
from registry.features.subjects import chunks, erased

if TYPE_CHECKING:
    import pyarrow as pa

PIECE = 400
DAY = 86_400 * SECOND
Write = Callable[[Callable[[], None]], None]
"""Does one short piece of writing in a transaction, under the fence of the job that writes."""


@dataclass(frozen=True)
class Answered:
    """What serving would read: the rows with a column per feature, and the watermark it holds for."""

    table: pa.Table
    watermark: datetime | None


def state_of(service: Definition) -> OnlineState | None:
    """How far the service is, if it was ever materialised."""
    found: OnlineState | None = OnlineState.objects.filter(service=service).first()
    return found


def freshness(service: Definition) -> int:
    """How old the watermark may be, in microseconds: the service's word, else its strictest view's, else a day."""
    if "freshness" in service.body:
        return int(service.body["freshness"])
    said = [item.view.body["freshness"] for item in named.plan(service) if "freshness" in item.view.body]
    return min(said, default=DAY)


def check_until(service: Definition, until: datetime, now: datetime) -> None:
    """A watermark moves forward, and not into the future."""
    state = state_of(service)
    if until > now:
        raise RuleRefused(
            "online_back",
            f"{utc(until)} lies in the future.",
            "Materialise up to now, or to an earlier time.",
        )
    if state is not None and until < state.until:
        raise RuleRefused(
            "online_back",
            f"Service {service.label} is materialised up to {utc(state.until)}; {utc(until)} lies before it.",
            "Choose a later time: what serving reads never goes back.",
        )


def materialise(
    service: Definition, until: datetime, *, write: Write, told: Callable[[int, int, str], None]
) -> OnlineState:
    """Bring the online rows of a service up to a time."""
    plan, state = named.plan(service), state_of(service)
    marks, at = building.marks(plan), microseconds_of(until)
    kept = online.store()
    if state is not None and state.rows != kept.count(service):
        state = None  # another store than last time, or one that lost rows: everything is written again
    count = 0
    with opened() as engine:
        for key, items in by_key(plan):
            hashes = changed(engine, service, key, items, marks=marks, at=at, state=state)
            told(0, len(hashes), f"{len(hashes):,} entities of {key.name}")
            rows = computed(engine, items, hashes, marks=marks, at=at)
            for piece in chunks(rows, PIECE):
                write(lambda piece=piece, key=key: kept.put(service, key.name, piece))  # type: ignore[misc]
                count += len(piece)
                told(count, len(hashes), f"{count:,} entities of {key.name}")
    moved: list[OnlineState] = []
    write(lambda: moved.append(_moved(service, until, marks)))
    return moved[0]


def _moved(service: Definition, until: datetime, marks: dict[str, int]) -> OnlineState:
    row, _ = OnlineState.objects.update_or_create(
        service=service,
        defaults={
            "id": service.pk,
            "until": until,
            "watermark": marks,
            "rows": online.store().count(service),
            "materialised_at": timezone.now(),
        },
    )
    return row


def by_key(plan: Sequence[Wanted]) -> list[tuple[Definition, list[Wanted]]]:
    """The views of a service by the key they are read under."""
    found: dict[Any, tuple[Definition, list[Wanted]]] = {}
    for item in plan:
        found.setdefault(item.key.name, (item.key, []))[1].append(item)
    return list(found.values())


def changed(
    engine: Store,
    service: Definition,
    key: Definition,
    items: Sequence[Wanted],
    *,
    marks: dict[str, int],
    at: int,
    state: OnlineState | None,
) -> list[str]:
    """The entities whose row may differ from what is kept."""
    hashes: set[str] = set()
    for item in items:
        rows = engine.source(item.source)
        wanted = rows.filter(
            (rows["__seq"] <= marks[item.source.label])
            & (rows["__event"] <= at)
            & (rows["__known"] <= at)
            & rows[item.key.column].notnull()
        )
        before = state.watermark.get(item.source.label) if state else None
        if state is not None and before is not None:
            then = microseconds_of(state.until)
            wanted = wanted.filter(
                (wanted["__seq"] > before) | (wanted["__known"] > then) | (wanted["__event"] > then)
            )
        found = engine.answer(wanted.select(hash=wanted[item.key.column]).distinct())
        hashes |= set(found["hash"].to_pylist())
    if state is not None:
        hashes |= set(online.store().expired(service, key.name, at))
    return sorted(hashes - erased(key.catalogue))


def computed(
    engine: Store, items: Sequence[Wanted], hashes: list[str], *, marks: dict[str, int], at: int
) -> list[online.Row]:
    """The online row of each entity: its features as of a time."""
    import pyarrow as pa

    count = len(hashes)
    asked = pa.table(
        {
            "row": pa.array(range(count), pa.int64()),
            "key": pa.array(hashes, pa.string()),
            "at": pa.array([at] * count, pa.int64()),
        }
    )
    columns: dict[str, list[Any]] = {}
    expiries: list[list[int | None]] = []
    for item in items:
        found, events = building.of_view(engine, asked, item, marks, None)
        columns |= {
            name: [online.encoded(value) for value in column.to_pylist()] for name, column in found.items()
        }
        if item.ttl:
            ttl = item.ttl
            expiries.append([None if event is None else event + ttl for event in events.to_pylist()])
    names = list(columns)
    lines = zip(*columns.values(), strict=True)
    ends = zip(*expiries, strict=True) if expiries else iter([()] * count)
    return [
        online.Row(
            subject, dict(zip(names, values, strict=True)), min((end for end in end_of if end), default=None)
        )
        for subject, values, end_of in zip(hashes, lines, ends, strict=True)
    ]


def read(service: Definition, given: pa.Table) -> Answered:
    """What serving would read for rows with the service's keys."""
    import pyarrow as pa

    rows, state = normalised(given), state_of(service)
    if state is None:
        raise RuleRefused(
            "online_missing",
            f"Service {service.label} is not in the online store.",
            f"Materialise it: manage.py features materialise {service.name}, or on its page.",
        )
    plan = named.plan(service)
    building.check_names(rows, plan, with_time=False)
    columns: dict[str, Any] = {}
    for key, items in by_key(plan):
        hashes = building.known_keys(key, rows).to_pylist()
        kept = online.store().get(service, key.name, sorted({item for item in hashes if item}))
        for item in items:
            for feature, name in item.columns:
                kind = item.view.body["features"][feature]
                values = [online.decoded(kept.get(each, {}).get(name), kind) for each in hashes]
                columns[name] = pa.array(values, ARROW[kind]())
    table = rows
    for wanted in named.features_of(service):
        table = table.append_column(wanted.column, columns[wanted.column])
    return Answered(table, state.until)


def _arrow(name: str, *arguments: Any, **named_arguments: Any) -> Callable[[], Any]:
    def made() -> Any:
        import pyarrow as pa

        return getattr(pa, name)(*arguments, **named_arguments)

    return made


ARROW: dict[str, Callable[[], Any]] = {
    "int64": _arrow("int64"),
    "float64": _arrow("float64"),
    "text": _arrow("string"),
    "bool": _arrow("bool_"),
    "date": _arrow("date32"),
    "timestamp": _arrow("timestamp", "us", tz="UTC"),
}
