"""Kinds of job for trials: steady steps, and every way to go wrong."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from typing import Any

from mrm.access.acts import Act, verb
from mrm.access.models import Scope
from mrm.jobs import effects
from mrm.jobs.context import JobContext
from mrm.jobs.fence import Fence
from mrm.jobs.handlers import Handler
from mrm.jobs.models import Job
from mrm.jobs.processes import Limits
from mrm.kernel.errors import RuleRefused
from tests.plugin.models import Trace

END = "end"


@verb("trial.start")
def start(act: Act, *, group: Scope, kind: str, payload: dict[str, Any]) -> Job:
    """Ask for a trial job."""
    return effects.enqueue(act, kind=kind, scope=group, payload=payload, title=f"Trial {kind}")


@verb("trial.record")
def record(act: Act, *, group: Scope, step: str, fence: Fence) -> None:
    """Keep a step's result, once; the end of the work also ends the job."""
    if effects.checkpoint(act, fence, step):
        act.save(Trace(scope=group, job=fence.job_id, step=step))
    if step == END:
        effects.finish(act, fence, {"steps": Trace.objects.filter(job=fence.job_id).count() - 1})


def steps(context: JobContext) -> None:
    """So many steps, each with some computing outside a transaction and one act."""
    total, seconds = context.payload["steps"], context.payload["seconds"]
    for number in range(total):
        context.progress(number, total, f"step {number}")
        if context.done(f"{number}"):
            continue
        time.sleep(seconds)
        record(context.actor, group=context.job.scope, step=f"{number}", fence=context.fence)
    record(context.actor, group=context.job.scope, step=END, fence=context.fence)


def crash(context: JobContext) -> None:
    """End without an answer, as a segmentation fault does."""
    os.kill(os.getpid(), signal.SIGSEGV)


def hang(context: JobContext) -> None:
    """Never end, with a process of its own beside it."""
    with subprocess.Popen(["sleep", "600"]) as sleeper:
        context.progress(1, 2, f"sleeper {sleeper.pid}")
        time.sleep(600)


def hungry(context: JobContext) -> None:
    """Ask for more memory than it may use."""
    context.result["held"] = len(bytearray(2 * 1024**3))


def refused(context: JobContext) -> None:
    """Fail for a reason that a person can mend."""
    raise RuleRefused("wrong_state", "The work cannot be done.", "Do something else first.")


HANDLERS = {
    "trial.steps": Handler(steps),
    "trial.crash": Handler(crash),
    "trial.hang": Handler(hang, Limits(seconds=3)),
    "trial.endless": Handler(hang),
    "trial.hungry": Handler(hungry, Limits(memory_mb=512)),
    "trial.refused": Handler(refused),
}
