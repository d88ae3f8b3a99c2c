"""What every loaded model has: its signature, its structure, and a prediction that does not depend on the batch.

The record is the arithmetic of one row. A fast path over many rows is used only where it was found to give the same
bits as the artefact on one row, in every size of batch (`path`); else each row is a call of its own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from mrm.kernel.errors import BadInput
from registry.versions.signature import Facts, Input, Signature
from validation.battery.explainable import Opaque, Structure

Floats = npt.NDArray[np.float64]
Path = Literal["fast", "one_row"]
EDGE = 1e-6


@dataclass
class Loaded:
    """A model taken from an artefact; satisfies the battery's `Explainable`."""

    digest: str
    signature: Signature
    fast: Callable[[pd.DataFrame], Floats]
    artefact: Callable[[pd.DataFrame], Floats]
    structure: Structure = field(default_factory=Opaque)
    linked: Callable[[pd.DataFrame], Floats] | None = None
    points: Callable[[pd.DataFrame], pd.DataFrame] | None = None
    path: Path = "fast"

    @property
    def features(self) -> Sequence[str]:
        """The names of the inputs, in order."""
        return [item["name"] for item in self.signature["inputs"]]

    @property
    def structure_name(self) -> str:
        """`trees`, `linear`, `points` or `opaque`."""
        return type(self.structure).__name__.lower()

    def predict(self, X: pd.DataFrame) -> Floats:
        """Probability of the event per row, the bits of one row alone."""
        rows = self.prepare(X)
        return self.fast(rows) if self.path == "fast" else self.one_by_one(rows)

    def one_by_one(self, rows: pd.DataFrame) -> Floats:
        """The artefact on each prepared row alone."""
        return np.array([float(self.artefact(rows.iloc[[n]])[0]) for n in range(len(rows))], dtype=np.float64)

    def margin(self, X: pd.DataFrame) -> Floats:
        """Log-odds of the event; of an opaque model from its probability, kept away from 0 and 1."""
        if self.linked is not None:
            return self.linked(self.prepare(X))
        p = np.clip(self.predict(X), EDGE, 1 - EDGE)
        return np.asarray(np.log(p / (1 - p)), dtype=np.float64)

    def scored(self, X: pd.DataFrame) -> pd.DataFrame:
        """`p` per row, and `score` and `grade` where the format has them."""
        out = pd.DataFrame({"p": self.predict(X)}, index=X.index)
        if self.points is not None:
            out = out.join(self.points(self.prepare(X)))
        return out

    def prepare(self, X: pd.DataFrame) -> pd.DataFrame:
        """The inputs in order and type, or the sentence which column does not fit."""
        names = list(self.features)
        if missing := [name for name in names if name not in X.columns]:
            raise BadInput(
                "model_columns_missing",
                f"The data lack {len(missing)} of {len(names)} inputs of the model: {', '.join(missing[:6])}.",
                "Use a snapshot with these columns under these names.",
            )
        ready = {item["name"]: _ready(X[item["name"]], item) for item in self.signature["inputs"]}
        return pd.DataFrame(ready, index=X.index)


def _ready(column: pd.Series[Any], item: Input) -> pd.Series[Any]:
    if item["type"] == "number":
        numbers = pd.to_numeric(column, errors="coerce")
        if bool((numbers.isna() & column.notna()).any()):
            first = column[numbers.isna() & column.notna()].iloc[0]
            raise BadInput(
                "model_column_type",
                f"Input “{item['name']}” of the model is a number, but the data hold {first!r}.",
                "Use a snapshot whose column is numeric, or declare the input as a code.",
            )
        return numbers.astype("float64")
    levels = item.get("categories") or []
    if levels:
        known = {str(level) for level in levels}
        unknown = sorted({str(value) for value in column.dropna().unique() if spelled(value) not in known})
        if unknown:
            raise BadInput(
                "code_unknown",
                f"Input “{item['name']}” has codes that the model was not built with: {', '.join(unknown[:6])}.",
                "Build the model with every code of the data, or leave these rows out and say so.",
            )
    return column


def spelled(value: Any) -> str:
    """A code as it is compared: whole numbers without a point."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def sha256(data: bytes) -> str:
    """The digest of an artefact."""
    return hashlib.sha256(data).hexdigest()


def agreed(found: list[Input], facts: Facts) -> list[Input]:
    """The inputs found in the artefact, once they are those that were declared (if any were)."""
    if facts.declared is None:
        return found
    names, wanted = [item["name"] for item in found], [item["name"] for item in facts.declared["inputs"]]
    if names != wanted:
        odd = next((f"{a} / {b}" for a, b in zip(names, wanted, strict=False) if a != b), "their number")
        raise BadInput(
            "signature_differs",
            f"The artefact has {len(names)} inputs, the declared signature {len(wanted)}; they differ at: {odd}.",
            "Declare the inputs in the order the model was fitted with, or leave the signature out.",
        )
    return found


def sigmoid(margin: Floats) -> Floats:
    """The probability of a margin, by the same function as scikit-learn."""
    from scipy.special import expit

    return np.asarray(expit(margin), dtype=np.float64)
