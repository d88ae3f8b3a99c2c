"""Overfit, a simple challenger, and error rates by group."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.validation.battery.examples import ROLES, german, trees
from validation.battery import run

ROLES_SCORED = {**ROLES, "p": "p", "set": "segment"}


def _split() -> pd.DataFrame:
    part = np.where(np.arange(1000) % 3 == 0, "test", "train")
    return german().assign(p=trees().predict(german()), set=part)


def test_a_model_that_knows_its_training_rows_is_caught() -> None:
    frame = _split()
    noise = np.random.default_rng(2).uniform(size=1000)
    frame["p"] = np.where(frame["set"] == "train", 0.05 + 0.9 * (frame["outcome"] == 2), noise)
    limits = {"amber_above": 0.05, "red_above": 0.1}
    result = run("sound.overfit", frame, roles=ROLES_SCORED, parameters={"event": 2}, thresholds=limits)
    assert result.light == "red"
    assert result.p_value < 1e-6
    same = run("sound.overfit", _split(), roles=ROLES_SCORED, parameters={"event": 2}, thresholds=limits)
    assert same.statistic == pytest.approx(same.rows[0]["auc"] - same.rows[1]["auc"])
    assert same.light == "green"


def test_the_simple_challenger_beats_noise_and_repeats() -> None:
    frame = _split()
    frame["p"] = np.random.default_rng(3).uniform(size=1000)
    settings = {"roles": ROLES_SCORED, "parameters": {"event": 2}, "thresholds": {"red_above": 0.03}}
    result = run("sound.challenger", frame, **settings)
    assert result.light == "red"
    assert result.rows[0]["auc"] > 0.7
    assert result.to_json() == run("sound.challenger", frame, **settings).to_json()


def test_one_class_in_the_test_sample_is_undefined() -> None:
    frame = _split()
    frame = frame[(frame["set"] == "train") | (frame["outcome"] == 1)]
    for test_id in ("sound.overfit", "sound.challenger"):
        assert not run(test_id, frame, roles=ROLES_SCORED, parameters={"event": 2}).defined


def test_error_rates_equal_fairlearn() -> None:
    from fairlearn.metrics import MetricFrame, false_positive_rate, true_positive_rate

    draw = np.random.default_rng(4)
    frame = pd.DataFrame(
        {
            "y": draw.integers(0, 2, 900),
            "yhat": draw.integers(0, 2, 900),
            "group": draw.choice(list("abc"), 900),
        }
    )
    result = run("fair.equalised_odds", frame, parameters={"permutations": 99})
    metrics = {"tpr": true_positive_rate, "fpr": false_positive_rate}
    theirs = MetricFrame(
        metrics=metrics, y_true=frame["y"], y_pred=frame["yhat"], sensitive_features=frame["group"]
    )
    for row in result.rows:
        rates = theirs.by_group[row["rate"]]
        assert row["value"] == pytest.approx(rates[row["group"]], abs=1e-12)
        assert row["gap"] == pytest.approx(rates[row["group"]] - rates[row["reference"]], abs=1e-12)


def test_unequal_opportunity_is_red_and_equal_is_green() -> None:
    group = np.repeat(["a", "b"], 400)
    frame = pd.DataFrame(
        {"y": 1, "group": group, "yhat": [int(i % 10 < (9 if i < 400 else 6)) for i in range(800)]}
    )
    frame.loc[::40, "y"] = 0
    limits = {"gap_above": 0.1, "p_below": 0.05, "minimum_n": 30.0}
    result = run("fair.equal_opportunity", frame, thresholds=limits)
    assert result.light == "red"
    assert result.statistic == pytest.approx(-0.3, abs=0.03)
    level = run("fair.equal_opportunity", frame.assign(yhat=frame["y"]), thresholds=limits)
    assert (level.light, level.statistic) == ("green", 0.0)


def test_the_permutation_test_keeps_its_level() -> None:
    draw = np.random.default_rng(11)
    small = 0
    for _ in range(100):
        frame = pd.DataFrame({"y": 1, "yhat": draw.integers(0, 2, 90), "group": draw.choice(list("abc"), 90)})
        frame.loc[0, "y"] = 0
        small += run("fair.equal_opportunity", frame, parameters={"permutations": 99}).p_value <= 0.1
    assert small <= 20
