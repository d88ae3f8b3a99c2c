"""Acts on versions and use grants."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mrm import vault
from mrm.access.acts import Act, verb
from mrm.access.intake import Upload
from mrm.jobs import effects as jobs
from mrm.jobs.fence import Fence
from mrm.kernel.errors import BadInput, CountersignError
from registry.data.models import Snapshot
from registry.inventory.models import Model
from registry.inventory.rules import ENDED, State
from registry.versions import effects
from registry.versions.danger import refuse_pickle
from registry.versions.models import Inspection, StageRow, UseGrant, Version
from registry.versions.rules import GRANT_STATES, Format, GrantState, Stage
from registry.versions.signature import Signature


@dataclass(frozen=True)
class Seen:
    """What the inspection saw: signature, structure, which path is used, and the report."""

    signature: dict[str, Any]
    structure: str
    path: str
    report: dict[str, Any]


@verb("version.register")
def register_version(
    act: Act,
    *,
    model: Model,
    format: Format,  # noqa: A002 - the word of the domain
    artefact: Upload | None = None,
    training_snapshot: Snapshot | None = None,
    test_snapshot: Snapshot | None = None,
    scored_snapshot: Snapshot | None = None,
    title: str = "",
    signature: Signature | None = None,
    code_revision: str = "",
    environment: str = "",
    split: dict[str, Any] | None = None,
    parameters: dict[str, Any] | None = None,
    notes: str = "",
) -> Version:
    """Register a version of a model with its lineage.

    Its artefact is then inspected in a process of its own.
    `external` takes no artefact but a scored sample: a snapshot with roles `key`, `y` and `p` or `score`.
    """
    _check_model(model)
    _check_lineage(format, training_snapshot, test_snapshot, scored_snapshot)
    data = _artefact(format, artefact)
    if signature is not None:
        _check_signature(signature)
    latest = Version.objects.filter(model=model).order_by("-number").first()
    version = Version(
        scope=model.scope,
        model=model,
        number=latest.number + 1 if latest else 1,
        title=title,
        format=format,
        artefact=vault.put(data) if data else "",
        artefact_name=artefact.name[-200:] if artefact else "",
        artefact_size=len(data),
        declared_signature=signature,
        training_snapshot=training_snapshot,
        test_snapshot=test_snapshot,
        scored_snapshot=scored_snapshot,
        split=split or {},
        parameters=parameters or {},
        code_revision=code_revision,
        environment=environment,
        notes=notes,
        registered_by=act.person,
        registered_at=act.now,
    )
    job = jobs.enqueue(
        act,
        kind="versions.inspect",
        scope=model.scope,
        payload={"version": str(version.pk)},
        title=f"Inspection of version {version.number} of {model.reference}",
    )
    version.job = job.pk
    act.save(version)
    act.save(
        StageRow(
            scope=model.scope,
            version=version,
            number=1,
            stage=Stage.DEV,
            moved_by=act.person,
            moved_at=act.now,
        )
    )
    return version


def _check_model(model: Model) -> None:
    if model.state in {State.CANDIDATE, *ENDED}:
        raise BadInput(
            "wrong_state",
            f"{model.name} is {model.get_state_display()}; versions belong to registered models.",
            "Have the owner register the model first.",
        )


def _check_lineage(
    kind: Format, training: Snapshot | None, test: Snapshot | None, scored: Snapshot | None
) -> None:
    if kind == Format.EXTERNAL:
        if scored is None:
            raise BadInput(
                "scored_sample_missing",
                "An external version is judged on its scored sample, and none was named.",
                "Upload the sample with key, outcome and p or score, say so in its roles, and name it here.",
            )
        _, roles = scored.usable()
        held = set(roles.roles.columns.values())
        if not {"key", "y"} <= held or not held & {"p", "score"}:
            raise BadInput(
                "scored_sample_missing",
                f"Snapshot {scored.reference} lacks a column of the role key, y, or p or score.",
                "Say in the snapshot which columns are key, outcome and prediction.",
            )
    elif training is None or test is None:
        raise BadInput(
            "lineage_missing",
            "A version names the snapshots it was built and tested on.",
            "Upload them as snapshots first; both may be the same one with a split.",
        )
    for snapshot in (training, test):
        if snapshot is not None:
            snapshot.usable()


def _artefact(kind: Format, artefact: Upload | None) -> bytes:
    if kind == Format.EXTERNAL:
        if artefact is not None:
            raise BadInput(
                "artefact_not_wanted",
                "An external version has no artefact here.",
                "Choose the format of the file, or leave the file out.",
            )
        return b""
    if artefact is None:
        raise BadInput(
            "artefact_missing", f"The format {kind.value} needs its file.", "Choose the file of the model."
        )
    data = artefact.read()
    refuse_pickle(data)
    return data


def _check_signature(signature: Signature) -> None:
    names = [item["name"] for item in signature["inputs"]]
    kinds = {item["type"] for item in signature["inputs"]}
    if not names or len(set(names)) < len(names) or not kinds <= {"number", "code"}:
        raise BadInput(
            "signature_wrong",
            "The declared signature must list each input once, as a number or a code.",
            'For example {"inputs": [{"name": "age", "type": "number"}], "outputs": ["p"]}.',
        )


@verb("version.inspect")
def record_inspection(
    act: Act, *, version: Version, fence: Fence, seen: Seen | None, refused: CountersignError | None = None
) -> Inspection:
    """Inspect a version: admit it, or refuse it with the sentence why. Done once, by the job."""
    jobs.hold(act, fence)
    inspection = Inspection(
        scope=version.scope, version=version, admitted=seen is not None, inspected_at=act.now
    )
    if seen is not None:
        inspection.signature, inspection.structure = seen.signature, seen.structure
        inspection.path, inspection.report = seen.path, seen.report
    else:
        error = refused or BadInput("artefact_crashed", "The artefact could not be opened.")
        inspection.code, inspection.detail, inspection.remedy = error.code, error.detail, error.remedy
    act.facts["admitted"] = str(inspection.admitted).lower()
    jobs.finish(act, fence, {"admitted": inspection.admitted, "code": inspection.code})
    return act.save(inspection)


@verb("grant.restrict")
def restrict_grant(act: Act, *, grant: UseGrant, reason: str) -> UseGrant:
    """Restrict a use grant.

    It can then only be revoked, or renewed by a validation.
    """
    act.reason = _reason(reason)
    return effects.restrict(act, grant=grant, reason=reason)


@verb("grant.revoke")
def revoke_grant(act: Act, *, grant: UseGrant, reason: str) -> UseGrant:
    """Revoke a use grant.

    The version may not answer for this use any more.
    """
    act.reason = _reason(reason)
    GRANT_STATES.check(grant.state, GrantState.REVOKED, f"Use grant {grant.reference}")
    grant.state, grant.reason = GrantState.REVOKED, reason
    return act.save(grant)


def _reason(text: str) -> str:
    if not text.strip():
        raise BadInput("reason_needed", "A reason is needed.", "Say in a sentence why.")
    return text.strip()
