"""A run done again from the vault's bytes, and compared; of an imported run, its predictions by a recipe.

`fresh` does it in a new process whose arithmetic is pinned before numpy is imported.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from mrm import vault
from mrm.evidence.reproduce import Repeated, others
from mrm.jobs.processes import ROOT, pinned
from mrm.kernel.errors import CountersignError
from registry.data.frames import frame
from registry.training import comparing, fitting, inputs
from registry.training.comparing import Comparison, Kept
from registry.training.models import Recipe, Run
from registry.training.rules import RunKind, Verdict
from registry.versions.sandbox import Limits, ask

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

    Floats = npt.NDArray[np.float64]

SCORING = Limits(seconds=600)


def repeat(
    run: Run, recipe: Recipe, progress: fitting.Progress = lambda *_: None
) -> tuple[Comparison, dict[str, Any]]:
    """Do the run again in this process; the comparison, and the trace of the repetition."""
    assert run.made is not None  # noqa: S101 - the verb asked
    try:
        read = inputs.read_for(run, recipe.body)
        outcome = fitting.run(recipe.body, read.data, progress)
        if run.kind == RunKind.IMPORTED:
            return against(run, outcome), outcome.trace
        before = Kept(run.made.trace, vault.get(run.made.split), vault.get(run.made.predictions))
    except CountersignError as error:
        return Comparison(Verdict.DIVERGED, step_of(error), error.detail), {}
    after = Kept(outcome.trace, packed(outcome), outcome.predictions.astype("<f8").tobytes())
    return comparing.compare(before, after), outcome.trace


def step_of(error: CountersignError) -> str:
    """The step at which a repetition stopped: rows that are not there any more, or what was done with them."""
    if error.code.startswith("vault") or error.code in {
        "snapshot_not_released",
        "recipe_columns",
        "recipe_target",
    }:
        return "data"
    return "split" if error.code == "training_too_small" else "parameters"


def packed(outcome: fitting.Outcome) -> bytes:
    """Which rows train, a bit each."""
    import numpy as np

    return np.packbits(outcome.trains).tobytes()


def against(run: Run, outcome: fitting.Outcome) -> Comparison:
    """The predictions of a recipe's model beside those of the imported artefact, on every row of both snapshots."""
    assert run.made is not None  # noqa: S101 - the verb asked
    learned = outcome.learned
    p, _ = imported(run, learned.artefact, learned.format, learned.signature)
    before, after = vault.get(run.made.predictions), p.astype("<f8").tobytes()
    if before == after:
        return Comparison(Verdict.IDENTICAL)
    return Comparison(Verdict.DIVERGED, "predictions", comparing.distance(before, after))


def all_rows(run: Run) -> pd.DataFrame:
    """The rows of a run's snapshots, each snapshot once, those that train first."""
    import pandas as pd

    held = [run.snapshot] + ([run.held_out] if run.held_out and run.held_out_id != run.snapshot_id else [])
    frames = [frame(item.usable()[0]) for item in held]
    return pd.concat(frames, ignore_index=True) if len(frames) > 1 else frames[0]


def imported(
    run: Run, artefact: bytes, form: str, declared: dict[str, Any] | None = None
) -> tuple[Floats, str]:
    """What a foreign artefact predicts, asked in the sandbox; and on which path."""
    import pandas as pd

    content, _ = run.snapshot.usable()
    sink = io.BytesIO()
    all_rows(run).to_parquet(sink, index=False)
    files = {"artefact": artefact, "rows.parquet": sink.getvalue()}
    facts = {
        "format": form,
        "types": content.types,
        "declared": declared,
        "event": run.roles.roles.event,
        "held": True,
    }
    seen = ask("inspect", facts, files, SCORING).facts
    known = {**facts, "declared": seen["signature"], "path": seen["path"]}
    scored = pd.read_parquet(
        io.BytesIO(ask("score", known, files, SCORING, outputs=("scored.parquet",)).files["scored.parquet"])
    )
    p: Floats = scored["p"].to_numpy(dtype="float64")
    return p, str(seen["path"])


def fresh(run: Run, recipe: Recipe) -> Comparison:
    """Repeat in a new process with pinned arithmetic."""
    child = subprocess.run(
        [sys.executable, "-m", "registry.training.child", str(run.pk), str(recipe.pk)],
        capture_output=True,
        cwd=ROOT,
        env=os.environ | pinned(),
        text=True,
        check=False,
    )
    lines = [line for line in child.stdout.splitlines() if line.startswith("{")]
    if not lines:
        last = (child.stderr.strip().splitlines() or ["no message"])[-1]
        return Comparison(Verdict.DIVERGED, "predictions", f"the repetition ended without an answer ({last})")
    return Comparison(**json.loads(lines[-1]))


def by_reference(reference: str) -> Iterator[Repeated] | None:
    """For the command `reproduce T-…`: a run by its reference; None when it is none."""
    if not reference.upper().startswith("T-"):
        return None
    run = Run.objects.with_facts().filter(reference=reference.upper()).first()
    if run is None:
        return None
    return iter([_repeated(run)])


def _repeated(run: Run) -> Repeated:
    if run.made is None:
        return Repeated(run.reference, run.title, "has no result that could be compared", identical=False)
    recipe = run.recipe
    if recipe is None:
        last = run.repetitions.select_related("recipe").first()
        recipe = last.recipe if last else None
    if recipe is None:
        return Repeated(
            run.reference, run.title, "was imported, and no recipe repeats it yet", identical=False
        )
    found = fresh(run, recipe)
    return Repeated(run.reference, run.title, str(found), identical=found.verdict == Verdict.IDENTICAL)


others.register("runs", by_reference)
