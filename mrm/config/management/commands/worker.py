"""`manage.py worker`: answers the bell; each job runs in a process of its own."""

from __future__ import annotations

import warnings
from typing import Any

from celery.exceptions import SecurityWarning
from django.conf import settings
from django.core.management.base import BaseCommand

from mrm.config.celery import app


class Command(BaseCommand):
    """Run Celery's worker as this house needs it."""

    requires_system_checks = ()
    help = "Answer the bell: run waiting jobs, each in a process of its own."

    def handle(self, *args: Any, **options: Any) -> None:
        """Threads wait for child processes, so one process is enough; no chatter between workers."""
        # Celery warns root because messages may carry pickles; ours carry a job's id as JSON.
        warnings.simplefilter("ignore", SecurityWarning)
        app.worker_main(
            [
                "--quiet",
                "worker",
                "--pool=threads",
                f"--concurrency={settings.JOB_WORKERS}",
                "--without-gossip",
                "--without-mingle",
                "--without-heartbeat",
                "--loglevel=WARNING",
            ]
        )
