"""The estimators of recipes, each fitted and written in the format that keeps it.

One thread and one kernel (the process was pinned before numpy was imported), the recipe's seed, and settings that
make boosting deterministic: the same rows give the same bits again.
"""

from __future__ import annotations

import inspect
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields
from importlib import import_module
from typing import TYPE_CHECKING, Any

from mrm.kernel.canonical import tidy
from mrm.kernel.errors import BadInput
from registry.training import recipe, scorecard
from registry.training.scorecard import spelled

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

    Matrix = Mapping[str, npt.NDArray[Any]]


@dataclass(frozen=True)
class Task:
    """What is to be learned: the inputs of the training rows, the outcome, the kind of every input, the recipe."""

    rows: pd.DataFrame
    outcome: npt.NDArray[np.int64]
    target: pd.Series[Any]
    kinds: Mapping[str, str]
    levels: Mapping[str, list[str]]
    body: Mapping[str, Any]

    @property
    def seed(self) -> int:
        """The recipe's seed."""
        return int(self.body["seed"])

    @property
    def parameters(self) -> dict[str, Any]:
        """What the recipe sets."""
        return dict(self.body.get("train", {}).get("parameters", {}))


@dataclass(frozen=True)
class Learned:
    """A fitted model in its format, the matrix it saw by column, every parameter it had, and its declared inputs."""

    artefact: bytes
    format: str
    name: str
    matrix: Matrix
    parameters: dict[str, Any]
    signature: dict[str, Any] | None = None
    figures: dict[str, Any] = field(default_factory=dict)


def learn(task: Task) -> Learned:
    """Fit what the recipe names; any error of the estimator is a sentence."""
    if "package" in task.body:
        name = task.body["package"]["entry_point"]
        teach: Callable[[Task], Learned] = _package
    else:
        name = task.body["train"]["use"]
        teach = {"lightgbm": _lightgbm, "xgboost": _xgboost, "scorecard": _scorecard}.get(name, _sklearn)
    try:
        return teach(task)
    except BadInput:
        raise
    except (
        ArithmeticError,
        ValueError,
        TypeError,
        KeyError,
        IndexError,
        RuntimeError,
        AttributeError,
        ImportError,
        OSError,
        SystemExit,
    ) as trouble:
        raise failed(name, trouble) from trouble


def failed(name: str, trouble: BaseException) -> BadInput:
    """An estimator's own error as a sentence."""
    said = str(trouble).strip().splitlines()[0][:240] if str(trouble).strip() else type(trouble).__name__
    if isinstance(trouble, ZeroDivisionError):
        said = f"division by nought ({said})"
    return BadInput(
        "training_failed",
        f"{name} stopped while it was fitted: {said}.",
        "Correct the recipe or the data; the sentence is the library's own.",
    )


def _scorecard(task: Task) -> Learned:
    known = {item.name for item in fields(scorecard.Settings)}
    settings = scorecard.Settings(**{name: value for name, value in task.parameters.items() if name in known})
    card, matrix, figures = scorecard.fit(task.rows, task.outcome, task.kinds, settings)
    text = json.dumps(card, indent=1)
    return Learned(
        text.encode(), "scorecard-json", "scorecard.json", matrix, asdict(settings), figures=figures
    )


def _directions(given: Mapping[str, int] | None, names: list[str]) -> list[int] | None:
    if not given:
        return None
    if unknown := sorted(set(given) - set(names)):
        raise BadInput(
            "recipe_columns",
            f"train.parameters.monotone: {', '.join(unknown)} is no input.",
            f"Inputs are: {', '.join(names)}.",
        )
    return [int(given.get(name, 0)) for name in names]


def _lightgbm(task: Task) -> Learned:
    import lightgbm
    import pandas as pd

    given = task.parameters
    rounds, monotone = int(given.pop("rounds", 100)), given.pop("monotone", None)
    inputs = task.rows.copy()
    for name, levels in task.levels.items():
        inputs[name] = pd.Categorical(inputs[name].map(spelled, na_action="ignore"), categories=levels)
    settings = {
        "objective": "binary",
        **given,
        "seed": task.seed,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": 1,
        "verbosity": -1,
    }
    if (directions := _directions(monotone, list(task.kinds))) is not None:
        settings["monotone_constraints"] = directions
    try:
        data = lightgbm.Dataset(inputs, label=task.outcome, free_raw_data=False)
        booster = lightgbm.train(settings, data, num_boost_round=rounds)
    except lightgbm.basic.LightGBMError as trouble:
        raise failed("lightgbm", trouble) from trouble
    return Learned(
        str(booster.model_to_string()).encode(),
        "lightgbm-txt",
        "model.txt",
        coded(task),
        {**settings, "rounds": rounds},
    )


def coded(task: Task) -> dict[str, npt.NDArray[np.float64]]:
    """The inputs as numbers: a code is its place in the list of its levels, missing is no number."""
    import numpy as np

    found = {}
    for name, kind in task.kinds.items():
        column = task.rows[name]
        if kind == "number":
            found[name] = column.to_numpy(dtype=np.float64, na_value=np.nan)
        else:
            places = {level: float(place) for place, level in enumerate(task.levels[name])}
            found[name] = column.map(
                lambda value, at=places: at[spelled(value)], na_action="ignore"
            ).to_numpy(dtype=np.float64, na_value=np.nan)
    return found


def _xgboost(task: Task) -> Learned:
    import numpy as np
    import xgboost

    given = task.parameters
    rounds, monotone = int(given.pop("rounds", 100)), given.pop("monotone", None)
    form = str(given.pop("format", "ubj"))
    settings = {
        "objective": "binary:logistic",
        "tree_method": "hist",
        **given,
        "seed": task.seed,
        "nthread": 1,
        "verbosity": 0,
    }
    if (directions := _directions(monotone, list(task.kinds))) is not None:
        settings["monotone_constraints"] = tuple(directions)
    matrix = coded(task)
    data = xgboost.DMatrix(
        np.column_stack(list(matrix.values())),
        label=task.outcome,
        feature_names=list(task.kinds),
        feature_types=["q" if kind == "number" else "c" for kind in task.kinds.values()],
        enable_categorical=True,
        nthread=1,
    )
    try:
        booster = xgboost.train(settings, data, num_boost_round=rounds)
    except xgboost.core.XGBoostError as trouble:
        raise failed("xgboost", trouble) from trouble
    return Learned(
        bytes(booster.save_raw(form)),
        f"xgboost-{form}",
        f"model.{form}",
        matrix,
        {**settings, "rounds": rounds},
        declared(task),
    )


def declared(task: Task) -> dict[str, Any]:
    """The signature of a model whose file does not list its codes."""
    inputs: list[dict[str, Any]] = []
    for name, kind in task.kinds.items():
        levels = {"categories": task.levels[name]} if kind == "code" else {}
        inputs.append({"name": name, "type": kind, **levels})
    return {"inputs": inputs, "outputs": ["p"]}


def made(use: str, given: Mapping[str, Any], seed: int) -> Any:
    """An instance of an allowed class, with the recipe's seed where the class draws."""
    module, _, name = use.rpartition(".")
    kind = getattr(import_module(module), name)
    values = {key: tuple(value) if isinstance(value, list) else value for key, value in given.items()}
    if "random_state" in inspect.signature(kind).parameters:
        values["random_state"] = seed
    return kind(**values)


def _columns(wanted: Any, kinds: Mapping[str, str], path: str) -> list[str]:
    if isinstance(wanted, list):
        if unknown := [name for name in wanted if name not in kinds]:
            raise BadInput(
                "recipe_columns",
                f"{path}: {', '.join(unknown)} is no input of the recipe.",
                f"Inputs are: {', '.join(kinds)}.",
            )
        return list(wanted)
    kind = {"numbers": "number", "codes": "code"}.get(wanted)
    return [name for name, held in kinds.items() if kind is None or held == kind]


def _pipeline(task: Task) -> Any:
    """Preprocessing and estimator as one scikit-learn pipeline from raw columns to probability."""
    from sklearn.compose import ColumnTransformer
    from sklearn.pipeline import Pipeline

    groups, after = [], []
    for place, group in enumerate(task.body.get("preprocess", [])):
        steps = [
            (f"{number}", made(step["use"], step.get("parameters", {}), task.seed))
            for number, step in enumerate(group["steps"])
        ]
        if group["columns"] == "output":
            after += [(f"output{place}_{name}", step) for name, step in steps]
            continue
        names = _columns(group["columns"], task.kinds, f"preprocess.{place}.columns")
        groups.append((f"group{place}", Pipeline(steps), names))
    estimator = ("model", made(task.body["train"]["use"], task.parameters, task.seed))
    if not groups:
        return Pipeline([*after, estimator])
    columns = ColumnTransformer(groups, remainder="passthrough", sparse_threshold=0.0)
    return Pipeline([("columns", columns), *after, estimator])


def _sklearn(task: Task) -> Learned:
    import warnings

    import skops.io

    model = _pipeline(task)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        before = model[:-1]
        seen = before.fit_transform(task.rows, task.target) if len(before) else task.rows
        matrix = _named(seen, before, list(task.kinds))
        finite(matrix)
        model.fit(task.rows, task.target)
    steps = {name: type(step).__name__ for name, step in model.steps}
    parameters = {key: _written(value) for key, value in model.get_params().items() if _plain(value)}
    figures = _figures(model.steps[-1][1], list(matrix))
    return Learned(
        bytes(skops.io.dumps(model)),
        "skops",
        "model.skops",
        matrix,
        tidy({"steps": steps, **parameters}),
        figures=figures,
    )


def _plain(value: Any) -> bool:
    return value is None or isinstance(value, str | int | float | bool | tuple)


def _written(value: Any) -> Any:
    return repr(value) if isinstance(value, float) and not math.isfinite(value) else value


def _figures(estimator: Any, names: list[str]) -> dict[str, Any]:
    if not hasattr(estimator, "coef_") or len(names) != estimator.coef_.shape[-1]:
        return {}
    weights = map(float, estimator.coef_.reshape(-1))
    return {
        "coefficients": dict(zip(names, weights, strict=True)),
        "intercept": float(estimator.intercept_[0]),
    }


def _named(seen: Any, steps: Any, names: list[str]) -> dict[str, npt.NDArray[Any]]:
    """The matrix the estimator saw, by column."""
    import numpy as np

    if hasattr(seen, "toarray"):
        seen = seen.toarray()
    values = seen.to_numpy() if hasattr(seen, "to_numpy") else np.asarray(seen)
    if len(steps):
        names = [str(name) for name in steps.get_feature_names_out()]
    try:
        return {name: np.asarray(values[:, at], dtype=np.float64) for at, name in enumerate(names)}
    except (TypeError, ValueError):
        text = [name for at, name in enumerate(names) if any(isinstance(item, str) for item in values[:, at])]
        raise BadInput(
            "training_failed",
            f"The estimator takes numbers, and {', '.join(text[:6])} still holds text after preprocessing.",
            "Encode codes first, for example with sklearn.preprocessing.OneHotEncoder on the columns “codes”.",
        ) from None


def finite(matrix: Matrix) -> None:
    """Refuse a matrix in which preprocessing left infinite numbers."""
    import numpy as np

    odd = [name for name, column in matrix.items() if np.isinf(column).any()]
    if odd:
        raise BadInput(
            "training_not_finite",
            f"Preprocessing gives no finite number in {', '.join(odd[:6])}: a division by nought or a logarithm of it.",
            "Correct the column in the data, or use a step that can take it.",
        )


def _package(task: Task) -> Learned:
    """The bank's own package: `train(rows, outcome, kinds=…, parameters=…, seed=…)` → (artefact, format, signature)."""
    asked = task.body["package"]
    offered = recipe.packages().get(asked["entry_point"])
    if offered is None:
        raise BadInput(
            "recipe_package",
            f"No installed package offers “{asked['entry_point']}”.",
            recipe.REMEDIES["recipe_package"],
        )
    given = dict(asked.get("parameters", {}))
    artefact, form, signature = offered.load()(
        task.rows, task.outcome, kinds=dict(task.kinds), parameters=given, seed=task.seed
    )
    if not isinstance(artefact, bytes | bytearray):
        raise TypeError("it gave no bytes as its artefact")
    held = {"entry_point": offered.name, "version": offered.dist.version if offered.dist else "", **given}
    return Learned(bytes(artefact), str(form), f"model.{form}", coded(task), held, signature)
