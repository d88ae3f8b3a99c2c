"""One attempt at a job."""

from __future__ import annotations

import logging

from mrm.access.actors import robot
from mrm.access.rules import Robot
from mrm.jobs import leases
from mrm.jobs.context import JobContext
from mrm.jobs.fence import Fence
from mrm.jobs.handlers import handlers
from mrm.jobs.models import Job
from mrm.kernel.canonical import tidy
from mrm.kernel.errors import CountersignError, RuleRefused, Unavailable

log = logging.getLogger("mrm.jobs")


def limited(fence: Fence, report: int) -> int:
    """An attempt in this process, which is bound by the limits of the job's kind from now on."""
    job: Job | None = leases.held(fence).first()
    handler = handlers.get(job.kind) if job else None
    if handler:
        handler.limits.apply()
    return attempt(fence, report)


def attempt(fence: Fence, report: int) -> int:
    """Run the handler and write how it ended. An exception nobody foresaw ends the process: it is tried again."""
    job: Job | None = leases.held(fence).select_related("requested_by", "scope").first()
    if job is None:
        return 0
    actor = robot(Robot.WORKER, on_behalf_of=job.requested_by)
    context = JobContext(job, fence, actor, report)
    try:
        handle(context)
    except CountersignError as error:
        leases.fail(fence, error)  # changes nothing when the fence is lost
    except MemoryError:
        log.exception("job %s", job.pk)
        leases.fail(
            fence,
            RuleRefused(
                "job_memory",
                "The work needed more memory than a job may use.",
                "Use a smaller sample, or have MRM_JOB_MEMORY_MB raised.",
            ),
        )
    else:
        leases.succeed(fence, tidy(context.result))
    return 0


def handle(context: JobContext) -> None:
    """Call the handler of the job's kind."""
    handler = handlers.get(context.job.kind)
    if handler is None:
        raise Unavailable(
            "job_kind_unknown",
            f"This installation has no room that handles “{context.job.kind}”.",
            "The worker may be older than the web process: restart both on the same release.",
        )
    handler.run(context)
