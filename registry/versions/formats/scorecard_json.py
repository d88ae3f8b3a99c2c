"""`scorecard-json`: a points scorecard as plain data, checked against a committed schema (scorecard.schema.json).

score = base_points + Σ points;  p = 1 / (1 + exp((score − offset) / factor)): more points, less risk. Numeric edges
are left-closed: with edges [e1, e2] the bins are (−∞, e1), [e1, e2), [e2, ∞). A grade is a left-closed interval of
the score likewise; `names` go from the lowest scores upwards.
"""

from __future__ import annotations

import json
import math
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from mrm.kernel.errors import BadInput
from registry.versions.danger import unreadable
from registry.versions.formats.base import Floats, Loaded, agreed, sha256, spelled
from registry.versions.signature import Facts, Input
from validation.battery.explainable import Points

SCHEMA = Path(__file__).with_name("scorecard.schema.json")


@cache
def schema() -> dict[str, Any]:
    """The committed JSON schema."""
    loaded: dict[str, Any] = json.loads(SCHEMA.read_text(encoding="utf-8"))
    return loaded


def load(data: bytes, facts: Facts) -> Loaded:
    """The scorecard and its signature."""
    card = parsed(data)
    variables = {item["name"]: item for item in card["variables"]}
    inputs = agreed([_input(item) for item in card["variables"]], facts)
    offset, factor, base = float(card["offset"]), float(card["factor"]), int(card["base_points"])

    def points(rows: pd.DataFrame) -> pd.DataFrame:
        found = {name: _points(rows[name], item) for name, item in variables.items()}
        return pd.DataFrame(found, index=rows.index)

    def score(rows: pd.DataFrame) -> npt.NDArray[np.int64]:
        return np.asarray(points(rows).to_numpy(dtype=np.int64).sum(axis=1) + base, dtype=np.int64)

    def margin(rows: pd.DataFrame) -> Floats:
        return np.asarray((offset - score(rows)) / factor, dtype=np.float64)

    def probability(rows: pd.DataFrame) -> Floats:
        # One value per score, by the C library's exp: no vector unit can round it otherwise.
        total = score(rows)
        of = {int(s): 1.0 / (1.0 + math.exp((int(s) - offset) / factor)) for s in np.unique(total)}
        return np.array([of[int(s)] for s in total], dtype=np.float64)

    def graded(rows: pd.DataFrame) -> pd.DataFrame:
        total = score(rows)
        out = pd.DataFrame({"score": total}, index=rows.index)
        if card.get("grades"):
            places = np.searchsorted(np.array(card["grades"]["edges"]), total, side="right")
            out["grade"] = [card["grades"]["names"][place] for place in places]
        return out

    return Loaded(
        digest=sha256(data),
        signature={"inputs": inputs, "outputs": ["p", "score"] + ["grade"] * bool(card.get("grades"))},
        fast=probability,
        artefact=probability,
        linked=margin,
        points=graded,
        structure=Points(
            points=points,
            maximum={name: float(max(_all_points(item))) for name, item in variables.items()},
            slope=-1.0 / factor,
            intercept=(offset - base) / factor,
        ),
    )


def parsed(data: bytes) -> dict[str, Any]:
    """The scorecard's content, checked."""
    import jsonschema

    try:
        card: dict[str, Any] = json.loads(data)
    except (ValueError, RecursionError) as trouble:
        raise unreadable(
            "The file is not JSON.", "Send a scorecard in scorecard-json, schema 1."
        ) from trouble
    problem = jsonschema.exceptions.best_match(jsonschema.Draft202012Validator(schema()).iter_errors(card))
    if problem is not None:
        raise _wrong(f"At {problem.json_path}: {problem.message[:200]}.")
    names = [item["name"] for item in card["variables"]]
    if len(set(names)) < len(names):
        raise _wrong("A variable stands twice.")
    for item in card["variables"]:
        _check_variable(item)
    grades = card.get("grades")
    if grades and (not _rising(grades["edges"]) or len(grades["names"]) != len(grades["edges"]) + 1):
        raise _wrong("Grades need rising edges and one name more than edges.")
    card.setdefault("base_points", 0)
    return card


def _check_variable(item: dict[str, Any]) -> None:
    if item["type"] == "number":
        if not _rising(item["edges"]) or len(item["points"]) != len(item["edges"]) + 1:
            raise _wrong(
                f"Variable “{item['name']}” needs rising edges and one number of points more than edges."
            )
        return
    codes = [code for group in item["bins"] for code in group["codes"]]
    if len(set(codes)) < len(codes):
        raise _wrong(f"A code of variable “{item['name']}” stands in two bins.")


def _rising(edges: list[float]) -> bool:
    return all(a < b for a, b in pairwise(edges))


def _wrong(detail: str) -> BadInput:
    return BadInput(
        "scorecard_wrong", detail, "Correct the scorecard; its JSON schema is part of the documentation."
    )


def _input(item: dict[str, Any]) -> Input:
    if item["type"] == "number":
        return {"name": item["name"], "type": "number"}
    codes = [] if "other" in item else [code for group in item["bins"] for code in group["codes"]]
    return {"name": item["name"], "type": "code", "categories": codes}


def _all_points(item: dict[str, Any]) -> list[int]:
    found = item["points"] if item["type"] == "number" else [group["points"] for group in item["bins"]]
    return [*found, *([item["other"]] if "other" in item else [])]


def _points(column: pd.Series[Any], item: dict[str, Any]) -> npt.NDArray[np.int64]:
    missing = column.isna().to_numpy()
    if item["type"] == "number":
        values = column.to_numpy(dtype=np.float64, na_value=np.nan)
        places = np.searchsorted(np.array(item["edges"], dtype=np.float64), values, side="right")
        points = np.array(item["points"], dtype=np.int64)[np.where(missing, 0, places)]
    else:
        of = {code: group["points"] for group in item["bins"] for code in group["codes"]}
        other = item.get("other", 0)
        points = np.array([of.get(spelled(value), other) for value in column], dtype=np.int64)
    return np.where(missing, item["missing"], points)
