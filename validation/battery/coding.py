"""Rows with text as matrices of numbers and back, for libraries that know numbers only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from validation.battery.binning import is_number

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Coding:
    """Per column None for a number, else its values in the order of their codes."""

    columns: list[str]
    values: dict[str, list[Any]]
    dtypes: dict[str, Any]

    @classmethod
    def of(cls, frame: pd.DataFrame, more: pd.DataFrame | None = None) -> Coding:
        """The coding of a frame: categories in the order of their text, then those that only `more` has, missing last.

        What `more` brings does not move the codes of the frame, so an explanation depends on its own row alone.
        """
        values: dict[str, list[Any]] = {}
        for column in map(str, frame.columns):
            if is_number(frame[column]):
                continue
            known = sorted(frame[column].dropna().unique().tolist(), key=str)
            late = [] if more is None else sorted(set(more[column].dropna().unique()) - set(known), key=str)
            gone = frame[column].isna().any() or (more is not None and more[column].isna().any())
            values[column] = known + late + ([None] if gone else [])
        return cls([str(c) for c in frame.columns], values, {str(c): frame[c].dtype for c in frame.columns})

    @property
    def categorical(self) -> list[int]:
        """Positions of the categorical columns."""
        return [i for i, column in enumerate(self.columns) if column in self.values]

    def encode(self, frame: pd.DataFrame) -> Floats:
        """The matrix of a frame."""
        matrix = np.zeros((len(frame), len(self.columns)))
        for i, column in enumerate(self.columns):
            if column not in self.values:
                matrix[:, i] = frame[column].to_numpy(dtype=np.float64, na_value=np.nan)
                continue
            at = {value: code for code, value in enumerate(self.values[column])}
            gone = frame[column].isna()
            matrix[:, i] = [at[None] if g else at[v] for v, g in zip(frame[column], gone, strict=True)]
        return matrix

    def decode(self, matrix: Floats) -> pd.DataFrame:
        """The frame of a matrix; categories have the type they came with."""
        columns: dict[str, Any] = {}
        for i, column in enumerate(self.columns):
            if column not in self.values:
                columns[column] = matrix[:, i]
                continue
            codes = np.rint(matrix[:, i]).astype(np.int64)
            known = pd.array(self.values[column], dtype=self.dtypes[column])
            columns[column] = known.take(codes)
        return pd.DataFrame(columns)
