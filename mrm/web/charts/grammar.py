"""The few phrases of Vega-Lite that every spec is written in; colours are tokens (`@d4`)."""

from __future__ import annotations

from typing import Any

Rows = list[dict[str, Any]]
Options = dict[str, Any]
Spec = dict[str, Any]


def number(field: str, title: str | None = None, **more: Any) -> Spec:
    """A quantitative channel; a layer without a title leaves the axis to the layer that has one."""
    return {"field": field, "type": "quantitative", **({} if title is None else {"title": title}), **more}


def series(rows: Rows, field: str, colours: list[str] | None = None, **more: Any) -> Spec:
    """A channel of colours in the order in which the series come: the first is ours."""
    order = list(dict.fromkeys(row[field] for row in rows))
    scale = {"domain": order, "range": colours or [f"@d{n}" for n in range(1, len(order) + 1)]}
    return {"field": field, "type": "nominal", "sort": order, "scale": scale, **more}


def dashes(rows: Rows, field: str) -> Spec:
    """A channel of dashes in the same order."""
    order = list(dict.fromkeys(row[field] for row in rows))
    strokes = [[1, 0], [6, 3], [2, 2], [9, 3, 2, 3]]
    return {"field": field, "type": "nominal", "sort": order, "scale": {"domain": order, "range": strokes}}


def limit(at: float, label: str, field: str = "x", above: bool = False) -> list[Spec]:
    """A dashed red line at `at` of the axis, with its word beside it, or above the picture."""
    along = {"x": number(field)}
    place = {"dy": -9, "align": "center"} if above else {"dx": 5, "dy": 8}
    data = {"values": [{field: at, "label": label}]}
    word = {"type": "text", "style": "limit-label", "color": "@bad", **place}
    return [
        line(at, "limit", field),
        {
            "data": data,
            "mark": word,
            "encoding": {**along, "y": {"value": 0}, "text": {"field": "label"}},
        },
    ]


def line(at: float, style: str, field: str = "x") -> Spec:
    """A line from top to bottom at `at`: `limit` dashed red, `zero` thin."""
    return {
        "data": {"values": [{field: at}]},
        "mark": {"type": "rule", "style": style},
        "encoding": {"x": number(field), "y": {"value": 0}, "y2": {"value": "height"}},
    }


def names(rows: Rows, field: str, width: int = 210) -> Spec:
    """A channel of names down the side, in the order of the rows."""
    axis = {"grid": False, "domain": False, "ticks": False, "labelLimit": width, "labelPadding": 10}
    order = list(dict.fromkeys(row[field] for row in rows))
    return {
        "field": field,
        "type": "nominal",
        "sort": order,
        "title": None,
        "axis": axis | {"labelColor": "@ink"},
    }


def rows_height(rows: Rows, field: str, each: int = 24, rest: int = 64) -> int:
    """A height that gives each name its line."""
    return each * len({row[field] for row in rows}) + rest
