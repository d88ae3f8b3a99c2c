"""The poll of another MLflow as a job: every so many minutes, when its webhook rings, or when somebody asks at the shell."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime

from django.conf import settings
from django.db import IntegrityError

from mrm.access.actors import Actor, robot
from mrm.access.installation import group_scope
from mrm.access.rules import Robot
from mrm.jobs.context import JobContext
from mrm.jobs.handlers import Handler, handlers
from mrm.jobs.models import Job
from mrm.jobs.processes import Limits
from mrm.jobs.rules import JobState
from mrm.jobs.verbs import schedule
from mrm.ledger.clock import now
from registry.mlflow import taking

KIND = "mlflow.poll"
TITLE = "Registered models of the other MLflow are taken over"
RING_SECONDS = 10


def run(ctx: JobContext) -> None:
    """Take over what is new there, as the robot importer. While another poll runs there is nothing to do beside it."""
    others = Job.objects.filter(kind=KIND, state=JobState.RUNNING).exclude(pk=ctx.job.pk)
    if others.filter(pk__lt=ctx.job.pk).exists():
        ctx.result = {"waits_for": "an earlier poll that still runs"}
        return
    ctx.result = taking.begin().everything(ctx.progress, ctx.cancelled)


def ask(key: str, actor: Actor | None = None) -> Job | None:
    """Ask for a poll under a key of its own; None when there is one of that key already."""
    key = f"{KIND}:{key}"
    if Job.objects.filter(period_key=key).exists():
        return None
    with suppress(IntegrityError):  # another process was quicker
        return schedule(
            actor or robot(Robot.SCHEDULER), group=group_scope(), kind=KIND, title=TITLE, period_key=key
        )
    return None


def waits() -> bool:
    """Whether a poll is asked for that has not begun: it will see all that happened until now."""
    return Job.objects.filter(kind=KIND, state=JobState.QUEUED).exists()


def slot(moment: datetime, seconds: int) -> str:
    """The stretch of time that a moment lies in."""
    return str(int(moment.timestamp()) // seconds * seconds)


def plan_poll() -> None:
    """Called each second by the scheduler: one poll in each stretch of minutes, where the settings name a server."""
    if settings.MRM_MLFLOW_IMPORT_URL:
        minutes = settings.MRM_MLFLOW_IMPORT_MINUTES
        ask(f"every {minutes} minutes:{slot(now(), minutes * 60)}")


handlers.register(KIND, Handler(run, Limits(seconds=3600)))
