"""Fits the demonstration's two models, in a process of its own: `python -m mrm.demo.fitting DATA OUT`.

What a developer of the bank would do on a machine of theirs: a scorecard of weights of evidence and a LightGBM
challenger, both on the training rows alone. Nothing here knows the application; the files are uploaded afterwards
like anyone's. Training repeats bit for bit: one thread, one kernel, one seed.
"""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mrm.demo import german

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

SEED = 7
TRAINING_ROWS = 700
POINTS_TO_DOUBLE_ODDS = 20
ANCHOR_POINTS, ANCHOR_ODDS = 600, 50.0
SMALLEST_BIN = 35
LEAST_INFORMATION = 0.02
CUT_OFF, YOUNG = 0.35, 25
GRADES = ("E", "D", "C", "B", "A")


def frame(data: bytes) -> pd.DataFrame:
    """The file as a frame: seven numbers, thirteen codes, the outcome (1 = bad)."""
    import pandas as pd

    rows = pd.DataFrame(german.table(data), columns=list(german.COLUMNS))
    for name in german.NUMBERS:
        rows[name] = rows[name].astype("int64")
    return rows


def training_rows(outcome: pd.Series[Any]) -> np.ndarray[Any, Any]:
    """Which rows train: 70 % of the goods and of the bads, drawn with a fixed seed."""
    import numpy as np

    draw = np.random.default_rng(SEED)
    chosen = np.zeros(len(outcome), dtype=bool)
    share = TRAINING_ROWS / len(outcome)
    for value in sorted(outcome.unique()):
        places = np.flatnonzero((outcome == value).to_numpy())
        chosen[draw.permutation(places)[: round(share * len(places))]] = True
    return chosen


def scorecard(
    rows: pd.DataFrame, bad: np.ndarray[Any, Any], inputs: Sequence[str] = german.INPUTS
) -> dict[str, Any]:
    """A points scorecard (scorecard-json, schema 1) by weights of evidence and one logistic regression."""
    import numpy as np
    from sklearn.linear_model import LogisticRegression

    variables = {name: _bins(rows[name], bad) for name in inputs}
    kept = {name: bins for name, bins in variables.items() if _information(bins) >= LEAST_INFORMATION}
    evidence = np.column_stack([_evidence(bins) for bins in kept.values()])
    fitted = LogisticRegression(C=1.0, max_iter=1000).fit(evidence, bad)
    weights = dict(zip(kept, fitted.coef_[0], strict=True))
    factor = POINTS_TO_DOUBLE_ODDS / math.log(2)
    # score = offset − factor · log-odds of bad, so that p = 1 / (1 + exp((score − offset) / factor))
    offset = ANCHOR_POINTS - factor * math.log(ANCHOR_ODDS)
    base = offset - factor * float(fitted.intercept_[0])
    card = {
        "schema": 1,
        "name": "German credit scorecard",
        "offset": offset,
        "factor": factor,
        "base_points": round(base),
        "variables": [_points(name, bins, weights[name] * factor) for name, bins in kept.items()],
    }
    scores = _scores(rows, card)
    edges = sorted({int(np.quantile(scores, share)) for share in (0.2, 0.4, 0.6, 0.8)})
    card["grades"] = {"edges": edges, "names": list(GRADES[-len(edges) - 1 :])}
    return card


def _bins(column: pd.Series[Any], bad: np.ndarray[Any, Any]) -> dict[str, Any]:
    """Bins of one variable with their weights of evidence, small ones merged with their like."""
    import numpy as np

    if column.name in german.NUMBERS:
        edges = _edges(column, bad)
        places: np.ndarray[Any, Any] = np.searchsorted(np.array(edges), column.to_numpy(), side="right")
        groups: list[Any] = [None] * (len(edges) + 1)
        return {"edges": edges, "groups": groups, "woe": _woe(places, bad, len(groups)), "places": places}
    codes = sorted(column.unique())
    rate = {code: float(bad[(column == code).to_numpy()].mean()) for code in codes}
    merged: list[list[str]] = [[code] for code in sorted(codes, key=lambda code: (rate[code], code))]
    size = {code: int((column == code).sum()) for code in codes}
    while len(merged) > 1 and min(sum(size[code] for code in group) for group in merged) < SMALLEST_BIN:
        small = min(range(len(merged)), key=lambda place: sum(size[code] for code in merged[place]))
        near = small - 1 if small else 1
        merged[near] = sorted(merged[near] + merged[small])
        del merged[small]
    place_of = {code: place for place, group in enumerate(merged) for code in group}
    places = column.map(place_of).to_numpy()
    return {"groups": merged, "woe": _woe(places, bad, len(merged)), "places": places}


def _edges(column: pd.Series[Any], bad: np.ndarray[Any, Any]) -> list[int]:
    """Up to four edges at quantiles, none that leaves a bin too small to judge."""
    import numpy as np

    values = column.to_numpy()
    edges: list[int] = []
    for share in (0.2, 0.4, 0.6, 0.8):
        edge = int(np.quantile(values, share))
        inside = values[(values >= (edges[-1] if edges else -np.inf)) & (values < edge)]
        if len(inside) >= SMALLEST_BIN and (values >= edge).sum() >= SMALLEST_BIN:
            edges.append(edge)
    return edges


def _woe(places: np.ndarray[Any, Any], bad: np.ndarray[Any, Any], bins: int) -> list[float]:
    goods = [float(((places == place) & (bad == 0)).sum()) + 0.5 for place in range(bins)]
    bads = [float(((places == place) & (bad == 1)).sum()) + 0.5 for place in range(bins)]
    return [math.log(good / sum(goods) / (one / sum(bads))) for good, one in zip(goods, bads, strict=True)]


def _information(bins: dict[str, Any]) -> float:
    import numpy as np

    weights = np.array(bins["woe"])
    share = np.bincount(bins["places"], minlength=len(weights)) / len(bins["places"])
    return float((share * weights**2).sum())


def _evidence(bins: dict[str, Any]) -> np.ndarray[Any, Any]:
    import numpy as np

    evidence: np.ndarray[Any, Any] = np.array(bins["woe"])[bins["places"]]
    return evidence


def _points(name: str, bins: dict[str, Any], scale: float) -> dict[str, Any]:
    """One variable of the card: points fall where the weight of evidence says more risk."""
    points = [round(-scale * weight) for weight in bins["woe"]]
    if "edges" in bins:
        return {
            "name": name,
            "type": "number",
            "edges": bins["edges"],
            "points": points,
            "missing": min(points),
        }
    listed = [{"codes": group, "points": value} for group, value in zip(bins["groups"], points, strict=True)]
    return {"name": name, "type": "code", "bins": listed, "missing": min(points), "other": min(points)}


def _scores(rows: pd.DataFrame, card: dict[str, Any]) -> np.ndarray[Any, Any]:
    import numpy as np

    total = np.full(len(rows), card["base_points"], dtype="int64")
    for item in card["variables"]:
        column = rows[item["name"]]
        if item["type"] == "number":
            total += np.array(item["points"])[np.searchsorted(item["edges"], column.to_numpy(), side="right")]
        else:
            value = {code: entry["points"] for entry in item["bins"] for code in entry["codes"]}
            total += column.map(value).to_numpy(dtype="int64")
    return total


def challenger(rows: pd.DataFrame, bad: np.ndarray[Any, Any]) -> str:
    """A LightGBM model on the same training rows, as its text format."""
    import lightgbm
    import pandas as pd

    inputs = rows[list(german.INPUTS)].copy()
    for name in german.INPUTS:
        if name not in german.NUMBERS:
            inputs[name] = pd.Categorical(inputs[name], categories=sorted(inputs[name].unique()))
    booster = lightgbm.train(
        {
            "objective": "binary",
            "learning_rate": 0.05,
            "num_leaves": 7,
            "min_data_in_leaf": 25,
            "lambda_l2": 5.0,
            "seed": SEED,
            "deterministic": True,
            "force_row_wise": True,
            "num_threads": 1,
            "verbosity": -1,
        },
        lightgbm.Dataset(inputs, label=bad, free_raw_data=False),
        num_boost_round=120,
    )
    return str(booster.model_to_string())


def without_age(
    rows: pd.DataFrame, bad: np.ndarray[Any, Any], trains: np.ndarray[Any, Any], card: dict[str, Any]
) -> dict[str, float]:
    """The alternative that a search for less discrimination tries first: the same card without age, on the test rows."""
    from sklearn.metrics import roc_auc_score

    other = scorecard(rows[trains], bad[trains], [name for name in german.INPUTS if name != "age"])
    tested, outcome = rows[~trains], bad[~trains]
    young = (tested["age"] <= YOUNG).to_numpy()
    found: dict[str, float] = {}
    for name, each in (("with", card), ("without", other)):
        scores = _scores(tested, each)
        approved = scores > each["offset"] + each["factor"] * math.log((1 - CUT_OFF) / CUT_OFF)
        found[f"auc_{name}"] = float(roc_auc_score(outcome, -scores))
        found[f"air_{name}"] = float(approved[young].mean() / approved[~young].mean())
    return found


def fit() -> dict[str, Any]:
    """Both models, fitted by a child process on a developer's machine."""
    pinned = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    if os.uname().machine == "x86_64":
        pinned["OPENBLAS_CORETYPE"] = "Haswell"
    with tempfile.TemporaryDirectory(prefix="countersign-fit-") as folder:
        command = [sys.executable, "-m", "mrm.demo.fitting", str(german.FOLDER / "german.data"), folder]
        subprocess.run(command, check=True, env=pinned, cwd=Path(__file__).parents[2], timeout=300)
        out = Path(folder)
        return {
            "scorecard": (out / "scorecard.json").read_bytes(),
            "challenger": (out / "challenger.txt").read_bytes(),
            "training_rows": json.loads((out / "training_rows.json").read_text()),
            "without_age": json.loads((out / "without_age.json").read_text()),
        }


def main(data: str, out: str) -> None:
    """Fit both models and write them beside the list of training rows."""
    rows = frame(Path(data).read_bytes())
    trains = training_rows(rows[german.TARGET])
    bad = (rows[german.TARGET] == german.BAD).to_numpy().astype("int64")
    folder = Path(out)
    card = scorecard(rows[trains], bad[trains])
    (folder / "scorecard.json").write_text(json.dumps(card, indent=1), encoding="utf-8")
    (folder / "challenger.txt").write_text(challenger(rows[trains], bad[trains]), encoding="utf-8")
    (folder / "without_age.json").write_text(
        json.dumps(without_age(rows, bad, trains, card)), encoding="utf-8"
    )
    (folder / "training_rows.json").write_text(json.dumps(trains.astype(int).tolist()), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
