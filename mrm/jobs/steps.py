"""Steps of a job that are done, written under its fence."""

from __future__ import annotations

from django.db.models.functions import Now

from mrm.jobs import leases
from mrm.jobs.fence import Fence
from mrm.jobs.models import Job, JobCheckpoint
from mrm.kernel.errors import RuleRefused


def locked(fence: Fence) -> Job:
    """The job, locked for the rest of the transaction; `fence_lost` when `fence` no longer holds it."""
    job: Job | None = leases.held(fence).select_for_update().first()
    if job is None:
        raise RuleRefused(
            "fence_lost",
            "This process no longer holds the job: it was cancelled, or its lease ran out.",
            "Nothing was written. Look at the job's page for what became of it.",
        )
    return job


def keep(fence: Fence, name: str, digest: str = "") -> bool:
    """Insert a checkpoint inside the caller's transaction. False when it was there before."""
    locked(fence)
    known = JobCheckpoint.objects.filter(job_id=fence.job_id, name=name).exists()
    if not known:
        JobCheckpoint.objects.create(job_id=fence.job_id, name=name, digest=digest, at=Now())
    return not known
