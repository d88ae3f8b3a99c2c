"""A snapshot scored with a version, for the validation run and for reproducing it."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mrm import vault
from mrm.kernel.errors import BadInput
from registry.data.frames import View, view
from registry.data.models import ColumnRoles, Snapshot
from registry.versions.formats import load
from registry.versions.jobs import files_of
from registry.versions.models import Inspection, Version
from registry.versions.sandbox import Limits, ask
from registry.versions.signature import Facts

if TYPE_CHECKING:
    import pandas as pd

    from registry.versions.formats.base import Loaded

SCORING = Limits(seconds=600)
OUTPUTS = ("p", "score", "grade")


@dataclass(frozen=True)
class Scored:
    """A snapshot with a version's answers: the battery's frame, what each column is, and what went in by digest.

    `groups` maps each protected attribute to its column in the frame and its reference group.
    """

    frame: pd.DataFrame
    roles: dict[str, str]
    event: str
    groups: dict[str, tuple[str, str]]
    inputs: dict[str, str]
    features: list[str]


def score(version: Version, snapshot: Snapshot | None = None, roles: ColumnRoles | None = None) -> Scored:
    """Score `snapshot` (default: the version's test data); features, outcome, groups and roles stay beside p.

    `roles` are those in force unless a recorded computation is done again with the roles it had.
    """
    inspection = version.admitted()
    snapshot = snapshot or version.test_data
    if snapshot is None:
        raise BadInput("lineage_missing", "The version names no snapshot.", "Register it with its snapshots.")
    content, in_force = snapshot.usable()
    kept = roles or in_force
    seen = view(content, kept.roles)
    inputs = {"data": content.data_digest, "roles": kept.digest}
    if version.external:
        return Scored(
            seen.frame, dict(seen.roles), seen.event, seen.groups, inputs, kept.roles.having("feature")
        )
    answer = ask(
        "score", known(version, inspection), files_of(version, snapshot), SCORING, outputs=("scored.parquet",)
    )
    frame, named = joined(seen, answer.files["scored.parquet"], inspection.features)
    return Scored(
        frame, named, seen.event, seen.groups, {**inputs, "artefact": version.artefact}, inspection.features
    )


def known(version: Version, inspection: Inspection) -> dict[str, Any]:
    """What the inspection settled: from then on neither corrected roles nor a later declaration change a score."""
    return {
        "format": version.format,
        "types": {},
        "declared": inspection.signature,
        "event": inspection.report["event"],
        "path": inspection.path,
    }


def joined(seen: View, scored: bytes, features: list[str]) -> tuple[pd.DataFrame, dict[str, str]]:
    """The snapshot's frame with the version's own answers in the place of any it brought; its inputs are features."""
    import pandas as pd

    answers = pd.read_parquet(io.BytesIO(scored))
    frame = seen.frame.drop(columns=[name for name in answers.columns if name in seen.frame.columns])
    roles = {
        name: role
        for name, role in seen.roles.items()
        if name in frame.columns and role not in OUTPUTS and (role != "feature" or name in features)
    }
    roles |= {name: "feature" for name in features if name not in roles}
    for name in answers.columns:
        frame[name] = answers[name].to_numpy()
        roles[str(name)] = str(name)
    return frame, roles


def model(version: Version) -> Loaded:
    """The version as the explanation tests need it, in this process: call it in the child of a job only.

    The artefact was opened, limited and sandboxed, before it was admitted; its bytes are checked against the digest.
    """
    inspection = version.admitted()
    facts = known(version, inspection)
    loaded = load(
        version.format,
        vault.get(version.artefact),
        Facts(declared=facts["declared"], event=facts["event"]),
    )
    loaded.path = "fast" if inspection.path == "fast" else "one_row"
    return loaded
