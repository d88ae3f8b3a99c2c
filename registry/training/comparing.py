"""Two traces of a run beside each other: identical, or the first step that differs, by name and size.

Order: environment, data, split, preprocessing, parameters, predictions. On another kernel the environment differs
first; the sentence then says how far the predictions are apart, in units in the last place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mrm.evidence.content import first_difference
from registry.training.rules import Verdict

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

STEPS = ("environment", "data", "split", "preprocessing", "parameters", "predictions")
WORDS = {
    "environment": "the environment",
    "data": "the data",
    "split": "the split",
    "preprocessing": "preprocessing",
    "parameters": "the parameters",
    "predictions": "the predictions",
}


@dataclass(frozen=True)
class Kept:
    """What a run left: its trace, which rows trained, the predictions."""

    trace: Mapping[str, Any]
    split: bytes
    predictions: bytes


@dataclass(frozen=True)
class Comparison:
    """How a repetition ended."""

    verdict: str
    step: str = ""
    detail: str = ""

    def __str__(self) -> str:
        if self.verdict == Verdict.IDENTICAL:
            return "identical"
        return f"diverged at {WORDS.get(self.step, self.step)}: {self.detail}"


def compare(before: Kept, after: Kept) -> Comparison:
    """The first step that differs."""
    for step in STEPS:
        if before.trace[step] != after.trace[step]:
            return Comparison(Verdict.DIVERGED, step, _said(step, before, after))
    return Comparison(Verdict.IDENTICAL)


def _said(step: str, before: Kept, after: Kept) -> str:
    if step == "environment":
        found = first_difference(before.trace[step], after.trace[step]) or ""
        return f"{found}; predictions: {distance(before.predictions, after.predictions)}"
    if step == "split":
        return _sides(before, after)
    if step == "preprocessing":
        return _columns(before.trace[step], after.trace[step])
    if step == "predictions":
        return distance(before.predictions, after.predictions)
    if step == "parameters":
        return _parameters(before.trace[step], after.trace[step])
    return first_difference(before.trace[step], after.trace[step], "") or ""


def _sides(before: Kept, after: Kept) -> str:
    import numpy as np

    one, other = (np.unpackbits(np.frombuffer(item.split, dtype=np.uint8)) for item in (before, after))
    if len(one) != len(other):
        return f"{before.trace['data']['rows']:,} rows before, {after.trace['data']['rows']:,} now"
    return f"{int((one != other).sum()):,} of {before.trace['data']['rows']:,} rows stand on the other side"


def _parameters(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """What was set comes before what was fitted with it: a coefficient differs because a parameter does."""
    one, other = (
        {name: value for name, value in item.items() if name != "fitted"} for item in (before, after)
    )
    return first_difference(one, other) or first_difference(before, after) or ""


def _columns(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    names = [name for name in before if name not in after] + [name for name in after if name not in before]
    if names:
        return f"column {names[0]} is {'absent now' if names[0] in before else 'new'}"
    odd = [name for name in before if before[name]["digest"] != after[name]["digest"]]
    first = odd[0] if odd else next(iter(before))
    means = before[first]["mean"], after[first]["mean"]
    return f"column {first}: mean {means[0]!r} before, {means[1]!r} now ({len(odd)} of {len(before)} columns differ)"


def distance(before: bytes, after: bytes) -> str:
    """How far two vectors of predictions are apart."""
    import numpy as np

    one, other = np.frombuffer(before, dtype="<f8"), np.frombuffer(after, dtype="<f8")
    if len(one) != len(other):
        return f"{len(one):,} before, {len(other):,} now"
    odd = int((one != other).sum())
    if odd == 0:
        return "the same bits"
    apart, at = ulps(one, other), int(np.argmax(np.abs(one - other)))
    return (
        f"{odd:,} of {len(one):,} differ, at most {apart:,} ulp; "
        f"row {at + 1}: {float(one[at])!r} before, {float(other[at])!r} now"
    )


def ulps(one: Floats, other: Floats) -> int:
    """The largest distance in units in the last place; predictions are never negative."""
    import numpy as np

    apart = np.abs(one.view(np.int64) - other.view(np.int64))
    return int(apart.max()) if len(apart) else 0
