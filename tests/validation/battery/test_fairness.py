"""Disparate impact: agreement with fairlearn, judgement by effect and significance."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.validation.battery.examples import ROLES, german, linear
from validation.battery import run
from validation.battery.special import fisher_two_sided

LIMITS = {"air_below": 0.8, "p_below": 0.05, "minimum_n": 30.0}
SETTINGS = {"attributes": ["age", "personal_status"], "bands": {"age": [25]}, "cutoff": 0.3, "event": 2}


def _scored() -> pd.DataFrame:
    return german().assign(p=linear().predict(german()))


def test_rates_equal_fairlearn() -> None:
    from fairlearn.metrics import MetricFrame, demographic_parity_ratio, selection_rate

    frame = _scored()
    result = run("fair.air", frame, roles={**ROLES, "p": "p"}, parameters=SETTINGS)
    yes = (frame["p"] < 0.3).astype(int)
    for name, groups in (
        ("age", np.where(frame["age"] < 25, "< 25", "≥ 25")),
        ("personal_status", frame["personal_status"]),
    ):
        theirs = MetricFrame(metrics=selection_rate, y_true=yes, y_pred=yes, sensitive_features=groups)
        rows = {row["group"]: row for row in result.rows if row["attribute"] == name}
        assert set(rows) == set(theirs.by_group.index)
        for group, rate in theirs.by_group.items():
            assert rows[group]["rate"] == pytest.approx(rate, abs=1e-12)
        ratio = min(r["rate"] for r in rows.values()) / max(r["rate"] for r in rows.values())
        assert ratio == pytest.approx(
            demographic_parity_ratio(yes, yes, sensitive_features=groups), abs=1e-12
        )


def test_a_light_needs_effect_and_significance_and_size() -> None:
    def light(n: int, favourable: int) -> str:
        frame = pd.DataFrame({"group": ["A", "B"], "n": [n, 400], "favourable": [favourable, 240]})
        return run("fair.air", frame, parameters={"reference": "B"}, thresholds=LIMITS).light

    assert light(100, 30) == "red"
    assert light(100, 59) == "green"
    assert light(30, 14) == "amber"  # effect without significance
    assert light(20, 1) == "amber"  # too few to conclude
    assert (
        run("fair.air", pd.DataFrame({"group": ["A", "B"], "n": [9, 9], "favourable": [1, 9]})).light
        == "shown"
    )


def test_intersections_and_unknown_members() -> None:
    frame = _scored().astype({"personal_status": object})
    frame.loc[:9, "personal_status"] = None
    result = run("fair.air", frame, roles={**ROLES, "p": "p"}, parameters=SETTINGS, thresholds=LIMITS)
    assert {row["attribute"] for row in result.rows} == {"age", "personal_status", "age × personal_status"}
    assert sum(row["n"] for row in result.rows if row["attribute"] == "personal_status") == 990
    assert result.sample["exclusions"][0]["n"] == 10
    assert result.charts[0]["kind"] == "forest"


@pytest.mark.parametrize(
    ("a", "n1", "b", "n2"), [(12, 40, 48, 80), (0, 7, 3, 9), (5, 5, 0, 5), (3, 200, 90, 4000)]
)
def test_fisher_equals_scipy(a: int, n1: int, b: int, n2: int) -> None:
    from scipy.stats import fisher_exact

    theirs = fisher_exact([[a, n1 - a], [b, n2 - b]]).pvalue
    assert fisher_two_sided(a, n1, b, n2) == pytest.approx(theirs, rel=1e-9)


def test_standardised_mean_difference() -> None:
    frame = pd.DataFrame({"group": list("aaabbbb"), "score": [1.0, 2.0, 3.0, 3.0, 4.0, 5.0, 6.0]})
    result = run("fair.smd", frame, thresholds={"amber_above": 0.2, "red_above": 0.5})
    pooled = np.sqrt((2 * 1.0 + 3 * 5 / 3) / 5)
    assert result.statistic == pytest.approx((2 - 4.5) / pooled, abs=1e-12)
    assert result.light == "red"
    total = run("fair.smd", frame, parameters={"sd": "total"})
    assert total.statistic == pytest.approx(-2.5 / frame["score"].std(), abs=1e-12)
