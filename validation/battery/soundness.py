"""Soundness: overfit between samples, and what a simple model would have done."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from validation.battery.case import Case
from validation.battery.catalogue import catalogued
from validation.battery.coding import Coding
from validation.battery.ranking import area, covariance
from validation.battery.result import Result, judge
from validation.battery.special import normal_quantile, normal_sf
from validation.battery.stability import two_samples


def _ranked(case: Case, frame: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, int]:
    """Outcomes and risk of the usable rows of a part, and how many are not."""
    part = Case.of(
        frame=frame,
        roles={c: r for c, r in case.roles.items() if c in frame.columns},
        test_id=case.test_id,
        thresholds={},
        model=None,
        reference=None,
        progress=None,
        event=case.event,
        score_means=case.score_means,
    )
    scored = part.scored()
    return scored.y, scored.value, len(frame) - len(scored.y)


@catalogued(
    "sound.overfit",
    title="Overfit: AUC in training against test",
    area="soundness",
    reference="Hastie, Tibshirani and Friedman (2009), §7.2; DeLong et al. (1988) for the variances",
    needs=("y", "p|score"),
    optional=("segment",),
    thresholds={"amber_above": 0.05, "red_above": 0.1},
    h0="the ranking is as good on the test sample as on the training sample",
    direction="a positive gap: better where the model was fitted",
)
def overfit(case: Case, *, base: str = "train", now: str = "test") -> Result:
    """Purpose. Does the model rank better on the rows it was fitted on than on rows it has not seen?

    Formula. Gap = AUC(training) − AUC(test); standard error √(s_1² + s_2²) of independent samples; one-sided p
    = 1 − Φ(gap/s).
    Hypothesis. H0: no gap. Small p = overfit. The light judges the size of the gap.
    Inputs. y with p or score, and a segment column (`base` against `now`), or a reference sample as training.
    Undefined. A sample with one class, or fewer than two events or non-events.
    Limits. A gap shows overfit of the ranking, not of calibration; some gap is normal.
    Source. Hastie et al. (2009), Elements of statistical learning.
    """
    two = two_samples(case, base, now)
    y1, v1, out1 = _ranked(case, two.first)
    y2, v2, out2 = _ranked(case, two.second)
    given = len(two.first) + len(two.second)
    sample = case.sample(len(y1) + len(y2), ("outcome or prediction unknown", out1 + out2), given=given)
    if min(y1.sum(), len(y1) - y1.sum(), y2.sum(), len(y2) - y2.sum()) < 2:
        return case.undefined("a sample has fewer than two events or two non-events", sample=sample)
    a, b = area(y1, v1), area(y2, v2)
    gap, variance = a.auc - b.auc, (a.variance or 0.0) + (b.variance or 0.0)
    if variance <= 0:
        return case.undefined("both areas are without variance, so the gap cannot be judged", sample=sample)
    half = normal_quantile(0.975) * math.sqrt(variance)
    return case.result(
        statistic=gap,
        p_value=normal_sf(gap / math.sqrt(variance)),
        variance=variance,
        ci=(gap - half, gap + half),
        rows=[
            {"sample": "training", "auc": a.auc, "variance": a.variance, "n": len(y1)},
            {"sample": "test", "auc": b.auc, "variance": b.variance, "n": len(y2)},
        ],
        sample=sample,
        method=f"{two.words}; DeLong variances of independent samples",
        light=judge(gap, None, case.thresholds),
    )


@catalogued(
    "sound.challenger",
    title="A simple challenger: logistic regression",
    area="soundness",
    reference="DeLong et al. (1988) for the comparison; L2-penalised logistic regression of scikit-learn",
    needs=("y", "p|score", "feature"),
    optional=("segment",),
    thresholds={"amber_above": 0.0, "red_above": 0.03},
    h0="the model ranks the test sample as well as a simple logistic regression does",
    direction="positive: the simple model ranks better, and complexity has bought nothing",
)
def challenger(case: Case, *, base: str = "train", now: str = "test", strength: float = 1.0) -> Result:
    """Purpose. Is the model better than the simplest reasonable one on the same features?

    Formula. A logistic regression (L2, C = `strength`; numbers standardised, missing at the mean with a flag;
    categories as dummies, unseen ones at 0) is fitted on the training sample and compared on the test sample:
    difference AUC(simple) − AUC(model), DeLong's test for correlated areas, two-sided.
    Hypothesis. H0: same AUC. The light judges the difference where the simple model is ahead.
    Inputs. y, p or score, features; training and test as sound.overfit.
    Undefined. A sample with fewer than two events or non-events; both models rank alike.
    Limits. One untuned challenger is a floor, not a benchmark of what is possible.
    Source. DeLong et al. (1988).
    """
    two = two_samples(case, base, now)
    features = case.features()
    y, value, _ = _ranked(case, two.second)
    train = two.first[_known(case, two.first)]
    test = two.second[_known(case, two.second)]
    sample = case.sample(len(y), given=len(two.first) + len(two.second))
    fitted = _outcome_of(case, train)
    if min(fitted.sum(), len(fitted) - fitted.sum(), y.sum(), len(y) - y.sum()) < 2:
        return case.undefined("a sample has fewer than two events or two non-events", sample=sample)
    simple = _logistic(train[features], fitted, test[features], strength)
    a, b = area(y, simple), area(y, value)
    variance = (a.variance or 0.0) + (b.variance or 0.0) - 2 * covariance(a, b)
    if variance <= 1e-18:
        return case.undefined("both models rank the test sample alike", sample=sample)
    gap = a.auc - b.auc
    half = normal_quantile(0.975) * math.sqrt(variance)
    return case.result(
        statistic=gap,
        p_value=2 * normal_sf(abs(gap) / math.sqrt(variance)),
        variance=variance,
        ci=(gap - half, gap + half),
        rows=[
            {"model": "simple logistic regression", "auc": a.auc, "variance": a.variance},
            {"model": "model", "auc": b.auc, "variance": b.variance},
        ],
        sample={**sample, "reference_n": len(train)},
        method=f"{two.words}; L2 logistic regression, C = {strength:g}, {len(features)} features",
        light=judge(gap, None, case.thresholds),
    )


def _known(case: Case, frame: pd.DataFrame) -> np.ndarray:
    """Rows with an outcome and a prediction: the same rows that are ranked."""
    column = case.find("p") or case.need("score")
    known: np.ndarray = (frame[case.need("y")].notna() & frame[column].notna()).to_numpy()
    return known


def _outcome_of(case: Case, frame: pd.DataFrame) -> np.ndarray:
    return _ranked(case, frame)[0]


def _logistic(train: pd.DataFrame, y: np.ndarray, test: pd.DataFrame, strength: float) -> np.ndarray:
    from sklearn.linear_model import LogisticRegression

    coding = Coding.of(train, test)
    a, b = coding.encode(train), coding.encode(test)
    columns: list[tuple[np.ndarray, np.ndarray]] = []
    for j, name in enumerate(coding.columns):
        if name in coding.values:
            seen = np.unique(a[:, j])
            columns += [((a[:, j] == code) * 1.0, (b[:, j] == code) * 1.0) for code in seen]
            continue
        gone_a, gone_b = np.isnan(a[:, j]), np.isnan(b[:, j])
        known = a[~gone_a, j]
        mean, spread = (known.mean(), known.std() or 1.0) if len(known) else (0.0, 1.0)
        columns.append(
            (np.where(gone_a, 0, (a[:, j] - mean) / spread), np.where(gone_b, 0, (b[:, j] - mean) / spread))
        )
        if gone_a.any():
            columns.append((gone_a * 1.0, gone_b * 1.0))
    fit = LogisticRegression(C=strength, max_iter=2000).fit(np.column_stack([c[0] for c in columns]), y)
    margin: np.ndarray = fit.decision_function(np.column_stack([c[1] for c in columns]))
    return margin
