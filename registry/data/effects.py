"""What every way to a snapshot ends in: the row, where it was asked from, and the job that reads it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from mrm.access.acts import Act
from mrm.jobs import effects as jobs
from registry.data.models import Dataset, Snapshot, SnapshotOrigin, SnapshotStanding
from registry.data.rules import OriginKind


def begin(
    act: Act,
    *,
    dataset: Dataset,
    kind: OriginKind,
    request: Mapping[str, Any],
    file: Mapping[str, Any],
    title: str,
    period: tuple[date | None, date | None],
    gone: list[str] | None,
) -> Snapshot:
    """A snapshot that is being read. `file` is what the snapshot's own row says of it; `gone` names columns that its
    dataset had and that are left out on purpose."""
    snapshot = act.save(
        Snapshot(
            scope=dataset.scope,
            dataset=dataset,
            title=title.strip(),
            period_from=period[0],
            period_to=period[1],
            uploaded_by=act.person,
            uploaded_at=act.now,
            **file,
        )
    )
    left_out = sorted({name.strip() for name in gone or [] if name.strip()})
    act.save(
        SnapshotOrigin(
            scope=dataset.scope, snapshot=snapshot, kind=kind, request={**request, "gone": left_out}
        )
    )
    job = jobs.enqueue(
        act,
        kind="data.profile",
        scope=dataset.scope,
        payload={"snapshot": str(snapshot.pk)},
        title=f"Profile of snapshot {snapshot.reference}",
    )
    act.save(SnapshotStanding(scope=dataset.scope, snapshot=snapshot, job=job.pk, changed_at=act.now))
    return snapshot
