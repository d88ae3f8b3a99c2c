"""PD calibration by grade: are the defaults that came as many as the PDs said?"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from validation.battery.case import Case
from validation.battery.catalogue import catalogued
from validation.battery.chart import chart
from validation.battery.grading import Grades, grades
from validation.battery.result import Chart, Result, Row, judge, worst
from validation.battery.special import (
    beta_cdf,
    beta_quantile,
    binomial_at_least,
    chi2_sf,
    holm,
    normal_sf,
)

ECB = "ECB, Instructions for reporting the validation results of internal models (February 2019)"
GRADE_NEEDS = ("y+p|n+d+pd",)
ONE_SIDED = {
    "amber_p_below": 0.05,
    "red_p_below": 0.01,
    "over_amber_p_below": 0.05,
    "over_red_p_below": 0.01,
}
PValue = Callable[[int, int, float], float | None]


@dataclass(frozen=True)
class OneSided:
    """A one-sided test of a PD, its α, and the alternative (a multiple of the PD) its power is printed for."""

    p_of: PValue
    alpha: float
    factor: float
    method: str


def jeffreys_p(d: int, n: int, pd: float) -> float:
    """Posterior probability, under Jeffreys' prior, that the true rate is below the PD."""
    return beta_cdf(pd, d + 0.5, n - d + 0.5)


def normal_p(d: int, n: int, pd: float) -> float | None:
    """Upper normal tail of the default rate; None when the PD leaves no spread."""
    if pd in (0.0, 1.0):
        return None
    return normal_sf((d / n - pd) / math.sqrt(pd * (1 - pd) / n))


def size_and_power(
    p_of: PValue, n: int, pd: float, alpha: float, alternative: float
) -> tuple[float, float, int]:
    """Exact P(p ≤ α) when the rate is `pd` and when it is `alternative`, and the fewest defaults that reject."""
    low, high = 0, n + 1  # p falls with the number of defaults: bisect for the first that rejects
    while low < high:
        middle = (low + high) // 2
        p = p_of(middle, n, pd) if middle <= n else 0.0
        if p is not None and p <= alpha:
            high = middle
        else:
            low = middle + 1
    return binomial_at_least(low, n, pd), binomial_at_least(low, n, alternative), low


def _row(name: str, d: int, n: int, pd: float, how: OneSided) -> Row:
    size, power, needed = size_and_power(how.p_of, n, pd, how.alpha, min(1.0, how.factor * pd))
    return {
        "grade": name,
        "n": n,
        "d": d,
        "pd": pd,
        "dr": d / n,
        "p_value": how.p_of(d, n, pd),
        "over_p_value": 1 - jeffreys_p(d, n, pd),
        "ci_low": beta_quantile(0.025, d + 0.5, n - d + 0.5) if d > 0 else 0.0,
        "ci_high": beta_quantile(0.975, d + 0.5, n - d + 0.5) if d < n else 1.0,
        "size": size,
        "power": power,
        "rejects_from": needed,
    }


def _judge_row(row: Row, p: float | None, limits: dict[str, float]) -> tuple[str, str]:
    over = {name.removeprefix("over_"): value for name, value in limits.items() if name.startswith("over_")}
    return judge(None, p, limits), judge(None, row["over_p_value"], over)


def _one_sided(case: Case, how: OneSided) -> Result:
    found = grades(case)
    if len(found.n) == 0:
        return case.undefined("no obligor has both an outcome and a PD", sample=found.sample)
    rows = [
        _row(name, int(d), int(n), float(pd), how)
        for name, n, d, pd in zip(found.names, found.n, found.d, found.pd, strict=True)
    ]
    total = _row("portfolio", int(found.d.sum()), int(found.n.sum()), found.portfolio_pd, how)
    for row, adjusted in zip(rows, holm([row["p_value"] for row in rows]), strict=True):
        row["p_holm"] = adjusted
        row["light"], row["over_light"] = _judge_row(row, row["p_value"], case.thresholds)
    total["p_holm"] = total["p_value"]
    total["light"], total["over_light"] = _judge_row(total, total["p_value"], case.thresholds)
    if total["p_value"] is None:
        return case.undefined("the PD of the portfolio is 0 or 1, so no default rate varies", rows=rows)
    by_grade = [judge(None, row["p_holm"], case.thresholds) for row in rows]
    return case.result(
        statistic=total["dr"],
        p_value=total["p_value"],
        ci=(total["ci_low"], total["ci_high"]),
        rows=rows,
        sample=found.sample,
        method=f"{how.method}; {found.source}; portfolio PD is number-weighted",
        tables=[{"name": "by_grade", "title": "By grade and for the portfolio", "rows": [*rows, total]}],
        charts=[calibration_chart(found)],
        facts={
            "portfolio": total,
            "alternative": f"PD × {how.factor}",
            "grades": len(rows),
            "alpha": how.alpha,
        },
        light=worst(total["light"], total["over_light"], *by_grade),
    )


def calibration_chart(found: Grades) -> Chart:
    """Predicted against observed rate by grade, with Jeffreys' interval of the observed one."""
    data: list[dict[str, Any]] = []
    outside = 0
    for name, n, d, pd in zip(found.names, found.n, found.d, found.pd, strict=True):
        low = beta_quantile(0.025, d + 0.5, n - d + 0.5) if d > 0 else 0.0
        high = beta_quantile(0.975, d + 0.5, n - d + 0.5) if d < n else 1.0
        outside += not low <= pd <= high
        data.append(
            {
                "grade": name,
                "predicted": float(pd),
                "observed": float(d / n),
                "low": low,
                "high": high,
                "n": int(n),
                "d": int(d),
            }
        )
    seen = "No grade" if outside == 0 else f"{outside} of {len(data)} grades"
    title = f"{seen} {'has' if outside < 2 else 'have'} a PD outside the interval of its observed rate"
    subtitle = (
        f"PD and default rate with 95 % Jeffreys interval; {int(found.n.sum())} obligors, {found.source}"
    )
    return chart("calibration", "calibration", title, subtitle, data)


@catalogued(
    "pd.jeffreys",
    title="Jeffreys test of the PD, by grade and portfolio",
    area="performance",
    reference=f"{ECB}, §2.5.3.1",
    needs=GRADE_NEEDS,
    thresholds=ONE_SIDED,
    h0="the applied PD is not below the true PD",
    direction="one-sided; a small p-value means underestimation; over-prediction is shown beside it",
)
def jeffreys(case: Case, *, alpha: float = 0.05, alternative: float = 1.5) -> Result:
    """Purpose. Is the PD of a grade, and of the portfolio, too low for the defaults that were observed?

    Formula. p = F_Beta(PD; D+½, N−D+½), the posterior probability, under Jeffreys' prior, that the true
    rate lies below the PD. The portfolio's PD is the number-weighted mean.
    Hypothesis. H0: applied PD ≥ true PD. One-sided; small p = underestimation. Beside it 1 − p, small when
    the PD is too high, and the 95 % Jeffreys interval of the rate: a one-sided test never sees a PD that is
    far too high.
    Size. The exact probability of p ≤ α under the PD is printed as `size` (at PD .1 % and N 500 it is 9.0 %
    for α 5 %), and as `power` under the stated alternative (PD × `alternative`).
    Inputs. Grades with n, d, pd (shares of 1), or obligors with y and p, with a grade or else in ten quantile
    groups of p.
    Undefined. No obligor.
    Multiplicity. Grades are judged together after Holm; both p-values are printed. No single grade may fail
    while the portfolio does: both are shown.
    Limits. Defaults are taken as independent; with common shocks the test rejects too often.
    Source. ECB (February 2019) §2.5.3.1.
    """
    return _one_sided(case, OneSided(jeffreys_p, alpha, alternative, "Jeffreys: Beta(D+½, N−D+½) at the PD"))


@catalogued(
    "pd.binomial",
    title="Binomial test of the PD",
    area="performance",
    reference="BCBS Working Paper 14 (2005), Studies on the validation of internal rating systems",
    needs=GRADE_NEEDS,
    thresholds=ONE_SIDED,
    h0="the applied PD is not below the true PD",
    direction="one-sided; a small p-value means underestimation; over-prediction is shown beside it",
)
def binomial(case: Case, *, alpha: float = 0.05, alternative: float = 1.5) -> Result:
    """Purpose. Is the PD too low for the observed number of defaults, with exact binomial probabilities?

    Formula. p = P(X ≥ D), X ~ Bin(N, PD).
    Hypothesis. H0: applied PD ≥ true PD. One-sided; small p = underestimation.
    Size. Exact and never above α, because the number of defaults is discrete; printed with the power.
    Inputs, multiplicity. As pd.jeffreys.
    Undefined. No obligor.
    Limits. Defaults are taken as independent. Conservative in small grades.
    Source. BCBS WP 14 (2005).
    """
    return _one_sided(case, OneSided(binomial_at_least, alpha, alternative, "exact binomial upper tail"))


@catalogued(
    "pd.normal",
    title="Normal approximation of the binomial test",
    area="performance",
    reference="BCBS Working Paper 14 (2005), Studies on the validation of internal rating systems",
    needs=GRADE_NEEDS,
    thresholds=ONE_SIDED,
    h0="the applied PD is not below the true PD",
    direction="one-sided; a small p-value means underestimation; over-prediction is shown beside it",
)
def normal(case: Case, *, alpha: float = 0.05, alternative: float = 1.5) -> Result:
    """Purpose. The binomial test by its normal approximation, for comparison with reports that use it.

    Formula. z = (DR − PD)/√(PD(1−PD)/N), p = 1 − Φ(z).
    Hypothesis. H0: applied PD ≥ true PD. One-sided; small p = underestimation.
    Size. The exact size under the binomial is printed: it is far from α when N·PD is small.
    Inputs, multiplicity. As pd.jeffreys.
    Undefined. A PD of 0 or 1.
    Limits. Use the exact test; N·PD·(1−PD) below about 9 makes the approximation poor.
    Source. BCBS WP 14 (2005).
    """
    found = _one_sided(
        case, OneSided(normal_p, alpha, alternative, "normal approximation without continuity correction")
    )
    for row in found.rows:
        spread = math.sqrt(row["pd"] * (1 - row["pd"]) / row["n"])
        row["z"] = (row["dr"] - row["pd"]) / spread if spread > 0 else None
    return found


@catalogued(
    "pd.hosmer_lemeshow",
    title="Hosmer–Lemeshow test on grade PDs",
    area="performance",
    reference="Hosmer and Lemeshow (1980); BCBS Working Paper 14 (2005)",
    needs=GRADE_NEEDS,
    thresholds={"amber_p_below": 0.05, "red_p_below": 0.01},
    h0="every grade's default rate equals its PD",
    direction="two-sided in each grade; a small p-value means miscalibration in some grade",
)
def hosmer_lemeshow(case: Case, *, df: Literal["fixed", "fitted"] = "fixed") -> Result:
    """Purpose. One test of all grade PDs together.

    Formula. Q = Σ (D − N·PD)²/(N·PD(1−PD)) over K grades; p = P(χ²(df) > Q).
    Degrees of freedom. K when the PDs were fixed before these outcomes (`df` = fixed); K − 2 when the model
    was fitted on this very sample (`df` = fitted). The choice is printed.
    Hypothesis. H0: all grade PDs are right; deviations in both directions count.
    Inputs. Grades with n, d, pd, or obligors with y and p (grade, or ten quantile groups).
    Undefined. A grade with PD 0 or 1; no degrees of freedom.
    Limits. The χ² approximation needs about five expected defaults in a grade (the smallest is printed);
    the result depends on the grouping; defaults are taken as independent.
    Source. Hosmer and Lemeshow (1980), Communications in Statistics A9; BCBS WP 14.
    """
    found = grades(case)
    degrees = len(found.n) - (2 if df == "fitted" else 0)
    if degrees < 1:
        return case.undefined(f"{len(found.n)} grades leave no degrees of freedom", sample=found.sample)
    variance = found.n * found.pd * (1 - found.pd)
    if np.any(variance <= 0):
        return case.undefined("a grade has a PD of 0 or 1, so its term does not exist", sample=found.sample)
    terms = (found.d - found.n * found.pd) ** 2 / variance
    q = float(terms.sum())
    rows: list[Row] = [
        {
            "grade": name,
            "n": int(found.n[i]),
            "d": int(found.d[i]),
            "pd": float(found.pd[i]),
            "expected": float(found.n[i] * found.pd[i]),
            "term": float(terms[i]),
        }
        for i, name in enumerate(found.names)
    ]
    smallest = min(row["expected"] for row in rows)
    p = chi2_sf(q, degrees)
    return case.result(
        statistic=q,
        p_value=p,
        rows=rows,
        sample=found.sample,
        method=f"χ² with {degrees} degrees of freedom (PDs {df}); {found.source}",
        facts={"df": degrees, "smallest_expected": smallest},
        charts=[calibration_chart(found)],
        light=judge(None, p, case.thresholds),
        parameters={"df": df},
    )
