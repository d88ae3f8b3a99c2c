"""Distribution functions by scipy.special (scipy.stats takes a second to import and is not needed)."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from scipy import special

Floats = npt.NDArray[np.float64]


def normal_cdf(z: float) -> float:
    """Φ(z)."""
    return float(special.ndtr(z))


def normal_sf(z: float) -> float:
    """1 − Φ(z), without cancellation."""
    return float(special.ndtr(-z))


def normal_quantile(q: float) -> float:
    """Φ⁻¹(q)."""
    return float(special.ndtri(q))


def chi2_sf(x: float, df: float) -> float:
    """P(χ²(df) > x)."""
    return float(special.chdtrc(df, x))


def chi2_quantile(q: float, df: float) -> float:
    """The q-quantile of χ²(df)."""
    return float(special.chdtri(df, 1 - q))


def beta_cdf(x: float, a: float, b: float) -> float:
    """Distribution function of Beta(a, b)."""
    return float(special.betainc(a, b, x))


def beta_quantile(q: float, a: float, b: float) -> float:
    """The q-quantile of Beta(a, b)."""
    return float(special.betaincinv(a, b, q))


def binomial_at_least(k: int, n: int, p: float) -> float:
    """P(X ≥ k), X ~ Bin(n, p)."""
    if k <= 0:
        return 1.0
    return float(special.betainc(k, n - k + 1, p)) if k <= n else 0.0


def kolmogorov_sf(distance: float, n: int, m: int) -> float:
    """Asymptotic P(D ≥ distance) of the two-sample Kolmogorov–Smirnov test."""
    return float(special.kolmogorov(math.sqrt(n * m / (n + m)) * distance))


def fisher_two_sided(a: int, n1: int, b: int, n2: int) -> float:
    """Fisher's exact test of a of n1 against b of n2: the sum of all tables as probable as this one or less."""
    total = a + b
    low, high = max(0, total - n2), min(total, n1)
    k = np.arange(low, high + 1, dtype=np.float64)
    log_p = _log_choose(float(n1), k) + _log_choose(float(n2), total - k)
    log_p -= _log_choose(float(n1 + n2), np.array([float(total)]))[0]
    p = np.exp(log_p)
    seen = p[a - low]
    return min(1.0, float(math.fsum(p[p <= seen * (1 + 1e-7)].tolist())))


def _log_choose(n: float, k: Floats) -> Floats:
    value: Floats = special.gammaln(n + 1) - special.gammaln(k + 1) - special.gammaln(n - k + 1)
    return value


def holm(p_values: list[float | None]) -> list[float | None]:
    """Holm's step-down adjustment; undefined p-values stay undefined and are not counted."""
    known = sorted((p, index) for index, p in enumerate(p_values) if p is not None)
    adjusted: list[float | None] = [None] * len(p_values)
    running = 0.0
    for rank, (p, index) in enumerate(known):
        running = max(running, min(1.0, (len(known) - rank) * p))
        adjusted[index] = running
    return adjusted
