"""The profiling job: read the whole file, digest and profile it, try its quality, say whether it may be used."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mrm import vault
from mrm.evidence import content as contents
from mrm.evidence.reproduce import Diverged, kinds
from mrm.jobs.context import JobContext
from mrm.jobs.handlers import Handler, handlers
from mrm.jobs.processes import Limits
from mrm.kernel.errors import BadInput, Unavailable
from mrm.policy import queries as policies
from registry.data import queries, standards
from registry.data.canonical_digest import data_digest
from registry.data.frames import table as kept_rows
from registry.data.logical import as_frame
from registry.data.models import Snapshot, SnapshotContent
from registry.data.profile import profile, schema
from registry.data.taking import take
from registry.data.verbs import Computed, Found, finish_snapshot

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

QUALITY = ("dq.missing", "dq.duplicates", "dq.row_order", "dq.known_time")
BLOCKING = frozenset({"dq.row_order"})
AWAY = frozenset({"offline_unreachable", "object_unreachable"})
RULE_REMEDY = (
    "Mend the data at its source and bring it again, or change the dataset's quality rules with a reason."
)
DRIFT_REMEDY = "Bring the column again, or say when you bring the snapshot that it is gone on purpose."
REMEDY = "Take the file from its source again and upload that; this snapshot stays blocked."


def run(ctx: JobContext) -> None:
    """Read, profile, judge; one act at the end."""
    snapshot = Snapshot.objects.select_related("dataset", "origin").get(pk=ctx.payload["snapshot"])
    try:
        found = examine(snapshot, ctx)
    except BadInput as refused:
        finish_snapshot(ctx.actor, snapshot=snapshot, fence=ctx.fence, found=None, refused=refused)
        return
    except Unavailable as refused:
        if refused.code not in AWAY:
            raise
        finish_snapshot(ctx.actor, snapshot=snapshot, fence=ctx.fence, found=None, refused=refused)
        return
    finish_snapshot(ctx.actor, snapshot=snapshot, fence=ctx.fence, found=found)


def examine(snapshot: Snapshot, ctx: JobContext) -> Found:
    """Everything that is computed of a file, outside any transaction."""
    ctx.progress(0, 4, "reading")
    table, source = take(snapshot)
    ctx.progress(1, 4, "digest")
    digest = data_digest(table)
    kept = vault.put(parquet(table))
    ctx.progress(2, 4, "profile")
    columns, facts = schema(table), profile(table)
    ctx.progress(3, 4, "quality")
    limits, frame = limits_for(snapshot, QUALITY), as_frame(table)
    quality = [tried(test_id, frame, columns, digest, limits[test_id]) for test_id in QUALITY]
    judged = judge_against(snapshot, table)
    stop = why_stopped(snapshot, quality, judged)
    ctx.progress(4, 4, "done")
    return Found(
        data_digest=digest,
        parquet=kept,
        rows=table.num_rows,
        columns=columns,
        reading=snapshot.declared
        or {"rule": "parquet types 1" if snapshot.file_format == "parquet" else "query types 1"},
        profile=facts,
        quality=quality,
        source=source,
        **judged,
        **stop,
    )


def judge_against(snapshot: Snapshot, table: pa.Table) -> dict[str, Any]:
    """The dataset's quality rules, and how the columns differ from those of the released snapshot before."""
    before = queries.before(snapshot)
    row = snapshot.dataset.rules_row
    now = {item["name"]: item["type"] for item in schema(table)}
    differs = standards.drift(before.reference, before.content.types, now) if before else {}
    named = standards.named_columns(row.rules) if row else set()
    if before is not None and before.roles_row is not None:
        named |= set(before.roles_row.roles.columns)
    if differs:
        differs["needed"] = [
            name for name in differs["gone"] if name in named and name not in left_out(snapshot)
        ]
    verdicts = standards.judge(
        row.rules if row else [],
        table,
        today=policies.today(snapshot.scope, snapshot.uploaded_at),
        period=(snapshot.period_from, snapshot.period_to),
        gone=left_out(snapshot),
    )
    return {"rules": row, "verdicts": verdicts, "drift": differs}


def left_out(snapshot: Snapshot) -> list[str]:
    """Columns that whoever brought the snapshot said are gone on purpose."""
    return list(snapshot.asked.request.get("gone", [])) if snapshot.asked else []


def why_stopped(snapshot: Snapshot, quality: Sequence[Computed], judged: Mapping[str, Any]) -> dict[str, Any]:
    """Why it is not released: red tests that block, rules that block, columns that are needed and gone."""
    tests = [why_blocked(item) for item in quality if item.test_id in BLOCKING and item.light == "red"]
    rules = [
        verdict["said"]
        for verdict in judged["verdicts"]
        if verdict["met"] is False and verdict["rule"]["severity"] == "block"
    ]
    if needed := judged["drift"].get("needed"):
        what = f"Column {', '.join(needed)} of {snapshot.dataset.name} is gone, and roles or quality rules name it."
        if not (tests or rules):
            return {"code": "schema_drift", "blocked": what, "remedy": DRIFT_REMEDY}
        rules.append(what)
    if not (tests or rules):
        return {}
    return {
        "code": "quality_blocked",
        "blocked": " ".join([*tests, *rules]),
        "remedy": REMEDY if tests else RULE_REMEDY,
    }


def parquet(table: pa.Table) -> bytes:
    """The bytes that are kept: the same table gives the same bytes under one version of the library."""
    import pyarrow.parquet as pq

    sink = io.BytesIO()
    pq.write_table(table, sink, compression="zstd", store_schema=True)
    return sink.getvalue()


def why_blocked(item: Computed) -> str:
    """The sentence for a blocking test that is red, with its id."""
    said = item.results.get("facts", {}).get("said") or f"{item.title} is red."
    return f"{said} ({item.test_id})"


def limits_for(snapshot: Snapshot, test_ids: Sequence[str]) -> dict[str, dict[str, float]]:
    """The limits of each test, by the policy in force for the dataset's legal entity today."""
    on = policies.today(snapshot.scope, snapshot.uploaded_at)
    tests = policies.in_force("thresholds", scope=snapshot.scope, on=on).body["tests"]
    return {test_id: tests.get(test_id, {}).get("limits", {}) for test_id in test_ids}


def likely_role(column: pd.Series[Any], kind: str) -> str:
    """What a column is taken for before anybody has said it: dates, keys (whole numbers or text, all different)."""
    if kind in {"date", "timestamp"}:
        return "date"
    return "key" if kind in {"int64", "text"} and len(column) > 1 and column.is_unique else "feature"


def tried(
    test_id: str, frame: pd.DataFrame, columns: list[dict[str, str]], digest: str, limits: Mapping[str, float]
) -> Computed:
    """One quality test of the battery on a frame whose columns have no roles yet."""
    from validation import battery  # pandas and scipy come with it: only in the child of a job

    roles = {item["name"]: likely_role(frame[item["name"]], item["type"]) for item in columns}
    known = battery.spec(test_id).default_thresholds
    result = battery.run(
        test_id, frame, roles=roles, thresholds={name: limits[name] for name in known if name in limits}
    )
    plain = result.to_json()
    charts, sample = plain.pop("charts"), plain.pop("sample")
    return Computed(
        test_id=test_id,
        title=result.title,
        light=result.light,
        inputs={"data": digest},
        parameters={"roles": roles, **result.parameters},
        method={"test": test_id, "version": result.version, "text": result.method},
        results=plain,
        charts=charts,
        sample=sample,
    )


def recompute(before: Mapping[str, Any]) -> Mapping[str, Any]:
    """A quality test again, from the rows in the vault."""
    digest = before["inputs"]["data"]
    kept = SnapshotContent.objects.filter(data_digest=digest).first()
    if kept is None:
        raise Diverged("inputs", f"no snapshot with data digest {digest} is kept")
    rows = kept_rows(kept)
    if data_digest(rows) != digest:
        raise Diverged("data", f"the kept rows no longer give the data digest {digest}")
    limits = before["results"]["thresholds"]
    again = tried(before["test"], as_frame(rows), schema(rows), digest, limits)
    return contents.compose(
        kind="profile",
        test_id=again.test_id,
        inputs=again.inputs,
        parameters=again.parameters,
        method=again.method,
        seed=None,
        results=again.results,
        charts=again.charts,
        sample=again.sample,
    )


handlers.register("data.profile", Handler(run, Limits(seconds=600)))
kinds.register("profile", recompute)
