"""One attempt, and the pinned process it runs in."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

from mrm.access.actors import robot
from mrm.access.installation import group_scope
from mrm.jobs.context import JobContext
from mrm.jobs.handlers import Handler, handlers
from mrm.jobs.models import Job
from mrm.jobs.processes import ROOT, Limits, pinned
from mrm.jobs.rules import JobState
from mrm.jobs.verbs import schedule
from mrm.kernel.errors import RuleRefused
from tests.workers import run_jobs

pytestmark = pytest.mark.django_db


@pytest.fixture
def handle() -> Iterator[Callable[[Callable[[JobContext], None]], Job]]:
    """Run a function as a job and get the job as it ended."""

    def run(work: Callable[[JobContext], None]) -> Job:
        handlers._providers["test.work"] = Handler(work)
        schedule(robot("scheduler"), group=group_scope(), kind="test.work", title="Test", period_key="test")
        (job,) = run_jobs()
        return job

    yield run
    handlers._providers.pop("test.work", None)


def test_a_handler_gets_its_payload_and_acts_for_who_asked(handle: Callable[..., Job]) -> None:
    def work(context: JobContext) -> None:
        assert context.actor.robot == "worker"
        assert context.actor.on_behalf_of == context.job.requested_by
        assert not context.done("one")
        assert context.checkpoint("one", "ab")
        assert context.done("one")
        context.progress(1, 2, "half")
        assert not context.cancelled()
        context.result["rows"] = 3

    job = handle(work)
    assert (job.state, job.result) == (JobState.SUCCEEDED, {"rows": 3})


def test_a_refusal_is_not_tried_again(handle: Callable[..., Job]) -> None:
    def work(context: JobContext) -> None:
        raise RuleRefused("wrong_state", "No.", "Yes.")

    job = handle(work)
    assert (job.state, job.attempts, job.error_remedy) == (JobState.FAILED, 1, "Yes.")


def test_too_little_memory_is_told_as_such(handle: Callable[..., Job]) -> None:
    def work(context: JobContext) -> None:
        raise MemoryError

    assert handle(work).error_code == "job_memory"


def test_what_nobody_foresaw_ends_the_process(handle: Callable[..., Job]) -> None:
    def work(context: JobContext) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        handle(work)
    assert Job.objects.get().state == JobState.RUNNING, "the parent process counts the attempt"


def test_the_arithmetic_of_a_job_is_pinned_before_numpy_is_there() -> None:
    program = "import os, numpy, threadpoolctl; print([(i['num_threads'], i.get('architecture')) for i in threadpoolctl.threadpool_info()])"
    done = subprocess.run(
        [sys.executable, "-c", program], env=os.environ | pinned(), capture_output=True, text=True, check=True
    )
    threads = eval(done.stdout)
    assert threads
    assert {count for count, _ in threads} == {1}
    if platform.machine() == "x86_64":
        assert ("Haswell" in {kind for _, kind in threads}) or not any(kind for _, kind in threads)


@pytest.mark.slow
def test_limits_bind_memory_and_files() -> None:
    program = (
        "import django; django.setup(); from mrm.jobs.processes import Limits; Limits(memory_mb=256, files=64).apply()\n"
        "try: bytearray(600 * 2**20)\n"
        "except MemoryError: print('memory')\n"
        "try: [open('/dev/null') for _ in range(100)]\n"
        "except OSError: print('files')"
    )
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "mrm.config.settings"}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["memory", "files"]


def test_limits_default_to_the_installation(settings: object) -> None:
    assert Limits().wall_seconds == settings.JOB_SECONDS  # type: ignore[attr-defined]
    assert Limits(seconds=5).wall_seconds == 5
