"""Reads of experiments, runs and logged models, always by what the caller may see."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db.models import Max, Q, QuerySet

from mrm.access.actors import Actor
from mrm.access.acts import can
from mrm.access.models import LegalEntity, Scope
from mrm.access.rows import as_uuid, granted_scopes
from mrm.access.rules import ScopeKind
from mrm.kernel.errors import BadInput, Denied, NotFound, RuleRefused
from registry.inventory.models import Model
from registry.inventory.rules import name_key
from registry.mlflow.models import ClientRun, Experiment, LoggedModel, Registration
from registry.mlflow.rules import DEFAULT_EXPERIMENT, Lifecycle
from registry.versions.models import StageRow, Version
from registry.versions.rules import Stage

REFERENCE = re.compile(r"M-[0-9A-Z]{5}")


def absent(what: str) -> NotFound:
    """The same words for what is not there and what is not for the caller."""
    return NotFound("not_found", f"{what} does not exist, or you may not see it.", "Check its name or id.")


def experiments(actor: Actor) -> QuerySet[Experiment]:
    """The experiments a caller may see."""
    rows: QuerySet[Experiment] = Experiment.objects.visible_to(actor)
    return rows


def experiment(actor: Actor, key: str) -> Experiment:
    """One by the client's id; 0 is the default one, as MLflow has it."""
    if key == "0":
        return experiment_named(actor, DEFAULT_EXPERIMENT)
    found = experiments(actor).select_related("scope").filter(reference=key).first()
    if found is None:
        raise absent(f"Experiment '{key[:60]}'")
    return found


def experiment_named(actor: Actor, name: str) -> Experiment:
    """One by name, active ones first."""
    rows = experiments(actor).select_related("scope").filter(name=name)
    found = rows.order_by("lifecycle", "id").first()
    if found is None:
        raise absent(f"Experiment '{name[:60]}'")
    return found


def run(actor: Actor, key: str) -> ClientRun:
    """One by the client's id."""
    ident = as_uuid(key)
    rows = ClientRun.objects.visible_to(actor).select_related("experiment", "scope", "created_by")
    found: ClientRun | None = rows.filter(pk=ident).first() if ident else None
    if found is None:
        raise absent(f"Run '{key[:60]}'")
    return found


def logged_model(actor: Actor, key: str) -> LoggedModel:
    """One by the client's id, `m-…`."""
    found = known_model(actor, key)
    if found is None or found.lifecycle != Lifecycle.ACTIVE:
        raise absent(f"Logged model '{key[:60]}'")
    return found


def known_model(actor: Actor, key: str) -> LoggedModel | None:
    """The logged model of that id, if it is one of ours that the caller may see."""
    ident = as_uuid(key.removeprefix("m-")) if key.startswith("m-") else None
    rows = LoggedModel.objects.visible_to(actor).select_related("experiment__scope", "run", "created_by")
    found: LoggedModel | None = rows.filter(pk=ident).first() if ident else None
    return found


def versions_from(*, runs: QuerySet[ClientRun]) -> bool:
    """Whether a version was registered from any of these runs."""
    return Registration.objects.filter(run__in=runs.values("pk")).exists()


def writable(actor: Actor, row: ClientRun) -> ClientRun:
    """The run, if the caller may log to it."""
    reason = can(actor, "client_run.finish", run=row)
    if reason:
        raise Denied("denied", reason, "Ask for a grant on it.")
    if row.lifecycle != Lifecycle.ACTIVE:
        raise RuleRefused(
            "run_not_active", f"The run {row.key} must be in the 'active' state.", "Restore it first."
        )
    return row


def open_to(actor: Actor, row: Experiment) -> Experiment:
    """The experiment, if the caller may log to it."""
    reason = can(actor, "client_run.start", experiment=row)
    if reason:
        raise Denied("denied", reason, "Ask for a grant on it.")
    if row.lifecycle != Lifecycle.ACTIVE:
        raise RuleRefused(
            "run_not_active",
            f"The experiment {row.reference} must be in the 'active' state.",
            "Restore it first.",
        )
    return row


def acting_scopes(actor: Actor, kind: ScopeKind) -> list[Scope]:
    """The scopes of a kind in which the caller may act."""
    condition = granted_scopes(actor, acting=True)
    rows: Any = Scope.objects.filter(kind=kind).order_by("id")
    return list(rows if condition is None else rows.filter(condition))


def home(actor: Actor, tags: dict[str, str]) -> Scope:
    """Where a new experiment belongs: as a tag says, else the one legal entity (or the one model) one may act in."""
    if wanted := tags.get("mrm.model"):
        return _granted(actor, Scope.objects.filter(pk__in=_models(wanted)), f"Model '{wanted[:40]}'")
    if wanted := tags.get("mrm.entity"):
        holders = LegalEntity.objects.filter(code=wanted).values("scope_id")
        return _granted(actor, Scope.objects.filter(pk__in=holders), f"Legal entity '{wanted[:40]}'")
    for kind in (ScopeKind.ENTITY, ScopeKind.MODEL):
        found = acting_scopes(actor, kind)
        if len(found) == 1:
            return found[0]
        if found:
            break
    raise unclear()


def _models(reference: str) -> Any:
    return Model.objects.filter(reference=reference).values("scope_id")


def _granted(actor: Actor, rows: Any, what: str) -> Scope:
    condition = granted_scopes(actor)
    found: Scope | None = (rows if condition is None else rows.filter(condition)).first()
    if found is None:
        raise absent(what)
    return found


def unclear() -> BadInput:
    """There is no one place."""
    return BadInput(
        "experiment_home_unclear",
        "It is not clear to which legal entity this belongs: you may act in several, or in none.",
        "Say it with the tag mrm.entity (the code of a legal entity) or mrm.model (M-…), or ask for a grant.",
    )


def hexes(keys: list[str]) -> list[UUID]:
    """The run ids among the texts."""
    return [ident for ident in map(as_uuid, keys) if ident]


def registered_model(actor: Actor, name: str) -> Model:
    """A model by its name, or by its reference where several legal entities have one of that name."""
    rows = Model.objects.visible_to(actor).select_related(
        "entity", "scope", "owner", "developer", "responsible"
    )
    if REFERENCE.fullmatch(name):
        found = rows.filter(reference=name).first()
    else:
        several = list(rows.filter(name_key=name_key(name)).order_by("id")[:2])
        if len(several) > 1:
            raise BadInput(
                "experiment_home_unclear",
                f"Several legal entities have a model called '{name[:60]}'.",
                f"Name it by its reference: {' or '.join(row.reference for row in several)}.",
            )
        found = several[0] if several else None
    if found is None:
        raise NotFound(
            "not_found", f"Registered Model with name={name[:100]} not found", "or you may not see it."
        )
    return found


def version(actor: Actor, name: str, number: int) -> Version:
    """One version of a visible model."""
    model = registered_model(actor, name)
    found = shown_versions().filter(model=model, number=number).first()
    if found is None:
        raise NotFound(
            "not_found",
            f"Model Version (name={name[:100]}, version={number}) not found",
            "or you may not see it.",
        )
    return found


def shown_versions() -> QuerySet[Version]:
    """Versions with everything that the protocol says of one."""
    known: Any = Version.objects  # reverse relations, which the type checker does not know
    rows: QuerySet[Version] = known.select_related(
        "model", "scope", "registered_by", "mlflow__run"
    ).prefetch_related("inspections", "stages", "aliases", "tags")
    return rows


def latest_versions(models: Sequence[Model]) -> list[Version]:
    """The newest version of each stage, of each of the models."""
    moved = StageRow.objects.filter(version__model__in=models).exclude(stage=Stage.DEV)
    numbers = (
        Version.objects.filter(model__in=models)
        .exclude(pk__in=moved.values("version"))
        .values("model")
        .annotate(newest=Max("number"))
    )
    wanted = Q(pk__in=moved.values("version"))
    for row in numbers.order_by():
        wanted |= Q(model=row["model"], number=row["newest"])
    newest: dict[tuple[Any, str], Version] = {}
    for found in shown_versions().filter(wanted).order_by("number"):
        newest[found.model_id, found.stage] = found
    return list(newest.values())
