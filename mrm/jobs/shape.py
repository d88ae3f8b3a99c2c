"""A job as the part `job` of the page kit draws it; other rooms put it on their own pages."""

from __future__ import annotations

from django.urls import reverse

from mrm.access.actors import Actor
from mrm.access.acts import can
from mrm.jobs.models import Job
from mrm.jobs.rules import JobState
from mrm.web import shapes


def shape(job: Job, actor: Actor, *, stop: bool = True) -> shapes.Job:
    """`{% job item %}` of the kit: while the job is open the part asks for itself each second.

    `stop=False` leaves out the button that cancels it.
    """
    may_stop = stop and job.is_open and can(actor, "job.cancel", job=job) is None
    return shapes.Job(
        title=job.title,
        state=job.state,
        done=job.done,
        total=job.total,
        text=words(job),
        problem=job.error_detail if job.state == JobState.FAILED else "",
        remedy=job.error_remedy,
        id=str(job.pk),
        url=job.get_absolute_url(),
        poll=reverse("job-state", args=[job.pk]),
        cancel=reverse("job-cancel", args=[job.pk]) if may_stop else "",
        finished=not job.is_open,
    )


def words(job: Job) -> str:
    """What the job is at."""
    if job.state == JobState.RUNNING:
        return job.progress_text or "running"
    if job.state == JobState.QUEUED:
        return f"waits for attempt {job.attempts + 1}" if job.attempts else "waits for a worker"
    return ""
