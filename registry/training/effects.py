"""What an open act of another room does with runs: declare a recipe, import a run that was made elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mrm.access.acts import Act
from mrm.access.models import Person
from mrm.jobs import effects as jobs
from mrm.kernel.errors import BadInput
from registry.data.models import Snapshot
from registry.inventory.models import Model
from registry.training.models import Recipe, Run
from registry.training.recipe import Recipe as Parsed
from registry.training.rules import RunKind


def declare(act: Act, *, model: Model, parsed: Parsed) -> Recipe:
    """The recipe's row; the same values of the same model are the same recipe."""
    known: Recipe | None = Recipe.objects.filter(model=model, digest=parsed.digest).first()
    return known or act.save(
        Recipe(
            scope=model.scope,
            model=model,
            name=parsed.name,
            text=parsed.text,
            body=parsed.body,
            digest=parsed.digest,
            declared_by=act.actor.on_behalf_of or act.person,
            declared_at=act.now,
        )
    )


def start(
    act: Act,
    *,
    recipe: Recipe,
    snapshot: Snapshot,
    roles: Any,
    held_out: Snapshot | None,
    known_until: Any = None,
    trigger: str = "",
    started_by: Person,
) -> Run:
    """A run of a recipe with the snapshots it means now, and its job."""
    run = Run(
        scope=recipe.scope,
        kind=RunKind.RECIPE,
        model=recipe.model,
        recipe=recipe,
        snapshot=snapshot,
        roles=roles,
        held_out=held_out,
        known_until=known_until,
        trigger=trigger,
        title=recipe.name,
        started_by=started_by,
        started_at=act.now,
    )
    job = jobs.enqueue(
        act,
        kind="training.run",
        scope=recipe.scope,
        payload={"run": str(run.pk)},
        title=f"Training run: {recipe.name}",
    )
    run.job = job.pk
    return act.save(run)


def import_run(
    act: Act,
    *,
    model: Model,
    artefact: str,
    artefact_name: str,
    artefact_size: int,
    format: str,  # noqa: A002 - the word of the domain
    snapshot: Snapshot,
    test_snapshot: Snapshot,
    title: str = "",
    metrics: Mapping[str, Any] | None = None,
    parameters: Mapping[str, Any] | None = None,
    code: str = "",
    code_name: str = "",
    version: Any = None,
) -> Run:
    """A run that was made elsewhere: marked “not reproduced” until a recipe gives the same predictions bit for bit.

    `artefact` and `code` are digests of the vault. Its job opens the artefact in a sandbox and predicts the rows of
    both snapshots; the version is then registered, unless `version` names the one that holds this artefact already.
    """
    for item in (snapshot, test_snapshot):
        item.usable()
    _, roles = snapshot.usable()
    if roles.roles.target is None:
        raise BadInput(
            "run_import_wrong",
            f"Snapshot {snapshot.reference} names no outcome, so nothing could be trained on it.",
            "Say in the snapshot which column is the outcome.",
        )
    run = Run(
        scope=model.scope,
        kind=RunKind.IMPORTED,
        model=model,
        snapshot=snapshot,
        roles=roles,
        held_out=test_snapshot,
        title=title or "imported run",
        started_by=act.actor.on_behalf_of or act.person,
        started_at=act.now,
    )
    payload = {
        "run": str(run.pk),
        "artefact": artefact,
        "artefact_name": artefact_name,
        "artefact_size": artefact_size,
        "format": str(format),
        "metrics": dict(metrics or {}),
        "parameters": dict(parameters or {}),
        "code": code,
        "code_name": code_name,
        "version": str(version.pk) if version is not None else "",
    }
    job = jobs.enqueue(
        act, kind="training.import", scope=model.scope, payload=payload, title=f"Import of a run: {run.title}"
    )
    run.job = job.pk
    return act.save(run)
