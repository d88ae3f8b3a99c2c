"""What the sandboxed child does with an artefact: open it, compare its ways of predicting, score rows. No Django."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mrm.kernel.errors import BadInput
from registry.data.logical import as_frame
from registry.versions.formats import load
from registry.versions.formats.base import Floats, Loaded
from registry.versions.signature import Facts

BATCHES = (1, 2, 7, 64, 1000)
COMPARED = 1000
PATIENCE = 5.0


def inspect(folder: Path, facts: dict[str, Any]) -> dict[str, Any]:
    """Signature, structure, and which path gives the bits of one row (serving: Same bits, 2).

    Without rows the artefact is opened only; each row is then asked alone until data are stated and compared.
    """
    model = opened(folder, facts)
    found = {"signature": model.signature, "structure": model.structure_name}
    if not (folder / "rows.parquet").exists():
        report = {
            "event": facts["event"],
            "rows": 0,
            "compared": 0,
            "distinct": 0,
            "environment": environment(),
        }
        return {**found, "path": "one_row", "report": report}
    rows = rows_of(folder)
    prepared = model.prepare(rows)
    p = checked(model.fast(prepared))
    if facts["held"] and len(p) > 1 and np.unique(p).size == 1:
        raise BadInput(
            "score_constant",
            f"The model gives all {len(p):,} rows of its snapshot the same probability, {float(p[0]):.6g}: it ranks nobody.",
            "Check that the fitted model was saved, and that its inputs are those of the snapshot.",
        )
    sample = prepared.iloc[: affordable(model, prepared)]
    alone = checked(model.one_by_one(sample))
    odd = unequal(model, sample, alone)
    return {
        **found,
        # an example of a few rows compares too little to trust the fast path
        "path": "one_row" if odd or not facts["held"] else "fast",
        "report": {
            "event": facts["event"],
            "rows": len(rows),
            "compared": len(sample),
            "batches": list(BATCHES),
            "unequal": odd,
            "mean": float(p.mean()),
            "least": float(p.min()),
            "most": float(p.max()),
            "distinct": int(np.unique(p).size),
            "environment": environment(),
        },
    }


def score(folder: Path, facts: dict[str, Any]) -> dict[str, Any]:
    """Score every row on the path that the inspection found; writes scored.parquet."""
    model = opened(folder, facts)
    model.path = facts["path"]
    rows = rows_of(folder)
    out = model.scored(rows)
    checked(out["p"].to_numpy(dtype=np.float64))
    out.to_parquet(folder / "scored.parquet", index=False)
    return {"rows": len(out), "columns": list(out.columns), "environment": environment()}


def opened(folder: Path, facts: dict[str, Any]) -> Loaded:
    """The model of the request's artefact."""
    known = Facts(types=facts["types"], declared=facts["declared"], event=facts["event"])
    return load(facts["format"], (folder / "artefact").read_bytes(), known)


def rows_of(folder: Path) -> pd.DataFrame:
    """The rows of the snapshot as every model sees them."""
    import pyarrow.parquet as pq

    return as_frame(pq.read_table(folder / "rows.parquet"))


def checked(p: Floats) -> Floats:
    """Probabilities, or the sentence that some are none."""
    finite = np.isfinite(p)
    bad = int((~finite).sum()) or int(((p < 0) | (p > 1)).sum())
    if bad:
        what = "no number" if not finite.all() else "a number outside 0 and 1"
        raise BadInput(
            "output_not_finite",
            f"The model gives {what} for {bad:,} of {len(p):,} rows.",
            "Let the pipeline treat missing values and extremes itself, then register it again.",
        )
    return p


def affordable(model: Loaded, rows: pd.DataFrame) -> int:
    """How many rows can be asked one by one in the processor time there is."""
    begun = time.process_time()
    few = min(20, len(rows))
    model.one_by_one(rows.iloc[:few])
    each = (time.process_time() - begun) / max(few, 1)
    return int(min(COMPARED, len(rows), max(few, PATIENCE / max(each, 1e-9))))


def unequal(model: Loaded, rows: pd.DataFrame, alone: Floats) -> dict[str, int]:
    """Per size of batch, how many shuffled rows get other bits than alone; empty when none do."""
    found: dict[str, int] = {}
    for size in BATCHES:
        order = np.random.default_rng(size).permutation(len(rows))
        parts = [order[start : start + size] for start in range(0, len(order), size)]
        odd = sum(int((model.fast(rows.iloc[part]) != alone[part]).sum()) for part in parts)
        if odd:
            found[str(size)] = odd
    return found


def environment() -> dict[str, str]:
    """The versions and the arithmetic kernel that gave these bits."""
    import os
    import platform
    from importlib.metadata import version

    names = ("numpy", "pandas", "scipy", "scikit-learn", "skops", "lightgbm")
    kernel = os.environ.get("OPENBLAS_CORETYPE", "machine's own")
    return {"python": platform.python_version(), "blas": kernel, **{name: version(name) for name in names}}


TASKS = {"inspect": inspect, "score": score}
