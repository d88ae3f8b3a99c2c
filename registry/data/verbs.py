"""Acts on datasets and snapshots."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from mrm import vault
from mrm.access.acts import Act, verb
from mrm.access.intake import Upload
from mrm.access.models import LegalEntity
from mrm.access.rules import GrantLevel, ScopeKind
from mrm.evidence import effects as evidence
from mrm.jobs import effects as jobs
from mrm.jobs.fence import Fence
from mrm.kernel.canonical import digest
from mrm.kernel.errors import BadInput, CountersignError
from registry.data import reading
from registry.data.effects import begin
from registry.data.models import (
    CodeTable,
    ColumnRoles,
    Dataset,
    QualityRules,
    Snapshot,
    SnapshotContent,
    SnapshotJudgement,
    SnapshotStanding,
)
from registry.data.rules import (
    TRANSITIONS,
    Attribute,
    OriginKind,
    SnapshotStatus,
    checked_roles,
    code_rows,
)
from registry.data.standards import QualityRule, Verdict, checked_rules

MARKS = {"auto": "", "comma": ",", "semicolon": ";", "tab": "\t", "space": " "}
Delimiter = Literal["auto", "comma", "semicolon", "tab", "space"]
Header = Literal["auto", "yes", "no"]


@dataclass(frozen=True)
class Computed:
    """One quality test as the profiling job found it, ready to be recorded as evidence."""

    test_id: str
    title: str
    light: str
    inputs: dict[str, str]
    parameters: dict[str, Any]
    method: dict[str, Any]
    results: dict[str, Any]
    charts: list[Any]
    sample: dict[str, Any]


@dataclass(frozen=True)
class Found:
    """What the profiling job read: content, profile, quality, and why the snapshot is blocked, if it is."""

    data_digest: str
    parquet: str
    rows: int
    columns: list[dict[str, str]]
    reading: dict[str, Any]
    profile: dict[str, Any]
    quality: list[Computed]
    code: str = ""
    blocked: str = ""
    remedy: str = ""
    source: dict[str, Any] = field(default_factory=dict)
    drift: dict[str, Any] = field(default_factory=dict)
    rules: QualityRules | None = None
    verdicts: list[Verdict] = field(default_factory=list)


@verb("dataset.create")
def create_dataset(
    act: Act,
    *,
    entity: LegalEntity,
    name: str,
    description: str = "",
    source: str = "",
    licence: str = "",
) -> Dataset:
    """Open a dataset.

    A body of data with one meaning, to which snapshots are uploaded.
    """
    if not name.strip():
        raise BadInput("dataset_name", "A dataset needs a name.", "Name it after what its rows are.")
    scope = act.new_scope(ScopeKind.DATASET, parent=entity.scope, label=name.strip())
    act.grant(act.person, scope, GrantLevel.ACT)
    return act.save(
        Dataset(
            scope=scope,
            entity=entity,
            name=name.strip(),
            description=description,
            source=source,
            licence=licence,
        )
    )


@verb("dataset.describe")
def describe_dataset(act: Act, *, dataset: Dataset, description: str, source: str, licence: str) -> Dataset:
    """Describe a dataset: what its rows are, where they come from, under which licence."""
    dataset.description, dataset.source, dataset.licence = description, source, licence
    return act.save(dataset)


@verb("dataset.declare_codes")
def declare_codes(
    act: Act,
    *,
    dataset: Dataset,
    file: Upload,
    column: str = "column",
    code: str = "code",
    declared: str = "declared",
    reference: str = "",
) -> CodeTable:
    """Declare what the codes of a dataset mean.

    From CSV; the other arguments name its columns.
    `reference` names the column with the labels of an independent source, against which `dq.labels` compares.
    """
    data = file.read()
    reading.check_size(data)
    try:
        lines = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))
    except (UnicodeDecodeError, csv.Error):
        raise BadInput(
            "codes_unreadable", "The code table is not CSV in UTF-8.", "Export it as CSV with a header."
        ) from None
    rows = code_rows(lines, column=column, code=code, declared=declared, reference=reference)
    if not rows:
        raise BadInput("file_empty", "The code table has no rows.", "Export it again with its rows.")
    latest = dataset.code_table
    return act.save(
        CodeTable(
            scope=dataset.scope,
            dataset=dataset,
            number=latest.number + 1 if latest else 1,
            file_name=file.name[-200:],
            file_digest=vault.put(data),
            declared_name=declared,
            reference_name=reference,
            codes=rows,
            digest=digest(rows),
            declared_by=act.person,
            declared_at=act.now,
        )
    )


@verb("snapshot.upload")
def upload_snapshot(
    act: Act,
    *,
    dataset: Dataset,
    file: Upload,
    title: str = "",
    column_names: list[str] | None = None,
    delimiter: Delimiter = "auto",
    header: Header = "auto",
    period_from: date | None = None,
    period_to: date | None = None,
    gone: list[str] | None = None,
) -> Snapshot:
    """Upload a snapshot.

    What can be seen at once is refused at once; a job then reads the whole file.
    CSV may be separated by commas, semicolons, tabs or spaces, with or without a header; `column_names` gives the
    names in order where the file has none. Parquet is known by its own mark. `gone` names columns of the dataset that are
    left out on purpose.
    """
    data = file.read()
    reading.check_size(data)
    parquet = reading.is_parquet(data)
    names = [name.strip() for name in column_names or [] if name.strip()]
    declared: dict[str, Any] = {}
    if not parquet:
        known = {"yes": True, "no": False}.get(header)
        declared = reading.sniff(data, delimiter=MARKS[delimiter], header=known, names=names).to_json()
    return begin(
        act,
        dataset=dataset,
        kind=OriginKind.FILE,
        request={},
        file={
            "file_name": file.name[-200:],
            "file_format": "parquet" if parquet else "csv",
            "file_size": len(data),
            "file_digest": vault.put(data),
            "declared": declared,
        },
        title=title,
        period=(period_from, period_to),
        gone=gone,
    )


@verb("snapshot.finish")
def finish_snapshot(
    act: Act,
    *,
    snapshot: Snapshot,
    fence: Fence,
    found: Found | None,
    refused: CountersignError | None = None,
) -> SnapshotStanding:
    """Profile a snapshot: keep what the job read, and say whether it may be used."""
    job = jobs.hold(act, fence)
    standing = SnapshotStanding.objects.get(snapshot=snapshot)
    state = SnapshotStatus.RELEASED
    if found is None:
        error = refused or BadInput("csv_unreadable", "The file could not be read.", "Export it again.")
        state = SnapshotStatus.FAILED
        standing.code, standing.reason, standing.remedy = error.code, error.detail, error.remedy
    elif found.blocked:
        state = SnapshotStatus.BLOCKED
        standing.code, standing.reason, standing.remedy = found.code, found.blocked, found.remedy
    TRANSITIONS.check(standing.state, state, f"Snapshot {snapshot.reference}")
    if found is not None:
        _keep(act, snapshot, found, job.pk)
    standing.state, standing.changed_at = state, act.now
    act.facts["state"] = str(state)
    jobs.finish(act, fence, {"state": str(state)})
    return act.save(standing)


def _keep(act: Act, snapshot: Snapshot, found: Found, job: Any) -> None:
    quality = []
    for item in found.quality:
        row = evidence.record(
            act,
            scope=snapshot.scope,
            kind="profile",
            test_id=item.test_id,
            title=item.title,
            inputs=item.inputs,
            parameters=item.parameters,
            method=item.method,
            seed=None,
            results=item.results,
            charts=item.charts,
            sample=item.sample,
            light=item.light,
            job=job,
        )
        quality.append(
            {"id": item.test_id, "title": item.title, "light": item.light, "evidence": row.result_digest}
        )
    act.save(
        SnapshotContent(
            scope=snapshot.scope,
            snapshot=snapshot,
            data_digest=found.data_digest,
            parquet=found.parquet,
            rows=found.rows,
            columns=found.columns,
            reading=found.reading,
            profile=found.profile,
            quality=quality,
            finished_at=act.now,
        )
    )
    act.save(
        SnapshotJudgement(
            scope=snapshot.scope,
            snapshot=snapshot,
            source=found.source,
            drift=found.drift,
            rules=found.rules,
            verdicts=found.verdicts,
        )
    )


@verb("dataset.set_rules")
def set_rules(act: Act, *, dataset: Dataset, rules: list[QualityRule], reason: str = "") -> QualityRules:
    """Set the quality rules of a dataset, which every new snapshot is judged by.

    A rule that blocks keeps a snapshot from being released; one that warns is told on its page. The rules as a whole
    are replaced by a new row with the next number; snapshots keep the verdicts of the rules they came under.
    """
    kept = checked_rules(rules)
    latest = dataset.rules_row
    if latest is not None and not reason.strip():
        raise BadInput(
            "reason_missing",
            "Changed quality rules need a reason.",
            "Say why the rules before no longer fit.",
        )
    act.reason = reason.strip()
    return act.save(
        QualityRules(
            scope=dataset.scope,
            dataset=dataset,
            number=latest.number + 1 if latest else 1,
            rules=kept,
            digest=digest(kept),
            reason=reason.strip(),
            set_by=act.person,
            set_at=act.now,
        )
    )


@verb("snapshot.assign_roles")
def assign_roles(
    act: Act,
    *,
    snapshot: Snapshot,
    columns: dict[str, str],
    event: str = "",
    attributes: list[Attribute] | None = None,
) -> ColumnRoles:
    """Say what the columns of a snapshot are.

    Name → role, which value of the outcome is the event, and the protected attributes.
    Correcting the roles adds a row; evidence keeps the digest of the roles it was computed with.
    """
    content = snapshot.filled
    if content is None or snapshot.status == SnapshotStatus.FAILED:
        raise BadInput(
            "snapshot_not_released",
            f"Snapshot {snapshot.reference} has not been read, so its columns are not known.",
            snapshot.standing.remedy or "Wait until it is profiled.",
        )
    roles = checked_roles(columns, event.strip(), attributes or [], content.types, content.profile)
    body = roles.to_json()
    latest = snapshot.roles_row
    return act.save(
        ColumnRoles(
            scope=snapshot.scope,
            snapshot=snapshot,
            number=latest.number + 1 if latest else 1,
            body=body,
            digest=digest(body),
            assigned_by=act.person,
            assigned_at=act.now,
        )
    )
