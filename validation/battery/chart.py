"""Charts as data: what is seen, what is drawn, the rows. How it is drawn is the page's and the paper's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from validation.battery.ranking import Cumulative, thin
from validation.battery.result import Chart, plain_value

Floats = npt.NDArray[np.float64]
KINDS = (
    "roc",
    "calibration",
    "forest",
    "bars",
    "beeswarm",
    "dependence",
    "distribution",
    "psi_bins",
    "lime_stability",
    "iv_bars",
    "ks_curve",
)


def chart(
    name: str, kind: str, title: str, subtitle: str, data: Sequence[dict[str, Any]], **options: Any
) -> Chart:
    """One chart of a result."""
    if kind not in KINDS:
        raise ValueError(f"no chart is of the kind {kind}")
    return {
        "name": name,
        "title": title,
        "subtitle": subtitle,
        "kind": kind,
        "data": [plain_value(row) for row in data],
        "options": plain_value(options),
    }


def short(value: float, digits: int = 3) -> str:
    """A number in a sentence: .819, −.02, 1.3e−07."""
    if value != 0 and abs(value) < 10**-digits:
        return f"{value:.1e}".replace("-", "−")
    text = f"{value:.{digits}f}".replace("-", "−")
    return text.replace("0.", ".", 1) if text.lstrip("−").startswith("0.") else text


def roc(curve: Cumulative, subtitle: str, title: str) -> Chart:
    """The ROC curve, at most 400 points."""
    keep = thin(len(curve.cut), 399)
    data = [{"fpr": 0.0, "tpr": 0.0}]
    data += [{"fpr": float(curve.others[i]), "tpr": float(curve.events[i])} for i in keep]
    return chart("roc", "roc", title, subtitle, data)


def distribution(y: Floats, value: Floats, what: str, bins: int = 40) -> Chart:
    """Share of events and of non-events per interval of the value."""
    low, high = float(value.min()), float(value.max())
    edges = np.linspace(low, high if high > low else low + 1, bins + 1)
    data = []
    for label, chosen in (("event", y == 1), ("non-event", y == 0)):
        counts = np.histogram(value[chosen], bins=edges)[0]
        total = max(1, int(counts.sum()))
        data += [
            {
                "low": float(edges[i]),
                "high": float(edges[i + 1]),
                "outcome": label,
                "share": c / total,
                "n": int(c),
            }
            for i, c in enumerate(counts)
        ]
    events, others = value[y == 1], value[y == 0]
    side = "higher" if float(np.median(events)) > float(np.median(others)) else "not higher"
    title = f"Events have {side} values of {what} than non-events in the middle of their distributions"
    subtitle = f"Share of each outcome per interval of {what}; {len(events)} events, {len(others)} non-events"
    return chart("distribution", "distribution", title, subtitle, data, x=what)
