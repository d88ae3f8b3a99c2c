"""The population stability index of a frame, beside the usual function per column and the floor of reading the data."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from tests.bench.kit.figures import Benchmark, Figure, Size, pairs
from validation.battery import run

Floats = npt.NDArray[np.float64]
NUMBERS, TEXTS = 24, 6


def sample(rows: int, shift: float, seed: int) -> pd.DataFrame:
    """24 numbers and 6 texts."""
    draw = np.random.default_rng(seed)
    columns = {f"x{i:02d}": draw.normal(shift * (i % 3), 1.0, rows) for i in range(NUMBERS)}
    levels = np.array([f"level {i}" for i in range(12)])
    columns |= {f"c{i}": levels[draw.binomial(11, 0.4 + shift / 20, rows)] for i in range(TEXTS)}
    return pd.DataFrame(columns)


def ours(base: pd.DataFrame, now: pd.DataFrame) -> dict[str, float]:
    """The battery's test, every column a feature."""
    roles = dict.fromkeys(map(str, now.columns), "feature")
    result = run("stab.psi", now, roles=roles, reference=base)
    return {row["variable"]: row["psi"] for row in result.rows}


def usual(base: pd.DataFrame, now: pd.DataFrame) -> dict[str, float]:
    """As scorecard notebooks write it: pandas cut at the reference's deciles, value_counts for texts."""
    found = {}
    for name in base.columns:
        first, second = base[name], now[name]
        if name.startswith("x"):
            edges = np.quantile(first, np.arange(1, 10) / 10, method="inverted_cdf")
            bins = [-np.inf, *edges, np.inf]
            first, second = pd.cut(first, bins), pd.cut(second, bins)
        n1, n2 = first.value_counts(), second.value_counts()
        levels = n1.index.union(n2.index)
        n1, n2 = (n.reindex(levels, fill_value=0) + 0.5 for n in (n1, n2))  # half a row more in every cell
        p1, p2 = n1 / n1.sum(), n2 / n2.sum()
        found[name] = float(((p2 - p1) * np.log(p2 / p1)).sum())
    return found


def measure(size: Size) -> Sequence[Figure]:
    """200,000 × 30 against as many."""
    rows = size(200_000, 2_000)
    base, now = sample(rows, 0.0, 3), sample(rows, 0.1, 4)
    mine, other = ours(base, now), usual(base, now)
    assert mine.keys() == other.keys()
    np.testing.assert_allclose(list(mine.values()), list(other.values()), rtol=1e-9)
    cost, peer = pairs(lambda: ours(base, now), lambda: usual(base, now))
    return [
        Figure(
            f"PSI of {len(now.columns)} columns, {rows:,} rows against {rows:,}",
            cost,
            "pandas cut and value_counts per column",
            peer,
            agrees=f"{len(mine)} indices equal to 1e-9",
            note="nothing is asked yet: the stored reference of bin counts comes with monitoring",
        )
    ]


BENCHMARK = Benchmark("population stability index", measure)
