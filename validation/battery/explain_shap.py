"""SHAP: what the model's answers are made of, in the large and for single decisions, with additivity kept."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from validation.battery.attribution import Attribution, Budget, attribute, evenly, rows_of
from validation.battery.binning import is_number
from validation.battery.case import Case
from validation.battery.catalogue import catalogued
from validation.battery.chart import chart, short
from validation.battery.explainable import Explainable, Opaque, Points
from validation.battery.result import GREEN, RED, Chart, Result, Row, judge, plain_value, worst

Floats = npt.NDArray[np.float64]


def asked(case: Case) -> Explainable:
    """The model of the case; its presence was checked when the test was called."""
    assert case.model is not None  # noqa: S101 - Case.check_needs refuses a missing model
    return case.model


def explain(case: Case, X: pd.DataFrame, budget: Budget) -> Attribution:
    """SHAP values of X against the reference sample, or against the frame itself."""
    model = asked(case)
    background = rows_of(model, case.reference if case.reference is not None else case.frame)
    return attribute(model, X, background, budget, case.tick)


@catalogued(
    "explain.shap",
    title="SHAP: importance, dependence, additivity",
    area="explainability",
    reference="Lundberg and Lee (2017); Lundberg et al. (2020) for trees",
    needs_model=True,
    h0="none; the additivity of the parts is checked and a failure is a failed test",
    direction="positive values raise the log-odds of the event",
)
def shap_values(
    case: Case,
    *,
    rows: int = 1000,
    local: int = 20,
    budget_rows: int = 60,
    background: int = 20,
    permutations: int = 10,
    seed: int = 20240101,
) -> Result:
    """Purpose. What each feature contributes to the model's answers.

    Formula. margin(x) = base + Σ φ_j(x); importance of a feature is mean |φ_j|. Parts of an encoded feature
    (dummies) are summed to the raw feature.
    Routes. Boosted trees: the booster's own exact TreeSHAP (path-dependent expectations). Linear models:
    φ_j = β_j(x_j − mean x_j). Points scorecards: φ_j = slope·(points_j − mean points_j). Means are over the
    reference sample, or over this one. Anything else: permutation SHAP within a budget (`budget_rows`,
    `background`, `permutations`), seeded.
    Additivity. The largest |margin − base − Σφ| is kept; above the tolerance (1e-9, or 1e-6 for sampling,
    times the scale of the margin) the test fails: red, whatever the policy says.
    Hypothesis. None.
    Inputs. The model and data with its features; up to `rows` rows, evenly spread over the file.
    Undefined. No row.
    Limits. Describes the model, not the world; with dependent features the linear routes spread credit as if
    features were independent, trees along their paths.
    Source. Lundberg and Lee, NeurIPS 2017; Lundberg et al., Nature Machine Intelligence 2 (2020).
    """
    model = asked(case)
    whole = rows_of(model, case.frame)
    if len(whole) == 0:
        return case.undefined("the data have no rows", sample=case.sample(0))
    cap = min(rows, budget_rows) if isinstance(model.structure, Opaque) else rows
    at = evenly(len(whole), cap)
    X = whole.iloc[at]
    found = explain(case, X, Budget(budget_rows, background, permutations, seed))
    importance = np.abs(found.values).mean(axis=0)
    order = sorted(range(len(found.features)), key=lambda j: (-importance[j], found.features[j]))
    total = float(importance.sum())
    table: list[Row] = [
        {
            "feature": found.features[j],
            "rank": rank + 1,
            "mean_abs": float(importance[j]),
            "share": float(importance[j]) / total if total else None,
            "least": float(found.values[:, j].min()),
            "greatest": float(found.values[:, j].max()),
        }
        for rank, j in enumerate(order)
    ]
    holds = found.residual <= found.tolerance
    return case.result(
        statistic=found.residual,
        rows=table,
        sample=case.sample(len(X), ("not in the evenly spread sample", len(whole) - len(X))),
        method=found.route,
        facts={
            "base": found.base,
            "residual": found.residual,
            "tolerance": found.tolerance,
            "additive": holds,
            "exact": found.exact,
        },
        tables=[_local(found, X, at, local)],
        charts=_charts(found, X, order, table),
        light=GREEN if holds else RED,
    )


def _local(found: Attribution, X: pd.DataFrame, at: npt.NDArray[np.int64], count: int) -> dict[str, Any]:
    """Single decisions, evenly spread from the least to the greatest margin."""
    ranked = np.argsort(found.margin, kind="stable")
    rows = []
    for i in ranked[evenly(len(ranked), count)] if count > 0 else []:
        parts = {name: float(found.values[i, j]) for j, name in enumerate(found.features)}
        gap = float(found.margin[i] - found.base - found.values[i].sum())
        rows.append(
            {
                "row": int(at[i]) + 1,
                "margin": float(found.margin[i]),
                "base": found.base,
                "residual": gap,
                "contributions": parts,
                "values": {name: plain_value(X.iloc[i][name]) for name in found.features},
            }
        )
    return {"name": "local", "title": "Single decisions, from the lowest to the highest risk", "rows": rows}


def _charts(found: Attribution, X: pd.DataFrame, order: list[int], table: list[Row]) -> list[Chart]:
    top = table[0]
    n = f"{len(X)} rows, {found.route}"
    share = f", {short(100 * top['share'], 0)} % of the whole" if top["share"] else ""
    bars = [{"name": row["feature"], "value": row["mean_abs"]} for row in table[:20]]
    title = f"{top['feature']} moves the log-odds most: {short(top['mean_abs'])} on average{share}"
    charts = [chart("importance", "bars", title, f"Mean |SHAP| per feature; {n}", bars, x="mean |SHAP|")]
    swarm: list[Row] = []
    for j in order[:10]:
        name = found.features[j]
        place = _position(X[name])
        for i in evenly(len(X), 150):
            swarm.append(  # noqa: PERF401 - reads better than a nested comprehension
                {
                    "feature": name,
                    "shap": float(found.values[i, j]),
                    "position": place[i],
                    "value": plain_value(X[name].iloc[i]),
                }
            )
    seen = f"The ten most important features spread the log-odds from {short(found.values.min())} to {short(found.values.max())}"
    charts.append(chart("beeswarm", "beeswarm", seen, f"SHAP value per decision; {n}", swarm))
    charts += [_dependence(found, X, j, n) for j in order[:3]]
    return charts


def _position(values: pd.Series) -> list[float | None]:
    """Where a number stands among the column's values, 0 to 1; None for categories."""
    if not is_number(values):
        return [None] * len(values)
    ranks = values.rank(method="average", pct=True)
    return [None if np.isnan(rank) else float(rank) for rank in ranks]


def _dependence(found: Attribution, X: pd.DataFrame, j: int, n: str) -> Chart:
    name, effect = found.features[j], found.values[:, j]
    numeric = is_number(X[name])
    data = [{"value": plain_value(X[name].iloc[i]), "shap": float(effect[i])} for i in evenly(len(X), 400)]
    if numeric:
        values = X[name].to_numpy(dtype=np.float64, na_value=np.nan)
        known = ~np.isnan(values)
        low, high = (
            effect[known & (values <= np.nanmedian(values))],
            effect[known & (values > np.nanmedian(values))],
        )
        rises = len(high) > 0 and float(high.mean()) > float(low.mean())
        title = f"Risk {'rises' if rises else 'falls'} with {name} on average"
    else:
        means = pd.Series(effect).groupby(X[name].astype(str).to_numpy()).mean().sort_index()
        title = f"{name} = {means.idxmax()} raises risk most, {means.idxmin()} lowers it most"
    return chart(
        f"dependence_{name}", "dependence", title, f"SHAP value by {name}; {n}", data, x=name, numeric=numeric
    )


@catalogued(
    "explain.reasons",
    title="Reason codes: points below the maximum against SHAP",
    area="explainability",
    reference="12 CFR 1002.9(b)(2) and its commentary on methods; Lundberg and Lee (2017)",
    needs_model=True,
    thresholds={"amber_below": 0.6, "red_below": 0.4},
    h0="none; the share of principal reasons that two methods have in common",
    direction="higher agreement is better; the decision policy names one method, the other is a check",
)
def reasons(case: Case, *, count: int = 4, cutoff: float | None = None) -> Result:
    """Purpose. Would an applicant who is refused be told other reasons by the other method?

    Formula. Method 1: the `count` features with the most points below the feature's maximum. Method 2: the
    `count` features with the greatest SHAP value toward the event. The statistic is the mean share in common.
    Ties go by the order of the model's features.
    Hypothesis. None.
    Inputs. A points scorecard and data with its features; with `cutoff` only decisions with p ≥ cutoff.
    Undefined. The model is not a points scorecard (SHAP is then the only method); no decision to explain.
    Limits. The maximum of a feature may be rare, which method 1 does not know and method 2 does.
    Source. Regulation B commentary 9(b)(2); Lundberg and Lee (2017).
    """
    model = asked(case)
    structure = model.structure
    if not isinstance(structure, Points):
        return case.undefined("the model is not a points scorecard, so there is no second method of its own")
    X = rows_of(model, case.frame)
    if cutoff is not None:
        X = X[np.asarray(model.predict(X)) >= cutoff]
    if len(X) == 0:
        return case.undefined("no decision reaches the cut-off", sample=case.sample(0))
    names = [name for name in model.features if name in structure.maximum]
    points = structure.points(X)[names].to_numpy(dtype=np.float64)
    below = np.array([structure.maximum[name] for name in names]) - points
    found = explain(case, X, Budget(0, 0, 0, 0))
    effect = found.values[:, [found.features.index(name) for name in names]]
    mine, theirs = _top(below, count), _top(effect, count)
    common = (mine & theirs).sum(axis=1) / np.maximum(1, mine.sum(axis=1))
    rows = [
        {"feature": name, "by_points": int(mine[:, j].sum()), "by_shap": int(theirs[:, j].sum())}
        for j, name in enumerate(names)
    ]
    agreement = float(common.mean())
    return case.result(
        statistic=agreement,
        rows=sorted(rows, key=lambda row: (-row["by_points"], row["feature"])),
        sample=case.sample(len(X), ("below the cut-off", len(case.frame) - len(X))),
        method=f"first {count} reasons, points below maximum against SHAP ({found.route})",
        facts={"identical": float((common == 1).mean()), "first_reason_same": _first_same(below, effect)},
        light=worst(judge(agreement, None, case.thresholds)),
    )


def _top(amount: Floats, count: int) -> npt.NDArray[np.bool_]:
    """The `count` greatest per row that are above 0; ties by position."""
    order = np.argsort(-amount, axis=1, kind="stable")[:, :count]
    chosen = np.zeros(amount.shape, dtype=bool)
    np.put_along_axis(chosen, order, True, axis=1)
    top: npt.NDArray[np.bool_] = chosen & (amount > 0)
    return top


def _first_same(a: Floats, b: Floats) -> float:
    return float((a.argmax(axis=1) == b.argmax(axis=1)).mean())
