"""What an open act of another room does with versions: register them, state lineage, grant uses, restrict them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from mrm import vault
from mrm.access.acts import Act
from mrm.access.models import Person, Scope
from mrm.jobs import effects as jobs
from mrm.jobs.models import Job
from mrm.kernel.canonical import canonical, tidy
from mrm.kernel.errors import BadInput, RuleRefused
from registry.data.models import Snapshot
from registry.inventory.models import Model, Use
from registry.inventory.rules import ENDED
from registry.versions.models import Lineage, StageRow, UseGrant, Version
from registry.versions.rules import (
    EXAMPLE_ROWS,
    GRANT_STATES,
    Format,
    GrantState,
    Stage,
    VersionOrigin,
    check_signature,
)
from registry.versions.signature import Signature


@dataclass(frozen=True)
class Terms:
    """One use with the end of its grant and the conditions set on it (`{"reference": "C-…", "text": …}` each)."""

    use: Use
    expires: date
    conditions: Sequence[dict[str, Any]] = ()


def grant_uses(
    act: Act, *, version: Version, terms: Sequence[Terms], validation: UUID, validation_reference: str
) -> list[UseGrant]:
    """Give the version the right to serve these uses; a grant it had before is renewed."""
    version.admitted()
    granted = []
    for item in terms:
        grant = UseGrant.objects.filter(version=version, use=item.use).first() or UseGrant(
            scope=version.scope, version=version, use=item.use
        )
        grant.state = GrantState.ACTIVE
        grant.expires, grant.conditions = item.expires, [dict(condition) for condition in item.conditions]
        grant.validation, grant.validation_reference = validation, validation_reference
        grant.granted_at, grant.reason = act.now, ""
        granted.append(act.save(grant))
    return granted


def restrict(act: Act, *, grant: UseGrant, reason: str) -> UseGrant:
    """Restrict a grant at once: it was shown that the version should not have been approved."""
    GRANT_STATES.check(grant.state, GrantState.RESTRICTED, f"Use grant {grant.reference}")
    grant.state, grant.reason = GrantState.RESTRICTED, reason
    return act.save(grant)


def restrict_all(act: Act, *, version: Version, reason: str) -> list[UseGrant]:
    """Restrict every active grant of a version."""
    grants = UseGrant.objects.filter(version=version, state=GrantState.ACTIVE)
    return [restrict(act, grant=grant, reason=reason) for grant in grants]


def register(
    act: Act,
    *,
    model: Model,
    format: Format | None,  # noqa: A002 - the word of the domain
    artefact: str,
    artefact_name: str,
    artefact_size: int,
    registered_by: Person,
    training_snapshot: Snapshot | None = None,
    test_snapshot: Snapshot | None = None,
    scored_snapshot: Snapshot | None = None,
    signature: Signature | None = None,
    title: str = "",
    code_revision: str = "",
    environment: str = "",
    split: Mapping[str, Any] | None = None,
    parameters: Mapping[str, Any] | None = None,
    notes: str = "",
    origin: str = VersionOrigin.UPLOAD,
    run: UUID | None = None,
    run_reference: str = "",
    features: Sequence[str] = (),
    input_example: Sequence[Mapping[str, Any]] | None = None,
) -> Version:
    """A new version under the next number, at stage dev, and its inspection as a job.

    Lineage may be missing: the gate then says so until it is stated. No `format` means that the artefact is held
    elsewhere and was never seen here; such a version is not admitted.
    """
    _check_open(model)
    check_lineage(format, training_snapshot, test_snapshot, scored_snapshot)
    if signature is not None:
        check_signature(signature)
    # The number is given under the lock of the model's scope, whatever scope the open act is on.
    Scope.objects.select_for_update().get(pk=model.scope_id)
    latest = Version.objects.filter(model=model).order_by("-number").values_list("number", flat=True).first()
    version = Version(
        scope=model.scope,
        model=model,
        number=(latest or 0) + 1,
        title=title,
        format=format or "",
        artefact=artefact,
        artefact_name=artefact_name[-200:],
        artefact_size=artefact_size,
        declared_signature=signature,
        built_on=training_snapshot,
        tried_on=test_snapshot,
        scored_on=scored_snapshot,
        split=dict(split or {}),
        parameters=dict(parameters or {}),
        code_revision=code_revision,
        environment=environment,
        notes=notes,
        origin=origin,
        run=run,
        run_reference=run_reference,
        features=list(features),
        input_example=_kept(input_example),
        registered_by=registered_by,
        registered_at=act.now,
    )
    version.job = _inspect(act, version).pk
    act.save(version)
    act.save(
        StageRow(
            scope=model.scope,
            version=version,
            number=1,
            stage=Stage.DEV,
            moved_by=registered_by,
            moved_at=act.now,
        )
    )
    return version


def state_lineage(
    act: Act,
    *,
    version: Version,
    training_snapshot: Snapshot | None = None,
    test_snapshot: Snapshot | None = None,
    scored_snapshot: Snapshot | None = None,
    reason: str = "",
) -> Lineage:
    """Name snapshots where none was named; the version is then inspected again, on their rows."""
    named = {
        "training_snapshot": training_snapshot,
        "test_snapshot": test_snapshot,
        "scored_snapshot": scored_snapshot,
    }
    if not any(named.values()):
        raise BadInput("lineage_missing", "No snapshot was named.", "Name at least one.")
    if taken := [name for name, row in named.items() if row is not None and getattr(version, name)]:
        raise RuleRefused(
            "lineage_named",
            f"Version {version.number} names its {taken[0].replace('_', ' ')} already.",
            "A version built or tried on other data is another version: register it.",
        )
    check_lineage(version.format, training_snapshot, test_snapshot, scored_snapshot)
    stated = Lineage(
        scope=version.scope,
        version=version,
        number=version.lineages.count() + 1,
        built_on=training_snapshot,
        tried_on=test_snapshot,
        scored_on=scored_snapshot,
        reason=reason,
        stated_by=act.person,
        stated_at=act.now,
    )
    if version.format:
        stated.job = _inspect(act, version).pk
    return act.save(stated)


def check_lineage(
    kind: str | None, training: Snapshot | None, test: Snapshot | None, scored: Snapshot | None
) -> None:
    """Every snapshot that is named can be used; a scored sample says which columns are key, outcome, prediction."""
    for snapshot in (training, test):
        if snapshot is not None:
            snapshot.usable()
    if scored is None:
        return
    _, roles = scored.usable()
    held = set(roles.roles.columns.values())
    if kind == Format.EXTERNAL and (not {"key", "y"} <= held or not held & {"p", "score"}):
        raise BadInput(
            "scored_sample_missing",
            f"Snapshot {scored.reference} lacks a column of the role key, y, or p or score.",
            "Say in the snapshot which columns are key, outcome and prediction.",
        )


def _inspect(act: Act, version: Version) -> Job:
    return jobs.enqueue(
        act,
        kind="versions.inspect",
        scope=version.scope,
        payload={"version": str(version.pk)},
        title=f"Inspection of version {version.number} of {version.model.reference}",
    )


def _check_open(model: Model) -> None:
    if model.state in ENDED:
        raise BadInput(
            "wrong_state",
            f"{model.name} is {model.get_state_display()}; it takes no new versions.",
            "Register the version under a model that is still in the inventory.",
        )


def _kept(example: Sequence[Mapping[str, Any]] | None) -> str:
    if not example:
        return ""
    if len(example) > EXAMPLE_ROWS:
        raise BadInput(
            "example_too_long",
            f"The input example has {len(example):,} rows; {EXAMPLE_ROWS} are enough.",
            "Send a few rows that show what the model takes.",
        )
    return vault.put(canonical(tidy([dict(row) for row in example])))
