"""The arithmetic of rankings: placements, DeLong's variance, curves. No light, no words."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Area:
    """An AUC with its placements: v10 per event, v01 per non-event."""

    auc: float
    v10: Floats
    v01: Floats

    @property
    def variance(self) -> float | None:
        """DeLong's variance, unbiased; None with fewer than two events or two non-events."""
        if len(self.v10) < 2 or len(self.v01) < 2:
            return None
        spread = self.v10.var(ddof=1) / len(self.v10) + self.v01.var(ddof=1) / len(self.v01)
        return float(spread)


def area(y: Floats, value: Floats) -> Area:
    """Mann–Whitney area with ties ½ of `value` (more is riskier) against y (1 is the event)."""
    events, others = value[y == 1], value[y == 0]
    v10 = _placement(events, np.sort(others))
    v01 = 1 - _placement(others, np.sort(events))
    # counts are whole halves, so this sum does not depend on the order of the rows
    return Area(auc=float(np.sort(v10).mean()), v10=v10, v01=v01)


def _placement(values: Floats, against: Floats) -> Floats:
    """Share of `against` (sorted) below each value, ties counted half."""
    below = np.searchsorted(against, values, side="left")
    up_to = np.searchsorted(against, values, side="right")
    share: Floats = (below + up_to) / (2.0 * len(against))
    return share


def covariance(first: Area, second: Area) -> float:
    """DeLong's covariance of two areas on the same rows."""
    n1, n0 = len(first.v10), len(first.v01)
    c10 = float(((first.v10 - first.v10.mean()) * (second.v10 - second.v10.mean())).sum()) / (n1 - 1)
    c01 = float(((first.v01 - first.v01.mean()) * (second.v01 - second.v01.mean())).sum()) / (n0 - 1)
    return c10 / n1 + c01 / n0


@dataclass(frozen=True)
class Cumulative:
    """Shares of events and non-events at or above each distinct value, from the riskiest down."""

    cut: Floats
    events: Floats
    others: Floats


def cumulative(y: Floats, value: Floats) -> Cumulative:
    """The curve behind ROC, CAP and KS: one point per distinct value."""
    cut, place = np.unique(-value, return_inverse=True)
    hits = np.bincount(place, weights=y, minlength=len(cut)).cumsum()
    all_rows = np.bincount(place, minlength=len(cut)).cumsum()
    misses = all_rows - hits
    return Cumulative(cut=-cut, events=hits / hits[-1], others=misses / misses[-1])


def thin(length: int, cap: int = 400) -> npt.NDArray[np.int64]:
    """At most `cap` positions of `length`, evenly spread, first and last included."""
    if length <= cap:
        return np.arange(length, dtype=np.int64)
    return np.unique(np.linspace(0, length - 1, cap).round().astype(np.int64))
