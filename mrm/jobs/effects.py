"""What an open act does with jobs: ask for one; write a step's result under its fence."""

from __future__ import annotations

from typing import Any

from mrm.access.acts import Act
from mrm.access.models import Scope
from mrm.jobs import bell, leases, steps
from mrm.jobs.fence import Fence
from mrm.jobs.handlers import handlers
from mrm.jobs.models import Job
from mrm.kernel.canonical import tidy


def enqueue(
    act: Act, *, kind: str, scope: Scope, payload: dict[str, Any], title: str, period_key: str | None = None
) -> Job:
    """Ask for a job: its row is part of this act, the bell rings once it is committed."""
    if handlers.get(kind) is None:
        raise LookupError(f"no room handles jobs of kind {kind!r}")
    job: Job = Job.objects.create(
        scope=scope,
        kind=kind,
        title=title,
        payload=tidy(payload),
        requested_by=act.actor.on_behalf_of or act.person,
        period_key=period_key,
        created_at=act.now,
        not_before=act.now,
    )
    act.after_commit(lambda: bell.ring(job.pk))
    return job


def hold(act: Act, fence: Fence) -> Job:
    """The job, locked until this act is committed; `fence_lost` when another claim, or nobody, holds it now."""
    return steps.locked(fence)


def checkpoint(act: Act, fence: Fence, name: str, digest: str = "") -> bool:
    """Keep, with the results of this act, that a step is done. False: it was done before; write nothing again."""
    return steps.keep(fence, name, digest)


def finish(act: Act, fence: Fence, result: dict[str, Any] | None = None) -> None:
    """End the job in the same transaction as its last result."""
    steps.locked(fence)
    leases.succeed(fence, tidy(result or {}))
