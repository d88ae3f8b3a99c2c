"""Stability: is the population now the one the model was built on?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from validation.battery.binning import bins, is_number, shares
from validation.battery.case import Case
from validation.battery.catalogue import catalogued
from validation.battery.chart import chart, short
from validation.battery.errors import BatteryError
from validation.battery.result import AMBER, GREEN, Result, Row, judge, plain_value, worst
from validation.battery.special import chi2_quantile, kolmogorov_sf

Counts = npt.NDArray[Any]


@dataclass(frozen=True)
class Two:
    """Two samples of the same columns: the first is what is expected."""

    first: pd.DataFrame
    second: pd.DataFrame
    words: str


def two_samples(case: Case, base: str | None, now: str | None) -> Two:
    """The reference frame against the frame, or two segments of the frame."""
    if case.reference is not None:
        return Two(case.reference, case.frame, "reference sample against this sample")
    column = case.find("segment")
    if column is None:
        raise BatteryError(
            "second_sample_missing",
            f"{case.test_id} compares two samples, and there is one.",
            "Give a reference sample, or a column with the role “segment” that tells the two apart.",
        )
    labels = case.frame[column].map(lambda v: str(plain_value(v)))
    names = sorted(labels[case.frame[column].notna()].unique())
    if base is None or now is None:
        if len(names) != 2:
            raise BatteryError(
                "segments_not_two",
                f"The segment column “{column}” has {len(names)} values; which two to compare is not said.",
                "Set the parameters base and now.",
            )
        base = base or next(name for name in names if name != now)
        now = now or next(name for name in names if name != base)
    for wanted in (base, now):
        if wanted not in names:
            raise BatteryError(
                "segment_unknown",
                f"The segment “{wanted}” does not occur in “{column}”.",
                f"There are: {', '.join(names)}.",
            )
    return Two(case.frame[labels == base], case.frame[labels == now], f"segment {base} against {now}")


def psi_of(expected: Counts, actual: Counts, smoothing: float) -> float | None:
    """Σ(p2 − p1)·ln(p2/p1); None when a share is 0."""
    p1, p2 = shares(expected, smoothing), shares(actual, smoothing)
    if (p1 <= 0).any() or (p2 <= 0).any():
        return None
    return float(((p2 - p1) * np.log(p2 / p1)).sum())


@catalogued(
    "stab.psi",
    title="Population stability index, and per variable",
    area="performance",
    reference="Lewis (1994); Yurdakul (2018), Statistical properties of the population stability index",
    needs=(),
    optional=("bin", "expected", "actual", "segment", "p", "score", "feature"),
    thresholds={"amber_above": 0.1, "red_above": 0.25},
    h0="both samples come from the same distribution",
    direction="a larger index means a larger shift",
)
def psi(
    case: Case,
    *,
    base: str | None = None,
    now: str | None = None,
    features: list[str] | None = None,
    smoothing: float = 0.5,
    bin_count: int = 10,
    confidence: float = 0.95,
) -> Result:
    """Purpose. How far the distribution of the score, and of each variable, has moved.

    Formula. PSI = Σ (p2 − p1)·ln(p2/p1) with shares (n + s)/Σ(n + s). Zero cells: smoothing s (½ by default)
    is added to every cell; with s = 0 an empty cell leaves the index undefined.
    Bins. As given (bin, expected, actual), else quantiles of the first sample for numbers, categories as they
    are; missing is a bin of its own.
    Sample. Without any shift the index is about χ²(B−1)·(1/n + 1/m): that quantile is printed beside it. With
    ten bins and n = m = 200 a third of the indices exceed .10 by chance. A limit that is exceeded while the index
    stays below the quantile is amber, never red.
    Hypothesis. H0: same distribution.
    Inputs. A table of bins with counts; or a reference sample; or a segment column (`base` against `now`).
    Undefined. One bin, or a sample without rows.
    Limits. .10 and .25 are industry habit, not theory; the index depends on the bins.
    Source. Lewis (1994), An introduction to credit scoring; Yurdakul (2018).
    """
    if case.has("expected", "actual"):
        return _psi_of_table(case, smoothing, confidence)
    two = two_samples(case, base, now)
    sample = {
        **case.sample(len(two.second), given=len(two.first) + len(two.second)),
        "reference_n": len(two.first),
        "period": two.words,
    }
    if min(len(two.first), len(two.second)) == 0:
        return case.undefined("one of the samples has no rows", sample=sample)
    main = case.find("p") or case.find("score") or case.find("grade")
    names = case.features(features)
    columns = [c for c in ([main] if main else []) + names if c in two.first.columns]
    if not columns:
        raise BatteryError(
            "role_missing",
            "stab.psi finds no column that both samples have.",
            "Give roles p, score or feature.",
        )
    rows, charts = [], []
    for name in dict.fromkeys(columns):
        found = bins(two.first[name], two.second[name], bin_count)
        expected, actual = found.counts()
        row = _psi_row(case, name, expected, actual, (smoothing, confidence))
        rows.append(row)
        if name == columns[0]:
            charts.append(_psi_chart(row, found.labels, expected, actual))
    head = rows[0]
    if head["psi"] is None:
        return case.undefined(head["reason"], rows=rows, sample=sample)
    return case.result(
        statistic=head["psi"],
        rows=rows,
        sample=sample,
        method=f"{two.words}; smoothing {smoothing:g} in every cell; the statistic is that of “{columns[0]}”",
        facts={"quantile": head["quantile"], "of": columns[0]},
        charts=charts,
        light=worst(*(row["light"] for row in rows)),
    )


def _psi_of_table(case: Case, smoothing: float, confidence: float) -> Result:
    expected, actual = case.numbers(case.need("expected")), case.numbers(case.need("actual"))
    column = case.find("bin")
    labels = [str(v) for v in case.frame[column]] if column else [str(i + 1) for i in range(len(expected))]
    if np.isnan(expected).any() or np.isnan(actual).any() or min(expected.min(), actual.min()) < 0:
        raise BatteryError(
            "counts_wrong", "A bin lacks a count, or has a negative one.", "Give counts of rows."
        )
    row = _psi_row(case, "bins", expected, actual, (smoothing, confidence))
    sample = {
        "m": int(actual.sum()),
        "n": int(actual.sum()),
        "reference_n": int(expected.sum()),
        "exclusions": [],
    }
    if row["psi"] is None:
        return case.undefined(row["reason"], sample=sample)
    terms = _terms(expected, actual, smoothing)
    return case.result(
        statistic=row["psi"],
        rows=[
            {
                "bin": label,
                "expected": float(expected[i]),
                "actual": float(actual[i]),
                "term": float(terms[i]),
            }
            for i, label in enumerate(labels)
        ],
        sample=sample,
        method=f"bins as given; smoothing {smoothing:g} in every cell",
        facts={"quantile": row["quantile"], "of": "bins"},
        charts=[_psi_chart(row, labels, expected, actual)],
        light=row["light"],
    )


def _terms(expected: Counts, actual: Counts, smoothing: float) -> Counts:
    p1, p2 = shares(expected, smoothing), shares(actual, smoothing)
    terms: Counts = (p2 - p1) * np.log(p2 / p1)
    return terms


def _psi_row(case: Case, name: str, expected: Counts, actual: Counts, how: tuple[float, float]) -> Row:
    smoothing, confidence = how
    n, m, size = float(expected.sum()), float(actual.sum()), len(expected)
    row: Row = {"variable": name, "psi": None, "bins": size, "n": n, "m": m, "quantile": None, "reason": ""}
    if size < 2 or min(n, m) == 0:
        row["reason"] = f"“{name}” has a single bin or an empty sample"
    else:
        row["psi"] = psi_of(expected, actual, smoothing)
        row["quantile"] = chi2_quantile(confidence, size - 1) * (1 / n + 1 / m)
        if row["psi"] is None:
            row["reason"] = f"“{name}” has an empty cell, and no smoothing is set"
    light = judge(row["psi"], None, case.thresholds)
    by_chance = row["psi"] is not None and row["psi"] <= row["quantile"]
    row["within_chance"] = by_chance
    row["light"] = AMBER if by_chance and light not in (GREEN, "shown") else light
    return row


def _psi_chart(row: Row, labels: list[str], expected: Counts, actual: Counts) -> dict[str, Any]:
    p1, p2 = shares(expected, 0), shares(actual, 0)
    data = [{"bin": label, "expected": p1[i], "actual": p2[i]} for i, label in enumerate(labels)][:60]
    at = int(np.abs(p2 - p1).argmax())
    moved = "gained" if p2[at] > p1[at] else "lost"
    title = (
        f"The bin {labels[at]} {moved} most: from {short(100 * p1[at], 1)} % to {short(100 * p2[at], 1)} %"
    )
    subtitle = f"Share of rows per bin of {row['variable']}; {row['n']:.0f} expected, {row['m']:.0f} actual"
    return chart("psi_bins", "psi_bins", title, subtitle, data, psi=row["psi"], quantile=row["quantile"])


@catalogued(
    "stab.ks",
    title="Two-sample Kolmogorov–Smirnov test of the score",
    area="performance",
    reference="Kolmogorov–Smirnov two-sample statistic",
    needs=("p|score",),
    optional=("segment",),
    thresholds={"amber_p_below": 0.05, "red_p_below": 0.001},
    h0="both samples come from the same distribution",
    direction="a small p-value means a shift",
)
def ks(case: Case, *, base: str | None = None, now: str | None = None) -> Result:
    """Purpose. Has the distribution of the score shifted, without choosing bins?

    Formula. D = max |F_1 − F_2|; p-value from the asymptotic Kolmogorov distribution.
    Hypothesis. H0: same distribution. Two-sided; a small p-value means a shift.
    Inputs. p or score in a reference sample and this one, or in two segments.
    Undefined. A sample without values.
    Limits. In large samples shifts without importance are significant; ties make the p-value too large.
    Source. Kolmogorov (1933), Smirnov (1939).
    """
    two = two_samples(case, base, now)
    name = case.find("p") or case.need("score")
    if name not in two.first.columns:
        raise BatteryError(
            "column_missing", f"The reference sample has no column “{name}”.", "Add the column."
        )
    if not (is_number(two.first[name]) and is_number(two.second[name])):
        raise BatteryError("not_a_number", f"Column “{name}” is not numeric.", "Choose the score column.")
    a = np.sort(two.first[name].dropna().to_numpy(dtype=np.float64))
    b = np.sort(two.second[name].dropna().to_numpy(dtype=np.float64))
    given = len(two.first) + len(two.second)
    sample = case.sample(len(b), (f"no value in “{name}”", given - len(a) - len(b)), given=given)
    if min(len(a), len(b)) == 0:
        return case.undefined("one of the samples has no values", sample=sample)
    points = np.concatenate([a, b])
    gap = np.abs(
        np.searchsorted(a, points, side="right") / len(a) - np.searchsorted(b, points, side="right") / len(b)
    )
    distance = float(gap.max())
    p = kolmogorov_sf(distance, len(a), len(b))
    return case.result(
        statistic=distance,
        p_value=p,
        sample={**sample, "reference_n": len(a), "period": two.words},
        method=f"{two.words} on “{name}”; asymptotic p-value",
        light=judge(None, p, case.thresholds),
    )
