"""A job done in this process, for commands that wait for it anyway: one attempt, its lease kept by a thread."""

from __future__ import annotations

import os
import time
from threading import Event, Thread
from uuid import UUID

from django.db import connection

from mrm.jobs import leases, work
from mrm.jobs.fence import Fence
from mrm.jobs.models import Job
from mrm.jobs.rules import HEARTBEAT_SECONDS


def finish(job_id: UUID) -> Job:
    """Do the job here, or wait until who has it is done; answers with its row."""
    while True:
        job: Job = Job.objects.get(pk=job_id)
        if not job.is_open:
            return job
        fence = leases.claim(job_id)
        if fence is None:
            leases.recover()
            time.sleep(0.2)
        else:
            _attempt(fence)


def _attempt(fence: Fence) -> None:
    stop = Event()
    keeper = Thread(target=_keep, args=(fence, stop), daemon=True, name="lease")
    keeper.start()
    sink = os.open(os.devnull, os.O_WRONLY)
    try:
        work.attempt(fence, sink)
    finally:
        stop.set()
        os.close(sink)
        keeper.join()


def _keep(fence: Fence, stop: Event) -> None:
    while not stop.wait(HEARTBEAT_SECONDS):
        leases.beat(fence, None)
    connection.close()
