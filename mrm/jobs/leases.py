"""Who holds a job: every change is one compare-and-set on state and fence, by the database's clock.

No process trusts its own idea of holding a job. A claim raises the fence; so do a loss and a cancellation, and
whoever comes with an older number changes nothing.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from mrm.jobs.fence import Fence
from mrm.jobs.models import Job, JobQuerySet
from mrm.jobs.rules import LEASE_SECONDS, JobState, backoff, dead
from mrm.kernel.errors import CountersignError

log = logging.getLogger("mrm.jobs")
LEASE = timedelta(seconds=LEASE_SECONDS)


def waiting() -> JobQuerySet:
    """Jobs that could start now, the oldest first."""
    found: JobQuerySet = Job.objects.filter(state=JobState.QUEUED, not_before__lte=Now())
    return found.order_by("not_before", "id")


def held(fence: Fence) -> JobQuerySet:
    """The job, as long as `fence` holds it."""
    found: JobQuerySet = Job.objects.filter(pk=fence.job_id, fence=fence.number, state=JobState.RUNNING)
    return found


def claim(job_id: UUID) -> Fence | None:
    """Take a waiting job; None when somebody else has it, or it is not due."""
    with transaction.atomic():
        taken = waiting().filter(pk=job_id).order_by().update(
            state=JobState.RUNNING,
            fence=F("fence") + 1,
            attempts=F("attempts") + 1,
            lease_until=Now() + LEASE,
            heartbeat_at=Now(),
            started_at=Now(),
        )  # fmt: skip
        if not taken:
            return None
        return Fence(job_id, Job.objects.values_list("fence", flat=True).get(pk=job_id))


def beat(fence: Fence, progress: tuple[int, int, str] | None) -> bool:
    """Prolong the lease and write the progress; False when the job is no longer held."""
    facts: dict[str, Any] = {"lease_until": Now() + LEASE, "heartbeat_at": Now()}
    if progress:
        facts |= dict(zip(("done", "total", "progress_text"), progress, strict=True))
    return bool(held(fence).update(**facts))


def succeed(fence: Fence, result: dict[str, Any]) -> bool:
    """The work is done."""
    return _end(fence, JobState.SUCCEEDED, result=result)


def fail(fence: Fence, error: CountersignError) -> bool:
    """The work cannot be done: the reason and the way out stay with the job."""
    log.warning("job %s failed: %s %s", fence.job_id, error.code, error.detail)
    return _end(
        fence,
        JobState.FAILED,
        error_code=error.code,
        error_detail=error.detail,
        error_remedy=error.remedy,
    )


def release(fence: Fence) -> bool:
    """Give a job back untouched because its worker is stopping: the attempt does not count."""
    return bool(
        held(fence).update(
            state=JobState.QUEUED,
            fence=F("fence") + 1,
            attempts=F("attempts") - 1,
            lease_until=None,
            not_before=Now(),
        )
    )


def lost(fence: Fence, code: str, sentence: str) -> bool:
    """An attempt died: the job waits for its next one, or is given up."""
    attempts = held(fence).values_list("attempts", flat=True).first()
    if attempts is None:
        return False
    if dead(attempts):
        return fail(
            fence,
            CountersignError(
                code,
                f"{sentence} It was tried {attempts} times.",
                "Nothing of an unfinished step was written. Ask for the work again; if it stops again, give "
                "the time of this job to whoever runs the installation.",
            ),
        )
    log.warning("job %s attempt %s: %s", fence.job_id, attempts, sentence)
    return bool(
        held(fence).update(
            state=JobState.QUEUED,
            fence=F("fence") + 1,
            lease_until=None,
            not_before=Now() + backoff(attempts),
        )
    )


def recover() -> int:
    """Take back every job whose lease has run out; returns how many."""
    count = 0
    for job_id, number in Job.objects.filter(state=JobState.RUNNING, lease_until__lt=Now()).values_list(
        "pk", "fence"
    ):
        fence = Fence(job_id, number)
        # The lease may have been prolonged since it was read: only a dead one is taken.
        taken = held(fence).filter(lease_until__lt=Now()).update(
            lost_leases=F("lost_leases") + 1, fence=F("fence") + 1
        )  # fmt: skip
        if taken:
            lost(Fence(job_id, number + 1), "job_lost", "The process that ran this job disappeared.")
            count += 1
    return count


def cancel(job: Job) -> bool:
    """End an open job at once; a process that still runs it can write nothing more."""
    return bool(
        Job.objects.open()
        .filter(pk=job.pk)
        .update(state=JobState.CANCELLED, fence=F("fence") + 1, lease_until=None, ended_at=Now())
    )


def _end(fence: Fence, state: JobState, **facts: Any) -> bool:
    return bool(held(fence).update(state=state, lease_until=None, ended_at=Now(), **facts))
