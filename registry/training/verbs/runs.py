"""Acts on recipes and runs: declare, start, finish, import, repeat."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from mrm import vault
from mrm.access.acts import Act, verb
from mrm.access.intake import Upload
from mrm.evidence import effects as evidence
from mrm.evidence.rules import EvidenceKind
from mrm.jobs import effects as jobs
from mrm.jobs.fence import Fence
from mrm.jobs.models import Job
from mrm.kernel.errors import BadInput, RuleRefused
from registry.data.models import Snapshot
from registry.inventory.models import Model
from registry.training import effects, inputs
from registry.training.comparing import Comparison
from registry.training.models import (
    Envelope,
    EnvelopeJudgement,
    Recipe,
    Repetition,
    Run,
    RunEvidence,
    RunResult,
)
from registry.training.recipe import parsed
from registry.versions import effects as versions
from registry.versions.danger import refuse_pickle
from registry.versions.models import Version
from registry.versions.rules import Format, VersionOrigin


@dataclass(frozen=True)
class Made:
    """What a job made of a run, ready to be recorded in one act."""

    trace: dict[str, Any]
    data_digest: str
    rows: str
    predictions: str
    artefact: str
    artefact_name: str
    artefact_size: int
    format: str
    held_out_rows: str = ""
    split: str = ""
    signature: dict[str, Any] | None = None
    metrics: dict[str, Any] = field(default_factory=dict)
    parameters: dict[str, Any] = field(default_factory=dict)
    features: tuple[str, ...] = ()
    evidence: tuple[dict[str, Any], ...] = ()
    code: str = ""
    code_name: str = ""
    version: Version | None = None
    envelope: Envelope | None = None
    lines: tuple[dict[str, Any], ...] = ()


@verb("recipe.declare")
def declare(act: Act, *, model: Model, text: str = "", file: Upload | None = None) -> Recipe:
    """Declare a recipe: data, preprocessing, training, evaluation, registration, as YAML.

    From text or a file. It never changes; the same values declared again are the same recipe.
    """
    if file is not None:
        try:
            text = file.read().decode("utf-8")
        except UnicodeDecodeError:
            raise BadInput(
                "recipe_unreadable",
                "The file is no text in UTF-8.",
                "Save the recipe as UTF-8 and send it again.",
            ) from None
    recipe = parsed(text)
    asked = recipe.body["register"].get("model")
    if asked and asked not in {model.reference, model.name}:
        raise BadInput(
            "recipe_shape",
            f"register.model: the recipe is for “{asked}”, and was declared for {model.name} ({model.reference}).",
            "Declare it for that model, or correct the field.",
        )
    return effects.declare(act, model=model, parsed=recipe)


@verb("run.start")
def start(
    act: Act,
    *,
    recipe: Recipe,
    known_until: datetime | None = None,
    trigger: str = "",
) -> Run:
    """Start a run of a recipe in a process of its own."""
    named = inputs.named(act.actor, recipe.body)
    said = recipe.body["data"].get("known_until")
    if "service" in recipe.body["data"] and known_until is None:
        known_until = datetime.fromisoformat(said) if said else act.now
    return effects.start(
        act,
        recipe=recipe,
        snapshot=named.snapshot,
        roles=named.roles,
        held_out=named.held_out,
        known_until=known_until,
        trigger=trigger,
        started_by=act.actor.on_behalf_of or act.person,
    )


@verb("run.finish")
def finish(act: Act, *, run: Run, made: Made, fence: Fence) -> RunResult:
    """Record what a run made: evaluation as evidence, artefact, version with its lineage, all at once."""
    jobs.hold(act, fence)
    version = made.version or _register(act, run, made)
    result = act.save(
        RunResult(
            scope=run.scope,
            run=run,
            trace=made.trace,
            data_digest=made.data_digest,
            rows=made.rows,
            held_out_rows=made.held_out_rows,
            split=made.split,
            predictions=made.predictions,
            predictions_digest=made.trace["predictions"]["digest"],
            artefact=made.artefact,
            format=made.format,
            artefact_size=made.artefact_size,
            metrics=made.metrics,
            parameters=made.parameters,
            features=list(made.features),
            code=made.code,
            code_name=made.code_name,
            version=version,
            finished_at=act.now,
        )
    )
    _evidence(act, run, result, made, fence)
    if made.envelope is not None:
        inside = all(item["inside"] for item in made.lines)
        act.facts["envelope"] = f"{made.envelope.reference}: {'inside' if inside else 'outside'}"
        act.save(
            EnvelopeJudgement(
                scope=run.scope,
                envelope=made.envelope,
                version=version,
                inside=inside,
                lines=list(made.lines),
                judged_at=act.now,
            )
        )
    jobs.finish(act, fence, {"run": run.reference, "version": version.number})
    return result


def _evidence(act: Act, run: Run, result: RunResult, made: Made, fence: Fence) -> None:
    for number, content in enumerate(made.evidence):
        results = dict(content["results"])
        charts, sample = results.pop("charts"), results.pop("sample")
        row = evidence.record(
            act,
            scope=run.scope,
            kind=EvidenceKind.TRAINING,
            test_id=content["test"],
            title=str(results.get("title") or content["test"]),
            inputs=content["inputs"],
            parameters=content["parameters"],
            method=content["method"],
            seed=None,
            results=results,
            charts=charts,
            sample=sample,
            light=str(results.get("light") or "shown"),
            job=fence.job_id,
        )
        act.save(
            RunEvidence(
                scope=run.scope,
                result=result,
                evidence=row,
                number=number,
                attribute=content["parameters"]["attribute"],
            )
        )


def _register(act: Act, run: Run, made: Made) -> Version:
    """The version with full lineage; its builder is the person who started the run."""
    body = run.recipe.body if run.recipe else {}
    asked = body.get("register", {})
    train = body.get("train", body.get("package", {}))
    held_out = run.held_out or run.snapshot
    return versions.register(
        act,
        model=run.model,
        format=Format(made.format),
        artefact=made.artefact,
        artefact_name=made.artefact_name,
        artefact_size=made.artefact_size,
        registered_by=run.started_by,
        training_snapshot=run.snapshot,
        test_snapshot=held_out,
        signature=made.signature,  # type: ignore[arg-type]
        title=asked.get("title") or run.title,
        code_revision=f"recipe {run.recipe.reference}" if run.recipe else made.code_name,
        environment=made.trace.get("environment", {}).get("lock", ""),
        split=_split(run, made),
        parameters={str(name): value for name, value in (train.get("parameters") or made.parameters).items()},
        notes=asked.get("notes", ""),
        origin=VersionOrigin.TRAINING,
        run=run.pk,
        run_reference=run.reference,
        features=list(made.features),
    )


def _split(run: Run, made: Made) -> dict[str, Any]:
    if run.recipe is None:
        return {"how": "not known: imported"}
    split, facts = run.recipe.body["split"], made.trace["split"]
    words = {
        "random": "at random",
        "out_of_time": "over time",
        "by_entity": "by entity",
        "given": "held out before",
    }
    how = f"{words[split['kind']]}: {facts['train']:,} train, {facts['held_out']:,} held out"
    return {"how": how, "digest": facts["digest"], **{key: str(value) for key, value in split.items()}}


@verb("run.import")
def import_run(
    act: Act,
    *,
    model: Model,
    artefact: Upload,
    format: Format,  # noqa: A002 - the word of the domain
    snapshot: Snapshot,
    test_snapshot: Snapshot,
    title: str = "",
    metrics: dict[str, Any] | None = None,
    parameters: dict[str, Any] | None = None,
    code: Upload | None = None,
) -> Run:
    """Import a run that was made in a notebook: its artefact, parameters, metrics and code.

    It is marked as not reproduced until a recipe gives the same predictions bit for bit.
    """
    data = artefact.read()
    refuse_pickle(data)
    if not data or format == Format.EXTERNAL:
        raise BadInput(
            "run_import_wrong",
            "A run is imported with the artefact it made, in a format of this registry.",
            f"Formats are: {', '.join(item.value for item in Format if item != Format.EXTERNAL)}.",
        )
    return effects.import_run(
        act,
        model=model,
        artefact=vault.put(data),
        artefact_name=artefact.name,
        artefact_size=len(data),
        format=format,
        snapshot=snapshot,
        test_snapshot=test_snapshot,
        title=title,
        metrics=metrics,
        parameters=parameters,
        code=vault.put(code.read()) if code is not None else "",
        code_name=code.name[-200:] if code is not None else "",
    )


@verb("run.reproduce")
def reproduce(act: Act, *, run: Run, recipe: Recipe | None = None) -> Job:
    """Repeat a run in a fresh process and compare; an imported run by the recipe that is said to make the same."""
    chosen = run.recipe or recipe
    if run.made is None:
        raise RuleRefused(
            "run_not_over",
            f"Run {run.reference} has no result that could be compared.",
            "Wait until it has succeeded, or start it again.",
        )
    if chosen is None:
        raise RuleRefused(
            "run_not_repeatable",
            f"Run {run.reference} was imported: it is repeated by a recipe, and none was named.",
            "Declare a recipe that makes the same model, and name it.",
        )
    if chosen.model_id != run.model_id:
        raise BadInput(
            "run_not_repeatable", "The recipe belongs to another model.", "Name one of this model."
        )
    return jobs.enqueue(
        act,
        kind="training.reproduce",
        scope=run.scope,
        payload={"run": str(run.pk), "recipe": str(chosen.pk)},
        title=f"Repetition of {run.reference}",
    )


@verb("run.record_repetition")
def record_repetition(
    act: Act, *, run: Run, recipe: Recipe, found: Comparison, trace: dict[str, Any], fence: Fence
) -> Repetition:
    """Note how a repetition of a run ended; an identical one marks the run as reproduced."""
    jobs.hold(act, fence)
    act.facts["verdict"] = str(found.verdict)
    made = act.save(
        Repetition(
            scope=run.scope,
            run=run,
            recipe=recipe,
            verdict=found.verdict,
            step=found.step,
            detail=found.detail,
            trace=trace,
            job=fence.job_id,
            repeated_by=act.actor.on_behalf_of or act.person,
            repeated_at=act.now,
        )
    )
    jobs.finish(act, fence, {"run": run.reference, "verdict": str(found)})
    return made
