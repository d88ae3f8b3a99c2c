"""Grades for the calibration tests: given, from grade rows, or ten quantile groups of p."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from validation.battery.case import Case
from validation.battery.result import plain_value

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Grades:
    """Obligors, defaults and PD per grade, and where the grades come from."""

    names: list[str]
    n: Whole
    d: Whole
    pd: Floats
    source: str
    sample: dict[str, Any]

    @property
    def portfolio_pd(self) -> float:
        """The number-weighted PD."""
        return float((self.n * self.pd).sum() / self.n.sum())


def grades(case: Case, count: int = 10) -> Grades:
    """The grades a calibration test works on; empty ones are dropped."""
    if case.has("n", "d", "pd"):
        n, d, p = case.grade_counts()
        column = case.find("grade")
        names = [str(v) for v in case.frame[column]] if column else [str(i + 1) for i in range(len(n))]
        keep = n > 0
        sample = case.sample(int(n.sum()), given=int(n.sum()))
        kept = [name for name, k in zip(names, keep, strict=True) if k]
        return Grades(kept, n[keep], d[keep], p[keep], "grades as given, each with its PD", sample)
    return _from_obligors(case, count)


def _from_obligors(case: Case, count: int) -> Grades:
    scored = case.scored()
    p = scored.p if scored.p is not None else case.numbers(case.need("p"))[scored.index]
    column = case.find("grade")
    if column is not None:
        labels = [str(plain_value(v)) for v in case.frame[column].iloc[scored.index]]
        found, place = np.unique(np.array(labels, dtype=object).astype(str), return_inverse=True)
        names = [str(name) for name in found]
        source = f"grades of “{column}”; the PD of a grade is the mean of its obligors’ PDs"
    else:
        place = quantile_groups(p, count)
        names = [f"p{i + 1:02d}" for i in range(int(place.max()) + 1 if len(place) else 0)]
        source = f"{len(names)} groups by quantiles of p (equal values stay together); their PD is the mean"
    n = np.bincount(place, minlength=len(names)).astype(np.int64)
    d = np.bincount(place, weights=scored.y, minlength=len(names)).round().astype(np.int64)
    mean = np.bincount(place, weights=p, minlength=len(names)) / np.maximum(n, 1)
    order = np.argsort(mean, kind="stable")
    return Grades([names[i] for i in order], n[order], d[order], mean[order], source, scored.sample)


def quantile_groups(values: Floats, count: int) -> Whole:
    """The group 0, 1, … of each value by quantiles; equal values stay together, empty groups close up."""
    if len(values) == 0:
        return np.zeros(0, dtype=np.int64)
    edges = np.unique(np.quantile(values, np.arange(1, count) / count, method="inverted_cdf"))
    place = np.searchsorted(edges, values, side="left")
    groups: Whole = np.unique(place, return_inverse=True)[1].astype(np.int64)
    return groups
