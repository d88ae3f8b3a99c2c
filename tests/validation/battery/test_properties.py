"""What must hold for any data: order does not matter, undefined is said, JSON is finite, input is refused by name."""

from __future__ import annotations

import json
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.validation.battery.examples import ROLES, german
from validation.battery import BatteryError, catalogue, run, spec
from validation.battery.shell import list_tests, run_file
from validation.battery.stability import psi_of

SCORED = st.lists(st.tuples(st.integers(0, 1), st.integers(1, 99)), min_size=4, max_size=60)
TESTS = ["disc.auc", "disc.gini", "disc.ks", "pd.brier", "pd.spiegelhalter", "pd.cox_calibration", "pd.jeffreys",
         "pd.binomial", "pd.normal", "pd.hosmer_lemeshow", "disc.information_value", "dq.target"]  # fmt: skip


def _frame(rows: list[tuple[int, int]]) -> pd.DataFrame:
    return pd.DataFrame({"y": [y for y, _ in rows], "p": [p / 100 for _, p in rows]})


@settings(max_examples=40, deadline=None)
@given(SCORED)
def test_reversing_the_score_mirrors_the_area(rows: list[tuple[int, int]]) -> None:
    frame = _frame(rows)
    one = run("disc.auc", frame)
    two = run("disc.auc", frame.assign(p=1 - frame["p"].round(2)))
    assert one.defined == two.defined
    if one.defined:
        assert one.statistic + two.statistic == pytest.approx(1, abs=1e-12)
        assert one.variance is None or one.variance == pytest.approx(two.variance, abs=1e-12)


@settings(max_examples=15, deadline=None)
@given(SCORED, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(rows: list[tuple[int, int]], random: object) -> None:
    mixed = list(rows)
    random.shuffle(mixed)  # type: ignore[attr-defined]
    for test_id in TESTS:
        one, two = run(test_id, _frame(rows)), run(test_id, _frame(mixed))
        assert one.defined == two.defined
        for name in ("statistic", "p_value", "variance"):
            a, b = getattr(one, name), getattr(two, name)
            assert (a is None) == (b is None)
            assert a is None or a == pytest.approx(b, rel=1e-7, abs=1e-9)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), min_size=2, max_size=12))
def test_psi_is_never_negative(cells: list[tuple[int, int]]) -> None:
    expected, actual = (np.array(side, dtype=float) for side in zip(*cells, strict=True))
    assert psi_of(expected, actual, 0.5) >= -1e-15
    assert psi_of(expected, expected, 0.5) == 0


def test_brier_parts_sum_to_the_score() -> None:
    draw = np.random.default_rng(5)
    p = draw.uniform(0.01, 0.6, 500)
    result = run("pd.brier", pd.DataFrame({"y": (draw.uniform(size=500) < p).astype(int), "p": p}))
    f = result.facts
    parts = f["reliability"] - f["resolution"] + f["uncertainty"]
    parts += f["within_group_variance"] - f["within_group_covariance"]
    assert parts == pytest.approx(result.statistic, abs=1e-14)


def test_cox_line_equals_statsmodels() -> None:
    import statsmodels.api as sm

    draw = np.random.default_rng(6)
    p = draw.uniform(0.02, 0.7, 400)
    y = (draw.uniform(size=400) < p**1.3).astype(int)
    result = run("pd.cox_calibration", pd.DataFrame({"y": y, "p": p}))
    fit = sm.Logit(y, sm.add_constant(np.log(p / (1 - p)))).fit(disp=0)
    assert [row["value"] for row in result.rows[:2]] == pytest.approx(list(fit.params), abs=1e-6)
    assert [row["standard_error"] for row in result.rows[:2]] == pytest.approx(list(fit.bse), abs=1e-6)


def test_two_models_equal_the_paired_bootstrap_in_spread() -> None:
    draw = np.random.default_rng(8)
    y = (draw.uniform(size=600) < 0.3).astype(int)
    one, two = y + draw.normal(0, 1.2, 600), y + draw.normal(0, 1.6, 600)
    frame = pd.DataFrame({"y": y, "p1": one, "p2": two})
    result = run("disc.auc_two_models", frame)
    gaps = []
    for _ in range(300):
        again = frame.iloc[draw.integers(0, 600, 600)]
        gaps.append(run("disc.auc_two_models", again).facts["difference"])
    assert math.sqrt(result.variance) == pytest.approx(float(np.std(gaps)), rel=0.15)


def test_psi_by_chance_exceeds_its_quantile_as_often_as_it_says() -> None:
    draw = np.random.default_rng(9)
    above_habit = above_quantile = 0
    for _ in range(200):
        frame = pd.DataFrame({"score": draw.normal(size=200)})
        other = pd.DataFrame({"score": draw.normal(size=200)})
        result = run("stab.psi", frame, reference=other, parameters={"smoothing": 0.5})
        above_habit += result.statistic > 0.1
        above_quantile += result.statistic > result.facts["quantile"]
    assert 0.2 < above_habit / 200 < 0.5
    assert above_quantile / 200 < 0.12


@pytest.mark.parametrize(
    ("test_id", "frame"),
    [
        ("disc.auc", {"y": [0, 1, 0], "score": [2, 2, 2]}),
        ("disc.auc", {"y": [1, 1], "score": [1, 2]}),
        ("disc.gini", {"y": [0, 0], "p": [0.1, 0.2]}),
        ("disc.ks", {"y": [None, None], "p": [0.1, 0.2]}),
        ("pd.spiegelhalter", {"y": [0, 1], "p": [0.5, 0.5]}),
        ("pd.cox_calibration", {"y": [0, 1], "p": [0.0, 1.0]}),
        ("pd.cox_calibration", {"y": [0, 1, 0, 1], "p": [0.1, 0.8, 0.2, 0.9]}),
        ("pd.hosmer_lemeshow", {"n": [10], "d": [1], "pd": [0.0]}),
        ("pd.normal", {"n": [10], "d": [1], "pd": [0.0]}),
        ("fair.air", {"group": ["A"], "n": [10], "favourable": [1]}),
        ("fair.air", {"group": ["A", "B"], "n": [10, 20], "favourable": [1, 0]}),
        ("dq.keys", {"a": [1]}),
    ],
)
def test_undefined_is_a_value_with_a_reason(test_id: str, frame: dict[str, list[object]]) -> None:
    result = run(test_id, pd.DataFrame(frame))
    assert not result.defined
    assert result.light == "not_defined"
    assert result.statistic is None
    assert len(result.reason) > 10
    json.dumps(result.to_json(), allow_nan=False)


@pytest.mark.parametrize(
    ("test_id", "frame", "parameters", "code", "names"),
    [
        ("disc.auc", {"y": [0, 1]}, {}, "role_missing", "score"),
        ("disc.auc", {"y": [0, 1, 2], "p": [0.1, 0.2, 0.3]}, {}, "target_not_binary", "y"),
        ("disc.auc", {"y": [1, 2], "p": [0.1, 0.2]}, {}, "event_not_declared", "1 and 2"),
        ("disc.auc", {"y": [1, 2], "p": [0.1, 0.2]}, {"event": 3}, "event_not_in_target", "1 and 2"),
        ("disc.auc", {"y": [0, 1], "p": [0.1, 20]}, {}, "not_a_probability", "p"),
        ("disc.auc", {"y": [0, 1], "p": ["x", "z"]}, {}, "not_a_number", "p"),
        ("disc.auc", {"y": [0, 1], "p": [0.1, 0.2]}, {"nonsense": 1}, "parameter_unknown", "nonsense"),
        ("disc.auc_vs_initial", {"y": [0, 1], "p": [0.1, 0.2]}, {}, "parameter_missing", "initial"),
        ("fair.air", {"y": [0, 1], "yhat": [0, 1]}, {}, "protected_attribute_missing", "group"),
        ("fair.air", {"yhat": [0, 1]}, {"attributes": "age"}, "protected_attribute_missing", "age"),
        ("fair.air", {"group": ["a", "b"]}, {}, "decision_missing", "yhat"),
        ("fair.air", {"group": ["a", "b"], "yhat": [0, 1]}, {"reference": "c"}, "reference_unknown", "c"),
        ("stab.psi", {"p": [0.1, 0.2]}, {}, "second_sample_missing", "two samples"),
        ("pd.jeffreys", {"n": [3], "d": [4], "pd": [0.1]}, {}, "grade_counts_wrong", "defaults"),
        ("explain.shap", {"a": [1]}, {}, "model_missing", "model"),
        ("no.such", {"a": [1]}, {}, "test_unknown", "no.such"),
    ],
)
def test_wrong_input_is_refused_in_a_sentence(
    test_id: str, frame: dict[str, list[object]], parameters: dict[str, object], code: str, names: str
) -> None:
    with pytest.raises(BatteryError) as caught:
        run(test_id, pd.DataFrame(frame), parameters=parameters)
    assert caught.value.code == code
    assert names in caught.value.detail + caught.value.remedy
    assert caught.value.detail.endswith((".", "?"))
    assert caught.value.remedy


def test_thresholds_make_lights_and_none_shows() -> None:
    frame = german().assign(p=np.linspace(0, 1, 1000))
    roles = {**ROLES, "p": "p"}
    settings_ = {"parameters": {"event": 2}, "roles": roles}
    assert run("disc.auc", frame, **settings_).light == "shown"
    assert (
        run("disc.auc", frame, thresholds={"red_below": 0.6, "amber_below": 0.7}, **settings_).light == "red"
    )
    with pytest.raises(BatteryError, match="purple"):
        run("disc.auc", frame, thresholds={"purple": 1}, **settings_)


def test_unknown_outcomes_are_left_out_and_counted() -> None:
    frame = pd.DataFrame({"y": [0, 1, None, 0, 1], "p": [0.1, 0.7, 0.2, None, 0.6]})
    sample = run("disc.auc", frame).sample
    assert (sample["m"], sample["n"]) == (5, 3)
    assert [item["n"] for item in sample["exclusions"]] == [1, 1]


def test_every_test_says_what_it_does() -> None:
    for found in catalogue():
        text = found.methodology
        for heading in ("Purpose.", "Formula.", "Undefined.", "Limits.", "Source."):
            assert heading in text or "As disc.auc" in text or found.id == "disc.gini", (found.id, heading)
        assert found.reference
        assert found.title
    json.dumps(list_tests(), allow_nan=False)
    assert spec("pd.jeffreys").area == "performance"


def test_the_shell_runs_a_file(tmp_path: object) -> None:
    file = tmp_path / "g6.csv"  # type: ignore[operator]
    file.write_text("group,n,favourable\nA,40,12\nB,80,48\n")
    result = run_file("fair.air", file, {"reference": "B", "limit.air_below": "0.8", "limit.p_below": "0.05"})
    assert result["statistic"] == 0.5
    assert result["light"] == "red"
    assert result["parameters"]["reference"] == "B"
    parquet = tmp_path / "rows.parquet"  # type: ignore[operator]
    pd.DataFrame({"y": [0, 1, 0, 1], "risk": [0.1, 0.9, 0.2, 0.3]}).to_parquet(parquet)
    assert run_file("disc.auc", parquet, {"roles": "risk:p"})["statistic"] == 1.0
    with pytest.raises(BatteryError, match="no file"):
        run_file("disc.auc", tmp_path / "none.csv")  # type: ignore[operator]
    empty = tmp_path / "empty.csv"  # type: ignore[operator]
    empty.write_text("")
    with pytest.raises(BatteryError) as caught:
        run_file("disc.auc", empty)
    assert caught.value.code == "file_unreadable"
