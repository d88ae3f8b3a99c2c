"""What a handler is given: its payload, who acts, and ways to say how far it is."""

from __future__ import annotations

import json
import os
import time
from typing import Any

from django.db import transaction

from mrm.access.actors import Actor
from mrm.jobs import leases, steps
from mrm.jobs.fence import Fence
from mrm.jobs.models import Job, JobCheckpoint

REPORT_SECONDS = 0.25


class JobContext:
    """One attempt at a job, in its own process.

    Progress goes to the parent process, which writes it at its next heartbeat: so a handler may report inside a
    transaction and as often as it likes. `result` is kept with the job when it succeeds.
    """

    def __init__(self, job: Job, fence: Fence, actor: Actor, report: int) -> None:
        self.job = job
        self.fence = fence
        self.actor = actor
        self.payload: dict[str, Any] = job.payload
        self.result: dict[str, Any] = {}
        self._report = report
        self._reported = 0.0

    def progress(self, done: int, total: int, text: str = "") -> None:
        """How far the work is, and what it is at."""
        now = time.monotonic()
        if done < total and now - self._reported < REPORT_SECONDS:
            return
        self._reported = now
        line = json.dumps([int(done), int(total), text[:200]]) + "\n"
        os.write(self._report, line.encode())

    def done(self, name: str) -> bool:
        """Whether an earlier attempt has finished the step of that name."""
        return JobCheckpoint.objects.filter(job_id=self.job.pk, name=name).exists()

    def checkpoint(self, name: str, digest: str = "") -> bool:
        """Keep that a step is done whose result is no record; one with a record uses effects.checkpoint."""
        with transaction.atomic():
            return steps.keep(self.fence, name, digest)

    def cancelled(self) -> bool:
        """Whether the job was cancelled or lost: nothing can be written for it any more."""
        return not leases.held(self.fence).exists()
