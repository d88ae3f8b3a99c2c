"""PD calibration by obligor: Spiegelhalter, Brier with its decomposition, Cox's intercept and slope."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from validation.battery.calibration import calibration_chart
from validation.battery.case import Case, Scored
from validation.battery.catalogue import catalogued
from validation.battery.errors import missing_column
from validation.battery.grading import grades, quantile_groups
from validation.battery.result import Result, judge
from validation.battery.special import chi2_sf, normal_sf

Floats = npt.NDArray[np.float64]
NEEDS = ("y+p|n+d+pd",)


def _probabilities(case: Case) -> tuple[Scored, Floats]:
    sample = case.scored()
    if sample.p is None:
        raise missing_column(case.test_id, "p")
    return sample, sample.p


@catalogued(
    "pd.spiegelhalter",
    title="Spiegelhalter test of calibration",
    area="performance",
    reference="Spiegelhalter (1986), Statistics in Medicine 5",
    needs=NEEDS,
    thresholds={"amber_p_below": 0.05, "red_p_below": 0.01},
    h0="every obligor's PD is the probability of its default",
    direction="two-sided; positive Z: outcomes worse than the PDs say, where PDs are below ½",
)
def spiegelhalter(case: Case) -> Result:
    """Purpose. Are the individual PDs right, judged by the Brier score against its own expectation?

    Formula. Z = Σ (y − p)(1 − 2p) / √Σ (1 − 2p)² p(1 − p); p-value 2(1 − Φ(|Z|)).
    Hypothesis. H0: E(y) = p for every obligor. Two-sided.
    Inputs. y and p per obligor; grades with n, d, pd are spread over their obligors.
    Undefined. No row, or no spread: every p is 0, ½ or 1.
    Limits. Over- and under-prediction in different places can cancel; outcomes are taken as independent.
    Source. Spiegelhalter (1986).
    """
    sample, p = _probabilities(case)
    variance = float(((1 - 2 * p) ** 2 * p * (1 - p)).sum())
    if variance <= 0:
        return case.undefined(
            "every PD is 0, ½ or 1 (or there is no row), so Z has no spread", sample=sample.sample
        )
    z = float(((sample.y - p) * (1 - 2 * p)).sum()) / math.sqrt(variance)
    p_value = 2 * normal_sf(abs(z))
    return case.result(
        statistic=z,
        p_value=p_value,
        sample=sample.sample,
        method="normal, two-sided",
        light=judge(None, p_value, case.thresholds),
    )


@catalogued(
    "pd.brier",
    title="Brier score and its decomposition",
    area="performance",
    reference="Brier (1950); Murphy (1973); Stephenson, Coelho and Jolliffe (2008)",
    needs=NEEDS,
    thresholds={"amber_above": 0.2, "red_above": 0.25},
    h0="none; a measure of the error of the probabilities",
    direction="lower is better; a constant forecast at the default rate scores the uncertainty term",
)
def brier(case: Case) -> Result:
    """Purpose. The mean squared error of the PDs, and what it is made of.

    Formula. BS = mean (p − y)² per obligor = reliability − resolution + uncertainty + within-group terms, over
    the distinct values of p when there are at most 20, else over ten quantile groups of p:
    REL = Σ n_k(p̄_k − ō_k)²/N, RES = Σ n_k(ō_k − ō)²/N, UNC = ō(1 − ō), WBV = Σ (p − p̄_k)²/N,
    WBC = 2 Σ (p − p̄_k)(y − ō_k)/N; BS = REL − RES + UNC + WBV − WBC exactly. Skill = 1 − BS/UNC.
    Hypothesis. None.
    Inputs. As pd.spiegelhalter. Not the means of grades: the score is of obligors.
    Undefined. No row. The skill is undefined when all outcomes are the same.
    Limits. Dominated by the default rate: compare only on the same sample.
    Source. Brier (1950), Murphy (1973), Stephenson et al. (2008).
    """
    sample, p = _probabilities(case)
    y = sample.y
    if len(y) == 0:
        return case.undefined("no row has both an outcome and a PD", sample=sample.sample)
    score = float(((p - y) ** 2).mean())
    parts = decompose(y, p)
    skill = 1 - score / parts["uncertainty"] if parts["uncertainty"] > 0 else None
    return case.result(
        statistic=score,
        sample=sample.sample,
        method=f"mean squared error per obligor; decomposition over {parts['groups']:.0f} groups of p",
        facts={**parts, "skill": skill},
        rows=[{"part": name, "value": value} for name, value in parts.items() if name != "groups"],
        charts=[calibration_chart(grades(case))],
    )


def decompose(y: Floats, p: Floats) -> dict[str, float]:
    """The five parts of the Brier score; reliability − resolution + uncertainty + wbv − wbc is the score."""
    distinct = np.unique(p)
    place = np.searchsorted(distinct, p) if len(distinct) <= 20 else quantile_groups(p, 10)
    n = np.bincount(place)
    p_mean, y_mean = np.bincount(place, weights=p) / n, np.bincount(place, weights=y) / n
    rate = float(y.mean())
    inside = p - p_mean[place]
    return {
        "reliability": float((n * (p_mean - y_mean) ** 2).sum() / len(y)),
        "resolution": float((n * (y_mean - rate) ** 2).sum() / len(y)),
        "uncertainty": rate * (1 - rate),
        "within_group_variance": float((inside**2).mean()),
        "within_group_covariance": float(2 * (inside * (y - y_mean[place])).mean()),
        "groups": float(len(n)),
    }


@catalogued(
    "pd.cox_calibration",
    title="Calibration intercept and slope, with the calibration curve",
    area="performance",
    reference="Cox (1958), Biometrika 45; Miller, Hui and Tierney (1991)",
    needs=NEEDS,
    thresholds={"amber_p_below": 0.05, "red_p_below": 0.01},
    h0="intercept 0 and slope 1",
    direction="slope below 1: PDs too extreme (overfit); intercept above 0: defaults underestimated",
)
def cox_calibration(case: Case) -> Result:
    """Purpose. How the PDs would have to be moved (intercept) and stretched (slope) to fit the outcomes.

    Formula. logit P(y = 1) = a + b·logit p by maximum likelihood; LR = 2[l(a, b) − l(0, 1)], χ² with 2 df.
    Beside it the intercept at slope 1 (calibration in the large).
    Hypothesis. H0: (a, b) = (0, 1). Two-sided.
    Inputs. y and p per obligor with 0 < p < 1; grades with n, d, pd are spread over their obligors.
    Undefined. A p of 0 or 1; one class only; the same p everywhere; p that separates the outcomes.
    Limits. A straight line on the logit scale; the curve beside it shows what the line does not.
    Source. Cox (1958), Miller et al. (1991).
    """
    sample, p = _probabilities(case)
    reason = sample.single_class or _no_line(sample.y, p)
    if reason:
        return case.undefined(reason, sample=sample.sample)
    x = np.log(p) - np.log1p(-p)
    line = fit_line(sample.y, x)
    if line is None:
        return case.undefined(
            "p separates the outcomes, so the line has no finite slope", sample=sample.sample
        )
    large = fit_line(sample.y, x, slope=1.0)
    lr = max(0.0, 2 * (line.likelihood - log_likelihood(sample.y, x)))
    p_value = chi2_sf(lr, 2)
    return case.result(
        statistic=lr,
        p_value=p_value,
        sample=sample.sample,
        method="likelihood ratio, χ² with 2 degrees of freedom",
        rows=[
            {
                "term": "intercept",
                "value": line.intercept,
                "standard_error": line.se_intercept,
                "under_h0": 0.0,
            },
            {"term": "slope", "value": line.slope, "standard_error": line.se_slope, "under_h0": 1.0},
            {
                "term": "intercept at slope 1",
                "value": None if large is None else large.intercept,
                "standard_error": None if large is None else large.se_intercept,
                "under_h0": 0.0,
            },
        ],
        facts={"intercept": line.intercept, "slope": line.slope, "df": 2},
        charts=[calibration_chart(grades(case))],
        light=judge(None, p_value, case.thresholds),
    )


def _no_line(y: Floats, p: Floats) -> str:
    if p.min() <= 0 or p.max() >= 1:
        return "a PD is 0 or 1, so its logit is not finite"
    if np.all(p == p[0]):
        return "every PD is the same, so the slope cannot be estimated"
    events, others = p[y == 1], p[y == 0]
    if events.min() >= others.max() or others.min() >= events.max():
        return "p separates the outcomes, so the line has no finite slope"
    return ""


@dataclass(frozen=True)
class Line:
    """A logistic line with its standard errors and log-likelihood."""

    intercept: float
    slope: float
    se_intercept: float
    se_slope: float | None
    likelihood: float


def log_likelihood(y: Floats, margin: Floats) -> float:
    """Bernoulli log-likelihood at the given log-odds."""
    return float((y * margin - np.logaddexp(0, margin)).sum())


def fit_line(y: Floats, x: Floats, slope: float | None = None) -> Line | None:
    """Maximum likelihood by Newton's method; with `slope` only the intercept is free. None if it does not settle."""
    free = slope is None
    beta = np.array([0.0, 1.0 if slope is None else slope])
    information = np.eye(2)
    for _ in range(100):
        q = special.expit(beta[0] + beta[1] * x)
        w = q * (1 - q)
        gradient = np.array([(y - q).sum(), ((y - q) * x).sum()])
        information = np.array([[w.sum(), (w * x).sum()], [(w * x).sum(), (w * x * x).sum()]])
        if not np.isfinite(information).all() or information[0, 0] <= 0:
            return None
        if free:
            if np.linalg.det(information) <= 0:
                return None
            step = np.linalg.solve(information, gradient)
        else:
            step = np.array([gradient[0] / information[0, 0], 0.0])
        beta += np.clip(step, -5, 5)
        if np.abs(step).max() < 1e-12 * (1 + np.abs(beta).max()):
            break
    else:
        return None
    covariance = np.linalg.inv(information) if free else np.array([[1 / information[0, 0], 0.0], [0.0, 0.0]])
    return Line(
        intercept=float(beta[0]),
        slope=float(beta[1]),
        se_intercept=math.sqrt(covariance[0, 0]),
        se_slope=math.sqrt(covariance[1, 1]) if free else None,
        likelihood=log_likelihood(y, beta[0] + beta[1] * x),
    )
