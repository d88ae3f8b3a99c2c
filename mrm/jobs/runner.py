"""One job, one child process: start it, keep its lease, and end it when its time or its claim is over."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import select
import signal
import subprocess
import sys
import time
from threading import Event
from uuid import UUID

from django.conf import settings
from django.db import Error, connection

from mrm.jobs import leases
from mrm.jobs.fence import Fence
from mrm.jobs.handlers import handlers
from mrm.jobs.models import Job
from mrm.jobs.processes import ROOT, Limits, pinned
from mrm.jobs.rules import HEARTBEAT_SECONDS, LEASE_SECONDS
from mrm.kernel.errors import RuleRefused

log = logging.getLogger("mrm.jobs")
stopping = Event()
"""Set when this worker shuts down: children are ended and their jobs given back."""


class Child:
    """The process of one attempt. Its standard input is our pulse: silence or its end kill it."""

    def __init__(self, fence: Fence) -> None:
        self._reports, theirs = os.pipe()
        os.set_blocking(self._reports, False)
        self._rest = b""
        self.progress: tuple[int, int, str] | None = None
        self._process = subprocess.Popen(
            [sys.executable, "-m", "mrm.jobs.child", str(fence.job_id), str(fence.number), str(theirs)],
            stdin=subprocess.PIPE,
            stdout=2,  # a worker may have put something else in the place of sys.stdout
            pass_fds=(theirs,),
            cwd=ROOT,
            env=os.environ | pinned() | {"MRM_HOME": str(settings.MRM_HOME)},
            start_new_session=True,
        )
        os.close(theirs)

    def pulse(self) -> None:
        """Tell the child that its lease was prolonged."""
        assert self._process.stdin is not None  # noqa: S101 - opened above
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(b".")
            self._process.stdin.flush()

    def listen(self, seconds: float) -> None:
        """Wait for word from the child, at most so long; an ended child wakes us by closing its end."""
        ready, _, _ = select.select([self._reports], [], [], seconds)
        if not ready:
            return
        block = os.read(self._reports, 65536)
        if not block:
            time.sleep(0.02)  # its end is closed: it is ending, or misbehaves; never spin
        *lines, self._rest = (self._rest + block).split(b"\n")
        if lines:
            done, total, text = json.loads(lines[-1])
            self.progress = (done, total, text)

    def ended(self) -> bool:
        """Whether the child is dead. It is not reaped here: its number must stay its own until `close`."""
        return os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None

    def close(self) -> int:
        """Kill what is left of the child and everything it started; returns its exit code."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        code = self._process.wait()
        if self._process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                self._process.stdin.close()
        os.close(self._reports)
        return code


def run(job_id: UUID) -> bool:
    """Run a job if it can be claimed. Returns whether it was; how it went stands in its row."""
    fence = leases.claim(job_id)
    if fence is None:
        return False
    job: Job = Job.objects.get(pk=job_id)
    handler = handlers.get(job.kind)
    limits = handler.limits if handler else Limits()
    log.info("job %s (%s) starts, attempt %s", job.pk, job.kind, job.attempts)
    child = Child(fence)
    verdict = None
    try:
        verdict = watch(child, fence, limits.wall_seconds)
    finally:
        code = child.close()
    if verdict is not None:
        verdict_after(verdict, fence, limits)
    elif leases.held(fence).exists():
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
        leases.lost(fence, "job_crashed", f"The process of this job ended without an answer ({how}).")
    log.info("job %s: process ended", job.pk)
    return True


def drain() -> int:
    """Run what waits, one after another, until no job is open; for commands that work without a worker beside them.

    A job that another worker runs is waited for. Returns how many were run here.
    """
    count = 0
    while Job.objects.open().exists():
        following = leases.waiting().values_list("pk", flat=True).first()
        if following is not None and run(following):
            count += 1
        else:
            leases.recover()
            time.sleep(0.1)
    return count


def watch(child: Child, fence: Fence, seconds: int) -> str | None:
    """Until the child has ended (None), or must end: `late`, `stopping` or `lost`."""
    deadline = time.monotonic() + seconds
    prolonged = time.monotonic()
    while not child.ended():
        if stopping.is_set():
            return "stopping"
        if time.monotonic() > deadline:
            return "late"
        if time.monotonic() - prolonged >= HEARTBEAT_SECONDS:
            held = prolong(child, fence)
            if held is False or (held is None and time.monotonic() - prolonged > LEASE_SECONDS):
                return "lost"
            if held:
                prolonged = time.monotonic()
                child.pulse()
        child.listen(HEARTBEAT_SECONDS / 4)
    return None


def prolong(child: Child, fence: Fence) -> bool | None:
    """One heartbeat, with the newest progress; None when the database did not answer."""
    try:
        return leases.beat(fence, child.progress)
    except Error as error:
        log.warning("heartbeat of job %s: %s", fence.job_id, error)
        connection.close()
        return None


def verdict_after(verdict: str, fence: Fence, limits: Limits) -> None:
    """What becomes of a job whose child was ended by us; a lost one belongs to somebody else already."""
    if verdict == "stopping":
        leases.release(fence)
    elif verdict == "late":
        leases.fail(
            fence,
            RuleRefused(
                "job_timeout",
                f"The work took longer than the {limits.wall_seconds} s it may take and was stopped.",
                "Check that what was uploaded answers in reasonable time, or have MRM_JOB_SECONDS raised.",
            ),
        )
