"""Explanations beside the libraries' own route: the same numbers, and not slower."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from tests.bench.kit.figures import Asked, Benchmark, Figure, Size, pairs
from validation.battery.attribution import Budget, attribute
from validation.battery.explain_lime import Lime
from validation.battery.explainable import Linear, Structure, Trees

Floats = npt.NDArray[np.float64]
BUDGET = Budget(rows=60, background=20, permutations=10, seed=1)
FEATURES = 6


@dataclass(frozen=True)
class Scorer:
    """A model with a known structure."""

    features: Sequence[str]
    structure: Structure
    raw: Callable[[pd.DataFrame], Floats]
    digest: str = "0" * 64

    def margin(self, X: pd.DataFrame) -> Floats:
        """Log-odds."""
        return self.raw(X)

    def predict(self, X: pd.DataFrame) -> Floats:
        """Probabilities."""
        return 1 / (1 + np.exp(-self.raw(X)))


def sample(rows: int, columns: int) -> tuple[pd.DataFrame, Floats]:
    """Numbers and an outcome."""
    draw = np.random.default_rng(5)
    X = pd.DataFrame(draw.normal(size=(rows, columns)), columns=[f"x{i}" for i in range(columns)])
    y = (draw.random(rows) < 1 / (1 + np.exp(-(X["x0"] - 0.5 * X["x1"] * X["x2"])))).astype(float)
    return X, y.to_numpy()


def trees(size: Size) -> Figure:
    """LightGBM beside shap's TreeExplainer, one thread each."""
    import lightgbm
    import shap

    X, y = sample(size(5_000, 300), 20)
    settings = {"objective": "binary", "verbose": -1, "num_threads": 1, "seed": 1, "num_leaves": 15}
    booster = lightgbm.train(settings, lightgbm.Dataset(X.to_numpy(), y), size(100, 10))
    model = Scorer(
        list(X.columns),
        Trees(booster, lambda frame: frame.to_numpy(), list(X.columns)),
        lambda frame: np.asarray(booster.predict(frame.to_numpy(), raw_score=True, num_threads=1)),
    )
    explainer = shap.TreeExplainer(booster)
    rows = X.iloc[: size(1_000, 50)]

    def ours() -> Floats:
        return attribute(model, rows, X, BUDGET, lambda *_: None).values

    def theirs() -> Floats:
        return np.asarray(explainer.shap_values(rows.to_numpy()))

    np.testing.assert_allclose(ours(), theirs(), rtol=1e-9, atol=1e-12)
    mine, other = pairs(ours, theirs, rounds=9)
    what = f"SHAP of {booster.num_trees()} trees, {len(rows):,} rows × 20, margin and check included"
    return Figure(
        what, mine, "shap TreeExplainer, explainer kept", other, Asked("times faster", 1), "equal to 1e-9"
    )


def linear(size: Size) -> Figure:
    """The closed form beside shap's LinearExplainer."""
    import shap

    X, _ = sample(size(20_000, 300), 20)
    coef = np.linspace(-1, 1, 20)
    names = list(X.columns)
    model = Scorer(
        names,
        Linear(coef, 0.3, lambda frame: frame.to_numpy(), names),
        lambda frame: frame.to_numpy() @ coef + 0.3,
    )

    def ours() -> Floats:
        return attribute(model, X, X, BUDGET, lambda *_: None).values

    def theirs() -> Floats:
        masker = shap.maskers.Independent(X.to_numpy(), max_samples=len(X))
        return np.asarray(shap.LinearExplainer((coef, 0.3), masker).shap_values(X.to_numpy()))

    np.testing.assert_allclose(ours(), theirs(), rtol=1e-9, atol=1e-12)
    mine, other = pairs(ours, theirs, rounds=9)
    return Figure(
        f"SHAP of a linear model, {len(X):,} rows × 20", mine, "shap LinearExplainer", other,
        Asked("times faster", 1), "equal to 1e-9",
    )  # fmt: skip


def lime(size: Size) -> Figure:
    """LIME of decisions, each with a seed of its own, beside the library with an explainer per seed."""
    from lime.lime_tabular import LimeTabularExplainer

    X, _ = sample(size(20_000, 300), FEATURES)
    coef = np.linspace(-1, 1, FEATURES)
    names = list(X.columns)
    model = Scorer(
        names,
        Linear(coef, 0.3, lambda frame: frame.to_numpy(), names),
        lambda frame: frame.to_numpy() @ coef + 0.3,
    )
    keep, many = Lime(model, X, X, 1000), size(20, 2)

    def native(row: Floats, seed: int) -> Floats:
        state: Any = np.random.RandomState(np.random.MT19937(np.random.SeedSequence(seed)))
        explainer = LimeTabularExplainer(
            X.to_numpy(), mode="classification", feature_names=names, discretize_continuous=True,
            random_state=state,
        )  # fmt: skip
        found = explainer.explain_instance(
            row, keep.predict, labels=(1,), num_features=FEATURES, num_samples=1000
        )
        weights = np.zeros(FEATURES)
        for place, weight in found.as_map()[1]:
            weights[place] = weight
        return weights

    table = X.to_numpy()

    def ours() -> Floats:
        return np.array([keep.weights(table[i], i)[0] for i in range(many)])

    def theirs() -> Floats:
        return np.array([native(table[i], i) for i in range(many)])

    np.testing.assert_array_equal(ours(), theirs())
    mine, other = pairs(ours, theirs, rounds=5)
    return Figure(
        f"LIME of one decision, {FEATURES} features, 1,000 samples, background of {len(X):,} rows",
        mine.each(many), "lime with a seed for each decision", other.each(many), Asked("times faster", 1, 5),
        "weights equal to the last bit",
    )  # fmt: skip


def measure(size: Size) -> Sequence[Figure]:
    """Trees, a linear model, LIME."""
    return [trees(size), linear(size), lime(size)]


BENCHMARK = Benchmark("explanations", measure)
