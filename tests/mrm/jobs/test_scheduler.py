"""The scheduler's steps, one tick at a time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from django.db import OperationalError
from django.db.models.functions import Now

from mrm.config import schedule
from mrm.jobs import bell, leases
from mrm.jobs.models import Job
from mrm.jobs.rules import JobState
from mrm.jobs.scheduler import Periodic, Scheduler

pytestmark = [pytest.mark.django_db, pytest.mark.services]

DAILY = Periodic(kind="house.tidy", title="Tidy", period=lambda moment: moment.date().isoformat())


@pytest.fixture
def rings(monkeypatch: pytest.MonkeyPatch) -> list[UUID]:
    """Rings go here instead of to a broker."""
    heard: list[UUID] = []

    def ring(job_id: UUID) -> bool:
        heard.append(job_id)
        return True

    monkeypatch.setattr(bell, "ring", ring)
    return heard


def test_any_number_of_schedulers_plan_a_period_once(rings: list[UUID]) -> None:
    for _ in range(3):
        Scheduler((), (DAILY,)).tick()
    assert Job.objects.filter(kind="house.tidy").count() == 1
    assert DAILY.key(datetime(2026, 11, 24, 23, 59, tzinfo=UTC)) == "house.tidy:2026-11-24"


def test_a_waiting_job_is_rung_for_again(rings: list[UUID]) -> None:
    scheduler = Scheduler((), (DAILY,))
    scheduler.tick()
    job = Job.objects.get()
    rings.clear()
    Job.objects.update(not_before=Now() - timedelta(seconds=3))
    scheduler.ring_again()
    scheduler.ring_again()
    assert rings == [job.pk], "once in two seconds, not at every tick"


def test_nobody_is_rung_for_while_every_worker_is_busy(
    rings: list[UUID], settings: pytest.FixtureRequest
) -> None:
    settings.JOB_WORKERS = 1  # type: ignore[attr-defined]
    scheduler = Scheduler((), (DAILY, Periodic("house.tidy", "More", lambda _: "more")))
    scheduler.tick()
    first = Job.objects.order_by("id").first()
    assert first
    assert leases.claim(first.pk)
    Job.objects.filter(state=JobState.QUEUED).update(not_before=Now() - timedelta(seconds=60))
    rings.clear()
    scheduler.ring_again()
    assert rings == []


def test_a_step_that_fails_does_not_keep_the_others_from_running(
    rings: list[UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    closed: list[bool] = []
    monkeypatch.setattr("mrm.jobs.scheduler.close_old_connections", lambda: closed.append(True))

    def broken() -> None:
        raise OperationalError("database is locked")

    Scheduler((broken,), (DAILY,)).tick()
    assert Job.objects.exists()
    assert closed == [True], "the connection that failed is not used again"


def test_the_house_tidies_once_a_day(rings: list[UUID]) -> None:
    Scheduler(schedule.EVERY_SECOND, schedule.PERIODIC).tick()
    assert Job.objects.get().kind == "house.tidy"
