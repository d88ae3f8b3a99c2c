"""Specs of performance, stability, fairness and data quality: pure functions of rows and options."""

from __future__ import annotations

from mrm.web.charts.grammar import (
    Options,
    Rows,
    Spec,
    dashes,
    limit,
    line,
    names,
    number,
    rows_height,
    series,
)

IV_BANDS = [0.02, 0.1, 0.3]


def steps(rows: Rows, options: Options) -> Spec:
    """A value over the steps of a run; a further series is dashed."""
    several = any("series" in row for row in rows)
    colour = {"color": series(rows, "series"), "strokeDash": dashes(rows, "series")} if several else {}
    curve = {
        "mark": {"type": "line", "point": len(rows) <= 60},
        "encoding": {
            "x": number("step", "step", axis={"tickMinStep": 1}),
            "y": number("value", options.get("y", "value"), scale={"zero": False}),
            **colour,
        },
    }
    return {"data": {"values": rows}, "height": 260, "layer": [curve]}


def roc(rows: Rows, options: Options) -> Spec:
    """True-positive over false-positive rate; the diagonal is chance; a second series is dashed."""
    axis = {"values": [0, 0.25, 0.5, 0.75, 1], "format": ".2~f"}
    several = any("series" in row for row in rows)
    colour = {"color": series(rows, "series")} if several else {}
    dash = {"strokeDash": dashes(rows, "series")} if several else {}
    curve = {
        "mark": {"type": "line", "interpolate": "step-after" if len(rows) > 60 else "linear"},
        "encoding": {
            "x": number("fpr", "false-positive rate", axis=axis),
            "y": number("tpr", "" if several else "true-positive rate", axis=axis),
            "order": {"field": "fpr", "type": "quantitative"},
            **colour,
            **dash,
        },
    }
    band = {
        "mark": {"type": "area"},
        "encoding": {"x": number("fpr"), "y": number("low"), "y2": {"field": "high"}},
    }
    chance = {
        "data": {"values": [{"a": 0, "b": 0}, {"a": 1, "b": 1}]},
        "mark": {"type": "line", "strokeWidth": 1, "stroke": "@edge"},
        "encoding": {"x": number("a"), "y": number("b")},
    }
    banded = any(row.get("low") is not None for row in rows)
    return {"data": {"values": rows}, "height": 330, "layer": [chance, *[band] * banded, curve]}


def calibration(rows: Rows, options: Options) -> Spec:
    """Observed rate with its interval, and the predicted one as a tick, by grade."""
    axis = {"format": ".0%", "grid": True}
    wide = max(8, min(34, 420 // max(1, len(rows))))
    order = [row["grade"] for row in rows]
    legend = [{"what": "observed, with interval"}, {"what": "predicted"}]
    return {
        "data": {"values": rows},
        "height": 276,
        "encoding": {
            "x": {
                "field": "grade",
                "type": "nominal",
                "sort": order,
                "title": options.get("x") or "grade",
                "axis": {"labelAngle": 0},
            }
        },
        "layer": [
            {
                "mark": {"type": "rule", "strokeWidth": 7, "stroke": "@d3", "opacity": 0.55},
                "encoding": {"y": number("low", "", axis=axis), "y2": {"field": "high"}},
            },
            {
                "mark": {"type": "tick", "thickness": 3, "width": wide, "color": "@d2"},
                "encoding": {"y": number("predicted")},
            },
            {
                "mark": {"type": "point", "size": 70, "fill": "@d1", "stroke": "@d1"},
                "encoding": {"y": number("observed")},
            },
            {
                "data": {"values": legend},
                "transform": [{"filter": "false"}],  # it draws nothing but its legend
                "mark": {"type": "point", "filled": False, "strokeWidth": 3},
                "encoding": {
                    "x": {"value": 0},
                    "y": {"value": 0},
                    "color": {
                        "field": "what",
                        "type": "nominal",
                        "scale": {"domain": [entry["what"] for entry in legend], "range": ["@d1", "@d2"]},
                    },
                    "shape": {
                        "field": "what",
                        "type": "nominal",
                        "scale": {
                            "domain": [entry["what"] for entry in legend],
                            "range": ["circle", "stroke"],
                        },
                    },
                },
            },
        ],
    }


def forest(rows: Rows, options: Options) -> Spec:
    """Estimates with intervals, one line each; ratios (whose parity is one) on a log scale, the limit dashed."""
    field, parity, bound = options.get("value") or "estimate", options.get("one"), options.get("limit")
    log = parity == 1
    given = [_compared(row, field, bound, log) for row in rows if row.get(field) is not None]
    ends = [row[end] for row in given for end in ("low", "high", "at") if row.get(end) is not None]
    marks = [mark for mark in (parity, bound) if mark is not None]
    scale: Spec = {"nice": False, "domain": _reach([*ends, *marks], log)}
    axis: Spec = {"format": ".2~f", "grid": False}
    if log:
        scale["type"] = "log"
        axis["values"] = [step for step in _LOG_STEPS if scale["domain"][0] <= step <= scale["domain"][1]]
    words = ("below the limit", "not below it") if bound is not None else ("compared",)
    colours = ["@bad", "@d1"] if bound is not None else ["@d1"]
    told: Spec = {"field": "judged", "type": "nominal", "legend": {} if bound is not None else None}
    colour = told | {"scale": {"domain": words, "range": colours}}
    shape = told | {
        "scale": {"domain": words, "range": ["diamond", "circle"] if bound is not None else ["circle"]}
    }
    title = options.get("x") or ("ratio (log scale)" if log else field.replace("_", " "))
    interval: Spec = {
        "transform": [{"filter": "isValid(datum.low) && isValid(datum.high)"}],
        "mark": {"type": "rule", "strokeWidth": 2},
        "encoding": {
            "x": number("low", title, scale=scale, axis=axis),
            "x2": {"field": "high"},
            "color": colour,
            "y": names(given, "label", 260),
        },
    }
    point: Spec = {
        "mark": {"type": "point", "size": 80},
        "encoding": {"x": number("at"), "color": colour, "shape": shape, "y": names(given, "label", 260)},
    }
    drawn = [line(parity, "zero")] if parity is not None else []
    drawn += [line(bound, "limit")] if bound is not None else []
    return {
        "data": {"values": given},
        "height": rows_height(given, "label", 26, 84),
        "layer": [*drawn, interval, point],
    }


def _compared(row: Spec, field: str, bound: float | None, log: bool) -> Spec:
    """A row with its line's words and where it stands; a log scale has no zero, so an interval is cut there."""
    words = f"{row.get('attribute') or ''} {row['group']}".strip()
    if row.get("reference"):
        words += f" against {row['reference']}"
    judged = "compared" if bound is None else "below the limit" if row[field] < bound else "not below it"
    cut = {end: max(row[end], 0.02) for end in ("low", "high") if log and row.get(end) is not None}
    return row | {"label": words, "judged": judged, "at": max(row[field], 0.02) if log else row[field]} | cut


_LOG_STEPS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.6, 0.8, 1, 1.25, 1.6, 2, 3, 5, 10, 20, 50]


def _reach(values: list[float], log: bool) -> list[float]:
    low, high = min(values), max(values)
    if log:
        low, high = max(low, 1e-3), max(high, 2e-3)
        return [low * 0.93, high * 1.07]
    pad = (high - low or 1) * 0.06
    return [low - pad, high + pad]


def bars(rows: Rows, options: Options) -> Spec:
    """Amounts by name; signed ones in two colours, with their figure at the end; groups side by side."""
    signed = bool(options.get("signed")) or any((row["value"] or 0) < 0 for row in rows)
    form = options.get("format") or ("+.1f" if signed else ".3~g")
    across = number("value", options.get("x") or "value", axis={"format": form, "tickCount": 6})
    if any("group" in row for row in rows):
        return _grouped(rows, across)
    words = [options.get("towards") or "raises", options.get("away") or "lowers"]
    given = [
        row | {"effect": words[(row["value"] or 0) < 0], "figure": _figure(row["value"], signed)}
        for row in rows
    ]
    colour = {
        "color": {
            "field": "effect",
            "type": "nominal",
            "scale": {"domain": words, "range": ["@d4", "@d3"]},
            "legend": {} if signed else None,
        }
    }
    edge = {"x": number("value"), "y": names(given, "name"), "text": {"field": "figure"}}
    ends: dict[str, Spec] = {
        "datum.value >= 0": {"align": "left", "dx": 5},
        "datum.value < 0": {"align": "right", "dx": -5},
    }
    plain: Spec = {"type": "text"}
    halo: Spec = {"type": "text", "stroke": "@sheet", "strokeWidth": 4, "strokeJoin": "round", "aria": False}
    layers: list[Spec] = [
        {
            "mark": {"type": "bar", "height": {"band": 0.62}},
            "encoding": {"x": across, "y": names(given, "name"), **(colour if signed else {})},
        },
        *(
            {"transform": [{"filter": side}], "mark": mark | place, "encoding": edge}
            for side, place in ends.items()
            for mark in (halo, plain)
        ),
    ]
    if signed:
        layers.append(line(0, "zero"))
    if options.get("limit") is not None:
        layers += limit(options["limit"], f"limit {_figure(options['limit'], False)}", above=True)
    across["scale"] = {"domain": _room([row["value"] or 0 for row in rows], options.get("limit"))}
    return {"data": {"values": given}, "height": rows_height(given, "name"), "layer": layers}


def _grouped(rows: Rows, across: Spec) -> Spec:
    groups = list(dict.fromkeys(row.get("group") for row in rows))
    return {
        "data": {"values": rows},
        "height": rows_height(rows, "name", 14 * len(groups) + 12),
        "mark": {"type": "bar"},
        "encoding": {
            "x": across,
            "y": names(rows, "name"),
            "yOffset": {"field": "group", "type": "nominal", "sort": groups},
            "color": series(rows, "group"),
        },
    }


def _figure(value: float | None, signed: bool) -> str:
    if value is None:
        return "not defined"
    text = f"{value:+.3g}" if signed else f"{value:.3g}"
    return text.replace("-", "−")


def _room(values: list[float], mark: float | None) -> list[float]:
    """A domain with room for the figure at the end of each bar."""
    low, high = min([*values, 0, mark or 0]), max([*values, 0, mark or 0])
    span = (high - low) or 1
    return [low - 0.12 * span * (low < 0), high + 0.12 * span * (high > 0)]


def distribution(rows: Rows, options: Options) -> Spec:
    """Share per interval of the value; outcomes as lines over each other, never stacked."""
    measure = "share" if any("share" in row for row in rows) else "n"
    form = ".0%" if measure == "share" else "d"
    several = any("outcome" in row for row in rows)
    # each interval has two corners, so that a step is drawn without guessing its middle
    corners = [row | {"at": row[end], "corner": i} for row in rows for i, end in enumerate(("low", "high"))]
    encoding: Spec = {
        "x": number("at", options.get("x") or "value", scale={"zero": False, "nice": False}),
        "y": number(measure, "" if several else measure, axis={"format": form}, stack=None),
    }
    outcomes = list(dict.fromkeys(row.get("outcome") for row in rows))
    areas: list[Spec] = [
        {
            "transform": [{"filter": {"field": "outcome", "equal": name}}] if several else [],
            "mark": {"type": "area", "fill": f"@d{nth}", "fillOpacity": 0.14},
            "encoding": encoding,
        }
        for nth, name in enumerate(outcomes, 1)
    ]
    told = {"color": series(rows, "outcome"), "strokeDash": dashes(rows, "outcome")} if several else {}
    lines: Spec = {"mark": {"type": "line"}, "encoding": encoding | told}
    marks = limit(options["cut"], "cut-off", "at") if options.get("cut") is not None else []
    return {"data": {"values": corners}, "height": 264, "layer": [*areas, lines, *marks]}


def psi_bins(rows: Rows, options: Options) -> Spec:
    """Expected and actual share per bin, side by side."""
    words = list(options.get("labels") or ("expected", "actual"))
    given = [
        {"bin": str(row["bin"]), "share": row[field], "sample": word}
        for row in rows
        for field, word in zip(("expected", "actual"), words, strict=True)
    ]
    order = list(dict.fromkeys(row["bin"] for row in given))
    long = max(map(len, order)) * len(order) > 70
    return {
        "data": {"values": given},
        "height": 300 if long else 264,
        "mark": {"type": "bar"},
        "encoding": {
            "x": {
                "field": "bin",
                "type": "nominal",
                "sort": order,
                "title": options.get("x") or "bin",
                "axis": {"labelAngle": -40 if long else 0, "labelLimit": 110},
            },
            "xOffset": {"field": "sample", "type": "nominal", "sort": words},
            "y": number("share", "", axis={"format": ".0%"}),
            "color": series(given, "sample", ["@d3", "@d1"]),
        },
    }


def iv_bars(rows: Rows, options: Options) -> Spec:
    """Information value by feature, behind it the usual bands as dashed lines."""
    top = max([row["value"] for row in rows if row["value"] is not None], default=0)
    marks = [at for at in options.get("limits") or IV_BANDS if at < top * 1.12]
    drawn = bars(rows, {"x": "information value"})
    drawn["layer"] = [line(at, "limit") for at in marks] + drawn["layer"]
    return drawn


def ks_curve(rows: Rows, options: Options) -> Spec:
    """Cumulative shares of both outcomes; the dashed line stands where they are furthest apart."""
    given = [
        {"value": row["value"], "share": row[field], "outcome": word}
        for row in rows
        for field, word in (("events", "events"), ("non_events", "non-events"))
    ]
    marks = limit(options["at"], "largest distance", "value") if options.get("at") is not None else []
    return {
        "data": {"values": given},
        "height": 290,
        "layer": [
            {
                "mark": {"type": "line", "interpolate": "step-after"},
                "encoding": {
                    "x": number("value", options.get("x") or "value", scale={"zero": False, "nice": False}),
                    "y": number("share", "", axis={"format": ".0%"}),
                    "color": series(given, "outcome"),
                    "strokeDash": dashes(given, "outcome"),
                    "order": number("value"),
                },
            },
            *marks,
        ],
    }
