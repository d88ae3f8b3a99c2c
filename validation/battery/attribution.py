"""SHAP values per raw feature: exact where the structure of the model allows it, budgeted sampling else."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from validation.battery.coding import Coding
from validation.battery.errors import BatteryError
from validation.battery.explainable import Explainable, Linear, Points, Trees

Floats = npt.NDArray[np.float64]
Tick = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Attribution:
    """base + Σ values = margin, up to the residual; one column of `values` per raw feature."""

    features: list[str]
    base: float
    values: Floats
    margin: Floats
    route: str
    exact: bool

    @property
    def residual(self) -> float:
        """The largest gap between margin and the sum of its parts."""
        return float(np.abs(self.margin - self.base - self.values.sum(axis=1)).max(initial=0.0))

    @property
    def tolerance(self) -> float:
        """What rounding may leave, by the scale of the margin."""
        scale = max(
            1.0, float(np.abs(self.margin).max(initial=0.0)), float(np.abs(self.values).max(initial=0.0))
        )
        return (1e-9 if self.exact else 1e-6) * scale


@dataclass(frozen=True)
class Budget:
    """What sampling may cost for a model without an exact route."""

    rows: int
    background: int
    permutations: int
    seed: int


def rows_of(model: Explainable, frame: pd.DataFrame) -> pd.DataFrame:
    """The model's features in the model's order; a missing one is refused by name."""
    for name in model.features:
        if name not in frame.columns:
            raise BatteryError(
                "column_missing",
                f"The model needs the column “{name}”, and the data do not have it.",
                "Give data with every feature of the model.",
            )
    return frame[list(model.features)]


def attribute(
    model: Explainable, X: pd.DataFrame, background: pd.DataFrame, budget: Budget, tick: Tick
) -> Attribution:
    """SHAP values of the margin for the rows of X; `background` is the sample that absence is averaged over."""
    structure = model.structure
    names = list(model.features)
    margin = np.asarray(model.margin(X), dtype=np.float64)
    if isinstance(structure, Trees):
        base, values = _trees(structure, X, names)
        return Attribution(
            names, base, values, margin, "TreeSHAP of the booster (path-dependent)", exact=True
        )
    if isinstance(structure, Linear):
        base, values = _linear(structure, X, background, names)
        return Attribution(names, base, values, margin, "closed form of a linear model", exact=True)
    if isinstance(structure, Points):
        base, values = _points(structure, X, background, names)
        return Attribution(names, base, values, margin, "closed form of a points scorecard", exact=True)
    base, values = _sampled(model, X, background, budget, tick)
    route = f"permutation SHAP, {budget.permutations} permutations, {budget.background} background rows"
    return Attribution(names, base, values, margin, route, exact=False)


def fold(values: Floats, groups: Sequence[str], names: list[str]) -> Floats:
    """Columns of an encoded matrix summed to the raw features they came from."""
    at = {name: i for i, name in enumerate(names)}
    folded = np.zeros((len(values), len(names)))
    for column, group in enumerate(groups):
        folded[:, at[group]] += values[:, column]
    return folded


def _trees(structure: Trees, X: pd.DataFrame, names: list[str]) -> tuple[float, Floats]:
    matrix = structure.encode(X)
    if structure.kind == "lightgbm":
        raw = structure.booster.predict(matrix, pred_contrib=True, num_threads=1)
    elif structure.kind == "xgboost":
        raw = structure.booster.predict(matrix, pred_contribs=True)
    else:
        raise BatteryError(
            "booster_unknown",
            f"There is no exact route for boosters of the kind {structure.kind}.",
            "Give the structure Opaque to explain it by sampling.",
        )
    found = np.asarray(raw, dtype=np.float64)
    return float(found[0, -1]) if len(found) else 0.0, fold(found[:, :-1], structure.groups, names)


def _linear(
    structure: Linear, X: pd.DataFrame, background: pd.DataFrame, names: list[str]
) -> tuple[float, Floats]:
    coef = np.asarray(structure.coef, dtype=np.float64)
    mean = _dense(structure.encode(background)).mean(axis=0)
    values = (_dense(structure.encode(X)) - mean) * coef
    return float(structure.intercept + (mean * coef).sum()), fold(values, structure.groups, names)


def _points(
    structure: Points, X: pd.DataFrame, background: pd.DataFrame, names: list[str]
) -> tuple[float, Floats]:
    used = [name for name in names if name in structure.maximum]
    mean = structure.points(background)[used].to_numpy(dtype=np.float64).mean(axis=0)
    points = structure.points(X)[used].to_numpy(dtype=np.float64)
    base = structure.intercept + structure.slope * float(mean.sum())
    return base, fold(structure.slope * (points - mean), used, names)


def _dense(matrix: Any) -> Floats:
    array = matrix.toarray() if hasattr(matrix, "toarray") else matrix
    dense: Floats = np.asarray(array, dtype=np.float64)
    return dense


def _sampled(
    model: Explainable, X: pd.DataFrame, background: pd.DataFrame, budget: Budget, tick: Tick
) -> tuple[float, Floats]:
    """Shapley values over drawn permutations, each with its reverse; features come in one after the other.

    The same permutations serve every row, so a row's answer does not depend on the rows beside it. The
    library's permutation explainer does the same sum; it compiles for half a minute in each new process.
    """
    spread = background.iloc[evenly(len(background), budget.background)]
    coding = Coding.of(background, X)
    absent, rows = coding.encode(spread), coding.encode(X)
    count = rows.shape[1]
    draw = np.random.default_rng(budget.seed)
    orders = [order for _ in range(budget.permutations) for order in _both_ways(draw.permutation(count))]
    values = np.zeros((len(X), count))
    base = float(np.mean(model.margin(coding.decode(absent))))
    for i, row in enumerate(rows):
        mixed = np.concatenate([_entering(row, absent, order) for order in orders])
        margins = np.asarray(model.margin(coding.decode(mixed)), dtype=np.float64)
        means = margins.reshape(len(orders), count, len(absent)).mean(axis=2)
        for order, path in zip(orders, means, strict=True):
            values[i, order] += np.diff(path, prepend=base)
        tick(i + 1, len(X), "SHAP by permutation")
    return base, values / len(orders)


def _both_ways(order: npt.NDArray[np.int64]) -> list[npt.NDArray[np.int64]]:
    return [order, order[::-1]]


def _entering(row: Floats, absent: Floats, order: npt.NDArray[np.int64]) -> Floats:
    """The background rows with the first 1, 2, … features of the order replaced by those of the row."""
    steps = np.repeat(absent[None, :, :], len(order), axis=0)
    for k, feature in enumerate(order):
        steps[k:, :, feature] = row[feature]
    return steps.reshape(-1, absent.shape[1])


def evenly(length: int, wanted: int) -> npt.NDArray[np.int64]:
    """`wanted` positions of `length`, evenly spread; all when there are fewer."""
    if wanted <= 0 or length <= wanted:
        return np.arange(length, dtype=np.int64)
    return np.floor((np.arange(wanted) + 0.5) * length / wanted).astype(np.int64)
