"""XGBoost's own files, JSON or UBJSON: `booster.save_model("model.json")`, `booster.save_raw("ubj")`.

Both are plain data. Codes: a column of type `c` holds the place of a code in a list of levels, which the declared
signature gives (`categories`). One thread: the sum of leaves then has one order, and a row alone has the bits it has
in a batch.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd

from mrm.kernel.errors import BadInput
from registry.versions.danger import unreadable
from registry.versions.formats.base import Floats, Loaded, agreed, sha256, spelled
from registry.versions.signature import Facts, Input
from validation.battery.explainable import Trees

LARGEST_HEAD = 4096


def load(data: bytes, facts: Facts) -> Loaded:
    """The booster and its signature."""
    booster = _booster(data)
    names, types = _columns(booster)
    inputs = agreed(_inputs(names, types, facts), facts)
    cats = ["c" if item["type"] == "code" else "q" for item in inputs]

    def encode(rows: pd.DataFrame) -> Any:
        import xgboost

        matrix = np.column_stack([_encoded(rows[item["name"]], item) for item in inputs])
        return xgboost.DMatrix(
            np.ascontiguousarray(matrix),
            feature_names=names,
            feature_types=cats,
            enable_categorical=True,
            nthread=1,
        )

    def predict(rows: pd.DataFrame) -> Floats:
        return np.asarray(booster.predict(encode(rows)), dtype=np.float64)

    def margin(rows: pd.DataFrame) -> Floats:
        return np.asarray(booster.predict(encode(rows), output_margin=True), dtype=np.float64)

    return Loaded(
        digest=sha256(data),
        signature={"inputs": inputs, "outputs": ["p"]},
        fast=predict,
        artefact=predict,
        linked=margin,
        structure=Trees(booster=booster, encode=encode, groups=names, kind="xgboost"),
    )


def _booster(data: bytes) -> Any:
    import xgboost

    head = data[:LARGEST_HEAD].lstrip()
    if not head.startswith(b"{"):
        raise unreadable(
            "The file is not an XGBoost model.",
            "Save it with booster.save_model(“model.json”) or “model.ubj” and upload that.",
        )
    booster = xgboost.Booster({"nthread": 1})
    try:
        booster.load_model(bytearray(data))
        kind = json.loads(booster.save_config())["learner"]["objective"]["name"]
    except (xgboost.core.XGBoostError, ValueError, KeyError, TypeError) as trouble:
        raise unreadable("XGBoost cannot read the model: the file is damaged.") from trouble
    if kind != "binary:logistic":
        raise BadInput(
            "output_not_probability",
            f"The model's objective is “{kind}”; a probability needs “binary:logistic”.",
            "Fit it with objective=binary:logistic, or register it as external with a scored sample.",
        )
    booster.set_param({"nthread": 1, "verbosity": 0})
    return booster


def _columns(booster: Any) -> tuple[list[str], list[str]]:
    names = booster.feature_names
    if not names:
        raise BadInput(
            "signature_missing",
            "The model was fitted without column names, so its inputs are not known.",
            "Fit it on a data frame, or give DMatrix its feature_names.",
        )
    return [str(name) for name in names], list(booster.feature_types or ["q"] * len(names))


def _inputs(names: list[str], types: list[str], facts: Facts) -> list[Input]:
    inputs: list[Input] = []
    for name, kind in zip(names, types, strict=True):
        levels = [spelled(level) for level in facts.declared_categories(name)]
        if levels:
            inputs.append({"name": name, "type": "code", "categories": levels})
        elif kind == "c" or facts.kind(name) == "code":
            raise BadInput(
                "signature_missing",
                f"Input “{name}” is a code, but the file does not say which number stands for which code.",
                "Declare the signature with “categories” in the order of their numbers.",
            )
        else:
            inputs.append({"name": name, "type": "number"})
    return inputs


def _encoded(column: pd.Series[Any], item: Input) -> Floats:
    if item["type"] == "number":
        return column.to_numpy(dtype=np.float64, na_value=np.nan)
    places = {level: float(place) for place, level in enumerate(item["categories"])}
    return np.array(
        [np.nan if pd.isna(value) else places[spelled(value)] for value in column], dtype=np.float64
    )
