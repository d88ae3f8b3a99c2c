"""LIME: a local linear picture of single decisions, seeded per decision, with its stability over seeds."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from mrm.kernel.canonical import canonical
from validation.battery.attribution import Budget, evenly, rows_of
from validation.battery.case import Case
from validation.battery.catalogue import catalogued
from validation.battery.chart import chart, short
from validation.battery.coding import Coding
from validation.battery.explain_shap import asked, explain
from validation.battery.explainable import Explainable
from validation.battery.result import Result, Row, judge, plain_value

Floats = npt.NDArray[np.float64]


def lime_seed(artefact: str, row: dict[str, Any], parameters: dict[str, Any]) -> int:
    """The first 8 bytes of SHA-256(artefact digest ‖ canonical row ‖ parameters)."""
    data = artefact.encode() + canonical(plain_value(row)) + canonical(plain_value(parameters))
    return int.from_bytes(hashlib.sha256(data).digest()[:8], "big")


@dataclass(frozen=True)
class Local:
    """LIME weights of one decision: one line per seed, one column per feature; and the fit of each."""

    row: int
    p: float
    weights: Floats
    fit: Floats


class Lime:
    """LIME's tabular explainer on a background sample; every explanation has a seed of its own."""

    def __init__(
        self, model: Explainable, background: pd.DataFrame, decisions: pd.DataFrame, samples: int
    ) -> None:
        self.model = model
        self.samples = samples
        self.coding = Coding.of(background, decisions)
        self.training = self.coding.encode(background)
        self.state = np.random.RandomState(np.random.MT19937(0))

    def predict(self, matrix: Floats) -> Floats:
        """Both probabilities, as LIME wants them."""
        p = np.asarray(self.model.predict(self.coding.decode(matrix)), dtype=np.float64)
        return np.column_stack([1 - p, p])

    @cached_property
    def explainer(self) -> Any:
        """The library's explainer, made once: it bins the background and draws nothing until it explains."""
        from lime.lime_tabular import LimeTabularExplainer

        return LimeTabularExplainer(
            self.training,
            mode="classification",
            feature_names=self.coding.columns,
            categorical_features=self.coding.categorical,
            categorical_names={
                i: [str(v) for v in self.coding.values[self.coding.columns[i]]]
                for i in self.coding.categorical
            },
            discretize_continuous=True,
            random_state=self.state,
        )

    def weights(self, codes: Floats, seed: int) -> tuple[Floats, float]:
        """The weight of each feature toward the event, and the R² of the local fit."""
        fresh = np.random.RandomState(np.random.MT19937(np.random.SeedSequence(seed)))
        self.state.set_state(fresh.get_state())  # every part of the explainer draws from this one
        count = len(self.coding.columns)
        found = self.explainer.explain_instance(
            codes, self.predict, labels=(1,), num_features=count, num_samples=self.samples
        )
        weights = np.zeros(count)
        for position, weight in found.as_map()[1]:
            weights[position] = weight
        return weights, float(found.score)


def locals_of(case: Case, rows: int, seeds: int, samples: int) -> tuple[list[Local], pd.DataFrame, int]:
    """LIME for decisions evenly spread over the predicted risk; also the rows it could use, and how many not."""
    model = asked(case)
    whole = rows_of(model, case.frame)
    background = rows_of(model, case.reference if case.reference is not None else case.frame)
    numeric = [c for c in whole.columns if pd.api.types.is_numeric_dtype(whole[c])]
    keep = whole[numeric].notna().all(axis=1).to_numpy()
    usable, places = whole[keep], np.flatnonzero(keep)
    if len(usable) == 0 or len(background.dropna(subset=numeric)) == 0:
        return [], usable, len(whole)
    lime = Lime(model, background.dropna(subset=numeric), usable, samples)
    p = np.asarray(model.predict(usable), dtype=np.float64)
    chosen = np.argsort(p, kind="stable")[evenly(len(p), rows)]
    found = []
    for done, i in enumerate(chosen):
        line = usable.iloc[int(i)]
        codes = lime.coding.encode(usable.iloc[[int(i)]])[0]
        parameters = {"samples": samples, "features": list(model.features)}
        runs = [
            lime.weights(codes, lime_seed(model.digest, dict(line), {**parameters, "repeat": repeat}))
            for repeat in range(seeds)
        ]
        found.append(
            Local(
                int(places[i]) + 1,
                float(p[i]),
                np.array([w for w, _ in runs]),
                np.array([s for _, s in runs]),
            )
        )
        case.tick(done + 1, len(chosen), "LIME")
    return found, usable.iloc[chosen], len(whole) - len(usable)


@catalogued(
    "explain.lime",
    title="LIME: local explanations and their stability",
    area="explainability",
    reference="Ribeiro, Singh and Guestrin (2016); Visani et al. (2022) on stability",
    needs_model=True,
    thresholds={"amber_below": 0.7, "red_below": 0.5},
    h0="none; the share of the first features that two seeds have in common",
    direction="higher is more stable",
)
def lime_values(case: Case, *, rows: int = 40, seeds: int = 5, samples: int = 1000, top: int = 4) -> Result:
    """Purpose. A second, model-agnostic explanation of single decisions, and whether it can be relied on.

    Formula. Weights of a weighted ridge regression of p on `samples` perturbed rows around the decision (numbers
    in quartiles of the background, categories as they are; kernel width .75·√features). Stability of
    a decision: mean share of the `top` features (by |weight|) that two seeds have in common; the statistic is
    its mean over decisions.
    Seeds. First 8 bytes of SHA-256(artefact digest ‖ canonical row ‖ parameters), the repeat being one of the
    parameters: running again gives the same answer.
    Hypothesis. None.
    Inputs. The model and data with its features; `rows` decisions evenly spread over the predicted risk. The
    background is the reference sample, or the data themselves.
    Undefined. No row with all its numbers (LIME has no place for missing numbers; such rows are counted).
    Limits. Local and linear; perturbations ignore that features depend on each other; R² of the local fit is
    printed, and low where the model is not locally linear.
    Source. Ribeiro et al., KDD 2016; Visani et al., JORS 73 (2022).
    """
    found, _, excluded = locals_of(case, rows, max(1, seeds), samples)
    sample = case.sample(
        len(found),
        ("a number is missing", excluded),
        ("not among the decisions drawn", len(case.frame) - excluded - len(found)),
    )
    if not found:
        return case.undefined("no row has all its numbers", sample=sample)
    names = list(asked(case).features)
    table = [_row(local, names, top) for local in found]
    importance = np.array([np.abs(local.weights.mean(axis=0)) for local in found]).mean(axis=0)
    overlaps = [row["stability"] for row in table if row["stability"] is not None]
    stability = float(np.mean(overlaps)) if overlaps else None
    return case.result(
        statistic=stability,
        rows=table,
        sample=sample,
        method=f"LIME tabular, {samples} perturbed rows, {seeds} seeds per decision",
        facts={
            "mean_fit": float(np.mean([row["fit"] for row in table])),
            "least_stability": min(overlaps) if overlaps else None,
        },
        tables=[
            {
                "name": "importance",
                "title": "Mean |weight| over decisions",
                "rows": [
                    {"feature": names[j], "mean_abs": float(importance[j])}
                    for j in sorted(range(len(names)), key=lambda j: (-importance[j], names[j]))
                ],
            }
        ],
        charts=[
            _stability_chart(table, stability, top, seeds),
            _importance_chart(names, importance, len(found)),
        ],
        light=judge(stability, None, case.thresholds),
    )


def _first(weights: Floats, top: int) -> set[int]:
    return {int(j) for j in np.argsort(-np.abs(weights), kind="stable")[:top]}


def _row(local: Local, names: list[str], top: int) -> Row:
    mean, spread = local.weights.mean(axis=0), local.weights.std(axis=0)
    shared = [len(_first(a, top) & _first(b, top)) / top for a, b in combinations(local.weights, 2)]
    return {
        "row": local.row,
        "p": local.p,
        "stability": float(np.mean(shared)) if shared else None,
        "fit": float(local.fit.mean()),
        "first": [names[j] for j in np.argsort(-np.abs(mean), kind="stable")[:top]],
        "weights": {name: float(mean[j]) for j, name in enumerate(names)},
        "spread": {name: float(spread[j]) for j, name in enumerate(names)},
    }


def _stability_chart(table: list[Row], stability: float | None, top: int, seeds: int) -> dict[str, Any]:
    data = [{"row": r["row"], "p": r["p"], "stability": r["stability"], "fit": r["fit"]} for r in table[:400]]
    title = (
        f"Two seeds share {short(100 * stability, 0)} % of the first {top} features"
        if stability is not None
        else "One seed: stability is not defined"
    )
    subtitle = f"Share in common per decision, by predicted risk; {len(table)} decisions, {seeds} seeds"
    return chart("lime_stability", "lime_stability", title, subtitle, data)


def _importance_chart(names: list[str], importance: Floats, decisions: int) -> dict[str, Any]:
    order = sorted(range(len(names)), key=lambda j: (-importance[j], names[j]))
    data = [{"name": names[j], "value": float(importance[j])} for j in order[:20]]
    title = f"{names[order[0]]} has the largest local weight on average"
    return chart(
        "lime_importance",
        "bars",
        title,
        f"Mean |LIME weight|; {decisions} decisions",
        data,
        x="mean |weight|",
    )


@catalogued(
    "explain.agreement",
    title="Agreement of SHAP and LIME",
    area="explainability",
    reference="Krishna et al. (2024), The disagreement problem in explainable machine learning",
    needs_model=True,
    thresholds={"amber_below": 0.5, "red_below": 0.3},
    h0="none; the share of the first features that both methods have in common",
    direction="higher agreement is better",
)
def agreement(
    case: Case, *, rows: int = 40, samples: int = 1000, top: int = 4, seed: int = 20240101
) -> Result:
    """Purpose. Do two methods that look at the model in different ways name the same features?

    Formula. Per decision: share of the `top` features by |SHAP| and by |LIME weight| in common, and share of
    those in common whose signs agree. Over all: Spearman's rank correlation of mean |SHAP| and mean |weight|. The
    statistic is the mean share in common.
    Hypothesis. None. By chance the share is top/number of features, printed beside it.
    Inputs. As explain.lime (one seed) and explain.shap, on the same decisions.
    Undefined. No decision.
    Limits. The methods explain different scales (log-odds, probability) and absences, so full agreement is not
    to be expected.
    Source. Krishna et al., TMLR 2024.
    """
    found, X, excluded = locals_of(case, rows, 1, samples)
    sample = case.sample(len(found), ("a number is missing", excluded))
    if not found:
        return case.undefined("no row has all its numbers", sample=sample)
    shap = explain(case, X, Budget(rows, 20, 10, seed))
    lime = np.array([local.weights[0] for local in found])
    table: list[Row] = []
    for i, local in enumerate(found):
        both = sorted(_first(shap.values[i], top) & _first(lime[i], top))
        same = [np.sign(shap.values[i, j]) == np.sign(lime[i, j]) for j in both]
        table.append(
            {
                "row": local.row,
                "p": local.p,
                "common": len(both) / top,
                "signs": float(np.mean(same)) if same else None,
                "features": [shap.features[j] for j in both],
            }
        )
    one, two = np.abs(shap.values).mean(axis=0), np.abs(lime).mean(axis=0)
    common = float(np.mean([row["common"] for row in table]))
    signs = [row["signs"] for row in table if row["signs"] is not None]
    return case.result(
        statistic=common,
        rows=table,
        sample=sample,
        method=f"first {top} features of each decision; {shap.route}; LIME with {samples} rows",
        facts={
            "by_chance": min(1.0, top / len(shap.features)),
            "sign_agreement": float(np.mean(signs)) if signs else None,
            "rank_correlation": _spearman(one, two),
        },
        light=judge(common, None, case.thresholds),
    )


def _spearman(a: Floats, b: Floats) -> float | None:
    x = pd.Series(a).rank().to_numpy()
    y = pd.Series(b).rank().to_numpy()
    if x.std() == 0 or y.std() == 0:
        return None
    return float(((x - x.mean()) * (y - y.mean())).mean() / (x.std() * y.std()))
