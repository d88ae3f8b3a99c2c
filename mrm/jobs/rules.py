"""Words and pure decisions of jobs: states, how long a lease lasts, when a job has died for good."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import TextChoices

from mrm.kernel.errors import declare
from mrm.kernel.transitions import Transitions


class JobState(TextChoices):
    """Where a job stands."""

    QUEUED = "queued", "waiting"
    RUNNING = "running", "running"
    SUCCEEDED = "succeeded", "succeeded"
    FAILED = "failed", "failed"
    CANCELLED = "cancelled", "cancelled"


STATES = Transitions(
    {
        JobState.QUEUED: {JobState.RUNNING, JobState.CANCELLED, JobState.FAILED},
        JobState.RUNNING: {JobState.QUEUED, JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELLED},
        JobState.SUCCEEDED: set(),
        JobState.FAILED: set(),
        JobState.CANCELLED: set(),
    }
)
OPEN_STATES = (JobState.QUEUED, JobState.RUNNING)

HEARTBEAT_SECONDS = 1.0
LEASE_SECONDS = 8.0
ATTEMPT_LIMIT = 3
BELL_PATIENCE = timedelta(seconds=2)
BELL_DEAD = timedelta(seconds=10)


def backoff(attempts: int) -> timedelta:
    """How long a job rests after its nth attempt died: 1, 2, 4, … seconds, a minute at most."""
    return timedelta(seconds=min(60, 2 ** max(0, attempts - 1)))


def dead(attempts: int) -> bool:
    """Whether a job that lost this many attempts is given up."""
    return attempts >= ATTEMPT_LIMIT


declare("fence_lost", "a job's process lost its lease, or the job was cancelled, before it wrote its result")
declare("job_kind_unknown", "no room of this installation handles jobs of that kind")
declare("job_crashed", "a job's process ended without an answer, as often as the limit allows")
declare("job_lost", "the worker of a job disappeared, as often as the limit allows")
declare("job_timeout", "a job's process took longer than it may")
declare("job_memory", "a job's process needed more memory than it may use")
declare("job_closed", "the job has ended already")
