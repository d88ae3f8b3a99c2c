"""Runs beside each other: one line per fact, marked where they differ."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mrm.evidence.models import Evidence
from mrm.kernel import numbers
from registry.training.models import Run
from registry.training.rules import RunKind

SHORT = 12


@dataclass(frozen=True)
class Value:
    """What one run says; a figure with the evidence that it comes from."""

    text: str
    evidence: Evidence | None = field(default=None, compare=False)


ABSENT = Value("not there")
Column = Mapping[str, Value]


def sides(runs: Sequence[Run]) -> list[dict[str, Any]]:
    """Groups of lines: each with its name and the value of every run."""
    if not runs:
        return []
    return [
        {"title": title, "lines": lines}
        for title, lines in (
            ("Made", _lines(runs, _made)),
            ("Parameters", _lines(runs, _parameters)),
            ("Metrics on the held-out rows", _lines(runs, _metrics)),
        )
        if lines
    ]


def _lines(runs: Sequence[Run], of: Callable[[Run], Column]) -> list[dict[str, Any]]:
    columns = [of(run) for run in runs]
    names = list(dict.fromkeys(name for column in columns for name in column))
    return [
        {
            "name": name,
            "values": [column.get(name, ABSENT) for column in columns],
            "differs": len({column.get(name, ABSENT) for column in columns}) > 1,
        }
        for name in names
    ]


def _made(run: Run) -> Column:
    made = run.made
    assert made is not None  # noqa: S101 - only finished runs are compared
    trace = made.trace
    found = {
        "Recipe": f"{run.recipe.name} {run.recipe.reference}" if run.recipe else "imported",
        "Version": str(made.version.number) if made.version else "none",
        "Data": f"{run.snapshot.reference}, {made.data_digest[:SHORT]}",
        "Format": made.format,
        "Predictions": made.predictions_digest[:SHORT],
        "Repetition": run.standing,
    }
    if "split" in trace:
        found["Split"] = f"{trace['split']['train']:,} train, {trace['split']['held_out']:,} held out"
    if "environment" in trace:
        libraries = trace["environment"]["libraries"]
        found["Environment"] = ", ".join(f"{name} {version}" for name, version in libraries.items())
    return {name: Value(text) for name, text in found.items()}


def _parameters(run: Run) -> Column:
    made = run.made
    assert made is not None  # noqa: S101 - only finished runs are compared
    return {name: Value(str(value)) for name, value in made.parameters.items() if name != "fitted"}


def _metrics(run: Run) -> Column:
    made = run.made
    assert made is not None  # noqa: S101 - only finished runs are compared
    if run.kind == RunKind.IMPORTED:
        return {name: Value(numbers.figure(said.get("statistic"))) for name, said in made.metrics.items()}
    rows = made.evidence.select_related("evidence").order_by("id")
    return {
        ", ".join(filter(None, (row.evidence.title, row.attribute))): Value(
            numbers.figure(row.evidence.headline.get("statistic")), row.evidence
        )
        for row in rows
    }
