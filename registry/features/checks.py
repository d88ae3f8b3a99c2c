"""What views promise of their features, tried on every new part: an empty answer to each is the rule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mrm.kernel.errors import BadInput
from registry.data.logical import logical_type
from registry.features import online
from registry.features.join import ZERO, Wanted, features
from registry.features.models import Definition
from registry.features.named import definition_named, newest_views
from registry.features.rules import Kind
from registry.features.store import Embedded, unbound

FIGURES = ("missing", "distinct", "least", "middle", "most", "mean")

if TYPE_CHECKING:
    import pyarrow as pa


def run(source: Definition, made: pa.Table) -> dict[str, Any]:
    """Compute the newest views of the source on its new rows; a division by zero or a broken test refuses the part.

    Answers with how each feature is distributed in them, by view and feature.
    """
    import duckdb

    if made.num_rows == 0:
        return {}
    link = duckdb.connect(":memory:")
    try:
        link.execute("SET TimeZone = 'UTC'")
        link.register("made", made)
        engine = Embedded(link)
        table = unbound("made", {field.name: logical_type(field.type) for field in made.schema})
        return {view.label: _tried(engine, table, view, source) for view in newest_views(source)}
    finally:
        link.close()


def _tried(engine: Embedded, table: Any, view: Definition, source: Definition) -> dict[str, Any]:
    key = definition_named(view.catalogue, Kind.KEY, view.body["entity"])
    columns = [(name, name) for name in view.body["features"]]
    computed = features(table, Wanted(view, key, source, columns))
    counts = {ZERO: computed[ZERO].cast("int64").sum().cast("int64")}
    for number, test in enumerate(view.body.get("tests", [])):
        counts[f"test_{number}"] = broken(computed[test["feature"]], test).sum()
    for place, (name, kind) in enumerate(view.body["features"].items()):
        counts |= {f"{place}_{figure}": value for figure, value in figures(computed[name], kind).items()}
    found = engine.answer(computed.aggregate(**counts)).to_pylist()[0]
    if found[ZERO]:
        raise divided(view, int(found[ZERO]))
    for number, test in enumerate(view.body.get("tests", [])):
        if count := found[f"test_{number}"]:
            raise BadInput(
                "view_test_failed",
                f"{int(count):,} of {made_rows(engine):,} new rows break a test of view {view.label}: "
                f"“{test['feature']}” must {words(test)}.",
                "Mend the source, or apply a view whose test allows these values. Nothing of the delivery was kept.",
            )
    return {
        name: {"rows": made_rows(engine)}
        | {
            figure: online.encoded(found[f"{place}_{figure}"])
            for figure in FIGURES
            if f"{place}_{figure}" in found
        }
        for place, name in enumerate(view.body["features"])
    }


def figures(value: Any, kind: str) -> dict[str, Any]:
    """What is counted of a feature: missing and different values, and of what can be ordered its ends and middle."""
    found = {"missing": value.isnull().cast("int64").sum().cast("int64"), "distinct": value.nunique()}
    if kind in {"int64", "float64"}:
        number = value.cast("float64")
        found |= {
            "least": number.min(),
            "middle": number.approx_median(),
            "most": number.max(),
            "mean": number.mean(),
        }
    elif kind in {"date", "timestamp"}:
        found |= {"least": value.min(), "most": value.max()}
    return found


def made_rows(engine: Embedded) -> int:
    """How many rows are tried."""
    return int(engine.link.sql("SELECT count(*) FROM made").fetchall()[0][0])


def divided(view: Definition, count: int) -> BadInput:
    """A divisor of a transformation is zero."""
    rows = "row" if count == 1 else "rows"
    return BadInput(
        "division_by_zero",
        f"A transformation of view {view.label} divides by zero in {count:,} {rows}.",
        "Say what is meant there: NULLIF(divisor, 0) gives a missing value, CASE WHEN any other.",
    )


def broken(value: Any, test: dict[str, Any]) -> Any:
    """Whether a value breaks a test; a missing value breaks `not_null` alone."""
    import ibis

    wrong = ibis.literal(False)
    if test.get("not_null"):
        wrong = wrong | value.isnull()
    if "min" in test:
        wrong = wrong | (value < test["min"]).fill_null(False)
    if "max" in test:
        wrong = wrong | (value > test["max"]).fill_null(False)
    if "values" in test:
        wrong = wrong | value.notin(test["values"]).fill_null(False)
    return wrong.cast("int64")


def words(test: dict[str, Any]) -> str:
    """A test in words."""
    said = ["be given"] if test.get("not_null") else []
    said += [f"be at least {test['min']}"] if "min" in test else []
    said += [f"be at most {test['max']}"] if "max" in test else []
    said += [f"be one of {', '.join(map(str, test['values']))}"] if "values" in test else []
    return " and ".join(said)
