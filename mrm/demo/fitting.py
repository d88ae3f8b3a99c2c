"""How the demonstration's developer divides the rows, and the alternative that was searched: the same card without age.

The two models themselves come from recipes (`mrm/demo/recipes`), by runs that anybody can repeat.
"""

from __future__ import annotations

import json
import math
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mrm.demo import german
from registry.training import scorecard, splits

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

RECIPES = Path(__file__).parent / "recipes"
SEED, SHARE = 7, 0.7
CUT_OFF, YOUNG = 0.35, 25
SETTINGS = scorecard.Settings(name="German credit scorecard")


def recipe(name: str) -> str:
    """The text of a recipe. It names its snapshots by the digest of their values, so it holds in any installation."""
    return (RECIPES / f"{name}.yaml").read_text(encoding="utf-8")


@cache
def frame() -> pd.DataFrame:
    """The file as a frame: seven numbers, thirteen codes, the outcome."""
    import pandas as pd

    rows = pd.DataFrame(german.table(german.published()), columns=list(german.COLUMNS))
    return rows.astype(dict.fromkeys(german.NUMBERS, "int64"))


def outcome() -> npt.NDArray[np.int64]:
    """1 for a bad loan."""
    bad: npt.NDArray[np.int64] = (frame()[german.TARGET] == german.BAD).to_numpy().astype("int64")
    return bad


def training_rows() -> npt.NDArray[np.bool_]:
    """Which rows train: 70 % of the goods and of the bads, drawn with a fixed seed as a recipe draws them."""
    return splits.at_random(frame(), outcome(), {"share": SHARE}, SEED)


def card(*left_out: str) -> dict[str, Any]:
    """The scorecard of the training rows, of all inputs but those left out."""
    trains = training_rows()
    kinds = {
        name: "number" if name in german.NUMBERS else "code" for name in german.INPUTS if name not in left_out
    }
    made, _, _ = scorecard.fit(frame()[trains], outcome()[trains], kinds, SETTINGS)
    return made


def without_age() -> dict[str, float]:
    """What a search for less discrimination tries first: AUC and ratio with and without age, on the held-out rows.

    Points are whole numbers, so the figures are the same on every machine.
    """
    from sklearn.metrics import roc_auc_score

    held_out = ~training_rows()
    tested, bad = frame()[held_out], outcome()[held_out]
    young = (tested["age"] <= YOUNG).to_numpy()
    found: dict[str, float] = {}
    for name, each in (("with", card()), ("without", card("age"))):
        scores = scorecard.scores(tested, each)
        approved = scores > each["offset"] + each["factor"] * math.log((1 - CUT_OFF) / CUT_OFF)
        found[f"auc_{name}"] = float(roc_auc_score(bad, -scores))
        found[f"air_{name}"] = float(approved[young].mean() / approved[~young].mean())
    return found


def fit() -> dict[str, Any]:
    """What a developer has at hand when the way is gone by clicking: the card's file and which rows trained it."""
    return {
        "scorecard": json.dumps(card(), indent=1).encode(),
        "training_rows": training_rows().astype(int).tolist(),
    }
