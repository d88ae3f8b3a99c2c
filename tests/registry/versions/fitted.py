"""Tiny fitted models as files: right ones, and ones that crash, hang or carry what they must not."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from tests.registry.making import frame

INPUTS = ["income", "debt", "region", "age"]


def _data() -> Any:
    table = frame()
    return table[INPUTS], table["bad"]


@cache
def logistic() -> bytes:
    """A pipeline from raw columns to probability."""
    import skops.io
    from sklearn.compose import ColumnTransformer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    X, y = _data()
    columns = ColumnTransformer(
        [("n", StandardScaler(), ["income", "debt", "age"]), ("c", OneHotEncoder(), ["region"])]
    )
    return bytes(skops.io.dumps(make_pipeline(columns, LogisticRegression()).fit(X, y)))


@cache
def with_foreign_type() -> bytes:
    """A pipeline whose step calls a function of the operating system."""
    import os

    import skops.io
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer

    X, y = _data()
    from sklearn.linear_model import LogisticRegression

    pipe = make_pipeline(FunctionTransformer(), LogisticRegression()).fit(X[["income", "debt"]], y)
    pipe.steps[0][1].func = os.getcwd
    return bytes(skops.io.dumps(pipe))


@cache
def booster() -> bytes:
    """A LightGBM model on pandas categories."""
    import lightgbm

    X, y = _data()
    X = X.astype({"region": "category"})
    settings = {
        "objective": "binary",
        "verbosity": -1,
        "num_threads": 1,
        "deterministic": True,
        "num_leaves": 5,
    }
    model = lightgbm.train(settings, lightgbm.Dataset(X, y), num_boost_round=5)
    return str(model.model_to_string()).encode()


def broken_booster() -> bytes:
    """Cut off in the middle of a tree."""
    whole = booster()
    return whole[: len(whole) // 2]


def endless_booster() -> bytes:
    """A tree whose root leads to itself."""

    def loop(found: re.Match[str]) -> str:
        return found.group(1) + " ".join("0" for _ in found.group(2).split())

    text = re.sub(r"((?:left|right)_child=)(.+)", loop, booster().decode())
    # sizes of the trees have changed with the text
    parts = re.split(r"(?=^Tree=\d+$)", text.split("end of trees")[0], flags=re.MULTILINE)[1:]
    sizes = " ".join(str(len(part.encode())) for part in parts)
    return re.sub(r"tree_sizes=.*", f"tree_sizes={sizes}", text).encode()
