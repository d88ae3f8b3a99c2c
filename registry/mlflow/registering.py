"""Acts of the registry's side of the door: a version from a client's files, and how names are taken."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from mrm.access.acts import Act, verb
from mrm.kernel.errors import BadInput, RuleRefused
from mrm.ledger.clock import now
from registry.inventory.models import Model
from registry.mlflow import source as sources
from registry.mlflow.models import ClientRun, NameRefusal, Registration, VersionFile
from registry.versions import effects
from registry.versions.models import Version
from registry.versions.rules import VersionOrigin

WINDOW, TRIES = timedelta(minutes=10), 20


@verb("version.receive")
def receive_version(
    act: Act,
    *,
    model: Model,
    source: str,
    run_id: str = "",
    run_link: str = "",
    model_id: str = "",
    notes: str = "",
) -> Version:
    """Register a version from what an MLflow client logged.

    Its files are kept under names of its own, so that nothing in the run's folder can change what was registered. A
    source that another tracker keeps stays as it is; the version is then not admitted.
    """
    place = sources.place_of(act.actor, sources.checked_source(source))
    bundle = sources.bundle(act.actor, place) if place else None
    run = sources.known_run(act.actor, run_id, model_id)
    return keep(
        act,
        model=model,
        bundle=bundle,
        run=run,
        notes=notes,
        said=Registration(
            source=source, run_key=run_id or (run.key if run else ""), run_link=run_link, model_key=model_id
        ),
    )


def keep(
    act: Act,
    *,
    model: Model,
    bundle: sources.Bundle | None,
    run: ClientRun | None,
    notes: str,
    said: Registration,
) -> Version:
    """A version of a bundle's files, or of none: with the client's words, and with names of its own for the files."""
    version = effects.register(
        act,
        model=model,
        format=bundle.format if bundle else None,
        artefact=bundle.artefact.digest if bundle else "",
        artefact_name=bundle.artefact.path.rpartition("/")[2] if bundle else "",
        artefact_size=bundle.artefact.size if bundle else 0,
        registered_by=act.person,
        signature=bundle.signature if bundle else None,
        input_example=bundle.example if bundle else None,
        environment=bundle.environment if bundle else "",
        notes=notes,
        origin=VersionOrigin.MLFLOW,
        run=run.pk if run else None,
        run_reference=(run.key if run else said.run_key)[:40],
    )
    said.scope, said.version, said.run = version.scope, version, run
    act.save(said)
    for path, row in (bundle.files if bundle else {}).items():
        act.save(
            VersionFile(scope=version.scope, version=version, path=path, digest=row.digest, size=row.size)
        )
    return version


def name_not_free(person: UUID, name: str) -> BadInput:
    """The one answer to a reserved name and to one that is taken out of the caller's sight; asking is counted."""
    NameRefusal.objects.create(person_id=person, at=now())
    return BadInput(
        "model_name_unusable",
        f"The name '{name[:60]}' cannot be used here.",
        "Choose another name for the model.",
    )


def throttle(person: UUID) -> None:
    """Who has asked for too many names that cannot be used waits."""
    asked = NameRefusal.objects.filter(person_id=person, at__gt=now() - WINDOW).count()
    if asked >= TRIES:
        raise RuleRefused(
            "throttled",
            f"You asked for {asked} names that cannot be used within {WINDOW.seconds // 60} minutes.",
            "Wait some minutes, then use a name of your own.",
        )
