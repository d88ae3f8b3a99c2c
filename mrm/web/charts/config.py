"""Colours and type of every chart. Specs name a colour by its token (`@d4`); each mode says what a token is.

`page` writes custom properties, so that one SVG serves the light and the dark page; `light` and `dark` hold
values, for pictures that leave the page; `paper` is for print: ink on white, type for a 9.5 pt text.
"""

from __future__ import annotations

from typing import Any

LIGHT = {
    "ink": "#12201f",
    "ink-2": "#435250",
    "rule-2": "#12201f",
    "edge": "#75837f",
    "grid": "#e4eae7",
    "sheet": "#ffffff",
    "bad": "#a6231c",
    "d1": "#0a5063",
    "d2": "#c47f12",
    "d3": "#5f92a8",
    "d4": "#9d3a2b",
    "d5": "#7b8784",
    "d6": "#5c6b1f",
    "d7": "#12201f",
    "d8": "#b9c5c1",
    "h1": "#eaf1f1",
    "h2": "#c6dde1",
    "h3": "#8fbcc6",
    "h4": "#3f8294",
    "h5": "#0a5063",
}
DARK = {
    "ink": "#e7edeb",
    "ink-2": "#b2bfbb",
    "rule-2": "#8b9995",
    "edge": "#73827e",
    "grid": "#243033",
    "sheet": "#12181a",
    "bad": "#ff9a8e",
    "d1": "#7cc7d8",
    "d2": "#e0a340",
    "d3": "#568ca2",
    "d4": "#e07c69",
    "d5": "#84928e",
    "d6": "#b4c46a",
    "d7": "#e7edeb",
    "d8": "#46545a",
    "h1": "#16262b",
    "h2": "#1d3d47",
    "h3": "#285c6b",
    "h4": "#4793a6",
    "h5": "#7cc7d8",
}
TOKENS: dict[str, dict[str, str]] = {
    "page": {name: f"var(--{name})" for name in LIGHT},
    "light": LIGHT,
    "dark": DARK,
    "paper": LIGHT,
}
MODES = tuple(TOKENS)
FONT = "IBM Plex Sans"


def config(mode: str) -> dict[str, Any]:
    """The Vega-Lite config of a mode, with tokens still in it."""
    size = 10 if mode == "paper" else 12
    thin = 1.5 if mode == "paper" else 2
    return {
        "background": None,
        "font": FONT,
        "padding": {"left": 2, "right": 16, "top": 6, "bottom": 2},
        "view": {"stroke": None},
        "axis": {
            "labelColor": "@ink-2",
            "labelFontSize": size,
            "labelFontWeight": 400,
            "labelPadding": 5,
            "titleColor": "@ink-2",
            "titleFontSize": size,
            "titleFontWeight": 400,
            "titlePadding": 8,
            "grid": False,
            "domainColor": "@rule-2",
            "domainWidth": 1,
            "ticks": False,
            "labelOverlap": True,
        },
        "axisY": {
            "domain": False,
            "titleAngle": 0,
            "titleAlign": "left",
            "titleAnchor": "end",
            "titleX": 0,
            "titleY": -12,
            "grid": True,
            "gridColor": "@grid",
            "gridWidth": 1,
            "tickCount": 5,
        },
        "axisX": {"ticks": True, "tickColor": "@rule-2", "tickSize": 4, "labelFlush": False},
        "axisBand": {"ticks": False, "labelAngle": 0},
        "legend": {
            "orient": "top",
            "direction": "horizontal",
            "title": None,
            "labelColor": "@ink",
            "labelFontSize": size,
            "symbolSize": 90,
            "symbolStrokeWidth": 2,
            "columnPadding": 16,
            "offset": 8,
            "padding": 0,
        },
        "text": {"color": "@ink", "fontSize": size},
        "line": {"color": "@d1", "strokeWidth": thin, "strokeCap": "butt"},
        "area": {"color": "@d3", "fillOpacity": 0.28},
        "point": {"color": "@d1", "filled": True, "opacity": 1, "size": 48},
        "bar": {"color": "@d1"},
        "tick": {"color": "@d1", "opacity": 1, "thickness": 2},
        "rule": {"color": "@ink-2"},
        "style": {
            "limit": {"color": "@bad", "stroke": "@bad", "strokeDash": [5, 3], "strokeWidth": 1.25},
            "limit-label": {"fill": "@bad", "fontSize": size, "align": "left"},
            "zero": {"stroke": "@rule-2", "strokeWidth": 1},
        },
        "range": {
            "category": [f"@d{n}" for n in range(1, 9)],
            "ordinal": [f"@h{n}" for n in range(1, 6)],
            "heatmap": [f"@h{n}" for n in range(1, 6)],
            "ramp": [f"@h{n}" for n in range(1, 6)],
        },
    }


def fill(value: Any, mode: str) -> Any:
    """The same spec with each token replaced by what it is in this mode."""
    if isinstance(value, dict):
        return {name: fill(item, mode) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [fill(item, mode) for item in value]
    if isinstance(value, str) and value.startswith("@"):
        return TOKENS[mode][value[1:]]
    return value
