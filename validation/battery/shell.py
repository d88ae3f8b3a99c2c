"""The battery on a file: what `battery list` and `battery run` of the command line do."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from validation.battery.case import ROLES, SHAPES
from validation.battery.catalogue import catalogue, run, spec
from validation.battery.errors import BatteryError


def list_tests() -> list[dict[str, Any]]:
    """Every test with its parameters and methodology, as plain values."""
    return [found.describe() for found in catalogue()]


def run_file(test_id: str, path: str | Path, settings: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Run a test on a CSV or Parquet file; columns named like a role have that role.

    Settings are the test's parameters as text. Beside them: `roles` (column:role,…), `limit.NAME` (a threshold
    of a policy), `reference_file` (a second sample).
    """
    given = dict(settings or {})
    frame = read(Path(path))
    roles = _roles(frame, given.pop("roles", ""))
    other = given.pop("reference_file", None)
    limits = {
        name.removeprefix("limit."): _limit(name, given.pop(name))
        for name in list(given)
        if name.startswith("limit.")
    }
    if spec(test_id).needs_model:
        raise BatteryError(
            "model_missing",
            f"{test_id} asks the model for predictions; a file holds none.",
            "Run it on a version, in a validation.",
        )
    result = run(
        test_id,
        frame,
        roles=roles,
        parameters=given,
        thresholds=limits,
        reference=read(Path(other)) if other else None,
    ).to_json()
    if result["defined"]:
        del result["reason"]
    return result


def read(path: Path) -> pd.DataFrame:
    """A CSV or Parquet file as a frame; what cannot be read is said in a sentence."""
    if not path.is_file():
        raise BatteryError(
            "file_missing", f"There is no file {path.name}.", "Give the path of a CSV or Parquet file."
        )
    parquet = path.suffix.lower() in (".parquet", ".pq")
    try:
        frame = pd.read_parquet(path) if parquet else pd.read_csv(path)
    except (ValueError, OSError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise BatteryError(
            "file_unreadable",
            f"{path.name} cannot be read as {'Parquet' if parquet else 'CSV'}: {error}",
            "Give a CSV file with a header line, or a Parquet file.",
        ) from error
    frame.columns = [str(column).strip() for column in frame.columns]
    if frame.columns.has_duplicates:
        again = frame.columns[frame.columns.duplicated()][0]
        raise BatteryError(
            "column_twice", f"{path.name} has the column “{again}” twice.", "Name columns differently."
        )
    return frame


def _roles(frame: pd.DataFrame, said: str) -> dict[str, str]:
    roles = {str(c): str(c) for c in frame.columns if c in (*ROLES, *SHAPES)}
    for part in filter(None, (piece.strip() for piece in said.split(","))):
        column, _, role = part.partition(":")
        if role not in (*ROLES, *SHAPES):
            raise BatteryError("role_unknown", f"“{role}” is not a role.", f"Roles are: {', '.join(ROLES)}.")
        roles[column] = role
    return roles


def _limit(name: str, text: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise BatteryError("threshold_not_a_number", f"{name} is “{text}”.", "Set a number.") from error
