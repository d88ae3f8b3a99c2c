"""One run of a recipe on rows: divided, prepared, fitted, predicted; and the trace by which it is repeated.

Nothing here knows a database. The same rows, recipe and environment give the same trace, digit for digit.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mrm.evidence.environment import environment
from mrm.jobs.processes import ROOT
from mrm.kernel.canonical import tidy
from mrm.kernel.errors import BadInput
from registry.training import learners, splits
from registry.training.scorecard import spelled
from registry.versions.formats import load
from registry.versions.signature import Facts

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

LIBRARIES = ("numpy", "scipy", "pandas", "scikit-learn", "lightgbm", "xgboost-cpu", "skops")
COMPARED = 200
CODES = frozenset({"text", "bool"})
Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Data:
    """The rows of a run: typed columns, the digest of their values, and held-out rows where the recipe names them."""

    frame: pd.DataFrame
    types: Mapping[str, str]
    digest: str
    features: list[str]
    protected: list[str]
    held_out: pd.DataFrame | None = None
    held_out_digest: str = ""


@dataclass(frozen=True)
class Outcome:
    """What a run made."""

    learned: learners.Learned
    trains: npt.NDArray[np.bool_]
    predictions: npt.NDArray[np.float64]
    scored: pd.DataFrame
    trace: dict[str, Any]

    @property
    def held_out(self) -> npt.NDArray[np.bool_]:
        """Which rows were held out."""
        return ~self.trains


def run(body: Mapping[str, Any], data: Data, progress: Progress = lambda *_: None) -> Outcome:
    """Everything from rows to predictions on the held-out ones."""
    progress(1, 6, "divide the rows")
    frame = joined(data)
    target = binary(frame, body["target"])
    outcome = (target == spelled(body["target"]["event"])).to_numpy().astype("int64")
    trains = divided(frame, outcome, body, data)
    splits.enough(outcome, trains)
    progress(2, 6, "prepare the inputs")
    kinds = inputs_of(body, data)
    levels = {
        name: sorted({spelled(value) for value in frame[name].dropna().unique()})
        for name, kind in kinds.items()
        if kind == "code"
    }
    rows = ready(frame[list(kinds)], kinds)
    task = learners.Task(
        rows[trains].reset_index(drop=True),
        outcome[trains],
        frame[body["target"]["column"]][trains].reset_index(drop=True),
        kinds,
        levels,
        body,
    )
    progress(3, 6, "train")
    learned = learners.learn(task)
    progress(4, 6, "predict the held-out rows")
    scored, path = predicted(learned, frame[~trains].reset_index(drop=True), data.types, body)
    predictions = scored["p"].to_numpy(dtype="float64")
    made = Made(trains, learned, predictions, path)
    trace = traced(data, made, kinds)
    return Outcome(learned, trains, predictions, scored, trace)


def joined(data: Data) -> pd.DataFrame:
    """All rows of the run: those that train first, then those that were set aside before."""
    import pandas as pd

    if data.held_out is None:
        return data.frame
    if lacking := [name for name in data.frame.columns if name not in data.held_out.columns]:
        raise BadInput(
            "recipe_columns",
            f"split.snapshot: the held-out rows lack {', '.join(map(str, lacking[:8]))}.",
            "Name a snapshot with the columns of the training data.",
        )
    return pd.concat([data.frame, data.held_out[data.frame.columns]], ignore_index=True)


def binary(frame: pd.DataFrame, target: Mapping[str, Any]) -> pd.Series[Any]:
    """The outcome as spelled values, if it is one."""
    name, event = target["column"], spelled(target["event"])
    if name not in frame.columns:
        raise BadInput(
            "recipe_target",
            f"target.column: the data have no column “{name}”.",
            f"Their columns are: {', '.join(map(str, frame.columns[:40]))}.",
        )
    missing = int(frame[name].isna().sum())
    values: pd.Series[Any] = frame[name].map(spelled, na_action="ignore")
    found = sorted(values.dropna().unique())
    if missing or len(found) != 2 or event not in found:
        shown = ", ".join(found[:6]) + (" …" if len(found) > 6 else "")
        raise BadInput(
            "recipe_target",
            f"target: “{name}” has the values {shown or 'none'} and is missing in {missing:,} rows; the event is “{event}”.",
            "A target has two values in every row, and one of them is the event.",
        )
    return values


def divided(
    frame: pd.DataFrame, outcome: npt.NDArray[np.int64], body: Mapping[str, Any], data: Data
) -> npt.NDArray[np.bool_]:
    """Which rows train."""
    import numpy as np

    if data.held_out is not None:
        return np.arange(len(frame)) < len(data.frame)
    return splits.divided(frame, outcome, body["split"], int(body["seed"]))


def inputs_of(body: Mapping[str, Any], data: Data) -> dict[str, str]:
    """The inputs in order, each a number or a code; protected attributes are none unless the recipe names them."""
    listed = body.get("inputs")
    names = list(listed or [name for name in data.features if name not in data.protected])
    lacking = [name for name in names if name not in data.types]
    if lacking:
        raise BadInput(
            "recipe_columns",
            f"inputs: the data have no column {', '.join(lacking[:8])}.",
            "Take a snapshot with these columns, or correct the recipe: the source's schema has changed.",
        )
    kinds = {name: "code" if data.types[name] in CODES else "number" for name in names}
    wanted = listed if isinstance(listed, Mapping) else {}
    for name, kind in wanted.items():
        numeric = data.types[name] in {"int64", "float64", "decimal"}
        if kind == "number" and not numeric:
            raise BadInput(
                "recipe_columns",
                f"inputs.{name}: the recipe takes a number, and the data hold {data.types[name]}.",
                "Correct the source or the recipe: the source's schema has changed.",
            )
        kinds[name] = kind
    odd = [name for name in names if data.types[name] in {"date", "timestamp"} and kinds[name] == "number"]
    if odd or not names:
        raise BadInput(
            "recipe_columns",
            f"inputs: {', '.join(odd)} is a date, which no estimator takes."
            if odd
            else "inputs: there is none.",
            "Give columns of numbers and codes in the order the model takes them.",
        )
    return kinds


def ready(rows: pd.DataFrame, kinds: Mapping[str, str]) -> pd.DataFrame:
    """The inputs as every estimator takes them: whole columns of numbers stay whole, codes are text."""
    out = rows.copy()
    for name, kind in kinds.items():
        if kind == "code":
            out[name] = out[name].map(spelled, na_action="ignore").astype("object")
            out.loc[out[name].isna(), name] = None
    return out


def predicted(
    learned: learners.Learned, rows: pd.DataFrame, types: Mapping[str, str], body: Mapping[str, Any]
) -> tuple[pd.DataFrame, str]:
    """The artefact's own answers, loaded afresh from its bytes, on the path that gives the bits of one row."""
    from registry.versions import inspection  # arithmetic: only where a run is made

    facts = Facts(types=types, declared=learned.signature, event=spelled(body["target"]["event"]))  # type: ignore[arg-type]
    model = load(learned.format, learned.artefact, facts)
    prepared = model.prepare(rows)
    sample = prepared.iloc[: min(COMPARED, inspection.affordable(model, prepared))]
    odd = inspection.unequal(model, sample, inspection.checked(model.one_by_one(sample)))
    model.path = "one_row" if odd else "fast"
    return model.scored(rows), model.path


@dataclass(frozen=True)
class Made:
    """What a trace is taken of."""

    trains: npt.NDArray[np.bool_]
    learned: learners.Learned
    predictions: npt.NDArray[np.float64]
    path: str


def traced(data: Data, made: Made, kinds: Mapping[str, str]) -> dict[str, Any]:
    """What a repetition compares, in its order."""
    import numpy as np

    trains, learned, predictions = made.trains, made.learned, made.predictions
    found: dict[str, Any] = tidy(
        {
            "environment": where(),
            "data": {
                "digest": data.digest,
                "held_out": data.held_out_digest,
                "rows": len(trains),
                "inputs": {name: data.types[name] for name in kinds},
            },
            "split": {
                "digest": sha256(np.packbits(trains).tobytes()),
                "train": int(trains.sum()),
                "held_out": int((~trains).sum()),
            },
            "preprocessing": {name: column_facts(column) for name, column in learned.matrix.items()},
            "parameters": {**learned.parameters, **({"fitted": learned.figures} if learned.figures else {})},
            "predictions": {
                "digest": sha256(np.ascontiguousarray(predictions).tobytes()),
                "rows": len(predictions),
                "mean": float(predictions.mean()),
                "path": made.path,
            },
            "artefact": {
                "digest": sha256(learned.artefact),
                "format": learned.format,
                "size": len(learned.artefact),
            },
        }
    )
    return found


def column_facts(column: npt.NDArray[Any]) -> dict[str, Any]:
    """A column of the matrix that the estimator saw: digest of its bits, and its mean to say by how much it differs."""
    import numpy as np

    values = np.ascontiguousarray(column, dtype=np.float64)
    known = values[~np.isnan(values)]
    return {"digest": sha256(values.tobytes()), "mean": float(known.mean()) if len(known) else 0.0}


def where() -> dict[str, Any]:
    """The environment that decides the digits: interpreter, machine, libraries, pinned variables, the lock file."""
    known = environment()
    libraries = {name: known["libraries"][name] for name in LIBRARIES if name in known["libraries"]}
    return {**known, "libraries": libraries, "lock": lock_digest()}


def lock_digest(path: Path = ROOT / "uv.lock") -> str:
    """The digest of the lock file, or nothing where none came with the installation."""
    return sha256(path.read_bytes()) if path.exists() else ""


def sha256(data: bytes) -> str:
    """SHA-256 in hexadecimal."""
    return hashlib.sha256(data).hexdigest()
