"""Explanations: native routes equal the shap library, parts add up, LIME repeats itself."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from tests.validation.battery.examples import DIGEST, ROLES, german, linear, opaque, scorecard, trees
from validation.battery import BatteryError, Points, Trees, run
from validation.battery.attribution import Budget, attribute
from validation.battery.explain_lime import lime_seed

BUDGET = Budget(rows=10, background=10, permutations=3, seed=7)


def _quiet(done: int, total: int, text: str) -> None:
    assert done <= total


def test_linear_route_equals_shap() -> None:
    import shap

    model, X = linear(), german().head(25)
    found = attribute(model, X[model.features], german()[model.features], BUDGET, _quiet)
    encode, coef = model.structure.encode, model.structure.coef
    masker = shap.maskers.Independent(encode(german()), max_samples=2000)
    theirs = shap.LinearExplainer((coef, model.structure.intercept), masker).shap_values(encode(X))
    for j, name in enumerate(found.features):
        columns = [i for i, group in enumerate(encode.groups) if group == name]
        np.testing.assert_allclose(found.values[:, j], theirs[:, columns].sum(axis=1), atol=1e-10)


def test_tree_route_equals_shap() -> None:
    import shap

    model, X = trees(), german().head(40)
    found = attribute(model, X[model.features], X[model.features], BUDGET, _quiet)
    theirs = shap.TreeExplainer(model.structure.booster).shap_values(model.structure.encode(X))
    np.testing.assert_allclose(found.values, theirs, atol=1e-9)
    assert found.residual <= found.tolerance


def test_scorecard_route_equals_shap() -> None:
    import shap

    model, X = scorecard(), german().head(25)
    found = attribute(model, X, german(), BUDGET, _quiet)
    points, slopes = model.structure.points, np.full(len(model.features), model.structure.slope)
    masker = shap.maskers.Independent(points(german()).to_numpy(), max_samples=2000)
    explainer = shap.LinearExplainer((slopes, model.structure.intercept), masker)
    np.testing.assert_allclose(found.values, explainer.shap_values(points(X).to_numpy()), atol=1e-10)
    assert found.base == pytest.approx(explainer.expected_value, abs=1e-10)


def test_sampled_route_equals_the_definition_where_every_order_is_drawn() -> None:
    """Shapley's sum over all subsets of three features that interact, by hand."""
    from itertools import combinations
    from math import factorial

    X = pd.DataFrame({"a": [1.0, 0.0], "b": [2.0, 1.0], "c": ["u", "v"]})

    def log_odds(Z: pd.DataFrame) -> np.ndarray:
        return (Z["a"] * Z["b"] + 3.0 * (Z["c"] == "u") * Z["a"]).to_numpy(dtype=float)

    model = replace(opaque(scorecard()), features=["a", "b", "c"], log_odds=log_odds)
    budget = Budget(rows=2, background=2, permutations=400, seed=3)
    found = attribute(model, X, X, budget, _quiet)

    def value(row: int, present: tuple[str, ...]) -> float:
        mixed = X.assign(**{name: X[name].iloc[row] for name in present})
        return float(log_odds(mixed).mean())

    for row in range(2):
        for j, name in enumerate(model.features):
            others = [n for n in model.features if n != name]
            shapley = sum(
                factorial(k) * factorial(2 - k) / 6 * (value(row, (*s, name)) - value(row, s))
                for k in range(3)
                for s in combinations(others, k)
            )
            assert found.values[row, j] == pytest.approx(shapley, abs=0.05)
    assert found.residual < 1e-12


def test_sampled_route_adds_up_and_repeats() -> None:
    model = opaque(scorecard())
    settings = {"budget_rows": 6, "background": 5, "permutations": 2}
    first = run("explain.shap", german(), roles=ROLES, model=model, parameters=settings)
    again = run("explain.shap", german(), roles=ROLES, model=model, parameters=settings)
    assert first.to_json() == again.to_json()
    assert first.facts["additive"]
    assert not first.facts["exact"]
    assert first.sample["n"] == 6


def test_parts_that_do_not_add_up_fail_the_test() -> None:
    model = scorecard()
    broken = replace(model.structure, intercept=model.structure.intercept + 0.001)
    result = run("explain.shap", german(), roles=ROLES, model=replace(model, structure=broken))
    assert result.light == "red"
    assert result.statistic == pytest.approx(0.001, rel=1e-6)


def test_shap_charts_are_capped_and_local_parts_are_kept() -> None:
    result = run("explain.shap", german(), roles=ROLES, model=trees())
    kinds = {chart["kind"]: chart for chart in result.charts}
    assert len(kinds["beeswarm"]["data"]) <= 1500
    assert len(kinds["dependence"]["data"]) <= 400
    for row in result.tables[0]["rows"]:
        total = row["base"] + sum(row["contributions"].values())
        assert total == pytest.approx(row["margin"], abs=1e-9)


def test_a_missing_feature_is_named() -> None:
    with pytest.raises(BatteryError, match="savings") as caught:
        run("explain.shap", german().drop(columns="savings"), model=linear())
    assert caught.value.code == "column_missing"
    assert caught.value.remedy


def test_an_unknown_booster_is_refused() -> None:
    model = trees()
    with pytest.raises(BatteryError, match="catboost"):
        run(
            "explain.shap",
            german(),
            model=replace(
                model, structure=Trees(None, model.structure.encode, model.features, kind="catboost")
            ),
        )


def test_lime_seed_is_the_hash_of_artefact_row_and_parameters() -> None:
    import hashlib

    data = b'ab{"a":1}{"repeat":0}'
    assert lime_seed("ab", {"a": 1}, {"repeat": 0}) == int.from_bytes(
        hashlib.sha256(data).digest()[:8], "big"
    )
    assert lime_seed("ab", {"a": 1}, {"repeat": 1}) != lime_seed("ab", {"a": 1}, {"repeat": 0})


def test_lime_repeats_itself_and_differs_by_artefact() -> None:
    settings = {"rows": 3, "seeds": 2, "samples": 200}
    first = run("explain.lime", german(), roles=ROLES, model=trees(), parameters=settings)
    again = run("explain.lime", german(), roles=ROLES, model=trees(), parameters=settings)
    other = run(
        "explain.lime",
        german(),
        roles=ROLES,
        model=replace(trees(), digest="1" + DIGEST[1:]),
        parameters=settings,
    )
    assert first.to_json() == again.to_json()
    assert first.rows[0]["weights"] != other.rows[0]["weights"]
    assert 0 <= first.statistic <= 1
    assert [row["p"] for row in first.rows] == sorted(row["p"] for row in first.rows)


def test_lime_does_not_depend_on_the_order_of_other_decisions() -> None:
    frame = german().head(60)
    settings = {"rows": 60, "seeds": 1, "samples": 50}
    few = run("explain.lime", frame.tail(2), model=scorecard(), reference=frame, parameters=settings)
    many = run("explain.lime", frame.tail(4), model=scorecard(), reference=frame, parameters=settings)
    by_p = {row["p"]: row["weights"] for row in many.rows}
    assert all(by_p[row["p"]] == row["weights"] for row in few.rows)


def test_lime_says_when_no_row_is_complete() -> None:
    frame = german().head(30).assign(age=np.nan)
    result = run("explain.lime", frame, model=linear(), reference=german())
    assert not result.defined
    assert "numbers" in result.reason


def test_agreement_of_both_methods_on_the_same_decisions() -> None:
    result = run("explain.agreement", german(), model=trees(), parameters={"rows": 4, "samples": 300})
    assert len(result.rows) == 4
    assert result.facts["by_chance"] == pytest.approx(0.2)
    assert 0 <= result.statistic <= 1


def test_reasons_agree_where_every_maximum_is_equally_far_from_the_mean() -> None:
    frame = pd.DataFrame({"a": [0.0, 2.0], "b": [2.0, 0.0]})
    structure = Points(lambda X: X[["a", "b"]], {"a": 2.0, "b": 2.0}, -1.0, 0.0)
    model = replace(scorecard(), features=["a", "b"], structure=structure, log_odds=lambda X: -X.sum(axis=1))
    result = run("explain.reasons", frame, model=model, parameters={"count": 1})
    assert result.statistic == 1.0
    assert result.facts["first_reason_same"] == 1.0


def test_reasons_on_the_scorecard_and_none_for_trees() -> None:
    result = run("explain.reasons", german(), model=scorecard(), thresholds={"amber_below": 0.6})
    assert 0.4 < result.statistic < 1
    assert result.light == "green"
    assert not run("explain.reasons", german(), model=trees()).defined
