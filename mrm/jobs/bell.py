"""Celery, which only rings: the message says that a job waits, the row says what it is."""

from __future__ import annotations

import logging
from uuid import UUID

from celery import shared_task
from celery.signals import worker_shutting_down
from django.db import close_old_connections
from kombu.exceptions import KombuError, OperationalError

from mrm.jobs import leases, runner

log = logging.getLogger("mrm.jobs")


def answer(job_id: str) -> None:
    """What a worker does at a ring: that job, and then whatever else waits, so one ring empties the queue."""
    close_old_connections()
    try:
        runner.run(UUID(job_id))
        while not runner.stopping.is_set():
            following = leases.waiting().values_list("pk", flat=True).first()
            if following is None or not runner.run(following):
                return
    finally:
        close_old_connections()


rung = shared_task(name="mrm.jobs.ring", ignore_result=True)(answer)


def ring(job_id: UUID) -> bool:
    """Ring for a job. A broker that is dead delays a job and loses nothing: the scheduler rings again."""
    try:
        rung.apply_async((str(job_id),), retry=False)
    except (KombuError, OperationalError, OSError) as error:
        log.warning("the broker does not answer (%s): the scheduler will see to job %s", error, job_id)
        return False
    return True


def _stop(**_signal: object) -> None:
    runner.stopping.set()


worker_shutting_down.connect(_stop)
