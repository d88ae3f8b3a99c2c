"""Exact AUC and KS beside scikit-learn; DeLong's variance beside all pairs, and the area beside Somers' D."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from tests.bench.kit.figures import Asked, Benchmark, Figure, Size, pairs
from validation.battery.ranking import area, ranked

Floats = npt.NDArray[np.float64]


def sample(rows: int, *, whole: int = 0) -> tuple[Floats, Floats]:
    """Outcomes and predictions; with `whole`, scores of so many values."""
    draw = np.random.default_rng(2)
    p = draw.beta(1, 8, rows)
    y = (draw.random(rows) < p).astype(np.float64)
    return y, (np.floor(p * whole) if whole else p)


def ours(y: Floats, value: Floats) -> tuple[float, float]:
    """Area and distance from one sort."""
    order = ranked(y, value)
    return order.auc, float(np.abs(order.curve.events - order.curve.others).max())


def scikit(y: Floats, value: Floats) -> tuple[float, float]:
    """The usual two calls."""
    from sklearn.metrics import roc_auc_score, roc_curve

    false, true, _ = roc_curve(y, value, drop_intermediate=False)
    return float(roc_auc_score(y, value)), float(np.abs(true - false).max())


def all_pairs(y: Floats, value: Floats) -> tuple[float, float]:
    """DeLong as it is written: every event against every non-event."""
    events, others = value[y == 1][:, None], value[y == 0][None, :]
    kernel = (events > others) + 0.5 * (events == others)
    v10, v01 = kernel.mean(axis=1), kernel.mean(axis=0)
    return float(kernel.mean()), float(v10.var(ddof=1) / len(v10) + v01.var(ddof=1) / len(v01))


def somers(y: Floats, value: Floats) -> float:
    """The area by scipy's Somers' D of the score given the outcome."""
    from scipy.stats import somersd

    return float(somersd(y, value).statistic + 1) / 2


def measure(size: Size) -> Sequence[Figure]:
    """Continuous and whole scores, then the variance."""
    found = []
    for what, whole in (("continuous", 0), ("1,000 whole values", 1000)):
        y, value = sample(size(1_000_000, 2_000), whole=whole)
        np.testing.assert_allclose(ours(y, value), scikit(y, value), rtol=1e-12)
        cost, peer = pairs(lambda y=y, v=value: ours(y, v), lambda y=y, v=value: scikit(y, v), rounds=7)
        found.append(
            Figure(
                f"AUC and KS, {len(y):,} rows, {what}",
                cost,
                "scikit-learn roc_auc_score + roc_curve",
                peer,
                Asked("times faster", 5, 10),
                "both equal to 1e-12",
            )
        )
    y, value = sample(size(20_000, 500))
    direct = all_pairs(y, value)
    made = area(y, value)
    np.testing.assert_allclose((made.auc, made.variance), direct, rtol=1e-9)
    cost, peer = pairs(lambda: area(y, value).variance, lambda: all_pairs(y, value))
    asked = Asked("times faster", 20, 50)
    found.append(
        Figure(
            f"DeLong variance, {len(y):,} rows", cost, "O(mn) over all pairs", peer, asked, "equal to 1e-9"
        )
    )
    y, grades = sample(size(20_000, 500), whole=400)
    np.testing.assert_allclose(area(y, grades).auc, somers(y, grades), rtol=1e-12)
    cost, peer = pairs(lambda: ranked(y, grades).auc, lambda: somers(y, grades))
    found.append(
        Figure(
            f"AUC of graded scores, {len(y):,} rows, {len(np.unique(grades))} grades",
            cost,
            "scipy somersd",
            peer,
            agrees="equal to 1e-12",
            note="nothing is asked of two classes; the area of many classes comes with the tests of LGD",
        )
    )
    return found


BENCHMARK = Benchmark("exact AUC and KS; DeLong", measure)
