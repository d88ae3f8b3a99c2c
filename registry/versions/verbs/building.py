"""Registering, inspecting, stating lineage."""

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
from registry.versions import effects
from registry.versions.danger import refuse_pickle
from registry.versions.models import Inspection, Version
from registry.versions.rules import Format
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
    input_example: list[dict[str, Any]] | None = None,
) -> Version:
    """Register a version of a model with its lineage.

    Its artefact is then inspected in a process of its own.
    `external` takes no artefact but a scored sample: a snapshot with roles `key`, `y` and `p` or `score`.
    """
    _check_lineage(format, training_snapshot, test_snapshot, scored_snapshot)
    data = _artefact(format, artefact)
    return effects.register(
        act,
        model=model,
        format=format,
        artefact=vault.put(data) if data else "",
        artefact_name=artefact.name if artefact else "",
        artefact_size=len(data),
        registered_by=act.person,
        training_snapshot=training_snapshot,
        test_snapshot=test_snapshot,
        scored_snapshot=scored_snapshot,
        signature=signature,
        title=title,
        code_revision=code_revision,
        environment=environment,
        split=split,
        parameters=parameters,
        notes=notes,
        input_example=input_example,
    )


@verb("version.state_lineage")
def state_lineage(
    act: Act,
    *,
    version: Version,
    training_snapshot: Snapshot | None = None,
    test_snapshot: Snapshot | None = None,
    scored_snapshot: Snapshot | None = None,
    reason: str = "",
) -> Version:
    """Name snapshots that a version was built, tested or scored on, where none was named yet.

    What is named once stays: a version built on other data is another version.
    """
    act.reason = reason.strip()
    effects.state_lineage(
        act,
        version=version,
        training_snapshot=training_snapshot,
        test_snapshot=test_snapshot,
        scored_snapshot=scored_snapshot,
        reason=act.reason,
    )
    return version


def _check_lineage(
    kind: Format, training: Snapshot | None, test: Snapshot | None, scored: Snapshot | None
) -> None:
    if kind == Format.EXTERNAL and scored is None:
        raise BadInput(
            "scored_sample_missing",
            "An external version is judged on its scored sample, and none was named.",
            "Upload the sample with key, outcome and p or score, say so in its roles, and name it here.",
        )
    if kind != Format.EXTERNAL and (training is None or test is None):
        raise BadInput(
            "lineage_missing",
            "A version names the snapshots it was built and tested on.",
            "Upload them as snapshots first; both may be the same one with a split.",
        )
    effects.check_lineage(kind, training, test, scored)


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


@verb("version.inspect")
def record_inspection(
    act: Act, *, version: Version, fence: Fence, seen: Seen | None, refused: CountersignError | None = None
) -> Inspection:
    """Inspect a version: admit it, or refuse it with the sentence why. Done by the job, the latest counts."""
    jobs.hold(act, fence)
    inspection = Inspection(
        scope=version.scope,
        version=version,
        number=version.inspections.count() + 1,
        admitted=seen is not None,
        inspected_at=act.now,
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
