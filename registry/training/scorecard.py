"""Fitting a points scorecard: bins, weights of evidence, one logistic regression, whole points (scorecard-json, schema 1).

Bins of numbers start at quantiles; none is smaller than `smallest_bin`. Codes with like event rates are merged until
no bin is too small. A variable with too little information is left out. Points are rounded, so a score is a whole
number and its bits never depend on the machine.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mrm.kernel.errors import BadInput
from registry.training.rules import MOST_CODES

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

    Floats = npt.NDArray[np.float64]
    Whole = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Settings:
    """What a recipe may set."""

    smallest_bin: int = 35
    bins: int = 5
    least_information: float = 0.02
    points_to_double_odds: float = 20
    anchor_points: int = 600
    anchor_odds: float = 50.0
    C: float = 1.0
    grades: int = 5
    name: str = "scorecard"


@dataclass(frozen=True)
class Binned:
    """One variable in bins: their weights of evidence and the bin of every row."""

    woe: list[float]
    places: Whole
    edges: list[Any] | None = None
    groups: list[list[str]] | None = None

    @property
    def evidence(self) -> Floats:
        """The weight of evidence of every row."""
        import numpy as np

        found: Floats = np.array(self.woe)[self.places]
        return found

    @property
    def information(self) -> float:
        """How much the bins tell apart: the share of each times its squared weight of evidence."""
        import numpy as np

        weights = np.array(self.woe)
        share = np.bincount(self.places, minlength=len(weights)) / len(self.places)
        return float((share * weights**2).sum())


def fit(
    rows: pd.DataFrame, bad: Whole, kinds: Mapping[str, str], settings: Settings
) -> tuple[dict[str, Any], dict[str, Floats], dict[str, Any]]:
    """The card, the matrix it was fitted on by variable, and the coefficients."""
    import numpy as np
    from sklearn.linear_model import LogisticRegression

    variables = {name: binned(rows[name], bad, kinds[name], settings) for name in kinds}
    kept = {name: bins for name, bins in variables.items() if bins.information >= settings.least_information}
    if not kept:
        raise BadInput(
            "training_failed",
            f"No input reaches an information of {settings.least_information:g}; a card of them would rank nobody.",
            "Lower least_information, or give inputs that tell events from others.",
        )
    matrix = {name: bins.evidence for name, bins in kept.items()}
    fitted = LogisticRegression(C=settings.C, max_iter=1000).fit(np.column_stack(list(matrix.values())), bad)
    weights = dict(zip(kept, map(float, fitted.coef_[0]), strict=True))
    factor = settings.points_to_double_odds / math.log(2)
    # score = offset − factor · log-odds of bad, so that p = 1 / (1 + exp((score − offset) / factor))
    offset = settings.anchor_points - factor * math.log(settings.anchor_odds)
    card: dict[str, Any] = {
        "schema": 1,
        "name": settings.name,
        "offset": offset,
        "factor": factor,
        "base_points": round(offset - factor * float(fitted.intercept_[0])),
        "variables": [points(name, bins, weights[name] * factor) for name, bins in kept.items()],
    }
    card["grades"] = grades(scores(rows, card), settings.grades)
    return card, matrix, {"coefficients": weights, "intercept": float(fitted.intercept_[0])}


def binned(column: pd.Series[Any], bad: Whole, kind: str, settings: Settings) -> Binned:
    """Bins of one variable with their weights of evidence. Missing values fall into the riskiest bin."""
    return numbers(column, bad, settings) if kind == "number" else codes(column, bad, settings)


def numbers(column: pd.Series[Any], bad: Whole, settings: Settings) -> Binned:
    """Bins between edges at quantiles."""
    import numpy as np

    values = column.to_numpy(dtype="float64" if column.isna().any() else None)
    missing = np.isnan(values.astype("float64"))
    found = edges(values[~missing], settings)
    places = np.searchsorted(np.array(found), values, side="right")
    places[missing] = 0
    woe = weights_of_evidence(places[~missing], bad[~missing], len(found) + 1)
    places[missing] = int(np.argmin(woe))
    return Binned(woe, places, edges=found)


def edges(values: npt.NDArray[Any], settings: Settings) -> list[Any]:
    """Edges at quantiles, none that leaves a bin too small to judge."""
    import numpy as np

    whole = np.issubdtype(values.dtype, np.integer)
    found: list[Any] = []
    for step in range(1, settings.bins):
        at = float(np.quantile(values, step / settings.bins)) if len(values) else 0.0
        edge = int(at) if whole else at
        inside = values[(values >= (found[-1] if found else -np.inf)) & (values < edge)]
        if len(inside) >= settings.smallest_bin and (values >= edge).sum() >= settings.smallest_bin:
            found.append(edge)
    return found


def codes(column: pd.Series[Any], bad: Whole, settings: Settings) -> Binned:
    """Codes in groups of like event rates."""
    import numpy as np

    text = column.map(spelled, na_action="ignore")
    listed = sorted(text.dropna().unique())
    if len(listed) > MOST_CODES:
        raise BadInput(
            "training_failed",
            f"Input “{column.name}” has {len(listed):,} different codes; a scorecard bins at most {MOST_CODES}.",
            "Group the codes before, or leave the column out of the inputs.",
        )
    masks = {code: (text == code).to_numpy() for code in listed}
    rate = {code: float(bad[masks[code]].mean()) for code in listed}
    merged: list[list[str]] = [[code] for code in sorted(listed, key=lambda code: (rate[code], code))]
    size = {code: int(masks[code].sum()) for code in listed}
    while (
        len(merged) > 1 and min(sum(size[code] for code in group) for group in merged) < settings.smallest_bin
    ):
        small = min(range(len(merged)), key=lambda place: sum(size[code] for code in merged[place]))
        near = small - 1 if small else 1
        merged[near] = sorted(merged[near] + merged[small])
        del merged[small]
    place_of = {code: place for place, group in enumerate(merged) for code in group}
    missing = text.isna().to_numpy()
    places = np.array(text.map(place_of).fillna(0), dtype=np.int64)
    woe = weights_of_evidence(places[~missing], bad[~missing], max(1, len(merged)))
    places[missing] = int(np.argmin(woe))
    return Binned(woe, places, groups=merged)


def spelled(value: Any) -> str:
    """A code as it is compared: whole numbers without a point."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def weights_of_evidence(places: Whole, bad: Whole, bins: int) -> list[float]:
    """ln(share of goods / share of bads) of each bin, half a row added to each cell."""
    goods = [float(((places == place) & (bad == 0)).sum()) + 0.5 for place in range(bins)]
    bads = [float(((places == place) & (bad == 1)).sum()) + 0.5 for place in range(bins)]
    return [math.log(good / sum(goods) / (one / sum(bads))) for good, one in zip(goods, bads, strict=True)]


def points(name: str, bins: Binned, scale: float) -> dict[str, Any]:
    """One variable of the card: points fall where the weight of evidence says more risk."""
    given = [round(-scale * weight) for weight in bins.woe]
    if bins.groups is None:
        return {"name": name, "type": "number", "edges": bins.edges, "points": given, "missing": min(given)}
    listed = [{"codes": group, "points": value} for group, value in zip(bins.groups, given, strict=True)]
    return {"name": name, "type": "code", "bins": listed, "missing": min(given), "other": min(given)}


def scores(rows: pd.DataFrame, card: Mapping[str, Any]) -> Whole:
    """The score of every row."""
    import numpy as np

    total = np.full(len(rows), card["base_points"], dtype=np.int64)
    for item in card["variables"]:
        column = rows[item["name"]]
        if item["type"] == "number":
            values = column.to_numpy(dtype=np.float64)
            found = np.array(item["points"])[np.searchsorted(item["edges"], values, side="right")]
            total += np.where(np.isnan(values), item["missing"], found)
        else:
            value = {code: entry["points"] for entry in item["bins"] for code in entry["codes"]}
            text = column.map(spelled, na_action="ignore")
            total += text.map(value).fillna(item["other"]).to_numpy(dtype=np.int64)
    return total


def grades(found: Whole, count: int) -> dict[str, Any]:
    """Grades at quantiles of the score; A is the best."""
    import numpy as np

    names = [chr(ord("A") + place) for place in reversed(range(count))]
    between: Sequence[float] = [step / count for step in range(1, count)]
    at = sorted({int(np.quantile(found, share)) for share in between})
    return {"edges": at, "names": names[-len(at) - 1 :]}
