"""Reads of jobs, as far as the actor may see their scopes."""

from __future__ import annotations

from uuid import UUID

from mrm.access.actors import Actor
from mrm.jobs.models import Job, JobQuerySet


def jobs(actor: Actor, *, state: str = "") -> JobQuerySet:
    """The jobs an actor may see, the newest first."""
    found: JobQuerySet = Job.objects.visible_to(actor).select_related("scope", "requested_by")
    return found.filter(state=state) if state else found


def job(actor: Actor, job_id: UUID | str) -> Job:
    """One job."""
    found: Job = Job.objects.select_related("scope", "requested_by").one(actor, pk=job_id)
    return found
