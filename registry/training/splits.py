"""How rows are divided into those that train and those that are held out. Every draw has its seed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from mrm.kernel.errors import BadInput
from registry.training.rules import LEAST_EVENTS, LEAST_TESTED

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

    Mask = npt.NDArray[np.bool_]


def divided(frame: pd.DataFrame, outcome: npt.NDArray[Any], split: Mapping[str, Any], seed: int) -> Mask:
    """True for the rows that train, as the recipe's split says."""
    return KINDS[split["kind"]](frame, outcome, split, int(split.get("seed", seed)))


def at_random(frame: pd.DataFrame, outcome: npt.NDArray[Any], split: Mapping[str, Any], seed: int) -> Mask:
    """A share of all rows, or of the events and of the others apart (stratified, unless said otherwise)."""
    import numpy as np

    draw = np.random.default_rng(seed)
    chosen = np.zeros(len(frame), dtype=np.bool_)
    parts = [np.arange(len(frame))]
    if split.get("stratified", True):
        parts = [np.flatnonzero(outcome == value) for value in sorted(np.unique(outcome))]
    for places in parts:
        chosen[draw.permutation(places)[: round(split["share"] * len(places))]] = True
    return chosen


def out_of_time(frame: pd.DataFrame, outcome: npt.NDArray[Any], split: Mapping[str, Any], seed: int) -> Mask:
    """Rows before a day train; that day and later are held out."""
    import numpy as np
    import pandas as pd

    column = column_of(frame, split["column"], "split.column")
    days = pd.to_datetime(column, errors="coerce", utc=True)
    if days.isna().any():
        raise BadInput(
            "recipe_columns",
            f"split.column: “{split['column']}” is no date in {int(days.isna().sum()):,} of {len(days):,} rows.",
            "Name a column of dates that every row has.",
        )
    return np.asarray(days < pd.Timestamp(split["from"], tz="UTC"), dtype=np.bool_)


def by_entity(frame: pd.DataFrame, outcome: npt.NDArray[Any], split: Mapping[str, Any], seed: int) -> Mask:
    """A share of the entities (customers, obligors): all rows of one stand on the same side."""
    import numpy as np

    keys = column_of(frame, split["column"], "split.column").astype("str")
    names = np.array(sorted(keys.unique()))
    drawn = np.random.default_rng(seed).permutation(names)[: round(split["share"] * len(names))]
    return np.asarray(keys.isin(drawn), dtype=np.bool_)


def column_of(frame: pd.DataFrame, name: str, path: str) -> pd.Series[Any]:
    """A column of the data, or the sentence that it is not there."""
    if name not in frame.columns:
        raise BadInput(
            "recipe_columns",
            f"{path}: the data have no column “{name}”.",
            f"Their columns are: {', '.join(map(str, frame.columns[:40]))}.",
        )
    return frame[name]


def enough(outcome: npt.NDArray[Any], trains: Mask) -> None:
    """Refuse rows on which nothing can be learned or judged."""
    for what, mask, least in (("training", trains, LEAST_EVENTS), ("held-out", ~trains, LEAST_TESTED)):
        events, others = int(outcome[mask].sum()), int((outcome[mask] == 0).sum())
        if min(events, others) < least:
            raise BadInput(
                "training_too_small",
                f"The {what} rows hold {events:,} events and {others:,} others; a run needs at least {least} of each.",
                "Use a larger snapshot, or divide it otherwise.",
            )


KINDS: Mapping[str, Callable[..., Mask]] = {
    "random": at_random,
    "out_of_time": out_of_time,
    "by_entity": by_entity,
}
