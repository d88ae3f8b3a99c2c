"""Who holds a job, on both engines: compare-and-set on state and fence, by the database's clock."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError
from django.db.models.functions import Now

from mrm.access.actors import robot
from mrm.access.installation import group_scope
from mrm.access.models import Entry
from mrm.access.rules import Robot
from mrm.jobs import leases, steps
from mrm.jobs.fence import Fence
from mrm.jobs.models import Job, JobCheckpoint
from mrm.jobs.rules import ATTEMPT_LIMIT, STATES, JobState, backoff, dead
from mrm.jobs.verbs import schedule
from mrm.kernel.errors import CountersignError, RuleRefused

pytestmark = [pytest.mark.django_db, pytest.mark.services]


@pytest.fixture
def job() -> Job:
    return ask("test:1")


def ask(key: str) -> Job:
    """A waiting job, asked for by the scheduler."""
    return schedule(
        robot(Robot.SCHEDULER), group=group_scope(), kind="house.tidy", title="Tidy", period_key=key
    )


def expire(job: Job) -> None:
    """Let the lease run out."""
    Job.objects.filter(pk=job.pk).update(lease_until=Now() - timedelta(seconds=1))


def read(job: Job) -> Job:
    job.refresh_from_db()
    return job


def test_asking_is_part_of_the_act(job: Job) -> None:
    assert job.state == JobState.QUEUED
    assert Entry.objects.filter(act="job.schedule", scope=job.scope).count() == 1


def test_a_period_has_one_job(job: Job) -> None:
    with pytest.raises(IntegrityError):
        ask("test:1")


def test_only_one_claim_wins(job: Job) -> None:
    first = leases.claim(job.pk)
    assert first == Fence(job.pk, 1)
    assert leases.claim(job.pk) is None
    assert read(job).attempts == 1
    assert job.lease_until is not None
    assert job.started_at is not None
    assert timedelta(0) < job.lease_until - job.started_at < timedelta(seconds=60)


def test_a_job_that_rests_is_not_claimed(job: Job) -> None:
    Job.objects.filter(pk=job.pk).update(not_before=Now() + timedelta(minutes=1))
    assert leases.claim(job.pk) is None
    assert not leases.waiting().exists()


def test_a_heartbeat_prolongs_and_writes_progress(job: Job) -> None:
    fence = leases.claim(job.pk)
    assert fence
    expire(job)
    assert leases.beat(fence, (3, 10, "third of ten"))
    assert (read(job).done, job.total, job.progress_text) == (3, 10, "third of ten")
    assert leases.recover() == 0


def test_a_lost_lease_is_taken_back_and_the_old_holder_is_powerless(job: Job) -> None:
    old = leases.claim(job.pk)
    assert old
    expire(job)
    assert leases.recover() == 1
    assert (read(job).state, job.lost_leases) == (JobState.QUEUED, 1)
    assert not leases.beat(old, None)
    assert not leases.succeed(old, {})
    assert not leases.release(old)
    with pytest.raises(RuleRefused) as refusal:
        steps.keep(old, "one")
    assert refusal.value.code == "fence_lost"
    assert not JobCheckpoint.objects.exists()
    Job.objects.filter(pk=job.pk).update(not_before=Now())
    new = leases.claim(job.pk)
    assert new
    assert new.number > old.number
    assert leases.succeed(new, {"rows": 1})
    assert read(job).result == {"rows": 1}


def test_a_job_that_keeps_dying_is_given_up_with_its_reason(job: Job) -> None:
    for attempt in range(1, ATTEMPT_LIMIT + 1):
        Job.objects.filter(pk=job.pk).update(not_before=Now())
        fence = leases.claim(job.pk)
        assert fence, attempt
        leases.lost(fence, "job_crashed", "The process ended without an answer (signal 11).")
    assert (read(job).state, job.error_code, job.attempts) == (JobState.FAILED, "job_crashed", ATTEMPT_LIMIT)
    assert "signal 11" in job.error_detail
    assert job.error_remedy


def test_a_stopping_worker_gives_the_attempt_back(job: Job) -> None:
    fence = leases.claim(job.pk)
    assert fence
    assert leases.release(fence)
    assert (read(job).state, job.attempts) == (JobState.QUEUED, 0)
    assert leases.claim(job.pk)


def test_cancelling_is_at_once_and_stops_every_later_write(job: Job) -> None:
    fence = leases.claim(job.pk)
    assert fence
    assert leases.cancel(job)
    assert read(job).state == JobState.CANCELLED
    assert not leases.succeed(fence, {})
    with pytest.raises(RuleRefused):
        steps.locked(fence)
    assert not leases.cancel(job)


def test_a_refusal_ends_the_job_with_its_words(job: Job) -> None:
    fence = leases.claim(job.pk)
    assert fence
    leases.fail(fence, CountersignError("wrong_state", "It cannot be done.", "Do this first."))
    assert (read(job).state, job.error_code) == (JobState.FAILED, "wrong_state")
    assert (job.error_detail, job.error_remedy) == ("It cannot be done.", "Do this first.")


def test_a_step_is_kept_once(job: Job) -> None:
    fence = leases.claim(job.pk)
    assert fence
    assert steps.keep(fence, "discrimination", "ab12")
    assert not steps.keep(fence, "discrimination", "ab12")
    assert JobCheckpoint.objects.get().digest == "ab12"


def test_back_off_doubles_up_to_a_minute() -> None:
    assert [backoff(n).seconds for n in (1, 2, 3, 10)] == [1, 2, 4, 60]
    assert [dead(n) for n in (1, 2, 3)] == [False, False, True]


def test_an_ended_job_stays_ended() -> None:
    for state in (JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELLED):
        assert not any(STATES.allows(state, other) for other in JobState)
