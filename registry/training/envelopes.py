"""Which envelope holds for a run, and its judgement before the version is registered."""

from __future__ import annotations

from datetime import date
from typing import Any

from mrm import vault
from mrm.kernel.canonical import digest
from registry.training.judging import Seen, core, judge
from registry.training.models import Envelope, Recipe, Run, RunResult
from registry.training.rules import EnvelopeState


def in_force(run: Run) -> Envelope | None:
    """The approved envelope of the run's model whose recipe is the run's but for data and parameters.

    When none is the same, the newest approved one of the model answers, and says that the recipe is another.
    """
    assert run.recipe is not None  # noqa: S101 - asked for runs by recipe only
    mine = digest(core(run.recipe.body))
    rows = list(
        Envelope.objects.filter(model=run.model, state=EnvelopeState.APPROVED)
        .select_related("recipe", "base")
        .order_by("-decided_at")
    )
    same = [item for item in rows if digest(core(item.recipe.body)) == mine]
    return next(iter(same or rows), None)


def seen(recipe: Recipe, trace: dict[str, Any], metrics: dict[str, Any]) -> Seen:
    """A run as an envelope looks at it."""
    given = dict(recipe.body.get("train", recipe.body.get("package", {})).get("parameters", {}))
    values = {name: item.get("statistic") for name, item in metrics.items()}
    return Seen(digest(core(recipe.body)), given, values, float(trace["predictions"]["mean"]))


def judgement(
    envelope: Envelope,
    run: Run,
    *,
    on: date,
    trace: dict[str, Any],
    metrics: dict[str, Any],
    predictions: bytes,
) -> list[dict[str, Any]]:
    """Every bound of the envelope against what the run made; the base is the version the envelope was approved for."""
    base: RunResult | None = (
        RunResult.objects.filter(version=envelope.base).select_related("run__recipe").order_by("id").first()
    )
    if base is None or base.run.recipe is None or run.recipe is None:
        return [{"what": "base", "found": "trained by no recipe here", "bound": "a run", "inside": False}]
    before = seen(base.run.recipe, base.trace, base.metrics)
    after = seen(run.recipe, trace, metrics)
    psi = distance(vault.get(base.predictions), predictions)
    return judge(envelope.bounds, expires=envelope.expires, on=on, base=before, now=after, psi=psi)


def distance(before: bytes, after: bytes) -> float | None:
    """The population stability index of the predictions against the base version's, by the battery's own test."""
    import numpy as np
    import pandas as pd

    from validation import battery

    frames = [pd.DataFrame({"p": np.frombuffer(item, dtype="<f8")}) for item in (before, after)]
    result = battery.run("stab.psi", frames[1], roles={"p": "p"}, reference=frames[0])
    return float(result.statistic) if result.statistic is not None else None
