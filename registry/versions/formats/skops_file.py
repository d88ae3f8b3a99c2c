"""A scikit-learn model in a skops file. Every type in its schema is held against our own fixed list before loading."""

from __future__ import annotations

import io
import json
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from mrm.kernel.errors import BadInput
from registry.versions.danger import unreadable
from registry.versions.formats.base import Floats, Loaded, agreed, sha256, sigmoid, spelled
from registry.versions.formats.skops_types import LOADERS, TRUSTED
from registry.versions.signature import Facts, Input
from validation.battery.explainable import Linear, Opaque, Structure


def load(data: bytes, facts: Facts) -> Loaded:
    """The estimator and its signature."""
    model = _estimator(data)
    place = _event_place(model, facts.event)
    inputs = agreed(_inputs(model, facts), facts)
    by_name = hasattr(model, "feature_names_in_")

    def predict(rows: pd.DataFrame) -> Floats:
        given: Any = rows if by_name else rows.to_numpy()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                return np.ascontiguousarray(model.predict_proba(given)[:, place], dtype=np.float64)
            except (ValueError, TypeError, KeyError, AttributeError, IndexError) as trouble:
                raise refused_rows(trouble) from trouble

    structure = _structure(model, place, [item["name"] for item in inputs])
    loaded = Loaded(
        digest=sha256(data),
        signature={"inputs": inputs, "outputs": ["p"]},
        fast=predict,
        artefact=predict,
        structure=structure,
    )
    if isinstance(structure, Linear):
        loaded.linked = _margin(structure)
        loaded.fast = _linear_path(structure)
    return loaded


def refused_rows(trouble: Exception) -> BadInput:
    """The model raised an error on rows that fit its signature."""
    said = str(trouble).splitlines()[0][:200] if str(trouble) else type(trouble).__name__
    return BadInput(
        "model_refused_rows",
        f"The model does not take rows of its own snapshot: {said}",
        "Fit the whole way from raw columns to probability as one pipeline, and save that.",
    )


def _estimator(data: bytes) -> Any:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            schema = json.loads(archive.read("schema.json"))
    except (zipfile.BadZipFile, KeyError, ValueError, RecursionError) as trouble:
        raise unreadable(
            "The file is not a skops file.",
            "Save the fitted estimator with skops.io.dump(model, “model.skops”).",
        ) from trouble
    _check_types(schema)
    import skops.io

    try:
        asked = skops.io.get_untrusted_types(data=data)
        model = skops.io.loads(data, trusted=sorted(set(asked) & TRUSTED))
    except Exception as trouble:
        raise unreadable(
            f"skops cannot load the file ({type(trouble).__name__}).",
            "Save it with the versions of scikit-learn and skops that doctor prints.",
        ) from trouble
    if not hasattr(model, "predict_proba") or len(getattr(model, "classes_", ())) != 2:
        raise BadInput(
            "output_not_probability",
            f"The artefact holds {type(model).__name__}, which does not give probabilities of two classes.",
            "Save a fitted binary classifier with predict_proba.",
        )
    return model


def _check_types(schema: Any) -> None:
    seen = set(_types(schema))
    strange = sorted({kind for kind, loader in seen if kind not in TRUSTED or loader not in LOADERS})
    if strange:
        more = f" and {len(strange) - 8} more" if len(strange) > 8 else ""
        raise BadInput(
            "type_not_trusted",
            f"The file holds types that are not on the list of trusted types: {', '.join(strange[:8])}{more}.",
            "Use estimators and transformers of scikit-learn only, or register the model as external.",
        )


def _types(node: Any) -> Iterator[tuple[str, str]]:
    waiting = [node]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            if "__loader__" in item:
                yield f"{item.get('__module__')}.{item.get('__class__')}", str(item["__loader__"])
                content = item.get("content")
                if item["__loader__"] in {"FunctionNode", "TypeNode"} and isinstance(content, dict):
                    named = content.get("function") or content.get("type") or item.get("__class__")
                    yield (
                        f"{content.get('module_path', item.get('__module__'))}.{named}",
                        str(item["__loader__"]),
                    )
            waiting.extend(item.values())
        elif isinstance(item, list):
            waiting.extend(item)


def _event_place(model: Any, event: str) -> int:
    classes = [spelled(value.item() if hasattr(value, "item") else value) for value in model.classes_]
    if not event or set(classes) == {"0", "1"}:
        return 1
    if event not in classes:
        raise BadInput(
            "event_not_in_classes",
            f"The event of the outcome is “{event}”; the model's classes are {classes[0]} and {classes[1]}.",
            "Fit on the outcome as the snapshot has it, or on 0 and 1 with 1 as the event.",
        )
    return classes.index(event)


def _inputs(model: Any, facts: Facts) -> list[Input]:
    names = getattr(model, "feature_names_in_", None)
    if names is not None:
        return [{"name": str(name), "type": facts.kind(str(name))} for name in names]
    if facts.declared is None:
        raise BadInput(
            "signature_missing",
            "The model was fitted without column names, so its inputs are not known.",
            "Fit it on a data frame with named columns, or declare the signature in order.",
        )
    if len(facts.declared["inputs"]) != int(getattr(model, "n_features_in_", -1)):
        raise BadInput(
            "signature_differs",
            f"The model takes {getattr(model, 'n_features_in_', 'an unknown number of')} inputs, "
            f"{len(facts.declared['inputs'])} were declared.",
            "Declare the inputs in the order the model was fitted with.",
        )
    return list(facts.declared["inputs"])


def _structure(model: Any, place: int, features: Sequence[str]) -> Structure:
    """Linear where the last step is a binary logistic regression and each of its inputs belongs to one column."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import Pipeline

    last = model.steps[-1][1] if isinstance(model, Pipeline) else model
    if not isinstance(last, LogisticRegression):
        return Opaque()
    before = model[:-1] if isinstance(model, Pipeline) and len(model.steps) > 1 else None
    groups = _groups(before, features)
    if groups is None or len(groups) != last.coef_.shape[1]:
        return Opaque()
    sign = 1.0 if place == 1 else -1.0

    def encode(rows: pd.DataFrame) -> Floats:
        given: Any = rows if hasattr(model, "feature_names_in_") else rows.to_numpy()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                found = given if before is None else before.transform(given)
            except (ValueError, TypeError, KeyError) as trouble:
                raise refused_rows(trouble) from trouble
        dense = found.toarray() if hasattr(found, "toarray") else np.asarray(found)
        return np.ascontiguousarray(dense, dtype=np.float64)

    return Linear(
        coef=np.ascontiguousarray(sign * last.coef_[0], dtype=np.float64),
        intercept=float(sign * last.intercept_[0]),
        encode=encode,
        groups=groups,
    )


def _groups(before: Any, features: Sequence[str]) -> list[str] | None:
    """The raw column of each encoded one, by the names scikit-learn gives; None when any is not clear."""
    if before is None:
        return list(features)
    try:
        names = [str(name) for name in before.get_feature_names_out()]
    except (AttributeError, ValueError, NotImplementedError):
        return None
    longest = sorted(features, key=len, reverse=True)
    found = []
    for name in names:
        plain = name.split("__", 1)[-1]
        match = next((f for f in longest if plain == f or plain.startswith(f + "_")), None)
        if match is None:
            return None
        found.append(match)
    return found


def _margin(structure: Linear) -> Any:
    def margin(rows: pd.DataFrame) -> Floats:
        # Row by row along contiguous memory: the bits of a row do not depend on its neighbours.
        return np.asarray(np.vecdot(structure.encode(rows), structure.coef) + structure.intercept)

    return margin


def _linear_path(structure: Linear) -> Any:
    margin = _margin(structure)
    return lambda rows: sigmoid(margin(rows))
