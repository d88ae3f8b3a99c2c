"""Runs that are due by their schedule: looked for each minute by the scheduler, started once for each key."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field
from datetime import datetime

from mrm.access.actors import robot
from mrm.access.rules import Door, Robot
from mrm.kernel.errors import CountersignError
from mrm.ledger.clock import now
from registry.data.models import Snapshot
from registry.data.rules import SnapshotStatus
from registry.training.models import Schedule
from registry.training.rules import Rhythm
from registry.training.verbs import run_due

log = logging.getLogger("mrm.training")
EVERY_SECONDS = 60.0


@dataclass
class Clock:
    """When it was last looked."""

    looked: float = field(default=-EVERY_SECONDS)

    def due(self) -> bool:
        """Whether a minute has passed; then it starts again."""
        if time.monotonic() - self.looked < EVERY_SECONDS:
            return False
        self.looked = time.monotonic()
        return True


_clock = Clock()


def each_minute() -> None:
    """For the scheduler, which asks each second."""
    if _clock.due():
        start_due(now())


def start_due(moment: datetime) -> int:
    """Start every run that is due; one that cannot start is tried again at the next look."""
    started = 0
    for schedule in Schedule.objects.filter(active=True).select_related("recipe__model", "dataset", "set_by"):
        found = key_of(schedule, moment)
        if found is None:
            continue
        key, snapshot = found
        actor = robot(Robot.SCHEDULER, door=Door.JOB, on_behalf_of=schedule.set_by)
        trigger = f"{schedule.get_rhythm_display()}: {key}"
        try:
            started += (
                run_due(actor, schedule=schedule, key=key, snapshot=snapshot, trigger=trigger) is not None
            )
        except CountersignError as error:
            log.warning("the run of %s did not start: %s", schedule.recipe.reference, error.detail)
    return started


def key_of(schedule: Schedule, moment: datetime) -> tuple[str, Snapshot | None] | None:
    """What is due and was not started yet: a period, or a snapshot that can be used."""
    if schedule.rhythm != Rhythm.SNAPSHOT:
        key = moment.strftime(
            {Rhythm.DAILY: "%Y-%m-%d", Rhythm.WEEKLY: "%G-W%V"}.get(Rhythm(schedule.rhythm), "%Y-%m")
        )
        return None if key == schedule.last_key else (key, None)
    newest: Snapshot | None = (
        Snapshot.objects.filter(
            dataset=schedule.dataset, standing__state=SnapshotStatus.RELEASED, column_roles__isnull=False
        )
        .order_by("-id")
        .first()
    )
    if newest is None or newest.reference == schedule.last_key or newest.uploaded_at <= schedule.set_at:
        return None
    return newest.reference, newest
