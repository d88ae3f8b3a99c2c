"""Runs beside each other: one line per fact, marked where they differ."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from registry.training.models import Run

SHORT = 12


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


def _lines(runs: Sequence[Run], of: Any) -> list[dict[str, Any]]:
    columns = [of(run) for run in runs]
    names = list(dict.fromkeys(name for column in columns for name in column))
    return [
        {
            "name": name,
            "values": [column.get(name, "not there") for column in columns],
            "differs": len({column.get(name) for column in columns}) > 1,
        }
        for name in names
    ]


def _made(run: Run) -> dict[str, str]:
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
    return found


def _parameters(run: Run) -> dict[str, str]:
    made = run.made
    assert made is not None  # noqa: S101 - only finished runs are compared
    return {name: str(value) for name, value in made.parameters.items() if name != "fitted"}


def _metrics(run: Run) -> dict[str, str]:
    made = run.made
    assert made is not None  # noqa: S101 - only finished runs are compared
    values = {name: facts.get("statistic") for name, facts in made.metrics.items()}
    return {name: "not defined" if value is None else f"{float(value):.4f}" for name, value in values.items()}
