"""One sample of each kind of chart, made by formula: no number here is a result."""

from __future__ import annotations

import math
from typing import Any

Rows = list[dict[str, Any]]


def _chart(kind: str, title: str, data: Rows, **options: Any) -> dict[str, Any]:
    subtitle = "Sample rows made by formula; n, sample and source stand here"
    return {
        "name": kind,
        "kind": kind,
        "title": title,
        "subtitle": subtitle,
        "data": data,
        "options": options,
    }


def _curve(series: str, power: float) -> Rows:
    return [{"fpr": i / 50, "tpr": (i / 50) ** power, "series": series} for i in range(51)]


def _bell(outcome: str, middle: int) -> Rows:
    return [
        {
            "low": 400 + 10 * i,
            "high": 410 + 10 * i,
            "outcome": outcome,
            "share": math.exp(-(((i - middle) / 4) ** 2)) / 7.1,
        }
        for i in range(20)
    ]


def _swarm() -> Rows:
    return [
        {
            "feature": feature,
            "shap": width * math.sin(37 * i) ** 3 + width * (level - 0.5),
            "position": level,
        }
        for feature, width in (("duration", 0.5), ("age", 0.3), ("amount", 0.2))
        for i, level in enumerate(n / 119 for n in range(120))
    ]


def _grades() -> Rows:
    rates = zip(
        "ABCDEF", (0.05, 0.12, 0.22, 0.36, 0.51, 0.72), (0.05, 0.04, 0.28, 0.4, 0.56, 0.66), strict=True
    )
    return [
        {"grade": g, "predicted": p, "observed": o, "low": max(0.0, o - 0.09), "high": o + 0.1, "n": 50}
        for g, p, o in rates
    ]


def _names(*pairs: tuple[str, float]) -> Rows:
    return [{"name": name, "value": value} for name, value in pairs]


CHARTS = [
    _chart(
        "roc",
        "The challenger does not beat the scorecard",
        _curve("M-7K2QD v2", 0.35) + _curve("M-19QXA v1", 0.45),
    ),
    _chart("calibration", "Grade B is over-predicted", _grades()),
    _chart(
        "forest",
        "Only applicants aged 25 or under fall below the screening line",
        [
            {
                "attribute": "age",
                "group": "≤ 25",
                "reference": "> 25",
                "air": 0.711,
                "low": 0.561,
                "high": 0.9,
            },
            {
                "attribute": "age",
                "group": "> 60",
                "reference": "26 to 60",
                "air": 0.83,
                "low": 0.4,
                "high": 1.31,
            },
            {"attribute": "sex", "group": "f", "reference": "m", "air": 1.086, "low": 0.931, "high": 1.266},
        ],
        limit=0.8,
        one=1.0,
        value="air",
        x="adverse impact ratio (log scale)",
    ),
    _chart(
        "bars",
        "The checking account speaks loudest",
        _names(("Checking account: below 0 DM", 0.77), ("Age: 23", 0.55), ("Amount: 2,406 DM", -0.26)),
        signed=True,
        towards="towards default",
        away="away from default",
        x="contribution to log-odds",
    ),
    _chart("beeswarm", "Long durations raise the risk", _swarm()),
    _chart(
        "dependence",
        "Each month of duration adds about .025",
        [{"value": 4 + n % 57, "shap": (4 + n % 57) / 40 - 0.6 + math.sin(91 * n) / 9} for n in range(150)],
        x="duration (months)",
        y="SHAP of duration, log-odds",
    ),
    _chart(
        "distribution",
        "Events have lower scores",
        _bell("event", 8) + _bell("non-event", 13),
        x="score",
        cut=500,
    ),
    _chart(
        "psi_bins",
        "The lowest bin gained most",
        [
            {"bin": f"{10 * i} to {10 * i + 9}", "expected": 0.1, "actual": 0.1 + 0.03 * math.cos(i)}
            for i in range(10)
        ],
    ),
    _chart(
        "lime_stability",
        "Two seeds share most of the first features, least in the middle of the risk",
        [{"p": n / 40, "stability": round(4 + abs(n - 20) / 8) / 7, "fit": 0.8} for n in range(40)],
    ),
    _chart(
        "iv_bars",
        "Status separates most",
        _names(("status", 0.67), ("history", 0.29), ("duration", 0.27), ("telephone", 0.006)),
    ),
    _chart(
        "ks_curve",
        "The distance is largest at 455",
        [{"value": 400 + 5 * i, "events": (i / 40) ** 0.5, "non_events": (i / 40) ** 1.6} for i in range(41)],
        at=455,
        x="score",
    ),
    _chart(
        "steps",
        "The loss falls fast, then slowly",
        [{"step": n, "value": 1 / (n + 1)} for n in range(30)],
        y="loss",
    ),
]
