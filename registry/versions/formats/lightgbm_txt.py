"""LightGBM's own text file: `booster.save_model("model.txt")`.

Codes: LightGBM sees a code as its place in a list of levels. A model fitted on pandas categories carries the lists in
its file (`pandas_categorical`); else the declared signature gives them (`categories`), and code = index.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd

from mrm.kernel.errors import BadInput
from registry.versions.danger import unreadable
from registry.versions.formats.base import Floats, Loaded, agreed, sha256, spelled
from registry.versions.signature import Facts, Input
from validation.battery.explainable import Trees


def load(data: bytes, facts: Facts) -> Loaded:
    """The booster and its signature."""
    text = _text(data)
    header = dict(re.findall(r"^([a-z_]+)=(.*)$", text.split("\nTree=", 1)[0], flags=re.MULTILINE))
    if not header.get("objective", "").startswith("binary") or header.get("num_class") != "1":
        raise BadInput(
            "output_not_probability",
            f"The model's objective is “{header.get('objective', 'not stated')}”; a probability needs “binary”.",
            "Fit it with objective=binary, or register it as external with a scored sample.",
        )
    booster = _booster(text)
    names = [str(name) for name in booster.feature_name()]
    inputs = agreed(
        _inputs(names, header.get("feature_infos", "").split(), booster.pandas_categorical, facts), facts
    )

    def encode(rows: pd.DataFrame) -> Floats:
        return np.ascontiguousarray(np.column_stack([_encoded(rows[item["name"]], item) for item in inputs]))

    def predict(rows: pd.DataFrame) -> Floats:
        return np.asarray(booster.predict(encode(rows), num_threads=1), dtype=np.float64)

    def margin(rows: pd.DataFrame) -> Floats:
        return np.asarray(booster.predict(encode(rows), raw_score=True, num_threads=1), dtype=np.float64)

    return Loaded(
        digest=sha256(data),
        signature={"inputs": inputs, "outputs": ["p"]},
        fast=predict,
        artefact=predict,
        linked=margin,
        structure=Trees(booster=booster, encode=encode, groups=names, kind="lightgbm"),
    )


def _text(data: bytes) -> str:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = ""
    if not text.startswith("tree\nversion=") or "\nTree=0" not in text:
        raise unreadable(
            "The file is not a LightGBM text model.",
            "Save it with booster.save_model(“model.txt”) and upload that.",
        )
    return text


def _booster(text: str) -> Any:
    import lightgbm

    try:
        return lightgbm.Booster(model_str=text)
    except (lightgbm.basic.LightGBMError, ValueError, KeyError, IndexError) as trouble:
        raise unreadable("LightGBM cannot read the model: the file is damaged.") from trouble


def _inputs(names: list[str], infos: list[str], levels: list[list[Any]] | None, facts: Facts) -> list[Input]:
    levels = levels or []
    by_file = [
        name for name, info in zip(names, infos, strict=False) if ":" in info and not info.startswith("[")
    ]
    by_data = [name for name in names if facts.kind(name) == "code"]
    coded = next((found for found in (by_file, by_data) if levels and len(found) == len(levels)), None)
    if coded is not None:
        lists = dict(zip(coded, levels, strict=True))
    else:
        lists = {name: facts.declared_categories(name) for name in by_data}
    inputs: list[Input] = []
    for name in names:
        if lists.get(name):
            inputs.append(
                {"name": name, "type": "code", "categories": [spelled(level) for level in lists[name]]}
            )
        elif name in by_data or (name in by_file and facts.declared is None):
            raise BadInput(
                "signature_missing",
                f"Input “{name}” is a code, but the file does not say which number stands for which code.",
                "Fit on pandas categories, or declare the signature with “categories” in the order of their numbers.",
            )
        else:
            inputs.append({"name": name, "type": "number"})
    return inputs


def _encoded(column: pd.Series[Any], item: Input) -> Floats:
    if item["type"] == "number":
        return column.to_numpy(dtype=np.float64, na_value=np.nan)
    places = {level: float(place) for place, level in enumerate(item["categories"])}
    codes = [np.nan if pd.isna(value) else places[spelled(value)] for value in column]
    return np.array(codes, dtype=np.float64)
