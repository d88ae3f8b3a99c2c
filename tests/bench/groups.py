"""Rates by protected group, and the adverse impact ratio, beside fairlearn's MetricFrame."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from tests.bench.kit.figures import Asked, Benchmark, Figure, Size, once, pairs
from validation.battery import run
from validation.battery.case import Case
from validation.battery.groups import attributes_of, decisions

ROLES = {"sex": "group", "band": "group", "yhat": "yhat", "y": "y"}


def sample(rows: int) -> pd.DataFrame:
    """Decisions with outcome and two attributes."""
    draw = np.random.default_rng(1)
    p = draw.beta(1, 8, rows)
    return pd.DataFrame(
        {
            "sex": draw.choice(["f", "m"], rows),
            "band": draw.choice(["<25", "25-34", "35-44", "45-54", "55-64", "65+"], rows),
            "y": (draw.random(rows) < p).astype(np.int64),
            "yhat": (p < np.quantile(p, 0.7)).astype(np.int64),
        }
    )


def ours(frame: pd.DataFrame) -> dict[tuple[str, str], list[float]]:
    """Six metrics per group from one pass of counts, as the tests of the battery make it."""
    case = Case.of(
        test_id="bench", frame=frame, roles=ROLES, thresholds={}, model=None, reference=None,
        progress=None, event=1, score_means="risk",
    )  # fmt: skip
    answers, y = decisions(case, None, "1"), case.outcome()
    known = answers.known & ~np.isnan(y)
    found = {}
    for attribute in attributes_of(case, None, None):
        cells = attribute.cells(y == 1, answers.favourable, among=known)
        for group, ((tn, fp), (fn, tp)) in zip(attribute.groups, cells.tolist(), strict=True):
            n = tn + fp + fn + tp
            found[attribute.name, group] = [
                *(n, (tp + fp) / n, tp / (tp + fn), fp / (fp + tn), fn / (tp + fn), (tp + tn) / n)
            ]
    return found


def theirs(frame: pd.DataFrame) -> dict[tuple[str, str], list[float]]:
    """The same six by MetricFrame."""
    from fairlearn import metrics as fair
    from sklearn.metrics import accuracy_score

    wanted = {
        "count": fair.count,
        "selection_rate": fair.selection_rate,
        "tpr": fair.true_positive_rate,
        "fpr": fair.false_positive_rate,
        "fnr": fair.false_negative_rate,
        "accuracy": accuracy_score,
    }
    found = {}
    for name in ("sex", "band"):
        table = fair.MetricFrame(
            metrics=wanted, y_true=frame["y"], y_pred=frame["yhat"], sensitive_features=frame[name]
        ).by_group
        found |= {(name, str(group)): row.tolist() for group, row in table.iterrows()}
    return found


def measure(size: Size) -> Sequence[Figure]:
    """Six metrics of two attributes; then the whole test of adverse impact on the same rows."""
    frame = sample(size(1_000_000, 2_000))
    mine, other = ours(frame), theirs(frame)
    assert mine.keys() == other.keys()
    for group, values in mine.items():
        np.testing.assert_allclose(values, other[group], rtol=1e-12, err_msg=str(group))
    agreed = f"{sum(map(len, mine.values()))} figures equal"
    cost, peer = pairs(lambda: ours(frame), lambda: theirs(frame), rounds=3, budget=60)
    test = once(lambda: run("fair.air", frame, roles=ROLES, parameters={"intersections": False}))
    air = {
        (row["attribute"], row["group"]): row["rate"]
        for row in run("fair.air", frame, roles=ROLES, parameters={"intersections": False}).rows
    }
    assert air == {group: values[1] for group, values in mine.items()}
    rows = f"{len(frame):,} rows × 2 attributes"
    return [
        Figure(
            f"6 metrics by group, {rows}",
            cost,
            "fairlearn MetricFrame",
            peer,
            Asked("times faster", 100, 1000),
            agreed,
        ),
        Figure(
            f"fair.air whole: ratios, exact tests, intervals, chart, {rows}",
            test,
            "fairlearn MetricFrame (rates alone)",
            peer,
            agrees="rates equal those above",
        ),
    ]


BENCHMARK = Benchmark("group metrics and disparate impact", measure)
