"""PD discrimination: how well the values rank events before non-events."""

from __future__ import annotations

import math

import numpy as np

from validation.battery.case import Case, Scored
from validation.battery.catalogue import catalogued
from validation.battery.chart import chart, distribution, roc, short
from validation.battery.errors import BatteryError
from validation.battery.ranking import Area, area, covariance, ranked, thin
from validation.battery.result import Result, judge
from validation.battery.special import kolmogorov_sf, normal_quantile, normal_sf

RANK_NEEDS = ("y+p|y+score|n+d+pd",)
ECB = "ECB, Instructions for reporting the validation results of internal models (February 2019)"


def _constant(sample: Scored) -> str:
    if sample.single_class:
        return sample.single_class
    if np.all(sample.value == sample.value[0]):
        return f"“{sample.what}” has the same value in every row, so it ranks nothing"
    return ""


def _interval(a: Area, confidence: float) -> tuple[float, float] | None:
    if a.variance is None:
        return None
    half = normal_quantile(0.5 + confidence / 2) * math.sqrt(a.variance)
    return max(0.0, a.auc - half), min(1.0, a.auc + half)


def _counts(sample: Scored) -> dict[str, object]:
    events = int(sample.y.sum())
    return {**sample.sample, "events": events, "non_events": len(sample.y) - events}


@catalogued(
    "disc.auc",
    title="Area under the ROC curve",
    area="performance",
    reference=f"{ECB}, §2.5.4 and Annex 1; DeLong, DeLong and Clarke-Pearson (1988)",
    needs=RANK_NEEDS,
    thresholds={"amber_below": 0.7, "red_below": 0.6},
    h0="none; the area is an estimate with its interval",
    direction="higher is better; .5 ranks like chance",
)
def auc(case: Case, *, confidence: float = 0.95) -> Result:
    """Purpose. How often a randomly chosen event has a higher value than a randomly chosen non-event.

    Formula. AUC = (1/(n_D n_ND)) Σ_i Σ_j [1(v_i > v_j) + ½ 1(v_i = v_j)] over events i and non-events j
    (Mann–Whitney, ties ½). Variance s² = var(V10)/n_D + var(V01)/n_ND with unbiased variances of the
    placements (DeLong; the same as Annex 1 of the ECB instructions). Interval AUC ± z·s, cut at 0 and 1.
    Hypothesis. None is tested; the interval is two-sided at the stated confidence.
    Inputs. y (1 event, 0 not) with p or score per obligor, or grades with n, d and pd (ranked by pd).
    With `score_means` = safety a higher score means less risk.
    Undefined. No row, one class only, or a value that is the same in every row. The variance needs two
    events and two non-events.
    Limits. A ranking measure says nothing on calibration; the normal interval is poor near 1 and for fewer
    than about 20 events; obligors are taken as independent.
    Source. ECB (February 2019) §2.5.4, Annex 1; DeLong et al., Biometrics 44 (1988).
    """
    sample = case.scored()
    if reason := _constant(sample):
        return case.undefined(reason, sample=_counts(sample))
    ranking = ranked(sample.y, sample.value)
    a, curve = ranking.area, ranking.curve
    ci = _interval(a, confidence)
    events = int(sample.y.sum())
    title = f"The ranking is right in {short(100 * a.auc, 1)} of 100 pairs of an event and a non-event"
    subtitle = f"ROC curve of {sample.what}; {events} events, {len(sample.y) - events} non-events"
    return case.result(
        statistic=a.auc,
        variance=a.variance,
        ci=ci,
        sample=_counts(sample),
        method="Mann–Whitney with ties ½; DeLong variance; normal interval",
        facts={"standard_error": None if a.variance is None else math.sqrt(a.variance)},
        charts=[
            {**roc(curve, subtitle, title), "options": {"auc": a.auc}},
            distribution(sample.y, sample.value, sample.what),
        ],
    )


@catalogued(
    "disc.auc_vs_initial",
    title="AUC now against the initial validation",
    area="performance",
    reference=f"{ECB}, §2.5.4",
    needs=RANK_NEEDS,
    thresholds={"amber_p_below": 0.05, "red_p_below": 0.01},
    h0="AUC now is not below the AUC of the initial validation",
    direction="one-sided; a small p-value means deterioration",
)
def auc_vs_initial(case: Case, *, initial: float) -> Result:
    """Purpose. Has the ranking deteriorated since the initial validation?

    Formula. S = (AUC_initial − AUC_now)/s, p = 1 − Φ(S); s is DeLong's standard error of AUC now.
    Hypothesis. H0: AUC now ≥ AUC initial. One-sided; small p = deterioration.
    Inputs. As disc.auc; `initial` is the AUC at the initial validation, taken as fixed.
    Undefined. As disc.auc, and when the standard error is 0 or does not exist.
    Limits. The uncertainty of the initial AUC is ignored, so the test rejects too often when that sample
    was small.
    Source. ECB (February 2019) §2.5.4.
    """
    if not 0 <= initial <= 1:
        raise BatteryError("parameter_wrong", f"The initial AUC is {initial}.", "It lies between 0 and 1.")
    sample = case.scored()
    if reason := _constant(sample):
        return case.undefined(reason, sample=_counts(sample))
    a = area(sample.y, sample.value)
    if not a.variance:
        return case.undefined(
            "the standard error of the AUC is zero or needs more events", sample=_counts(sample)
        )
    s = (initial - a.auc) / math.sqrt(a.variance)
    return case.result(
        statistic=s,
        p_value=normal_sf(s),
        variance=a.variance,
        sample=_counts(sample),
        method="S = (initial − now)/s with DeLong's s; initial taken as fixed",
        facts={"auc_now": a.auc, "auc_initial": initial, "standard_error": math.sqrt(a.variance)},
        light=judge(None, normal_sf(s), case.thresholds),
    )


@catalogued(
    "disc.auc_two_models",
    title="AUC of two models on the same obligors",
    area="performance",
    reference="DeLong, DeLong and Clarke-Pearson (1988)",
    needs=("y",),
    thresholds={"amber_p_below": 0.05, "red_p_below": 0.01},
    h0="both models have the same AUC",
    direction="two-sided; the sign of the difference (first − second) says which ranks better",
)
def auc_two_models(case: Case, *, first: str | None = None, second: str | None = None) -> Result:
    """Purpose. Does one model rank better than another on the same obligors (champion, challenger)?

    Formula. Z = (AUC_1 − AUC_2)/√(s_1² + s_2² − 2 s_12), covariance of the placements after DeLong.
    Hypothesis. H0: AUC_1 = AUC_2. Two-sided.
    Inputs. y and two columns of predictions, more = riskier: p1 and p2, or those named by `first` and
    `second` (`first` is the column with role p when it is not named).
    Undefined. One class only, fewer than two events or non-events, or two models that rank alike.
    Limits. Not for nested models refitted on the same sample: the null distribution is then not normal.
    A policy light is set only when the second model is significantly better.
    Source. DeLong et al., Biometrics 44 (1988).
    """
    columns = (first or case.find("p1") or case.find("p"), second or case.find("p2"))
    if columns[0] is None or columns[1] is None:
        raise BatteryError(
            "role_missing",
            "disc.auc_two_models needs two columns of predictions.",
            "Name the columns p1 and p2, or set the parameters first and second.",
        )
    names = case.features([columns[0], columns[1]])
    y = case.outcome()
    one, two = (case.numbers(name) for name in names)
    used = ~(np.isnan(y) | np.isnan(one) | np.isnan(two))
    sample = case.sample(int(used.sum()), ("outcome or a prediction is missing", int((~used).sum())))
    y, one, two = y[used], one[used], two[used]
    if min(y.sum(), len(y) - y.sum()) < 2:
        return case.undefined("fewer than two events or two non-events", sample=sample)
    a, b = area(y, one), area(y, two)
    variance = (a.variance or 0.0) + (b.variance or 0.0) - 2 * covariance(a, b)
    if variance <= 1e-18:
        return case.undefined(
            "both columns rank the obligors alike, so the difference has no spread", sample=sample
        )
    difference = a.auc - b.auc
    z = difference / math.sqrt(variance)
    p = 2 * normal_sf(abs(z))
    half = normal_quantile(0.975) * math.sqrt(variance)
    return case.result(
        statistic=z,
        p_value=p,
        variance=variance,
        ci=(difference - half, difference + half),
        sample=sample,
        rows=[
            {"model": name, "auc": x.auc, "variance": x.variance}
            for name, x in zip(names, (a, b), strict=True)
        ],
        method="DeLong's test for two correlated areas; the interval (95 %) is of the difference",
        facts={"difference": difference},
        light=judge(None, p if difference < 0 else 1.0, case.thresholds),
    )


@catalogued(
    "disc.gini",
    title="Gini coefficient (accuracy ratio)",
    area="performance",
    reference="Engelmann, Hayden and Tasche (2003); DeLong et al. (1988)",
    needs=RANK_NEEDS,
    thresholds={"amber_below": 0.4, "red_below": 0.2},
    h0="none; an estimate with its interval",
    direction="higher is better; 0 ranks like chance",
)
def gini(case: Case, *, confidence: float = 0.95) -> Result:
    """Purpose. The AUC on the scale where chance is 0 and a perfect ranking 1; the accuracy ratio of the CAP.

    Formula. Gini = AR = 2·AUC − 1; its variance is four times that of the AUC.
    Hypothesis. None; two-sided interval at the stated confidence.
    Inputs, undefined cases and limits. As disc.auc.
    Source. Engelmann, Hayden and Tasche (2003), Testing rating accuracy.
    """
    sample = case.scored()
    if reason := _constant(sample):
        return case.undefined(reason, sample=_counts(sample))
    a = area(sample.y, sample.value)
    ci = _interval(a, confidence)
    return case.result(
        statistic=2 * a.auc - 1,
        variance=None if a.variance is None else 4 * a.variance,
        ci=None if ci is None else (2 * ci[0] - 1, 2 * ci[1] - 1),
        sample=_counts(sample),
        method="2·AUC − 1; DeLong variance times 4",
        facts={"auc": a.auc},
    )


@catalogued(
    "disc.ks",
    title="Kolmogorov–Smirnov distance of events and non-events",
    area="performance",
    reference="Kolmogorov–Smirnov two-sample statistic",
    needs=RANK_NEEDS,
    thresholds={"amber_below": 0.3, "red_below": 0.2},
    h0="events and non-events have the same distribution of values",
    direction="a larger distance is better; the p-value only says that the model ranks at all",
)
def ks(case: Case) -> Result:
    """Purpose. The largest gap between the cumulative shares of events and non-events.

    Formula. KS = max_v |F_D(v) − F_ND(v)| over the distinct values; p-value from the asymptotic
    Kolmogorov distribution with n_D·n_ND/(n_D+n_ND).
    Hypothesis. H0: same distribution. Rejecting it is the least one asks of a model.
    Inputs. As disc.auc.
    Undefined. As disc.auc.
    Limits. Looks at one cut only; with ties (grades) the p-value is conservative, that is, too large.
    Source. Kolmogorov (1933), Smirnov (1939).
    """
    sample = case.scored()
    if reason := _constant(sample):
        return case.undefined(reason, sample=_counts(sample))
    curve = ranked(sample.y, sample.value).curve
    gap = np.abs(curve.events - curve.others)
    at = int(gap.argmax())
    distance = float(gap[at])
    events = int(sample.y.sum())
    keep = np.union1d(thin(len(gap), 399), [at])
    data = [
        {"value": float(curve.cut[i]), "events": float(curve.events[i]), "non_events": float(curve.others[i])}
        for i in keep
    ]
    title = f"The distance is largest, {short(distance)}, at {sample.what} = {short(float(curve.cut[at]))}"
    subtitle = (
        f"Cumulative shares from the riskiest down; {events} events, {len(sample.y) - events} non-events"
    )
    return case.result(
        statistic=distance,
        p_value=kolmogorov_sf(distance, events, len(sample.y) - events),
        sample=_counts(sample),
        method="largest distance at a distinct value; asymptotic p-value",
        facts={"at": float(curve.cut[at])},
        light=judge(distance, None, case.thresholds),
        charts=[chart("ks", "ks_curve", title, subtitle, data, at=float(curve.cut[at]), x=sample.what)],
    )
