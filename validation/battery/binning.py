"""Bins for distributions: categories as they are, numbers by quantiles of the first sample."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from validation.battery.result import plain_value

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]
MISSING = "missing"


@dataclass(frozen=True)
class Bins:
    """Named bins and the bin of each row of one or two samples."""

    labels: list[str]
    first: Whole
    second: Whole

    def counts(self) -> tuple[Whole, Whole]:
        """Rows per bin of both samples."""
        size = len(self.labels)
        return (
            np.bincount(self.first, minlength=size).astype(np.int64),
            np.bincount(self.second, minlength=size).astype(np.int64),
        )


def is_number(values: pd.Series) -> bool:
    """Whether a column holds numbers (true and false are categories)."""
    return bool(pd.api.types.is_numeric_dtype(values)) and not bool(pd.api.types.is_bool_dtype(values))


def bins(first: pd.Series, second: pd.Series | None = None, count: int = 10) -> Bins:
    """Common bins of two samples of one variable; edges come from the first, missing is a bin of its own."""
    other = first.iloc[:0] if second is None else second
    if is_number(first) and is_number(other):
        return _numeric(_array(first), _array(other), count)
    a, b = coded(first), coded(other)
    texts = {MISSING if text is None else text for text in (*a.seen, *b.seen)}
    labels = sorted(texts - {MISSING}) + ([MISSING] if MISSING in texts else [])
    at = {label: i for i, label in enumerate(labels)}
    return Bins(labels, _places(a, at), _places(b, at))


@dataclass(frozen=True)
class Coded:
    """Values as codes into their texts; the code −1, the last of `texts`, is a missing value."""

    codes: Whole
    texts: list[str | None]

    @property
    def seen(self) -> list[str | None]:
        """The texts that occur."""
        return self.texts if bool((self.codes < 0).any()) else self.texts[:-1]


def coded(values: pd.Series) -> Coded:
    """A column as codes: each distinct value is put into words once, however many rows there are."""
    codes, distinct = pd.factorize(values)
    return Coded(codes.astype(np.int64), [*(str(plain_value(value)) for value in distinct), None])


def _places(values: Coded, at: dict[str, int]) -> Whole:
    places = [at.get(MISSING if text is None else text, -1) for text in values.texts]
    return np.array(places, dtype=np.int64)[values.codes]


def _array(values: pd.Series) -> Floats:
    array: Floats = values.to_numpy(dtype=np.float64, na_value=np.nan)
    return array


def _numeric(first: Floats, second: Floats, count: int) -> Bins:
    known = first[~np.isnan(first)]
    edges = (
        np.unique(np.quantile(known, np.arange(1, count) / count, method="inverted_cdf"))
        if len(known)
        else known
    )
    if len(known):
        edges = edges[edges < known.max()]
    a, b = np.searchsorted(edges, first, side="left"), np.searchsorted(edges, second, side="left")
    labels = [_label(edges, i) for i in range(len(edges) + 1)]
    if np.isnan(first).any() or np.isnan(second).any():
        a = np.where(np.isnan(first), len(labels), a)
        b = np.where(np.isnan(second), len(labels), b)
        labels.append(MISSING)
    return Bins(labels, a.astype(np.int64), b.astype(np.int64))


def _label(edges: Floats, i: int) -> str:
    if len(edges) == 0:
        return "all"
    if i == 0:
        return f"≤ {edges[0]:.6g}"
    if i == len(edges):
        return f"> {edges[-1]:.6g}"
    return f"{edges[i - 1]:.6g} – {edges[i]:.6g}"


def shares(counts: Floats | Whole, smoothing: float) -> Floats:
    """(n + s)/Σ(n + s)."""
    smooth = np.asarray(counts, dtype=np.float64) + smoothing
    result: Floats = smooth / smooth.sum()
    return result
