"""The arithmetic of rankings: placements, DeLong's variance, curves. No light, no words."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]


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


@dataclass(frozen=True)
class Ranking:
    """Rows in the order of their value, sorted once: area and curve are both read from it.

    `cut` holds the distinct values from the safest up, `ends` the last place of each, `hits` the events up to there.
    """

    y: Floats
    order: Places
    cut: Floats
    ends: Places
    hits: Floats

    @cached_property
    def auc(self) -> float:
        """The Mann–Whitney area, ties ½, from whole counts: it does not depend on the order of the rows."""
        misses = self.ends + 1 - self.hits
        right = np.diff(self.hits, prepend=0.0) * (misses + np.concatenate([[0.0], misses[:-1]]))
        return float(right.sum()) / (2.0 * float(self.hits[-1]) * float(misses[-1]))

    @cached_property
    def area(self) -> Area:
        """The area with the placements of all rows, in the order of the rows."""
        misses = self.ends + 1 - self.hits
        where = np.empty(len(self.y), dtype=np.int64)
        where[self.order] = np.repeat(np.arange(len(self.ends)), np.diff(self.ends, prepend=-1))
        v10 = _halfway(misses)[where[self.y == 1]]
        v01 = (1 - _halfway(self.hits))[where[self.y == 0]]
        return Area(auc=self.auc, v10=v10, v01=v01)

    @cached_property
    def curve(self) -> Cumulative:
        """The curve behind ROC, CAP and KS: one point per distinct value."""
        return Cumulative(
            cut=self.cut[::-1], events=_from_above(self.hits), others=_from_above(self.ends + 1 - self.hits)
        )


def ranked(y: Floats, value: Floats) -> Ranking:
    """`value` (more is riskier) in order, against y (1 is the event)."""
    order = np.argsort(value)
    inorder = value[order]
    ends = np.flatnonzero(np.append(inorder[1:] != inorder[:-1], True))
    return Ranking(y, order, inorder[ends], ends, np.cumsum(y[order])[ends])


def area(y: Floats, value: Floats) -> Area:
    """Mann–Whitney area with ties ½ of `value` (more is riskier) against y (1 is the event)."""
    return ranked(y, value).area


def _halfway(up_to: Floats) -> Floats:
    """Share below each distinct value, ties counted half."""
    below = np.concatenate([[0.0], up_to[:-1]])
    share: Floats = (below + up_to) / (2.0 * up_to[-1])
    return share


def _from_above(up_to: Floats) -> Floats:
    """Share at or above each distinct value, from the riskiest down."""
    share: Floats = (up_to[-1] - np.concatenate([[0.0], up_to[:-1]]))[::-1] / up_to[-1]
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


def thin(length: int, cap: int = 400) -> Places:
    """At most `cap` positions of `length`, evenly spread, first and last included."""
    if length <= cap:
        return np.arange(length, dtype=np.int64)
    return np.unique(np.linspace(0, length - 1, cap).round().astype(np.int64))
