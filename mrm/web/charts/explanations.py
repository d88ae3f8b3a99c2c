"""Specs of explanations: SHAP's swarm and dependence, LIME's weights over the seeds."""

from __future__ import annotations

from typing import Any

from mrm.web.charts.grammar import Options, Rows, Spec, line, names, number, rows_height, series

LEVELS = ["low", "middle", "high"]


def beeswarm(rows: Rows, options: Options) -> Spec:
    """One dot per row and feature; places within a line are stacked by value, the shade says the feature's level."""
    placed = _stacked(rows)
    levels = {}
    if any(row.get("position") is not None for row in rows):
        placed = sorted(
            (row | {"of the feature": _level(row.get("position"))} for row in placed),
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
                    "x": number("shap", options.get("x") or "contribution to the log-odds"),
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
    values = [row["shap"] for row in rows if row["shap"] is not None]
    low, span = min(values), (max(values) - min(values)) or 1.0
    seen: dict[tuple[Any, int], int] = {}
    placed = []
    for row in rows:
        if row["shap"] is None:
            continue
        cell = (row["feature"], int((row["shap"] - low) / span * bins))
        nth = seen[cell] = seen.get(cell, -1) + 1
        placed.append(row | {"nth": (nth + 1) // 2 * (1 if nth % 2 else -1)})
    most = max((abs(row["nth"]) for row in placed), default=1) or 1
    return [
        {name: value for name, value in row.items() if name != "nth"} | {"place": 0.9 * row["nth"] / most}
        for row in placed
    ]


def dependence(rows: Rows, options: Options) -> Spec:
    """Contribution against the feature's value; a second series is a diamond."""
    word = options.get("x") or "value"
    numeric = options.get("numeric", not any(isinstance(row["value"], str) for row in rows))
    axis = {"labelLimit": 120}
    across: Spec = (
        number("value", word, scale={"zero": False})
        if numeric
        else {"field": "value", "type": "nominal", "title": word, "axis": axis}
    )
    several = any("series" in row for row in rows)
    extra: Spec = {}
    if several:
        shapes = ["circle", "diamond", "square", "triangle"]
        extra = {"color": series(rows, "series"), "shape": series(rows, "series", shapes)}
    title = "" if several else options.get("y") or "contribution to the log-odds"
    zero = {
        "data": {"values": [{"shap": 0}]},
        "mark": {"type": "rule", "style": "zero"},
        "encoding": {"y": number("shap")},
    }
    dots = {
        "mark": {"type": "point", "size": 22, "opacity": 0.6},
        "encoding": {"x": across, "y": number("shap", title), **extra},
    }
    return {"data": {"values": rows}, "height": 264, "layer": [zero, dots]}


def lime_stability(rows: Rows, options: Options) -> Spec:
    """How much two seeds have in common, decision by decision, against the predicted risk."""
    shares = {"format": ".0%", "values": [0, 0.25, 0.5, 0.75, 1]}
    return {
        "data": {"values": rows},
        "height": 264,
        "mark": {"type": "point", "size": 30, "opacity": 0.7},
        "encoding": {
            "x": number("p", options.get("x") or "predicted risk", axis={"format": ".0%", "tickCount": 5}),
            "y": number(
                "stability", "features in common between two seeds", axis=shares, scale={"domain": [0, 1]}
            ),
        },
    }
