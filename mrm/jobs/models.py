"""The job table: the truth about work that is done outside a request, and its outbox."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.urls import reverse

from mrm.access.models import Person, Scope
from mrm.access.rows import Operational, ScopedQuerySet
from mrm.jobs.rules import OPEN_STATES, JobState
from mrm.kernel import ids


class JobQuerySet(ScopedQuerySet["Job"]):
    """Jobs, with the questions that runner and scheduler ask."""

    def open(self) -> JobQuerySet:
        """Waiting or running."""
        return self.filter(state__in=OPEN_STATES)


class Job(Operational):
    """One piece of work: inserted in the transaction that wants it, run under a lease, finished once in effect."""

    why = "lease, heartbeat and progress change each second; what a job brings about is written by acts"

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    scope = models.ForeignKey(Scope, on_delete=models.PROTECT, related_name="jobs")
    kind = models.CharField(max_length=60)
    title = models.CharField(max_length=200)
    payload = models.JSONField(default=dict)
    requested_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    period_key = models.CharField(max_length=80, unique=True, null=True)  # noqa: DJ001 - unique where given

    state = models.CharField(max_length=10, choices=JobState, default=JobState.QUEUED)
    attempts = models.PositiveIntegerField(default=0)
    lost_leases = models.PositiveIntegerField(default=0)
    fence = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    heartbeat_at = models.DateTimeField(null=True)
    not_before = models.DateTimeField()

    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    progress_text = models.CharField(max_length=200, blank=True)

    error_code = models.CharField(max_length=60, blank=True)
    error_detail = models.TextField(blank=True)
    error_remedy = models.TextField(blank=True)
    result = models.JSONField(default=dict)

    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    objects: ClassVar[Any] = JobQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-created_at", "-id"]
        indexes: ClassVar = [
            models.Index(fields=["not_before"], name="job_waiting", condition=Q(state="queued")),
            models.Index(fields=["lease_until"], name="job_leased", condition=Q(state="running")),
            models.Index(fields=["scope", "-created_at"], name="job_scope"),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """The job's page."""
        return reverse("job", args=[self.pk])

    @property
    def is_open(self) -> bool:
        """Waiting or running."""
        return self.state in OPEN_STATES


class JobCheckpoint(Operational):
    """A step of a job that is done: a later attempt does not do it again."""

    why = "belongs to the run of a job; the step's result is a record of its own"

    id = models.BigAutoField(primary_key=True)
    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="checkpoints")
    name = models.CharField(max_length=120)
    digest = models.CharField(max_length=64, blank=True)
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["job", "name"], name="one_checkpoint_of_a_name")
        ]

    def __str__(self) -> str:
        return self.name
