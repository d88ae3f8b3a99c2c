"""Acts of the robot importer: what another MLflow has registered comes in as candidates, through the same inspection."""

from __future__ import annotations

from typing import Any

from mrm.access.acts import Act, verb
from mrm.access.models import LegalEntity, Person
from registry.inventory import effects as inventory
from registry.inventory.models import Model
from registry.mlflow import registering
from registry.mlflow import source as sources
from registry.mlflow.models import ClientRun, Imported, Registration
from registry.versions.models import Version


@verb("model.import")
def import_model(
    act: Act,
    *,
    entity: LegalEntity,
    name: str,
    responsible: Person,
    origin: str,
    name_there: str,
    purpose: str = "",
    there: dict[str, Any],
) -> Model:
    """Take over a registered model of another MLflow as a candidate, marked with its origin."""
    model = inventory.propose(act, entity=entity, name=name, responsible=responsible, purpose=purpose)
    act.save(
        Imported(
            scope=model.scope, model=model, origin=origin, name=name_there, there=there, imported_at=act.now
        )
    )
    return model


@verb("version.import")
def import_version(
    act: Act,
    *,
    model: Model,
    said: Imported,
    source: str,
    place: str = "",
    run: ClientRun | None = None,
    run_key: str = "",
    notes: str = "",
) -> Version:
    """Take over a version of another MLflow, marked with its origin.

    It gets the next number here. Its files were read before under `place`; where they were refused or out of reach the
    version names its source alone and is never admitted.
    """
    version = registering.keep(
        act,
        model=model,
        bundle=sources.bundle(act.actor, place) if place else None,
        run=run,
        notes=notes,
        said=Registration(source=source, run_key=run_key[:64]),
    )
    said.scope, said.model, said.version, said.imported_at = model.scope, model, version, act.now
    act.save(said)
    return version
