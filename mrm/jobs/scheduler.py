"""The scheduler: each second it sees to what must not wait for anybody to ask.

Any number of schedulers may run: sealing, recovery and claims are compare-and-set, periodic work has a unique key.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from threading import Event, Thread

from django.conf import settings
from django.db import Error, IntegrityError, close_old_connections
from django.db.models.functions import Now

from mrm.access.actors import robot
from mrm.access.installation import group_scope
from mrm.access.rules import Robot
from mrm.jobs import bell, leases, runner
from mrm.jobs.models import Job
from mrm.jobs.rules import BELL_DEAD, BELL_PATIENCE, JobState
from mrm.jobs.verbs import schedule
from mrm.kernel.errors import CountersignError
from mrm.ledger.clock import now

log = logging.getLogger("mrm.scheduler")
TICK_SECONDS = 1.0


@dataclass(frozen=True)
class Periodic:
    """Work that is due once in each period; `period` names the period of a moment, for example a day."""

    kind: str
    title: str
    period: Callable[[datetime], str]

    def key(self, moment: datetime) -> str:
        """What is unique about this period's job."""
        return f"{self.kind}:{self.period(moment)}"


class Scheduler:
    """Ticks until it is told to stop; what fails in one tick is tried again in the next."""

    def __init__(self, every_second: Iterable[Callable[[], object]], periodic: Iterable[Periodic]) -> None:
        self.stop = Event()
        self._periodic = tuple(periodic)
        self._steps: list[Callable[[], object]] = [*every_second, leases.recover, self.ring_again, self.plan]
        self._rung = 0.0
        self._own: Thread | None = None

    def run(self) -> None:
        """Tick each second."""
        log.info("scheduler runs")
        while not self.stop.is_set():
            began = time.monotonic()
            self.tick()
            self.stop.wait(max(0.05, TICK_SECONDS - (time.monotonic() - began)))
        runner.stopping.set()
        if self._own:
            self._own.join(5)

    def tick(self) -> None:
        """Every step once; one that fails does not keep the others from running."""
        for step in self._steps:
            try:
                step()
            except (Error, CountersignError, OSError):
                log.exception("a step of the scheduler failed and will be tried again")
                close_old_connections()

    def ring_again(self) -> None:
        """Ring for the oldest job that still waits; when nobody answers at all, run it here, in its child."""
        waiting = leases.waiting()
        idle = Job.objects.filter(state=JobState.RUNNING).count() < int(settings.JOB_WORKERS)
        late = waiting.filter(not_before__lte=Now() - BELL_PATIENCE).first()
        if late is None or not idle:
            return
        if time.monotonic() - self._rung >= BELL_PATIENCE.total_seconds():
            self._rung = time.monotonic()
            bell.ring(late.pk)
        unanswered = waiting.filter(not_before__lte=Now() - BELL_DEAD).first()
        if unanswered is not None and not (self._own and self._own.is_alive()):
            log.warning("nobody answers the bell: job %s runs beside the scheduler", unanswered.pk)
            self._own = Thread(target=bell.answer, args=(str(unanswered.pk),), name="job")
            self._own.start()

    def plan(self) -> None:
        """Ask for each periodic job that its period does not have yet; another scheduler may be quicker."""
        moment = now()
        wanted = {item.key(moment): item for item in self._periodic}
        known = set(Job.objects.filter(period_key__in=wanted).values_list("period_key", flat=True))
        for key in wanted.keys() - known:
            item = wanted[key]
            try:
                schedule(
                    robot(Robot.SCHEDULER),
                    group=group_scope(),
                    kind=item.kind,
                    title=item.title,
                    period_key=key,
                )
            except IntegrityError:
                log.info("%s was planned by another scheduler", key)
