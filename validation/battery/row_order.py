"""A column that is not attached to its rows: sorted or shuffled on its own, somewhere on the way."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from validation.battery.binning import is_number
from validation.battery.case import Case
from validation.battery.catalogue import catalogued
from validation.battery.chart import short
from validation.battery.result import GREEN, RED, Result, Row, plain_value
from validation.battery.special import chi2_sf, normal_sf

Whole = npt.NDArray[np.int64]
MOST_GROUPS, MOST_VALUES = 60, 10


@dataclass(frozen=True)
class Runs:
    """Number of runs of equal values, what chance gives, and the two-sided p-value."""

    runs: int
    expected: float
    p_value: float


def runs_test(groups: Whole) -> Runs | None:
    """The runs test for several kinds of element (Barton and David); None for a constant column."""
    n = float(len(groups))
    counts = np.bincount(groups).astype(np.float64)
    squares, cubes = float((counts**2).sum()), float((counts**3).sum())
    runs = int((groups[1:] != groups[:-1]).sum()) + 1
    expected = (n * (n + 1) - squares) / n
    variance = (squares * (squares + n * (n + 1)) - 2 * n * cubes - n**3) / (n * n * (n - 1))
    if variance <= 0:
        return None
    return Runs(runs, expected, min(1.0, 2 * normal_sf(abs((runs - expected) / math.sqrt(variance)))))


def association_p(a: Whole, b: Whole) -> float | None:
    """p of Pearson's χ² of two groupings; None when one of them is constant."""
    width = int(b.max()) + 1
    table = (
        np.bincount(a * width + b, minlength=(int(a.max()) + 1) * width).reshape(-1, width).astype(np.float64)
    )
    table = table[table.sum(axis=1) > 0][:, table.sum(axis=0) > 0]
    df = (table.shape[0] - 1) * (table.shape[1] - 1)
    if df == 0:
        return None
    expected = table.sum(axis=1, keepdims=True) * table.sum(axis=0, keepdims=True) / table.sum()
    return chi2_sf(float(((table - expected) ** 2 / expected).sum()), df)


def _groups(values: pd.Series) -> Whole:
    """Left-closed quartiles for numbers with more than ten values, else categories; missing is a group."""
    if is_number(values) and values.nunique() > MOST_VALUES:
        array = values.to_numpy(dtype=np.float64, na_value=np.nan)
        known = ~np.isnan(array)
        groups = np.zeros(len(array), dtype=np.int64)
        edges = np.quantile(array[known], [0.25, 0.5, 0.75])
        groups[known] = np.searchsorted(edges, array[known], side="right") + 1
        return groups
    texts = [None if gone else str(plain_value(v)) for v, gone in zip(values, values.isna(), strict=True)]
    counts: dict[str | None, int] = {}
    for text in texts:
        counts[text] = counts.get(text, 0) + 1
    common = sorted(counts, key=lambda text: (-counts[text], str(text)))[:MOST_GROUPS]
    at = {text: i for i, text in enumerate(common)}
    return np.array([at.get(text, MOST_GROUPS) for text in texts], dtype=np.int64)


@catalogued(
    "dq.row_order",
    title="Columns attached to their rows",
    area="data",
    reference="the battery's own definition; Barton and David (1957) for the runs test",
    h0="the order of the rows is random with respect to the column",
    direction="red when a column is ordered and related to no other column: its values are not its rows'",
)
def row_order(case: Case, *, runs_alpha: float = 1e-6, association_alpha: float = 0.05) -> Result:
    """Purpose. Find a column that was sorted or shuffled alone, so that its values belong to other rows. Counts
    and shares stay right, so no profile shows it, and every test by that column is void.

    Formula. Per column: the runs test for several kinds of element over the order of the rows (two-sided), and
    Pearson's χ² with each other column. Red when the runs test rejects at `runs_alpha` AND no association
    has p below `association_alpha`/(k − 1), k the number of columns compared.
    Groups. Quartiles (left-closed) for numbers with more than ten values, else categories as they are (beyond 60
    the rare ones together), missing apart.
    Hypothesis. H0: the order of the rows says nothing of the column. A file that was sorted by a right column
    rejects too, but that column stays related to others.
    Inputs. Any data in its file order; columns with the role key or date are skipped.
    Undefined. Fewer than two columns that vary, or fewer than 20 rows.
    Limits. A right column that is truly unrelated to all others, in a file sorted by it, is flagged too: a
    person decides. A column that was shuffled (not sorted) alone has no runs to show and is not found here.
    Source. The battery's own definition; Barton and David, Biometrika 44 (1957).
    """
    skipped = {"key", "date"}
    names = [str(c) for c in case.frame.columns if case.roles.get(str(c)) not in skipped]
    sample = case.sample(len(case.frame))
    if len(case.frame) < 20:
        return case.undefined("fewer than 20 rows", sample=sample)
    grouped = {name: _groups(case.frame[name]) for name in names}
    tests = {name: found for name, groups in grouped.items() if (found := runs_test(groups)) is not None}
    varying = list(tests)
    if len(varying) < 2:
        return case.undefined("fewer than two columns vary", sample=sample)
    limit = association_alpha / (len(varying) - 1)
    least = _least(grouped, varying)
    rows: list[Row] = []
    for name, found in tests.items():
        p, other = least[name]
        detached = found.p_value < runs_alpha and (p is None or p >= limit)
        rows.append(
            {
                "column": name,
                "runs": found.runs,
                "expected_runs": found.expected,
                "runs_p_value": found.p_value,
                "least_association_p": p,
                "with": other,
                "light": RED if detached else GREEN,
            }
        )
    flagged = [row["column"] for row in rows if row["light"] == RED]
    facts: dict[str, Any] = {"flagged": flagged, "association_limit": limit, "columns": len(varying)}
    facts["said"] = _sentence(rows, flagged)
    return case.result(
        statistic=float(len(flagged)),
        rows=rows,
        sample=sample,
        method=f"runs test at {runs_alpha:g} and no association below {short(limit, 5)}",
        facts=facts,
        light=RED if flagged else GREEN,
    )


def _least(grouped: dict[str, Whole], names: list[str]) -> dict[str, tuple[float | None, str]]:
    """Per column the least p of its associations, and with which column."""
    least: dict[str, tuple[float | None, str]] = dict.fromkeys(names, (None, ""))
    for i, one in enumerate(names):
        for other in names[i + 1 :]:
            p = association_p(grouped[one], grouped[other])
            for name, partner in ((one, other), (other, one)):
                best = least[name][0]
                if p is not None and (best is None or p < best):
                    least[name] = (p, partner)
    return least


def _sentence(rows: list[Row], flagged: list[str]) -> str:
    if not flagged:
        return "Every column is related to another one, or its order is random."
    row = next(row for row in rows if row["column"] == flagged[0])
    return (
        f"“{row['column']}” comes in {row['runs']} runs where chance gives {row['expected_runs']:.0f}, and is "
        f"related to no other column (least p {short(row['least_association_p'] or 1.0)}): "
        "its values do not belong to these rows."
    )
