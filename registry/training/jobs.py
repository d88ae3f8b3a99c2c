"""The jobs of this room: a run, the import of one, its repetition. Each computes outside transactions and ends in one act."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mrm import vault
from mrm.jobs.context import JobContext
from mrm.jobs.handlers import Handler, handlers
from mrm.jobs.processes import Limits
from mrm.kernel.errors import BadInput
from mrm.ledger.clock import now
from mrm.policy import queries as policies
from registry.training import envelopes, evaluation, fitting, inputs, repeating
from registry.training.models import Recipe, Run, RunResult
from registry.training.verbs import Made, finish, record_repetition
from registry.versions.models import Version

if TYPE_CHECKING:
    import numpy as np

LIMITS = Limits()


def run(ctx: JobContext) -> None:
    """Rows, split, preprocessing, training, evaluation; then one act."""
    training: Run = Run.objects.with_facts().get(pk=ctx.payload["run"])
    if training.made is not None:
        return
    assert training.recipe is not None  # noqa: S101 - jobs of this kind have one
    body = training.recipe.body
    ctx.progress(0, 7, "read the rows")
    read = inputs.read(training, ctx.actor)
    drifted(training, read)
    outcome = fitting.run(body, read.data, ctx.progress)
    ctx.progress(5, 7, "measure the held-out rows")
    on = policies.today(training.scope, now())
    thresholds = policies.in_force("thresholds", scope=training.scope, on=on)
    rows = evaluation.held(
        body,
        read.data,
        outcome.held_out,
        outcome.predictions,
        roles=training.roles.roles,
        digests=evaluation.digests_of(training, outcome.trace),
    )
    contents = evaluation.measured(
        body["evaluate"]["metrics"], rows, thresholds, lambda name: ctx.progress(5, 7, f"measure {name}")
    )
    ctx.progress(6, 7, "record")
    finish(ctx.actor, run=training, made=_made(training, read, outcome, contents, on), fence=ctx.fence)


def _made(
    training: Run, read: inputs.Read, outcome: fitting.Outcome, contents: list[dict[str, Any]], on: Any
) -> Made:
    predictions, metrics = (
        raw(outcome.predictions),
        {evaluation.label(item): evaluation.figures(item) for item in contents},
    )
    envelope = envelopes.in_force(training)
    lines = (
        envelopes.judgement(
            envelope, training, on=on, trace=outcome.trace, metrics=metrics, predictions=predictions
        )
        if envelope
        else []
    )
    return Made(
        trace=outcome.trace,
        data_digest=read.data.digest,
        rows=read.rows,
        held_out_rows=read.held_out_rows,
        split=vault.put(packed(outcome.trains)),
        predictions=vault.put(predictions),
        artefact=vault.put(outcome.learned.artefact),
        artefact_name=outcome.learned.name,
        artefact_size=len(outcome.learned.artefact),
        format=outcome.learned.format,
        signature=outcome.learned.signature,
        metrics=metrics,
        parameters=outcome.trace["parameters"],
        features=read.features,
        evidence=tuple(contents),
        envelope=envelope,
        lines=tuple(lines),
    )


def raw(predictions: np.typing.NDArray[Any]) -> bytes:
    """Predictions as bytes: float64, little endian, in the order of the rows."""
    return bytes(predictions.astype("<f8").tobytes())


def packed(trains: np.typing.NDArray[Any]) -> bytes:
    """Which rows train, a bit each."""
    import numpy as np

    return np.packbits(trains).tobytes()


def drifted(training: Run, read: inputs.Read) -> None:
    """Refuse rows whose inputs have other types than in the last run of the same recipe."""
    before = (
        RunResult.objects.filter(run__recipe=training.recipe)
        .exclude(run=training)
        .order_by("-finished_at")
        .first()
    )
    if before is None:
        return
    for name, kind in before.trace["data"]["inputs"].items():
        now_kind = read.data.types.get(name)
        if now_kind != kind:
            found = f"is {now_kind}" if now_kind else "is missing"
            raise BadInput(
                "recipe_columns",
                f"Column “{name}” {found} in {training.snapshot.reference}; the last run of this recipe read {kind}.",
                "Mend the source, or declare a recipe that takes the column as it is now.",
            )


def import_run(ctx: JobContext) -> None:
    """Open the imported artefact in a sandbox, predict the rows of both snapshots, record."""
    training: Run = Run.objects.with_facts().get(pk=ctx.payload["run"])
    if training.made is not None:
        return
    ctx.progress(0, 2, "open the artefact in a process of its own")
    facts = ctx.payload
    p, form = repeating.imported(training, vault.get(facts["artefact"]), facts["format"])
    ctx.progress(1, 2, "record")
    content, _ = training.snapshot.usable()
    predictions = raw(p)
    trace = {
        "data": {"digest": content.data_digest, "rows": len(p)},
        "predictions": {
            "digest": fitting.sha256(predictions),
            "rows": len(p),
            "mean": float(p.mean()),
            "path": form,
        },
        "artefact": {"digest": facts["artefact"], "format": facts["format"], "size": facts["artefact_size"]},
        "parameters": facts["parameters"],
    }
    made = Made(
        trace=trace,
        data_digest=content.data_digest,
        rows=content.parquet,
        predictions=vault.put(predictions),
        artefact=facts["artefact"],
        artefact_name=facts["artefact_name"],
        artefact_size=facts["artefact_size"],
        format=facts["format"],
        metrics={name: {"statistic": value} for name, value in facts["metrics"].items()},
        parameters=facts["parameters"],
        code=facts["code"],
        code_name=facts["code_name"],
        version=registered(training, facts),
    )
    finish(ctx.actor, run=training, made=made, fence=ctx.fence)


def registered(training: Run, facts: Mapping[str, Any]) -> Version | None:
    """The version that holds an imported artefact already: the one that was named, else the model's newest of these bytes."""
    if facts["version"]:
        return Version.objects.get(pk=facts["version"])
    held: Version | None = (
        Version.objects.filter(model=training.model, artefact=facts["artefact"]).order_by("-number").first()
    )
    return held


def reproduce(ctx: JobContext) -> None:
    """Repeat a run in this fresh process and note how it compares."""
    training: Run = Run.objects.with_facts().get(pk=ctx.payload["run"])
    recipe = Recipe.objects.get(pk=ctx.payload["recipe"])
    ctx.progress(0, 7, f"repeat {training.reference}")
    found, trace = repeating.repeat(training, recipe, ctx.progress)
    record_repetition(ctx.actor, run=training, recipe=recipe, found=found, trace=trace, fence=ctx.fence)
    ctx.progress(7, 7, str(found))


handlers.register("training.run", Handler(run, LIMITS))
handlers.register("training.import", Handler(import_run, LIMITS))
handlers.register("training.reproduce", Handler(reproduce, LIMITS))
