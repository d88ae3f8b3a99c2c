"""The inspection job: open the artefact in a sandboxed child, then admit or refuse the version in one act."""

from __future__ import annotations

import io
import json
from typing import Any

from mrm import vault
from mrm.jobs.context import JobContext
from mrm.jobs.handlers import Handler, handlers
from mrm.jobs.processes import Limits as JobLimits
from mrm.kernel.errors import BadInput, CountersignError
from registry.data.frames import frame
from registry.data.models import Snapshot
from registry.versions.models import Version
from registry.versions.sandbox import Limits, ask
from registry.versions.verbs import Seen, record_inspection

INSPECTION = Limits(seconds=60)


def run(ctx: JobContext) -> None:
    """Inspect, and say what was found."""
    version = Version.objects.with_facts().get(pk=ctx.payload["version"])
    ctx.progress(0, 1, "opening the artefact in a process of its own")
    try:
        seen = sample_seen(version) if version.external else inspected(version)
    except CountersignError as refused:
        record_inspection(ctx.actor, version=version, fence=ctx.fence, seen=None, refused=refused)
        return
    record_inspection(ctx.actor, version=version, fence=ctx.fence, seen=seen)


def inspected(version: Version) -> Seen:
    """What the child saw of the artefact: on the rows of the test snapshot, else on its input example, else opened only."""
    if not version.format:
        raise BadInput(
            "artefact_not_held",
            "The artefact of this version is held by another registry and was never seen here.",
            "Log the model through this door, or register it as external with a scored sample.",
        )
    snapshot = version.test_snapshot or version.training_snapshot
    files = files_of(version, snapshot) if snapshot else {"artefact": vault.get(version.artefact)}
    if snapshot is None and version.input_example:
        files["rows.parquet"] = example_rows(version)
    answer = ask("inspect", facts_of(version), files, INSPECTION).facts
    return Seen(answer["signature"], answer["structure"], answer["path"], answer["report"])


def example_rows(version: Version) -> bytes:
    """The input example as the child reads rows."""
    import pandas as pd

    sink = io.BytesIO()
    pd.DataFrame(json.loads(vault.get(version.input_example))).to_parquet(sink, index=False)
    return sink.getvalue()


def facts_of(version: Version) -> dict[str, Any]:
    """What the child is told beside the bytes."""
    snapshot = version.training_snapshot or version.test_snapshot
    types: dict[str, str] = {}
    event = ""
    if snapshot is not None:
        content, roles = snapshot.usable()
        types, event = content.types, roles.roles.event
    return {
        "format": version.format,
        "types": types,
        "declared": version.declared_signature,
        "event": event,
        "held": snapshot is not None,
    }


def files_of(version: Version, snapshot: Snapshot) -> dict[str, bytes]:
    """The artefact and the rows."""
    content, _ = snapshot.usable()
    return {"artefact": vault.get(version.artefact), "rows.parquet": vault.get(content.parquet)}


def sample_seen(version: Version) -> Seen:
    """An external version: its scored sample must say something."""
    if version.scored_snapshot is None:
        raise BadInput(
            "scored_sample_missing", "The version names no scored sample.", "Register it with one."
        )
    content, kept = version.scored_snapshot.usable()
    roles, rows = kept.roles, frame(content)
    outputs = [role for role in ("p", "score", "grade") if roles.having(role)]
    column = (roles.having("p") or roles.having("score"))[0]
    values = rows[column].astype("float64")
    if values.isna().any():
        raise BadInput(
            "output_not_finite",
            f"Column “{column}” of the scored sample is missing in {int(values.isna().sum()):,} rows.",
            "Leave rows without a score out of the sample, and say why in its description.",
        )
    if "p" in outputs and not values.between(0, 1).all():
        raise BadInput(
            "output_not_finite",
            f"Column “{column}” has the role p but holds values outside 0 and 1.",
            "Give it the role score, or correct it.",
        )
    if values.nunique() == 1:
        raise BadInput(
            "score_constant",
            f"Column “{column}” of the scored sample has the same value in every row: it ranks nobody.",
            "Upload the sample with the scores that were given.",
        )
    inputs = [{"name": name, "type": _kind(content.types[name])} for name in roles.having("feature")]
    report = {"rows": len(rows), "compared": 0, "distinct": int(values.nunique()), "recorded_only": True}
    return Seen({"inputs": inputs, "outputs": outputs}, "opaque", "recorded", report)


def _kind(logical: str) -> str:
    return "code" if logical in {"text", "bool"} else "number"


handlers.register("versions.inspect", Handler(run, JobLimits(seconds=300)))
