"""Models of every structure on the German credit data, for tests of the explanations."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from validation.battery import Linear, Opaque, Points, Trees

Floats = npt.NDArray[np.float64]
COLUMNS = [
    "status",
    "duration",
    "credit_history",
    "purpose",
    "amount",
    "savings",
    "employment",
    "installment_rate",
    "personal_status",
    "other_debtors",
    "residence",
    "property",
    "age",
    "other_installments",
    "housing",
    "existing_credits",
    "job",
    "dependants",
    "telephone",
    "foreign_worker",
    "outcome",
]
FEATURES = COLUMNS[:-1]
ROLES = {**dict.fromkeys(FEATURES, "feature"), "outcome": "y"}
DIGEST = "0" * 64


@lru_cache(maxsize=1)
def german() -> pd.DataFrame:
    """The 1,000 loans as published."""
    file = Path(__file__).parents[3] / "mrm/demo/data/german-credit/german.data"
    return pd.read_csv(file, sep=" ", header=None, names=COLUMNS)


@dataclass(frozen=True)
class Model:
    """A model made of functions."""

    features: list[str]
    structure: Any
    log_odds: Any
    digest: str = DIGEST

    def margin(self, X: pd.DataFrame) -> Floats:
        return np.asarray(self.log_odds(X), dtype=np.float64)

    def predict(self, X: pd.DataFrame) -> Floats:
        return 1 / (1 + np.exp(-self.margin(X)))


class Dummies:
    """Numbers standardised, categories as dummies, with the raw feature of each column."""

    def __init__(self, frame: pd.DataFrame, features: list[str]) -> None:
        self.parts: list[tuple[str, Any]] = []
        for name in features:
            if pd.api.types.is_numeric_dtype(frame[name]):
                self.parts.append((name, (frame[name].mean(), frame[name].std())))
            else:
                self.parts += [(name, value) for value in sorted(frame[name].unique())]
        self.groups = [name for name, _ in self.parts]

    def __call__(self, X: pd.DataFrame) -> Floats:
        columns = [
            (X[name].to_numpy(dtype=float) - how[0]) / how[1]
            if isinstance(how, tuple)
            else (X[name] == how).to_numpy(dtype=float)
            for name, how in self.parts
        ]
        return np.column_stack(columns)


@lru_cache(maxsize=1)
def linear() -> Model:
    """A logistic regression."""
    from sklearn.linear_model import LogisticRegression

    frame = german()
    encode = Dummies(frame, FEATURES)
    fit = LogisticRegression(C=0.5, max_iter=2000).fit(encode(frame), frame["outcome"] == 2)
    coef, intercept = fit.coef_[0], float(fit.intercept_[0])
    return Model(
        FEATURES, Linear(coef, intercept, encode, encode.groups), lambda X: encode(X) @ coef + intercept
    )


@lru_cache(maxsize=1)
def trees() -> Model:
    """A small LightGBM with native categories."""
    import lightgbm

    frame = german()
    kinds = {n: sorted(frame[n].unique()) for n in FEATURES if not pd.api.types.is_numeric_dtype(frame[n])}

    def encode(X: pd.DataFrame) -> Floats:
        columns = [
            pd.Categorical(X[n], categories=kinds[n]).codes if n in kinds else X[n].to_numpy(dtype=float)
            for n in FEATURES
        ]
        return np.column_stack(columns).astype(np.float64)

    where = [i for i, n in enumerate(FEATURES) if n in kinds]
    data = lightgbm.Dataset(encode(frame), label=(frame["outcome"] == 2), categorical_feature=where)
    settings = {
        "objective": "binary",
        "num_leaves": 8,
        "num_threads": 1,
        "deterministic": True,
        "seed": 1,
        "verbose": -1,
    }
    booster = lightgbm.train(settings, data, num_boost_round=60)
    return Model(
        FEATURES,
        Trees(booster, encode, FEATURES),
        lambda X: booster.predict(encode(X), raw_score=True, num_threads=1),
    )


@lru_cache(maxsize=1)
def scorecard() -> Model:
    """Weights of evidence of six variables as points."""
    frame = german()
    bad = frame["outcome"] == 2
    names = ["status", "credit_history", "savings", "purpose", "housing", "employment"]
    table: dict[str, dict[str, float]] = {}
    for name in names:
        counts = pd.crosstab(frame[name], bad)
        woe = np.log(
            (counts[False] + 0.5) / counts[False].sum() / ((counts[True] + 0.5) / counts[True].sum())
        )
        table[name] = {str(k): float(round(20 * v)) for k, v in woe.items()}

    def points(X: pd.DataFrame) -> pd.DataFrame:
        return pd.DataFrame({n: X[n].map(table[n]).to_numpy(dtype=float) for n in names})

    slope, intercept = -1 / 20, float(np.log(bad.mean() / (1 - bad.mean())))
    structure = Points(points, {n: max(table[n].values()) for n in names}, slope, intercept)
    return Model(names, structure, lambda X: intercept + slope * points(X).to_numpy().sum(axis=1))


def opaque(model: Model) -> Model:
    """The same model with nothing known of it."""
    return Model(model.features, Opaque(), model.log_odds)
