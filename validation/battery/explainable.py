"""What the explanation tests ask of a model: a prediction per row, its margin, and its structure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]
Encode = Callable[[pd.DataFrame], Any]


@dataclass(frozen=True)
class Trees:
    """Boosted trees with a native exact TreeSHAP.

    `encode` gives the booster's matrix; `groups[j]` is the raw feature that matrix column j belongs to.
    """

    booster: Any
    encode: Encode
    groups: Sequence[str]
    kind: str = "lightgbm"


@dataclass(frozen=True)
class Linear:
    """margin = intercept + encode(X)·coef; `groups[j]` is the raw feature of matrix column j."""

    coef: Floats
    intercept: float
    encode: Encode
    groups: Sequence[str]


@dataclass(frozen=True)
class Points:
    """A points scorecard: margin = intercept + slope · Σ points(X). `maximum` is the best attainable per feature.

    `points` gives one column per raw feature. More points are better, so `slope` is negative where the
    margin is the log-odds of the event.
    """

    points: Callable[[pd.DataFrame], pd.DataFrame]
    maximum: dict[str, float]
    slope: float
    intercept: float


@dataclass(frozen=True)
class Opaque:
    """Nothing is known but the predictions."""


Structure = Trees | Linear | Points | Opaque


class Explainable(Protocol):
    """A model that can be explained. `digest` is the SHA-256 of its artefact, in hexadecimal."""

    @property
    def digest(self) -> str: ...

    @property
    def features(self) -> Sequence[str]: ...

    @property
    def structure(self) -> Structure: ...

    def predict(self, X: pd.DataFrame) -> Floats:
        """Probability of the event per row."""
        ...

    def margin(self, X: pd.DataFrame) -> Floats:
        """The additive scale that SHAP explains (log-odds for the usual models)."""
        ...
