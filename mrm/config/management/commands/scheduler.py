"""`manage.py scheduler`: seals, recovers lost jobs, rings again, plans periodic work; any number may run."""

from __future__ import annotations

import signal
from typing import Any

from django.core.management.base import BaseCommand

from mrm.config import schedule
from mrm.jobs.scheduler import Scheduler


class Command(BaseCommand):
    """Run until told to stop."""

    requires_system_checks = ()
    help = "Seal, recover lost jobs, ring again for waiting ones and plan periodic work, each second."

    def handle(self, *args: Any, **options: Any) -> None:
        """Tick until SIGTERM or SIGINT."""
        scheduler = Scheduler(schedule.EVERY_SECOND, schedule.PERIODIC)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: scheduler.stop.set())
        scheduler.run()
