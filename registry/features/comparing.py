"""Skew: what serving read or was given, against what our store knew at that instant; a verdict for each feature.

A served value is right when it is what was known at its moment, or what was known at the watermark it was read at, as long
as that watermark was within the service's freshness. What is left differs, and the kind of bug shows in the rows that
differ: missing values, another feature's values, values of an earlier time, a constant factor.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from registry.features import building, named
from registry.features.join import Wanted
from registry.features.materialising import freshness
from registry.features.models import Definition, ServedBatch
from registry.features.rules import Verdict, spoken
from registry.features.served import rows_of
from registry.features.store import Store, opened

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

TOLERATED = 0.001  # of the rows may differ before a feature is skewed
TYPICAL = 0.9  # of the rows that differ must show the kind of a bug
CLOSE = 1e-9
LOOKED_AT = 500  # rows that differ are looked up at earlier times
STEPS = 40  # of their own last changes


def compare(
    service: Definition, batches: Sequence[ServedBatch], marks: Mapping[str, int]
) -> list[dict[str, Any]]:
    """One finding per feature, in the service's order."""
    rows, plan, limit = rows_of(batches), named.plan(service), freshness(service)
    with opened() as engine:
        known = at_time(engine, rows, plan, marks, rows["__at"])
        marked = rows["__watermark"].is_valid().to_numpy()
        lag = _numbers(rows["__at"]) - _numbers(rows["__watermark"])
        within = marked & (lag >= 0) & (lag <= limit)
        as_read = at_time(engine, rows, plan, marks, rows["__watermark"]) if within.any() else known
        differing: dict[str, np.ndarray[Any, Any]] = {}
        for name in known:
            given = rows[f"__given_{name}"].to_numpy()
            wrong = given & ~same(rows[name], known[name])
            differing[name] = wrong & ~(within & same(rows[name], as_read[name]))
        found = {}
        for item in plan:
            for _, name in item.columns:
                wrong = differing[name]
                ages = earlier(engine, rows, item, name, wrong=wrong, marks=marks)
                wrong = wrong & ~((ages >= 0) & (ages <= limit))
                found[name] = judged(name, rows, known, wrong=wrong, ages=ages)
    return [{"feature": str(feature), **found[feature.column]} for feature in named.features_of(service)]


def at_time(
    engine: Store, rows: pa.Table, plan: Sequence[Wanted], marks: Mapping[str, int], moments: Any
) -> dict[str, Any]:
    """What was known of each row's subject at a moment of the row."""
    import numpy as np
    import pyarrow as pa

    columns: dict[str, Any] = {}
    for item in plan:
        asked = pa.table({"row": np.arange(rows.num_rows), "key": rows[item.key.column], "at": moments})
        columns |= building.of_view(engine, asked, item, marks, None)[0]
    return columns


def earlier(
    engine: Store,
    rows: pa.Table,
    item: Wanted,
    name: str,
    *,
    wrong: np.ndarray[Any, Any],
    marks: Mapping[str, int],
) -> np.ndarray[Any, Any]:
    """For rows that differ: how long ago (microseconds) the served value was the right one; -1 where it never was, or was not looked up."""
    import numpy as np
    import pyarrow as pa

    ages = np.full(rows.num_rows, -1, dtype=np.int64)
    places = np.flatnonzero(wrong & rows[name].is_valid().to_numpy())[:LOOKED_AT]
    if len(places) == 0:
        return ages
    hashes, at = rows[item.key.column].to_pylist(), _numbers(rows["__at"])
    changes = changes_of(engine, item, sorted({hashes[place] for place in places if hashes[place]}), marks)
    steps = [
        (place, moment)
        for place in places
        for moment in [each for each in changes.get(hashes[place], []) if each <= at[place]][-STEPS:]
    ]
    if not steps:
        return ages
    asked = pa.table(
        {
            "row": np.arange(len(steps)),
            "key": pa.array([hashes[place] for place, _ in steps], pa.string()),
            "at": pa.array([moment for _, moment in steps], pa.int64()),
        }
    )
    values = building.of_view(engine, asked, item, marks, None)[0][name]
    served = rows[name].take(pa.array([int(place) for place, _ in steps]))
    matches = same(served, values)
    for number, (place, _) in enumerate(steps):
        if matches[number]:
            following = steps[number + 1] if number + 1 < len(steps) else (None, 0)
            until = following[1] if following[0] == place else at[place]
            ages[place] = at[place] - until  # the last match wins: steps are in order of time
    return ages


def changes_of(
    engine: Store, item: Wanted, hashes: list[str], marks: Mapping[str, int]
) -> dict[str, list[int]]:
    """The moments at which what is known of each subject may have changed, in order."""
    import ibis

    store = engine.source(item.source)
    rows = store.filter(store[item.key.column].isin(hashes) & (store["__seq"] <= marks[item.source.label]))
    moments = rows.select(
        subject=rows[item.key.column], moment=ibis.greatest(rows["__event"], rows["__known"])
    ).distinct()
    found: dict[str, list[int]] = {}
    for line in engine.answer(moments).to_pylist():
        found.setdefault(line["subject"], []).append(line["moment"])
    return {subject: sorted(times) for subject, times in found.items()}


def judged(
    name: str,
    rows: pa.Table,
    known: Mapping[str, Any],
    *,
    wrong: np.ndarray[Any, Any],
    ages: np.ndarray[Any, Any],
) -> dict[str, Any]:
    """The verdict on one feature, with the figures it rests on."""
    import numpy as np

    compared = int(rows[f"__given_{name}"].to_numpy().sum())
    count = int(wrong.sum())
    facts: dict[str, Any] = {
        "compared": compared,
        "differ": count,
        "share": count / compared if compared else None,
    }
    if compared == 0:
        return facts | {"verdict": Verdict.UNSEEN.value, "said": "Serving did not say what it used."}
    if count <= TOLERATED * compared:
        return facts | {"verdict": Verdict.EQUAL.value, "said": "As it was known."}
    places = np.flatnonzero(wrong)
    served, right = rows[name].take(places), known[name].take(places)
    if served.null_count >= TYPICAL * count:
        return facts | _said(
            Verdict.NULLS, f"Missing in {count:,} of {compared:,} served rows where a value was known."
        )
    other = swapped_with(name, rows, known, places)
    if other:
        return facts | {"with": other} | _said(Verdict.SWAPPED, f"Served with the values of {other}.")
    factor = constant_factor(served, right)
    if factor is not None:
        return (
            facts
            | {"factor": factor}
            | _said(Verdict.UNIT, f"Served values are {factor:g} times the known ones.")
        )
    looked = ages[places[:LOOKED_AT]]
    if (looked >= 0).mean() >= TYPICAL:
        age = int(np.median(looked[looked >= 0]))
        words = spoken(age // 60_000_000 * 60_000_000 or age)
        return (
            facts
            | {"age_us": age}
            | _said(Verdict.STALE, f"Served values were right {words} before (median).")
        )
    return facts | _said(Verdict.OTHER, f"{count:,} of {compared:,} served values are not what was known.")


def _said(verdict: Verdict, words: str) -> dict[str, str]:
    return {"verdict": verdict.value, "said": words}


def swapped_with(name: str, rows: pa.Table, known: Mapping[str, Any], places: np.ndarray[Any, Any]) -> str:
    """Another feature whose known values were served here, and which got this one's."""
    for other, values in known.items():
        if other == name or values.type != known[name].type:
            continue
        here = same(rows[name].take(places), values.take(places))
        there = same(rows[other].take(places), known[name].take(places))
        if here.mean() >= TYPICAL and there.mean() >= TYPICAL:
            return other
    return ""


def constant_factor(served: Any, right: Any) -> float | None:
    """The one factor between served and known numbers, if nearly all rows agree on it."""
    import numpy as np
    import pyarrow as pa

    if not (pa.types.is_floating(right.type) or pa.types.is_integer(right.type)):
        return None
    given, known = _numbers(served), _numbers(right)
    usable = np.isfinite(given) & np.isfinite(known) & (known != 0)
    if usable.sum() < 3 or len(np.unique(known[usable])) < 3:
        return None
    ratios = given[usable] / known[usable]
    middle = float(np.median(ratios))
    agree = np.isclose(ratios, middle, rtol=1e-6, atol=0).sum() / len(given)
    return middle if agree >= TYPICAL and middle != 0 else None


def same(one: Any, other: Any) -> np.ndarray[Any, Any]:
    """Row by row, whether two columns say the same; missing equals missing, numbers to a billionth."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_floating(one.type) or pa.types.is_floating(other.type):
        first, second = _numbers(one), _numbers(other)
        return np.asarray(np.isclose(first, second, rtol=CLOSE, atol=0, equal_nan=True))
    equal = pc.fill_null(pc.equal(one, other), False)
    nulls = pc.and_(pc.is_null(one), pc.is_null(other))
    return np.asarray(pc.or_(equal, nulls)).astype(bool)


def _numbers(column: Any) -> np.ndarray[Any, Any]:
    """As float64, missing as NaN; whole microseconds lose nothing before the year 2255."""
    import numpy as np
    import pyarrow as pa

    return np.asarray(column.cast(pa.float64()).to_pandas(), dtype=np.float64)
