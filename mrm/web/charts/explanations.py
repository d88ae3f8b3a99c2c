"""Specs of explanations: SHAP's swarm and dependence, LIME's weights over the seeds."""

from __future__ import annotations

from typing import Any

from mrm.web.charts.grammar import Options, Rows, Spec, line, names, number, rows_height, series

LEVELS = ["low", "middle", "high"]


def beeswarm(rows: Rows, options: Options) -> Spec:
    """One dot per row and feature; places within a line are stacked by value, the shade says the feature's level."""
    placed = _stacked(rows)
    levels = {}
    if any(row.get("level") is not None for row in rows):
        placed = sorted(
            (row | {"of the feature": _level(row.get("level"))} for row in placed),
            key=lambda row: LEVELS.index(row["of the feature"]),
        )
        levels = {
            "color": {
                "field": "of the feature",
                "type": "nominal",
                "scale": {"domain": LEVELS, "range": ["@d2", "@d8", "@d1"]},
                "legend": {
                    "labelExpr": "datum.label + (datum.label == 'low' ? ' value of the feature' : '')"
                },
            }
        }
    return {
        "data": {"values": placed},
        "height": rows_height(rows, "feature", 34, 70),
        "layer": [
            {
                # past some hundred dots a label on each would weigh more than it tells; the table holds them
                "mark": {"type": "circle", "size": 14, "opacity": 0.75, "aria": len(rows) <= 400},
                "encoding": {
                    "x": number("value", options.get("x") or "contribution to the log-odds"),
                    "y": names(rows, "feature"),
                    "yOffset": number("place", scale={"domain": [-1, 1]}),
                    **levels,
                },
            },
            line(0, "zero"),
        ],
    }


def _level(level: float | None) -> str:
    """Where a feature's value lies within its own range, in three words."""
    return LEVELS[1] if level is None else LEVELS[min(2, int(level * 3))]


def _stacked(rows: Rows, bins: int = 90) -> Rows:
    """Rows with a `place` between −1 and 1: dots of the same narrow interval alternate above and below the line."""
    values = [row["value"] for row in rows if row["value"] is not None]
    low, span = min(values), (max(values) - min(values)) or 1.0
    seen: dict[tuple[Any, int], int] = {}
    placed = []
    for row in rows:
        if row["value"] is None:
            continue
        cell = (row["feature"], int((row["value"] - low) / span * bins))
        nth = seen[cell] = seen.get(cell, -1) + 1
        placed.append(row | {"nth": (nth + 1) // 2 * (1 if nth % 2 else -1)})
    most = max((abs(row["nth"]) for row in placed), default=1) or 1
    return [
        {name: value for name, value in row.items() if name != "nth"} | {"place": 0.9 * row["nth"] / most}
        for row in placed
    ]


def dependence(rows: Rows, options: Options) -> Spec:
    """Contribution against the feature's value; a second series is a diamond."""
    categorical = options.get("categorical", any(isinstance(row["x"], str) for row in rows))
    across: Spec = (
        {"field": "x", "type": "nominal", "title": options.get("x"), "axis": {"labelLimit": 120}}
        if categorical
        else number("x", options.get("x") or "value", scale={"zero": False})
    )
    several = any("series" in row for row in rows)
    extra: Spec = {}
    if several:
        extra = {
            "color": series(rows, "series"),
            "shape": series(rows, "series", ["circle", "diamond", "square", "triangle"]),
        }
    return {
        "data": {"values": rows},
        "height": 264,
        "layer": [
            {
                "data": {"values": [{"y": 0}]},
                "mark": {"type": "rule", "style": "zero"},
                "encoding": {"y": number("y")},
            },
            {
                "mark": {"type": "point", "size": 22, "opacity": 0.6},
                "encoding": {
                    "x": across,
                    "y": number("y", "" if several else options.get("y") or "contribution to the log-odds"),
                    **extra,
                },
            },
        ],
    }


def lime_stability(rows: Rows, options: Options) -> Spec:
    """Mean weight of each feature over the seeds, with its spread."""
    return {
        "data": {"values": rows},
        "height": rows_height(rows, "feature", 28, 66),
        "layer": [
            line(0, "zero"),
            {
                "mark": {"type": "rule", "strokeWidth": 7, "stroke": "@d3", "opacity": 0.55},
                "encoding": {
                    "x": number("low", options.get("x") or "weight, spread over the seeds"),
                    "x2": {"field": "high"},
                    "y": names(rows, "feature"),
                },
            },
            {
                "mark": {"type": "point", "size": 60},
                "encoding": {"x": number("mean"), "y": names(rows, "feature")},
            },
        ],
    }
